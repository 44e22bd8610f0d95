//! Conditions, and the values in them.

use super::{DEPTH, Reader, is_instant};
use crate::ast::{Bound, Comparison, Expr, ExprKind, Literal, LiteralKind, Name, Operand, OperandKind};
use crate::build::{clocks, comparison, join, single_day};
use crate::lex::{Token, TokenKind};
use crate::text::span;

impl Reader<'_> {
    pub(super) fn expr(&mut self) -> Option<Expr> {
        self.nested_expr(DEPTH)
    }

    /// An expression in which brackets and `not` nest so deep at the most.
    fn nested_expr(&mut self, depth: usize) -> Option<Expr> {
        let mut alternatives = Vec::new();
        let mut conditions = Vec::new();
        loop {
            conditions.push(self.term(depth)?);
            if self.take_if("and") {
                continue;
            }
            alternatives.push(join(&mut conditions, ExprKind::And)?);
            if !self.take_if("or") {
                return join(&mut alternatives, ExprKind::Or);
            }
        }
    }

    fn term(&mut self, depth: usize) -> Option<Expr> {
        let start = self.next?.start;
        let kind = if self.take_if("not") {
            ExprKind::Not(Box::new(self.term(depth.checked_sub(1)?)?))
        } else if self.take_if("(") {
            let inner = self.nested_expr(depth.checked_sub(1)?)?;
            self.take_if(")").then(|| ExprKind::Paren(Box::new(inner)))?
        } else {
            return self.predicate();
        };
        Some(Expr { kind, span: self.span(start) })
    }

    fn predicate(&mut self) -> Option<Expr> {
        let token = self.next?;
        if matches!(token.text(self.text), "context" | "identity" | "room") && self.is_before_has() {
            self.take();
            self.take();
            return self.has(token);
        }
        let left = self.operand()?;
        let start = left.span;
        if left.kind == OperandKind::Time && self.take_if("-") {
            let since = self.operand()?;
            let op = self.comparison()?;
            let duration = self.duration()?;
            return Some(Expr { kind: ExprKind::TimeSince { since, op, duration }, span: self.span(token.start) });
        }
        if let Some(op) = self.comparison() {
            let right = self.operand()?;
            let span = start.to(right.span);
            return Some(Expr { kind: ExprKind::Compare { left, op, right }, span });
        }
        if self.take_if("in") {
            let right = self.operand()?;
            let right = if left.kind == OperandKind::Day { single_day(right) } else { right };
            let span = start.to(right.span);
            return Some(Expr { kind: ExprKind::In { left, right }, span });
        }
        if self.take_if("like") {
            let pattern = self.quoted()?;
            let span = start.to(pattern.span);
            return Some(Expr { kind: ExprKind::Like { left, pattern }, span });
        }
        Some(Expr { kind: ExprKind::Test(left), span: start })
    }

    /// `identity has department`, the first two words read.
    fn has(&mut self, base: Token) -> Option<Expr> {
        let name =
            Name { text: base.text(self.text).into(), quoted: false, span: span(self.file, base.start, base.end) };
        let attribute = self.attribute()?;
        Some(Expr { kind: ExprKind::Has { base: name, attribute }, span: self.span(base.start) })
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let token = self.next.filter(|token| token.kind == TokenKind::Punctuation)?;
        let op = comparison(token.text(self.text))?;
        self.take();
        Some(op)
    }

    /// Whether the word after the next token is `has`.
    fn is_before_has(&self) -> bool {
        self.lexer.clone().significant().is_some_and(|token| token.end <= self.end && token.text(self.text) == "has")
    }

    pub(super) fn operand(&mut self) -> Option<Operand> {
        let token = self.next?;
        let base = self.word().and_then(|word| Some((word, word.split_once('.')?.0)));
        let kind = match (token.text(self.text), base) {
            ("address", _) => OperandKind::Address,
            ("day", _) => OperandKind::Day,
            ("identity", _) => OperandKind::Identity,
            ("time", _) => OperandKind::Time,
            (_, Some((word, base @ ("context" | "identity" | "room")))) => {
                let dot = token.start + base.len();
                let attribute = word.get(base.len() + 1..).filter(|attribute| !attribute.contains(['.', '@']))?;
                let name = |text: &str, start, end| Name {
                    text: text.into(),
                    quoted: false,
                    span: span(self.file, start, end),
                };
                OperandKind::Attribute {
                    base: name(base, token.start, dot),
                    attribute: name(attribute, dot + 1, token.end),
                }
            }
            _ => {
                let literal = self.literal()?;
                let span = literal.span;
                return Some(Operand { kind: OperandKind::Literal(literal), span });
            }
        };
        self.take().filter(|token| self.behind(*token) != Some(b':'))?;
        Some(Operand { kind, span: self.span(token.start) })
    }

    /// A value.
    pub(super) fn literal(&mut self) -> Option<Literal> {
        let token = self.next?;
        let kind = match token.kind {
            TokenKind::Open => LiteralKind::Set(self.braced(|reader| {
                // A set holds no sets.
                reader.next.filter(|token| token.kind != TokenKind::Open)?;
                reader.literal()
            })?),
            TokenKind::Text => LiteralKind::String(self.quoted()?.value.into()),
            TokenKind::Word => self.word_literal(token)?,
            _ => {
                self.take();
                self.number(token)?
            }
        };
        Some(Literal { kind, span: self.span(token.start) })
    }

    fn word_literal(&mut self, token: Token) -> Option<LiteralKind> {
        let word = token.text(self.text);
        if matches!(word, "false" | "true") {
            self.take().filter(|token| self.behind(*token) != Some(b':'))?;
            return Some(LiteralKind::Bool(word == "true"));
        }
        let start = self.name()?;
        if !self.take_if("..") {
            return Some(LiteralKind::Name(start));
        }
        let end = self.name()?;
        // No space stands between days.
        let is_close = self.last - token.start == start.text.len() + 2 + end.text.len();
        let is_letters = |name: &Name| !name.quoted && name.text.bytes().all(|byte| byte.is_ascii_alphabetic());
        let is_days = is_close && is_letters(&start) && is_letters(&end) && start.text != end.text;
        (is_days && !self.is_cut(self.last)).then_some(LiteralKind::Days(Bound { start, end }))
    }

    /// The value of a token, read, that begins with a digit, a colon or a minus.
    fn number(&self, token: Token) -> Option<LiteralKind> {
        let raw = token.text(self.text);
        if self.is_cut(token.end) {
            return None;
        }
        let digits = raw.strip_prefix('-').unwrap_or(raw);
        match token.kind {
            TokenKind::Address if raw.contains("..") => {
                Some(LiteralKind::Window(clocks(raw)?.ok().filter(|window| window.start != window.end)?))
            }
            TokenKind::Number if is_instant(raw) => Some(LiteralKind::Time(raw.into())),
            TokenKind::Number if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(LiteralKind::Int(raw.parse().ok()?))
            }
            _ => self.address(token).map(|address| LiteralKind::Address(address.into())),
        }
    }
}
