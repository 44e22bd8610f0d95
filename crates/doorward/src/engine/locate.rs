//! From a path to its room class: the set of patterns that hold it.
//!
//! All patterns share one trie. A path can be at several of its nodes at once, since `*` and a literal both fit, so the
//! sets of nodes that paths can reach are numbered when the policy is compiled; walking a path is then one look-up a
//! segment, however many patterns overlap.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use doorward_model::Policy;
use doorward_model::ids::PatternId;
use doorward_model::limits;
use doorward_model::path::Path;
use doorward_model::pattern::PatternSegment;

/// A room class, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClassId(pub(crate) u32);

/// Finds the room class of a path.
#[derive(Debug)]
pub(crate) struct Locator {
    segments: HashMap<Box<str>, u32>,
    // From a state by a segment that some pattern names.
    named: HashMap<(u32, u32), u32>,
    // By state.
    states: Vec<State>,
    /// The patterns of each class, sorted; by [`ClassId`].
    pub(crate) classes: Vec<Box<[PatternId]>>,
}

#[derive(Debug)]
struct State {
    class: ClassId,
    // Where any segment leads that no pattern names here.
    other: u32,
}

/// More ways of overlapping than [`limits::ROOM_CLASSES`] allows.
#[derive(Debug)]
pub(crate) struct TooManyClasses {
    /// A pattern that takes part in the last of them.
    pub(crate) pattern: Option<PatternId>,
}

impl Locator {
    pub(crate) fn new(policy: &Policy) -> Result<Self, TooManyClasses> {
        Builder::new(policy).build()
    }

    /// The class of the path. In time proportional to its segments.
    pub(crate) fn class(&self, path: &Path<'_>) -> ClassId {
        let mut state = 0;
        for segment in path.segments() {
            let named = self.segments.get(&**segment).and_then(|&segment| self.named.get(&(state, segment)));
            state = match (named, self.states.get(state as usize)) {
                (Some(&next), _) => next,
                (None, Some(here)) => here.other,
                (None, None) => state,
            };
        }
        self.states.get(state as usize).map_or(ClassId(0), |state| state.class)
    }
}

#[derive(Default)]
struct Node {
    // Sorted by segment before the states are numbered.
    literals: Vec<(u32, u32)>,
    any: Option<u32>,
    exact: Vec<PatternId>,
    tails: Vec<PatternId>,
}

/// One segment of a pattern, all parameters alike.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    Any,
    Literal(u32),
}

/// Nodes that a path can be at, and the patterns that already hold whatever follows; both sorted.
type Place = (Vec<u32>, Vec<PatternId>);

struct Builder {
    segments: HashMap<Box<str>, u32>,
    nodes: Vec<Node>,
    places: Vec<Place>,
    numbers: HashMap<Place, u32>,
    size: usize,
}

impl Builder {
    fn new(policy: &Policy) -> Self {
        let mut builder = Self {
            segments: HashMap::new(),
            nodes: vec![Node::default()],
            places: Vec::new(),
            numbers: HashMap::new(),
            size: 0,
        };
        let mut children: HashMap<(u32, Step), u32> = HashMap::new();
        for (index, pattern) in policy.patterns.iter().enumerate() {
            let mut at = 0;
            for segment in pattern.segments() {
                let step = match segment {
                    PatternSegment::Literal(text) => {
                        let count = number(builder.segments.len());
                        Step::Literal(*builder.segments.entry(text.as_str().into()).or_insert(count))
                    }
                    PatternSegment::Any | PatternSegment::Parameter(_) => Step::Any,
                };
                let fresh = number(builder.nodes.len());
                let child = *children.entry((at, step)).or_insert(fresh);
                if child == fresh {
                    builder.nodes.push(Node::default());
                    if let Some(node) = builder.nodes.get_mut(at as usize) {
                        match step {
                            Step::Literal(segment) => node.literals.push((segment, child)),
                            Step::Any => node.any = Some(child),
                        }
                    }
                }
                at = child;
            }
            if let Some(node) = builder.nodes.get_mut(at as usize) {
                let list = if pattern.tail() { &mut node.tails } else { &mut node.exact };
                list.push(PatternId::from_index(index));
            }
        }
        for node in &mut builder.nodes {
            node.literals.sort_unstable();
        }
        builder
    }

    fn nodes<'b>(&'b self, place: &'b [u32]) -> impl Iterator<Item = &'b Node> {
        place.iter().filter_map(|&node| self.nodes.get(node as usize))
    }

    fn build(mut self) -> Result<Locator, TooManyClasses> {
        let mut named = HashMap::new();
        let mut states = Vec::new();
        let mut classes: Vec<Box<[PatternId]>> = Vec::new();
        let mut class_numbers: HashMap<Box<[PatternId]>, ClassId> = HashMap::new();
        self.enter(vec![0], Vec::new())?;
        let mut at = 0;
        while let Some((nodes, tails)) = self.places.get(at).cloned() {
            let mut class = tails.clone();
            class.extend(self.nodes(&nodes).flat_map(|node| &node.exact));
            class.sort_unstable();
            let class = class.into_boxed_slice();
            let fresh = ClassId(number(classes.len()));
            let class = *class_numbers.entry(class).or_insert_with_key(|class| {
                classes.push(class.clone());
                fresh
            });
            let any: Vec<u32> = self.nodes(&nodes).filter_map(|node| node.any).collect();
            let mut literals: Vec<(u32, u32)> = self.nodes(&nodes).flat_map(|node| &node.literals).copied().collect();
            literals.sort_unstable();
            for group in literals.chunk_by(|left, right| left.0 == right.0) {
                let next: Vec<u32> = group.iter().map(|(_, child)| *child).chain(any.iter().copied()).collect();
                if let Some((segment, _)) = group.first() {
                    named.insert((number(at), *segment), self.enter(next, tails.clone())?);
                }
            }
            let other = self.enter(any, tails)?;
            states.push(State { class, other });
            at += 1;
        }
        Ok(Locator { segments: self.segments, named, states, classes })
    }

    /// The number of the place at these nodes, made if it is new.
    fn enter(&mut self, mut nodes: Vec<u32>, mut tails: Vec<PatternId>) -> Result<u32, TooManyClasses> {
        nodes.sort_unstable();
        tails.extend(nodes.iter().filter_map(|&node| self.nodes.get(node as usize)).flat_map(|node| &node.tails));
        tails.sort_unstable();
        tails.dedup();
        let fresh = number(self.places.len());
        let size = nodes.len() + tails.len() + 1;
        match self.numbers.entry((nodes, tails)) {
            Entry::Occupied(place) => Ok(*place.get()),
            Entry::Vacant(free) => {
                self.size += size;
                if self.size > limits::ROOM_CLASSES {
                    return Err(TooManyClasses { pattern: free.key().1.last().copied() });
                }
                self.places.push(free.key().clone());
                Ok(*free.insert(fresh))
            }
        }
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
