//! What is proved of all requests holds of each, and what is not has a request that shows it.

use doorward::Subject;
use doorward_analysis::prove;
use doorward_proptest::policy::PolicyText;
use doorward_syntax::ast::{Assertion, AssertionKind, StatementKind};
use doorward_tests::compare::{Pair, config_of, for_requests, lets_in, policies};
use doorward_tests::scope::{Scope, completed, could_be};
use doorward_tests::share::{Share, over};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// How many requests each policy is tried with.
const REQUESTS: u32 = 24;

/// How many classes of requests are tried at most.
const MOST: u64 = 4_000;

fn assertions(pair: &Pair) -> Vec<&Assertion> {
    let assertions = pair.tree.statements().filter_map(|statement| match &statement.kind {
        StatementKind::Assertion(assertion) => Some(&**assertion),
        _ => None,
    });
    assertions.collect()
}

/// Compares what is proved with what the naive evaluator says to one request of each class that the policy and the
/// assertion tell apart, if there are not too many classes or visitors.
fn compare_with_all(source: &PolicyText, share: &mut Share) -> Result<(), TestCaseError> {
    let Some(pair) = share.need(Pair::read(source).map_err(TestCaseError::fail)?) else { return Ok(()) };
    for (tree, assertion) in assertions(&pair).into_iter().zip(&pair.policy.model().assertions) {
        let Some(proof) = share.need(prove(pair.policy.model(), assertion).ok()) else { continue };
        let Some(scope) = share.need(Scope::new(source, &pair, tree)) else { continue };
        let classes = doorward_proptest::classes(&scope.together).ok().filter(|it| it.count() <= MOST);
        let Some(classes) = share.need(classes) else { continue };
        let mut refuting = None;
        let mut decided = true;
        for asked in &classes {
            let request = completed(&pair.policy, assertion.kind, &asked);
            match doorward_oracle::decide(&pair.tree, &request) {
                None => decided = false,
                Some(outcome) if scope.refutes(&pair.policy, &request, outcome.status == 200) => {
                    refuting = Some(request);
                    break;
                }
                Some(_) => {}
            }
        }
        if share.need((decided || refuting.is_some()).then_some(())).is_none() {
            continue;
        }
        prop_assert_eq!(
            proof.holds(),
            refuting.is_none(),
            "{}\nby trying: {:?}\nproved: {:?}\n{}",
            assertion.text,
            refuting,
            proof,
            source
        );
        share.done();
    }
    Ok(())
}

/// Compares what is proved with some requests: each counterexample is one, and nothing refutes what holds.
fn compare_with_some(source: &PolicyText, seed: u64, share: &mut Share) -> Result<(), TestCaseError> {
    let Some(pair) = share.need(Pair::read(source).map_err(TestCaseError::fail)?) else { return Ok(()) };
    let trees = assertions(&pair);
    prop_assert_eq!(trees.len(), pair.policy.model().assertions.len());
    for (tree, assertion) in trees.into_iter().zip(&pair.policy.model().assertions) {
        let Some(proof) = share.need(prove(pair.policy.model(), assertion).ok()) else { continue };
        let Some(scope) = share.need(Scope::new(source, &pair, tree)) else { continue };
        match &proof.counterexample {
            Some(request) => {
                let refutes = scope.refutes(&pair.policy, request, lets_in(&pair.policy, request));
                prop_assert!(refutes, "{}: {request:?}\n{source}", assertion.text);
            }
            None => for_requests(&pair.policy, seed, REQUESTS, |request| {
                if scope.refutes(&pair.policy, request, lets_in(&pair.policy, request)) {
                    return Err(format!("{} was proved", assertion.text));
                }
                if proof.vacuous
                    && scope.holds(request)
                    && could_be(&pair.policy, request)
                    && scope.kind != AssertionKind::Always
                    && request.subject != Subject::Rejected
                {
                    return Err(format!("{} is about something", assertion.text));
                }
                Ok(())
            })?,
        }
        share.done();
    }
    Ok(())
}

#[test]
fn most_of_what_is_generated_is_compared() {
    let (mut some, mut all) = (Share::default(), Share::default());
    over(400, |source, seed| {
        compare_with_some(source, seed, &mut some)?;
        compare_with_all(source, &mut all)
    });
    some.at_least(75);
    // Most tell more classes of requests apart than are tried.
    all.at_least(20);
}

proptest! {
    #![proptest_config(config_of(800))]

    #[test]
    fn an_assertion_holds_exactly_if_no_request_refutes_it((source, seed) in policies()) {
        compare_with_some(&source, seed, &mut Share::default())?;
    }

    #[test]
    fn what_is_proved_is_what_trying_everything_shows((source, _) in policies()) {
        compare_with_all(&source, &mut Share::default())?;
    }
}
