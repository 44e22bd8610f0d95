//! Groups and paths as trees.

use doorward_model::Policy;
use doorward_model::ids::{GroupId, PatternId};
use doorward_model::pattern::Pattern;
use serde::Serialize;

use super::rooms::{MOST, Room};

/// At most how many members of a group are named.
const MOST_NAMES: usize = 12;

/// A group as the policy lists it.
#[derive(Serialize)]
pub(super) struct GroupNode {
    name: String,
    claimed: bool,
    /// Whether no other group holds it.
    root: bool,
    /// The identities that it lists itself, the first few.
    people: Vec<String>,
    /// How many more there are.
    more: usize,
    /// The groups that it lists, by number.
    groups: Vec<usize>,
    /// How many declared identities are in it, directly or not.
    size: usize,
}

/// All groups, in the order of the text.
pub(super) fn groups(policy: &Policy) -> Vec<GroupNode> {
    let mut sizes = vec![0; policy.groups.len()];
    for group in policy.identities.iter().flat_map(|identity| identity.groups.iter()) {
        sizes.get_mut(group.index()).into_iter().for_each(|size| *size += 1);
    }
    let listed = |id: GroupId| policy.groups.iter().any(|group| group.members.groups.contains(&id));
    policy
        .groups
        .iter()
        .zip(sizes)
        .enumerate()
        .map(|(index, (group, size))| {
            let people = &group.members.identities;
            let names = people.iter().take(MOST_NAMES).filter_map(|id| policy.identities.get(id.index()));
            GroupNode {
                name: group.name.to_string(),
                claimed: group.claimed,
                root: !listed(GroupId::from_index(index)),
                people: names.map(|identity| identity.name.to_string()).collect(),
                more: people.len().saturating_sub(MOST_NAMES),
                groups: group.members.groups.iter().map(|id| id.index()).collect(),
                size,
            }
        })
        .collect()
}

/// A segment of paths, and what goes on from there.
#[derive(Serialize)]
pub(super) struct PathNode {
    segment: String,
    /// The rooms whose pattern ends here, by number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rooms: Vec<usize>,
    /// How many rules name a pattern that ends here.
    rules: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    children: Vec<PathNode>,
}

impl PathNode {
    fn new(segment: String) -> Self {
        Self { segment, rooms: Vec::new(), rules: 0, children: Vec::new() }
    }

    fn child(&mut self, segment: String) -> Option<&mut Self> {
        let known = self.children.iter().position(|child| child.segment == segment);
        let index = known.unwrap_or(self.children.len());
        if known.is_none() {
            self.children.push(Self::new(segment));
        }
        self.children.get_mut(index)
    }
}

/// The patterns of a policy as one tree, from `/`.
pub(super) fn paths(policy: &Policy, rooms: &[Room]) -> PathNode {
    let mut root = PathNode::new("/".to_owned());
    for (index, pattern) in policy.patterns.iter().enumerate().take(4 * MOST) {
        let id = PatternId::from_index(index);
        let Some(node) = place(&mut root, pattern) else { continue };
        let told = pattern.to_string();
        let ending = rooms.iter().enumerate().filter(|(_, room)| room.patterns.contains(&told));
        node.rooms.extend(ending.map(|(number, _)| number));
        node.rules +=
            policy.rules.iter().filter(|rule| rule.targets.iter().any(|target| target.pattern == Some(id))).count();
    }
    root
}

fn place<'a>(root: &'a mut PathNode, pattern: &Pattern) -> Option<&'a mut PathNode> {
    let mut node = root;
    for segment in pattern.segments() {
        node = node.child(segment.to_string())?;
    }
    if pattern.tail() { node.child("**".to_owned()) } else { Some(node) }
}
