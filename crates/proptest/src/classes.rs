//! One request of each class that a policy can tell apart.
//!
//! Comes in: a policy. Goes out: a finite list of requests, and how long it is. First come the places: sets of path
//! patterns that one path fits together, and the actions that the rules there tell apart. For each place the rules that
//! cover it say what else matters, and their edges what to try.

mod axis; // what can vary, and which values of it tests tell apart

mod rooms;

mod crowd; // whom the rules tell apart

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use doorward::Policy;
use doorward_model::ids::ActionId;
use doorward_model::rule::{RoomBinding, Rule, Target};
use doorward_model::{Known, Request, Subject};

use crate::asked::Asked;
use crate::edges;
use crate::mentions::{Mentions, Node};
use crate::path::raw;
use crate::space::reference_time;
use crate::values::Pool;

use self::axis::Axis;
use self::crowd::Crowd;
use self::rooms::RoomClass;

/// How many classes [`classes`] lists at most.
pub const MOST_CLASSES: u64 = 1_000_000;

/// One request of each class that a policy can tell apart.
///
/// Two requests are in one class if the same rules cover their paths and actions and every clause and test of these rules
/// says the same about both: about who asks, how strongly authenticated, from where, when, and with which attributes. So
/// they get the same verdict for the same reasons, and a claim about every request need only be tested on one of each
/// class.
///
/// What no rule of a place tests does not vary there. Where attributes are compared with each other, or with the
/// visitor, the address or the time, the classes are those of all values that the policy mentions for any of them, and of
/// as many fresh ones as are compared. Some classes are listed more than once; none is left out, save in three corners: more than
/// two `like` patterns on one attribute that fit a text only together, an attribute compared both with fixed instants and
/// with the request's time, and requests past a limit of the engine.
///
/// ```
/// use doorward::{Policy, Subject, Verdict};
///
/// let policy = Policy::parse("
///     assurance password < mfa
///     group staff claimed
///     network office = 10.0.0.0/8
///     allow staff with mfa to use /vault/** from office
/// ")?;
/// let classes = doorward_proptest::classes(&policy)?;
/// assert!(classes.count() < 100);
/// for request in &classes {
///     let anonymous = request.subject == Subject::Anonymous;
///     assert!(!anonymous || policy.verdict(&request) != Verdict::Allow, "{request:?}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Classes<'p> {
    policy: &'p Policy,
    cells: Vec<Cell>,
    // INVARIANT: the sum of what the cells count, at most `MOST_CLASSES`.
    count: u64,
}

/// One request of each class that the policy can tell apart. See [`Classes`].
///
/// # Errors
/// If there are more than [`MOST_CLASSES`].
pub fn classes(policy: &Policy) -> Result<Classes<'_>, TooMany> {
    let mut builder = Builder { policy: policy.model(), cells: Vec::new(), count: 0 };
    builder.build()?;
    Ok(Classes { policy, cells: builder.cells, count: builder.count })
}

impl<'p> Classes<'p> {
    /// How many requests there are, exactly.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The requests, place by place.
    pub fn iter(&self) -> impl Iterator<Item = Asked<'p>> {
        self.cells.iter().flat_map(|cell| (0..cell.count).map(|number| Asked::new(self.policy, cell.request(number))))
    }
}

impl<'p> IntoIterator for &Classes<'p> {
    type Item = Asked<'p>;
    type IntoIter = std::vec::IntoIter<Asked<'p>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter().collect::<Vec<_>>().into_iter()
    }
}

/// A policy tells more classes apart than can be listed: their number, or some number that it exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// At least as many as there are before the count was given up.
    pub at_least: u64,
}

impl fmt::Display for TooMany {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the policy tells at least {} classes of requests apart, and at most {MOST_CLASSES} are listed",
            self.at_least
        )
    }
}

impl std::error::Error for TooMany {}

/// Who asks, besides what varies.
#[derive(Clone, Debug)]
enum Who {
    Anonymous,
    Known(Box<str>),
    Rejected,
}

/// The requests of one visitor at one place with one action: all ways to choose a value on each axis.
#[derive(Clone, Debug)]
struct Cell {
    who: Who,
    action: Arc<str>,
    /// Decoded; `None` for the ambiguous path.
    segments: Option<Arc<[String]>>,
    axes: Vec<Arc<Axis>>,
    count: u64,
}

impl Cell {
    /// The request of that number, from 0 up to the count.
    fn request(&self, mut number: u64) -> Request<'static> {
        let mut chosen: Vec<(&Axis, usize)> = Vec::with_capacity(self.axes.len());
        for axis in &self.axes {
            let ways = axis.len().max(1);
            chosen.push((axis, usize::try_from(number % ways).unwrap_or(0)));
            number /= ways;
        }
        let mut segments = self.segments.as_ref().map(|segments| segments.to_vec());
        let mut known = Known::new("");
        let (mut age, mut request) = (None, Request::new(Subject::Anonymous, self.action.to_string(), ""));
        for (axis, index) in chosen {
            let now = request.time.unwrap_or_else(reference_time);
            match axis {
                Axis::Address(addresses) => request.address = addresses.get(index).copied().flatten(),
                Axis::Age(ages) => age = ages.get(index).copied().flatten(),
                Axis::Claims(claims) => {
                    let groups = claims.get(index).into_iter().flatten();
                    known.groups = groups.map(|group| Cow::Owned(group.to_string())).collect();
                }
                Axis::Level(levels) => {
                    known.assurance =
                        levels.get(index).and_then(Option::as_ref).map(|level| Cow::Owned(level.to_string()));
                }
                Axis::Segment(place, texts) => {
                    let segment = segments.as_mut().and_then(|segments| segments.get_mut(*place));
                    if let (Some(segment), Some(text)) = (segment, texts.get(index)) {
                        segment.clone_from(text);
                    }
                }
                Axis::Time(times) => request.time = times.get(index).copied().flatten(),
                Axis::Attribute(node, name, values) => {
                    let Some(Some(value)) = values.get(index) else { continue };
                    let attribute = (Cow::Owned(name.to_string()), value.at(now));
                    match node {
                        Node::Context(_) => request.context.push(attribute),
                        Node::Identity(_) => known.attributes.push(attribute),
                        _ => request.room_attributes.push(attribute),
                    }
                }
            }
        }
        request.path = Cow::Owned(segments.map_or_else(|| "//".to_owned(), |segments| raw(&segments)));
        request.subject = match &self.who {
            Who::Anonymous => Subject::Anonymous,
            Who::Rejected => Subject::Rejected,
            Who::Known(name) => {
                known.identity = Cow::Owned(name.to_string());
                let now = request.time.unwrap_or_else(reference_time);
                known.authenticated_at = age.and_then(|age: i64| edges::shifted(now, age.saturating_neg()));
                Subject::Known(known)
            }
        };
        request
    }
}

struct Builder<'p> {
    policy: &'p doorward_model::Policy,
    cells: Vec<Cell>,
    count: u64,
}

impl<'p> Builder<'p> {
    fn build(&mut self) -> Result<(), TooMany> {
        let actions = self.actions();
        let unknown: Arc<str> = self.unknown_action().into();
        let mut seen: BTreeSet<Vec<Vec<(usize, usize)>>> = BTreeSet::new();
        for room in rooms::rooms(self.policy)? {
            let covering: Vec<_> = actions.iter().map(|(id, name)| (self.covering(&room, *id), name)).collect();
            // Rooms that no rule and no `conceal` tells apart are one.
            let mut signature: Vec<Vec<(usize, usize)>> = covering.iter().map(|(rules, _)| rules.clone()).collect();
            signature.push(self.conceals(&room));
            if !seen.insert(signature) {
                continue;
            }
            let mut places: BTreeSet<&Vec<(usize, usize)>> = BTreeSet::new();
            for (rules, name) in &covering {
                if places.insert(rules) {
                    self.place(&room, rules, name)?;
                }
            }
            // Where rules cover every action, one that nobody knows is still told apart.
            if !places.contains(&Vec::new()) {
                self.place(&room, &[], &unknown)?;
            }
        }
        for who in [Who::Anonymous, Who::Rejected, Who::Known("other".into())] {
            self.push(Cell { who, action: "GET".into(), segments: None, axes: Vec::new(), count: 1 })?;
        }
        Ok(())
    }

    /// The methods and actions, those first that people know.
    fn actions(&self) -> Vec<(ActionId, Arc<str>)> {
        let known = ["GET", "POST", "PUT", "PATCH", "DELETE"].map(|name| self.policy.action(name));
        let all = (0..self.policy.actions.len()).map(ActionId::from_index);
        let ids = known.into_iter().flatten().chain(all.filter(|id| !known.contains(&Some(*id))));
        ids.filter_map(|id| Some((id, Arc::from(&*self.policy.actions.get(id.index())?.name)))).collect()
    }

    /// An action that the policy does not declare.
    fn unknown_action(&self) -> String {
        let mut name = "other".to_owned();
        while self.policy.action(&name).is_some() {
            name.push('-');
        }
        name
    }

    /// The rules that cover a room and an action, each with the index of a target that does.
    fn covering(&self, room: &RoomClass, action: ActionId) -> Vec<(usize, usize)> {
        let mut covering = Vec::new();
        for (index, rule) in self.policy.rules.iter().enumerate() {
            let excepted = rule.except_rooms.iter().any(|except| room.holds(*except));
            if excepted || rule.actions.as_ref().is_some_and(|actions| !actions.contains(&action)) {
                continue;
            }
            let targets = rule.targets.iter().enumerate();
            let here = targets.filter(|(_, target)| target.pattern.is_none_or(|pattern| room.holds(pattern)));
            covering.extend(here.map(|(target, _)| (index, target)));
        }
        covering
    }

    fn conceals(&self, room: &RoomClass) -> Vec<(usize, usize)> {
        let holds = |patterns: &[_]| patterns.iter().any(|pattern| room.holds(*pattern));
        let conceals = self.policy.conceals.iter().enumerate();
        conceals.filter(|(_, it)| holds(&it.patterns) && !holds(&it.except)).map(|(index, _)| (index, 0)).collect()
    }

    /// The cells of one place with one action.
    fn place(&mut self, room: &RoomClass, covering: &[(usize, usize)], action: &Arc<str>) -> Result<(), TooMany> {
        let resolved: Vec<(&'p Rule, &'p Target)> = covering
            .iter()
            .filter_map(|(rule, target)| {
                let rule = self.policy.rules.get(*rule)?;
                Some((rule, rule.targets.get(*target)?))
            })
            .collect();
        let mut rules: Vec<&Rule> = resolved.iter().map(|(rule, _)| *rule).collect();
        rules.dedup_by(|left, right| std::ptr::eq(*left, *right));
        let mentions = Mentions::of(self.policy, rules.iter().copied());
        let crowd = Crowd::new(self.policy, &mentions, &rules);
        let pool = Pool { policy: self.policy, mentions: &mentions, names: &crowd.names };

        // The time comes first, since ages and other times are read from it.
        let mut scene: Vec<Axis> = vec![axis::times(self.policy, &mentions, &rules)];
        scene.push(axis::addresses(pool));
        for node in mentions.nodes() {
            if let Node::Context(id) = node
                && let Some(attribute) = self.policy.context_attributes.get(id.index())
            {
                scene.push(axis::attribute(pool, node, &attribute.name, attribute.ty)?);
            }
        }
        scene.extend(room_axes(room, pool, &resolved)?);
        let scene: Vec<Arc<Axis>> = scene.into_iter().filter(|axis| !axis.is_plain()).map(Arc::new).collect();

        let segments: Arc<[String]> = room.segments.clone().into();
        let cell = |who: Who, axes: Vec<Arc<Axis>>| {
            let count = axes.iter().fold(1u64, |count, axis| count.saturating_mul(axis.len()));
            Cell { who, action: Arc::clone(action), segments: Some(Arc::clone(&segments)), axes, count }
        };
        self.push(cell(Who::Anonymous, scene.clone()))?;
        self.push(cell(Who::Rejected, scene.clone()))?;
        let strengths = [axis::levels(self.policy, &rules), axis::ages(&rules), crowd.claims(self.policy)?];
        let strengths: Vec<Arc<Axis>> = strengths.into_iter().filter(|axis| !axis.is_plain()).map(Arc::new).collect();
        let mut own: BTreeMap<&Node, Arc<Axis>> = BTreeMap::new();
        for node in mentions.nodes() {
            if let Node::Identity(id) = node
                && let Some(attribute) = self.policy.identity_attributes.get(id.index())
            {
                own.insert(node, Arc::new(axis::attribute(pool, node, &attribute.name, attribute.ty)?));
            }
        }
        for name in &crowd.names {
            let identity = self.policy.identity(name).and_then(|id| self.policy.identities.get(id.index()));
            let mut axes: Vec<Arc<Axis>> = scene.iter().chain(&strengths).map(Arc::clone).collect();
            for (node, axis) in &own {
                let recorded = match node {
                    Node::Identity(id) => identity.is_some_and(|identity| identity.attribute(*id).is_some()),
                    _ => false,
                };
                if !recorded {
                    axes.push(Arc::clone(axis));
                }
            }
            self.push(cell(Who::Known(name.clone()), axes))?;
        }
        Ok(())
    }

    fn push(&mut self, cell: Cell) -> Result<(), TooMany> {
        self.count = self.count.saturating_add(cell.count);
        self.cells.push(cell);
        if self.count > MOST_CLASSES { Err(TooMany { at_least: self.count }) } else { Ok(()) }
    }
}

/// The attributes of the room that the rules of a place test, and the segments of the path that are parameters.
fn room_axes(room: &RoomClass, pool: Pool<'_>, resolved: &[(&Rule, &Target)]) -> Result<Vec<Axis>, TooMany> {
    let mut segments: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut axes: BTreeMap<&str, Axis> = BTreeMap::new();
    for (rule, target) in resolved {
        for (attribute, binding) in rule.room_attributes.iter().zip(&target.bindings) {
            let node = Node::Room(attribute.name.clone());
            match binding {
                RoomBinding::Attribute { .. } => {
                    if !axes.contains_key(&*attribute.name) {
                        axes.insert(&attribute.name, axis::attribute(pool, &node, &attribute.name, attribute.ty)?);
                    }
                }
                RoomBinding::Parameter(place) => {
                    let component = pool.mentions.get(&node);
                    let texts = component.map(|component| pool.texts(component)).unwrap_or_default();
                    segments.entry(*place).or_default().extend(texts);
                }
            }
        }
    }
    let segments = segments.into_iter().map(|(place, texts)| Axis::Segment(place, room.fitting(place, texts)));
    Ok(axes.into_values().chain(segments).collect())
}
