//! Kinds of actions: those that the same rules cover.

use std::collections::BTreeSet;

use doorward_model::Policy;
use doorward_syntax::ast::SmolStr;
use hashbrown::HashMap;

use super::Part;
use crate::paths::fresh;

/// Actions that the same parts cover, in every policy.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    /// One of them, the most usual.
    pub(crate) name: SmolStr,
    /// All of them; the first is `name`.
    pub(crate) members: Vec<SmolStr>,
    // By policy: the number of the parts that name it, `None` where it is unknown.
    pub(super) covered: Vec<Option<usize>>,
}

impl Kind {
    /// Whether a policy knows these actions.
    pub(crate) fn is_known(&self, policy: usize) -> bool {
        self.covered.get(policy).is_some_and(Option::is_some)
    }
}

/// The kinds of actions, and by policy the parts that name the actions of each of its own kinds.
pub(super) fn kinds(policies: &[&Policy], parts: &[Vec<Part<'_>>]) -> (Vec<Kind>, Vec<Vec<Vec<usize>>>) {
    let mut covering: Vec<Vec<Vec<usize>>> = Vec::new();
    let mut numbers: Vec<Vec<usize>> = Vec::new();
    for (policy, list) in policies.iter().zip(parts) {
        let mut by_action: Vec<Vec<usize>> = vec![Vec::new(); policy.actions.len()];
        for (index, part) in list.iter().enumerate() {
            for action in part.actions.into_iter().flatten() {
                by_action.get_mut(action.index()).into_iter().for_each(|list| list.push(index));
            }
        }
        let mut known: HashMap<Vec<usize>, usize, foldhash::fast::RandomState> = HashMap::default();
        let mut lists = Vec::new();
        let mut of_action = Vec::new();
        for mut list in by_action {
            list.dedup();
            of_action.push(*known.entry(list).or_insert_with_key(|list| {
                lists.push(list.clone());
                lists.len() - 1
            }));
        }
        covering.push(lists);
        numbers.push(of_action);
    }
    // The most usual ones first, so that answers tell these.
    const USUAL: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let mut names: Vec<SmolStr> = USUAL.map(SmolStr::from).to_vec();
    // What a policy declares, then the other methods.
    for declared in [true, false] {
        for policy in policies {
            let actions = policy.actions.iter().filter(|action| action.span.is_some() == declared);
            names.extend(actions.map(|action| SmolStr::from(&*action.name)));
        }
    }
    names.push(fresh("UNKNOWN", |name| policies.iter().any(|policy| policy.action(name).is_some())));
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    let mut kinds: Vec<Kind> = Vec::new();
    let mut known: HashMap<Vec<Option<usize>>, usize, foldhash::fast::RandomState> = HashMap::default();
    for name in names {
        let covered: Vec<Option<usize>> = policies
            .iter()
            .zip(&numbers)
            .map(|(policy, numbers): (_, &Vec<usize>)| numbers.get(policy.action(&name)?.index()).copied())
            .collect();
        match known.get(&covered).and_then(|index| kinds.get_mut(*index)) {
            Some(kind) => kind.members.push(name),
            None => {
                known.insert(covered.clone(), kinds.len());
                kinds.push(Kind { members: vec![name.clone()], name, covered });
            }
        }
    }
    (kinds, covering)
}
