//! Small policies and requests, each with the outcome worked out by hand.

mod expressions; // conditions, types, and what the visitor could have
mod requests; // paths, claims, names and actions that cannot be used
mod rules; // subjects, strength, rooms, origins, actions, and how a verdict is told

use doorward_model::instant::Instant;
use doorward_model::request::{Known, Request, Subject};
use doorward_model::value::Value;
use doorward_syntax::ast::{
    self, BindingScope, Expectation, ExpectedSubject, Literal, LiteralKind, Name, StatementKind, TestBlock,
};
use doorward_syntax::{Loader, MemoryFiles, NoFiles, parse, parse_named};

use crate::{Outcome, decide};

/// The time of a request that states none: a Monday.
const NOW: &str = "2026-11-23T10:00:00Z";

/// Reads a policy that the checker passes too, as the oracle's callers promise.
fn read(text: &str, files: &dyn Loader) -> ast::Policy {
    let parsed = parse_named("policy.door", text.to_owned(), files);
    assert!(!parsed.has_errors(), "{:?}\n{text}", parsed.diagnostics);
    let checked = doorward_model::check(&parsed.policy, parsed.sources);
    assert!(checked.policy.is_some(), "{:?}\n{text}", checked.diagnostics);
    parsed.policy
}

/// Checks requests, written as expectations without their status, against outcomes, written as `summary` writes them.
#[track_caller]
fn check(policy: &str, cases: &[(&str, &str)]) {
    let policy = read(policy, &NoFiles);
    for (request, expected) in cases {
        let test = parse(&format!("test \"case\" {{ expect 200 {request} }}"));
        assert!(!test.has_errors(), "{:?}\n{request}", test.diagnostics);
        let expectation = expectations(&test.policy).pop().expect("one expectation");
        assert_eq!(summary(decide(&policy, &as_request(expectation))), *expected, "{request}");
    }
}

/// Checks a request that cannot be written as an expectation.
#[track_caller]
fn check_request(policy: &str, request: &Request<'_>, expected: &str) {
    assert_eq!(summary(decide(&read(policy, &NoFiles), request)), expected, "{request:?}");
}

/// The status, the one over HTTP if it differs, the rules, and the step-up: `401/404 [0, 3] mfa 900s`.
fn summary(outcome: Option<Outcome>) -> String {
    let Some(outcome) = outcome else { return "too large".to_owned() };
    let mut summary = outcome.status.to_string();
    if outcome.http_status != outcome.status {
        summary += &format!("/{}", outcome.http_status);
    }
    summary += &format!(" {:?}", outcome.rules);
    if let Some(step_up) = outcome.step_up {
        summary += &format!(" {}", if step_up.level.is_empty() { "-" } else { &step_up.level });
        summary += &step_up.max_age.map(|seconds| format!(" {seconds}s")).unwrap_or_default();
    }
    summary
}

fn expectations(policy: &ast::Policy) -> Vec<&Expectation> {
    let blocks = policy.statements().filter_map(|statement| match &statement.kind {
        StatementKind::Test(block) => Some(block),
        _ => None,
    });
    blocks.flat_map(|TestBlock { expectations, .. }| expectations).collect()
}

fn as_request(expectation: &Expectation) -> Request<'_> {
    let at = expectation.at.as_ref().map_or(NOW, |at| &at.value);
    let at = Instant::parse(at).expect("an instant");
    let bound = |scope| {
        let bindings = expectation.bindings.iter().filter(move |binding| binding.scope == scope);
        bindings.map(|binding| (binding.attribute.text.as_str().into(), value(&binding.value)))
    };
    let subject = match &expectation.subject {
        ExpectedSubject::Anonymous => Subject::Anonymous,
        ExpectedSubject::Rejected => Subject::Rejected,
        ExpectedSubject::Known(name) => {
            let mut known = Known::new(&*name.text);
            known.groups = expectation.groups.iter().map(|group| group.text.as_str().into()).collect();
            known.attributes = bound(BindingScope::Identity).collect();
            if let Some(with) = &expectation.with {
                known.assurance = Some(with.level.text.as_str().into());
                known.authenticated_at = at.minus_seconds(with.age.map_or(0, |age| age.seconds));
            }
            Subject::Known(known)
        }
    };
    let mut request = Request::new(subject, &*expectation.action.text, &*expectation.path.value).at(at);
    request.address = expectation.from.as_ref().map(|from| from.value.parse().expect("an address"));
    request.room_attributes = bound(BindingScope::Room).collect();
    request.context = bound(BindingScope::Context).collect();
    request
}

fn value(literal: &Literal) -> Value<'_> {
    match &literal.kind {
        LiteralKind::Bool(value) => Value::Bool(*value),
        LiteralKind::Int(value) => Value::Int(*value),
        LiteralKind::Set(items) => Value::Set(items.iter().map(value).collect()),
        LiteralKind::Address(text) | LiteralKind::Time(text) | LiteralKind::String(text) => text.as_str().into(),
        LiteralKind::Name(Name { text, .. }) => text.as_str().into(),
        LiteralKind::Days(_) | LiteralKind::Window(_) => Value::Unfit,
    }
}

#[test]
fn the_office_keeps_its_own_promises() {
    let office = r#"
        assurance password < mfa < hardware-key
        timezone Europe/Berlin
        identity alice, bob, carol, dave
        identity mallory
        group staff = alice, bob, contractors
        group contractors = dave
        group admins = carol
        group oncall claimed
        network office = 10.0.0.0/8, 2001:db8:aaaa::/48
        network guests = 10.99.0.0/16
        network tor from "tor-exits.txt"
        action open is POST
        room lobby at /
        room wiki at /wiki/**
        room vault at /vault/{drawer}
        room home at /home/{user}/**
        room doc at /docs/{id} has { owner: identity, readers: group, secret?: bool }
        room status at /status/** has { frozen: bool }
        identities have { department?: string }
        context has { country?: string }

        allow anyone to read lobby
        allow staff to read, write wiki from office except guests
        allow authenticated to use home when identity.name == room.user
        allow authenticated to read doc when identity in room.readers or identity == room.owner
        allow admins with mfa within 15m to open vault from office when time in 08:00..18:00 and day in mon..fri
        allow oncall to read, write status unless room.frozen
        deny contractors to write wiki because "contractors read only"
        deny anyone to use /admin/** without mfa
        deny anyone from tor
        deny mallory because "this account is disabled"

        test "the wiki" {
            expect 200 alice GET /wiki/home from 10.0.0.7
            expect 401 anonymous GET /wiki/home from 10.0.0.7
            expect 403 anonymous GET /wiki/home from 203.0.113.9
            expect 403 dave PUT /wiki/home from 10.0.0.7
            expect 401 carol POST /vault/7 from 10.0.0.7 with password at 2026-11-23T10:00+01:00
        }
        test "the rest" {
            expect 200 anonymous GET / from 192.0.2.1
            expect 403 anonymous GET /
            expect 403 anonymous GET / from 198.51.100.7
            expect 403 mallory GET / from 192.0.2.1
            expect 200 dave GET /wiki from 10.0.0.7
            expect 403 alice GET /wiki from 10.99.0.7
            expect 200 zoe DELETE /home/zoe/notes from 192.0.2.1
            expect 403 zoe DELETE /home/alice/notes from 192.0.2.1
            expect 403 carol POST /vault/7 from 10.0.0.7 with mfa at 2026-11-23T18:00+01:00
            expect 200 carol POST /vault/7 from 10.0.0.7 with hardware-key 15m old at 2026-11-23T17:59+01:00
            expect 401 carol POST /vault/7 from 10.0.0.7 with hardware-key 16m old at 2026-11-23T17:59+01:00
            expect 403 alice POST /vault/7 from 10.0.0.7 with mfa at 2026-11-23T10:00+01:00
            expect 401 rejected GET / from 192.0.2.1
            expect 200 zoe PUT /status/db from 192.0.2.1 in oncall where room.frozen = false
            expect 403 zoe PUT /status/db from 192.0.2.1 in oncall where room.frozen = true
            expect 403 zoe PUT /status/db from 192.0.2.1 in oncall
            expect 401 anonymous PUT /status/db from 192.0.2.1 where room.frozen = false
            expect 403 anonymous PUT /status/db from 192.0.2.1
            expect 200 bob GET /docs/7 from 192.0.2.1 where room.owner = zoe, room.readers = staff
            expect 200 zoe GET /docs/7 from 192.0.2.1 where room.owner = zoe, room.readers = staff
            expect 403 carol GET /docs/7 from 192.0.2.1 where room.owner = zoe, room.readers = staff
        }
    "#;
    let policy = read(office, &MemoryFiles::new().with("tor-exits.txt", "198.51.100.0/24 # exits\n"));
    let expectations = expectations(&policy);
    assert_eq!(expectations.len(), 26);
    for expectation in expectations {
        let outcome = decide(&policy, &as_request(expectation)).expect("a small policy");
        assert_eq!(outcome.status, expectation.status, "{expectation:?}");
    }
}
