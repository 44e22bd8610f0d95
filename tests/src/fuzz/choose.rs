//! Bytes as choices: what a strategy makes of them, and what holds of every answer.

use std::cell::Cell;

use doorward::{Policy, Request, Subject, Verdict};
use doorward_proptest::any_request;
use doorward_syntax::ast::Answer;
use proptest::strategy::{Strategy, ValueTree};

use super::Comparisons;
use crate::compare::{Pair, seeded};

/// So many visitors the naive evaluator tries for one request: an input that takes longer than others finds no more.
const VISITORS: usize = 500;

/// The value that the bytes choose: the first eight a random one, each further byte a step by which it shrinks.
///
/// The bytes are not taken for the random numbers themselves: where they run out, a generator that waits for a number
/// other than zero waits forever.
pub(super) fn chosen<S: Strategy>(strategy: &S, bytes: &[u8]) -> Option<S::Value> {
    const MOST_STEPS: usize = 64;
    let (first, steps) = bytes.split_at(bytes.len().min(8));
    let seed = first.iter().fold(0, |seed: u64, byte| seed << 8 | u64::from(*byte));
    let mut tree = strategy.new_tree(&mut seeded(seed)).ok()?;
    for step in steps.iter().take(MOST_STEPS) {
        let _more = if *step % 4 == 0 { tree.complicate() } else { tree.simplify() };
    }
    Some(tree.current())
}

/// So many requests that matter to a policy, as the bytes choose them.
pub(super) fn requests(policy: &Policy, count: usize, bytes: &[u8]) -> Vec<Request<'static>> {
    let requests = proptest::collection::vec(any_request(policy), count);
    chosen(&requests, bytes).unwrap_or_default().into_iter().map(doorward_proptest::Asked::into_request).collect()
}

/// Whether all that the engine says of one request fits together.
pub(super) fn consistent(policy: &Policy, request: &Request<'_>) {
    let decision = policy.decide(request);
    let explanation = policy.explain(request);
    let context = || format!("{}\n{explanation}", doorward_proptest::json(request));
    assert_eq!(policy.verdict(request), decision.verdict, "{}", context());
    assert_eq!(explanation.decision, decision, "{}", context());
    assert!(!explanation.to_string().is_empty());
    if let Some(witness) = &explanation.witness {
        // A visitor whom `answer step-up 403` sends away is told all the same what would do.
        let told = decision.verdict == Verdict::Forbidden && policy.model().answers(Answer::StepUp403);
        assert!(told || decision.verdict == Verdict::Unauthenticated, "{}", context());
        let stronger = Request { subject: witness.subject.clone(), ..request.clone() };
        assert_eq!(policy.verdict(&stronger), Verdict::Allow, "{}\nwitness {witness:?}", context());
    }
    if decision.verdict == Verdict::Allow {
        let lenient = policy.model().answers(Answer::RejectedAsAnonymous);
        assert!(lenient || request.subject != Subject::Rejected, "{}", context());
        assert!(!decision.rules.is_empty(), "{}", context());
    }
}

/// Whether the engine and the naive evaluator say the same, if the latter has few enough visitors to try.
pub(super) fn alike(pair: &Pair, request: &Request<'_>) {
    let compared = pair.compare_trying(request, VISITORS);
    assert!(compared.is_ok(), "{}\n{}", doorward_proptest::json(request), compared.err().unwrap_or_default());
    let left_out = matches!(compared, Ok(None));
    COMPARISONS.with(|counted| {
        let mut so_far = counted.get();
        so_far.asked += 1;
        so_far.left_out += u64::from(left_out);
        counted.set(so_far);
    });
}

thread_local! {
    static COMPARISONS: Cell<Comparisons> = const { Cell::new(Comparisons { asked: 0, left_out: 0 }) };
}

/// What the bodies that ran on this thread have asked the naive evaluator.
pub(super) fn comparisons() -> Comparisons {
    COMPARISONS.get()
}
