//! Requests in parts.

#![expect(clippy::unwrap_used, reason = "a test without its policy cannot go on")]

use doorward::{Policy, PreparedRequest, Request, Subject, Verdict};

const POLICY: &str = "
    identity alice
    group staff = alice
    room wiki at /wiki/{page}
    network office = 10.0.0.0/8
    allow staff to read wiki from office
    deny anyone to read wiki when room.page == \"secret page\"
";

#[track_caller]
fn check(makes: &Policy, decides: &Policy, subject: Subject<'_>, action: &str, path: &str, expected: Verdict) {
    let subject = makes.subject(subject);
    let room = makes.room(path);
    let origin = makes.origin(Some("::ffff:10.0.0.7".parse().unwrap()));
    let request = PreparedRequest::new(&subject, makes.action(action), &room, origin);
    assert_eq!(decides.verdict_of(&request), expected);
    assert_eq!(decides.verdict(&request.request()), expected);
}

#[test]
fn parts_decide_as_the_whole_does() {
    let policy = Policy::parse(POLICY).unwrap();
    let alice = || Subject::from(Subject::known("alice"));
    let check = |subject, action, path, expected| check(&policy, &policy, subject, action, path, expected);
    check(alice(), "GET", "/wiki/home", Verdict::Allow);
    check(alice(), "HEAD", "/wiki/home/", Verdict::Allow);
    check(alice(), "GET", "/wiki/h%6Fme", Verdict::Allow);
    check(alice(), "GET", "/wiki/secret%20page", Verdict::Forbidden);
    check(alice(), "GET", "/wiki/../wiki/home", Verdict::Forbidden);
    check(alice(), "BREW", "/wiki/home", Verdict::Forbidden);
    check(Subject::Anonymous, "GET", "/wiki/home", Verdict::Unauthenticated);
    check(Subject::Rejected, "GET", "/wiki/home", Verdict::Unauthenticated);
    check(Subject::known(" alice").into(), "GET", "/wiki/home", Verdict::Unauthenticated);
    check(Subject::known("bob").into(), "GET", "/wiki/home", Verdict::Forbidden);
}

#[test]
fn parts_of_another_policy_are_looked_up_again() {
    let other = Policy::parse("identity bob, alice\nroom x at /x\nallow bob to read x").unwrap();
    let policy = Policy::parse(POLICY).unwrap();
    check(&other, &policy, Subject::known("alice").into(), "GET", "/wiki/home", Verdict::Allow);
    check(&other, &policy, Subject::known("bob").into(), "GET", "/wiki/home", Verdict::Forbidden);
    check(&policy, &other, Subject::known("bob").into(), "GET", "/x", Verdict::Allow);
}

#[test]
fn one_part_of_another_policy_is_enough_to_look_all_up_again() {
    let other = Policy::parse(
        "identity zoe, bob, alice
        action view is PUT
        room wiki at /wiki/{page}, /x/**
        network home = 192.0.2.0/24, 198.51.100.0/24
        allow bob to view, DELETE wiki from home",
    )
    .unwrap();
    let policy = Policy::parse(POLICY).unwrap();
    for (of_subject, of_action, of_room, of_origin) in [
        (&other, &policy, &policy, &policy),
        (&policy, &other, &policy, &policy),
        (&policy, &policy, &other, &policy),
        (&policy, &policy, &policy, &other),
    ] {
        let subject = of_subject.subject(Subject::known("alice"));
        let room = of_room.room("/wiki/home");
        let origin = of_origin.origin(Some("10.0.0.7".parse().unwrap()));
        let request = PreparedRequest::new(&subject, of_action.action("GET"), &room, origin);
        assert_eq!(policy.verdict_of(&request), Verdict::Allow);
    }
}

#[test]
fn many_are_decided_in_their_order() {
    let policy = Policy::parse(POLICY).unwrap();
    let office = "10.0.0.7".parse().unwrap();
    let requests = [
        Request::new(Subject::known("alice"), "GET", "/wiki/home").address(office),
        Request::new(Subject::known("alice"), "GET", "/wiki/home"),
        Request::new(Subject::Anonymous, "GET", "/wiki/home").address(office),
        Request::new(Subject::Anonymous, "PUT", "/wiki/home").address(office),
        Request::new(Subject::Anonymous, "GET", "/wiki/%").address(office),
        Request::new(Subject::known("alice"), "GET", "/wiki/home").address(office),
    ];
    let one_by_one: Vec<Verdict> = requests.iter().map(|request| policy.verdict(request)).collect();
    assert_eq!(policy.decide_many(&requests).collect::<Vec<_>>(), one_by_one);
    assert_eq!(one_by_one.iter().filter(|verdict| **verdict == Verdict::Allow).count(), 2);
}

/// The quick ways to a verdict keep to the limit as the whole request does.
#[test]
fn as_many_groups_as_are_read_can_be_claimed_and_no_more() {
    let policy = Policy::parse("group oncall claimed allow oncall to read /pager").unwrap();
    for (count, expected) in [(1_024, Verdict::Allow), (1_025, Verdict::Forbidden)] {
        let others = (1..count).map(|number| format!("g{number}").into());
        let mut alice = Subject::known("alice").group("oncall");
        alice.groups.extend(others);
        let request = Request::new(alice.clone(), "GET", "/pager");
        assert_eq!(policy.verdict(&request), expected);
        assert_eq!(policy.decide(&request).verdict, expected);
        assert!(policy.decide_many([&request, &request]).all(|verdict| verdict == expected));
        let (subject, room) = (policy.subject(alice), policy.room("/pager"));
        let parts = PreparedRequest::new(&subject, policy.action("GET"), &room, policy.origin(None));
        assert_eq!(policy.verdict_of(&parts), expected);
    }
}
