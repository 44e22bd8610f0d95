//! What is found to be useless can go without any request being answered otherwise, and nothing else of its kind can.

use std::collections::BTreeSet;

use doorward_analysis::{deep, diff};
use doorward_proptest::policy::PolicyText;
use doorward_syntax::Span;
use doorward_syntax::ast::{Name, OriginItem, OriginItemKind, RoomItem, RoomItemKind, Rule, SmolStr, Who};
use doorward_tests::compare::{Pair, config_of, policies};
use doorward_tests::rewrite::{rules, with_rule};
use doorward_tests::share::{Share, over};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

const IDLE: [&str; 3] = ["idle-deny", "idle-rule", "overridden-rule"];

/// The rule without each item of its lists that leaves a rule behind, and where that item stands.
fn without_items(rule: &Rule) -> Vec<(Span, Rule)> {
    let mut all = Vec::new();
    if let Who::Listed(names) = &rule.subjects.who {
        shorter(rule, names, false, |name| name.span, &mut all, |rule, names| rule.subjects.who = Who::Listed(names));
    }
    shorter(rule, &rule.subjects.except, true, |name| name.span, &mut all, |rule, names| rule.subjects.except = names);
    if let Some(target) = &rule.target {
        shorter(
            rule,
            &target.actions,
            false,
            |name| name.span,
            &mut all,
            |rule, actions| {
                rule.target.iter_mut().for_each(|target| target.actions.clone_from(&actions));
            },
        );
    }
    if let Some(rooms) = rule.target.as_ref().and_then(|target| target.rooms.as_ref()) {
        let lists = |rule: &mut Rule, items: Option<&[RoomItem]>, except: Option<&[RoomItem]>| {
            let Some(rooms) = rule.target.as_mut().and_then(|target| target.rooms.as_mut()) else { return };
            items.into_iter().for_each(|items| rooms.items = items.to_vec());
            except.into_iter().for_each(|except| rooms.except = except.to_vec());
        };
        shorter(rule, &rooms.items, false, |item| item.span, &mut all, |rule, list| lists(rule, Some(&list), None));
        shorter(rule, &rooms.except, true, |item| item.span, &mut all, |rule, list| lists(rule, None, Some(&list)));
    }
    if let Some(origins) = &rule.origins {
        let lists = |rule: &mut Rule, items: Option<&[OriginItem]>, except: Option<&[OriginItem]>| {
            let Some(origins) = rule.origins.as_mut() else { return };
            items.into_iter().for_each(|items| origins.items = items.to_vec());
            except.into_iter().for_each(|except| origins.except = except.to_vec());
        };
        shorter(rule, &origins.items, false, |item| item.span, &mut all, |rule, list| lists(rule, Some(&list), None));
        shorter(rule, &origins.except, true, |item| item.span, &mut all, |rule, list| lists(rule, None, Some(&list)));
    }
    all
}

/// The rule with one item of a list less, for each.
fn shorter<T: Clone>(
    rule: &Rule,
    list: &[T],
    may_be_empty: bool,
    span: impl Fn(&T) -> Span,
    all: &mut Vec<(Span, Rule)>,
    set: impl Fn(&mut Rule, Vec<T>),
) {
    if list.len() < 2 && !may_be_empty {
        return;
    }
    for (index, item) in list.iter().enumerate() {
        let (mut changed, mut rest) = (rule.clone(), list.to_vec());
        rest.remove(index);
        set(&mut changed, rest);
        all.push((span(item), changed));
    }
}

/// The rule with items more, as `seed` has it: whatever lists are generated, they are not long.
fn with_items(mut rule: Rule, seed: u64) -> Rule {
    let bit = |number: u32| seed >> number & 1 == 1;
    let name = |text: &str| Name { text: text.into(), quoted: false, span: Span::default() };
    let network = |text: &str| {
        let kind = match text.starts_with(|first: char| first.is_ascii_digit()) {
            true => OriginItemKind::Address(text.into()),
            false => OriginItemKind::Name(name(text)),
        };
        OriginItem { kind, span: Span::default() }
    };
    if let Some(target) = rule.target.as_mut().filter(|target| target.actions.iter().all(|it| it.text != "use")) {
        let more = [(8, "GET"), (9, "read"), (10, "write"), (11, "POST")];
        for (_, action) in more.into_iter().filter(|(number, _)| bit(*number)) {
            if target.actions.iter().all(|known| known.text != action) {
                target.actions.push(name(action));
            }
        }
        if let Some(rooms) = target.rooms.as_mut().filter(|_| bit(12) && rule.when.is_none() && rule.unless.is_none()) {
            let item =
                |text: &str| RoomItem { kind: RoomItemKind::Pattern(SmolStr::from(text)), span: Span::default() };
            rooms.items.push(item("/docs/**"));
            rooms.except.extend(bit(13).then(|| item("/docs/7")));
            rooms.except.extend(bit(14).then(|| item("/docs/*")));
        }
    }
    if let Some(origins) = &mut rule.origins {
        let more = [(16, "net"), (17, "10.1.0.0/16"), (18, "198.51.100.0/24"), (19, "sub")];
        origins.items.extend(more.iter().filter(|(number, _)| bit(*number)).map(|(_, text)| network(text)));
        let less = [(20, "10.1.2.0/24"), (21, "sub")];
        origins.except.extend(less.iter().filter(|(number, _)| bit(*number)).map(|(_, text)| network(text)));
    }
    rule
}

/// Compares what is found of one rule, and of each item of its lists, with what changes without it.
fn compare(text: &PolicyText, seed: u64, share: &mut Share) -> Result<(), TestCaseError> {
    let read = |text: &PolicyText| Pair::read(text).map_err(TestCaseError::fail);
    let Some(pair) = share.need(read(text)?) else { return Ok(()) };
    let count = rules(&pair.tree).count();
    let number = usize::try_from(seed).unwrap_or(0) % count.max(1);
    let seed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
    let longer = with_rule(text, &pair.tree, number, |rule| Some(with_items(rule.clone(), seed)));
    // Not every policy declares what is added.
    let (text, pair) = match Pair::read(&longer) {
        Ok(Some(longer_pair)) => (&longer, longer_pair),
        _ => (text, pair),
    };
    let model = pair.policy.model();
    let Some(found) = share.need(deep(model).ok()) else { return Ok(()) };
    let idle: BTreeSet<Span> =
        found.iter().filter(|finding| IDLE.contains(&finding.code)).map(|finding| finding.span).collect();
    let Some(rule) = model.rules.get(number) else { return Ok(()) };
    // What changes from the policy to another, if both can be used and compared.
    let mut changes = |other: &PolicyText| {
        let Some(other) = share.need(read(other)?) else { return Ok(None) };
        let found = share.need(diff(model, other.policy.model()).ok());
        found.iter().for_each(|_| share.done());
        Ok::<_, TestCaseError>(found.map(|found| (found.is_empty(), format!("{:#?}", found.changes))))
    };
    if let Some((same, shown)) = changes(&with_rule(text, &pair.tree, number, |_| None))? {
        prop_assert_eq!(same, idle.contains(&rule.span), "{}: {}", model.rule_name(rule), shown);
    }
    if idle.contains(&rule.span) {
        return Ok(());
    }
    let written = rules(&pair.tree).nth(number).map(without_items).unwrap_or_default();
    for (item, changed) in written {
        let without = with_rule(text, &pair.tree, number, |_| Some(changed));
        let Some((same, shown)) = changes(&without)? else { continue };
        let told = found.iter().any(|finding| finding.code == "idle-item" && finding.span == item);
        let item = model.sources.slice(item);
        prop_assert_eq!(same, told, "{} without {}: {}", model.rule_name(rule), item, shown);
    }
    Ok(())
}

#[test]
fn most_of_what_is_generated_is_compared() {
    let mut share = Share::default();
    over(60, |text, seed| compare(text, seed, &mut share));
    share.at_least(90);
}

proptest! {
    #![proptest_config(config_of(600))]

    #[test]
    fn a_rule_is_idle_exactly_if_nothing_changes_without_it((text, seed) in policies()) {
        compare(&text, seed, &mut Share::default())?;
    }
}
