//! From a path to its room class: the set of patterns that hold it.
//!
//! All patterns share one trie. A path can be at several of its nodes at once, since `*` and a literal both fit, so the
//! sets of nodes that paths can reach are numbered when the policy is compiled; walking a path is then one look-up a
//! segment, however many patterns overlap.

use std::hash::BuildHasher as _;

use doorward_model::Policy;
use doorward_model::ids::PatternId;
use doorward_model::limits;
use doorward_model::path::{Path, walk_plain};
use doorward_model::pattern::PatternSegment;
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use super::edges::{Edge, Edges};

/// A room class, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClassId(pub(crate) u32);

/// The decoded segments of an unambiguous path.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Segments<'a> {
    /// Of a path, as sent, that [means itself](walk_plain), perhaps with a query behind it.
    Plain(&'a str),
    /// Of any other.
    Read(&'a Path<'a>),
}

impl<'a> Segments<'a> {
    /// The segment at an index, from 0.
    pub(crate) fn get(self, index: usize) -> Option<&'a str> {
        match self {
            // Before the first slash is nothing, and after a last one.
            Self::Plain(raw) => {
                let path = raw.split_once('?').map_or(raw, |(path, _)| path);
                path.split('/').nth(index.checked_add(1)?).filter(|segment| !segment.is_empty())
            }
            Self::Read(path) => path.segments().get(index).map(|segment| &**segment),
        }
    }
}

/// Finds the room class of a path.
#[derive(Debug)]
pub(crate) struct Locator {
    edges: Edges,
    // By state.
    states: Vec<State>,
    /// The patterns of each class, sorted; by [`ClassId`].
    pub(crate) classes: Vec<Box<[PatternId]>>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    class: ClassId,
    // Where any segment leads that no pattern names here.
    other: u32,
    // Whether any is named.
    named: bool,
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

    /// The class of an unambiguous path. In time proportional to its length.
    pub(crate) fn class(&self, path: &Path<'_>) -> ClassId {
        self.end(path.segments().iter().fold(START, |state, segment| self.step(state, segment.as_bytes())))
    }

    /// The class of a path that [means itself](walk_plain), perhaps with a query behind it.
    #[inline]
    pub(crate) fn plain_class(&self, raw: &str) -> Option<ClassId> {
        self.class_of_plain(raw).or_else(|| self.class_before_query(raw))
    }

    #[inline(never)]
    fn class_before_query(&self, raw: &str) -> Option<ClassId> {
        // Of a longer one `Path::parse` looks at no more than it has to.
        let (path, _) = Some(raw).filter(|raw| raw.len() <= limits::PATH_BYTES)?.split_once('?')?;
        self.class_of_plain(path)
    }

    #[inline]
    fn class_of_plain(&self, raw: &str) -> Option<ClassId> {
        let mut state = START;
        walk_plain(raw, |segment| state = self.step(state, segment))?;
        Some(self.end(state))
    }

    // States are handed on by their numbers, which stay in registers.
    #[inline]
    fn step(&self, state: u32, segment: &[u8]) -> u32 {
        let Some(from) = self.states.get(state as usize) else { return state };
        let named = if from.named { self.edges.find(state, segment) } else { None };
        named.unwrap_or(from.other)
    }

    fn end(&self, state: u32) -> ClassId {
        self.states.get(state as usize).map_or(ClassId(0), |state| state.class)
    }
}

/// The state before any segment.
const START: u32 = 0;

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
    // Numbers of places, by their hashes.
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
    size: usize,
}

impl Builder {
    fn new(policy: &Policy) -> Self {
        let mut builder = Self {
            segments: HashMap::new(),
            nodes: vec![Node::default()],
            places: Vec::new(),
            numbers: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
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
        let mut segments: Vec<Box<str>> = vec![Box::default(); self.segments.len()];
        for (text, segment) in std::mem::take(&mut self.segments) {
            if let Some(place) = segments.get_mut(segment as usize) {
                *place = text;
            }
        }
        let mut edges: Vec<Edge<'_>> = Vec::new();
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
                if let Some(segment) = group.first().and_then(|(segment, _)| segments.get(*segment as usize)) {
                    edges.push(Edge { from: number(at), segment, to: self.enter(next, tails.clone())? });
                }
            }
            let other = self.enter(any, tails)?;
            states.push(State { class, other, named: !literals.is_empty() });
            at += 1;
        }
        Ok(Locator { edges: Edges::new(&edges), states, classes })
    }

    /// The number of the place at these nodes, made if it is new.
    fn enter(&mut self, mut nodes: Vec<u32>, mut tails: Vec<PatternId>) -> Result<u32, TooManyClasses> {
        nodes.sort_unstable();
        tails.extend(nodes.iter().filter_map(|&node| self.nodes.get(node as usize)).flat_map(|node| &node.tails));
        tails.sort_unstable();
        tails.dedup();
        let Self { places, numbers, hasher, size, .. } = self;
        let place = (nodes, tails);
        let hash = hasher.hash_one(&place);
        if let Some(known) = numbers.find(hash, |other| places.get(*other as usize) == Some(&place)) {
            return Ok(*known);
        }
        *size += place.0.len() + place.1.len() + 1;
        if *size > limits::ROOM_CLASSES {
            return Err(TooManyClasses { pattern: place.1.last().copied() });
        }
        let fresh = number(places.len());
        places.push(place);
        numbers
            .insert_unique(hash, fresh, |other| places.get(*other as usize).map_or(0, |other| hasher.hash_one(other)));
        Ok(fresh)
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
