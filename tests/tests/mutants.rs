//! Small faults in generated policies: what the analysis says of each holds of the engine.

use doorward::{Policy, Request};
use doorward_analysis::{Mutant, diff, mutants, telling_line};
use doorward_proptest::policy::PolicyText;
use doorward_syntax::{Parsed, ast};
use doorward_tests::compare::{Pair, config_of, for_requests, policies};
use doorward_tests::rewrite;
use doorward_tests::share::{Share, over};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// How many mutants of each policy are judged.
const MUTANTS: usize = 4;

/// How many requests each mutant is tried with.
const REQUESTS: u32 = 24;

fn compiled(tree: ast::Policy, of: &Policy) -> Option<Policy> {
    let sources = of.sources().clone();
    Policy::compile(Parsed { policy: tree, sources, diagnostics: Vec::new(), unread: Vec::new() }).ok()
}

fn statuses(policies: [&Policy; 2], request: &Request<'_>) -> [u16; 2] {
    policies.map(|policy| policy.verdict(request).status())
}

/// Judges one mutant, if it is a policy.
fn judge(text: &PolicyText, pair: &Pair, mutant: &Mutant, seed: u64, share: &mut Share) -> Result<(), TestCaseError> {
    let tree = mutant.apply(&pair.tree);
    let Some(other) = share.need(compiled(tree.clone(), &pair.policy)) else { return Ok(()) };
    let both = [&pair.policy, &other];
    // What a mutant is told to be could be written so.
    let written = rewrite::whole(text, &tree);
    let read = Pair::read(&written).map_err(TestCaseError::fail)?;
    if let Some(read) = &read {
        for_requests(&pair.policy, seed, REQUESTS / 4, |request| {
            let [told, written] = statuses([&other, &read.policy], request);
            if told == written { Ok(()) } else { Err(format!("{mutant}: {told}, but {written} as it is written")) }
        })?;
    }
    let Some(found) = share.need(diff(pair.policy.model(), other.model()).ok()) else { return Ok(()) };
    let apart: Vec<_> = found.changes.iter().filter(|it| it.before.status() != it.after.status()).collect();
    for change in &apart {
        let told = [change.before, change.after].map(|answered| answered.status());
        prop_assert_eq!(statuses(both, &change.request), told, "{}: {:?}", mutant, change.request);
        let line = telling_line(pair.policy.model(), other.model(), &change.request, told[0]);
        if line.contains('#') {
            continue;
        }
        // Whoever pastes the line has a test that tells the two apart.
        for (tree, kills) in [(&pair.tree, false), (&tree, true)] {
            let mut text = rewrite::whole(text, tree);
            text.text.push_str(&format!("test \"the survivor\" {{ {line} }}\n"));
            let Some(read) = Pair::read(&text).map_err(TestCaseError::fail)? else { continue };
            let last = read.policy.model().tests.last();
            let expectation = last.and_then(|block| block.expectations.last());
            let request = expectation.map(|it| it.request(doorward_proptest::reference_time()));
            let killed = request.is_none_or(|request| read.policy.verdict(&request).status() != told[0]);
            prop_assert_eq!(killed, kills, "{}: {}", mutant, line);
        }
    }
    if apart.is_empty() {
        for of in both {
            for_requests(of, seed, REQUESTS, |request| {
                let [before, after] = statuses(both, request);
                if before == after { Ok(()) } else { Err(format!("{mutant} is told equivalent: {before}, {after}")) }
            })?;
        }
    }
    share.done();
    Ok(())
}

/// Judges some mutants of a policy.
fn judge_some(text: &PolicyText, seed: u64, share: &mut Share) -> Result<(), TestCaseError> {
    let Some(pair) = share.need(Pair::read(text).map_err(TestCaseError::fail)?) else { return Ok(()) };
    let found = mutants(&pair.tree, pair.policy.sources());
    let first = usize::try_from(seed).unwrap_or(0) % found.len().max(1);
    for mutant in found.iter().cycle().skip(first).take(MUTANTS.min(found.len())) {
        judge(text, &pair, mutant, seed, share)?;
    }
    Ok(())
}

#[test]
fn most_of_what_is_generated_is_compared() {
    let mut share = Share::default();
    over(40, |text, seed| judge_some(text, seed, &mut share));
    share.at_least(80);
}

proptest! {
    #![proptest_config(config_of(150))]

    #[test]
    fn what_is_told_of_a_mutant_holds_of_the_engine((text, seed) in policies()) {
        judge_some(&text, seed, &mut Share::default())?;
    }
}
