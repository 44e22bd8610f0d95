//! Compares engine and oracle over as many generated policies and requests as are asked for, and tells what they were.
//!
//! `cargo run --release -p doorward-tests --bin soak -- --pairs 10000000 --seed 1`
//!
//! The same numbers give the same pairs on every machine. The exit status is 0 if there was no difference and 1 if there
//! was one, which is told with its policy, its request and the numbers that give it again.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use doorward::Subject;
use doorward_oracle::Outcome;
use doorward_syntax::ast::{self, Effect, GroupKind, IdentityKind, NetworkKind, StatementKind};
use doorward_tests::compare::{Pair, seeded};
use proptest::strategy::{Strategy, ValueTree};

/// How many requests each policy is asked.
const REQUESTS: u64 = 50;

/// How many threads share the work; each has its own pairs, whatever the machine.
const THREADS: u64 = 2;

/// What was seen.
#[derive(Default)]
struct Tally {
    policies: u64,
    too_free: u64,
    pairs: u64,
    too_many_visitors: u64,
    /// Policies by what they say.
    clauses: BTreeMap<&'static str, u64>,
    /// Pairs by verdict and cause.
    outcomes: BTreeMap<&'static str, u64>,
}

fn main() -> ExitCode {
    let (mut pairs, mut seed) = (1_000_000, 1);
    let mut arguments = std::env::args().skip(1);
    while let (Some(name), value) = (arguments.next(), arguments.next()) {
        let number = value.and_then(|value| value.replace('_', "").parse::<u64>().ok());
        match (name.as_str(), number) {
            ("--pairs", Some(number)) => pairs = number,
            ("--seed", Some(number)) => seed = number,
            _ => {
                eprintln!("soak: expected `--pairs N` and `--seed S`, found `{name}`");
                return ExitCode::from(2);
            }
        }
    }
    let start = Instant::now();
    let stop = AtomicBool::new(false);
    let results: Vec<Result<Tally, String>> = std::thread::scope(|scope| {
        let stop = &stop;
        let workers: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(move || work(seed * THREADS + thread, pairs / THREADS, stop)))
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|_| Err("a worker panicked".to_owned())))
            .collect()
    });
    let mut all = Tally::default();
    let mut differences = 0;
    for result in results {
        match result {
            Ok(tally) => all.add(tally),
            Err(difference) => {
                differences += 1;
                println!("DIFFERENCE\n{difference}");
            }
        }
    }
    println!("seed {seed}, {REQUESTS} requests a policy, {THREADS} threads, {:.1} s", start.elapsed().as_secs_f64());
    all.print();
    println!("differences: {differences}");
    ExitCode::from(u8::from(differences > 0))
}

fn work(seed: u64, pairs: u64, stop: &AtomicBool) -> Result<Tally, String> {
    let mut runner = seeded(seed);
    let strategy = doorward_proptest::policy::policy_with_files(1..=6);
    let mut tally = Tally::default();
    while tally.pairs < pairs && !stop.load(Ordering::Relaxed) {
        let text = strategy.new_tree(&mut runner).map_err(|reason| reason.to_string())?.current();
        let Some(pair) = Pair::read(&text)? else {
            tally.too_free += 1;
            continue;
        };
        tally.policy(&pair.tree);
        let requests = doorward_proptest::any_request(&pair.policy);
        for _ in 0..REQUESTS {
            let asked = requests.new_tree(&mut runner).map_err(|reason| reason.to_string())?.current();
            tally.pairs += 1;
            match pair.compare(&asked, None) {
                Ok(Some(outcome)) => tally.outcome(&asked.subject, &outcome),
                Ok(None) => tally.too_many_visitors += 1,
                Err(difference) => {
                    stop.store(true, Ordering::Relaxed);
                    return Err(format!("{asked:?}\n{difference}\nin\n{text}"));
                }
            }
        }
    }
    Ok(tally)
}

impl Tally {
    fn policy(&mut self, tree: &ast::Policy) {
        self.policies += 1;
        let mut seen: BTreeMap<&'static str, bool> = BTreeMap::new();
        let mut note = |name, present: bool| *seen.entry(name).or_default() |= present;
        for statement in tree.statements() {
            match &statement.kind {
                StatementKind::Rule(rule) => clauses(rule, &mut note),
                StatementKind::Group(group) => {
                    note("group claimed", matches!(group.kind, GroupKind::Claimed));
                    note("group from", matches!(group.kind, GroupKind::From { .. }));
                }
                StatementKind::Identity(identity) => {
                    note("identity from", matches!(identity.kind, IdentityKind::From { .. }));
                }
                StatementKind::Include(_) => note("include", true),
                StatementKind::Network(network) => {
                    note("network from", matches!(network.kind, NetworkKind::From { .. }));
                }
                StatementKind::Test(_) => note("test", true),
                StatementKind::Answer(_) => note("answer", true),
                StatementKind::Assertion(_) => note("assert", true),
                StatementKind::Conceal(_) => note("conceal", true),
                StatementKind::Timezone(_) => note("timezone", true),
                _ => {}
            }
        }
        for (name, present) in seen {
            *self.clauses.entry(name).or_default() += u64::from(present);
        }
    }

    fn outcome(&mut self, subject: &Subject<'_>, outcome: &Outcome) {
        let name = match (outcome.status, subject, &outcome.step_up) {
            (200, _, _) => "200",
            (401, Subject::Anonymous, _) => "401 without credentials",
            (401, _, Some(_)) => "401 step-up",
            (401, _, None) => "401 rejected credentials",
            _ => "403",
        };
        *self.outcomes.entry(name).or_default() += 1;
        if outcome.http_status == 404 {
            *self.outcomes.entry("of these concealed").or_default() += 1;
        }
    }

    fn add(&mut self, other: Self) {
        self.policies += other.policies;
        self.too_free += other.too_free;
        self.pairs += other.pairs;
        self.too_many_visitors += other.too_many_visitors;
        for (name, count) in other.clauses {
            *self.clauses.entry(name).or_default() += count;
        }
        for (name, count) in other.outcomes {
            *self.outcomes.entry(name).or_default() += count;
        }
    }

    fn print(&self) {
        println!("policies: {}, besides {} that test too much that could be claimed", self.policies, self.too_free);
        println!("pairs: {}, of which {} had too many visitors to try", self.pairs, self.too_many_visitors);
        for (name, count) in &self.outcomes {
            println!("  {:5.1} % {name}", share(*count, self.pairs));
        }
        println!("policies with");
        for (name, count) in &self.clauses {
            println!("  {:5.1} % {name}", share(*count, self.policies));
        }
    }
}

fn clauses(rule: &ast::Rule, note: &mut impl FnMut(&'static str, bool)) {
    note("deny", rule.effect == Effect::Deny);
    note("label", rule.label.is_some());
    note("anyone", matches!(rule.subjects.who, ast::Who::Anyone));
    note("subjects except", !rule.subjects.except.is_empty());
    if let Some(strength) = &rule.strength {
        note(if strength.negated { "without" } else { "with" }, true);
        note("within", strength.within.is_some());
    }
    note("to", rule.target.is_some());
    if let Some(rooms) = rule.target.as_ref().and_then(|target| target.rooms.as_ref()) {
        note("rooms", true);
        note("rooms except", !rooms.except.is_empty());
    }
    if let Some(origins) = &rule.origins {
        note("from", true);
        note("from except", !origins.except.is_empty());
    }
    note("when", rule.when.is_some());
    note("unless", rule.unless.is_some());
    note("because", rule.because.is_some());
}

#[expect(clippy::cast_precision_loss, reason = "a share is shown to one digit")]
fn share(count: u64, all: u64) -> f64 {
    100.0 * count as f64 / all.max(1) as f64
}
