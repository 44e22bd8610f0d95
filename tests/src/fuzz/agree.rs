//! What holds of every decision, whatever was asked.

use doorward::{Policy, Request, Subject, Verdict};
use doorward_syntax::ast;

/// Whether all that the engine says of one request fits together.
pub(super) fn consistent(policy: &Policy, request: &Request<'_>) {
    let decision = policy.decide(request);
    let explanation = policy.explain(request);
    let context = || format!("{}\n{explanation}", shown(request));
    assert_eq!(policy.verdict(request), decision.verdict, "{}", context());
    assert_eq!(explanation.decision, decision, "{}", context());
    assert!(!context().is_empty());
    if let Some(witness) = &explanation.witness {
        assert_eq!(decision.verdict, Verdict::Unauthenticated, "{}", context());
        let stronger = Request { subject: witness.subject.clone(), ..request.clone() };
        assert_eq!(policy.verdict(&stronger), Verdict::Allow, "{}\nwitness {witness:?}", context());
    }
    if decision.verdict == Verdict::Allow {
        assert!(!decision.rules.is_empty(), "{}", context());
        assert_ne!(request.subject, Subject::Rejected.clone(), "{}", context());
    }
}

/// Whether the engine and the naive evaluator say the same, if the latter can answer at all.
pub(super) fn with_oracle(policy: &Policy, tree: &ast::Policy, request: &Request<'_>) {
    let Some(expected) = doorward_oracle::decide(tree, request) else { return };
    let decision = policy.decide(request);
    let context = || format!("{}\n{}\nexpected {expected:?}", shown(request), policy.explain(request));
    assert_eq!(decision.status, expected.status, "{}", context());
    assert_eq!(decision.http_status, expected.http_status, "{}", context());
    let names = &policy.model().rules;
    let rules: Vec<&str> =
        expected.rules.iter().filter_map(|index| names.get(*index)).map(|rule| &*rule.name).collect();
    assert_eq!(decision.rules, rules, "{}", context());
}

/// The request as the command line reads it.
fn shown(request: &Request<'_>) -> String {
    serde_json::to_string(request).unwrap_or_else(|_| format!("{request:?}"))
}
