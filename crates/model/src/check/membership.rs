//! What stands after `in`: sets, groups, networks, windows of the day, days.

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward_syntax::ast::{Bound, Literal, LiteralKind, Name, ScalarType};
use doorward_syntax::{Diagnostic, Span};

use super::Checker;
use super::expr::{Side, Typed, test};
use super::literal::{Identities, describe, type_mismatch};
use super::networks::size;
use super::report::{DidYouMean, repeated, tick, tick_name};
use crate::address::{Prefix, PrefixError, PrefixSet};
use crate::expr::{Expr, Operand, Set, TestKind};
use crate::ids::GroupId;
use crate::types::Type;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MIDNIGHT: u16 = 24 * 60;

impl<'a> Checker<'a> {
    /// Checks `left in right`.
    pub(super) fn membership(
        &mut self,
        (left, left_span): (Side<'_>, Span),
        (right, right_span): (Side<'_>, Span),
        span: Span,
    ) -> Option<Expr> {
        let left = match (left, &right) {
            (Side::Broken, _) | (_, Side::Broken) => return None,
            (Side::Day, Side::Literal(days)) => {
                return self.days(days).map(|days| test(span, TestKind::OnDay(days)));
            }
            (Side::Day, _) => {
                let message = format!("`day` is in a range of days, and {} is none", self.quote(right_span));
                self.report.add(type_mismatch(right_span, message).with_help("write `day in mon..fri`"));
                return None;
            }
            (Side::Literal(left), Side::Value(set)) => {
                let value = self.scalar(left, set.ty.scalar(), &self.quote(set.span), Identities::Declared)?;
                Typed { operand: Operand::Value(value), ty: Type::Scalar(set.ty.scalar()), span: left_span }
            }
            (Side::Literal(left), _) => self.typed_literal(left)?,
            (Side::Value(left), _) => left,
        };
        if let Type::Set(_) = left.ty {
            let message = format!("one value stands before `in`, but {} has type `{}`", self.quote(left.span), left.ty);
            self.report.add(type_mismatch(left.span, message));
            return None;
        }
        match right {
            Side::Broken => None,
            Side::Day => {
                let help = "write `day in mon..fri`";
                self.report.add(type_mismatch(right_span, "`day` stands before `in`").with_help(help));
                None
            }
            Side::Literal(literal) => self.in_literal(left, literal, span),
            Side::Value(right) => self.in_reference(left, right, span),
        }
    }

    /// `left in room.readers`.
    fn in_reference(&mut self, left: Typed, right: Typed, span: Span) -> Option<Expr> {
        if let Operand::Reference(reference) = right.operand {
            if left.operand == Operand::Identity && right.ty.scalar() == ScalarType::Group {
                return self
                    .at_most_one_of_identity(&left, &right, span)
                    .then(|| test(span, TestKind::InGroupOf(reference)));
            }
            if right.ty == Type::Set(left.ty.scalar()) {
                return self
                    .at_most_one_of_identity(&left, &right, span)
                    .then(|| test(span, TestKind::InSet(left.operand, Set::Reference(reference))));
            }
        }
        let (one, set) = (self.quote(left.span), self.quote(right.span));
        let message = format!("{one} has type `{}`, but {set} has type `{}`", left.ty, right.ty);
        let diagnostic = type_mismatch(span, message);
        self.report.add(if right.ty == left.ty {
            let (one, other) = (self.sources.slice(left.span), self.sources.slice(right.span));
            diagnostic.with_help(format!("write `{one} == {other}`"))
        } else if right.ty.scalar() == ScalarType::Group && left.ty.scalar() == ScalarType::Identity {
            diagnostic.with_help("only the visitor, `identity`, can be tested for a group")
        } else if let Type::Scalar(_) = right.ty {
            diagnostic.with_help("a set, a group or a network stands after `in`")
        } else {
            diagnostic
        });
        None
    }

    fn in_literal(&mut self, left: Typed, right: &Literal, span: Span) -> Option<Expr> {
        let scalar = left.ty.scalar();
        match (&right.kind, scalar) {
            (LiteralKind::Window(window), ScalarType::Time) if left.operand == Operand::Time => {
                // A window that ends at midnight ends with the day in which it began.
                let end = if window.end == 0 { MIDNIGHT } else { window.end };
                Some(test(span, TestKind::InWindow { start: window.start, end }))
            }
            (LiteralKind::Set(elements), ScalarType::Identity) => self.in_identities_or_groups(left, elements, span),
            (LiteralKind::Set(elements), ScalarType::Address) => {
                let elements: Vec<Option<Arc<PrefixSet>>> =
                    elements.iter().map(|element| self.network(element)).collect();
                let set = self.union(elements.into_iter().collect::<Option<_>>()?, span)?;
                self.in_network(left, set, span)
            }
            (LiteralKind::Set(elements), _) => {
                let values = self.elements(elements, scalar, &self.quote(left.span), Identities::Declared)?;
                if values.is_empty() {
                    self.empty_set(right.span);
                }
                Some(test(span, TestKind::InSet(left.operand, Set::Values(values))))
            }
            (LiteralKind::Address(_) | LiteralKind::Name(_) | LiteralKind::String(_), ScalarType::Address) => {
                let set = self.network(right)?;
                self.in_network(left, set, span)
            }
            (LiteralKind::Name(Name { text, .. }) | LiteralKind::String(text), ScalarType::Identity) => {
                self.in_group(left, text, right.span, span)
            }
            (LiteralKind::Name(_) | LiteralKind::String(_), ScalarType::Group) => {
                self.only_the_visitor(&left, right.span);
                None
            }
            _ => {
                self.not_a_set_for(&left, right);
                None
            }
        }
    }

    fn not_a_set_for(&mut self, left: &Typed, right: &Literal) {
        let (one, found) = (self.quote(left.span), self.quote(right.span));
        let diagnostic = match &right.kind {
            LiteralKind::Days(_) => {
                type_mismatch(right.span, format!("{found} is a range of days, which holds a `day`"))
                    .with_help(format!("write `day in {}`", self.sources.slice(right.span)))
            }
            LiteralKind::Window(_) => {
                type_mismatch(right.span, format!("{found} is a window of the day, which holds the word `time` only"))
                    .with_help(format!("write `time in {}`", self.sources.slice(right.span)))
            }
            _ => {
                let message = format!("a set stands after `in`, but {found} is {}", describe(right));
                let (one, other) = (one.trim_matches('`'), found.trim_matches('`'));
                type_mismatch(right.span, message)
                    .with_help(format!("write `{one} == {other}` or `{one} in {{ {other} }}`"))
            }
        };
        self.report.add(diagnostic);
    }

    fn empty_set(&mut self, span: Span) {
        let message = "nothing is in an empty set, so the test is never true";
        self.report.add(Diagnostic::warning("empty-set", span, message));
    }

    fn in_network(&mut self, left: Typed, set: Arc<PrefixSet>, span: Span) -> Option<Expr> {
        if set.is_empty() {
            self.empty_set(span);
        }
        self.spend(size(&set), span).then(|| test(span, TestKind::InNetwork(left.operand, set)))
    }

    /// The addresses that a network's name, a prefix or an address stands for.
    fn network(&mut self, literal: &Literal) -> Option<Arc<PrefixSet>> {
        let span = literal.span;
        match &literal.kind {
            LiteralKind::Address(text) => match Prefix::parse(text) {
                Ok(prefix) => Some(Arc::new(PrefixSet::new([prefix]))),
                Err(error) => {
                    self.bad_prefix(span, &error);
                    None
                }
            },
            LiteralKind::Name(Name { text, .. }) | LiteralKind::String(text) => {
                match Prefix::parse(text) {
                    Err(PrefixError::BadAddress { .. }) => {}
                    _ => {
                        let message = format!("{} is a `string`, not an address", self.quote(span));
                        let help = format!("write `{text}`, without quotes");
                        self.report.add(type_mismatch(span, message).with_help(help).with_replacement(text.as_str()));
                        return None;
                    }
                }
                let index = self.network_named(span, text)?;
                self.networks.set(index).cloned()
            }
            _ => {
                let found = self.quote(span);
                let message = format!("a network or an address is meant, but {found} is {}", describe(literal));
                self.report.add(type_mismatch(span, message));
                None
            }
        }
    }

    /// `identity in GROUP`.
    fn in_group(&mut self, left: Typed, text: &str, at: Span, span: Span) -> Option<Expr> {
        if self.policy.identity(text).is_some() {
            let message = format!("{} is an identity, and a group or a set stands after `in`", tick(text));
            let one = self.sources.slice(left.span);
            let help = format!("write `{one} == {}`", self.sources.slice(at));
            self.report.add(Diagnostic::error("wrong-kind", at, message).with_help(help));
            return None;
        }
        let group = self.group_named(at, text)?;
        if left.operand != Operand::Identity {
            self.only_the_visitor(&left, at);
            return None;
        }
        Some(test(span, TestKind::InGroups(vec![group])))
    }

    fn only_the_visitor(&mut self, left: &Typed, at: Span) {
        let message = format!(
            "only the visitor, `identity`, can be tested for a group, and {} has type `{}`",
            self.quote(left.span),
            left.ty
        );
        let diagnostic = type_mismatch(left.span, message);
        self.report.add(match left.ty.scalar() {
            ScalarType::Group => {
                let (one, group) = (self.sources.slice(left.span), self.sources.slice(at));
                diagnostic.with_help(format!("write `{one} == {group}`"))
            }
            _ => diagnostic.with_help("name the identities in a set: `in { alice, bob }`"),
        });
    }

    /// `identity in { alice, bob }` or `identity in { staff, admins }`.
    fn in_identities_or_groups(&mut self, left: Typed, elements: &[Literal], span: Span) -> Option<Expr> {
        let is_group = |literal: &&Literal| match &literal.kind {
            LiteralKind::Name(Name { text, .. }) | LiteralKind::String(text) => self.policy.group(text).is_some(),
            _ => false,
        };
        let Some(group) = elements.iter().find(is_group) else {
            let values = self.elements(elements, ScalarType::Identity, &self.quote(left.span), Identities::Declared)?;
            if values.is_empty() {
                self.empty_set(span);
            }
            return Some(test(span, TestKind::InSet(left.operand, Set::Values(values))));
        };
        let mut groups: BTreeSet<GroupId> = BTreeSet::new();
        let mut sound = true;
        for element in elements {
            let (LiteralKind::Name(Name { text, .. }) | LiteralKind::String(text)) = &element.kind else {
                let message =
                    format!("a set of groups is meant, but {} is {}", self.quote(element.span), describe(element));
                self.report.add(type_mismatch(element.span, message));
                sound = false;
                continue;
            };
            if self.policy.identity(text).is_some() {
                let message = format!("{} is an identity in a set of groups", tick(text));
                let help = "a set holds identities or groups; join two tests with `or`";
                self.report.add(
                    type_mismatch(element.span, message).with_related(group.span, "this is a group").with_help(help),
                );
                sound = false;
                continue;
            }
            match self.group_named(element.span, text) {
                Some(group) if !groups.insert(group) => {
                    self.report.add(repeated(&self.quote(element.span), element.span, None));
                }
                Some(_) => {}
                None => sound = false,
            }
        }
        if left.operand != Operand::Identity {
            self.only_the_visitor(&left, group.span);
            return None;
        }
        sound.then(|| test(span, TestKind::InGroups(groups.into_iter().collect())))
    }

    /// The bits of a range of days. Both ends of a range are within; that they differ, the parser saw to.
    fn days(&mut self, literal: &Literal) -> Option<u8> {
        let LiteralKind::Days(Bound { start, end }) = &literal.kind else {
            let message =
                format!("`day` is in a range of days, but {} is {}", self.quote(literal.span), describe(literal));
            let help = "write `day in mon..fri`, or join single days with `or`";
            self.report.add(type_mismatch(literal.span, message).with_help(help));
            return None;
        };
        let (first, last) = (self.day(start), self.day(end));
        let (first, last) = (first?, last?);
        let length = (last + 7 - first) % 7;
        Some((0..=length).fold(0, |days, step| days | 1 << ((first + step) % 7)))
    }

    /// The index of a day of the week, Monday being 0.
    fn day(&mut self, name: &Name) -> Option<usize> {
        let found = DAYS.iter().position(|day| *day == name.text);
        if found.is_none() {
            let lower = name.text.to_lowercase();
            let nearest = DAYS.iter().copied().find(|day| lower.starts_with(day));
            let nearest = nearest.or_else(|| self.report.nearest(&name.text, DAYS.iter().copied()));
            let diagnostic = Diagnostic::error("unknown-day", name.span, format!("unknown day {}", tick_name(name)));
            self.report.add(match nearest {
                Some(_) => diagnostic.did_you_mean(nearest),
                None => diagnostic.with_help(format!("the days are `{}`", DAYS.join("`, `"))),
            });
        }
        found
    }
}
