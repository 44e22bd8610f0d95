//! Policies: any bytes are a policy or a list of findings; what is a policy can be printed, and decides.

use std::borrow::Cow;

use doorward::{Instant, Known, Policy, Request, Subject};
use doorward_model::pattern::{Pattern, PatternSegment};
use doorward_syntax::{Severity, parse_named};

use super::agree;
use super::format::{Parts, check_findings, formatted};

/// The body of the target `policy`.
pub(super) fn policy(data: &[u8]) {
    let (text, parts) = Parts::cut(data);
    let parsed = parse_named("policy.door", text, &parts);
    let readable = !parsed.has_errors();
    let policy = match Policy::compile(parsed.clone()) {
        Ok(policy) => policy,
        Err(error) => {
            let errors = error.diagnostics().iter().filter(|finding| finding.severity == Severity::Error).count();
            assert!(errors > 0, "a policy is refused without an error");
            return check_findings(error.diagnostics(), error.sources());
        }
    };
    assert!(readable, "a policy that cannot be read compiles");
    check_findings(policy.warnings(), policy.sources());

    let again = Policy::load("policy.door", formatted(&parsed, &parts), &parts);
    assert!(again.is_ok(), "formatted text does not compile: {:?}", again.err());
    let Ok(again) = again else { return };
    for request in requests(&policy) {
        agree::consistent(&policy, &request);
        assert_eq!(policy.verdict(&request), again.verdict(&request), "formatting changed a verdict: {request:?}");
    }
}

/// A few requests that the policy knows something of: those of its tests, and some at its patterns.
fn requests(policy: &Policy) -> Vec<Request<'_>> {
    let model = policy.model();
    let now = Instant::from_unix_seconds(1_795_426_200);
    let expected = model.tests.iter().flat_map(|block| &block.expectations).take(4);
    let mut requests: Vec<Request<'_>> =
        expected.filter_map(|expectation| now.map(|now| expectation.request(now))).collect();

    let mut subjects = vec![Subject::Anonymous, Subject::Rejected];
    let declared = [model.identities.first(), model.identities.last()].into_iter().flatten();
    for name in declared.map(|identity| &*identity.name).chain(["a stranger"]) {
        let mut known = Known::new(name);
        known.assurance = model.levels.last().map(|level| Cow::Borrowed(&*level.name));
        known.authenticated_at = now;
        let claimed = model.groups.iter().filter(|group| group.claimed).take(2);
        known.groups = claimed.map(|group| Cow::Borrowed(&*group.name)).collect();
        subjects.push(known.into());
    }
    let mut actions = model.actions.iter().rev().map(|action| &*action.name).cycle();
    let addresses = ["10.1.2.3", "2001:db8::1"].map(|address| address.parse().ok());
    for (number, pattern) in model.patterns.iter().rev().take(3).enumerate() {
        for subject in &subjects {
            let mut request = Request::new(subject.clone(), actions.next().unwrap_or("GET"), path_in(pattern));
            request.address = addresses.iter().cycle().nth(number).copied().flatten();
            request.time = now;
            requests.push(request);
        }
    }
    requests
}

/// A path that the pattern holds, unless a literal has characters that a path must encode.
fn path_in(pattern: &Pattern) -> String {
    let mut path = String::new();
    for segment in pattern.segments() {
        path.push('/');
        path.push_str(match segment {
            PatternSegment::Literal(text) => text,
            _ => "1",
        });
    }
    if pattern.tail() || path.is_empty() {
        path.push('/');
    }
    path
}
