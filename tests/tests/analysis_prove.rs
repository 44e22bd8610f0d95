//! What is proved of all requests holds of each, and what is not has a request that shows it.

use doorward::{Policy, Request, Subject, Verdict};
use doorward_analysis::prove;
use doorward_model::path::Path;
use doorward_model::policy::Attribute;
use doorward_model::request::{Attributes, is_identity};
use doorward_model::types::Type;
use doorward_model::{Value, limits};
use doorward_proptest::policy::PolicyText;
use doorward_syntax::ast::{
    Assertion, AssertionKind, Effect, Rule, ScalarType, Statement, StatementKind, Strength, Subjects, Who,
};
use doorward_tests::compare::{Pair, config, for_requests, policies};
use doorward_tests::rewrite::text;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// How many requests each policy is tried with.
const REQUESTS: u32 = 24;

/// The scope of an assertion, as policies of one rule each that the engine reads.
struct Scope {
    kind: AssertionKind,
    /// Lets in whoever is in the scope, `without` aside; of `only` everybody in the rest of it.
    all: Policy,
    /// Of `only`: lets in those who alone may.
    exempt: Option<Policy>,
    /// Lets in whoever is as strong as `without` asks, age aside, and with the age.
    strong: Option<(Policy, Policy, bool)>,
}

fn rule(assertion: &Assertion, subjects: Subjects, strength: Option<Box<Strength>>) -> Rule {
    Rule {
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
    }
}

impl Scope {
    /// `None` if it cannot be said by one rule.
    fn new(source: &PolicyText, pair: &Pair, assertion: &Assertion) -> Option<Self> {
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
            let rule = rule(assertion, subjects.clone(), strength);
            let rule = Statement { kind: StatementKind::Rule(Box::new(rule)), span: assertion.span };
            let statements: Vec<Statement> = declared.cloned().chain([rule]).collect();
            let last = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
            let files = source.files.iter().map(|(path, list)| (last(path), list.clone())).collect();
            Some(Pair::read(&PolicyText { text: text(&statements), files }).ok()??.policy)
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
        let exempt = match exempt {
            Some(subjects) => Some(policy(subjects, None)?),
            None => None,
        };
        Some(Self { kind: assertion.kind, all: policy(subjects, assertion.with.clone())?, exempt, strong })
    }

    fn holds(&self, request: &Request<'_>) -> bool {
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

    /// Whether the request shows the assertion wrong.
    fn refutes(&self, policy: &Policy, request: &Request<'_>) -> bool {
        let allowed = policy.verdict(request) == Verdict::Allow;
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

fn could_be(policy: &Policy, request: &Request<'_>) -> bool {
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

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_assertion_holds_exactly_if_no_request_refutes_it((source, seed) in policies()) {
        let Some(pair) = Pair::read(&source).map_err(TestCaseError::fail)? else { return Ok(()) };
        let trees: Vec<&Assertion> = pair.tree.statements().filter_map(|statement| match &statement.kind {
            StatementKind::Assertion(assertion) => Some(&**assertion),
            _ => None,
        }).collect();
        prop_assert_eq!(trees.len(), pair.policy.model().assertions.len());
        for (tree, assertion) in trees.into_iter().zip(&pair.policy.model().assertions) {
            let Ok(proof) = prove(pair.policy.model(), assertion) else { continue };
            let Some(scope) = Scope::new(&source, &pair, tree) else { continue };
            match &proof.counterexample {
                Some(request) => {
                    prop_assert!(scope.refutes(&pair.policy, request), "{}: {request:?}\n{source}", assertion.text);
                }
                None => for_requests(&pair.policy, seed, REQUESTS, |request| {
                    if scope.refutes(&pair.policy, request) {
                        return Err(format!("{} was proved", assertion.text));
                    }
                    if proof.vacuous && scope.holds(request) && could_be(&pair.policy, request)
                        && scope.kind != AssertionKind::Always && request.subject != Subject::Rejected
                    {
                        return Err(format!("{} is about something", assertion.text));
                    }
                    Ok(())
                })?,
            }
        }
    }
}
