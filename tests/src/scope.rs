//! Assertions judged without the analysis: what they are about, as rules that the engine reads, and which requests show
//! them wrong.

use doorward::{Policy, Request, Subject, Verdict};
use doorward_model::path::Path;
use doorward_model::policy::Attribute;
use doorward_model::request::{Attributes, is_identity};
use doorward_model::types::Type;
use doorward_model::{Value, limits};
use doorward_proptest::policy::PolicyText;
use doorward_syntax::ast::{
    Assertion, AssertionKind, Effect, Rule, ScalarType, Statement, StatementKind, Strength, Subjects, Who,
};

use crate::compare::Pair;
use crate::rewrite::text;

/// The scope of an assertion, as policies of one rule each that the engine reads.
#[derive(Debug)]
pub struct Scope {
    /// What is claimed.
    pub kind: AssertionKind,
    /// The policy with rules that test all that the scope does, so that its requests are told apart by that, too.
    pub together: Policy,
    /// Lets in whoever is in the scope, `without` aside; of `only` everybody in the rest of it.
    all: Policy,
    /// Of `only`: lets in those who alone may.
    exempt: Option<Policy>,
    /// Lets in whoever is as strong as `without` asks, age aside, and with the age.
    strong: Option<(Policy, Policy, bool)>,
}

fn statement(assertion: &Assertion, subjects: Subjects, strength: Option<Box<Strength>>) -> Statement {
    let rule = Rule {
        label: None,
        effect: Effect::Allow,
        effect_span: assertion.span,
        subjects,
        strength: strength.map(|strength| Box::new(Strength { negated: false, ..*strength })),
        target: assertion.target.clone(),
        origins: assertion.origins.clone(),
        when: assertion.when.clone(),
        unless: assertion.unless.clone(),
        because: None,
    };
    Statement { kind: StatementKind::Rule(Box::new(rule)), span: assertion.span }
}

/// A policy of those statements, with the lists of the one that they are from.
fn read(source: &PolicyText, statements: Vec<Statement>) -> Option<Policy> {
    let last = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let files = source.files.iter().map(|(path, list)| (last(path), list.clone())).collect();
    Some(Pair::read(&PolicyText { text: text(&statements), files }).ok()??.policy)
}

impl Scope {
    /// `None` if it cannot be said by rules of one clause each.
    #[must_use]
    pub fn new(source: &PolicyText, pair: &Pair, assertion: &Assertion) -> Option<Self> {
        let policy = |subjects: &Subjects, strength: Option<Box<Strength>>| -> Option<Policy> {
            let declared = pair.tree.statements().filter(|statement| {
                !matches!(
                    statement.kind,
                    StatementKind::Rule(_)
                        | StatementKind::Assertion(_)
                        | StatementKind::Test(_)
                        | StatementKind::Answer(_)
                        | StatementKind::Conceal(_)
                )
            });
            read(source, declared.cloned().chain([statement(assertion, subjects.clone(), strength)]).collect())
        };
        let anyone = Subjects { who: Who::Anyone, except: Vec::new(), span: assertion.span };
        let (subjects, exempt) = match assertion.kind {
            AssertionKind::Only => (&anyone, Some(&assertion.subjects)),
            AssertionKind::Always | AssertionKind::Never => (&assertion.subjects, None),
        };
        let strong = match (&assertion.without, &assertion.with) {
            (None, _) => None,
            (Some(_), Some(_)) => return None,
            (Some(without), None) => {
                let ageless = Strength { within: None, ..(**without).clone() };
                let level = policy(subjects, Some(Box::new(ageless)))?;
                Some((level, policy(subjects, Some(without.clone()))?, without.within.is_some()))
            }
        };
        let more = [
            Some(statement(assertion, subjects.clone(), assertion.with.clone())),
            assertion.without.clone().map(|without| statement(assertion, subjects.clone(), Some(without))),
            exempt.map(|subjects| statement(assertion, subjects.clone(), None)),
        ];
        let own = pair.tree.statements().filter(|statement| !matches!(statement.kind, StatementKind::Assertion(_)));
        let together = read(source, own.cloned().chain(more.into_iter().flatten()).collect())?;
        let exempt = match exempt {
            Some(subjects) => Some(policy(subjects, None)?),
            None => None,
        };
        Some(Self { kind: assertion.kind, together, all: policy(subjects, assertion.with.clone())?, exempt, strong })
    }

    /// Whether the assertion is about a request, whether or not its visitor could be.
    #[must_use]
    pub fn holds(&self, request: &Request<'_>) -> bool {
        let allows = |policy: &Policy| policy.verdict(request) == Verdict::Allow;
        let dated = match &request.subject {
            Subject::Known(known) => request.time.zip(known.authenticated_at).is_some_and(|(now, then)| then <= now),
            _ => false,
        };
        let weak = self.strong.as_ref().is_none_or(|(level, whole, aged)| {
            // Of somebody whose age is unknown it is not known whether it is too great.
            !allows(whole) && (!aged || dated || !allows(level))
        });
        allows(&self.all) && weak && !self.exempt.as_ref().is_some_and(allows)
    }

    /// Whether a request, which is allowed or not, shows the assertion wrong.
    #[must_use]
    pub fn refutes(&self, policy: &Policy, request: &Request<'_>, allowed: bool) -> bool {
        let counts = match (&request.subject, self.kind) {
            (Subject::Rejected, _) => false,
            (Subject::Known(known), _) if !is_identity(&known.identity) => false,
            (_, AssertionKind::Always) => !allowed && is_complete(policy, request),
            _ => allowed && could_be(policy, request),
        };
        counts && self.holds(request)
    }
}

fn fits(policy: &Policy, ty: Type, value: &Value<'_>) -> bool {
    match (ty, value) {
        (Type::Set(scalar), Value::Set(values)) => {
            values.len() <= limits::SET_ELEMENTS && values.iter().all(|value| fits(policy, Type::Scalar(scalar), value))
        }
        (Type::Scalar(scalar), value) => match (scalar, value) {
            (ScalarType::Address, Value::Address(_))
            | (ScalarType::Bool, Value::Bool(_))
            | (ScalarType::Int, Value::Int(_))
            | (ScalarType::String, Value::String(_))
            | (ScalarType::Time, Value::Time(_)) => true,
            (ScalarType::Group, Value::String(name)) => policy.model().group(name).is_some(),
            (ScalarType::Identity, Value::String(name)) => is_identity(name),
            _ => false,
        },
        _ => false,
    }
}

fn has(policy: &Policy, attributes: &Attributes<'_>, declared: &Attribute) -> bool {
    // What no value exists of cannot be asked for.
    if declared.ty == Type::Scalar(ScalarType::Group) && policy.model().groups.is_empty() {
        return true;
    }
    let given = attributes.iter().find(|(name, _)| **name == *declared.name);
    given.is_some_and(|(_, value)| fits(policy, declared.ty, value))
}

/// Whether the visitor is one that there could be: with a value for each attribute that is required, of the right type.
fn has_attributes(policy: &Policy, request: &Request<'_>, all: bool) -> bool {
    let Subject::Known(known) = &request.subject else { return true };
    let model = policy.model();
    let recorded = model.identity(&known.identity).and_then(|id| model.identities.get(id.index()));
    model.identity_attributes.iter().all(|declared| {
        let id = model.identity_attribute_names.get(&*declared.name);
        let is_recorded = recorded.zip(id).is_some_and(|(identity, id)| identity.attribute(*id).is_some());
        is_recorded || (declared.optional && !all) || has(policy, &known.attributes, declared)
    })
}

/// Whether the visitor is one that there could be.
#[must_use]
pub fn could_be(policy: &Policy, request: &Request<'_>) -> bool {
    has_attributes(policy, request, false)
}

/// Whether the path is unambiguous, and everything is known.
fn is_complete(policy: &Policy, request: &Request<'_>) -> bool {
    let Ok(path) = Path::parse(&request.path) else { return false };
    let model = policy.model();
    let rooms = model.rooms.iter().filter(|room| {
        room.patterns.iter().any(|id| model.patterns.get(id.index()).is_some_and(|it| it.matches(path.segments())))
    });
    request.address.is_some()
        && request.time.is_some()
        && model.context_attributes.iter().all(|declared| has(policy, &request.context, declared))
        && rooms.flat_map(|room| &room.attributes).all(|declared| has(policy, &request.room_attributes, declared))
        && has_attributes(policy, request, true)
}

/// The same request with everything known that can be and that an assertion of that kind asks to be known: of `always` all
/// that is declared, else what a visitor must have.
#[must_use]
pub fn completed(policy: &Policy, kind: AssertionKind, request: &Request<'static>) -> Request<'static> {
    let model = policy.model();
    let mut request = request.clone();
    let all = kind == AssertionKind::Always;
    if all {
        request.address.get_or_insert([203, 0, 113, 9].into());
        request.time.get_or_insert_with(doorward_proptest::reference_time);
        add(policy, &mut request.context, model.context_attributes.iter());
        if let Ok(path) = Path::parse(&request.path.clone()) {
            let rooms = model.rooms.iter().filter(|room| {
                let holds = |id: &doorward_model::ids::PatternId| {
                    model.patterns.get(id.index()).is_some_and(|it| it.matches(path.segments()))
                };
                room.patterns.iter().any(holds)
            });
            add(policy, &mut request.room_attributes, rooms.flat_map(|room| &room.attributes));
        }
    }
    if let Subject::Known(known) = &mut request.subject {
        add(policy, &mut known.attributes, model.identity_attributes.iter().filter(|it| all || !it.optional));
    }
    request
}

fn add<'a>(policy: &Policy, attributes: &mut Attributes<'static>, declared: impl Iterator<Item = &'a Attribute>) {
    for declared in declared {
        if has(policy, attributes, declared) {
            continue;
        }
        attributes.retain(|(name, _)| **name != *declared.name);
        let value = match declared.ty {
            Type::Set(_) => Some(Value::Set(Vec::new())),
            Type::Scalar(ScalarType::Address) => Some(Value::Address([203, 0, 113, 9].into())),
            Type::Scalar(ScalarType::Bool) => Some(Value::Bool(false)),
            Type::Scalar(ScalarType::Group) => {
                policy.model().groups.first().map(|group| Value::String(group.name.to_string().into()))
            }
            Type::Scalar(ScalarType::Identity | ScalarType::String) => Some(Value::String("anything".into())),
            Type::Scalar(ScalarType::Int) => Some(Value::Int(0)),
            Type::Scalar(ScalarType::Time) => Some(Value::Time(doorward_proptest::reference_time())),
        };
        attributes.extend(value.map(|value| (declared.name.to_string().into(), value)));
    }
}
