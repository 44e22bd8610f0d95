//! Tables: what a test says for every choice of what it reads, as diagrams.

use doorward_model::Policy;
use doorward_model::expr::Value;
use doorward_model::ids::AttributeId;
use doorward_model::types::Type;

use super::{Encoder, Truth};
use crate::diagram::{Diagram, Variable};
use crate::space::{Choice, Datum, Key, Reader, Term};

/// What a test says once all that it reads is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Outcome {
    /// As that variable, a flag, says.
    Flag(Variable),
    Known(bool),
    Unknown,
}

impl Outcome {
    pub(super) fn of(answer: Option<bool>) -> Self {
        answer.map_or(Self::Unknown, Self::Known)
    }
}

/// A value that an operand has, once all that it reads is chosen.
#[derive(Clone, Copy)]
pub(super) enum Slot<'a> {
    Missing,
    One(&'a Datum),
    /// A recorded set.
    Recorded(&'a [Value]),
    /// A set whose elements are variables.
    Set,
}

/// What a policy records of a visitor's attribute.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Recorded {
    Scalar(Datum),
    Set(Vec<Value>),
}

impl Encoder<'_> {
    /// The table of a test over all that its terms read.
    pub(super) fn table(
        &mut self,
        reader: Reader<'_>,
        terms: &[Term],
        outcome: impl Fn(&Encoder<'_>, &[Slot<'_>]) -> Outcome,
    ) -> Truth {
        let mut variables: Vec<Variable> = Vec::new();
        let mut recorded: Vec<Option<Vec<Option<Recorded>>>> = Vec::new();
        for term in terms {
            let list = match term {
                Term::Varying(Key::Identity(name), _) => {
                    let id = reader.policy.identity_attribute_names.get(name);
                    variables.extend(self.space.variable(&Key::Visitor));
                    id.map(|id| self.recorded(reader.number, reader.policy, *id))
                }
                _ => None,
            };
            recorded.push(list);
            if let Term::Varying(key, _) = term {
                variables.extend(self.space.variable(key));
            }
        }
        variables.sort_unstable();
        variables.dedup();
        let size = variables.iter().fold(1u64, |all, it| all.saturating_mul(self.diagrams.width(*it).into()));
        if !self.diagrams.spend(size) {
            return Truth::UNKNOWN;
        }
        let table = Table { encoder: &*self, reader, terms, recorded: &recorded, variables: &variables };
        let mut outcomes = Vec::new();
        table.fill(&mut Vec::new(), &outcome, &mut outcomes);
        // The outcomes stand in the order of the last variable first, and are folded up level by level.
        let mut level: Vec<(Diagram, Diagram)> = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            level.push(match outcome {
                Outcome::Known(answer) => (Diagram::of(answer), Diagram::of(!answer)),
                Outcome::Unknown => (Diagram::FALSE, Diagram::FALSE),
                Outcome::Flag(variable) => {
                    let choices = self.space.choices(variable);
                    let is = |value: usize, flag: bool| choices.get(value) == Some(&Choice::Flag(flag));
                    let yes = self.diagrams.of_values(variable, |value| is(value, true));
                    (yes, self.diagrams.of_values(variable, |value| is(value, false)))
                }
            });
        }
        for variable in variables.iter().rev() {
            let width = self.diagrams.width(*variable) as usize;
            level = level
                .chunks(width.max(1))
                .map(|chunk| {
                    let (yes, no): (Vec<Diagram>, Vec<Diagram>) = chunk.iter().copied().unzip();
                    (self.diagrams.node(*variable, &yes), self.diagrams.node(*variable, &no))
                })
                .collect();
        }
        level.first().map_or(Truth::UNKNOWN, |(yes, no)| Truth { yes: *yes, no: *no })
    }

    /// By visitor, what a policy records of an attribute.
    pub(super) fn recorded(&mut self, policy: usize, model: &Policy, attribute: AttributeId) -> Vec<Option<Recorded>> {
        if let Some(known) = self.recorded.get(&(policy, attribute)) {
            return known.clone();
        }
        let of = |person: Option<u32>| {
            let id = self.site.people.get(person? as usize)?.id(policy)?;
            let value = model.identities.get(id.index())?.attribute(attribute)?;
            Some(match value {
                Value::Set(values) => Recorded::Set(values.clone()),
                scalar => Recorded::Scalar(Datum::of(scalar, model)?),
            })
        };
        let list: Vec<Option<Recorded>> = self.space.crowd.visitors.iter().map(|visitor| of(visitor.person)).collect();
        self.recorded.insert((policy, attribute), list.clone());
        list
    }
}

struct Table<'t, 's> {
    encoder: &'t Encoder<'s>,
    reader: Reader<'t>,
    terms: &'t [Term],
    recorded: &'t [Option<Vec<Option<Recorded>>>],
    variables: &'t [Variable],
}

impl Table<'_, '_> {
    /// The outcomes of all choices, the last variable changing fastest.
    fn fill(
        &self,
        chosen: &mut Vec<usize>,
        outcome: &impl Fn(&Encoder<'_>, &[Slot<'_>]) -> Outcome,
        outcomes: &mut Vec<Outcome>,
    ) {
        let Some(variable) = self.variables.get(chosen.len()) else {
            let slots: Vec<Slot<'_>> = self
                .terms
                .iter()
                .zip(self.recorded)
                .map(|(term, recorded)| self.slot(term, recorded, chosen))
                .collect();
            outcomes.push(outcome(self.encoder, &slots));
            return;
        };
        for value in 0..self.encoder.space.choices(*variable).len() {
            chosen.push(value);
            self.fill(chosen, outcome, outcomes);
            chosen.pop();
        }
    }

    fn choice(&self, key: &Key, chosen: &[usize]) -> Option<&Choice> {
        let variable = self.encoder.space.variable(key)?;
        let index = self.variables.binary_search(&variable).ok()?;
        self.encoder.space.choices(variable).get(*chosen.get(index)?)
    }

    fn slot<'t>(&'t self, term: &'t Term, recorded: &'t Option<Vec<Option<Recorded>>>, chosen: &[usize]) -> Slot<'t> {
        let (key, ty) = match term {
            Term::Constant(value) => return Slot::One(value),
            Term::Missing => return Slot::Missing,
            Term::Varying(key, ty) => (key, *ty),
        };
        if let (Key::Identity(_), Some(recorded)) = (key, recorded) {
            match self.choice(&Key::Visitor, chosen) {
                Some(Choice::Known(index)) => match recorded.get(*index).and_then(Option::as_ref) {
                    Some(Recorded::Scalar(value)) => return Slot::One(value),
                    Some(Recorded::Set(values)) => return Slot::Recorded(values),
                    None => {}
                },
                // Who is not known claims nothing.
                _ => return Slot::Missing,
            }
        }
        match (self.choice(key, chosen), ty) {
            (Some(Choice::Known(index)), _) => {
                self.encoder.space.crowd.names.get(*index).map_or(Slot::Missing, Slot::One)
            }
            (Some(Choice::Set), Some(Type::Set(_))) => Slot::Set,
            (Some(Choice::Scalar(value)), Some(Type::Scalar(scalar))) if value.fits(scalar, self.reader.policy) => {
                Slot::One(value)
            }
            (Some(Choice::Scalar(value)), None) => Slot::One(value),
            _ => Slot::Missing,
        }
    }
}
