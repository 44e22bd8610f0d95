//! Whether an assertion holds of every request that it is about.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use doorward_model::assertion::Assertion;
use doorward_model::path::Path;
use doorward_model::policy::Attribute;
use doorward_model::request::Attributes;
use doorward_model::rule::Rule;
use doorward_model::types::Type;
use doorward_model::{Instant, Policy, Request, Subject, Value};
use doorward_syntax::ast::{AssertionKind, ScalarType};

use crate::diagram::Diagram;
use crate::encode::Encoder;
use crate::error::TooComplex;
use crate::paths::Place;
use crate::site::{Entry, Part, Site};
use crate::space::{Choice, Key, Reader, reference};
use crate::survey::{Group, Survey};
use crate::verdict::Rulings;

/// What is found out about an assertion.
#[derive(Clone, Debug)]
pub struct Proof<'p> {
    /// The smallest request that shows it wrong: allowed where it should not be, or not allowed where it should. `None`
    /// if the assertion holds of every request.
    pub counterexample: Option<Request<'static>>,
    /// Rules by which it holds, in the order of the text: each one without which it would not; or, where none is needed by
    /// itself, all that contribute. Empty if it does not hold, or if no rule comes near its scope.
    pub because: Vec<&'p Rule>,
    /// Whether there is no request at all that it is about.
    pub vacuous: bool,
}

impl Proof<'_> {
    /// Whether the assertion holds of every request.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.counterexample.is_none()
    }
}

/// Finds out whether an assertion of a policy holds of every request that it is about.
///
/// Exact, in what [the crate](crate) means by it: an assertion that holds has no counterexample, and a counterexample is one
/// by section 4 of the language.
///
/// # Errors
/// If that takes more work than [`limits`](crate::limits) allow.
///
/// # Example
/// ```
/// let parsed = doorward_syntax::parse("
///     network office = 10.0.0.0/8
///     allow authenticated to read /wiki/** from office
///     assert never anyone from 192.0.2.0/24
///     assert never anyone to read /wiki/**
/// ");
/// let policy = doorward_model::check(&parsed.policy, parsed.sources).policy.ok_or("a mistake")?;
/// let proofs: Vec<_> = policy.assertions.iter().map(|it| doorward_analysis::prove(&policy, it)).collect::<Result<_, _>>()?;
/// assert!(proofs[0].holds());
/// let shown = proofs[1].counterexample.as_ref().ok_or("it does not hold")?;
/// assert_eq!((&*shown.path, shown.address), ("/wiki", Some([10, 0, 0, 1].into())));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn prove<'p>(policy: &'p Policy, assertion: &Assertion) -> Result<Proof<'p>, TooComplex> {
    let scope = Part {
        effect: None,
        subjects: &assertion.subjects,
        with: assertion.with,
        without: assertion.without,
        actions: assertion.actions.as_deref().map(Vec::as_slice),
        targets: &assertion.targets,
        except_rooms: &assertion.except_rooms,
        origins: assertion.origins.as_ref(),
        when: assertion.when.as_deref(),
        unless: assertion.unless.as_deref(),
        room_attributes: &assertion.room_attributes,
    };
    let number = policy.rules.len();
    let site = Site::new(&[policy], &[(0, scope)]);
    let survey = Survey::new(&site)?;
    let mut search = Search { kind: assertion.kind, number, found: None, vacuous: true, rules: Rules::default() };
    let covered = |group: &Group| group.cell.entries.iter().flatten().any(|entry| entry.part == number);
    survey.each(covered, |encoder, group, place| search.cell(&survey, encoder, group, place))?;
    let because = search.rules.because();
    let counterexample = search.found.map(|(_, mut request)| {
        let time = request.time.unwrap_or_else(reference);
        match assertion.kind {
            AssertionKind::Always => {
                complete(policy, &mut request, time);
                complete_visitor(policy, &mut request.subject, time, |_| true);
            }
            AssertionKind::Never | AssertionKind::Only => {
                complete_visitor(policy, &mut request.subject, time, |attribute| !attribute.optional);
            }
        }
        request
    });
    let because = if counterexample.is_some() { BTreeSet::new() } else { because };
    let because = because.into_iter().filter_map(|index| policy.rules.get(index)).collect();
    Ok(Proof { counterexample, because, vacuous: search.vacuous })
}

struct Search {
    kind: AssertionKind,
    // The part that is the scope.
    number: usize,
    found: Option<(u64, Request<'static>)>,
    vacuous: bool,
    rules: Rules,
}

/// Rules by which it holds.
#[derive(Default)]
struct Rules {
    needed: BTreeSet<usize>,
    contributing: BTreeSet<usize>,
}

impl Rules {
    fn because(&mut self) -> BTreeSet<usize> {
        std::mem::take(if self.needed.is_empty() { &mut self.contributing } else { &mut self.needed })
    }
}

impl Search {
    fn cell(
        &mut self,
        survey: &Survey<'_>,
        encoder: &mut Encoder<'_>,
        group: &Group,
        place: &Place,
    ) -> Result<(), TooComplex> {
        let rulings = encoder.rulings(place, &group.cell, 0)?;
        let scope = self.scope(encoder, group, place);
        if scope == Diagram::FALSE {
            return Ok(());
        }
        self.vacuous = false;
        let permits = rulings.permits(encoder, |_| true);
        let wrong = self.wrong(encoder, scope, permits);
        if wrong != Diagram::FALSE {
            let cost = encoder.price(wrong);
            if self.found.as_ref().is_none_or(|(known, _)| cost < *known) {
                let request = encoder.witness(wrong, place, survey.action(group), &|code| code == 1);
                self.found = request.map(|request| (cost, request));
            }
        } else if self.found.is_none() {
            self.because(encoder, &rulings, scope);
        }
        Ok(())
    }

    /// Where the assertion says something.
    fn scope(&self, encoder: &mut Encoder<'_>, group: &Group, place: &Place) -> Diagram {
        let mut scope = Diagram::FALSE;
        let site = encoder.site;
        for entry in group.cell.entries.iter().flatten().filter(|entry| entry.part == self.number) {
            let Some(reader) = Reader::new(site, place, 0, *entry) else { continue };
            let rest = encoder.besides_subjects(reader);
            let subjects = encoder.subjects(0, reader.part.subjects);
            let here = match self.kind {
                AssertionKind::Always | AssertionKind::Never => encoder.diagrams.and(rest, subjects),
                AssertionKind::Only => encoder.diagrams.minus(rest, subjects),
            };
            scope = encoder.diagrams.or(scope, here);
        }
        // It is about every subject that there could be, anonymous or known.
        let subject = encoder.of_choices(&Key::Visitor, |choice| *choice != Choice::Rejected);
        scope = encoder.diagrams.and(scope, subject);
        let space = encoder.space;
        for (variable, key, choices) in space.iter() {
            let here: Option<Vec<usize>> = match (key, self.kind) {
                (Key::Identity(_), AssertionKind::Never | AssertionKind::Only) => encoder.possible(0, key, choices),
                (
                    Key::Address | Key::Time | Key::Context(_) | Key::Identity(_) | Key::Room(_),
                    AssertionKind::Always,
                ) => {
                    let present = choices.iter().enumerate().filter(|(_, choice)| **choice != Choice::Missing);
                    let present: Vec<usize> = present.map(|(index, _)| index).collect();
                    // What no value exists of cannot be present.
                    (!present.is_empty()).then_some(present)
                }
                _ => None,
            };
            if let Some(here) = here {
                let fits = encoder.diagrams.of_values(variable, |value| here.contains(&value));
                scope = encoder.diagrams.and(scope, fits);
            }
        }
        scope
    }

    fn wrong(&self, encoder: &mut Encoder<'_>, scope: Diagram, permits: Diagram) -> Diagram {
        match self.kind {
            AssertionKind::Always => encoder.diagrams.minus(scope, permits),
            AssertionKind::Never | AssertionKind::Only => encoder.diagrams.and(scope, permits),
        }
    }

    /// Notes which rules it takes here.
    fn because(&mut self, encoder: &mut Encoder<'_>, rulings: &Rulings, scope: Diagram) {
        let rules = match self.kind {
            AssertionKind::Always => &rulings.allows,
            AssertionKind::Never | AssertionKind::Only => &rulings.denies,
        };
        let mut by_rule: BTreeMap<usize, Vec<Diagram>> = BTreeMap::new();
        for (Entry { part, .. }, diagram) in rules {
            by_rule.entry(*part).or_default().push(*diagram);
        }
        let allows = encoder.diagrams.any(rulings.allows.iter().map(|(_, diagram)| *diagram));
        for (rule, applies) in by_rule {
            let applies = encoder.diagrams.any(applies);
            let mut matters = encoder.diagrams.and(scope, applies);
            if self.kind != AssertionKind::Always {
                matters = encoder.diagrams.and(matters, allows);
            }
            if matters == Diagram::FALSE {
                continue;
            }
            self.rules.contributing.insert(rule);
            let permits = rulings.permits(encoder, |entry| entry.part != rule);
            if self.wrong(encoder, scope, permits) != Diagram::FALSE {
                self.rules.needed.insert(rule);
            }
        }
    }
}

/// Makes known what the request leaves out, the visitor aside; it makes no difference.
fn complete(policy: &Policy, request: &mut Request<'static>, time: Instant) {
    request.address.get_or_insert(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)));
    request.time = Some(time);
    add(policy, &policy.context_attributes, &mut request.context, time);
    if let Ok(path) = Path::parse(&request.path.clone()) {
        let holding = policy.rooms.iter().filter(|room| {
            room.patterns.iter().any(|id| policy.patterns.get(id.index()).is_some_and(|it| it.matches(path.segments())))
        });
        for room in holding {
            add(policy, &room.attributes, &mut request.room_attributes, time);
        }
    }
}

/// Gives the visitor some value for each of these attributes that has none; it makes no difference.
fn complete_visitor(policy: &Policy, subject: &mut Subject<'static>, time: Instant, due: impl Fn(&Attribute) -> bool) {
    let Subject::Known(known) = subject else { return };
    let recorded = policy.identity(&known.identity).and_then(|id| policy.identities.get(id.index()));
    let open = policy.identity_attributes.iter().filter(|attribute| {
        let id = policy.identity_attribute_names.get(&*attribute.name);
        due(attribute) && recorded.zip(id).is_none_or(|(identity, id)| identity.attribute(*id).is_none())
    });
    add(policy, open, &mut known.attributes, time);
}

/// Adds some value for each attribute that has none.
fn add<'a>(
    policy: &Policy,
    declared: impl IntoIterator<Item = &'a Attribute>,
    attributes: &mut Attributes<'static>,
    time: Instant,
) {
    for attribute in declared {
        if attributes.iter().any(|(name, _)| **name == *attribute.name) {
            continue;
        }
        let value = match attribute.ty {
            Type::Set(_) => Some(Value::Set(Vec::new())),
            Type::Scalar(ScalarType::Address) => Some(Value::Address(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)))),
            Type::Scalar(ScalarType::Bool) => Some(Value::Bool(false)),
            Type::Scalar(ScalarType::Group) => {
                policy.groups.first().map(|group| Value::String(Cow::Owned(group.name.to_string())))
            }
            Type::Scalar(ScalarType::Identity) => Some(Value::String(Cow::Borrowed("someone"))),
            Type::Scalar(ScalarType::String) => Some(Value::String(Cow::Borrowed("other"))),
            Type::Scalar(ScalarType::Int) => Some(Value::Int(0)),
            Type::Scalar(ScalarType::Time) => Some(Value::Time(time)),
        };
        attributes.extend(value.map(|value| (Cow::Owned(attribute.name.to_string()), value)));
    }
}
