//! What is refused because it could not be decided exactly in bounded work, and what is not.

#![expect(clippy::expect_used, reason = "a policy that is not as it should be fails the test")]

use std::fmt::Write as _;

use doorward::{Policy, Request, Subject, Verdict};

#[track_caller]
fn refused(text: &str, code: &str) -> String {
    let error = Policy::parse(text).expect_err("the policy is beyond a limit");
    assert!(error.diagnostics().iter().any(|diagnostic| diagnostic.code == code), "{error}");
    error.to_string()
}

/// Claimed groups of which each can help and hurt, in rules that meet on one room.
fn contested(count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        let _ = writeln!(text, "group g{number} claimed");
        let _ = writeln!(text, "a{number}: allow g{number} to read /x");
        let _ = writeln!(text, "d{number}: deny g{number} to read /x from 10.0.{number}.0/24");
    }
    text
}

#[test]
fn sixteen_contested_groups_are_decided() {
    let policy = Policy::parse(&contested(16)).unwrap();
    let request = Request::new(Subject::Anonymous, "GET", "/x");
    assert_eq!(policy.verdict(&request.clone().address("10.0.3.1".parse().unwrap())), Verdict::Unauthenticated);
    // Without an address every deny is unknown, so whichever group a visitor claims, it hurts.
    assert_eq!(policy.verdict(&request), Verdict::Forbidden);
}

#[test]
fn what_the_last_of_many_rules_promises_is_kept() {
    // More than a number of 16 bits can count.
    let mut text = "identity alice\n".to_owned();
    for number in 0..=u32::from(u16::MAX) + 1 {
        let [_, a, b, c] = number.to_be_bytes();
        let _ = writeln!(text, "allow authenticated to read /x from 10.{a}.{b}.{c}");
    }
    let policy = Policy::parse(&text).expect("there are no errors");
    for last in ["10.0.255.254", "10.0.255.255", "10.1.0.0"] {
        let request = Request::new(Subject::Anonymous, "GET", "/x").address(last.parse().expect("an address"));
        assert_eq!(policy.verdict(&request), Verdict::Unauthenticated, "{last}");
    }
}

#[test]
fn too_many_contested_groups_are_refused_by_the_names_of_the_rules() {
    let message = refused(&contested(40), "too-many-free-tests");
    assert!(message.contains("`a1` meets it"), "{message}");
}

#[test]
fn of_rules_that_meet_only_those_that_test_what_is_free_are_named() {
    let text = "identities have { team: string }
        room x at /x has { readers: group }
        allow authenticated to read x when identity.team == \"a\"
        team: allow authenticated to read x when identity.team == \"b\"
        readers: allow authenticated to read x when identity in room.readers
        innocent: allow anyone to read x from 10.1.0.0/16\n"
        .to_owned();
    let message = refused(&(text + &contested(40)), "too-many-free-tests");
    for (rule, named) in [("team", true), ("readers", true), ("a0", true), ("innocent", false)] {
        assert_eq!(message.contains(&format!("`{rule}` meets it")), named, "{message}");
    }
}

#[test]
fn groups_that_only_help_or_only_hurt_are_not_limited() {
    let mut text = String::new();
    for number in 0..200 {
        let _ = writeln!(text, "group g{number} claimed\nallow g{number} to read /x");
        let _ = writeln!(text, "group h{number} claimed\ndeny h{number} to read /x\ngroup unused{number} claimed");
    }
    let policy = Policy::parse(&text).unwrap();
    assert_eq!(policy.verdict(&Request::new(Subject::Anonymous, "GET", "/x")), Verdict::Unauthenticated);
}

/// With rules whose tests can be answered in more than 2^`bits` / 2 ways, and at most 2^`bits`, as many contested groups
/// are allowed as leave 2^26, and not one more.
#[track_caller]
fn answered(rules: &str, bits: usize) {
    let text = |groups: usize| format!("{rules}\n{}", contested(groups));
    Policy::parse(&text(26 - bits)).map(drop).expect("as many ways as are allowed");
    refused(&text(27 - bits), "too-many-free-tests");
}

/// A rule for each test of the attribute `a` of a type, on a room with attributes of its own.
fn tests(ty: &str, tests: &[String]) -> String {
    let mut text = format!("identities have {{ a: {ty} }}\n");
    for (number, test) in tests.iter().enumerate() {
        let _ = writeln!(
            text,
            "room r{number} at /x has {{ v{number}: string, n{number}: int, s{number}: set of string }}"
        );
        let _ = writeln!(text, "allow authenticated to read r{number} when {test}");
    }
    text
}

#[test]
fn the_ways_to_answer_tests_of_one_attribute_are_counted() {
    let check = |ty: &str, test: &dyn Fn(usize) -> String, count: usize, bits: usize| {
        answered(&tests(ty, &(0..count).map(test).collect::<Vec<_>>()), bits);
    };
    // The same test has the same answer, wherever it stands.
    check("string", &|_| "identity.a == \"x\"".to_owned(), 30, 1);
    check("set of string", &|_| "\"x\" in identity.a".to_owned(), 30, 1);
    // Each answer of a set's tests is possible with every other.
    check("set of string", &|number| format!("\"x{number}\" in identity.a"), 5, 5);
    // Of eleven values one is none of five, and the others lie at or beside one.
    check("int", &|number| format!("identity.a == {number}"), 5, 4);
    check("int", &|number| format!("identity.a in {{ {number}, {}, {} }}", number + 10, number + 20), 5, 5);
    // What a room holds is another value for each rule, though both call it their first.
    check("string", &|number| format!("identity.a == room.v{number}"), 5, 4);
    check("string", &|number| format!("room.v{number} == identity.a"), 5, 4);
    check("int", &|number| format!("identity.a < room.n{number}"), 5, 4);
    check("int", &|number| format!("room.n{number} < identity.a"), 5, 4);
    check("string", &|number| format!("identity.a in room.s{number}"), 5, 5);
    check("set of string", &|number| format!("room.v{number} in identity.a"), 5, 5);
}

#[test]
fn the_ways_to_answer_tests_of_addresses_are_counted_by_their_ranges() {
    let mut text = String::from("identities have { a: address }\n");
    for number in 0..8 {
        let ranges = format!("10.{number}.0.0/24, 10.{number}.2.0/24, 10.{number}.4.0/24, 2001:db8:{number}::/48");
        let _ = writeln!(text, "network n{number} = {ranges}");
        let _ = writeln!(text, "allow authenticated to read /x when identity.a in n{number}");
    }
    // Four ranges of each of eight networks have two ends each: 64 points and as many places beside them, and one beyond.
    answered(&text, 8);
}

/// Unrecorded attributes that the rules of one room test, once each.
fn attributes(count: usize) -> String {
    let mut text = String::from("identities have { ");
    for number in 0..count {
        let _ = write!(text, "{}a{number}?: string", if number == 0 { "" } else { ", " });
    }
    text.push_str(" }\nallow authenticated to read /x when ");
    for number in 0..count {
        let _ = write!(text, "{}identity.a{number} == \"v\"", if number == 0 { "" } else { " and " });
    }
    text
}

#[test]
fn sixteen_attributes_are_decided_and_forty_refused() {
    let policy = Policy::parse(&attributes(16)).unwrap();
    assert_eq!(policy.verdict(&Request::new(Subject::Anonymous, "GET", "/x")), Verdict::Unauthenticated);
    refused(&attributes(40), "too-many-free-tests");
}

#[test]
fn overlapping_patterns_beyond_the_limit_are_refused() {
    // Each path of twenty segments chooses at every segment, so that the classes double with every pattern.
    let mut text = String::new();
    for number in 0..24 {
        let segments: Vec<&str> = (0..24).map(|at| if at == number { "x" } else { "*" }).collect();
        let _ = writeln!(text, "allow anyone to read /{}", segments.join("/"));
    }
    refused(&text, "too-many-room-classes");
}

#[test]
fn more_claimed_groups_than_are_read_are_forbidden() {
    let policy = Policy::parse("group g claimed\nallow g to read /x").unwrap();
    let known = |count: usize| (0..count).fold(Subject::known("alice"), |known, _| known.group("g"));
    assert_eq!(policy.verdict(&Request::new(known(1024), "GET", "/x")), Verdict::Allow);
    let request = Request::new(known(1025), "GET", "/x");
    assert_eq!(policy.verdict(&request), Verdict::Forbidden);
    assert!(policy.explain(&request).to_string().contains("more than 1024"));
}

/// Denies of four claims each, some claimed and some not, over as many contested groups as are allowed: a choice of groups
/// that escapes them all exists, and is found without trying the 2^26 combinations one by one.
#[test]
fn many_contested_groups_in_many_denies_are_decided() {
    let mut text = String::from("allow authenticated to read /x\n");
    for number in 0..26 {
        let _ = writeln!(text, "group g{number} claimed");
    }
    // Any sequence will do; this one is Knuth's linear congruence, modulo 2^64.
    let mut state = 7u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for _ in 0..240 {
        let tests: Vec<String> =
            (0..4).map(|_| format!("{}identity in g{}", if next(2) == 0 { "" } else { "not " }, next(26))).collect();
        let _ = writeln!(text, "deny authenticated when {}", tests.join(" and "));
    }
    let policy = Policy::parse(&text).unwrap_or_else(|error| panic!("{error}"));
    let request = Request::new(Subject::Anonymous, "GET", "/x");
    let explanation = policy.explain(&request);
    assert_eq!(explanation.decision.verdict, Verdict::Unauthenticated);
    let witness = explanation.witness.expect("a 401 has a witness").subject;
    assert_eq!(policy.verdict(&Request { subject: witness, ..request }), Verdict::Allow);
}

/// More subjects than are tried beforehand for what an allow promises, and only the last of them is not denied.
#[test]
fn one_of_many_who_are_all_but_one_denied_is_promised_entry() {
    let names: Vec<String> = (0..3_000).map(|number| format!("a{number}")).collect();
    let (all, denied) = (names.join(", "), names.get(..2_999).expect("as many names").join(", "));
    let mut text = format!("identity {all}\ngroup staff = {all}\nallow staff to read /x\ndeny {denied} to read /x\n");
    for number in 0..5 {
        let _ = writeln!(text, "identity b{number}\ndeny b{number} to read /x");
    }
    let policy = Policy::parse(&text).unwrap();
    let request = Request::new(Subject::Anonymous, "GET", "/x");
    assert_eq!(policy.verdict(&request), Verdict::Unauthenticated);
    let witness = policy.explain(&request).witness.expect("a 401 has a witness").subject;
    assert_eq!(policy.verdict(&Request { subject: witness, ..request }), Verdict::Allow);
}
