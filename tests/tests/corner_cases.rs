//! Policies of what generated ones seldom hold. Each is asked one request of every class that it tells apart: engine and
//! oracle agree, a 401 has a witness who is let in, and a 403 has none.

#![expect(clippy::expect_used, clippy::panic, reason = "what is written here has no errors, or the test fails")]

use doorward::{NoFiles, Policy, Request, Subject, Value, Verdict, limits};
use doorward_proptest::{classes, reference_time};
use doorward_syntax::parse_named;
use doorward_tests::compare::Pair;

/// At most how many of the classes are asked, evenly spread.
const MOST: usize = 3_000;

/// `expected` are lines of a `test` block, `expect` aside.
#[track_caller]
fn check(policy: &str, expected: &[&str]) {
    let lines: String = expected.iter().map(|line| format!("    expect {line}\n")).collect();
    let text = format!("{policy}\ntest \"the corner\" {{\n{lines}}}\n");
    let pair = pair(&text);
    for outcome in pair.policy.test(reference_time()) {
        assert!(outcome.passed(), "{:?} gets {}\n{text}", outcome.request, outcome.verdict);
        asked(&pair, &outcome.request, &text);
    }
    let classes = classes(&pair.policy).expect("as few classes as can be listed");
    let every = usize::try_from(classes.count()).unwrap_or(usize::MAX).div_ceil(MOST).max(1);
    for request in classes.iter().step_by(every) {
        asked(&pair, &request, &text);
    }
}

#[track_caller]
fn pair(text: &str) -> Pair {
    let parsed = parse_named("corner.door", text.to_owned(), &NoFiles);
    let tree = parsed.policy.clone();
    Pair { policy: Policy::compile(parsed).unwrap_or_else(|error| panic!("{error}")), among_many: None, tree }
}

fn asked(pair: &Pair, request: &Request<'_>, text: &str) {
    pair.compare(request, None).unwrap_or_else(|why| panic!("{why}\n{request:?}\n{text}"));
    let explanation = pair.policy.explain(request);
    let promised = explanation.decision.verdict == Verdict::Unauthenticated;
    assert_eq!(explanation.witness.is_some(), promised, "{request:?}\n{text}");
    if let Some(witness) = explanation.witness {
        let stronger = Request { subject: witness.subject, ..request.clone() };
        assert_eq!(pair.policy.verdict(&stronger), Verdict::Allow, "{stronger:?}\n{text}");
    }
}

#[test]
fn a_claimed_group_that_only_a_room_names_can_be_claimed() {
    check(
        "group oncall claimed
        room pager at /pager has { readers: group }
        allow authenticated to read pager when identity in room.readers",
        &["401 anonymous GET /pager where room.readers = \"oncall\"", "403 anonymous PUT /pager"],
    );
}

#[test]
fn a_claimed_group_that_the_request_names_for_rules_here_and_everywhere_can_be_claimed() {
    check(
        "group oncall claimed
        context has { team?: group }
        room pager at /pager has { readers?: group }
        allow authenticated when identity in context.team
        allow authenticated to read pager when identity in room.readers",
        &[
            "401 anonymous GET /pager where room.readers = \"oncall\"",
            "401 anonymous PUT / where context.team = \"oncall\"",
        ],
    );
}

#[test]
fn a_claimed_group_that_a_room_names_can_help_and_hurt() {
    check(
        "group a claimed
        group b claimed
        group c = b
        room doc at /doc has { readers: group, banned?: group }
        allow authenticated to read doc when identity in room.readers
        deny authenticated to read doc when identity in room.banned",
        &[
            "401 anonymous GET /doc where room.readers = \"a\", room.banned = \"b\"",
            "401 anonymous GET /doc where room.readers = \"c\", room.banned = \"a\"",
            "403 anonymous GET /doc where room.readers = \"b\", room.banned = \"c\"",
            "403 anonymous GET /doc where room.readers = \"a\"",
        ],
    );
}

/// What is promised without any request says nothing where a deny asks about the visitor, or an age without a time.
#[test]
fn a_promise_is_not_kept_by_terms_alone() {
    check(
        "identities have { team: string }
        identity alice { team: \"it\" }
        identity bob
        allow alice, bob to read /x
        deny authenticated to read /x when identity.team == \"it\" and not (identity == \"bob\")
        deny bob to read /x unless identity.team == \"hr\"",
        &["401 anonymous GET /x", "403 alice GET /x"],
    );
    check(
        "identities have { team: string }
        identity alice { team: \"it\" }
        allow alice to read /x
        deny authenticated to read /x when identity.team == \"it\"",
        &["403 anonymous GET /x"],
    );
    check("identity alice allow alice with any within 1h to read /x", &["401 anonymous GET /x"]);
}

#[test]
fn whom_a_deny_of_every_room_names_is_not_promised_entry() {
    check("identity alice, bob allow alice to read /x deny alice", &["403 anonymous GET /x", "403 rejected GET /x"]);
    check("identity alice, bob allow alice, bob to read /x deny alice", &["401 anonymous GET /x"]);
}

#[test]
fn a_group_is_hindered_in_one_room_and_not_in_another() {
    check(
        "group staff claimed
        allow staff to read /a, /b, /c
        deny staff to read /b",
        &["401 anonymous GET /a", "403 anonymous GET /b", "401 anonymous GET /c"],
    );
}

#[test]
fn a_deny_of_one_room_hinders_what_allows_here_and_everywhere_promise() {
    check("identity alice, bob allow alice deny alice to read /b", &["403 anonymous GET /b", "401 anonymous GET /a"]);
    check(
        "identity alice
        group staff = alice
        allow staff to read /a, /b, /c
        deny staff to read /b",
        &["401 anonymous GET /a", "403 anonymous GET /b", "401 anonymous GET /c"],
    );
}

#[test]
fn whom_either_of_two_denies_leaves_is_promised_entry() {
    check(
        "identity alice, bob
        allow alice, bob to read /x
        deny alice from 10.0.0.0/16
        deny bob from 10.1.0.0/16",
        &["401 anonymous GET /x from 10.0.0.1", "401 anonymous GET /x from 10.1.0.1", "403 anonymous GET /x"],
    );
}

/// Each of them is denied from somewhere else, so that there are as many ways to be let in.
#[test]
fn whoever_is_not_denied_from_here_is_promised_entry() {
    for count in [2, 8, 9, 12] {
        let names: Vec<String> = (0..count).map(|number| format!("a{number}")).collect();
        let rules: String = (0..count)
            .map(|number| match number {
                0 => "deny a0 from 10.0.0.0/8\n".to_owned(),
                _ if number == count - 1 => format!("deny a{number} from 10.1.0.0/16\n"),
                _ => format!("deny a{number} from 10.0.0.0/8, 192.0.2.{number}\n"),
            })
            .collect();
        check(
            &format!("identity {0}\nallow {0} to read /x\n{rules}", names.join(", ")),
            &[
                "401 anonymous GET /x from 10.0.0.1",
                "403 anonymous GET /x from 10.1.0.1",
                "401 anonymous GET /x from 192.0.2.1",
                "403 anonymous GET /x",
            ],
        );
    }
}

/// More names than there are bits to tell them apart by.
#[test]
fn each_of_many_names_in_one_rule_is_found() {
    let names: Vec<String> = (0..150).map(|number| format!("a{number}")).collect();
    let groups: Vec<String> = (0..150).map(|number| format!("group g{number} = b{number}")).collect();
    let rule: Vec<String> = (0..150).map(|number| format!("a{number}, g{number}")).collect();
    let lines: Vec<String> = (0..150)
        .flat_map(|number| [format!("200 a{number} GET /x"), format!("200 b{number} GET /x")])
        .chain(["403 carol GET /x".to_owned()])
        .collect();
    check(
        &format!(
            "identity {}, {}\n{}\nallow {} to read /x",
            names.join(", "),
            names.join(", ").replace('a', "b"),
            groups.join("\n"),
            rule.join(", ")
        ),
        &lines.iter().map(String::as_str).collect::<Vec<_>>(),
    );
}

#[test]
fn a_name_that_a_condition_mentions_is_sought() {
    check(
        "room home at /home has { owner: identity, guests: set of identity }
        allow authenticated to read /x when \"zoe\" == identity.name
        allow authenticated to read /y when identity.name == \"yan\"
        allow authenticated to read /z when identity.name in { \"xu\", \"yan\" }
        allow authenticated to read home when room.owner == identity
        allow authenticated to write home when identity in room.guests",
        &[
            "401 anonymous GET /x",
            "401 anonymous GET /y",
            "401 anonymous GET /z",
            "403 alice GET /x",
            "401 anonymous GET /home where room.owner = \"zoe\"",
            "401 anonymous PUT /home where room.guests = { \"zoe\" }",
        ],
    );
}

/// What a request says is read by the type that the policy declares.
#[test]
fn a_text_counts_if_it_is_one_of_its_type() {
    for (ty, test, text, status) in [
        ("address", "context.v in 10.0.0.0/8", "10.0.0.1", 200),
        ("address", "context.v in 10.0.0.0/8", "::ffff:10.0.0.1", 200),
        ("address", "not (context.v in 10.0.0.0/8)", "10.0.0", 403),
        ("time", "context.v < time", "2026-11-01T00:00:00Z", 200),
        ("time", "not (context.v > time)", "2026-11-01", 403),
        ("identity", "not (context.v == \"bob\")", "zoe", 200),
        ("identity", "not (context.v == \"bob\")", "", 403),
        ("identity", "not (context.v == \"bob\")", " zoe", 403),
        ("string", "context.v != \"bob\"", " zoe", 200),
        ("int", "context.v != 3", "4", 403),
    ] {
        let text_of_policy = format!("identity bob context has {{ v: {ty} }} allow anyone to read /x when {test}");
        let request =
            Request::new(Subject::Anonymous, "GET", "/x").at(reference_time()).context("v", Value::from(text));
        let pair = pair(&text_of_policy);
        assert_eq!(pair.policy.verdict(&request).status(), status, "{text} in {text_of_policy}");
        asked(&pair, &request, &text_of_policy);
    }
}

/// Of a request that is made in Rust and not read from JSON.
#[test]
fn a_value_counts_if_it_is_of_its_type() {
    let address = |text: &str| Value::Address(text.parse().expect("an address"));
    for (ty, test, value, status) in [
        ("address", "context.v in 10.0.0.0/8", address("10.0.0.1"), 200),
        ("address", "context.v in 10.0.0.0/8", address("::ffff:10.0.0.1"), 200),
        ("address", "context.v in 10.0.0.0/8", address("192.0.2.1"), 403),
        ("time", "context.v <= time", Value::Time(reference_time()), 200),
        ("time", "context.v < time", Value::Time(reference_time()), 403),
        ("time", "context.v <= time", address("10.0.0.1"), 403),
        ("bool", "context.v", Value::Bool(true), 200),
        ("bool", "context.v", Value::Int(1), 403),
    ] {
        let text = format!("context has {{ v: {ty} }} allow anyone to read /x when {test}");
        let request = Request::new(Subject::Anonymous, "GET", "/x").at(reference_time()).context("v", value);
        let pair = pair(&text);
        assert_eq!(pair.policy.verdict(&request).status(), status, "{request:?} in {text}");
        asked(&pair, &request, &text);
    }
}

#[test]
fn a_set_counts_if_all_of_it_is_of_its_type_and_it_is_not_too_large() {
    let policy = "context has { teams: set of string } allow anyone to read /x when \"it\" in context.teams";
    let pair = pair(policy);
    let with = |others: Vec<Value<'static>>| Value::Set([vec![Value::from("it")], others].concat());
    let texts = |count| vec![Value::from("hr"); count];
    for (teams, status) in [
        (with(Vec::new()), 200),
        (with(texts(1)), 200),
        (with(vec![Value::Int(3)]), 403),
        (with(texts(limits::SET_ELEMENTS - 1)), 200),
        (with(texts(limits::SET_ELEMENTS)), 403),
    ] {
        let request = Request::new(Subject::Anonymous, "GET", "/x").at(reference_time()).context("teams", teams);
        assert_eq!(pair.policy.verdict(&request).status(), status);
    }
}

#[test]
fn whoever_has_a_name_and_a_text_that_nothing_mentions_is_sought() {
    check(
        "identity someone, someone-0, someone-1, someone-2, xyzzy, zoe
        group denied = someone, someone-0, someone-1, someone-2, xyzzy
        allow authenticated to read /x when identity != \"zoe\"
        deny denied",
        &["401 anonymous GET /x", "403 someone GET /x", "200 someone-3 GET /x"],
    );
    check(
        "identities have { team: string }
        allow authenticated to read /x
            unless identity.team in { \"other\", \"other-0\", \"other-1\", \"other-2\", \"xyzzy\" }",
        &["401 anonymous GET /x", "200 alice GET /x where identity.team = \"other-3\""],
    );
}

#[test]
fn a_value_that_tests_tell_apart_is_sought() {
    check(
        "identities have { team: string, tags: set of string, since: time }
        room team at /team has { teams: set of string }
        allow authenticated to read /a when identity.team in { \"it\", \"hr\" }
        allow authenticated to read team when identity.team in room.teams
        allow authenticated to read /b when \"a\" in identity.tags and not (\"b\" in identity.tags)
        allow authenticated to read /c when \"b\" in identity.tags and not (\"a\" in identity.tags)
        allow authenticated to read /d when not (\"b\" in identity.tags) and not (\"a\" in identity.tags)
        allow authenticated to read /g when \"b\" in identity.tags and \"a\" in identity.tags
        allow authenticated to read /e when identity.since < 1969-01-01T00:00Z
        allow authenticated to read /f when identity.since < 1969-01-01T00:00Z and identity.since > 1968-12-31T23:59Z",
        &[
            "401 anonymous GET /a",
            "401 anonymous GET /team where room.teams = { \"it\" }",
            "403 anonymous GET /team where room.teams = { }",
            "401 anonymous GET /b",
            "401 anonymous GET /c",
            "401 anonymous GET /d",
            "401 anonymous GET /e",
            "401 anonymous GET /f",
            "401 anonymous GET /g",
        ],
    );
}

#[test]
fn a_value_beside_those_that_are_named_is_sought() {
    check(
        "identities have { ip: address, hired: time, team: group }
        group a = alice
        group b = bob
        identity alice { team: \"a\" }
        identity bob { team: \"a\" }
        network four = 10.0.0.0/30
        network edges = 10.0.0.0, 10.0.0.3, 2001:db8::, 2001:db8::3
        network six = 2001:db8::/126
        allow authenticated to read /a when identity.ip in four
        allow authenticated to read /b when identity.ip in four and not (identity.ip in edges)
        allow authenticated to read /c when identity.ip in six and not (identity.ip in edges)
        allow authenticated to read /d when time - identity.hired <= 7d and time - identity.hired > 6d
        allow authenticated to read /e when time - identity.hired < 7d and time - identity.hired > 6d
        allow authenticated to read /f when identity.team != \"a\"
        allow authenticated to read /g when identity.ip in edges and not (identity.ip in four)",
        &[
            "401 anonymous GET /a",
            "401 anonymous GET /b",
            "401 anonymous GET /c",
            "401 anonymous GET /d",
            "401 anonymous GET /e",
            "401 anonymous GET /f",
            "401 anonymous GET /g",
        ],
    );
}

#[test]
fn a_set_of_groups_and_a_pattern_are_tested() {
    check(
        "identity alice, bob
        group staff = alice
        group oncall claimed
        context has { country: string }
        room doc at /doc has { readers: set of group }
        allow authenticated to read doc when identity in room.readers
        allow authenticated to write doc when context.country like \"D*\"",
        &[
            "200 alice GET /doc where room.readers = { \"oncall\", \"staff\" }",
            "403 bob GET /doc where room.readers = { \"oncall\", \"staff\" }",
            "401 anonymous GET /doc where room.readers = { \"oncall\" }",
            "200 bob PUT /doc where context.country = \"DE\"",
            "403 bob PUT /doc where context.country = \"FR\"",
        ],
    );
}

#[test]
fn a_parameter_is_read_where_the_pattern_that_matched_has_it() {
    check(
        "room home at /a/{user}, /b/c/{user}, /{user}/d
        allow authenticated to read home when room.user == identity.name",
        &[
            "200 alice GET /a/alice",
            "403 alice GET /a/bob",
            "200 alice GET /b/c/alice",
            "403 alice GET /b/c/bob",
            "200 alice GET /alice/d",
            "200 d GET /a/d",
            "200 a GET /a/d",
            "403 b GET /a/d",
        ],
    );
}

/// An address from where everybody is denied everything is shut. Each of these denies leaves somebody something.
#[test]
fn an_address_is_shut_only_by_a_deny_of_everything_to_everybody() {
    for deny in [
        "deny anyone except alice from 10.0.0.0/8",
        "deny authenticated except alice from 10.0.0.0/8",
        "deny bob from 10.0.0.0/8",
        "deny anyone without mfa from 10.0.0.0/8",
        "deny anyone to write from 10.0.0.0/8",
        "deny anyone to use /y from 10.0.0.0/8",
        "deny anyone to use / except /x from 10.0.0.0/8",
        "deny anyone from 10.0.0.0/8 when time in 22:00..23:00",
        "deny anyone from 10.0.0.0/8 unless day in mon..fri",
        "allow bob from 10.0.0.0/8",
    ] {
        check(
            &format!("assurance password < mfa identity alice, bob allow alice to read /x {deny}"),
            &["200 alice GET /x with mfa from 10.0.0.1", "401 anonymous GET /x from 10.0.0.1"],
        );
    }
    check(
        "identity bob allow anyone from 10.0.0.0/8 deny bob from 192.0.2.0/24",
        &["200 anonymous GET /x from 10.0.0.1", "403 anonymous GET /x from 192.0.2.1"],
    );
    check(
        "identity alice allow anyone deny anyone from 10.0.0.0/8",
        &[
            "403 alice GET /x from 10.0.0.1",
            "403 anonymous GET /x from 10.0.0.1",
            "200 anonymous GET /x from 192.0.2.1",
        ],
    );
}

/// More addresses than there are bits to tell them apart by, each of which alone leads to somebody's being let in.
#[test]
fn from_each_of_many_addresses_somebody_is_promised_entry() {
    let rules: String = (0..70).map(|number| format!("allow alice to read /x from 10.0.{number}.0/24\n")).collect();
    let lines: Vec<String> = (0..70).map(|number| format!("401 anonymous GET /x from 10.0.{number}.7")).collect();
    let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    lines.extend(["403 anonymous GET /x from 10.1.0.7", "403 anonymous GET /x"]);
    check(&format!("identity alice\n{rules}"), &lines);
    for first in [31, 32, 33, 63, 64] {
        let some: String = rules.lines().skip(first).map(|rule| format!("{rule}\n")).collect();
        let others: String =
            (0..first).map(|number| format!("allow anyone to PUT /y from 10.1.{number}.0/24\n")).collect();
        check(
            &format!("identity alice\n{others}{some}"),
            &["401 anonymous GET /x from 10.0.69.7", "403 anonymous GET /x from 10.1.0.7", "403 anonymous GET /x"],
        );
    }
}

/// Two origins with the same bit, one of which alone leads to somebody's being let in, hold one address.
#[test]
fn from_an_address_that_two_of_many_origins_hold_somebody_is_promised_entry() {
    for apart in [32, 64] {
        let others: String =
            (1..apart).map(|number| format!("allow anyone to PUT /y from 10.1.{number}.0/24\n")).collect();
        for (first, last) in
            [("allow alice to read /x", "allow bob to PUT /z"), ("allow bob to PUT /z", "allow alice to read /x")]
        {
            check(
                &format!("identity alice, bob\n{first} from 10.0.0.0/16\n{others}{last} from 10.0.0.0/24"),
                &["401 anonymous GET /x from 10.0.0.7", "401 anonymous PUT /z from 10.0.0.7"],
            );
        }
    }
}

/// Of two allows only the wider one is looked at, if there is one, to know whether somebody would be let in.
#[test]
fn somebody_is_promised_entry_by_the_condition_of_either_of_two_allows() {
    let conditions = [
        "",
        "when context.risk < 30",
        "when context.risk < 50",
        "when context.risk <= 30",
        "when context.risk > 30",
        "when context.load < 30",
        "unless context.risk < 30",
        "unless context.risk < 50",
        "when day in mon..fri",
        "when day in tue..wed",
        "unless day in tue..wed",
        "when time in 09:00..12:00",
        "when time in 08:00..18:00",
        "when time in 11:00..19:00",
        "when time in 22:00..11:00",
        "unless time in 09:00..12:00",
        "when context.risk < 50 and day in mon..fri",
        "when context.country == \"DE\"",
    ];
    for one in conditions {
        for other in conditions {
            check(
                &format!(
                    "context has {{ risk: int, load: int, country: string }}
                    identity alice, bob
                    allow alice to read /x {one}
                    allow bob to read /x {other}"
                ),
                &[],
            );
        }
    }
}

#[test]
fn denies_of_every_room_and_of_one_that_ask_about_the_visitor_hinder_both() {
    check(
        "identities have { team: string }
        identity alice { team: \"it\" }
        identity bob { team: \"hr\" }
        allow alice, bob to read /x
        deny authenticated when identity.team == \"it\"
        deny authenticated to read /x when identity.team == \"hr\"",
        &["403 anonymous GET /x", "403 alice GET /x", "403 bob GET /x"],
    );
}

#[test]
fn a_deny_counts_behind_one_that_does_not_apply() {
    for who in ["anyone", "alice", "authenticated"] {
        for rooms in ["to use /**", "to read /x"] {
            check(
                &format!(
                    "context has {{ risk: int }}
                    identity alice
                    allow {who}
                    deny {who} {rooms} when context.risk > 90
                    deny {who} {rooms} when day in mon..sun"
                ),
                &["403 alice GET /x where context.risk = 10"],
            );
        }
    }
}

/// Where no answer is to tell which doors exist, none tells which paths are ambiguous, or which addresses are shut.
#[test]
fn whoever_is_unidentified_is_told_to_authenticate_where_nobody_is_let_in() {
    for (answer, status) in [("", 403), ("answer unidentified 401", 401)] {
        let policy = format!("{answer} identity alice allow alice deny anyone from 10.0.0.0/8");
        let pair = pair(&policy);
        for (path, address) in [("/x//y", "192.0.2.1"), ("/x/%2F", "192.0.2.1"), ("x", "192.0.2.1"), ("/x", "10.0.0.1")]
        {
            for subject in [Subject::Anonymous, Subject::Rejected] {
                let request = Request::new(subject, "GET", path).address(address.parse().expect("an address"));
                assert_eq!(pair.policy.verdict(&request).status(), status, "{request:?} in {policy}");
                pair.compare(&request, None).unwrap_or_else(|why| panic!("{why}\n{request:?}\n{policy}"));
            }
        }
    }
}

#[test]
fn a_claimed_group_that_helps_twice_can_be_claimed() {
    check(
        "group oncall claimed
        group night = oncall
        group staff = night
        allow oncall to read /x
        allow night to read /x
        allow night, staff to read /y
        allow oncall, night to read",
        &["401 anonymous GET /x", "401 anonymous GET /y", "401 anonymous GET /z", "403 anonymous PUT /x"],
    );
    check(
        "group oncall claimed
        allow oncall to read
        allow oncall to use /x",
        &["401 anonymous GET /x", "401 anonymous GET /y", "401 anonymous PUT /x", "403 anonymous PUT /y"],
    );
    check(
        "group oncall claimed
        group guests claimed
        allow authenticated to read
        deny authenticated except oncall
        deny oncall, guests to read /x
        deny guests",
        &["403 anonymous GET /x", "401 anonymous GET /y"],
    );
}

#[test]
fn whoever_has_been_there_long_enough_is_promised_entry() {
    check(
        "identities have { hired: time }
        allow authenticated to read /x
        deny authenticated to read /x when time - identity.hired < 30d
        allow authenticated to read /y when time - identity.hired > 7d
        deny authenticated when time - identity.hired == 90s",
        &["401 anonymous GET /x", "401 anonymous GET /y"],
    );
}

/// So many kinds of actions, each with a rule of its own for every room, that what is told apart by a hash is told apart
/// by more than that.
#[test]
fn each_of_many_actions_has_its_own_rules() {
    let of = |count: usize, text: &dyn Fn(usize) -> String| (0..count).map(text).collect::<String>();
    let names: Vec<String> = (0..120).map(|number| format!("a{number}")).collect();
    let rules = of(120, &|number| format!("action act{number} allow a{number} to act{number}\n"));
    let policy = format!("identity {}\n{rules}", names.join(", "));
    let pair = pair(&policy);
    for number in 0..120 {
        for (name, status) in [(number, 200), ((number + 1) % 120, 403)] {
            let subject = Subject::known(format!("a{name}"));
            let request = Request::new(subject, format!("act{number}"), "/x").at(reference_time());
            assert_eq!(pair.policy.verdict(&request).status(), status, "{request:?}");
        }
    }
}
