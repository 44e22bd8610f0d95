//! The networks of a policy by name, which its rules no longer know.

use std::collections::{BTreeMap, BTreeSet};

use doorward_model::address::{Prefix, PrefixSet};
use doorward_syntax::Parsed;
use doorward_syntax::ast::{NetworkDecl, NetworkKind, OriginItem, OriginItemKind, StatementKind};

/// A named set of addresses.
pub(crate) struct Network {
    pub(crate) name: String,
    pub(crate) set: PrefixSet,
}

/// The networks that a policy declares, in the order of its text.
pub(crate) fn networks(parsed: &Parsed) -> Vec<Network> {
    let declared: Vec<&NetworkDecl> = parsed
        .policy
        .statements()
        .filter_map(|statement| match &statement.kind {
            StatementKind::Network(network) => Some(network),
            _ => None,
        })
        .collect();
    let by_name: BTreeMap<&str, &NetworkDecl> =
        declared.iter().map(|network| (network.name.text.as_str(), *network)).collect();
    let set = |network: &NetworkDecl| {
        let (mut prefixes, mut seen) = (Vec::new(), BTreeSet::new());
        gather(network, &by_name, &mut seen, &mut prefixes);
        prefixes.into_iter().collect()
    };
    declared.iter().map(|network| Network { name: network.name.text.to_string(), set: set(network) }).collect()
}

/// The prefixes of a network and of those that it holds. A text that is no prefix has been found by the check.
fn gather<'a>(
    network: &'a NetworkDecl,
    by_name: &BTreeMap<&str, &'a NetworkDecl>,
    seen: &mut BTreeSet<&'a str>,
    prefixes: &mut Vec<Prefix>,
) {
    let mut open = vec![network];
    while let Some(network) = open.pop() {
        if !seen.insert(network.name.text.as_str()) {
            continue;
        }
        for item in items(network) {
            match &item.kind {
                OriginItemKind::Address(text) => prefixes.extend(Prefix::parse(text)),
                OriginItemKind::Name(name) => open.extend(by_name.get(name.text.as_str())),
            }
        }
    }
}

fn items(network: &NetworkDecl) -> &[OriginItem] {
    match &network.kind {
        NetworkKind::From { items, .. } | NetworkKind::Listed(items) => items,
    }
}
