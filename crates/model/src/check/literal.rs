//! Values as written to values of a type.

use std::collections::HashSet;

use doorward_syntax::ast::{Literal, LiteralKind, ScalarType};
use doorward_syntax::{Diagnostic, Span, print};

use super::Checker;
use super::report::repeated;
use crate::address::{AddressFlaw, PrefixError, parse_address};
use crate::expr::Value;
use crate::instant::Instant;
use crate::request::is_identity;
use crate::types::{Type, scalar_name};

/// Which names can be an identity's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identities {
    /// Any that could be.
    Any,
    /// Those that the policy declares.
    Declared,
}

impl<'a> Checker<'a> {
    /// The value of that type that a literal stands for; an error if it stands for none. `what` has the type, in words.
    pub(super) fn value(&mut self, literal: &Literal, ty: Type, what: &str, names: Identities) -> Option<Value> {
        match (ty, &literal.kind) {
            (Type::Scalar(scalar), _) => self.scalar(literal, scalar, what, names),
            (Type::Set(scalar), LiteralKind::Set(elements)) => {
                self.elements(elements, scalar, what, names).map(Value::Set)
            }
            (Type::Set(_), _) => {
                let message =
                    format!("{what} has type `{ty}`, but {} is {}", self.quote(literal.span), describe(literal));
                let braced = format!("{{ {} }}", self.sources.slice(literal.span));
                let help = format!("write `{braced}`");
                self.report.add(type_mismatch(literal.span, message).with_help(help).with_replacement(braced));
                None
            }
        }
    }

    /// The elements of a set, each once.
    pub(super) fn elements(
        &mut self,
        elements: &[Literal],
        scalar: ScalarType,
        what: &str,
        names: Identities,
    ) -> Option<Vec<Value>> {
        let mut values = Vec::with_capacity(elements.len());
        let mut seen = HashSet::new();
        let mut sound = true;
        for element in elements {
            match self.scalar(element, scalar, what, names) {
                Some(value) if seen.contains(&value) => {
                    self.report.add(repeated(&self.quote(element.span), element.span, None));
                }
                Some(value) => {
                    seen.insert(value.clone());
                    values.push(value);
                }
                None => sound = false,
            }
        }
        sound.then_some(values)
    }

    /// The value of that scalar type that a literal stands for.
    pub(super) fn scalar(
        &mut self,
        literal: &Literal,
        scalar: ScalarType,
        what: &str,
        names: Identities,
    ) -> Option<Value> {
        let span = literal.span;
        match (scalar, &literal.kind) {
            (ScalarType::Address, LiteralKind::Address(text)) => self.address(span, text).map(Value::Address),
            (ScalarType::Bool, LiteralKind::Bool(value)) => Some(Value::Bool(*value)),
            (ScalarType::Group, LiteralKind::Name(name)) => self.group_named(span, &name.text).map(Value::Group),
            (ScalarType::Group, LiteralKind::String(name)) => self.group_named(span, name).map(Value::Group),
            (ScalarType::Identity, LiteralKind::Name(name)) => self.identity(span, &name.text, names),
            (ScalarType::Identity, LiteralKind::String(name)) => self.identity(span, name, names),
            (ScalarType::Int, LiteralKind::Int(value)) => Some(Value::Int(*value)),
            (ScalarType::String, LiteralKind::String(text)) => Some(Value::String(text.as_str().into())),
            (ScalarType::String, LiteralKind::Name(name)) => {
                let quoted = print::string(&name.text);
                let message = format!("{what} has type `string`, and a string stands in quotes");
                let help = format!("write `{quoted}`");
                self.report
                    .add(Diagnostic::error("unquoted-string", span, message).with_help(help).with_replacement(quoted));
                None
            }
            (ScalarType::Time, LiteralKind::Time(text)) => self.instant(span, text).map(Value::Time),
            _ => {
                self.mismatched_literal(literal, scalar, what);
                None
            }
        }
    }

    fn mismatched_literal(&mut self, literal: &Literal, scalar: ScalarType, what: &str) {
        let message = format!(
            "{what} has type `{}`, but {} is {}",
            scalar_name(scalar),
            self.quote(literal.span),
            describe(literal)
        );
        let diagnostic = type_mismatch(literal.span, message);
        let unquoted = match (scalar, &literal.kind) {
            (ScalarType::Address, LiteralKind::String(text)) if parse_address(text).is_some() => Some(text),
            (ScalarType::Time, LiteralKind::String(text)) if Instant::parse(text).is_ok() => Some(text),
            (ScalarType::Int, LiteralKind::String(text)) if text.parse::<i64>().is_ok() => Some(text),
            (ScalarType::Bool, LiteralKind::String(text)) if matches!(&**text, "true" | "false") => Some(text),
            _ => None,
        };
        self.report.add(match (unquoted, scalar, &literal.kind) {
            (Some(text), ..) => {
                diagnostic.with_help(format!("write `{text}`, without quotes")).with_replacement(text.as_str())
            }
            (None, ScalarType::String, LiteralKind::Address(_) | LiteralKind::Int(_) | LiteralKind::Time(_)) => {
                let quoted = print::string(self.sources.slice(literal.span));
                diagnostic.with_help(format!("write `{quoted}`")).with_replacement(quoted)
            }
            _ => diagnostic,
        });
    }

    /// The identity of that name, as a value.
    fn identity(&mut self, span: Span, name: &str, names: Identities) -> Option<Value> {
        match names {
            Identities::Declared => {
                self.identity_named(span, name)?;
            }
            Identities::Any if !is_identity(name) => {
                let message = format!("{} can be nobody's name", self.quote(span));
                self.report.add(Diagnostic::error("bad-identity", span, message));
                return None;
            }
            Identities::Any => {
                if let Some(id) = self.policy.identity(name) {
                    self.used.identity(id);
                }
            }
        }
        Some(Value::Identity(name.into()))
    }

    /// A single address.
    pub(super) fn address(&mut self, span: Span, text: &str) -> Option<std::net::IpAddr> {
        if let Ok(address) = text.parse::<std::net::IpAddr>() {
            return Some(address.to_canonical());
        }
        if text.contains('/') {
            let message = format!("`{text}` is a prefix, and one address is meant");
            let help = "write a single address; `in` tests for a network";
            self.report.add(type_mismatch(span, message).with_help(help));
        } else {
            match crate::address::Prefix::parse(text) {
                Err(error @ PrefixError::BadAddress { flaw, .. }) if flaw != AddressFlaw::Unlike => {
                    self.bad_prefix(span, &error);
                }
                _ => {
                    let message = format!("`{text}` is no address");
                    let help = "write an IPv4 or IPv6 address, such as `192.0.2.1` or `2001:db8::1`";
                    self.report.add(Diagnostic::error("bad-address", span, message).with_help(help));
                }
            }
        }
        None
    }

    /// An instant.
    pub(super) fn instant(&mut self, span: Span, text: &str) -> Option<Instant> {
        match Instant::parse(text) {
            Ok(instant) => Some(instant),
            Err(error) => {
                let help = "an instant is a date, a time and an offset, such as `2027-01-01T00:00Z`";
                self.report.add(Diagnostic::error("bad-instant", span, error.to_string()).with_help(help));
                None
            }
        }
    }
}

/// Whether two values of one type are the same: the order of a set's elements, of which none comes twice, means nothing.
pub(super) fn same_value(left: &Value, right: &Value) -> bool {
    let (Value::Set(left), Value::Set(right)) = (left, right) else { return left == right };
    let left: HashSet<&Value> = left.iter().collect();
    left.len() == right.len() && right.iter().all(|value| left.contains(value))
}

/// The error of types that do not fit.
pub(super) fn type_mismatch(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error("type-mismatch", span, message)
}

/// What a literal is, in words.
pub(super) fn describe(literal: &Literal) -> &'static str {
    match &literal.kind {
        LiteralKind::Address(text) if text.contains('/') => "a prefix",
        LiteralKind::Address(_) => "an `address`",
        LiteralKind::Bool(_) => "a `bool`",
        LiteralKind::Days(_) => "a range of days",
        LiteralKind::Int(_) => "an `int`",
        LiteralKind::Name(_) => "a name",
        LiteralKind::Set(_) => "a set",
        LiteralKind::String(_) => "a `string`",
        LiteralKind::Time(_) => "a `time`",
        LiteralKind::Window(_) => "a window of the day",
    }
}
