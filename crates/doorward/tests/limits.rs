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
fn too_many_contested_groups_are_refused_by_the_names_of_the_rules() {
    let message = refused(&contested(40), "too-many-free-tests");
    assert!(message.contains("`a1` meets it"), "{message}");
}

#[test]
fn groups_that_only_help_are_not_limited() {
    let mut text = String::new();
    for number in 0..200 {
        let _ = writeln!(text, "group g{number} claimed\nallow g{number} to read /x");
    }
    let policy = Policy::parse(&text).unwrap();
    assert_eq!(policy.verdict(&Request::new(Subject::Anonymous, "GET", "/x")), Verdict::Unauthenticated);
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
