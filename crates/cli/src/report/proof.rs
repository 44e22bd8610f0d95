//! What stands behind a policy: its rules as they are written, its tests, and which rules these have decided by.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use doorward::Policy;
use doorward_syntax::ast::Effect;
use serde::Serialize;

use super::choices::Choices;
use crate::findings::Place;

/// A rule as it is written.
#[derive(Serialize)]
pub(super) struct RuleRow {
    pub(super) name: String,
    pub(super) labelled: bool,
    pub(super) effect: &'static str,
    pub(super) text: String,
    pub(super) place: String,
    /// The tests that it decided, by number.
    pub(super) tests: Vec<usize>,
}

/// An expectation, and what came of it.
#[derive(Serialize)]
pub(super) struct TestRow {
    pub(super) block: String,
    pub(super) text: String,
    pub(super) place: String,
    pub(super) expected: u16,
    pub(super) got: u16,
}

/// How many expectations were met, and how many rules have decided one.
#[derive(Serialize)]
pub(super) struct Tally {
    passed: usize,
    failed: usize,
    covered: usize,
}

/// Runs the tests at the time that the page shows first.
pub(super) fn run(
    policy: &Policy,
    numbers: &Numbers<'_>,
    choices: &Choices,
    folder: &Path,
) -> (Vec<RuleRow>, Vec<TestRow>, Tally) {
    let model = policy.model();
    let place = |span| Place::new(span, policy.sources(), folder).file_line();
    let mut rules: Vec<RuleRow> = model
        .rules
        .iter()
        .map(|rule| RuleRow {
            name: model.rule_name(rule).into_owned(),
            labelled: rule.labelled,
            effect: match rule.effect {
                Effect::Allow => "allow",
                Effect::Deny => "deny",
            },
            text: unlabelled(policy.sources().slice(rule.span), rule.labelled).to_owned(),
            place: place(rule.span),
            tests: Vec::new(),
        })
        .collect();
    let mut tests = Vec::new();
    let now = choices.now().unwrap_or(doorward::Instant::MIN);
    for outcome in policy.test(now) {
        for rule in &policy.explain(&outcome.request).deciding {
            let row = numbers.of(&rule.rule, &rule.text).and_then(|number| rules.get_mut(number));
            row.into_iter().for_each(|row| row.tests.push(tests.len()));
        }
        tests.push(TestRow {
            block: outcome.block.name.to_string(),
            text: outcome.expectation.text.to_string(),
            place: place(outcome.expectation.span),
            expected: outcome.expectation.status,
            got: outcome.verdict.status(),
        });
    }
    let passed = tests.iter().filter(|test| test.expected == test.got).count();
    let covered = rules.iter().filter(|rule| !rule.tests.is_empty()).count();
    let tally = Tally { passed, failed: tests.len() - passed, covered };
    (rules, tests, tally)
}

/// A rule's text without its label.
fn unlabelled(text: &str, labelled: bool) -> &str {
    // A label in quotes may have a colon in it.
    let label = match text.strip_prefix('"').and_then(|rest| rest.find('"')) {
        Some(end) => end + 2,
        None => 0,
    };
    let rest = text.get(label..).and_then(|rest| rest.split_once(':')).filter(|_| labelled);
    rest.map_or(text, |(_, rest)| rest.trim_start())
}

/// The rules of a policy by name.
pub(super) struct Numbers<'p> {
    policy: &'p Policy,
    named: HashMap<Cow<'p, str>, Vec<usize>>,
}

impl<'p> Numbers<'p> {
    pub(super) fn new(policy: &'p Policy) -> Self {
        let mut named: HashMap<Cow<'p, str>, Vec<usize>> = HashMap::new();
        for (number, rule) in policy.model().rules.iter().enumerate() {
            named.entry(policy.model().rule_name(rule)).or_default().push(number);
        }
        Self { policy, named }
    }

    /// Which rule an explanation means. A name without a label is that of all rules on one line.
    pub(super) fn of(&self, name: &str, text: &str) -> Option<usize> {
        let named = self.named.get(name)?;
        if let [only] = named.as_slice() {
            return Some(*only);
        }
        let bare = |text: &str| -> String { text.split_whitespace().collect() };
        let wanted = bare(text);
        let rule = |number: &&usize| self.policy.model().rules.get(**number);
        let means =
            |number: &&usize| rule(number).is_some_and(|rule| bare(self.policy.sources().slice(rule.span)) == wanted);
        named.iter().find(means).or(named.first()).copied()
    }
}
