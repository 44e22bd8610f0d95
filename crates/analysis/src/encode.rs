//! What the parts of one cell say, as diagrams over all that can vary there.

mod table; // what tests say, choice by choice

use std::cell::Cell;
use std::collections::BTreeMap;

use doorward_model::address::PrefixSet;
use doorward_model::expr::{Expr, Operand, Order, Set, Test, TestKind};
use doorward_model::ids::{AttributeId, GroupId};
use doorward_model::rule::{Members, Strength, Subjects, Who};
use doorward_model::types::Type;
use doorward_syntax::ast::ScalarType;
use hashbrown::HashMap;

use self::table::{Outcome, Recorded, Slot};
use crate::diagram::{Diagram, Diagrams};
use crate::site::Site;
use crate::space::{Choice, Datum, Key, Reader, Space, Term, element, in_window};

/// Where something is true and where it is false; elsewhere it is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Truth {
    pub(crate) yes: Diagram,
    pub(crate) no: Diagram,
}

impl Truth {
    pub(crate) const TRUE: Self = Self { yes: Diagram::TRUE, no: Diagram::FALSE };
    const FALSE: Self = Self { yes: Diagram::FALSE, no: Diagram::TRUE };
    const UNKNOWN: Self = Self { yes: Diagram::FALSE, no: Diagram::FALSE };

    /// True or false everywhere.
    pub(crate) const fn of(truth: bool) -> Self {
        if truth { Self::TRUE } else { Self::FALSE }
    }

    pub(crate) const fn negated(self) -> Self {
        Self { yes: self.no, no: self.yes }
    }
}

/// Makes the diagrams of one cell.
pub(crate) struct Encoder<'s> {
    pub(crate) site: &'s Site<'s>,
    pub(crate) space: &'s Space,
    pub(crate) diagrams: Diagrams,
    members: HashMap<(usize, GroupId), Diagram, foldhash::fast::RandomState>,
    // By policy and attribute: what is recorded of each visitor.
    recorded: BTreeMap<(usize, AttributeId), Vec<Option<Recorded>>>,
    /// Whether a request that was to be shown has a longer path than there can be.
    pub(crate) overlong: Cell<bool>,
}

impl<'s> Encoder<'s> {
    pub(crate) fn new(site: &'s Site<'s>, space: &'s Space, budget: u64) -> Self {
        let mut diagrams = Diagrams::new(space.widths(), budget);
        diagrams.spend(space.steps);
        Self {
            site,
            space,
            diagrams,
            members: HashMap::default(),
            recorded: BTreeMap::new(),
            overlong: Cell::new(false),
        }
    }

    /// The function that is true for the choices of one key that `holds` is; false if the key does not vary.
    pub(crate) fn of_choices(&mut self, key: &Key, holds: impl Fn(&Choice) -> bool) -> Diagram {
        let Some(variable) = self.space.variable(key) else { return Diagram::FALSE };
        let holds: Vec<bool> = self.space.choices(variable).iter().map(holds).collect();
        self.diagrams.of_values(variable, |value| holds.get(value).copied().unwrap_or(false))
    }

    /// Whether the visitor is known.
    pub(crate) fn known(&mut self) -> Diagram {
        self.of_choices(&Key::Visitor, |choice| matches!(choice, Choice::Known(_)))
    }

    /// Whether the visitor is in a group, as the policy lists it or by a claim.
    fn member(&mut self, policy: usize, group: GroupId) -> Diagram {
        if let Some(&known) = self.members.get(&(policy, group)) {
            return known;
        }
        let Some(model) = self.site.policy(policy) else { return Diagram::FALSE };
        let claims: Vec<Key> = model
            .groups
            .iter()
            .filter(|claimed| claimed.claimed && claimed.within.binary_search(&group).is_ok())
            .map(|claimed| Key::Claim((&*claimed.name).into()))
            .collect();
        let claims: Vec<Diagram> =
            claims.iter().map(|key| self.of_choices(key, |choice| *choice == Choice::Flag(true))).collect();
        let claimed = self.diagrams.any(claims);
        // Listed visitors are in it whatever they claim, other known ones if they claim it.
        let ways = self.by_visitor(|encoder, visitor| match visitor {
            Some(index) if encoder.is_listed(policy, index, group) => Diagram::TRUE,
            Some(_) => claimed,
            None => Diagram::FALSE,
        });
        let diagram = self.space.variable(&Key::Visitor).map_or(Diagram::FALSE, |it| self.diagrams.node(it, &ways));
        self.members.insert((policy, group), diagram);
        diagram
    }

    fn is_listed(&self, policy: usize, visitor: usize, group: GroupId) -> bool {
        let person = self.space.crowd.visitors.get(visitor).and_then(|visitor| visitor.person);
        person.is_some_and(|person| self.site.members(policy, group).binary_search(&person).is_ok())
    }

    /// One diagram for each choice of visitor; known ones come by their index.
    fn by_visitor(&self, of: impl Fn(&Self, Option<usize>) -> Diagram) -> Vec<Diagram> {
        let Some(variable) = self.space.variable(&Key::Visitor) else { return Vec::new() };
        let choices = self.space.choices(variable).iter();
        choices
            .map(|choice| match choice {
                Choice::Known(index) => of(self, Some(*index)),
                _ => of(self, None),
            })
            .collect()
    }

    /// Whether the visitor is one of these, by name or by group.
    fn among(&mut self, policy: usize, members: &Members) -> Diagram {
        let mut all: Vec<Diagram> = members.groups.iter().map(|group| self.member(policy, *group)).collect();
        if !members.identities.is_empty()
            && let Some(variable) = self.space.variable(&Key::Visitor)
        {
            let named = self.by_visitor(|encoder, visitor| {
                let person = visitor
                    .and_then(|index| encoder.space.crowd.visitors.get(index))
                    .and_then(|visitor| visitor.person);
                let id = person.and_then(|person| encoder.site.people.get(person as usize)?.id(policy));
                Diagram::of(id.is_some_and(|id| members.identities.binary_search(&id).is_ok()))
            });
            all.push(self.diagrams.node(variable, &named));
        }
        self.diagrams.any(all)
    }

    pub(crate) fn subjects(&mut self, policy: usize, subjects: &Subjects) -> Diagram {
        let who = match &subjects.who {
            Who::Anyone => Diagram::TRUE,
            Who::Authenticated => self.known(),
            Who::Listed(members) => self.among(policy, members),
        };
        let except = self.among(policy, &subjects.except);
        self.diagrams.minus(who, except)
    }

    /// `with LEVEL within AGE`: true where it is reached; false, or unknown where the age is.
    pub(crate) fn reached(&mut self, policy: usize, needed: Strength) -> Truth {
        let Some(model) = self.site.policy(policy) else { return Truth::FALSE };
        let level = |choice: &Choice| match choice {
            Choice::Level(Some(name)) if model.levels.len() > 1 => {
                model.level_names.get(name).map_or(0, |level| level.index())
            }
            _ => 0,
        };
        let high = self.of_choices(&Key::Level, |choice| level(choice) >= needed.level.index());
        let known = self.known();
        let high = self.diagrams.and(known, high);
        let Some(within) = needed.within else { return Truth { yes: high, no: self.diagrams.not(high) } };
        let timed = self.of_choices(&Key::Time, |choice| *choice != Choice::Missing);
        let young = self.of_choices(&Key::Age, |choice| matches!(choice, Choice::Age(Some(age)) if *age <= within));
        let old = self.of_choices(&Key::Age, |choice| matches!(choice, Choice::Age(Some(age)) if *age > within));
        let (young, old) = (self.diagrams.and(timed, young), self.diagrams.and(timed, old));
        let low = self.diagrams.not(high);
        Truth { yes: self.diagrams.and(high, young), no: self.diagrams.or(low, old) }
    }

    pub(crate) fn origins(&mut self, set: &PrefixSet) -> Truth {
        let of = |wanted: bool| move |choice: &Choice| matches!(choice, Choice::Scalar(Datum::Address(it)) if set.contains(*it) == wanted);
        Truth { yes: self.of_choices(&Key::Address, of(true)), no: self.of_choices(&Key::Address, of(false)) }
    }

    /// Recursion is as deep as the expression, which the parser limits.
    pub(crate) fn expr(&mut self, expr: &Expr, reader: Reader<'_>) -> Truth {
        match expr {
            Expr::All(parts) => {
                let mut all = Truth::TRUE;
                for part in parts {
                    let part = self.expr(part, reader);
                    all = Truth { yes: self.diagrams.and(all.yes, part.yes), no: self.diagrams.or(all.no, part.no) };
                }
                all
            }
            Expr::Any(parts) => {
                let mut any = Truth::FALSE;
                for part in parts {
                    let part = self.expr(part, reader);
                    any = Truth { yes: self.diagrams.or(any.yes, part.yes), no: self.diagrams.and(any.no, part.no) };
                }
                any
            }
            Expr::Not(inner) => {
                let Truth { yes, no } = self.expr(inner, reader);
                Truth { yes: no, no: yes }
            }
            Expr::Test(test) => self.test(test, reader),
        }
    }

    /// One test.
    pub(crate) fn test(&mut self, test: &Test, reader: Reader<'_>) -> Truth {
        let policy = reader.policy;
        match &test.kind {
            TestKind::Constant(true) => Truth::TRUE,
            TestKind::Constant(false) => Truth::FALSE,
            TestKind::Equal(left, right) => self.scalars(reader, &[left, right], |values| match values {
                [left, right] => Some(left == right),
                _ => None,
            }),
            TestKind::Flag(reference) => {
                let operand = Operand::Reference(*reference);
                self.scalars(reader, &[&operand], |values| match values {
                    [Datum::Bool(value)] => Some(*value),
                    _ => None,
                })
            }
            TestKind::Has(reference) => {
                let term = reader.reference(*reference);
                let misfit = self.misfit(reader, &term);
                let has = self.table(reader, &[term], |_, slots| Outcome::Known(!matches!(slots, [Slot::Missing])));
                Truth { yes: self.diagrams.minus(has.yes, misfit), no: self.diagrams.or(has.no, misfit) }
            }
            TestKind::InGroups(groups) => {
                let all: Vec<Diagram> = groups.iter().map(|group| self.member(reader.number, *group)).collect();
                let yes = self.diagrams.any(all);
                Truth { yes, no: self.diagrams.not(yes) }
            }
            TestKind::InGroupOf(reference) => self.in_group_of(reader, &reader.reference(*reference)),
            TestKind::InNetwork(operand, set) => self.scalars(reader, &[operand], |values| match values {
                [Datum::Address(address)] => Some(set.contains(*address)),
                _ => None,
            }),
            TestKind::InSet(operand, Set::Values(values)) => {
                let values: Vec<Datum> = values.iter().filter_map(|value| Datum::of(value, policy)).collect();
                self.scalars(reader, &[operand], |found| match found {
                    [value] => Some(values.contains(value)),
                    _ => None,
                })
            }
            TestKind::InSet(operand, Set::Reference(reference)) => self.in_set(reader, operand, *reference),
            TestKind::InWindow { start, end } => self.clock(reader, |minute, _| in_window(minute, *start, *end)),
            TestKind::OnDay(days) => {
                self.clock(reader, |_, weekday| days.checked_shr(weekday.into()).unwrap_or(0) & 1 == 1)
            }
            TestKind::Like(operand, pattern) => self.scalars(reader, &[operand], |values| match values {
                [Datum::Text(text)] => Some(pattern.matches(text)),
                _ => None,
            }),
            TestKind::Order(left, order, right) => self.scalars(reader, &[left, right], |values| match values {
                [Datum::Int(left), Datum::Int(right)] => Some(order.holds(left, right)),
                [Datum::Time(left), Datum::Time(right)] => Some(order.holds(left, right)),
                _ => None,
            }),
            TestKind::Since(operand, order, seconds) => {
                self.scalars(reader, &[operand, &Operand::Time], |values| match values {
                    [Datum::Time(since), Datum::Time(now)] => {
                        let passed = now.nanoseconds_since(*since)?;
                        Some(Order::holds(*order, &passed, &(u128::from(*seconds) * 1_000_000_000)))
                    }
                    _ => None,
                })
            }
        }
    }

    fn clock(&mut self, reader: Reader<'_>, test: impl Fn(u16, u8) -> bool) -> Truth {
        self.scalars(reader, &[&Operand::Time], |values| match values {
            [Datum::Time(now)] => {
                let clock = reader.policy.zone.local(*now);
                Some(test(clock.minute, clock.weekday))
            }
            _ => None,
        })
    }

    /// A test of scalars, which is unknown where one is missing.
    fn scalars(
        &mut self,
        reader: Reader<'_>,
        operands: &[&Operand],
        test: impl Fn(&[&Datum]) -> Option<bool>,
    ) -> Truth {
        let terms: Vec<Term> = operands.iter().map(|operand| reader.operand(operand)).collect();
        self.table(reader, &terms, |_, slots| {
            let values: Option<Vec<&Datum>> = slots
                .iter()
                .map(|slot| match slot {
                    Slot::One(value) => Some(*value),
                    _ => None,
                })
                .collect();
            Outcome::of(values.and_then(|values| test(&values)))
        })
    }

    fn in_set(&mut self, reader: Reader<'_>, operand: &Operand, set: doorward_model::expr::Reference) -> Truth {
        let terms = [reader.operand(operand), reader.reference(set)];
        let key = match &terms[1] {
            Term::Varying(key, _) => Some(key.clone()),
            _ => None,
        };
        let misfit = self.misfit(reader, &terms[1]);
        let held = self.table(reader, &terms, |encoder, slots| match slots {
            [Slot::One(value), Slot::Recorded(values)] => {
                Outcome::Known(values.iter().any(|it| Datum::of(it, reader.policy).as_ref() == Some(*value)))
            }
            [Slot::One(value), Slot::Set] => {
                // A value that cannot be an element is in no set.
                let flag = key.as_ref().and_then(|key| encoder.space.variable(&element(key, (*value).clone())));
                flag.map_or(Outcome::Known(false), Outcome::Flag)
            }
            _ => Outcome::Unknown,
        });
        self.unless(held, misfit)
    }

    /// What is not known there, and elsewhere what it is.
    fn unless(&mut self, truth: Truth, unknown: Diagram) -> Truth {
        Truth { yes: self.diagrams.minus(truth.yes, unknown), no: self.diagrams.minus(truth.no, unknown) }
    }

    /// Where a set of a request holds a group of another policy, so that it is no set of groups to this one, and missing.
    fn misfit(&mut self, reader: Reader<'_>, term: &Term) -> Diagram {
        let Term::Varying(key, Some(Type::Set(ScalarType::Group))) = term else { return Diagram::FALSE };
        if self.site.policies.len() < 2 {
            return Diagram::FALSE;
        }
        let space = self.space;
        let others = space.iter().filter(|(_, element, _)| match element {
            Key::Element(set, group) => **set == *key && !group.fits(ScalarType::Group, reader.policy),
            _ => false,
        });
        let others: Vec<Diagram> =
            others.map(|(_, element, _)| self.of_choices(element, |choice| *choice == Choice::Flag(true))).collect();
        let held = self.diagrams.any(others);
        let is_set = self.of_choices(key, |choice| *choice == Choice::Set);
        let misfit = self.diagrams.and(is_set, held);
        match key {
            // What is recorded of a visitor is no matter of the request.
            Key::Identity(name) => {
                let id = reader.policy.identity_attribute_names.get(name);
                let Some(recorded) = id.map(|id| self.recorded(reader.number, reader.policy, *id)) else {
                    return misfit;
                };
                let ways = self.by_visitor(|_, visitor| {
                    let value = visitor.and_then(|index| recorded.get(index)).and_then(Option::as_ref);
                    Diagram::of(value.is_some())
                });
                let variable = self.space.variable(&Key::Visitor);
                let recorded = variable.map_or(Diagram::FALSE, |variable| self.diagrams.node(variable, &ways));
                self.diagrams.minus(misfit, recorded)
            }
            _ => misfit,
        }
    }

    /// `identity in room.readers`: a group, or a set of groups.
    fn in_group_of(&mut self, reader: Reader<'_>, term: &Term) -> Truth {
        let present = self.table(reader, std::slice::from_ref(term), |_, slots| match slots {
            [Slot::Missing] | [] => Outcome::Unknown,
            _ => Outcome::Known(true),
        });
        let Term::Varying(key, _) = term else { return Truth::UNKNOWN };
        let mut ways = Vec::new();
        for (index, group) in reader.policy.groups.iter().enumerate() {
            let name = Datum::Text((&*group.name).into());
            let is_it = self.table(reader, std::slice::from_ref(term), |encoder, slots| match slots {
                [Slot::One(value)] => Outcome::Known(**value == name),
                [Slot::Recorded(values)] => {
                    Outcome::Known(values.iter().any(|value| Datum::of(value, reader.policy).as_ref() == Some(&name)))
                }
                [Slot::Set] => {
                    encoder.space.variable(&element(key, name.clone())).map_or(Outcome::Known(false), Outcome::Flag)
                }
                _ => Outcome::Unknown,
            });
            if is_it.yes != Diagram::FALSE {
                let member = self.member(reader.number, GroupId::from_index(index));
                ways.push(self.diagrams.and(is_it.yes, member));
            }
        }
        let yes = self.diagrams.any(ways);
        let is_in = Truth { yes, no: self.diagrams.minus(present.yes, yes) };
        let misfit = self.misfit(reader, term);
        self.unless(is_in, misfit)
    }
}
