//! Networks and ORIGINS: names and prefixes to sets of addresses.

use std::collections::HashMap;
use std::sync::Arc;

use doorward_syntax::ast::{NetworkDecl, NetworkKind, OriginItem, OriginItemKind, Origins};
use doorward_syntax::{Diagnostic, Span};
use foldhash::fast::RandomState;

use super::Checker;
use super::first::First;
use super::graph::layers;
use super::report::{repeated, tick};
use crate::address::{AddressFlaw, Prefix, PrefixError, PrefixSet, Redundancy, redundant};
use crate::policy::Network;

/// How many superfluous prefixes of one network are told.
const REDUNDANT_SHOWN: usize = 3;

/// The sets of addresses that the networks are, in the order of their declarations.
#[derive(Default)]
pub(super) struct Networks {
    sets: Vec<Arc<PrefixSet>>,
    /// What ORIGINS stand for that have been resolved already, and whether their `except` takes nothing away.
    origins: HashMap<Key, (Arc<PrefixSet>, bool), RandomState>,
}

/// The networks and prefixes of ORIGINS, and those after `except`.
type Key = [(Vec<usize>, Vec<Prefix>); 2];

impl Networks {
    pub(super) fn set(&self, index: usize) -> Option<&Arc<PrefixSet>> {
        self.sets.get(index)
    }
}

/// The items of a network or of ORIGINS, resolved.
#[derive(Default)]
struct Items {
    networks: Vec<(usize, Span)>,
    prefixes: Vec<(Prefix, Span)>,
}

impl Items {
    fn key(&self) -> (Vec<usize>, Vec<Prefix>) {
        let networks = self.networks.iter().map(|(index, _)| *index);
        (networks.collect(), self.prefixes.iter().map(|(prefix, _)| *prefix).collect())
    }
}

impl<'a> Checker<'a> {
    pub(super) fn networks(&mut self) {
        let again = std::mem::take(&mut self.declared.again.networks);
        for decl in again {
            self.origin_items(items_of(decl));
        }
        let decls = self.declared.networks.clone();
        let mut items: Vec<Items> = decls.iter().map(|decl| self.origin_items(items_of(decl))).collect();
        for (decl, items) in decls.iter().zip(&mut items) {
            self.redundant_prefixes(decl, &items.prefixes);
        }
        let edges: Vec<Vec<usize>> =
            items.iter().map(|items| items.networks.iter().map(|(index, _)| *index).collect()).collect();
        let layers = layers(&edges);
        for cycle in &layers.cycles {
            let members: Vec<(&str, Span)> = cycle
                .iter()
                .zip(cycle.iter().cycle().skip(1))
                .filter_map(|(index, next)| {
                    let (_, span) = items.get(*index)?.networks.iter().find(|(target, _)| target == next)?;
                    Some((decls.get(*index)?.name.text.as_str(), *span))
                })
                .collect();
            self.cycle("networks", &members);
        }
        self.networks.sets = vec![Arc::default(); decls.len()];
        for index in layers.order {
            let Some(items) = items.get(index) else { continue };
            let span = decls.get(index).map_or(Span::default(), |decl| decl.name.span);
            let Some(set) = self.addresses(items, span) else { return };
            if let Some(slot) = self.networks.sets.get_mut(index) {
                *slot = set;
            }
        }
        let named = decls.iter().zip(&self.networks.sets).map(|(decl, set)| Network {
            name: decl.name.text.as_str().into(),
            addresses: Arc::clone(set),
            span: decl.name.span,
        });
        self.policy.networks = named.collect();
    }

    /// The addresses that ORIGINS hold: its items less those after `except`.
    pub(super) fn origins(&mut self, origins: &Origins) -> Arc<PrefixSet> {
        if let ([OriginItem { kind: OriginItemKind::Name(name), span }], []) = (&*origins.items, &*origins.except)
            && !may_be_address(&name.text)
        {
            let set = self.network_named(*span, &name.text).and_then(|index| self.networks.sets.get(index).cloned());
            self.spend(1, origins.span);
            return set.unwrap_or_default();
        }
        let items = self.origin_items(&origins.items);
        let except = self.origin_items(&origins.except);
        // A network by itself is what most rules say, and needs no key.
        if let ([(index, _)], [], []) = (&*items.networks, &*items.prefixes, &*origins.except)
            && let Some(set) = self.networks.sets.get(*index).cloned()
        {
            self.spend(1, origins.span);
            return set;
        }
        let key = [items.key(), except.key()];
        let known = self.networks.origins.get(&key).cloned();
        let (set, useless) = match known {
            Some(known) => {
                self.spend(1, origins.span);
                known
            }
            None => {
                let from = self.addresses(&items, origins.span).unwrap_or_default();
                let less = self.addresses(&except, origins.span).unwrap_or_default();
                let useless = !less.is_empty() && !from.overlaps(&less);
                let set = if less.is_empty() { from } else { Arc::new(from.difference(&less)) };
                self.networks.origins.insert(key, (Arc::clone(&set), useless));
                (set, useless)
            }
        };
        let known = items.networks.len() + items.prefixes.len() == origins.items.len();
        if let (Some(first), true) = (origins.except.first(), known && useless && !self.is_spent()) {
            let message = "`except` takes nothing away: its addresses are not among those after `from`";
            self.report.add(Diagnostic::warning("useless-except", first.span, message).with_help("remove it"));
        }
        set
    }

    /// All addresses of those networks and prefixes; nothing once there are too many.
    fn addresses(&mut self, items: &Items, span: Span) -> Option<Arc<PrefixSet>> {
        let own = PrefixSet::new(items.prefixes.iter().map(|(prefix, _)| *prefix));
        let named = items.networks.iter().filter_map(|(index, _)| self.networks.sets.get(*index)).cloned();
        let sets = std::iter::once(Arc::new(own)).chain(named).collect();
        self.union(sets, span)
    }

    /// The union of many sets; nothing once there are too many ranges. What is joined counts, not what comes of it, since that is the work.
    pub(super) fn union(&mut self, mut sets: Vec<Arc<PrefixSet>>, span: Span) -> Option<Arc<PrefixSet>> {
        let entries = sets.iter().fold(0_usize, |entries, set| entries.saturating_add(size(set)));
        if !self.spend(entries, span) {
            return None;
        }
        sets.retain(|set| !set.is_empty());
        if sets.len() > 1 {
            return Some(Arc::new(PrefixSet::union_of(sets.iter().map(|set| &**set))));
        }
        Some(sets.pop().unwrap_or_default())
    }

    fn origin_items(&mut self, items: &[OriginItem]) -> Items {
        let mut resolved = Items::default();
        let mut networks = First::new();
        let mut prefixes = First::new();
        for item in items {
            let (text, quoted) = match &item.kind {
                OriginItemKind::Address(text) => (text.as_str(), false),
                OriginItemKind::Name(name) => (name.text.as_str(), true),
            };
            // Addresses are tried before names, also between quotes.
            let parsed = match may_be_address(text) || !quoted {
                true => Prefix::parse(text),
                false => Err(PrefixError::BadAddress { text: "".into(), flaw: AddressFlaw::Unlike }),
            };
            let first = match parsed {
                Err(PrefixError::BadAddress { .. }) if quoted => {
                    let Some(index) = self.network_named(item.span, text) else { continue };
                    let first = networks.insert(index, item.span);
                    if first.is_none() {
                        resolved.networks.push((index, item.span));
                    }
                    first
                }
                Ok(prefix) => {
                    let first = prefixes.insert(prefix, item.span);
                    if first.is_none() {
                        resolved.prefixes.push((prefix, item.span));
                    }
                    first
                }
                Err(error) => {
                    self.bad_prefix(item.span, &error);
                    continue;
                }
            };
            if let Some(first) = first {
                self.report.add(repeated(&self.quote(item.span), item.span, Some(first)));
            }
        }
        resolved
    }

    /// Reports that a text is no address and no prefix.
    pub(super) fn bad_prefix(&mut self, span: Span, error: &PrefixError) {
        let code = if matches!(error, PrefixError::HostBits { .. }) { "host-bits" } else { "bad-prefix" };
        let mut diagnostic = Diagnostic::error(code, span, error.to_string());
        if let Some(mend) = error.mend() {
            diagnostic = diagnostic.with_help(format!("write `{mend}`")).with_replacement(mend);
        }
        self.report.add(diagnostic);
    }

    fn redundant_prefixes(&mut self, decl: &NetworkDecl, items: &[(Prefix, Span)]) {
        let prefixes: Vec<Prefix> = items.iter().map(|(prefix, _)| *prefix).collect();
        let found = redundant(&prefixes);
        for redundancy in found.iter().take(REDUNDANT_SHOWN) {
            let warning = match *redundancy {
                Redundancy::Covered { inner, outer } => {
                    let (Some((inner, place)), Some((outer, by))) = (items.get(inner), items.get(outer)) else {
                        continue;
                    };
                    Diagnostic::warning("redundant-prefix", *place, format!("`{inner}` lies within `{outer}`"))
                        .with_related(*by, "this holds all of it")
                        .with_help(format!("remove `{inner}`"))
                }
                Redundancy::Halves { lower, upper, joined } => {
                    let (Some((lower, first)), Some((upper, place))) = (items.get(lower), items.get(upper)) else {
                        continue;
                    };
                    let message = format!("`{lower}` and `{upper}` together are `{joined}`");
                    Diagnostic::warning("redundant-prefix", *place, message)
                        .with_related(*first, "the other half")
                        .with_help(format!("write `{joined}` in place of both"))
                }
            };
            self.report.add(warning);
        }
        if let Some(more @ 1..) = found.len().checked_sub(REDUNDANT_SHOWN) {
            let message = format!("network {} could do without {more} more of its prefixes", tick(&decl.name.text));
            self.report.add(Diagnostic::warning("redundant-prefix", decl.name.span, message));
        }
    }
}

/// Whether a text may be an address: every address begins with one of these.
fn may_be_address(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_hexdigit() || first == ':')
}

/// How many ranges a set has.
pub(super) fn size(set: &PrefixSet) -> usize {
    set.ranges_v4().len() + set.ranges_v6().len()
}

fn items_of(decl: &NetworkDecl) -> &[OriginItem] {
    match &decl.kind {
        NetworkKind::From { items, .. } | NetworkKind::Listed(items) => items,
    }
}
