//! Policies that once were proved to be what they are not, and others like them: each answer is what a request shows, or
//! what no request can show.

#![allow(clippy::panic, clippy::unwrap_used, reason = "it is a test")]

use doorward::{Policy, Request, Subject, Value};
use doorward_analysis::{WhoQuestion, diff, prove, who};
use doorward_syntax::ast::AssertionKind;

fn compile(text: &str) -> Policy {
    Policy::parse(text).unwrap()
}

/// Asks whether the one assertion of a policy holds: `Some` answer, or `None` if that is too complex. What refutes it, the
/// engine decides so.
#[track_caller]
fn check(text: &str, expected: Option<bool>) {
    let policy = compile(text);
    let assertion = policy.model().assertions.first().unwrap();
    let proof = prove(policy.model(), assertion);
    assert_eq!(proof.as_ref().ok().map(doorward_analysis::Proof::holds), expected, "{text}\n{proof:?}");
    if let Some(request) = proof.ok().and_then(|proof| proof.counterexample) {
        let allowed = policy.decide(&request).status == 200;
        assert_eq!(allowed, assertion.kind != AssertionKind::Always, "{request:?}");
    }
}

/// Asks for the differences of two policies: how many there are, each of which the engine shows.
#[track_caller]
fn check_diff(before: &str, after: &str, expected: usize) {
    let policies = [before, after].map(compile);
    let found = diff(policies[0].model(), policies[1].model()).unwrap();
    for change in &found.changes {
        let statuses = policies.each_ref().map(|policy| policy.decide(&change.request).status);
        assert_eq!(statuses, [change.before.status(), change.after.status()], "{:?}", change.request);
    }
    assert_eq!(found.changes.len(), expected, "{found:?}");
}

/// Asks who may do something: the statuses of the rows in their order, each of which the engine shows.
#[track_caller]
fn check_who(text: &str, action: &str, path: &str, expected: &[u16]) {
    let policy = compile(text);
    let question = WhoQuestion { action: action.into(), path: path.into(), ..WhoQuestion::default() };
    let found = who(policy.model(), &question).unwrap();
    let statuses: Vec<u16> = found.rows.iter().map(|row| row.answered.status()).collect();
    for row in &found.rows {
        assert_eq!(policy.decide(&row.example).status, row.answered.status(), "{:?}", row.example);
        // Of some whom nobody names, others may get something else.
        let others = found.rows.iter().filter(|other| other.people.undeclared && row.people.undeclared).count();
        assert!(!row.always || others < 2, "{found:?}");
    }
    assert_eq!(statuses, expected, "{found:?}");
}

#[test]
fn words_with_spaces_inside_are_segments() {
    let doc = |rule: &str, asked: &str| format!("room doc at /docs/{{id}} {rule} assert never anyone to {asked}");
    let like = |pattern: &str| doc(&format!("allow anyone to read doc when room.id like \"{pattern}\""), "read doc");
    for pattern in ["* *", "a *", "* b", "*  *", "*.*", "..*", "* . *", "*é*", "*\u{4e00} *", ". .a"] {
        check(&like(pattern), Some(false));
    }
    for pattern in [" *", "* ", "*.", ".", "", "*/*", "*;", "*%*", "*?", "*\u{ff0f}*"] {
        check(&like(pattern), Some(true));
    }
    // An `e` and an accent are one letter in normal form.
    check(&like("*e*\u{301}"), None);
}

#[test]
fn a_segment_is_not_what_another_pattern_names() {
    let beside = "room doc at /docs/{id} deny anyone to use /docs/a, /docs/ab, /docs/aa";
    check(
        &format!("{beside} allow anyone to read doc when room.id like \"a*\" assert never anyone to read doc"),
        Some(false),
    );
    check(
        &format!("{beside} allow anyone to read doc when room.id like \"a\" assert never anyone to read doc"),
        Some(true),
    );
    check(
        &format!(
            "{beside} allow anyone to read doc when room.id like \"*a*\" and not room.id like \"* *\" assert never anyone to read doc"
        ),
        Some(false),
    );
}

#[test]
fn patterns_reach_the_visitor_through_what_equals_it() {
    let boxes = "identity ann, ben, \"svc-a\", \"svc-b\" group all = ann, ben, \"svc-a\", \"svc-b\"
        room box at /box/{owner}
        allow all to use box when identity.name == room.owner and room.owner like \"svc-*\"";
    check(&format!("{boxes} assert never all to use box"), Some(false));
    check(&format!("{boxes} assert never \"svc-b\" to use box"), Some(false));
    check(&format!("{boxes} assert never ann, ben to use box"), Some(true));
    let mail = |pattern: &str| {
        format!(
            "room doc at /docs/{{id}} allow authenticated to read doc when identity.name == room.id and room.id like \"{pattern}\""
        )
    };
    check(&format!("{} assert never authenticated to read doc", mail("*@*")), Some(false));
    check(&format!("{} assert never authenticated to read doc", mail("* ")), Some(true));
    let owned = "identity ann room doc at /docs/{id} has { o: string, p: string }
        allow authenticated to use doc when identity.name == room.o and room.o like \"admin-*\"";
    check(&format!("{owned} assert never authenticated to use doc"), Some(false));
    check(&format!("{owned} assert never ann to use doc"), Some(true));
    check_who(owned, "PUT", "/docs/1", &[200, 401, 403, 403]);
    let twice = "identity ann, bob room doc at /docs/{id} has { o: string, p: string }
        allow authenticated to use doc when identity.name == room.p and room.p == room.o and room.o like \"b*\"
        deny authenticated to use doc when identity.name == room.o unless room.o like \"*b\"";
    check(&format!("{twice} assert never authenticated to use doc"), Some(false));
    check(&format!("{twice} assert never authenticated except bob to use doc"), Some(false));
    check(&format!("{twice} assert never ann to use doc"), Some(true));
}

#[test]
fn whoever_a_text_names_could_log_in() {
    // Nobody is called ` bad`, but whoever else owns it could come.
    let owned = |ty: &str| {
        format!(
            "room doc at /docs/{{id}} has {{ o: {ty} }} allow authenticated to use doc when identity.name == room.o"
        )
    };
    let all = "room doc at /docs/{id} has { o: string } allow authenticated to use doc when room has o deny authenticated to use doc unless identity.name == room.o";
    check_diff(&owned("string"), all, 0);
    check_who(&owned("string"), "GET", "/docs/1", &[200, 401, 403]);
    let before = "room home at /home/{user} allow authenticated to use home when identity.name == room.user";
    let after = "room home at /home/{user} allow authenticated to use home";
    check_diff(before, after, 1);
}

#[test]
fn zones_differ_in_summer() {
    let open = |zone: &str, from: u8| {
        format!("timezone {zone} allow anyone to read / when time in {from:02}:00..{:02}:00", from + 1)
    };
    check_diff(&open("UTC", 11), &open("Europe/Berlin", 12), 4);
    check_diff(&open("UTC", 11), &open("Etc/GMT-1", 12), 0);
    check_diff(&open("Europe/Berlin", 12), &open("Europe/Paris", 12), 4);
    check_diff(&open("America/New_York", 7), &open("Europe/London", 12), 4);
    let until = |zone: &str, from: u8, what: &str| {
        format!("{} assert never anyone to read / when time {what}", open(zone, from))
    };
    check(&until("Europe/Berlin", 12, "< 2027-03-28T01:00Z and time >= 2027-03-27T12:00Z"), Some(true));
    check(&until("Europe/Berlin", 12, "< 2027-03-28T10:30Z and time >= 2027-03-28T10:00Z"), Some(false));
    check(&until("Europe/Berlin", 2, "< 2027-03-28T06:00Z and time >= 2027-03-28T00:00Z"), Some(true));
    let zoned = |zone: &str| {
        format!(
            "timezone {zone} allow anyone to read / when time in 11:00..12:00 and time < 2026-12-24T00:00Z and time > 2026-12-01T00:00Z"
        )
    };
    check_diff(&zoned("Europe/London"), &zoned("UTC"), 0);
}

#[test]
fn one_attribute_of_two_types_can_be_right_for_one() {
    let both = |one: &str, other: &str| {
        format!(
            "room a at /x/** has {{ o?: {one} }} room b at /x/{{id}} has {{ o?: {other} }}
            allow anyone to read a when room has o deny anyone to read b when room has o
            assert never anyone to read /x/{{id}}"
        )
    };
    check(&both("string", "identity"), Some(false));
    check(&both("identity", "string"), Some(true));
    check(&both("string", "int"), Some(false));
    check(&both("string", "group"), Some(false));
    check(&both("string", "set of string"), Some(false));
    check(&both("set of string", "set of identity"), None);
    let compared = "room a at /x/** has { o?: string } room b at /x/{id} has { o?: identity }
        allow anyone to read a when room.o like \"*-*\" deny anyone to read b when room has o
        assert never anyone to read /x/{id}";
    check(compared, Some(false));
}

#[test]
fn a_path_is_as_long_as_its_bytes() {
    let long = |letter: &str, count: usize| letter.repeat(count);
    let open = |path: &str| format!("allow anyone to read \"/{path}\" assert never anyone to use /**");
    check(&open(&long("ä", 3_000)), Some(false));
    check(&open(&format!("a{}b", long(" ", 3_000))), Some(false));
    let pair = |each: usize| {
        format!(
            "room doc at /{{a}}/{{b}} allow anyone to read doc when room.a == \"{}\" and room.b == \"{}\" assert never anyone to read doc",
            long("a", each),
            long("b", each)
        )
    };
    check(&pair(4_000), Some(false));
    check(&pair(5_000), None);
}

#[test]
fn what_takes_too_much_is_soon_known() {
    let patterns = |count: u8| {
        (0..count).map(|number| {
            let letter = char::from(b'a' + number % 26);
            format!("allow anyone to read /x when context.s like \"*{letter}{}*h{number}*\"\n", number / 26)
        })
    };
    for count in [12, 120] {
        let rules: String = patterns(count).collect();
        check(&format!("context has {{ s: string }}\n{rules} assert never anyone to read /x"), None);
    }
    let rooms = |name: char| -> String {
        (0..12)
            .map(|number| format!("allow anyone to read /a{number}/*/*/*, /*/{name}{number}/*/*, /*/*/c{number}/*\n"))
            .collect()
    };
    let denies: String = (0..60).map(|number| format!("deny anyone from 10.0.0.{number}\n")).collect();
    let named = "room r at /{a}/{b}/{c}/{d} deny anyone to use r when room.d == \"d\"";
    check(&format!("{named} {} {denies} assert never anyone to read /a0/**", rooms('b')), Some(false));
}

#[test]
fn a_group_of_one_policy_is_none_to_another() {
    let read = |groups: &str| {
        format!(
            "identity ann, bob identities have {{ teams?: set of group }} group g = ann {groups}
            room doc at /docs has {{ readers: set of group }} room log at /log
            allow anyone to read doc deny authenticated to read doc when identity in room.readers
            allow authenticated to read log when identity has teams"
        )
    };
    check_diff(&read(""), &read(""), 0);
    check_diff(&read("group h = bob"), &read(""), 2);
    check_diff(&read(""), &read("group h = bob"), 2);
}

#[test]
fn a_stated_value_is_read_as_it_is() {
    let policy = compile(
        "room a at /x/** has { o?: string } room b at /x/{id} has { o?: identity } allow anyone to read a when room has o deny anyone to read b when room has o",
    );
    let mut request = Request::new(Subject::Anonymous, "GET", "/x/1");
    request.room_attributes.push(("o".into(), Value::String(" bad ".into())));
    assert_eq!(policy.decide(&request).status, 200);
}
