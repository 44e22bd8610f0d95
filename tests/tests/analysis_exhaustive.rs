//! Questions about all requests, answered by trying them all: of small policies, with the naive evaluator. What holds,
//! no request of any class refutes; what does not is refuted by the request that is shown.
//!
//! `QUESTIONS=200000 cargo test --release -p doorward-tests --test analysis_exhaustive -- --nocapture` asks so many.

#![allow(clippy::panic, clippy::unwrap_used, reason = "it is a test")]

use doorward::Request;
use doorward_analysis::prove;
use doorward_proptest::policy::{PolicyText, policy_with_files};
use doorward_syntax::ast::{Assertion, AssertionKind, Effect, Rule, Statement, StatementKind, Strength};
use doorward_tests::compare::{Pair, seeded};
use doorward_tests::rewrite::{rules, text};
use doorward_tests::scope::{Scope, completed};
use proptest::strategy::{Strategy as _, ValueTree as _};

/// How many classes of requests are tried at most for one policy.
const MOST: u64 = 2_000;

/// One request of each class that a policy tells apart, completed as assertions of a kind ask it to be, and whether it is
/// allowed; `None` if there are too many requests, or visitors.
fn decided(pair: &Pair, kind: AssertionKind) -> Option<Vec<(Request<'static>, bool)>> {
    let classes = doorward_proptest::classes(&pair.policy).ok().filter(|classes| classes.count() <= MOST)?;
    let requests = classes.iter().map(|asked| {
        let request = completed(&pair.policy, kind, &asked);
        let outcome = doorward_oracle::decide(&pair.tree, &request)?;
        Some((request, outcome.status == 200))
    });
    requests.collect()
}

/// The assertion of that kind whose scope is a rule's: where it is, with some of its other clauses, by the bits of `part`.
/// Whatever its scope tests, the policy tells apart.
fn asked(rule: &Rule, kind: AssertionKind, part: u8, statement: &Statement) -> Assertion {
    let strength = |negated: bool| rule.strength.clone().map(|it| Box::new(Strength { negated, ..*it }));
    let keeps = |bit: u8| part >> bit & 1 == 1;
    Assertion {
        kind,
        subjects: rule.subjects.clone(),
        with: strength(false).filter(|_| keeps(0) && rule.effect == Effect::Allow),
        without: strength(true).filter(|_| keeps(0) && rule.effect == Effect::Deny),
        target: rule.target.clone(),
        origins: rule.origins.clone().filter(|_| keeps(1)),
        when: rule.when.clone().filter(|_| keeps(2)),
        unless: rule.unless.clone().filter(|_| keeps(3)),
        span: statement.span,
    }
}

/// Asks all such questions of a policy; how many there were, and how many hold.
fn ask(source: &PolicyText) -> (usize, usize) {
    let (mut count, mut held) = (0, 0);
    let Ok(Some(pair)) = Pair::read(source) else { return (0, 0) };
    let Some(statement) = pair.tree.statements().next().cloned() else { return (0, 0) };
    let plain: Vec<Statement> = pair
        .tree
        .statements()
        .filter(|statement| !matches!(statement.kind, StatementKind::Assertion(_) | StatementKind::Test(_)))
        .cloned()
        .collect();
    let last = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let files: Vec<(String, String)> = source.files.iter().map(|(path, list)| (last(path), list.clone())).collect();
    for kind in [AssertionKind::Always, AssertionKind::Never, AssertionKind::Only] {
        let Some(decided) = decided(&pair, kind) else { return (count, held) };
        for rule in rules(&pair.tree) {
            let mut seen: Vec<Assertion> = Vec::new();
            for part in 0..16 {
                let tree = asked(rule, kind, part, &statement);
                if seen.contains(&tree) {
                    continue;
                }
                seen.push(tree.clone());
                let more = Statement { kind: StatementKind::Assertion(Box::new(tree.clone())), span: statement.span };
                let text = text(plain.iter().chain([&more]));
                let files = files.iter().cloned().collect();
                let source = PolicyText { text, files };
                // What the anonymous are asked about cannot test the identity.
                let Ok(Some(with)) = Pair::read(&source) else { continue };
                let Some(assertion) = with.policy.model().assertions.last() else { continue };
                let (Ok(proof), Some(scope)) =
                    (prove(with.policy.model(), assertion), Scope::new(&source, &pair, &tree))
                else {
                    continue;
                };
                match &proof.counterexample {
                    Some(request) => {
                        let allowed = doorward_oracle::decide(&pair.tree, request).map(|it| it.status == 200);
                        let shows = allowed.is_none_or(|allowed| scope.refutes(&pair.policy, request, allowed));
                        assert!(shows, "{}\n{request:?}\n{source}", assertion.text);
                    }
                    None => {
                        let mut all = decided.iter();
                        let refuting = all.find(|(request, allowed)| scope.refutes(&pair.policy, request, *allowed));
                        assert!(refuting.is_none(), "{}\n{refuting:?}\n{source}", assertion.text);
                    }
                }
                count += 1;
                held += usize::from(proof.holds());
            }
        }
    }
    (count, held)
}

#[test]
fn every_answer_is_what_trying_everything_shows() {
    let wanted = std::env::var("QUESTIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(3_000);
    let seed = std::env::var("SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let mut runner = seeded(seed);
    let (mut policies, mut count, mut held) = (0, 0, 0);
    let mut told = 0;
    while count < wanted {
        let source = policy_with_files(1..=2).new_tree(&mut runner).unwrap().current();
        let (asked, holding) = ask(&source);
        policies += usize::from(asked > 0);
        count += asked;
        held += holding;
        if count >= told + 10_000 {
            told = count;
            println!("{count} questions of {policies} policies: {held} hold, {} do not", count - held);
        }
    }
    println!("{count} questions of {policies} policies: {held} hold, {} do not", count - held);
    assert!(held * 10 > count && (count - held) * 10 > count, "nearly all come out alike");
}
