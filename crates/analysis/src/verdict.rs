//! What a policy answers at one cell, as a diagram: section 4 of the language with the stronger visitors quantified away.

use std::collections::BTreeMap;

use doorward_model::types::Type;
use doorward_syntax::ast::{Answer, Effect, ScalarType};

use crate::diagram::{Diagram, Join, Variable};
use crate::encode::{Encoder, Truth};
use crate::error::TooComplex;
use crate::paths::Place;
use crate::site::{Cell, Concealment, Entry};
use crate::space::{Choice, Key, Reader};

/// What is answered, over HTTP included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Answered {
    /// 200.
    Allow,
    /// 401.
    Unauthenticated,
    /// 403.
    Forbidden,
    /// 403, told as 404.
    ConcealedForbidden,
    /// 401, told as 404.
    ConcealedUnauthenticated,
}

impl Answered {
    pub(crate) const ALL: [Self; 5] =
        [Self::Allow, Self::Unauthenticated, Self::Forbidden, Self::ConcealedForbidden, Self::ConcealedUnauthenticated];

    /// As a code of diagrams, from 1 to 5.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Allow => 1,
            Self::Unauthenticated => 2,
            Self::Forbidden => 3,
            Self::ConcealedForbidden => 4,
            Self::ConcealedUnauthenticated => 5,
        }
    }

    pub(crate) fn of_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|answered| answered.code() == code)
    }

    /// The status of the verdict: 200, 401 or 403.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Allow => 200,
            Self::Unauthenticated | Self::ConcealedUnauthenticated => 401,
            Self::Forbidden | Self::ConcealedForbidden => 403,
        }
    }

    /// The status that goes over HTTP, which `conceal` makes a 404.
    #[must_use]
    pub fn http_status(self) -> u16 {
        match self {
            Self::ConcealedForbidden | Self::ConcealedUnauthenticated => 404,
            _ => self.status(),
        }
    }
}

/// What the rules of one policy say at one cell, each for itself.
pub(crate) struct Rulings {
    /// Where each entry's allow, or deny, applies.
    pub(crate) allows: Vec<(Entry, Diagram)>,
    pub(crate) denies: Vec<(Entry, Diagram)>,
}

impl Rulings {
    /// Where an allow applies and no deny does, of those entries that `counts` is true of.
    pub(crate) fn permits(&self, encoder: &mut Encoder<'_>, counts: impl Fn(Entry) -> bool) -> Diagram {
        let of = |list: &[(Entry, Diagram)]| -> Vec<Diagram> {
            list.iter().filter(|(entry, _)| counts(*entry)).map(|(_, diagram)| *diagram).collect()
        };
        let (allows, denies) = (of(&self.allows), of(&self.denies));
        let (allows, denies) = (encoder.diagrams.any(allows), encoder.diagrams.any(denies));
        encoder.diagrams.minus(allows, denies)
    }
}

impl Encoder<'_> {
    /// What each rule of a policy says. Entries that are no rules are left out.
    ///
    /// # Errors
    /// If that takes more than the budget; it names the rule that costs most.
    pub(crate) fn rulings(&mut self, place: &Place, cell: &Cell, policy: usize) -> Result<Rulings, TooComplex> {
        let mut rulings = Rulings { allows: Vec::new(), denies: Vec::new() };
        let mut costs: BTreeMap<usize, u64> = BTreeMap::new();
        let site = self.site;
        for entry in cell.entries.get(policy).into_iter().flatten() {
            let Some(reader) = Reader::new(site, place, policy, *entry) else { continue };
            let before = self.diagrams.steps();
            match reader.part.effect {
                Some(Effect::Allow) => rulings.allows.push((*entry, self.holds(reader))),
                Some(Effect::Deny) => rulings.denies.push((*entry, self.cannot_be_excluded(reader))),
                None => {}
            }
            *costs.entry(entry.part).or_default() += self.diagrams.steps() - before;
        }
        if !self.diagrams.is_spent() {
            return Ok(rulings);
        }
        let costliest = costs.into_iter().max_by_key(|(_, cost)| *cost).map_or(0, |(part, _)| part);
        Err(self.too_complex(policy, costliest))
    }

    fn too_complex(&self, policy: usize, part: usize) -> TooComplex {
        let policy = self.site.policy(policy);
        let rule = policy.and_then(|policy| Some(policy.rule_name(policy.rules.get(part)?)));
        TooComplex::new(match rule {
            Some(rule) => format!("`{rule}` and the rules that meet it"),
            None => "the clauses of the question".to_owned(),
        })
    }

    /// # Errors
    /// If the budget is spent; it names a rule of the cell.
    pub(crate) fn within_budget(&self, cell: &Cell) -> Result<(), TooComplex> {
        if self.overlong.get() {
            return Err(TooComplex::new("the lengths of paths"));
        }
        if !self.diagrams.is_spent() {
            return Ok(());
        }
        let first = cell.entries.iter().enumerate().find_map(|(policy, entries)| Some((policy, entries.first()?.part)));
        let (policy, part) = first.unwrap_or((0, usize::MAX));
        Err(self.too_complex(policy, part))
    }

    /// Where all clauses of a part are true.
    pub(crate) fn holds(&mut self, reader: Reader<'_>) -> Diagram {
        let subjects = self.subjects(reader.number, reader.part.subjects);
        let rest = self.besides_subjects(reader);
        self.diagrams.and(subjects, rest)
    }

    /// Where all clauses of a part but SUBJECTS are true.
    pub(crate) fn besides_subjects(&mut self, reader: Reader<'_>) -> Diagram {
        let mut all = Diagram::TRUE;
        for truth in self.clauses(reader) {
            all = self.diagrams.and(all, truth.yes);
        }
        all
    }

    /// Where no clause of a part is false.
    fn cannot_be_excluded(&mut self, reader: Reader<'_>) -> Diagram {
        let mut all = self.subjects(reader.number, reader.part.subjects);
        for truth in self.clauses(reader) {
            all = self.diagrams.minus(all, truth.no);
        }
        all
    }

    /// The clauses of a part but SUBJECTS, actions and rooms.
    pub(crate) fn clauses(&mut self, reader: Reader<'_>) -> Vec<Truth> {
        let part = *reader.part;
        let mut clauses = Vec::new();
        if let Some(strength) = part.with {
            clauses.push(self.reached(reader.number, strength));
        }
        if let Some(strength) = part.without {
            let Truth { yes, no } = self.reached(reader.number, strength);
            clauses.push(Truth { yes: no, no: yes });
        }
        if let Some(origins) = part.origins {
            clauses.push(self.origins(origins));
        }
        if let Some(when) = part.when {
            clauses.push(self.expr(when, reader));
        }
        if let Some(unless) = part.unless {
            let Truth { yes, no } = self.expr(unless, reader);
            clauses.push(Truth { yes: no, no: yes });
        }
        clauses
    }

    /// What is answered where `permits` is what section 4 calls so: codes of [`Answered`].
    pub(crate) fn answered(&mut self, policy: usize, permits: Diagram, concealment: Concealment) -> Diagram {
        let Some(model) = self.site.policy(policy) else { return Diagram::FALSE };
        let best = self.strongest(policy, permits);
        let could = self.could(policy, best);
        let known = self.known();
        let anonymous = self.of_choices(&Key::Visitor, |choice| *choice == Choice::Anonymous);
        let rejected = self.of_choices(&Key::Visitor, |choice| *choice == Choice::Rejected);
        let (allow, unauthenticated, forbidden) =
            (Answered::Allow.code(), Answered::Unauthenticated.code(), Answered::Forbidden.code());
        let step_up = if model.answers(Answer::StepUp403) { forbidden } else { unauthenticated };
        let hopeless = if model.answers(Answer::Unidentified401) { unauthenticated } else { forbidden };
        let as_anonymous = if model.answers(Answer::RejectedAsAnonymous) { allow } else { unauthenticated };
        let mut answered = Diagram::FALSE;
        // The first of these that holds counts.
        for (who, condition, code) in [
            (known, permits, allow),
            (known, best, step_up),
            (known, Diagram::TRUE, forbidden),
            (anonymous, permits, allow),
            (rejected, permits, as_anonymous),
            (anonymous, could, unauthenticated),
            (rejected, could, unauthenticated),
            (anonymous, Diagram::TRUE, hopeless),
            (rejected, Diagram::TRUE, hopeless),
        ] {
            let holds = self.diagrams.and(who, condition);
            let told = self.diagrams.recode(holds, &[0, code]);
            answered = self.diagrams.join(Join::First, answered, told);
        }
        match concealment {
            Concealment::Nothing => answered,
            Concealment::Forbidden => self.diagrams.recode(answered, &[0, 1, 2, 4, 4, 5]),
            Concealment::Entirely => self.diagrams.recode(answered, &[0, 1, 5, 4, 4, 5]),
        }
    }

    /// The same with the greatest strength there is.
    pub(crate) fn strongest(&mut self, policy: usize, permits: Diagram) -> Diagram {
        let Some(model) = self.site.policy(policy) else { return permits };
        let rank = |choice: &Choice| match choice {
            Choice::Level(Some(name)) if model.levels.len() > 1 => {
                model.level_names.get(name).map_or(0, |level| level.index())
            }
            _ => 0,
        };
        let level = self.space.variable(&Key::Level);
        let choices = level.map_or(&[][..], |variable| self.space.choices(variable)).iter().enumerate();
        let highest = choices.max_by_key(|(index, choice)| (rank(choice), usize::MAX - index)).map(|(index, _)| index);
        let age = self.space.variable(&Key::Age);
        self.diagrams.fix(permits, |variable| match Some(variable) {
            it if it == level => highest,
            // The first age is that of an authentication of this moment.
            it if it == age => Some(0),
            _ => None,
        })
    }

    /// Whether some known visitor that there could be makes it true.
    fn could(&mut self, policy: usize, best: Diagram) -> Diagram {
        let space = self.space;
        let among: BTreeMap<Variable, Vec<usize>> = space
            .iter()
            .filter_map(|(variable, key, choices)| Some((variable, self.possible(policy, key, choices)?)))
            .collect();
        self.diagrams.exists(best, |variable| among.get(&variable).map(Vec::as_slice))
    }

    /// The choices of a key that there could be of a known visitor for a policy; `None` for what is not the visitor's.
    pub(crate) fn possible(&self, policy: usize, key: &Key, choices: &[Choice]) -> Option<Vec<usize>> {
        let all = || (0..choices.len()).collect();
        let where_ = |holds: &dyn Fn(&Choice) -> bool| {
            choices.iter().enumerate().filter(|(_, choice)| holds(choice)).map(|(index, _)| index).collect::<Vec<_>>()
        };
        match key {
            Key::Visitor => Some(where_(&|choice| matches!(choice, Choice::Known(_)))),
            Key::Claim(_) => Some(all()),
            Key::Element(set, value) => {
                let Key::Identity(name) = &**set else { return None };
                let model = self.site.policy(policy)?;
                let id = model.identity_attribute_names.get(name);
                let declared = id.and_then(|id| model.identity_attributes.get(id.index()));
                // A claimed set that holds a group of another policy is none.
                let none = declared
                    .is_some_and(|it| it.ty == Type::Set(ScalarType::Group) && !value.fits(ScalarType::Group, model));
                Some(if none { where_(&|choice| *choice == Choice::Flag(false)) } else { all() })
            }
            Key::Identity(name) => {
                let model = self.site.policy(policy)?;
                let id = model.identity_attribute_names.get(name);
                let Some(declared) = id.and_then(|id| model.identity_attributes.get(id.index())) else {
                    return Some(all());
                };
                let values = where_(&|choice| match (choice, declared.ty) {
                    (Choice::Set, Type::Set(_)) => true,
                    (Choice::Scalar(value), Type::Scalar(scalar)) => value.fits(scalar, model),
                    _ => false,
                });
                // Where no value exists at all, there are still visitors.
                if declared.optional || values.is_empty() {
                    let mut values = values;
                    values.extend(where_(&|choice| *choice == Choice::Missing));
                    return Some(values);
                }
                Some(values)
            }
            Key::Level | Key::Age | Key::Address | Key::Time | Key::Context(_) | Key::Parameter(_) | Key::Room(_) => {
                None
            }
        }
    }
}
