//! Networks and ORIGINS: names and prefixes to sets of addresses.

use std::collections::HashMap;

use doorward_syntax::ast::{NetworkDecl, NetworkKind, OriginItem, OriginItemKind, Origins};
use doorward_syntax::{Diagnostic, Span};

use super::Checker;
use super::graph::layers;
use super::report::{repeated, tick};
use crate::address::{Prefix, PrefixError, PrefixSet, Redundancy, redundant};

/// How many superfluous prefixes of one network are told.
const REDUNDANT_SHOWN: usize = 3;

/// The sets of addresses that the networks are, in the order of their declarations.
#[derive(Default)]
pub(super) struct Networks {
    sets: Vec<PrefixSet>,
}

impl Networks {
    pub(super) fn set(&self, index: usize) -> Option<&PrefixSet> {
        self.sets.get(index)
    }
}

/// The items of a network or of ORIGINS, resolved.
#[derive(Default)]
struct Items {
    networks: Vec<(usize, Span)>,
    prefixes: Vec<(Prefix, Span)>,
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
        self.networks.sets = vec![PrefixSet::default(); decls.len()];
        for index in layers.order {
            let Some(items) = items.get(index) else { continue };
            let set = self.addresses(items);
            let span = decls.get(index).map_or(Span::default(), |decl| decl.name.span);
            if !self.spend(size(&set), span) {
                return;
            }
            if let Some(slot) = self.networks.sets.get_mut(index) {
                *slot = set;
            }
        }
    }

    /// The addresses that ORIGINS hold: its items less those after `except`.
    pub(super) fn origins(&mut self, origins: &Origins) -> PrefixSet {
        let items = self.origin_items(&origins.items);
        let except = self.origin_items(&origins.except);
        let (from, less) = (self.addresses(&items), self.addresses(&except));
        let known = items.networks.len() + items.prefixes.len() == origins.items.len();
        if let (Some(first), true) = (origins.except.first(), known && !less.is_empty() && !from.overlaps(&less)) {
            let message = "`except` takes nothing away: its addresses are not among those after `from`";
            self.report.add(Diagnostic::warning("useless-except", first.span, message).with_help("remove it"));
        }
        let set = from.difference(&less);
        self.spend(size(&set), origins.span);
        set
    }

    /// All addresses of those networks and prefixes.
    fn addresses(&self, items: &Items) -> PrefixSet {
        let own = PrefixSet::new(items.prefixes.iter().map(|(prefix, _)| *prefix));
        let named = items.networks.iter().filter_map(|(index, _)| self.networks.sets.get(*index)).cloned();
        union(std::iter::once(own).chain(named).collect())
    }

    fn origin_items(&mut self, items: &[OriginItem]) -> Items {
        let mut resolved = Items::default();
        let mut networks: HashMap<usize, Span> = HashMap::new();
        let mut prefixes: HashMap<Prefix, Span> = HashMap::new();
        for item in items {
            let (text, quoted) = match &item.kind {
                OriginItemKind::Address(text) => (text.as_str(), false),
                OriginItemKind::Name(name) => (name.text.as_str(), true),
            };
            // Addresses are tried before names, also between quotes.
            let first = match Prefix::parse(text) {
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

/// The union of many sets, two by two, so that no set is copied more often than the logarithm of their number.
pub(super) fn union(mut sets: Vec<PrefixSet>) -> PrefixSet {
    while sets.len() > 1 {
        sets = sets
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => left.union(right),
                [single] => single.clone(),
                _ => PrefixSet::default(),
            })
            .collect();
    }
    sets.pop().unwrap_or_default()
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
