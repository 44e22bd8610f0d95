//! A policy that is made ready for questions about people, and one cell of it with all that is open there.

use std::collections::BTreeSet;

use doorward_model::{Policy, Request};
use doorward_syntax::ast::SmolStr;

use crate::diagram::{Diagram, Variable};
use crate::encode::Encoder;
use crate::error::TooComplex;
use crate::facts::{Facts, Made};
use crate::grounds::{Reasons, Speaker, Words};
use crate::limits;
use crate::paths::Place;
use crate::people::Roster;
use crate::site::{Cell, Site};
use crate::space::{Choice, Key, Space, Uses};
use crate::verdict::Answered;

/// A policy that is made ready for questions about people.
#[derive(Debug)]
pub struct Register<'p> {
    pub(crate) policy: &'p Policy,
    pub(crate) site: Site<'p>,
    pub(crate) roster: Roster<'p>,
}

impl<'p> Register<'p> {
    /// Makes a policy ready, for any number of questions.
    #[must_use]
    pub fn new(policy: &'p Policy) -> Self {
        Self { policy, site: Site::new(&[policy], &[]), roster: Roster::new(policy) }
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &'p Policy {
        self.policy
    }
}

/// One cell, and what is answered there.
pub(crate) struct Scene<'s> {
    pub(crate) uses: Uses<'s>,
    pub(crate) space: Space,
}

impl<'s> Scene<'s> {
    /// Of everybody, or of those who have one of these names alone.
    ///
    /// # Errors
    /// If more varies than [`limits`] allow.
    pub(crate) fn new(
        register: &'s Register<'_>,
        place: &'s Place,
        cell: &'s Cell,
        facts: &Facts<'_>,
        only: Option<&BTreeSet<SmolStr>>,
    ) -> Result<Self, TooComplex> {
        let mut uses = Uses::of(&register.site, place, cell);
        uses.know(facts, register.policy);
        let space = Space::knowing(&register.site, place, &uses, only, facts)?;
        Ok(Self { uses, space })
    }

    /// The visitors who are told apart, the anonymous first.
    pub(crate) fn visitors(&self) -> &[Choice] {
        self.space.variable(&Key::Visitor).map_or(&[], |visitor| self.space.choices(visitor))
    }
}

/// What is answered to whom, and why.
pub(crate) struct Answers<'a> {
    pub(crate) encoder: Encoder<'a>,
    speaker: Speaker,
    made: Made,
    place: &'a Place,
    cell: &'a Cell,
    // Codes of what is answered, before and after the choices that visitors have made.
    answered: Diagram,
    settled: Diagram,
}

/// An answer, whether logging in would change it, and the conditions in words.
pub(crate) type Told = (Answered, bool, (bool, Vec<Words>, Vec<Words>));

impl<'a> Answers<'a> {
    /// # Errors
    /// If that takes more than the budget.
    pub(crate) fn new(
        register: &'a Register<'_>,
        scene: &'a Scene<'_>,
        place: &'a Place,
        cell: &'a Cell,
        facts: &Facts<'_>,
    ) -> Result<Self, TooComplex> {
        let mut encoder = Encoder::new(&register.site, &scene.space, limits::CELL_STEPS);
        let made = Made::of(&encoder, &scene.uses, facts, register.policy);
        let permits = encoder.rulings(place, cell, 0)?.permits(&mut encoder, |_| true);
        let answered = encoder.answered(0, permits, cell.conceals.first().copied().unwrap_or_default());
        let settled = made.settle(&mut encoder, answered);
        let speaker = Speaker::new(&mut encoder, place, cell, &made);
        encoder.within_budget(cell)?;
        Ok(Self { encoder, speaker, made, place, cell, answered, settled })
    }

    /// Everything that a visitor may be told, by the number of the choice, and why.
    ///
    /// # Errors
    /// If that takes more than the budget.
    pub(crate) fn told(&mut self, visitor: usize, choice: &Choice) -> Result<Vec<(Told, Reasons)>, TooComplex> {
        let child = self.encoder.diagrams.child(self.settled, Variable(0), visitor);
        let codes = self.encoder.diagrams.codes(child);
        let mut all = Vec::new();
        for answered in Answered::ALL.into_iter().filter(|it| codes >> it.code() & 1 == 1) {
            let reasons = match answered {
                Answered::Allow => self.speaker.reasons(&mut self.encoder, visitor).unwrap_or_default(),
                _ => Reasons { always: child.code().is_some(), ..Reasons::default() },
            };
            // Somebody known can authenticate more strongly, somebody else can log in.
            let logs_in = answered.status() == 401 && !matches!(choice, Choice::Known(_));
            all.push(((answered, logs_in, reasons.words()), reasons));
        }
        self.encoder.within_budget(self.cell)?;
        Ok(all)
    }

    /// Groups that rules of the cell speak of.
    pub(crate) fn groups(&self) -> &BTreeSet<doorward_model::ids::GroupId> {
        &self.speaker.groups
    }

    /// The smallest request of some visitors that is answered so.
    pub(crate) fn example(
        &mut self,
        visitors: &BTreeSet<usize>,
        told: Answered,
        action: &str,
    ) -> Option<Request<'static>> {
        let codes: Vec<u8> = (0..8).map(|code| u8::from(code == told.code())).collect();
        let diagrams = &mut self.encoder.diagrams;
        let region = diagrams.recode(self.answered, &codes);
        let who = diagrams.of_values(Variable(0), |value| visitors.contains(&value));
        let mut region = diagrams.and(who, region);
        let space = self.encoder.space;
        for (variable, _, _) in space.iter() {
            let Some(chosen) = self.made.get(variable) else { continue };
            let chosen = self.encoder.diagrams.of_values(variable, |value| value == chosen);
            region = self.encoder.diagrams.and(region, chosen);
        }
        let (_, mut chosen) = self.encoder.cheapest(region)?;
        // What has one value is never asked for.
        let single = space.iter().filter(|(_, _, choices)| choices.len() == 1).map(|(variable, _, _)| (variable, 0));
        let single: Vec<(Variable, usize)> =
            single.filter(|(variable, _)| chosen.iter().all(|(other, _)| other != variable)).collect();
        chosen.extend(single);
        Some(self.encoder.request(self.place, action, &chosen))
    }
}
