//! `test` blocks: expectations to requests.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use doorward_syntax::ast::{self, BindingScope, ExpectedSubject, StatementKind};
use doorward_syntax::{Diagnostic, Span};

use super::Checker;
use super::literal::{Identities, same_value};
use super::report::{DidYouMean, duplicate, tick, tick_name};
use crate::address::parse_address;
use crate::expr;
use crate::path::Path;
use crate::request::{Known, Request, Subject, is_identity};
use crate::test::{Expectation, TestBlock};
use crate::types::Type;
use crate::value::Value;

impl<'a> Checker<'a> {
    pub(super) fn expectations(&mut self) {
        for statement in self.ast.statements() {
            let StatementKind::Test(block) = &statement.kind else { continue };
            if self.is_spent() {
                return;
            }
            if block.expectations.is_empty() {
                let message = format!("test {} expects nothing", self.quote(block.name.span));
                self.report.add(Diagnostic::warning("empty-test", block.name.span, message));
            }
            let expectations = block.expectations.iter().map(|expectation| self.expectation(expectation)).collect();
            self.policy.tests.push(TestBlock { name: block.name.value.as_str().into(), expectations });
        }
    }

    fn expectation(&mut self, expectation: &ast::Expectation) -> Expectation {
        self.action_named(&expectation.action);
        let mut age = None;
        let mut subject = self.expected_subject(expectation);
        if let Some(with) = &expectation.with {
            self.level_named(&with.level);
            if let Subject::Known(known) = &mut subject {
                known.assurance = Some(Cow::Owned(with.level.text.to_string()));
                age = Some(with.age.map_or(0, |age| age.seconds));
            } else {
                self.gains_nothing(with.level.span, "only a known visitor has a level");
            }
        }
        self.claimed_groups(expectation, &mut subject);
        let mut request = Request::new(subject, expectation.action.text.to_string(), expectation.path.value.clone());
        if let Some(from) = &expectation.from {
            request.address = parse_address(&from.value);
            if request.address.is_none() {
                self.address(from.span, &from.value);
            }
        }
        if let Some(at) = &expectation.at {
            request.time = self.instant(at.span, &at.value);
        }
        self.bindings(expectation, &mut request);
        Expectation {
            status: expectation.status,
            text: self.sources.one_line(expectation.span).into(),
            span: expectation.span,
            request,
            age,
        }
    }

    fn expected_subject(&mut self, expectation: &ast::Expectation) -> Subject<'static> {
        let name = match &expectation.subject {
            ExpectedSubject::Anonymous => return Subject::Anonymous,
            ExpectedSubject::Rejected => return Subject::Rejected,
            ExpectedSubject::Known(name) => name,
        };
        if !is_identity(&name.text) {
            let message = format!("{} can be nobody's name", self.quote(name.span));
            let help = "a visitor of such a name is `rejected`";
            self.report.add(Diagnostic::error("bad-identity", name.span, message).with_help(help));
        }
        if let Some(id) = self.policy.identity(&name.text) {
            self.used.identity(id);
        } else if self.policy.group(&name.text).is_some() {
            let message = format!("{} is a group, and a visitor of that name is not its member", tick_name(name));
            let help = "name one of its members";
            self.report.add(Diagnostic::warning("group-as-subject", name.span, message).with_help(help));
        }
        Subject::Known(Known::new(name.text.to_string()))
    }

    fn claimed_groups(&mut self, expectation: &ast::Expectation, subject: &mut Subject<'static>) {
        let mut seen = HashSet::new();
        for name in &expectation.groups {
            if !seen.insert(name.text.as_str()) {
                self.report.add(super::report::repeated(&tick_name(name), name.span, None));
                continue;
            }
            match self.policy.group(&name.text) {
                Some(id) => {
                    self.used.group(id);
                    if self.policy.groups.get(id.index()).is_some_and(|group| !group.claimed) {
                        let why = format!("{} is a listed group: who is in it, the policy says", tick_name(name));
                        self.gains_nothing(name.span, &why);
                    }
                }
                None => {
                    let why = format!("no group {} is declared", tick_name(name));
                    let names = self.policy.groups.iter().map(|group| &*group.name);
                    let nearest = self.report.nearest(&name.text, names);
                    let message = format!("claiming it gains nothing: {why}");
                    let warning = Diagnostic::warning("gains-nothing", name.span, message);
                    self.report.add(warning.did_you_mean(nearest));
                }
            }
            match subject {
                Subject::Known(known) => known.groups.push(Cow::Owned(name.text.to_string())),
                Subject::Anonymous | Subject::Rejected => {
                    self.gains_nothing(name.span, "only a known visitor can claim a group");
                }
            }
        }
    }

    fn bindings(&mut self, expectation: &ast::Expectation, request: &mut Request<'static>) {
        let mut first: HashMap<(u8, &str), Span> = HashMap::new();
        for binding in &expectation.bindings {
            let name = &binding.attribute;
            let scope = match binding.scope {
                BindingScope::Context => (0, "context"),
                BindingScope::Identity => (1, "identity"),
                BindingScope::Room => (2, "room"),
            };
            if let Some(first) = first.insert((scope.0, &name.text), binding.span) {
                let what = format!("`{}.{}` is given", scope.1, name.text);
                self.report.add(duplicate("duplicate-binding", &what, binding.span, first));
                continue;
            }
            let ty = match binding.scope {
                BindingScope::Context => self.context_type(name),
                BindingScope::Identity => self.identity_type(name),
                BindingScope::Room => self.room_type(name, &expectation.path),
            };
            let Some(ty) = ty else { continue };
            let what = format!("`{}.{}`", scope.1, name.text);
            let Some(value) = self.value(&binding.value, ty, &what, Identities::Any) else { continue };
            if binding.scope == BindingScope::Identity {
                self.recorded_otherwise(expectation, binding, &value);
            }
            let attribute = (Cow::Owned(name.text.to_string()), self.sent(value));
            match (binding.scope, &mut request.subject) {
                (BindingScope::Context, _) => request.context.push(attribute),
                (BindingScope::Room, _) => request.room_attributes.push(attribute),
                (BindingScope::Identity, Subject::Known(known)) => known.attributes.push(attribute),
                (BindingScope::Identity, Subject::Anonymous | Subject::Rejected) => {
                    self.gains_nothing(binding.span, "only a known visitor has attributes");
                }
            }
        }
    }

    fn context_type(&mut self, name: &ast::Name) -> Option<Type> {
        let id = self.policy.context_attribute_names.get(name.text.as_str()).copied();
        let ty = id.and_then(|id| self.policy.context_attributes.get(id.index())).map(|attribute| attribute.ty);
        if ty.is_none() {
            self.unknown_context_attribute(name.span, &name.text);
        }
        ty
    }

    fn identity_type(&mut self, name: &ast::Name) -> Option<Type> {
        let id = self.policy.identity_attribute_names.get(name.text.as_str()).copied();
        let ty = id.and_then(|id| self.policy.identity_attributes.get(id.index())).map(|attribute| attribute.ty);
        if ty.is_none() {
            self.unknown_identity_attribute(name.span, &name.text);
        }
        ty
    }

    /// The type that an attribute has in the declared rooms that hold a path.
    fn room_type(&mut self, name: &ast::Name, path: &ast::Text) -> Option<Type> {
        let segments = Path::parse(&path.value).ok();
        let holds =
            |pattern: &crate::pattern::Pattern| segments.as_ref().is_some_and(|path| pattern.matches(path.segments()));
        let mut found: Option<(Type, usize)> = None;
        let mut parameter = false;
        let mut held: Vec<usize> = Vec::new();
        // Each look at a pattern counts, so that many tests of many rooms stay bounded.
        if !self.spend(self.policy.patterns.len(), name.span) {
            return None;
        }
        for (index, room) in self.policy.rooms.iter().enumerate() {
            let patterns = room.patterns.iter().filter_map(|id| self.policy.patterns.get(id.index()));
            let mut here = patterns.filter(|pattern| holds(pattern)).peekable();
            if here.peek().is_none() {
                continue;
            }
            held.push(index);
            parameter |= here.any(|pattern| pattern.parameter(&name.text).is_some());
            let id = self.rooms.attributes.get(index).and_then(|names| names.get(name.text.as_str()));
            let Some(ty) = id.and_then(|id| room.attributes.get(id.index())).map(|attribute| attribute.ty) else {
                continue;
            };
            match found {
                Some((first, at)) if first != ty => {
                    let at = self.policy.rooms.get(at).map_or("", |room| &*room.name);
                    let message = format!(
                        "`room.{}` has type `{first}` in room {} and `{ty}` in room {}",
                        name.text,
                        tick(at),
                        tick(&room.name)
                    );
                    let help = "both rooms hold this path; give the attribute one type, or two names";
                    self.report.add(Diagnostic::error("type-mismatch", name.span, message).with_help(help));
                    return None;
                }
                _ => found = found.or(Some((ty, index))),
            }
        }
        if let Some((ty, _)) = found {
            return Some(ty);
        }
        if parameter {
            let message = format!("`room.{}` is a parameter, which comes from the path alone", name.text);
            self.report.add(Diagnostic::error("bound-parameter", name.span, message).with_help("remove it"));
            return None;
        }
        let rooms: Vec<&crate::policy::Room> = held.iter().filter_map(|index| self.policy.rooms.get(*index)).collect();
        let names = rooms.iter().flat_map(|room| &room.attributes).map(|attribute| &*attribute.name);
        let nearest = self.report.nearest(&name.text, names);
        let message = match rooms.as_slice() {
            [] => format!("no room holds {}, so `room.{}` has no type", self.quote(path.span), name.text),
            [room] => format!("unknown attribute `{}` of room {}", name.text, tick(&room.name)),
            [..] => format!("no room that holds {} has an attribute `{}`", self.quote(path.span), name.text),
        };
        let diagnostic = Diagnostic::error("unknown-attribute", name.span, message);
        self.report.add(diagnostic.did_you_mean(nearest));
        None
    }

    fn recorded_otherwise(&mut self, expectation: &ast::Expectation, binding: &ast::Binding, value: &expr::Value) {
        let ExpectedSubject::Known(subject) = &expectation.subject else { return };
        let identity = self.policy.identity(&subject.text).and_then(|id| self.policy.identities.get(id.index()));
        let attribute = self.policy.identity_attribute_names.get(binding.attribute.text.as_str());
        let (Some(identity), Some(attribute)) = (identity, attribute) else { return };
        if identity.attribute(*attribute).is_some_and(|recorded| !same_value(recorded, value)) {
            let why = format!("the policy records another value of {}", tick_name(subject));
            self.gains_nothing(binding.span, &why);
        }
    }

    fn gains_nothing(&mut self, span: Span, why: &str) {
        let message = format!("claiming it gains nothing: {why}");
        self.report.add(Diagnostic::warning("gains-nothing", span, message));
    }

    /// A value as a request carries it.
    fn sent(&self, value: expr::Value) -> Value<'static> {
        match value {
            expr::Value::Address(address) => Value::Address(address),
            expr::Value::Bool(value) => Value::Bool(value),
            expr::Value::Group(id) => {
                let name = self.policy.groups.get(id.index()).map_or("", |group| &*group.name);
                Value::String(Cow::Owned(name.to_owned()))
            }
            expr::Value::Identity(text) | expr::Value::String(text) => Value::String(Cow::Owned(text.into())),
            expr::Value::Int(value) => Value::Int(value),
            expr::Value::Set(values) => Value::Set(values.into_iter().map(|value| self.sent(value)).collect()),
            expr::Value::Time(instant) => Value::Time(instant),
        }
    }
}
