//! What one visitor can do, and where: every room and action, grouped by the conditions under which she is let in.

mod area; // some places, in words

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
pub use crate::what::area::Area;
use crate::what::area::Atlas;

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
    /// Actions and methods, as an `allow` would list them; `use` for all. Besides for a request of its own name, an action
    /// stands for those of its methods that no other row tells more of.
    pub actions: Vec<SmolStr>,
    /// Where, sorted; empty for everywhere.
    pub rooms: Vec<Area>,
    /// Whether the visitor gets it whatever is open.
    pub always: bool,
    /// Where she is let in: what must hold, one of these at least.
    pub grounds: Vec<Ground<'p>>,
    /// And what must not hold, none of these. What is unknown keeps out.
    pub unless: Vec<Ground<'p>>,
    /// A request that shows it, of one of these actions in one of these rooms.
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
    /// By place, kinds of actions.
    at: BTreeMap<usize, BTreeSet<usize>>,
    /// Of each group of cells that has it, by index, the reasons, and a request that shows it.
    groups: Vec<(usize, Reasons, Option<Request<'static>>)>,
}

impl<'p> Register<'p> {
    /// Says what a visitor can do, everywhere: as [`what`].
    ///
    /// # Errors
    /// If that takes more work than [`limits`] allow.
    pub fn what(&self, question: &WhatQuestion<'_>) -> Result<What<'p>, TooComplex> {
        let survey = Survey::new(&self.site)?;
        // What others could do matters to whoever could log in as one of them.
        let only = question.identity.as_ref().map(|name| BTreeSet::from([SmolStr::from(&**name)]));
        let mut found: BTreeMap<Told, Found> = BTreeMap::new();
        let mut steps = 0u64;
        for (index, group) in survey.groups.iter().enumerate().filter(|(_, group)| self.may_allow(&group.cell)) {
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
                    let visitor = BTreeSet::from([number]);
                    let example = answers.example(&visitor, told.0, survey.action(group));
                    let found = found.entry(told).or_default();
                    group.at.iter().for_each(|(place, kind)| _ = found.at.entry(*place).or_default().insert(*kind));
                    found.groups.push((index, reasons, example));
                }
            }
            answers.encoder.within_budget(&group.cell)?;
            steps = steps.saturating_add(answers.encoder.diagrams.steps());
            if steps > limits::STEPS {
                return Err(TooComplex::new("the rooms and actions of the question"));
            }
        }
        let atlas = Atlas::new(&self.site, &survey.places);
        let mut rows = Vec::new();
        for ((answered, ..), found) in found {
            // Places where the same may be done, together.
            let mut by_kinds: BTreeMap<&BTreeSet<usize>, BTreeSet<usize>> = BTreeMap::new();
            for (place, kinds) in &found.at {
                by_kinds.entry(kinds).or_default().insert(*place);
            }
            for (kinds, places) in by_kinds {
                // The same words may be those of other rules elsewhere.
                let mut reasons = Reasons::default();
                let mut shown = None;
                for (index, own, example) in &found.groups {
                    let Some(at) = cell_of(&survey, *index, kinds, &places) else { continue };
                    reasons.extend(own.clone());
                    shown = shown.or_else(|| example.as_ref().map(|example| shown_at(&survey, *index, example, at)));
                }
                let Some(example) = shown else { continue };
                rows.push(WhatRow {
                    answered,
                    actions: self.actions(kinds),
                    rooms: atlas.areas(&places),
                    always: reasons.always,
                    grounds: reasons.allows(self.policy),
                    unless: reasons.denies(self.policy),
                    example,
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

/// A cell of a group that is of one of those kinds at one of those places.
fn cell_of(
    survey: &Survey<'_>,
    group: usize,
    kinds: &BTreeSet<usize>,
    places: &BTreeSet<usize>,
) -> Option<(usize, usize)> {
    let counts = |(place, kind): &&(usize, usize)| places.contains(place) && kinds.contains(kind);
    survey.groups.get(group)?.at.iter().find(counts).copied()
}

/// A request that shows the same at a cell as one does elsewhere in its group.
fn shown_at(
    survey: &Survey<'_>,
    group: usize,
    example: &Request<'static>,
    (place, kind): (usize, usize),
) -> Request<'static> {
    let mut example = example.clone();
    if let Some(kind) = survey.site.kinds.get(kind) {
        example.action = Cow::Owned(kind.name.to_string());
    }
    // Cells of a group are at several places only where rules read nothing of the path.
    let own = survey.groups.get(group).map(|group| group.cell.place);
    if let Some(place) = survey.places.get(place).filter(|_| own != Some(place)) {
        example.path = Cow::Owned(place.path(&BTreeMap::new()));
    }
    example
}
