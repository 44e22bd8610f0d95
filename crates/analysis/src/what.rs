//! What one visitor can do, and where: every room and action, grouped by the conditions under which she is let in.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use doorward_model::{Policy, Request};
use doorward_syntax::ast::{Answer, Effect, SmolStr};

use crate::error::TooComplex;
use crate::facts::Facts;
use crate::grounds::{Ground, Reasons};
use crate::limits;
use crate::register::{Answers, Register, Scene, Told};
use crate::site::Cell;
use crate::space::Choice;
use crate::survey::Survey;
use crate::verdict::Answered;

/// What may this visitor do?
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WhatQuestion<'a> {
    /// The name of the visitor, whom the policy may know or not; `None` for one without credentials.
    pub identity: Option<Cow<'a, str>>,
    /// What else is known of the requests that the question is about.
    pub facts: Facts<'a>,
}

/// The complete answer to a [`WhatQuestion`].
#[derive(Clone, Debug, PartialEq)]
pub struct What<'p> {
    /// What the visitor may be let in to, first; then where a 401 may be all there is.
    pub rows: Vec<WhatRow<'p>>,
    /// The status of everything else: 403, but for visitors without credentials 401 where the policy says `answer
    /// unidentified 401`.
    pub rest: u16,
}

/// Rooms and actions with the same answer under the same conditions.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatRow<'p> {
    /// What the visitor gets.
    pub answered: Answered,
    /// Actions and methods, as an `allow` would list them; `use` for all.
    pub actions: Vec<SmolStr>,
    /// Names of rooms, or patterns, sorted; what several of them hold stands for itself, as `a and b`, and of patterns that
    /// hold each other the closest counts. Empty for everywhere.
    pub rooms: Vec<String>,
    /// Whether the visitor gets it whatever is open.
    pub always: bool,
    /// Where she is let in: what must hold, one of these at least.
    pub grounds: Vec<Ground<'p>>,
    /// And what must not hold, none of these. What is unknown keeps out.
    pub unless: Vec<Ground<'p>>,
    /// A request that shows it.
    pub example: Request<'static>,
}

/// Says what a visitor can do, everywhere.
///
/// Exact: there is no room and no action that she is let in to but those in the rows, under the conditions that they say.
///
/// # Errors
/// If that takes more work than [`limits`] allow.
pub fn what<'p>(policy: &'p Policy, question: &WhatQuestion<'_>) -> Result<What<'p>, TooComplex> {
    Register::new(policy).what(question)
}

/// What is found of one answer so far.
#[derive(Default)]
struct Found {
    reasons: Reasons,
    /// Rooms and kinds of actions.
    at: BTreeSet<(String, usize)>,
    example: Option<Request<'static>>,
}

impl<'p> Register<'p> {
    /// Says what a visitor can do, everywhere: as [`what`].
    ///
    /// # Errors
    /// If that takes more work than [`limits`] allow.
    pub fn what(&self, question: &WhatQuestion<'_>) -> Result<What<'p>, TooComplex> {
        let survey = Survey::new(&self.site)?;
        let rooms: Vec<String> = survey.places.iter().map(|place| self.site.rooms(place).join(" and ")).collect();
        // What others could do matters to whoever could log in as one of them.
        let only = question.identity.as_ref().map(|name| BTreeSet::from([SmolStr::from(&**name)]));
        let mut found: BTreeMap<Told, Found> = BTreeMap::new();
        let mut steps = 0u64;
        for group in survey.groups.iter().filter(|group| self.may_allow(&group.cell)) {
            let Some(place) = survey.places.get(group.cell.place) else { continue };
            let scene = Scene::new(self, place, &group.cell, &question.facts, only.as_ref())?;
            let mut answers = Answers::new(self, &scene, place, &group.cell, &question.facts)?;
            let visitors = scene.visitors().iter().enumerate();
            let wanted = visitors.filter(|(_, choice)| match choice {
                Choice::Anonymous => only.is_none(),
                Choice::Known(_) => only.is_some(),
                _ => false,
            });
            for (number, choice) in wanted {
                for (told, reasons) in answers.told(number, choice)? {
                    if told.0.status() == 403 {
                        continue;
                    }
                    let answered = told.0;
                    let found = found.entry(told).or_default();
                    found.reasons.extend(reasons);
                    let at = group.at.iter().filter_map(|(place, kind)| Some((rooms.get(*place)?.clone(), *kind)));
                    found.at.extend(at);
                    if found.example.is_none() {
                        let visitor = BTreeSet::from([number]);
                        found.example = answers.example(&visitor, answered, survey.action(group));
                    }
                }
            }
            answers.encoder.within_budget(&group.cell)?;
            steps = steps.saturating_add(answers.encoder.diagrams.steps());
            if steps > limits::STEPS {
                return Err(TooComplex::new("the rooms and actions of the question"));
            }
        }
        let everywhere: BTreeSet<&String> =
            rooms.iter().zip(&survey.places).filter(|(_, place)| !place.ambiguous).map(|(room, _)| room).collect();
        let mut rows = Vec::new();
        for ((answered, ..), found) in found {
            let Some(example) = found.example else { continue };
            for (kinds, rooms) in by_kinds(found.at) {
                let all = rooms.len() == everywhere.len() && rooms.iter().all(|room| everywhere.contains(room));
                rows.push(WhatRow {
                    answered,
                    actions: self.actions(&kinds),
                    rooms: if all { Vec::new() } else { rooms },
                    always: found.reasons.always,
                    grounds: found.reasons.allows(self.policy),
                    unless: found.reasons.denies(self.policy),
                    example: example.clone(),
                });
            }
        }
        rows.sort_by(|one, other| {
            let key = |row: &WhatRow<'_>| (row.answered, !row.always);
            key(one).cmp(&key(other)).then_with(|| one.rooms.cmp(&other.rooms))
        });
        let hides = question.identity.is_none() && self.policy.answers(Answer::Unidentified401);
        Ok(What { rows, rest: if hides { 401 } else { 403 } })
    }

    /// Whether anything allows anything there.
    fn may_allow(&self, cell: &Cell) -> bool {
        let mut rules = cell.entries.first().into_iter().flatten();
        rules.any(|entry| self.policy.rules.get(entry.part).is_some_and(|rule| rule.effect == Effect::Allow))
    }

    /// Kinds of actions as an `allow` that covers just them would name them.
    fn actions(&self, kinds: &BTreeSet<usize>) -> Vec<SmolStr> {
        let site = &self.site;
        if (0..site.kinds.len())
            .all(|kind| kinds.contains(&kind) || !site.kinds.get(kind).is_some_and(|it| it.is_known(0)))
        {
            return vec!["use".into()];
        }
        let names = kinds.iter().filter_map(|kind| site.kinds.get(*kind)).flat_map(|kind| &kind.members);
        let ids: BTreeSet<usize> = names.filter_map(|name| Some(self.policy.action(name)?.index())).collect();
        let action = |id: usize| self.policy.actions.get(id);
        let is_method = |id: usize| action(id).is_some_and(|it| it.methods.iter().any(|own| own.index() == id));
        let mut sets: Vec<usize> = ids.iter().copied().filter(|id| !is_method(*id)).collect();
        sets.sort_by_key(|id| std::cmp::Reverse(action(*id).map_or(0, |action| action.methods.len())));
        let mut told: BTreeSet<usize> = BTreeSet::new();
        let mut covered: BTreeSet<usize> = BTreeSet::new();
        for id in sets {
            let methods: Vec<usize> = action(id).into_iter().flat_map(|it| &it.methods).map(|id| id.index()).collect();
            // An `allow` covers a named action if it covers all of its methods.
            let whole = methods.iter().all(|method| ids.contains(method));
            if !whole || methods.is_empty() || methods.iter().any(|method| !covered.contains(method)) {
                told.insert(id);
            }
            if whole {
                covered.extend(methods);
            }
        }
        told.extend(ids.into_iter().filter(|id| is_method(*id) && !covered.contains(id)));
        // Methods come first among actions, and last among words.
        let (methods, sets): (Vec<usize>, Vec<usize>) = told.into_iter().partition(|id| is_method(*id));
        sets.into_iter().chain(methods).filter_map(action).map(|action| (&*action.name).into()).collect()
    }
}

/// Rooms in which the same may be done, together.
fn by_kinds(at: BTreeSet<(String, usize)>) -> BTreeMap<BTreeSet<usize>, Vec<String>> {
    let mut kinds: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    at.into_iter().for_each(|(room, kind)| _ = kinds.entry(room).or_default().insert(kind));
    let mut rooms: BTreeMap<BTreeSet<usize>, Vec<String>> = BTreeMap::new();
    kinds.into_iter().for_each(|(room, kinds)| rooms.entry(kinds).or_default().push(room));
    rooms
}
