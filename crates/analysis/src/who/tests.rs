//! Answers about people, as tables.

use doorward_model::request::Subject;
use doorward_model::{Policy, Request};

use crate::grounds::Ground;
use crate::{Facts, WhatQuestion, WhoQuestion, what, who};

const SHOP: &str = "
    assurance password < mfa
    identity ann, bea, cid, dan
    identity eve { dept: \"tills\" }
    group staff = ann, bea, temps
    group temps = cid
    group oncall claimed
    network shop = 10.0.0.0/8
    network back = 10.9.0.0/16
    identities have { dept?: string }
    context has { country?: string }
    room till at /till/**
    room bill at /bills/{user}/{id} has { owner: identity, paid: bool }
    room safe at /safe
    room log at /log
    room front at /

    front: allow anyone to read front
    till: allow staff to read, write till from shop except back
    temps: deny temps to write till
    bill: allow authenticated to read bill when identity == room.owner
    clerk: allow staff with mfa to read bill when room.paid and context.country == \"DE\"
    safe: allow ann, bea with mfa within 15m to use safe
    tills: allow authenticated to use safe when identity.dept == \"tills\"
    log: allow oncall, dan to read log
    gone: deny dan from back
";

fn policy(text: &str) -> Policy {
    let parsed = doorward_syntax::parse(text);
    doorward_model::check(&parsed.policy, parsed.sources).policy.unwrap()
}

fn reasons(policy: &Policy, always: bool, grounds: &[Ground<'_>], unless: &[Ground<'_>]) -> String {
    let told = |ground: &Ground<'_>| {
        let rules: Vec<_> = ground.rules.iter().map(|rule| policy.rule_name(rule)).collect();
        format!("{ground} ({})", rules.join(", ")).trim_start().to_owned()
    };
    let mut text = if always { " always".to_owned() } else { String::new() };
    grounds.iter().for_each(|ground| text.push_str(&format!(" | {}", told(ground))));
    unless.iter().for_each(|ground| text.push_str(&format!(" | unless {}", told(ground))));
    text
}

#[track_caller]
fn check_facts(text: &str, action: &str, path: &str, facts: &Facts<'_>, expected: &[&str]) {
    let policy = policy(text);
    let question = WhoQuestion { action: action.into(), path: path.into(), facts: facts.clone() };
    let found = who(&policy, &question).unwrap();
    let rows = found.rows.iter().map(|row| {
        let reasons = reasons(&policy, row.always, &row.grounds, &row.unless);
        format!("{} {}{reasons}", row.answered.status(), row.people)
    });
    assert_eq!(rows.collect::<Vec<_>>(), expected);
}

#[track_caller]
fn check(action: &str, path: &str, expected: &[&str]) {
    check_facts(SHOP, action, path, &Facts::default(), expected);
}

#[test]
fn everybody_is_told_what_they_get() {
    check(
        "GET",
        "/",
        &[
            "200 anyone except dan always | (front)",
            "200 dan | (front) | unless from back (gone)",
            "401 rejected always",
            "403 dan",
        ],
    );
    check("GET", "/none", &["403 anyone, rejected always"]);
    check("GET", "//", &["403 anyone, rejected always"]);
    check("bark", "/", &["403 anyone, rejected always"]);
}

#[test]
fn conditions_are_in_the_words_of_the_rules() {
    check(
        "GET",
        "/till/1",
        &[
            "200 staff | from shop except back (till)",
            "401 anonymous, rejected",
            "403 authenticated except staff always",
            "403 anonymous, rejected, staff",
        ],
    );
}

#[test]
fn groups_lose_whom_a_deny_takes() {
    let facts = Facts { address: "10.0.0.7".parse().ok(), ..Facts::default() };
    check_facts(
        SHOP,
        "PUT",
        "/till/1",
        &facts,
        &[
            "200 staff except temps always | (till)",
            "401 anonymous, rejected always",
            "403 authenticated except ann, bea always",
        ],
    );
}

#[test]
fn claims_and_recorded_facts() {
    check(
        "GET",
        "/log",
        &[
            "200 authenticated except dan | as a member of oncall (log)",
            "200 dan | (log) | unless from back (gone)",
            "401 anonymous, rejected always",
            "403 authenticated",
        ],
    );
    let facts = Facts { groups: Some(vec!["oncall".into()]), ..Facts::default() };
    check_facts(
        SHOP,
        "GET",
        "/log",
        &facts,
        &[
            "200 authenticated except dan always | (log)",
            "200 dan | (log) | unless from back (gone)",
            "401 anonymous, rejected always",
            "403 dan",
        ],
    );
    check(
        "GET",
        "/safe",
        &[
            "200 eve always | (tills)",
            "200 authenticated except ann, bea, dan, eve | when identity.dept == \"tills\" (tills)",
            "200 staff except cid | with mfa within 15m (safe) | when identity.dept == \"tills\" (tills)",
            "200 dan | when identity.dept == \"tills\" (tills) | unless from back (gone)",
            "401 anonymous, rejected always",
            "401 staff except cid",
            "403 authenticated except eve",
        ],
    );
}

fn rows_of(policy: &Policy, name: Option<&'static str>, facts: Facts<'_>) -> Vec<String> {
    let question = WhatQuestion { identity: name.map(Into::into), facts };
    let rows = what(policy, &question).unwrap().rows.into_iter().map(|row| {
        let reasons = reasons(policy, row.always, &row.grounds, &row.unless);
        let rooms: Vec<String> = row.rooms.iter().map(ToString::to_string).collect();
        format!("{} {} {}{reasons}", row.answered.status(), row.actions.join(","), rooms.join("; "))
    });
    rows.collect()
}

#[test]
fn what_somebody_can_do() {
    let policy = policy(SHOP);
    let told = |name: Option<&'static str>, facts: Facts<'_>| rows_of(&policy, name, facts);
    let mut expected = vec![
        "200 read front always | (front)",
        "200 read bill | when identity == room.owner (bill) | with mfa when room.paid and context.country == \"DE\" (clerk)",
        "200 read log | as a member of oncall (log)",
        "200 use safe | when identity.dept == \"tills\" (tills)",
        "200 read till | from shop except back (till)",
        "401 read bill",
    ];
    assert_eq!(told(Some("cid"), Facts::default()), expected);
    let home = Facts {
        address: "203.0.113.9".parse().ok(),
        context: vec![("country".into(), "AT".into())],
        ..Facts::default()
    };
    expected.retain(|row| !row.contains("till |") && !row.contains("401"));
    if let Some(bill) = expected.get_mut(1) {
        *bill = "200 read bill | when identity == room.owner (bill)";
    }
    assert_eq!(told(Some("cid"), home), expected);
    assert_eq!(told(None, Facts::default()).first().map(String::as_str), Some("200 read front always | (front)"));
}

/// Checks what a visitor can do, row by row.
#[track_caller]
fn check_what(text: &str, name: &'static str, expected: &[&str]) {
    assert_eq!(rows_of(&policy(text), Some(name), Facts::default()), expected);
}

#[test]
fn a_room_is_named_if_all_of_it_is_meant() {
    let homes = "room home at /home/{user}/** room secret at /home/bob/secret
        own: allow authenticated to use home when identity.name == room.user
        no: deny anyone to use secret";
    check_what(homes, "bob", &["200 use home at /home/bob/** always | (own)"]);
    let alice = "200 use home except /home/bob/** | when identity.name == room.user (own)";
    check_what(homes, "alice", &[alice]);
    let all = format!("{homes} all: allow carl to use home identity carl");
    check_what(&all, "carl", &["200 use home always | (all)"]);

    let wiki = "room wiki at /wiki/**, /notes/** notes: allow authenticated to read /notes/**";
    check_what(wiki, "ann", &["200 read wiki at /notes/** always | (notes)"]);
    let wiki = format!("{wiki} wiki: allow authenticated to write wiki");
    check_what(
        &wiki,
        "ann",
        &["200 read,write wiki at /notes/** always | (notes, wiki)", "200 write wiki at /wiki/** always | (wiki)"],
    );

    let docs = "room doc at /docs/{id} room x at /docs/special/x
        docs: allow authenticated to read doc when room.id == \"special\"";
    check_what(docs, "ann", &["200 read doc at /docs/special always | (docs)"]);
    let docs = "room doc at /docs/{id}/** room x at /docs/a/x, /docs/b/x, /docs/c/x
        docs: allow authenticated to read doc unless room.id == \"b\"";
    check_what(docs, "ann", &["200 read doc except /docs/b/**; x at /docs/a/x; x at /docs/c/x always | (docs)"]);
}

#[test]
fn patterns_of_one_room_that_meet_are_told_apart() {
    let text = "room a at /a/*, /*/b here: allow anyone to read /a/* no: deny anyone to read /*/b";
    check_what(text, "ann", &["200 read a at /a/* except /*/b always | (here)"]);
    let text =
        "room \"the a\" at \"/x y/{z}\" room c at \"/x y/k/l\" a: allow anyone to read \"the a\" when room.z == \"k\"";
    check_what(text, "ann", &["200 read the a at \"/x y/k\" always | (a)"]);
    let text = "room a at /a/**, /a/b here: allow anyone to read /a/*";
    check_what(text, "ann", &["200 read /a/*; a at /a/b always | (here)"]);
    let text = "room a at /a/** room b at /a/{x}/** all: allow anyone to read /** no: deny anyone to read b";
    check_what(text, "ann", &["200 read /**; a always | (all)"]);
}

#[test]
fn facts_of_a_request_leave_nothing_open() {
    let policy = policy(SHOP);
    let request = Request::new(Subject::known("ann").assurance("mfa"), "GET", "/bills/ann/7")
        .room_attribute("owner", "bea")
        .room_attribute("paid", true)
        .context("country", "DE");
    let question = WhoQuestion { action: "GET".into(), path: request.path.clone(), facts: Facts::of(&request) };
    let found = who(&policy, &question).unwrap();
    assert!(found.rows.iter().all(|row| row.always));
    let rows: Vec<String> = found.rows.iter().map(|row| row.people.to_string()).collect();
    assert_eq!(rows, ["staff", "anonymous, rejected", "authenticated except staff"]);
}
