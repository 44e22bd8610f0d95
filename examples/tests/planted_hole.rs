//! Finds what is wrong with the clinic's policy: at random in a dozen lines, and for certain by going through all classes
//! of requests.

#![allow(clippy::unwrap_used, reason = "a policy that does not compile fails the test")]

use doorward::{Instant, Policy, Request, Subject, Verdict};
use doorward_proptest::{RequestSpace, classes};
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

const CLINIC: &str = include_str!("../planted_hole/clinic.door");

/// The claim: whoever is let in to a sealed record is a doctor.
fn doctors_only(policy: &Policy, request: &Request<'_>) -> bool {
    let doctor = matches!(&request.subject, Subject::Known(known) if ["dora", "dirk"].contains(&&*known.identity));
    doctor || policy.verdict(request) != Verdict::Allow
}

#[test]
fn the_policys_own_tests_pass() {
    let policy = Policy::parse(CLINIC).unwrap();
    assert!(policy.test(Instant::parse("2026-11-23T10:00Z").unwrap()).all(|outcome| outcome.passed()));
}

#[test]
fn random_requests_find_the_hole() {
    let policy = Policy::parse(CLINIC).unwrap();
    let sealed = RequestSpace::of(&policy).path("/patients/7/records/1").room_attribute("sealed", true);
    let found = TestRunner::new(Config { cases: 5_000, failure_persistence: None, ..Config::default() }).run(
        &sealed.requests(),
        |request| match doctors_only(&policy, &request) {
            true => Ok(()),
            false => Err(TestCaseError::fail("a sealed record is open to one who is no doctor")),
        },
    );
    let Err(TestError::Fail(reason, request)) = found else { panic!("nothing was found") };
    println!("{reason}\n{request:?}");
    let Subject::Known(known) = &request.subject else { panic!("{request:?}") };
    assert_eq!(known.groups, ["emergency"]);
}

#[test]
fn going_through_all_classes_finds_the_hole_and_nothing_once_it_is_mended() {
    let sealed = |request: &Request<'_>| {
        request.path.contains("/records/") && request.room_attributes.contains(&("sealed".into(), true.into()))
    };
    let holes = |policy: &Policy| {
        let classes = classes(policy).unwrap();
        let holes = classes.iter().filter(|request| sealed(request) && !doctors_only(policy, request)).count();
        println!("{holes} holes in {} classes", classes.count());
        holes
    };
    assert!(holes(&Policy::parse(CLINIC).unwrap()) > 0);
    let mended = CLINIC.replace("deny staff except doctors", "deny authenticated except doctors");
    assert_eq!(holes(&Policy::parse(&mended).unwrap()), 0);
}
