//! Whom an explanation names as somebody who would be let in.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a policy that does not compile fails the test")]

use doorward::{Instant, Known, Policy, Request, Subject};

/// What is told of the witness is let in itself.
#[track_caller]
fn check(policy: &str, subject: impl Into<Subject<'static>>, expected: &str) {
    let policy = Policy::parse(policy).unwrap_or_else(|error| panic!("{error}"));
    let now = Instant::parse("2026-11-23T10:00Z").unwrap();
    let request = Request::new(subject.into(), "GET", "/x").at(now);
    let witness = policy.explain(&request).witness.unwrap();
    assert_eq!(witness.to_string(), expected);
    let stronger = Request { subject: witness.subject, ..request };
    assert_eq!(policy.verdict(&stronger), doorward::Verdict::Allow);
}

fn alice() -> Known<'static> {
    Subject::known("alice")
}

#[test]
fn who_lacks_strength_is_their_own_witness() {
    let policy = "assurance low < high
        identities have { team?: string }
        identity aaron, alice
        group staff = aaron, alice
        group oncall claimed
        allow staff, oncall with high to read /x";
    check(policy, alice(), "let in, for example: `alice`, with high");
    let zoe = Subject::known("zoe").group("oncall").attribute("team", "it");
    check(policy, zoe, "let in, for example: anybody who is known, claiming `oncall`, team \"it\", with high");
}

#[test]
fn where_the_anonymous_are_let_in_the_rejected_need_no_credentials() {
    check("allow anyone to read /x", Subject::Rejected, "without credentials: let in");
}

#[test]
fn no_more_is_claimed_than_is_needed() {
    let policy = "group a claimed
        group b claimed
        group c claimed
        identities have { team?: string, floor: int }
        allow b to read /x
        allow a to read /x when identity.team == \"it\"";
    check(policy, Subject::Anonymous, "let in, for example: anybody who is known, claiming `b`");
}

#[test]
fn nothing_is_claimed_where_nothing_is_needed() {
    let policy = "group a claimed
        allow authenticated to read /x
        allow a to read /x";
    check(policy, Subject::Anonymous, "let in, for example: anybody who is known");
}

#[test]
fn a_group_is_claimed_that_a_deny_excepts() {
    let policy = "group a claimed
        group b claimed
        allow authenticated to read /x
        deny authenticated except b to read /x
        deny authenticated except a, b to read /x";
    check(policy, Subject::Anonymous, "let in, for example: anybody who is known, claiming `b`");
}

#[test]
fn a_required_attribute_has_some_value_though_it_does_not_matter() {
    let policy = "identities have { team: string, floor: int, desk?: int }
        allow authenticated to read /x when identity.team == \"it\" or identity.floor == 3 or identity.desk == 3";
    check(policy, Subject::Anonymous, "let in, for example: anybody who is known, team \"it\", floor 0");
}
