//! What is found to be useless can go without any request being answered otherwise, and nothing else of its kind can.

use std::collections::BTreeSet;

use doorward_analysis::{deep, diff};
use doorward_syntax::Span;
use doorward_syntax::ast::{Rule, Who};
use doorward_tests::compare::{Pair, config_of, policies};
use doorward_tests::rewrite::{rules, with_rule};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

const IDLE: [&str; 3] = ["idle-deny", "idle-rule", "overridden-rule"];

/// The rule with one name of SUBJECTS less.
fn without_name(rule: &Rule, number: usize) -> Option<Rule> {
    let mut rule = rule.clone();
    let Who::Listed(names) = &mut rule.subjects.who else { return None };
    (names.len() > 1 && number < names.len()).then(|| names.remove(number))?;
    Some(rule)
}

proptest! {
    #![proptest_config(config_of(600))]

    #[test]
    fn a_rule_is_idle_exactly_if_nothing_changes_without_it((text, seed) in policies()) {
        let Some(pair) = Pair::read(&text).map_err(TestCaseError::fail)? else { return Ok(()) };
        let model = pair.policy.model();
        let Ok(found) = deep(model) else { return Ok(()) };
        let idle: BTreeSet<Span> =
            found.iter().filter(|finding| IDLE.contains(&finding.code)).map(|finding| finding.span).collect();
        let count = rules(&pair.tree).count();
        let number = usize::try_from(seed).unwrap_or(0) % count.max(1);
        let Some(rule) = model.rules.get(number) else { return Ok(()) };
        let without = with_rule(&text, &pair.tree, number, |_| None);
        if let Some(without) = Pair::read(&without).map_err(TestCaseError::fail)? {
            let Ok(changes) = diff(model, without.policy.model()) else { return Ok(()) };
            prop_assert_eq!(changes.is_empty(), idle.contains(&rule.span), "{}: {:#?}", model.rule_name(rule), changes.changes);
        }
        if idle.contains(&rule.span) {
            return Ok(());
        }
        let names = match rules(&pair.tree).nth(number).map(|rule| &rule.subjects.who) {
            Some(Who::Listed(names)) => names.iter().map(|name| name.text.to_string()).collect(),
            _ => Vec::new(),
        };
        for (item, name) in names.iter().enumerate() {
            // A name that stands twice is one member.
            if names.iter().filter(|other| *other == name).count() > 1 {
                continue;
            }
            let Some(changed) = rules(&pair.tree).nth(number).and_then(|rule| without_name(rule, item)) else { continue };
            let without = with_rule(&text, &pair.tree, number, |_| Some(changed));
            let Some(without) = Pair::read(&without).map_err(TestCaseError::fail)? else { continue };
            let Ok(changes) = diff(model, without.policy.model()) else { continue };
            let told = found.iter().any(|finding| {
                finding.code == "idle-item"
                    && finding.span == model.clauses(rule).subjects
                    && finding.message.contains(&format!("`{name}`"))
            });
            prop_assert_eq!(changes.is_empty(), told, "{} without {}: {:#?}", model.rule_name(rule), name, changes.changes);
        }
    }
}
