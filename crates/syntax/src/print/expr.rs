//! Expressions and values to pieces.

use crate::ast::{Bound, Duration, Expr, ExprKind, Literal, LiteralKind, Operand, OperandKind};

use super::piece::{Builder, FILL, OPERATOR};
use super::word;

impl Builder<'_> {
    /// An expression whose outermost operators break with that depth, 0 being the outermost.
    pub(super) fn expr(&mut self, expr: &Expr, depth: u16) {
        match &expr.kind {
            ExprKind::And(parts) => self.operators(parts, "and", depth),
            ExprKind::Compare { left, op, right } => {
                self.operand(left);
                self.word(word::comparison(*op));
                self.operand(right);
            }
            ExprKind::Has { base, attribute } => {
                self.node(base.text.to_string(), base.span);
                self.word("has");
                self.node(word::placed_name(attribute), attribute.span);
            }
            ExprKind::In { left, right } => {
                self.operand(left);
                self.word("in");
                self.operand(right);
            }
            ExprKind::Like { left, pattern } => {
                self.operand(left);
                self.word("like");
                self.node(word::string(&pattern.value), pattern.span);
            }
            ExprKind::Not(inner) => {
                self.word("not");
                let loose = matches!(inner.kind, ExprKind::And(_) | ExprKind::Or(_));
                self.nested(inner, loose, depth);
            }
            ExprKind::Or(parts) => self.operators(parts, "or", depth),
            ExprKind::Paren(inner) => self.parenthesized(inner, depth),
            ExprKind::Test(operand) => self.operand(operand),
            ExprKind::TimeSince { since, op, duration } => {
                self.word("time");
                self.word("-");
                self.operand(since);
                self.word(word::comparison(*op));
                self.duration(duration);
            }
        }
    }

    /// A value.
    pub(super) fn literal(&mut self, literal: &Literal) {
        let span = literal.span;
        match &literal.kind {
            LiteralKind::Address(text) => {
                let text = self.as_written(text, span, word::is_plain_address);
                self.node(text, span);
            }
            LiteralKind::Bool(value) => self.node(value.to_string(), span),
            LiteralKind::Days(Bound { start, end }) if start.text == end.text => {
                self.node(start.text.to_string(), span);
            }
            LiteralKind::Days(Bound { start, end }) => self.node(format!("{}..{}", start.text, end.text), span),
            LiteralKind::Int(value) => self.node(value.to_string(), span),
            LiteralKind::Name(name) => self.node(word::operand_name(name), span),
            LiteralKind::Set(items) => self.set(items),
            LiteralKind::String(value) => self.node(word::string(value), span),
            LiteralKind::Time(text) => {
                let text = self.as_written(text, span, word::is_plain_instant);
                self.node(text, span);
            }
            LiteralKind::Window(Bound { start, end }) => {
                let text = format!("{:02}:{:02}..{:02}:{:02}", start / 60, start % 60, end / 60, end % 60);
                self.node(text, span);
            }
        }
    }

    /// A length of time, in the unit in which it was written.
    pub(super) fn duration(&mut self, duration: &Duration) {
        let written = self.slice(duration.span).filter(|slice| {
            let digits = slice.trim_end_matches(['s', 'm', 'h', 'd']);
            digits.len() + 1 == slice.len() && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        });
        let text = written.map_or_else(|| word::duration(duration.seconds), str::to_owned);
        self.node(text, duration.span);
    }

    fn operand(&mut self, operand: &Operand) {
        match &operand.kind {
            OperandKind::Address => self.node("address".to_owned(), operand.span),
            OperandKind::Attribute { base, attribute } => {
                // A reference is one word, whatever its attribute is called.
                self.node(format!("{}.{}", base.text, attribute.text), operand.span);
            }
            OperandKind::Day => self.node("day".to_owned(), operand.span),
            OperandKind::Identity => self.node("identity".to_owned(), operand.span),
            OperandKind::Literal(literal) => self.literal(literal),
            OperandKind::Time => self.node("time".to_owned(), operand.span),
        }
    }

    fn operators(&mut self, parts: &[Expr], operator: &str, depth: u16) {
        let outer = self.indent;
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.break_at(OPERATOR.saturating_add(depth).min(FILL - 1), outer).word(operator);
            }
            self.indent = outer + 4;
            let loose = match &part.kind {
                ExprKind::Or(_) => true,
                ExprKind::And(_) => operator == "and",
                _ => false,
            };
            let first = self.made();
            self.nested(part, loose, depth.saturating_add(1));
            if index == 0 {
                self.reindent(first, outer);
            }
        }
        self.indent = outer;
    }

    /// An operand of `and`, `or` or `not`, in parentheses where it would be read as something else without.
    fn nested(&mut self, expr: &Expr, loose: bool, depth: u16) {
        if loose {
            self.parenthesized(expr, depth);
        } else {
            self.expr(expr, depth);
        }
    }

    fn parenthesized(&mut self, inner: &Expr, depth: u16) {
        self.word("(");
        self.tight();
        self.expr(inner, depth.saturating_add(1));
        self.tight().word(")");
    }

    fn set(&mut self, items: &[Literal]) {
        let outer = self.indent;
        self.word("{");
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.glue(",");
                self.break_at(FILL, outer + 4);
            }
            self.literal(item);
        }
        if items.is_empty() {
            self.tight();
        }
        self.word("}");
        self.indent = outer;
    }
}
