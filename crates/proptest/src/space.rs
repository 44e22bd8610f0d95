//! The requests that matter to one policy, drawn at random.

mod lists; // what is drawn from

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use doorward::Policy;
use doorward_model::ids::AttributeId;
use doorward_model::path::Path;
use doorward_model::request::Attributes;
use doorward_model::{Instant, Known, Request, Subject, Value};
use proptest::strategy::Strategy;

use crate::asked::Asked;
use crate::edges;
use crate::mentions::{Mentions, Node};
use crate::path::Paths;
use crate::values::{Pool, Proto};

use self::lists::Drawn;

/// How many groups a drawn visitor claims at most.
const CLAIMS: usize = 3;

/// The time at which a request stands where nothing says otherwise: Monday, 23 November 2026, 09:00 in UTC.
#[must_use]
pub fn reference_time() -> Instant {
    Instant::from_unix_seconds(1_795_424_400).unwrap_or(Instant::MIN)
}

/// Requests at and just beside every boundary that a policy mentions, less what is held fixed.
///
/// Drawn from the policy are: names declared, mentioned and made up; groups that can be claimed and that cannot; levels,
/// and ages at the limits of `within` and a second to either side; methods and actions; paths of each pattern and beside
/// it; the first and last address of each network and those before and after; the edges of windows and days, also where
/// clocks change; for each attribute the values that it is compared with and those beside them, none, and one of a wrong
/// type.
///
/// ```
/// use doorward::{Policy, Verdict};
/// use doorward_proptest::RequestSpace;
/// use proptest::prelude::*;
///
/// let policy = Policy::parse("
///     identity alice, bob
///     network office = 10.0.0.0/8
///     allow alice, bob to read /wiki/** from office
///     allow alice to write /wiki/** from office
/// ")?;
/// let bob = RequestSpace::of(&policy).subject(doorward::Subject::known("bob"));
/// proptest!(|(request in bob.action("PUT").requests())| {
///     prop_assert_ne!(policy.verdict(&request), Verdict::Allow);
/// });
/// # Ok::<(), doorward::PolicyError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RequestSpace<'p> {
    policy: &'p Policy,
    parts: Parts,
}

impl<'p> RequestSpace<'p> {
    /// Every request that matters to the policy.
    #[must_use]
    pub fn of(policy: &'p Policy) -> Self {
        Self { policy, parts: Parts::of(policy.model()) }
    }

    /// Only requests of that visitor.
    #[must_use]
    pub fn subject(self, subject: impl Into<Subject<'static>>) -> Self {
        self.subjects([subject.into()])
    }

    /// Only requests of those visitors.
    #[must_use]
    pub fn subjects(mut self, subjects: impl IntoIterator<Item = Subject<'static>>) -> Self {
        self.parts.subjects = Some(subjects.into_iter().collect());
        self
    }

    /// Only requests with that method or action.
    #[must_use]
    pub fn action(self, action: impl Into<String>) -> Self {
        self.actions([action.into()])
    }

    /// Only requests with those methods or actions.
    #[must_use]
    pub fn actions(mut self, actions: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.parts.actions = actions.into_iter().map(Into::into).collect();
        self
    }

    /// Only requests for that path, raw, as sent.
    #[must_use]
    pub fn path(self, path: impl Into<String>) -> Self {
        self.paths([path.into()])
    }

    /// Only requests for those paths.
    #[must_use]
    pub fn paths(mut self, paths: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.parts.fixed_paths = Some(paths.into_iter().map(Into::into).collect());
        self
    }

    /// Only requests from that address; `None` for an unknown one.
    #[must_use]
    pub fn address(self, address: impl Into<Option<IpAddr>>) -> Self {
        self.addresses([address.into()])
    }

    /// Only requests from those addresses; `None` for an unknown one.
    #[must_use]
    pub fn addresses(mut self, addresses: impl IntoIterator<Item = Option<IpAddr>>) -> Self {
        self.parts.addresses = addresses.into_iter().collect();
        self
    }

    /// Only requests at that time; `None` for an unknown one.
    #[must_use]
    pub fn at(mut self, time: impl Into<Option<Instant>>) -> Self {
        self.parts.times = vec![time.into()];
        self
    }

    /// Only requests whose context has that value for an attribute.
    #[must_use]
    pub fn context(mut self, name: impl Into<String>, value: impl Into<Value<'static>>) -> Self {
        hold(&mut self.parts.context, name.into(), value.into());
        self
    }

    /// Only requests whose room has that value for an attribute, declared for the room or not.
    #[must_use]
    pub fn room_attribute(mut self, name: impl Into<String>, value: impl Into<Value<'static>>) -> Self {
        let (name, value) = (name.into(), value.into());
        self.parts.room.retain(|drawn| drawn.name != name);
        self.parts.fixed_room.push((name, value));
        self
    }

    /// A strategy for the requests. A failing one shrinks to an early pattern, few attributes and an anonymous visitor.
    ///
    /// # Panics
    /// When drawn from, if some part was held to an empty list.
    pub fn requests(&self) -> impl Strategy<Value = Asked<'p>> + use<'p> {
        let (policy, parts) = (self.policy, Arc::new(self.parts.clone()));
        let choices: Vec<Range<usize>> = parts.choices().into_iter().map(|count| 0..count).collect();
        choices.prop_map(move |choices| Asked::new(policy, parts.request(&choices)))
    }

    /// A strategy for their visitors; a known one authenticated some time before [`reference_time`], or after it.
    pub fn visitors(&self) -> impl Strategy<Value = Subject<'static>> + use<> {
        let parts = Arc::new(self.parts.clone());
        let choices: Vec<Range<usize>> = parts.subject_choices().into_iter().map(|count| 0..count).collect();
        choices.prop_map(move |choices| parts.subject(&mut Choices(&choices), reference_time()))
    }
}

/// Any request that matters to the policy: [`RequestSpace::of`] with nothing held fixed.
pub fn any_request(policy: &Policy) -> impl Strategy<Value = Asked<'_>> + use<'_> {
    RequestSpace::of(policy).requests()
}

/// Any request that matters to the policy and fulfils a condition; one that few requests fulfil makes proptest give up.
/// [`RequestSpace`] draws only what is wanted.
pub fn any_request_where<'p>(
    policy: &'p Policy,
    condition: impl Fn(&Request<'static>) -> bool + 'p,
) -> impl Strategy<Value = Asked<'p>> + 'p {
    any_request(policy).prop_filter("the condition on requests", move |asked| condition(asked))
}

/// Any visitor that matters to the policy: anonymous, rejected or known. See [`RequestSpace::visitors`].
pub fn any_subject(policy: &Policy) -> impl Strategy<Value = Subject<'static>> + use<> {
    RequestSpace::of(policy).visitors()
}

#[derive(Clone, Debug)]
struct Parts {
    subjects: Option<Vec<Subject<'static>>>,
    names: Vec<String>,
    levels: Vec<Option<String>>,
    /// In seconds; negative for an authentication after the request.
    ages: Vec<Option<i64>>,
    groups: Vec<Option<String>>,
    identity: Vec<Drawn>,
    actions: Vec<String>,
    paths: Paths,
    fixed_paths: Option<Vec<String>>,
    addresses: Vec<Option<IpAddr>>,
    times: Vec<Option<Instant>>,
    context: Vec<Drawn>,
    room: Vec<Drawn>,
    fixed_room: Vec<(String, Value<'static>)>,
    /// For each declared room, its patterns and the names of its attributes.
    rooms: Vec<(Vec<doorward_model::pattern::Pattern>, Vec<Box<str>>)>,
}

/// Choices that are left to be taken, one after the other.
struct Choices<'c>(&'c [usize]);

impl Choices<'_> {
    fn next(&mut self) -> usize {
        let (first, rest) = self.0.split_first().map_or((0, &[][..]), |(first, rest)| (*first, rest));
        self.0 = rest;
        first
    }

    fn of<'t, T>(&mut self, list: &'t [T]) -> Option<&'t T> {
        let index = self.next();
        list.get(index)
    }
}

impl Parts {
    fn of(policy: &doorward_model::Policy) -> Self {
        let mentions = Mentions::of(policy, &policy.rules);
        let declared: Vec<Box<str>> = policy.identities.iter().map(|identity| identity.name.as_str().into()).collect();
        let pool = Pool { policy, mentions: &mentions, names: &declared };
        let identity = policy.identity_attributes.iter().enumerate();
        let context = policy.context_attributes.iter().enumerate();
        Self {
            subjects: None,
            names: lists::names(policy, pool),
            levels: lists::levels(policy),
            ages: lists::ages(policy),
            groups: lists::claims(policy),
            identity: identity
                .map(|(index, attribute)| {
                    lists::drawn(pool, &Node::Identity(AttributeId::from_index(index)), attribute)
                })
                .collect(),
            actions: lists::actions(policy),
            paths: Paths::new(&policy.patterns, pool, &mentions),
            fixed_paths: None,
            addresses: lists::addresses(pool),
            times: lists::times(policy, &mentions),
            context: context
                .map(|(index, attribute)| lists::drawn(pool, &Node::Context(AttributeId::from_index(index)), attribute))
                .collect(),
            room: lists::room_attributes(policy, pool),
            fixed_room: Vec::new(),
            rooms: policy
                .rooms
                .iter()
                .map(|room| {
                    let patterns = room.patterns.iter().filter_map(|id| policy.patterns.get(id.index()).cloned());
                    (patterns.collect(), room.attributes.iter().map(|attribute| attribute.name.clone()).collect())
                })
                .collect(),
        }
    }

    fn subject_choices(&self) -> Vec<usize> {
        match &self.subjects {
            Some(subjects) => vec![subjects.len()],
            None => {
                let mut choices = vec![KINDS, self.names.len(), self.levels.len(), self.ages.len()];
                choices.extend([self.groups.len(); CLAIMS]);
                choices.extend(self.identity.iter().map(|drawn| drawn.values.len()));
                choices
            }
        }
    }

    fn choices(&self) -> Vec<usize> {
        let mut choices = vec![self.actions.len(), self.addresses.len(), self.times.len()];
        match &self.fixed_paths {
            Some(paths) => choices.push(paths.len()),
            None => choices.extend(self.paths.choices()),
        }
        choices.extend(self.subject_choices());
        choices.extend(self.context.iter().chain(&self.room).map(|drawn| drawn.values.len()));
        choices
    }

    fn subject(&self, choices: &mut Choices<'_>, now: Instant) -> Subject<'static> {
        if let Some(subjects) = &self.subjects {
            return choices.of(subjects).cloned().unwrap_or(Subject::Anonymous);
        }
        let kind = choices.next();
        let mut known = Known::new(choices.of(&self.names).cloned().unwrap_or_default());
        known.assurance = choices.of(&self.levels).cloned().flatten().map(Cow::Owned);
        let age = choices.of(&self.ages).copied().flatten();
        known.authenticated_at = age.and_then(|age| edges::shifted(now, age.saturating_neg()));
        for _ in 0..CLAIMS {
            if let Some(Some(group)) = choices.of(&self.groups)
                && !known.groups.iter().any(|claimed| claimed == group)
            {
                known.groups.push(Cow::Owned(group.clone()));
            }
        }
        known.attributes = given(&self.identity, choices, now, |_| true);
        match kind {
            0..ANONYMOUS => Subject::Anonymous,
            ANONYMOUS => Subject::Rejected,
            _ => Subject::Known(known),
        }
    }

    fn request(&self, choices: &[usize]) -> Request<'static> {
        let mut choices = Choices(choices);
        let action = choices.of(&self.actions).cloned().unwrap_or_default();
        let address = choices.of(&self.addresses).copied().flatten();
        let time = choices.of(&self.times).copied().flatten();
        let path = match &self.fixed_paths {
            Some(paths) => choices.of(paths).cloned().unwrap_or_default(),
            None => {
                let count = self.paths.choices().len();
                let (own, rest) = choices.0.split_at_checked(count).unwrap_or((choices.0, &[]));
                choices.0 = rest;
                self.paths.path(own)
            }
        };
        let now = time.unwrap_or_else(reference_time);
        let subject = self.subject(&mut choices, now);
        let context = given(&self.context, &mut choices, now, |_| true);
        let here = self.attributes_at(&path);
        let mut room_attributes = given(&self.room, &mut choices, now, |name| here.contains(name));
        room_attributes.extend(self.fixed_room.iter().map(|(name, value)| (Cow::Owned(name.clone()), value.clone())));
        let mut request = Request::new(subject, action, path);
        request.address = address;
        request.time = time;
        request.context = context;
        request.room_attributes = room_attributes;
        request
    }

    /// The attributes that the rooms of a path have.
    fn attributes_at(&self, path: &str) -> BTreeSet<&str> {
        let Ok(path) = Path::parse(path) else { return BTreeSet::new() };
        let holding = self.rooms.iter().filter(|(patterns, attributes)| {
            !attributes.is_empty() && patterns.iter().any(|pattern| pattern.matches(path.segments()))
        });
        holding.flat_map(|(_, attributes)| attributes).map(|name| &**name).collect()
    }
}

/// Of nine visitors three are anonymous, one is rejected, and five are known.
const KINDS: usize = 9;
const ANONYMOUS: usize = 3;

fn hold(drawn: &mut Vec<Drawn>, name: String, value: Value<'static>) {
    drawn.retain(|drawn| drawn.name != name);
    drawn.push(Drawn { name, values: vec![Some(Proto::Fixed(value))] });
}

/// The attributes for which a value was drawn; choices are taken for all.
fn given(
    drawn: &[Drawn],
    choices: &mut Choices<'_>,
    now: Instant,
    wanted: impl Fn(&str) -> bool,
) -> Attributes<'static> {
    let mut attributes = Vec::new();
    for one in drawn {
        let value = choices.of(&one.values).and_then(Option::as_ref);
        if let Some(value) = value.filter(|_| wanted(&one.name)) {
            attributes.push((Cow::Owned(one.name.clone()), value.at(now)));
        }
    }
    attributes
}
