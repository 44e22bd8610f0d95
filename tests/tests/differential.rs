//! The compiled engine and the naive evaluator say the same about generated policies and requests.

use doorward::{ChallengeError, Policy, Request, Verdict};
use doorward_tests::generate::{self, Asked};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// Decides by both, and compares all that both say.
fn check(policy: &Policy, tree: &doorward_syntax::ast::Policy, asked: &Asked) -> Result<(), TestCaseError> {
    let request = &asked.0;
    let Some(expected) = doorward_oracle::decide(tree, request) else { return Ok(()) };
    let decision = policy.decide(request);
    let explanation = policy.explain(request);
    let context = || format!("{asked:?}\n{explanation}\nexpected {expected:?}");
    prop_assert_eq!(decision.status, expected.status, "{}", context());
    prop_assert_eq!(decision.http_status, expected.http_status, "{}", context());
    prop_assert_eq!(policy.verdict(request), decision.verdict);
    let rules: Vec<usize> =
        decision.rules.iter().filter_map(|name| name.strip_prefix('r')).filter_map(|name| name.parse().ok()).collect();
    prop_assert_eq!(rules, expected.rules.clone(), "{}", context());
    if let (401, Some(step_up)) = (decision.http_status, &expected.step_up) {
        let told = decision.challenges.first().and_then(|challenge| challenge.error.as_ref());
        prop_assert_eq!(
            told,
            Some(&ChallengeError::InsufficientUserAuthentication {
                acr_values: Some(step_up.level.as_str()),
                max_age: step_up.max_age,
            }),
            "{}",
            context()
        );
    }
    prop_assert_eq!(&explanation.decision, &decision);
    if let Some(witness) = &explanation.witness {
        let stronger = Request { subject: witness.subject.clone(), ..request.clone() };
        prop_assert_eq!(policy.verdict(&stronger), Verdict::Allow, "{}\nwitness {:?}", context(), witness);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn engine_and_oracle_agree(
        text in generate::policy(),
        requests in proptest::collection::vec(generate::request(), 24),
    ) {
        let parsed = doorward_syntax::parse(&text);
        let tree = parsed.policy.clone();
        let policy = Policy::compile(parsed).map_err(|error| TestCaseError::fail(format!("{text}\n{error}")))?;
        for request in &requests {
            check(&policy, &tree, request).map_err(|error| TestCaseError::fail(format!("{text}\n{error}")))?;
        }
    }
}

/// How many policies: `PROPTEST_CASES`, else 2,000.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_000)
}
