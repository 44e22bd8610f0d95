//! Expressions: from the grammar's flat run of terms to a tree in which `and` binds tighter than `or`.

use doorward_grammar::Rule;
use pest::iterators::{Pair, Pairs};

use super::{Builder, next_if};
use crate::ast::{Bound, Comparison, Expr, ExprKind, Literal, LiteralKind, Name, Operand, OperandKind};
use crate::source::Span;

impl Builder<'_> {
    /// The expression in a pair of the rule `expr`. It calls itself once per parenthesis, which the splitter counted.
    pub(super) fn expr(&mut self, pair: Pair<'_, Rule>) -> Option<Expr> {
        let mut pairs = pair.into_inner();
        let mut alternatives = Vec::new();
        let mut conditions = Vec::new();
        loop {
            conditions.push(self.term(&mut pairs)?);
            match pairs.next() {
                Some(pair) if pair.as_rule() == Rule::kw_and => {}
                Some(_) => alternatives.push(join(&mut conditions, ExprKind::And)?),
                None => break,
            }
        }
        alternatives.push(join(&mut conditions, ExprKind::And)?);
        join(&mut alternatives, ExprKind::Or)
    }

    fn term(&mut self, pairs: &mut Pairs<'_, Rule>) -> Option<Expr> {
        let mut nots: Vec<Span> = Vec::new();
        while let Some(pair) = next_if(pairs, &[Rule::kw_not]) {
            nots.push(self.span(&pair));
        }
        let mut expr = self.condition(pairs)?;
        for not in nots.into_iter().rev() {
            let span = not.to(expr.span);
            expr = Expr { kind: ExprKind::Not(Box::new(expr)), span };
        }
        Some(expr)
    }

    fn condition(&mut self, pairs: &mut Pairs<'_, Rule>) -> Option<Expr> {
        let first = pairs.next()?;
        let start = self.span(&first);
        match first.as_rule() {
            Rule::open_paren => {
                let inner = self.expr(pairs.next()?)?;
                let span = start.to(self.span(&pairs.next()?));
                Some(Expr { kind: ExprKind::Paren(Box::new(inner)), span })
            }
            Rule::time_since => self.time_since(first),
            Rule::has_test => {
                let mut inner = first.into_inner();
                let base = self.name(&inner.next()?);
                inner.next();
                let attribute = self.attribute_name(&inner.next()?);
                Some(Expr { kind: ExprKind::Has { base, attribute }, span: start })
            }
            _ => {
                let left = self.operand(&first)?;
                self.comparison(left, pairs)
            }
        }
    }

    /// What follows an operand, if anything does.
    fn comparison(&mut self, left: Operand, pairs: &mut Pairs<'_, Rule>) -> Option<Expr> {
        let start = left.span;
        let Some(operator) = next_if(pairs, &[Rule::compare, Rule::kw_in, Rule::kw_like]) else {
            return Some(Expr { kind: ExprKind::Test(left), span: start });
        };
        let right = pairs.next()?;
        let span = start.to(self.span(&right));
        let kind = match operator.as_rule() {
            Rule::compare => {
                ExprKind::Compare { left, op: comparison(operator.as_str())?, right: self.operand(&right)? }
            }
            Rule::kw_in => {
                let right = self.operand(&right)?;
                let right = if left.kind == OperandKind::Day { single_day(right) } else { right };
                ExprKind::In { left, right }
            }
            _ => ExprKind::Like { left, pattern: self.text(&right) },
        };
        Some(Expr { kind, span })
    }

    fn time_since(&mut self, pair: Pair<'_, Rule>) -> Option<Expr> {
        let span = self.span(&pair);
        let mut inner = pair.into_inner().skip(2);
        let since = self.operand(&inner.next()?)?;
        let op = comparison(inner.next()?.as_str())?;
        let duration = self.duration(&inner.next()?)?;
        Some(Expr { kind: ExprKind::TimeSince { since, op, duration }, span })
    }

    fn operand(&mut self, pair: &Pair<'_, Rule>) -> Option<Operand> {
        let span = self.span(pair);
        let kind = match pair.as_rule() {
            Rule::kw_address => OperandKind::Address,
            Rule::kw_day => OperandKind::Day,
            Rule::kw_identity => OperandKind::Identity,
            Rule::kw_time => OperandKind::Time,
            Rule::reference => {
                let (base, attribute) = self.reference(pair)?;
                OperandKind::Attribute { base, attribute }
            }
            _ => OperandKind::Literal(self.literal(pair)?),
        };
        Some(Operand { kind, span })
    }

    /// The two sides of the first dot of `room.owner`.
    pub(super) fn reference(&mut self, pair: &Pair<'_, Rule>) -> Option<(Name, Name)> {
        let span = self.span(pair);
        let (base, attribute) = pair.as_str().split_once('.')?;
        let dot = span.start + u32::try_from(base.len()).ok()?;
        let base = Name { text: base.into(), quoted: false, span: Span::new(span.file, span.start, dot) };
        let attribute = Name { text: attribute.into(), quoted: false, span: Span::new(span.file, dot + 1, span.end) };
        self.check_attribute(&attribute);
        Some((base, attribute))
    }
}

/// One expression of several; the only one if there is one. Leaves the list empty.
pub(crate) fn join(exprs: &mut Vec<Expr>, kind: fn(Vec<Expr>) -> ExprKind) -> Option<Expr> {
    let span = exprs.first()?.span.to(exprs.last()?.span);
    if exprs.len() == 1 {
        return exprs.pop();
    }
    Some(Expr { kind: kind(std::mem::take(exprs)), span })
}

/// `day in mon` means the one day; anything but a name stays what it is.
pub(crate) fn single_day(operand: Operand) -> Operand {
    match operand.kind {
        OperandKind::Literal(Literal { kind: LiteralKind::Name(name), span }) => {
            let kind = LiteralKind::Days(Bound { start: name.clone(), end: name });
            Operand { kind: OperandKind::Literal(Literal { kind, span }), span }
        }
        kind => Operand { kind, span: operand.span },
    }
}

/// The operator that is written so.
pub(crate) fn comparison(raw: &str) -> Option<Comparison> {
    Some(match raw {
        "==" => Comparison::Equal,
        ">" => Comparison::Greater,
        ">=" => Comparison::GreaterEqual,
        "<" => Comparison::Less,
        "<=" => Comparison::LessEqual,
        "!=" => Comparison::NotEqual,
        _ => return None,
    })
}
