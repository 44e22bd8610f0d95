//! What the tests of a policy exercise: the reading of one request agrees with the engine, and the reports with it.

use doorward::{Policy, Request, Subject, Verdict};
use doorward_analysis::Coverage;
use doorward_model::request::is_identity;
use doorward_proptest::policy::PolicyText;
use doorward_syntax::ast::{Answer, Effect};
use doorward_tests::compare::{Pair, config_of, for_requests, policies};
use doorward_tests::share::{Share, over};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// How many requests each policy is tried with.
const REQUESTS: u32 = 24;

fn is_rejected(request: &Request<'_>) -> bool {
    match &request.subject {
        Subject::Anonymous => false,
        Subject::Known(known) => !is_identity(&known.identity),
        Subject::Rejected => true,
    }
}

/// Reads one request by the analysis and by the engine.
fn compare(policy: &Policy, request: &Request<'_>, share: &mut Share) -> Result<(), String> {
    let decision = policy.decide(request);
    let mut coverage = Coverage::of_nothing(policy.model());
    let Some(permitted) = share.need(coverage.add(request, decision.status)) else { return Ok(()) };
    let invalid_is_allowed = policy.model().answers(Answer::RejectedAsAnonymous);
    let let_in = permitted && (!is_rejected(request) || invalid_is_allowed);
    if let_in != (decision.verdict == Verdict::Allow) {
        return Err(format!("permitted: {permitted}, the engine: {}", policy.explain(request)));
    }
    let applied = |effect: Effect| -> Vec<&str> {
        let applied = coverage.rules.iter().filter(|rule| rule.rule.effect == effect && rule.applied > 0);
        applied.map(|rule| &*rule.name).collect()
    };
    // What decided is what applied, where the engine names what applied.
    if let_in && decision.rules != applied(Effect::Allow) {
        return Err(format!("{:?} applied, not {:?}", applied(Effect::Allow), decision.rules));
    }
    for rule in coverage.rules.iter().filter(|rule| rule.applied > 0) {
        let wrong = |seen: doorward_analysis::Seen| match rule.rule.effect {
            Effect::Allow => seen.yes == 0,
            Effect::Deny => seen.yes + seen.unknown == 0,
        };
        let wrong = rule.clauses.iter().find(|it| it.clause != doorward_analysis::Clause::Test && wrong(it.seen));
        if let Some(clause) = wrong {
            return Err(format!("{} applied against {clause:?}", rule.name));
        }
    }
    share.done();
    Ok(())
}

fn compare_all(text: &PolicyText, seed: u64, share: &mut Share) -> Result<(), TestCaseError> {
    let Some(pair) = share.need(Pair::read(text).map_err(TestCaseError::fail)?) else { return Ok(()) };
    for_requests(&pair.policy, seed, REQUESTS, |request| compare(&pair.policy, request, share))
}

#[test]
fn most_of_what_is_generated_is_compared() {
    let mut share = Share::default();
    over(60, |text, seed| compare_all(text, seed, &mut share));
    share.at_least(90);
}

proptest! {
    #![proptest_config(config_of(400))]

    #[test]
    fn a_request_is_read_as_the_engine_reads_it((text, seed) in policies()) {
        compare_all(&text, seed, &mut Share::default())?;
    }
}
