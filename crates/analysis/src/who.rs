//! Who can do something, somewhere: everybody, grouped by the conditions under which they are let in.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use doorward_model::path::Path;
use doorward_model::request::is_identity;
use doorward_model::{Policy, Request};
use doorward_syntax::ast::SmolStr;

use crate::error::TooComplex;
use crate::facts::Facts;
use crate::grounds::{Ground, Reasons};
use crate::paths::Place;
use crate::people::{People, Set};
use crate::register::{Answers, Register, Scene, Told};
use crate::space::crowd::Visitor;
use crate::space::{Choice, Datum, Key, Space, Uses};
use crate::verdict::Answered;

/// Who may do this, here?
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WhoQuestion<'a> {
    /// A method, or an action that the policy declares. Any other one is answered 403, but for visitors without valid
    /// credentials 401 where the policy says `answer unidentified 401`.
    pub action: Cow<'a, str>,
    /// The path, raw, as sent.
    pub path: Cow<'a, str>,
    /// What else is known of the requests that the question is about.
    pub facts: Facts<'a>,
}

/// The complete answer to a [`WhoQuestion`].
#[derive(Clone, Debug, PartialEq)]
pub struct Who<'p> {
    /// What visitors get, and which: those who are let in first. Whoever gets one thing or another as it turns out is in
    /// several rows.
    pub rows: Vec<WhoRow<'p>>,
}

/// Visitors who get the same answer under the same conditions.
#[derive(Clone, Debug, PartialEq)]
pub struct WhoRow<'p> {
    /// What they get.
    pub answered: Answered,
    /// Who they are: all of them.
    pub people: People,
    /// Whether they get it whatever is open.
    pub always: bool,
    /// Of those who are let in: what must hold, one of these at least.
    pub grounds: Vec<Ground<'p>>,
    /// And what must not hold, none of these. What is unknown keeps out.
    pub unless: Vec<Ground<'p>>,
    /// A request that shows it.
    pub example: Request<'static>,
}

/// Says who can do something, somewhere.
///
/// Exact: every visitor that there could be is in the rows, and gets nothing else than they say, under the conditions that
/// they say.
///
/// # Errors
/// If that takes more work than [`limits`](crate::limits) allow.
pub fn who<'p>(policy: &'p Policy, question: &WhoQuestion<'_>) -> Result<Who<'p>, TooComplex> {
    Register::new(policy).who(question)
}

impl<'p> Register<'p> {
    /// Says who can do something, somewhere: as [`who`].
    ///
    /// # Errors
    /// If that takes more work than [`limits`](crate::limits) allow.
    pub fn who(&self, question: &WhoQuestion<'_>) -> Result<Who<'p>, TooComplex> {
        let site = &self.site;
        let place = Path::parse(&question.path).map_or_else(|_| Place::ambiguous(), |path| site.place_of(&path));
        // Nothing tells one action that no policy knows from another.
        let kind = site.kind_of(&question.action);
        let kind = kind.or_else(|| site.kinds.iter().position(|kind| !kind.is_known(0))).unwrap_or_default();
        let cell = site.cell(0, &place, kind);
        let scene = Scene::new(self, &place, &cell, &question.facts, None)?;
        let mut answers = Answers::new(self, &scene, &place, &cell, &question.facts)?;
        let classes = self.classes(&scene.space);
        let named = self.named(&scene.uses);
        let mut told: Vec<Vec<(Told, Reasons)>> = Vec::new();
        for (number, choice) in scene.visitors().iter().enumerate() {
            told.push(answers.told(number, choice)?);
        }
        // Those whom nobody names are told as one, even where patterns tell them apart.
        let is_other = |choice: &Choice| match choice {
            Choice::Known(index) => {
                let visitor = scene.space.crowd.visitors.get(*index);
                visitor.is_some_and(|visitor| visitor.person.is_none() && !named.contains(&visitor.name))
            }
            _ => false,
        };
        let mut others = told.iter().zip(scene.visitors()).filter(|(_, choice)| is_other(choice)).map(|(told, _)| told);
        let first = others.next();
        let alike = others.all(|other| Some(other) == first);
        let mut found: BTreeMap<Told, (Reasons, BTreeSet<usize>)> = BTreeMap::new();
        for (number, (told, choice)) in told.into_iter().zip(scene.visitors()).enumerate() {
            for (mut told, mut reasons) in told {
                let always = reasons.always && (alike || !is_other(choice));
                (told.2.0, reasons.always) = (always, always);
                let (known, visitors) = found.entry(told).or_default();
                known.extend(reasons);
                visitors.insert(number);
            }
        }
        let mut rows = Vec::new();
        for ((answered, ..), (reasons, visitors)) in found {
            let Some(mut example) = answers.example(&visitors, answered, &question.action) else { continue };
            example.path = Cow::Owned(question.path.to_string());
            let visitors = visitors.iter().filter_map(|number| scene.visitors().get(*number));
            let set = self.set(visitors, &scene.space, &classes, &named);
            rows.push(WhoRow {
                answered,
                people: self.roster.people(&set, &named, answers.groups()),
                always: reasons.always,
                grounds: reasons.allows(self.policy),
                unless: reasons.denies(self.policy),
                example,
            });
        }
        answers.encoder.within_budget(&cell)?;
        // Those who are let in whatever happens first, and of others the many.
        rows.sort_by_key(|row| {
            let allowed = row.answered == Answered::Allow;
            (row.answered, !row.always, allowed.then(|| Reverse(row.people.size())))
        });
        Ok(Who { rows })
    }

    /// By class, the declared people in it.
    fn classes(&self, space: &Space) -> Vec<Vec<usize>> {
        let mut classes = vec![Vec::new(); space.crowd.sizes.len()];
        for person in 0..self.roster.count() {
            let class = space.crowd.class_of(u32::try_from(person).unwrap_or(u32::MAX));
            classes.get_mut(class as usize).into_iter().for_each(|class: &mut Vec<usize>| class.push(person));
        }
        classes
    }

    /// Everybody for whom some visitors stand.
    fn set<'c>(
        &self,
        visitors: impl Iterator<Item = &'c Choice>,
        space: &Space,
        classes: &[Vec<usize>],
        named: &BTreeSet<SmolStr>,
    ) -> Set {
        let mut set = Set::none(self.roster.count());
        let mut seen = BTreeSet::new();
        for choice in visitors {
            let known = match choice {
                Choice::Anonymous => {
                    set.anonymous = true;
                    continue;
                }
                Choice::Known(index) => space.crowd.visitors.get(*index),
                _ => {
                    set.rejected = true;
                    continue;
                }
            };
            match known {
                Some(Visitor { person: Some(_), class, .. }) if seen.insert(*class) => {
                    classes.get(*class as usize).into_iter().flatten().for_each(|it| set.declared.insert(*it));
                }
                Some(Visitor { person: None, name, .. }) if named.contains(name) => _ = set.named.insert(name.clone()),
                Some(Visitor { person: None, .. }) => set.others = true,
                _ => {}
            }
        }
        set
    }

    /// Every undeclared name that anything is said about.
    fn named(&self, uses: &Uses<'_>) -> BTreeSet<SmolStr> {
        let constants = uses.component_of(&Key::Visitor).into_iter().flat_map(|component| &component.constants);
        let names = constants.filter_map(|value| match value {
            Datum::Text(name) => Some(name.clone()),
            _ => None,
        });
        names.filter(|name| is_identity(name) && self.policy.identity(name).is_none()).collect()
    }
}

#[cfg(test)]
mod tests;
