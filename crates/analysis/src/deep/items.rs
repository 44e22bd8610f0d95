//! Items of rules' lists without which nothing changes.

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward_model::Policy;
use doorward_model::rule::{Member, Subjects, Who};
use doorward_syntax::ast::Effect;
use doorward_syntax::{Diagnostic, Span};

use super::Look;
use super::lists::{Held, Listed, Lost};
use crate::diagram::Diagram;
use crate::encode::Encoder;
use crate::site::{Entry, Site};
use crate::space::Reader;

/// How many rules are told that do what an item does.
const SHOWN: usize = 8;

/// A list that stays shorter than this is told as it is without an item.
const SHORT: usize = 80;

/// Items that may turn out to change nothing.
pub(super) struct Items<'l> {
    lists: &'l [Listed],
    // By item.
    known: Vec<Known>,
    // By rule: its items.
    of_rule: Vec<Vec<usize>>,
    // By what is asked about beside the rules: the item that it lacks.
    of_part: Vec<usize>,
}

/// What is known of an item so far.
struct Known {
    /// Whether it may be left out.
    may_go: bool,
    /// By kind of action: whether it is no longer covered.
    kinds: Vec<bool>,
    /// Whether the rule says something else without it, somewhere.
    says: bool,
    /// Rules that do there what it does, by index.
    beside: BTreeSet<usize>,
    /// Rules that undo it there.
    against: BTreeSet<usize>,
}

impl<'l> Items<'l> {
    /// `site` has the parts of the items, in their order, beside the rules.
    pub(super) fn new(policy: &Policy, site: &Site<'_>, lists: &'l [Listed]) -> Self {
        let mut items =
            Self { lists, known: Vec::new(), of_rule: vec![Vec::new(); policy.rules.len()], of_part: Vec::new() };
        for (index, item) in lists.iter().enumerate() {
            let mut kinds = Vec::new();
            match &item.lost {
                Lost::Actions(lost) => {
                    kinds.resize(site.kinds.len(), false);
                    let names = lost.iter().filter_map(|id| policy.actions.get(id.index()));
                    let lost = names.filter_map(|action| site.kind_of(&action.name));
                    lost.for_each(|kind| kinds.get_mut(kind).into_iter().for_each(|lost| *lost = true));
                }
                Lost::Origins(_) | Lost::ExceptRooms(_) => items.of_part.push(index),
                Lost::Nothing | Lost::Subject(_) | Lost::Rooms(_) => {}
            }
            items.of_rule.get_mut(item.rule).into_iter().for_each(|list| list.push(index));
            items.known.push(Known {
                may_go: true,
                kinds,
                says: false,
                beside: BTreeSet::new(),
                against: BTreeSet::new(),
            });
        }
        items
    }

    pub(super) fn look(&mut self, encoder: &mut Encoder<'_>, look: &Look<'_, '_>) {
        let mut here: BTreeSet<usize> = BTreeSet::new();
        for entry in look.group.cell.entries.iter().flatten() {
            match entry.part.checked_sub(self.of_rule.len()) {
                None => here.extend(self.of_rule.get(entry.part).into_iter().flatten()),
                Some(part) => here.extend(self.of_part.get(part)),
            }
        }
        for index in here {
            let (Some(item), Some(known)) = (self.lists.get(index), self.known.get_mut(index)) else { continue };
            if !known.may_go {
                continue;
            }
            let lost_here = |(_, kind): &(usize, usize)| known.kinds.get(*kind) == Some(&true);
            let rest = match &item.lost {
                Lost::Nothing => continue,
                Lost::Actions(_) if !look.group.at.iter().any(lost_here) => continue,
                Lost::Actions(_) => Diagram::FALSE,
                Lost::Origins(_) | Lost::ExceptRooms(_) => {
                    let part = self.of_part.binary_search(&index).map_or(usize::MAX, |part| self.of_rule.len() + part);
                    rest(encoder, look, item, part)
                }
                Lost::Subject(_) | Lost::Rooms(_) => rest(encoder, look, item, item.rule),
            };
            known.note(encoder, look, item.rule, rest);
        }
    }

    pub(super) fn findings(&self, policy: &Policy, idle: &BTreeSet<usize>) -> Vec<Diagnostic> {
        let items = self.lists.iter().zip(&self.known);
        let found = items.filter(|(item, known)| known.may_go && !idle.contains(&item.rule));
        found.map(|(item, known)| finding(policy, item, known)).collect()
    }
}

impl Known {
    /// Notes what a rule says at one cell without the item.
    fn note(&mut self, encoder: &mut Encoder<'_>, look: &Look<'_, '_>, rule: usize, rest: Diagram) {
        let own = look.applies(encoder, rule);
        if own == rest {
            return;
        }
        let is_allow = encoder.site.part(0, rule).is_some_and(|part| part.effect == Some(Effect::Allow));
        let of_others = |list: &[(Entry, Diagram)]| -> Vec<(usize, Diagram)> {
            list.iter().filter(|(entry, _)| entry.part != rule).map(|(entry, diagram)| (entry.part, *diagram)).collect()
        };
        let (allows, denies) = (of_others(&look.rulings.allows), of_others(&look.rulings.denies));
        let any = |encoder: &mut Encoder<'_>, list: &[(usize, Diagram)], more: Option<Diagram>| {
            encoder.diagrams.any(list.iter().map(|(_, diagram)| *diagram).chain(more))
        };
        let allowed = any(encoder, &allows, is_allow.then_some(rest));
        let denied = any(encoder, &denies, (!is_allow).then_some(rest));
        self.may_go = encoder.diagrams.minus(allowed, denied) == look.permits;
        if !self.may_go {
            return;
        }
        self.says = true;
        let (less, more) = (encoder.diagrams.minus(own, rest), encoder.diagrams.minus(rest, own));
        let changed = encoder.diagrams.or(less, more);
        let (beside, against) = if is_allow { (allows, denies) } else { (denies, Vec::new()) };
        for (rules, noted) in [(beside, &mut self.beside), (against, &mut self.against)] {
            for (rule, applies) in rules {
                if noted.len() < SHOWN && encoder.diagrams.and(applies, changed) != Diagram::FALSE {
                    noted.insert(rule);
                }
            }
        }
    }
}

/// What the rule of an item says at one cell without it: those entries of `part` that are left.
fn rest(encoder: &mut Encoder<'_>, look: &Look<'_, '_>, item: &Listed, part: usize) -> Diagram {
    let site = encoder.site;
    let effect = site.part(0, item.rule).and_then(|part| part.effect).unwrap_or(Effect::Allow);
    let mut rest = Vec::new();
    for entry in look.group.cell.entries.iter().flatten().filter(|entry| entry.part == part) {
        let Some(reader) = Reader::new(site, look.place, 0, *entry) else { continue };
        let mut applies = match &item.lost {
            Lost::Rooms(lost) if reader.target.pattern.is_some_and(|pattern| lost.contains(&pattern)) => continue,
            Lost::Subject(member) => {
                let subjects = lessened(reader.part.subjects, *member, item.except);
                encoder.subjects(0, &subjects)
            }
            _ => encoder.subjects(0, reader.part.subjects),
        };
        for truth in encoder.clauses(reader) {
            applies = match effect {
                Effect::Allow => encoder.diagrams.and(applies, truth.yes),
                Effect::Deny => encoder.diagrams.minus(applies, truth.no),
            };
        }
        rest.push(applies);
    }
    encoder.diagrams.any(rest)
}

fn lessened(subjects: &Subjects, member: Member, except: bool) -> Subjects {
    let mut subjects = subjects.clone();
    let members = Arc::make_mut(match (&mut subjects.who, except) {
        (Who::Listed(listed), false) => listed,
        _ => &mut subjects.except,
    });
    match member {
        Member::Group(id) => members.groups.retain(|group| *group != id),
        Member::Identity(id) => members.identities.retain(|identity| *identity != id),
    }
    subjects
}

/// An item that can go, with what does the same and with the list that is left.
fn finding(policy: &Policy, item: &Listed, known: &Known) -> Diagnostic {
    let text = |span: Span| policy.sources.one_line(span);
    let (own, word) = (text(item.span), if item.except { "except " } else { "" });
    let message = format!("without `{word}{own}` here every request gets the same answer");
    let left: Vec<String> = item.others.iter().map(|(span, _)| text(*span)).collect();
    let left = left.join(", ");
    let help = if left.is_empty() {
        format!("drop `except {own}`")
    } else if left.len() <= SHORT {
        format!("`{word}{left}` is enough; of several such items, drop one at a time")
    } else {
        "drop it; of several such items, one at a time".to_owned()
    };
    let mut diagnostic = Diagnostic::warning("idle-item", item.span, message).with_help(help);
    if !known.says {
        // One that holds all of it says more than several that hold some.
        let most = item.others.iter().map(|(_, held)| *held).max().unwrap_or(Held::Nothing);
        let most = item.others.iter().filter(|(_, held)| *held == most && *held != Held::Nothing);
        let shown = if most.clone().any(|(_, held)| *held == Held::All) { 1 } else { SHOWN };
        for (span, held) in most.take(shown) {
            let some = if *held == Held::All { "all" } else { "some" };
            diagnostic = diagnostic.with_related(*span, format!("`{}` holds {some} of it", text(*span)));
        }
    }
    for (rules, word) in [(&known.beside, "says some of it, too"), (&known.against, "denies some of it")] {
        for rule in rules.iter().filter_map(|index| policy.rules.get(*index)) {
            diagnostic = diagnostic.with_related(rule.span, format!("`{}` {word}", policy.rule_name(rule)));
        }
    }
    diagnostic
}
