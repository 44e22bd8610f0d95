//! Plain conditions: tests of words, references and single values, joined by `and` and `or`.

use super::{Reader, is_ipv4};
use crate::ast::{Comparison, Expr, ExprKind, Literal, LiteralKind, Name, Operand, OperandKind};
use crate::build::{clocks, comparison, join, single_day};
use crate::lex::TokenKind;
use crate::text::span;
use crate::words;

impl Reader<'_> {
    /// An expression without brackets and without `not`.
    pub(super) fn expr(&mut self) -> Option<Expr> {
        let mut alternatives = Vec::new();
        let mut conditions = Vec::new();
        loop {
            conditions.push(self.test()?);
            if self.take_if("and") {
                continue;
            }
            alternatives.push(join(&mut conditions, ExprKind::And)?);
            if !self.take_if("or") {
                return join(&mut alternatives, ExprKind::Or);
            }
        }
    }

    fn test(&mut self) -> Option<Expr> {
        let left = self.operand()?;
        let start = left.span;
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

    fn comparison(&mut self) -> Option<Comparison> {
        let token = self.next.filter(|token| token.kind == TokenKind::Punctuation)?;
        let op = comparison(token.text(self.text))?;
        self.take();
        Some(op)
    }

    pub(super) fn operand(&mut self) -> Option<Operand> {
        let token = self.next?;
        let kind = match token.kind {
            TokenKind::Word => self.word_operand()?,
            TokenKind::Text => {
                let text = self.quoted()?;
                OperandKind::Literal(Literal { kind: LiteralKind::String(text.value.into()), span: text.span })
            }
            _ => {
                self.take();
                let raw = token.text(self.text);
                if self.is_cut(token) {
                    return None;
                }
                let kind = match token.kind {
                    TokenKind::Address => {
                        LiteralKind::Window(clocks(raw)?.ok().filter(|window| window.start != window.end)?)
                    }
                    TokenKind::Number if is_ipv4(raw) => LiteralKind::Address(raw.into()),
                    TokenKind::Number if raw.bytes().all(|byte| byte.is_ascii_digit()) => {
                        LiteralKind::Int(raw.parse().ok()?)
                    }
                    _ => return None,
                };
                OperandKind::Literal(Literal { kind, span: self.span(token.start) })
            }
        };
        Some(Operand { kind, span: self.span(token.start) })
    }

    fn word_operand(&mut self) -> Option<OperandKind> {
        let word = self.word()?;
        let token = self.take().filter(|token| self.behind(*token) != Some(b':'))?;
        let whole = self.span(token.start);
        let literal = |kind| OperandKind::Literal(Literal { kind, span: whole });
        Some(match word {
            "address" => OperandKind::Address,
            "day" => OperandKind::Day,
            "false" => literal(LiteralKind::Bool(false)),
            "identity" => OperandKind::Identity,
            "time" => OperandKind::Time,
            "true" => literal(LiteralKind::Bool(true)),
            _ => match word.split_once('.') {
                Some((base @ ("context" | "identity" | "room"), attribute)) => {
                    if attribute.contains(['.', '@']) {
                        return None;
                    }
                    let dot = token.start + base.len();
                    let base = Name { text: base.into(), quoted: false, span: span(self.file, token.start, dot) };
                    let place = span(self.file, dot + 1, token.end);
                    OperandKind::Attribute {
                        base,
                        attribute: Name { text: attribute.into(), quoted: false, span: place },
                    }
                }
                _ if words::is_reserved(word) => return None,
                _ => literal(LiteralKind::Name(Name { text: word.into(), quoted: false, span: whole })),
            },
        })
    }
}
