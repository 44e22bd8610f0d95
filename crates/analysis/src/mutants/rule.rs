//! Faults in rules.

use doorward_syntax::Span;
use doorward_syntax::ast::{Effect, Expr, Rule, StatementKind, Who};

use super::{Maker, span_of};

/// The statement of a rule after a change.
fn changed(rule: &Rule, change: impl FnOnce(&mut Rule)) -> StatementKind {
    let mut rule = rule.clone();
    change(&mut rule);
    StatementKind::Rule(Box::new(rule))
}

impl Maker<'_> {
    pub(super) fn rule(&mut self, rule: &Rule, span: Span) {
        self.add(span, None, None);
        let (effect, word) = match rule.effect {
            Effect::Allow => (Effect::Deny, "deny"),
            Effect::Deny => (Effect::Allow, "allow"),
        };
        let swapped = changed(rule, |rule| {
            rule.effect = effect;
            if let Some(strength) = &mut rule.strength {
                strength.negated = !strength.negated;
            }
        });
        self.add(rule.effect_span, Some(word.to_owned()), Some(swapped));
        self.subjects(rule);
        self.strength(rule);
        self.target(rule);
        self.origins(rule);
        self.condition(rule, "when", rule.when.as_deref(), |rule, expr| rule.when = expr.map(Box::new));
        self.condition(rule, "unless", rule.unless.as_deref(), |rule, expr| rule.unless = expr.map(Box::new));
    }

    fn subjects(&mut self, rule: &Rule) {
        match &rule.subjects.who {
            Who::Listed(names) => self.shorter(
                names,
                |name| name.span,
                |names| changed(rule, |rule| rule.subjects.who = Who::Listed(names)),
            ),
            Who::Authenticated => {
                let anyone = changed(rule, |rule| rule.subjects.who = Who::Anyone);
                self.add_as(rule.subjects.span, "authenticated".to_owned(), Some("anyone".to_owned()), Some(anyone));
            }
            Who::Anyone => {}
        }
        self.fewer_exceptions(
            &rule.subjects.except,
            |name| name.span,
            |names| changed(rule, |rule| rule.subjects.except = names),
        );
    }

    fn strength(&mut self, rule: &Rule) {
        let Some(strength) = &rule.strength else { return };
        self.add(strength.span, None, Some(changed(rule, |rule| rule.strength = None)));
        if let (Some(within), Some(_)) = (&strength.within, &strength.level) {
            let written = format!("within {}", doorward_syntax::print::duration(within.seconds));
            let ageless = changed(rule, |rule| {
                rule.strength.iter_mut().for_each(|strength| strength.within = None);
            });
            self.add_as(within.span, written, None, Some(ageless));
        }
        let Some(level) = &strength.level else { return };
        let lower = self.levels.iter().position(|known| known.text == level.text).and_then(|at| at.checked_sub(1));
        let Some(lower) = lower.and_then(|at| self.levels.get(at)).cloned() else { return };
        let told = doorward_syntax::print::name(&lower.text);
        let weaker = changed(rule, |rule| {
            rule.strength.iter_mut().for_each(|strength| strength.level = Some(lower.clone()));
        });
        self.add(level.span, Some(told), Some(weaker));
    }

    fn target(&mut self, rule: &Rule) {
        let Some(target) = &rule.target else { return };
        self.shorter(
            &target.actions,
            |name| name.span,
            |actions| {
                changed(rule, |rule| rule.target.iter_mut().for_each(|target| target.actions.clone_from(&actions)))
            },
        );
        let Some(rooms) = &target.rooms else { return };
        self.shorter(&rooms.items, span_of, |items| {
            changed(rule, |rule| {
                let rooms = rule.target.iter_mut().filter_map(|target| target.rooms.as_mut());
                rooms.for_each(|rooms| rooms.items.clone_from(&items));
            })
        });
        self.fewer_exceptions(&rooms.except, span_of, |items| {
            changed(rule, |rule| {
                let rooms = rule.target.iter_mut().filter_map(|target| target.rooms.as_mut());
                rooms.for_each(|rooms| rooms.except.clone_from(&items));
            })
        });
    }

    fn origins(&mut self, rule: &Rule) {
        let Some(origins) = &rule.origins else { return };
        self.add(origins.span, None, Some(changed(rule, |rule| rule.origins = None)));
        let items = |items: Vec<_>| {
            changed(rule, |rule| rule.origins.iter_mut().for_each(|origins| origins.items.clone_from(&items)))
        };
        let except = |items: Vec<_>| {
            changed(rule, |rule| rule.origins.iter_mut().for_each(|origins| origins.except.clone_from(&items)))
        };
        self.shorter(&origins.items, |item| item.span, items);
        self.prefixes(&origins.items, items);
        self.fewer_exceptions(&origins.except, |item| item.span, except);
        self.prefixes(&origins.except, except);
    }

    fn condition(&mut self, rule: &Rule, word: &str, expr: Option<&Expr>, put: impl Fn(&mut Rule, Option<Expr>)) {
        let Some(expr) = expr else { return };
        let written = format!("{word} {}", self.sources.one_line(expr.span));
        self.add_as(expr.span, written, None, Some(changed(rule, |rule| put(rule, None))));
        for variant in self.variants(expr, false) {
            let statement = changed(rule, |rule| put(rule, Some(variant.expr)));
            self.add_as(variant.span, variant.written, variant.instead, Some(statement));
        }
    }
}
