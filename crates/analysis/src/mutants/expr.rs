//! Faults in conditions.

use doorward_syntax::Span;
use doorward_syntax::ast::{Bound, Comparison, Expr, ExprKind, Literal, LiteralKind, Name, Operand, OperandKind};

use super::{Maker, beside, printed, without};

/// An expression with one fault in it.
pub(super) struct Variant {
    pub(super) span: Span,
    pub(super) written: String,
    pub(super) instead: Option<String>,
    pub(super) expr: Expr,
}

const HOUR: u16 = 60;
const MIDNIGHT: u16 = 24 * 60;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Maker<'_> {
    /// Every fault of an expression. Recursion is as deep as the expression, which the parser limits.
    pub(super) fn variants(&self, expr: &Expr, is_negated: bool) -> Vec<Variant> {
        let whole = |kind: ExprKind| Expr { kind, span: expr.span };
        let within = |parts: Vec<Variant>, wrap: &dyn Fn(Expr) -> ExprKind| -> Vec<Variant> {
            parts.into_iter().map(|part| Variant { expr: whole(wrap(part.expr)), ..part }).collect()
        };
        match &expr.kind {
            ExprKind::And(parts) => {
                let mut all = vec![joined(expr, "and", "or", ExprKind::Or(parts.clone()))];
                all.extend(self.parts(parts, expr.span, ExprKind::And));
                all
            }
            ExprKind::Or(parts) => {
                let mut all = vec![joined(expr, "or", "and", ExprKind::And(parts.clone()))];
                all.extend(self.parts(parts, expr.span, ExprKind::Or));
                all
            }
            ExprKind::Not(inner) => {
                let mut all = vec![Variant {
                    span: expr.span,
                    written: self.sources.one_line(expr.span),
                    instead: Some(printed(inner)),
                    expr: (**inner).clone(),
                }];
                all.extend(within(self.variants(inner, true), &|inner| ExprKind::Not(Box::new(inner))));
                all
            }
            ExprKind::Paren(inner) => {
                within(self.variants(inner, is_negated), &|inner| ExprKind::Paren(Box::new(inner)))
            }
            ExprKind::Compare { left, op, right } => {
                let kind = |op, left: &Operand, right: &Operand| ExprKind::Compare {
                    left: left.clone(),
                    op,
                    right: right.clone(),
                };
                let mut all = self.negated(expr, is_negated);
                if let Some(other) = across(*op) {
                    all.push(self.replaced(expr, kind(other, left, right)));
                }
                all
            }
            ExprKind::TimeSince { since, op, duration } => {
                let mut all = self.negated(expr, is_negated);
                if let Some(op) = across(*op) {
                    let kind = ExprKind::TimeSince { since: since.clone(), op, duration: *duration };
                    all.push(self.replaced(expr, kind));
                }
                all
            }
            ExprKind::In { left, right } => {
                let mut all = self.negated(expr, is_negated);
                let OperandKind::Literal(literal) = &right.kind else { return all };
                for (span, instead, literal) in self.literals(literal) {
                    let right = Operand { kind: OperandKind::Literal(literal), span: right.span };
                    let expr = whole(ExprKind::In { left: left.clone(), right });
                    all.push(Variant { span, written: self.sources.one_line(span), instead, expr });
                }
                all
            }
            // What is always true or false is not a condition that somebody could turn round by mistake.
            ExprKind::Test(Operand { kind: OperandKind::Literal(_), .. }) => Vec::new(),
            ExprKind::Has { .. } | ExprKind::Like { .. } | ExprKind::Test(_) => self.negated(expr, is_negated),
        }
    }

    /// Each of several conditions left out, and each with its own faults.
    fn parts(&self, parts: &[Expr], span: Span, join: fn(Vec<Expr>) -> ExprKind) -> Vec<Variant> {
        let mut all = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let mut rest = without(parts, index);
            let expr = match (rest.len(), rest.pop()) {
                (1, Some(one)) => one,
                (_, last) => {
                    rest.extend(last);
                    Expr { kind: join(rest), span }
                }
            };
            let written = self.sources.one_line(part.span);
            all.push(Variant { span: part.span, written, instead: None, expr });
            for variant in self.variants(part, false) {
                let mut parts = parts.to_vec();
                if let Some(part) = parts.get_mut(index) {
                    *part = variant.expr.clone();
                }
                all.push(Variant { expr: Expr { kind: join(parts), span }, ..variant });
            }
        }
        all
    }

    fn negated(&self, expr: &Expr, is_negated: bool) -> Vec<Variant> {
        // What stands after `not` is turned round by leaving that out.
        if is_negated {
            return Vec::new();
        }
        let inner = Expr { kind: ExprKind::Paren(Box::new(expr.clone())), span: expr.span };
        vec![self.replaced(expr, ExprKind::Not(Box::new(inner)))]
    }

    fn replaced(&self, expr: &Expr, kind: ExprKind) -> Variant {
        let changed = Expr { kind, span: expr.span };
        let written = self.sources.one_line(expr.span);
        Variant { span: expr.span, written, instead: Some(printed(&changed)), expr: changed }
    }

    /// Values that somebody could have written instead: where, what, and the whole.
    fn literals(&self, literal: &Literal) -> Vec<(Span, Option<String>, Literal)> {
        let whole = |kind| Literal { kind, span: literal.span };
        match &literal.kind {
            LiteralKind::Address(text) => beside(text)
                .into_iter()
                .map(|other| (literal.span, Some(other.to_string()), whole(LiteralKind::Address(other))))
                .collect(),
            LiteralKind::Days(Bound { start, end }) => {
                let Some(at) = DAYS.iter().position(|day| *day == end.text) else { return Vec::new() };
                let Some(next) = DAYS.get((at + 1) % DAYS.len()).filter(|next| **next != start.text) else {
                    return Vec::new();
                };
                let end = Name { text: (*next).into(), ..end.clone() };
                let told = format!("{}..{next}", start.text);
                vec![(literal.span, Some(told), whole(LiteralKind::Days(Bound { start: start.clone(), end })))]
            }
            LiteralKind::Set(items) if items.len() > 1 => items
                .iter()
                .enumerate()
                .map(|(index, item)| (item.span, None, whole(LiteralKind::Set(without(items, index)))))
                .collect(),
            LiteralKind::Window(Bound { start, end }) => {
                let later = if *end + HOUR > MIDNIGHT { *end + HOUR - MIDNIGHT } else { *end + HOUR };
                if later == *start {
                    return Vec::new();
                }
                let told = format!("{}..{}", clock(*start), clock(later));
                vec![(literal.span, Some(told), whole(LiteralKind::Window(Bound { start: *start, end: later })))]
            }
            _ => Vec::new(),
        }
    }
}

/// The same conditions, joined by the other word.
fn joined(expr: &Expr, word: &str, other: &str, kind: ExprKind) -> Variant {
    let span = expr.span;
    Variant { span, written: word.to_owned(), instead: Some(other.to_owned()), expr: Expr { kind, span } }
}

/// The comparison that differs at the boundary alone.
fn across(op: Comparison) -> Option<Comparison> {
    match op {
        Comparison::Greater => Some(Comparison::GreaterEqual),
        Comparison::GreaterEqual => Some(Comparison::Greater),
        Comparison::Less => Some(Comparison::LessEqual),
        Comparison::LessEqual => Some(Comparison::Less),
        Comparison::Equal | Comparison::NotEqual => None,
    }
}

fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}
