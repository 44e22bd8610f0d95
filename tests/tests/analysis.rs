//! What the analysis says of all requests holds of each: its evidence is decided by the engine, and what the engine decides
//! is among what it says.

use doorward::{Policy, Request, Subject};
use doorward_analysis::{Answered, Diff, diff};
use doorward_model::request::is_identity;
use doorward_proptest::policy::PolicyText;
use doorward_syntax::ast::{Rule, Who};
use doorward_tests::compare::{Pair, config_of, for_requests, policies};
use doorward_tests::rewrite::{rules, turned, with_rule};
use doorward_tests::share::{Share, over};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// How many requests each pair of policies is tried with.
const REQUESTS: u32 = 24;

fn read(text: &PolicyText) -> Result<Option<Pair>, TestCaseError> {
    Pair::read(text).map_err(TestCaseError::fail)
}

/// A small change to a rule; `None` where it would change nothing or make no policy.
fn changed(rule: &Rule, choice: u64) -> Option<Rule> {
    let mut rule = rule.clone();
    let taken = match choice % 7 {
        0 => rule.strength.take().is_some(),
        1 => rule.origins.take().is_some(),
        2 => rule.when.take().is_some(),
        3 => rule.unless.take().is_some(),
        4 => !std::mem::take(&mut rule.subjects.except).is_empty(),
        5 => match &mut rule.subjects.who {
            Who::Listed(names) if names.len() > 1 => names.pop().is_some(),
            _ => false,
        },
        _ => false,
    };
    taken.then_some(rule)
}

fn answered(policy: &Policy, request: &Request<'_>) -> (u16, u16) {
    let decision = policy.decide(request);
    (decision.status, decision.http_status)
}

fn told(answered: Answered) -> (u16, u16) {
    (answered.status(), answered.http_status())
}

/// Whether a difference is among those that were found, the visitor included.
fn is_found(found: &Diff<'_>, policies: [&Policy; 2], request: &Request<'_>, answers: [(u16, u16); 2]) -> bool {
    found.changes.iter().any(|change| {
        let declared = |name: &str| policies.iter().any(|policy| policy.model().identity(name).is_some());
        let who = match &request.subject {
            Subject::Known(known) if declared(&known.identity) => {
                change.identities.iter().any(|name| **name == *known.identity)
            }
            Subject::Known(known) if is_identity(&known.identity) => change.undeclared,
            _ => change.unidentified,
        };
        who && [told(change.before), told(change.after)] == answers
    })
}

fn compare(before: &Policy, after: &Policy, seed: u64, share: &mut Share) -> Result<(), TestCaseError> {
    let Some(found) = share.need(diff(before.model(), after.model()).ok()) else { return Ok(()) };
    for change in &found.changes {
        let answers = [before, after].map(|policy| answered(policy, &change.request));
        let claimed = [told(change.before), told(change.after)];
        prop_assert_eq!(answers, claimed, "{:?}", change.request);
    }
    for of in [before, after] {
        for_requests(of, seed, REQUESTS, |request| {
            let answers = [before, after].map(|policy| answered(policy, request));
            if answers[0] != answers[1] && !is_found(&found, [before, after], request, answers) {
                return Err(format!("not found: {answers:?}\nfound: {:#?}", found.changes));
            }
            Ok(())
        })?;
    }
    share.done();
    Ok(())
}

/// Compares a policy with one in which a rule is another, both ways.
fn compare_changed(text: &PolicyText, seed: u64, share: &mut Share) -> Result<(), TestCaseError> {
    let Some(before) = share.need(read(text)?) else { return Ok(()) };
    let count = rules(&before.tree).count();
    let number = usize::try_from(seed).unwrap_or(0) % count.max(1);
    let after = with_rule(text, &before.tree, number, |rule| changed(rule, seed / 64));
    let Some(after) = share.need(read(&after)?) else { return Ok(()) };
    compare(&before.policy, &after.policy, seed, share)?;
    compare(&after.policy, &before.policy, seed, share)
}

fn compare_turned(text: &PolicyText, seed: u64, share: &mut Share) -> Result<(), TestCaseError> {
    let Some(before) = share.need(read(text)?) else { return Ok(()) };
    let after = turned(text, &before.tree, usize::try_from(seed % 64).unwrap_or(0));
    let Some(after) = share.need(read(&after)?) else { return Ok(()) };
    let Some(found) = share.need(diff(before.policy.model(), after.policy.model()).ok()) else { return Ok(()) };
    prop_assert!(found.is_empty(), "{:#?}", found.changes);
    share.done();
    Ok(())
}

#[test]
fn most_of_what_is_generated_is_compared() {
    let (mut changed, mut turned) = (Share::default(), Share::default());
    over(60, |text, seed| {
        compare_changed(text, seed, &mut changed)?;
        compare_turned(text, seed, &mut turned)
    });
    changed.at_least(90);
    turned.at_least(90);
}

proptest! {
    #![proptest_config(config_of(400))]

    #[test]
    fn a_difference_is_found_exactly_where_there_is_one((text, seed) in policies()) {
        compare_changed(&text, seed, &mut Share::default())?;
    }

    #[test]
    fn another_order_is_no_difference((text, seed) in policies()) {
        compare_turned(&text, seed, &mut Share::default())?;
    }

    #[test]
    fn other_policies_are_told_apart((one, seed) in policies(), (other, _) in policies()) {
        let (Some(one), Some(other)) = (read(&one)?, read(&other)?) else { return Ok(()) };
        compare(&one.policy, &other.policy, seed, &mut Share::default())?;
    }
}
