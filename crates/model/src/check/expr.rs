//! Expressions: references resolved, tests typed.

use doorward_syntax::ast::{self, Comparison, ExprKind, Literal, LiteralKind, Name, OperandKind, ScalarType};
use doorward_syntax::{Diagnostic, Span};

use super::Checker;
use super::literal::{Identities, describe, type_mismatch};
use super::report::tick_name;
use super::scope::Scope;
use crate::expr::{Expr, Like, Operand, Order, Reference, Test, TestKind};
use crate::types::Type;

/// One side of a test.
pub(super) enum Side<'e> {
    /// It is wrong, which is told already.
    Broken,
    /// The word `day`.
    Day,
    /// A literal, which takes its type from the other side.
    Literal(&'e Literal),
    /// Something with a type.
    Value(Typed),
}

/// An operand and its type.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub(super) operand: Operand,
    pub(super) ty: Type,
    pub(super) span: Span,
}

impl Typed {
    /// Whether it is the visitor, the visitor's name or an attribute of the visitor.
    pub(super) fn is_of_identity(&self) -> bool {
        matches!(self.operand, Operand::Identity | Operand::IdentityName | Operand::Reference(Reference::Identity(_)))
    }
}

impl<'a> Checker<'a> {
    /// Checks an expression; `None` if something in it is wrong, which is told.
    pub(super) fn expr(&mut self, expr: &ast::Expr, scope: &mut Scope) -> Option<Expr> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::And(parts) => self.parts(parts, scope).map(Expr::All),
            ExprKind::Compare { left, op, right } => self.compare(left, *op, right, span, scope),
            ExprKind::Has { base, attribute } => self.has(base, attribute, span, scope),
            ExprKind::In { left, right } => {
                let left_side = self.side(left, scope);
                let right_side = self.side(right, scope);
                self.membership((left_side, left.span), (right_side, right.span), span)
            }
            ExprKind::Like { left, pattern } => {
                let side = self.side(left, scope);
                self.like(side, left.span, &pattern.value, span)
            }
            ExprKind::Not(inner) => self.expr(inner, scope).map(|inner| Expr::Not(Box::new(inner))),
            ExprKind::Or(parts) => self.parts(parts, scope).map(Expr::Any),
            ExprKind::Paren(inner) => self.expr(inner, scope),
            ExprKind::Test(operand) => {
                let side = self.side(operand, scope);
                self.flag(side, operand.span, span)
            }
            ExprKind::TimeSince { since, op, duration } => {
                let side = self.side(since, scope);
                self.time_since(side, since.span, *op, duration.seconds, span)
            }
        }
    }

    fn parts(&mut self, parts: &[ast::Expr], scope: &mut Scope) -> Option<Vec<Expr>> {
        // All of them are checked, so that every mistake is told.
        let checked: Vec<Option<Expr>> = parts.iter().map(|part| self.expr(part, scope)).collect();
        checked.into_iter().collect()
    }

    fn side<'e>(&mut self, operand: &'e ast::Operand, scope: &mut Scope) -> Side<'e> {
        let span = operand.span;
        let typed = |operand, scalar| Side::Value(Typed { operand, ty: Type::Scalar(scalar), span });
        match &operand.kind {
            OperandKind::Address => typed(Operand::Address, ScalarType::Address),
            OperandKind::Attribute { base, attribute } if base.text == "identity" && attribute.text == "name" => {
                self.uses_identity(scope, span);
                typed(Operand::IdentityName, ScalarType::String)
            }
            OperandKind::Attribute { base, attribute } => match self.reference(base, attribute, span, scope) {
                Some((reference, ty)) => Side::Value(Typed { operand: Operand::Reference(reference), ty, span }),
                None => Side::Broken,
            },
            OperandKind::Day => Side::Day,
            OperandKind::Identity => {
                self.uses_identity(scope, span);
                typed(Operand::Identity, ScalarType::Identity)
            }
            OperandKind::Literal(literal) => Side::Literal(literal),
            OperandKind::Time => typed(Operand::Time, ScalarType::Time),
        }
    }

    /// The attribute that `BASE.ATTRIBUTE` or `BASE has ATTRIBUTE` means, and its type.
    fn reference(&mut self, base: &Name, attribute: &Name, span: Span, scope: &mut Scope) -> Option<(Reference, Type)> {
        let text = attribute.text.as_str();
        match base.text.as_str() {
            "identity" => {
                self.uses_identity(scope, span);
                let Some(id) = self.policy.identity_attribute_names.get(text).copied() else {
                    self.unknown_identity_attribute(attribute.span, text);
                    return None;
                };
                let attribute = self.policy.identity_attributes.get(id.index())?;
                Some((Reference::Identity(id), attribute.ty))
            }
            "context" => {
                let Some(id) = self.policy.context_attribute_names.get(text).copied() else {
                    self.unknown_context_attribute(attribute.span, text);
                    return None;
                };
                let attribute = self.policy.context_attributes.get(id.index())?;
                Some((Reference::Context(id), attribute.ty))
            }
            _ => {
                let (id, ty) = self.room_attribute(scope, attribute)?;
                Some((Reference::Room(id), ty))
            }
        }
    }

    fn has(&mut self, base: &Name, attribute: &Name, span: Span, scope: &mut Scope) -> Option<Expr> {
        let always = |what: String| {
            Diagnostic::warning("always-true", span, format!("{what} is never missing")).with_help("remove the test")
        };
        if base.text == "identity" && attribute.text == "name" {
            self.uses_identity(scope, span);
            self.report.add(always("`identity.name`".to_owned()));
            return Some(test(span, TestKind::Constant(true)));
        }
        let (reference, _) = self.reference(base, attribute, span, scope)?;
        if let Reference::Room(id) = reference
            && scope.is_parameter(id)
        {
            self.report.add(always(format!("the parameter {}", tick_name(attribute))));
        }
        Some(test(span, TestKind::Has(reference)))
    }

    fn flag(&mut self, side: Side<'_>, at: Span, span: Span) -> Option<Expr> {
        let found = match side {
            Side::Broken => return None,
            Side::Literal(Literal { kind: LiteralKind::Bool(value), .. }) => {
                return Some(test(span, TestKind::Constant(*value)));
            }
            Side::Value(Typed {
                operand: Operand::Reference(reference), ty: Type::Scalar(ScalarType::Bool), ..
            }) => {
                return Some(test(span, TestKind::Flag(reference)));
            }
            Side::Day => "a day".to_owned(),
            Side::Literal(literal) => describe(literal).to_owned(),
            Side::Value(typed) => format!("of type `{}`", typed.ty),
        };
        let message = format!("a test by itself has type `bool`, but {} is {found}", self.quote(at));
        self.report.add(type_mismatch(at, message).with_help("compare it with something: `==`, `in`, `like` …"));
        None
    }

    fn compare(
        &mut self,
        left: &ast::Operand,
        op: Comparison,
        right: &ast::Operand,
        span: Span,
        scope: &mut Scope,
    ) -> Option<Expr> {
        let (left_side, right_side) = (self.side(left, scope), self.side(right, scope));
        let (left, right) = match (left_side, right_side) {
            (Side::Broken, _) | (_, Side::Broken) => return None,
            (Side::Day, other) | (other, Side::Day) => {
                self.day_compared(&other, span);
                return None;
            }
            (Side::Value(left), Side::Value(right)) => (left, right),
            (Side::Value(left), Side::Literal(right)) => {
                let right = self.opposite(right, &left)?;
                (left, right)
            }
            (Side::Literal(left), Side::Value(right)) => {
                let left = self.opposite(left, &right)?;
                (left, right)
            }
            (Side::Literal(left), Side::Literal(right)) => {
                let left = self.typed_literal(left)?;
                let right = self.opposite(right, &left)?;
                let message = format!("{} compares two values that are written here", self.quote(span));
                let help = "a test reads the request: `identity`, `room.x`, `context.x`, `address` or `time`";
                self.report.add(Diagnostic::warning("constant-test", span, message).with_help(help));
                (left, right)
            }
        };
        self.compare_typed(left, op, right, span)
    }

    fn compare_typed(&mut self, left: Typed, op: Comparison, right: Typed, span: Span) -> Option<Expr> {
        if left.ty != right.ty {
            let message = format!(
                "{} has type `{}`, but {} has type `{}`",
                self.quote(left.span),
                left.ty,
                self.quote(right.span),
                right.ty
            );
            let diagnostic = type_mismatch(span, message);
            let element_of = |set: &Typed, one: &Typed| set.ty == Type::Set(one.ty.scalar());
            let member_of =
                |set: &Typed, one: &Typed| one.operand == Operand::Identity && set.ty.scalar() == ScalarType::Group;
            let mend = if element_of(&right, &left) || member_of(&right, &left) {
                Some((&left, &right))
            } else if element_of(&left, &right) || member_of(&left, &right) {
                Some((&right, &left))
            } else {
                None
            };
            self.report.add(match mend {
                Some((one, set)) => {
                    let (one, set) = (self.sources.slice(one.span), self.sources.slice(set.span));
                    diagnostic.with_help(format!("write `{one} in {set}`"))
                }
                None => diagnostic,
            });
            return None;
        }
        if let Type::Set(_) = left.ty {
            let message =
                format!("{} and {} are sets, which cannot be compared", self.quote(left.span), self.quote(right.span));
            let help = "`in` tests whether one value is in a set";
            self.report.add(type_mismatch(span, message).with_help(help));
            return None;
        }
        if !self.at_most_one_of_identity(&left, &right, span) {
            return None;
        }
        let order = match op {
            Comparison::Equal => return Some(test(span, TestKind::Equal(left.operand, right.operand))),
            Comparison::NotEqual => {
                let equal = test(span, TestKind::Equal(left.operand, right.operand));
                return Some(Expr::Not(Box::new(equal)));
            }
            Comparison::Greater => Order::Greater,
            Comparison::GreaterEqual => Order::GreaterEqual,
            Comparison::Less => Order::Less,
            Comparison::LessEqual => Order::LessEqual,
        };
        if !matches!(left.ty, Type::Scalar(ScalarType::Int | ScalarType::Time)) {
            let message =
                format!("only `int` and `time` have an order, and {} has type `{}`", self.quote(left.span), left.ty);
            self.report.add(type_mismatch(span, message).with_help("compare with `==` or `!=`"));
            return None;
        }
        Some(test(span, TestKind::Order(left.operand, order, right.operand)))
    }

    /// Two attributes of the identity are never compared: an error if they are.
    pub(super) fn at_most_one_of_identity(&mut self, left: &Typed, right: &Typed, span: Span) -> bool {
        if !left.is_of_identity() || !right.is_of_identity() {
            return true;
        }
        let message = format!(
            "{} and {} are both of the identity, and two such are never compared",
            self.quote(left.span),
            self.quote(right.span)
        );
        let help = "compare each with an attribute of the room or the context, or with a value";
        self.report.add(Diagnostic::error("identity-with-identity", span, message).with_help(help));
        false
    }

    fn day_compared(&mut self, other: &Side<'_>, span: Span) {
        let diagnostic = type_mismatch(span, "`day` is tested with `in`");
        self.report.add(match other {
            Side::Literal(literal) => {
                let days = self.sources.slice(literal.span).trim_matches('"');
                diagnostic.with_help(format!("write `day in {days}`"))
            }
            _ => diagnostic.with_help("write `day in mon..fri`, or `day in sat`"),
        });
    }

    /// A literal with the type of what stands opposite.
    fn opposite(&mut self, literal: &Literal, other: &Typed) -> Option<Typed> {
        let what = self.quote(other.span);
        match (other.ty, &literal.kind) {
            (Type::Set(_), kind) => {
                let single = !matches!(kind, LiteralKind::Set(_));
                let message = format!("{what} has type `{}`, and sets cannot be compared", other.ty);
                let help = match single {
                    true => {
                        format!("write `{} in {}`", self.sources.slice(literal.span), self.sources.slice(other.span))
                    }
                    false => "`in` tests whether one value is in a set".to_owned(),
                };
                self.report.add(type_mismatch(literal.span, message).with_help(help));
                None
            }
            (_, LiteralKind::Days(_) | LiteralKind::Set(_) | LiteralKind::Window(_)) => {
                let found = self.quote(literal.span);
                let message = format!("{what} has type `{}`, but {found} is {}", other.ty, describe(literal));
                let help =
                    format!("write `{} in {}`", self.sources.slice(other.span), self.sources.slice(literal.span));
                self.report.add(type_mismatch(literal.span, message).with_help(help));
                None
            }
            (Type::Scalar(ScalarType::Identity), LiteralKind::Name(name))
                if self.policy.group(&name.text).is_some() =>
            {
                let message = format!("{what} has type `identity`, but {} is a group", tick_name(name));
                let diagnostic = type_mismatch(literal.span, message);
                self.report.add(match other.operand {
                    Operand::Identity => diagnostic.with_help(format!("write `identity in {}`", name.text)),
                    _ => diagnostic,
                });
                None
            }
            (Type::Scalar(ScalarType::Address), LiteralKind::Name(name))
                if self.declared.network_names.contains_key(name.text.as_str()) =>
            {
                let message = format!("{what} has type `address`, but {} is a network", tick_name(name));
                let help = format!("write `{} in {}`", self.sources.slice(other.span), name.text);
                self.report.add(type_mismatch(literal.span, message).with_help(help));
                None
            }
            (Type::Scalar(scalar), _) => {
                let value = self.scalar(literal, scalar, &what, Identities::Declared)?;
                Some(Typed { operand: Operand::Value(value), ty: other.ty, span: literal.span })
            }
        }
    }

    /// A literal whose type can be told without what stands opposite.
    pub(super) fn typed_literal(&mut self, literal: &Literal) -> Option<Typed> {
        let scalar = match &literal.kind {
            LiteralKind::Address(_) => ScalarType::Address,
            LiteralKind::Bool(_) => ScalarType::Bool,
            LiteralKind::Int(_) => ScalarType::Int,
            LiteralKind::String(_) => ScalarType::String,
            LiteralKind::Time(_) => ScalarType::Time,
            LiteralKind::Name(name) => {
                let message = format!("{} is a name, and nothing opposite says of what", tick_name(name));
                let help = "put a string in quotes; a name stands opposite `identity`, `address` or an attribute";
                self.report.add(type_mismatch(literal.span, message).with_help(help));
                return None;
            }
            LiteralKind::Days(_) | LiteralKind::Set(_) | LiteralKind::Window(_) => {
                let message = format!("{} is {}, and is no single value", self.quote(literal.span), describe(literal));
                self.report.add(type_mismatch(literal.span, message).with_help("it can stand after `in`"));
                return None;
            }
        };
        let value = self.scalar(literal, scalar, "the value", Identities::Declared)?;
        Some(Typed { operand: Operand::Value(value), ty: Type::Scalar(scalar), span: literal.span })
    }

    fn like(&mut self, side: Side<'_>, at: Span, pattern: &str, span: Span) -> Option<Expr> {
        let typed = match side {
            Side::Broken => return None,
            Side::Value(typed) => typed,
            Side::Day => {
                self.report.add(type_mismatch(at, "`like` tests a `string`, not a day"));
                return None;
            }
            Side::Literal(literal) => self.typed_literal(literal)?,
        };
        if typed.is_of_identity() {
            let message = format!("`like` tests the room and the context, and {} is of the identity", self.quote(at));
            let help = "compare it with `==`, or with `in` and a set of strings";
            self.report.add(Diagnostic::error("identity-like", at, message).with_help(help));
            return None;
        }
        if typed.ty != Type::Scalar(ScalarType::String) {
            let message = format!("`like` tests a `string`, but {} has type `{}`", self.quote(at), typed.ty);
            self.report.add(type_mismatch(at, message));
            return None;
        }
        Some(test(span, TestKind::Like(typed.operand, Like::new(pattern))))
    }

    fn time_since(&mut self, side: Side<'_>, at: Span, op: Comparison, seconds: u64, span: Span) -> Option<Expr> {
        let typed = match side {
            Side::Broken => return None,
            Side::Value(typed) => typed,
            Side::Day => {
                self.report.add(type_mismatch(at, "a `time` is subtracted from `time`, not a day"));
                return None;
            }
            Side::Literal(literal) => {
                let value =
                    self.scalar(literal, ScalarType::Time, "what is subtracted from `time`", Identities::Declared)?;
                Typed { operand: Operand::Value(value), ty: Type::Scalar(ScalarType::Time), span: at }
            }
        };
        if typed.ty != Type::Scalar(ScalarType::Time) {
            let message = format!("a `time` is subtracted from `time`, but {} has type `{}`", self.quote(at), typed.ty);
            self.report.add(type_mismatch(at, message));
            return None;
        }
        let since = |order| test(span, TestKind::Since(typed.operand.clone(), order, seconds));
        // Equality of lengths is two bounds at once.
        let exactly = || Expr::All(vec![since(Order::GreaterEqual), since(Order::LessEqual)]);
        Some(match op {
            Comparison::Equal => exactly(),
            Comparison::Greater => since(Order::Greater),
            Comparison::GreaterEqual => since(Order::GreaterEqual),
            Comparison::Less => since(Order::Less),
            Comparison::LessEqual => since(Order::LessEqual),
            Comparison::NotEqual => Expr::Not(Box::new(exactly())),
        })
    }
}

/// An expression that is one test.
pub(super) fn test(span: Span, kind: TestKind) -> Expr {
    Expr::Test(Test { kind, span })
}
