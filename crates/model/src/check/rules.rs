//! Rules: every clause resolved.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use doorward_syntax::ast::{self, Effect, Name, SmolStr, StatementKind};
use doorward_syntax::{Diagnostic, Span, print};
use foldhash::fast::RandomState;

use super::declare::Member;
use super::first::First;
use super::report::{repeated, tick, tick_name};
use super::scope::{RoomsInScope, Scope};
use super::{Checker, Rules};
use crate::ids::{ActionId, LevelId, PatternId};
use crate::rule::{ClauseSpans, Members, Rule, Strength, Subjects, Who};

/// Where each label stands.
type Labels = HashMap<SmolStr, Span, RandomState>;

impl<'a> Checker<'a> {
    pub(super) fn rules(&mut self, rules: Rules<'_>) {
        let mut labels = Labels::default();
        match rules {
            Rules::Kept(policy) => {
                for statement in policy.statements() {
                    if let StatementKind::Rule(rule) = &statement.kind {
                        self.named_rule(rule, statement.span, &mut labels);
                    }
                }
            }
            Rules::Taken(rules) => {
                for (rule, span) in rules {
                    self.named_rule(&rule, span, &mut labels);
                }
            }
        }
    }

    fn named_rule(&mut self, rule: &ast::Rule, span: Span, labels: &mut Labels) {
        if self.is_spent() {
            return;
        }
        let name = match &rule.label {
            Some(label) => {
                if let Some(first) = labels.insert(label.text.clone(), label.span) {
                    let message = format!("label {} stands twice", tick_name(label));
                    self.report.add(
                        Diagnostic::error("duplicate-label", label.span, message)
                            .with_related(first, "it labels this rule already")
                            .with_help("answers name rules by their labels; choose another"),
                    );
                }
                label.text.clone()
            }
            None => self.sources.file_line(rule.effect_span).into(),
        };
        let rule = self.rule(rule, name, span);
        self.policy.rules.push(rule);
    }

    fn rule(&mut self, rule: &ast::Rule, name: SmolStr, span: Span) -> Rule {
        let subjects = self.subjects(&rule.subjects);
        let strength = rule.strength.as_ref().and_then(|strength| self.strength(strength, rule.effect));
        let actions = rule.target.as_ref().and_then(|target| self.rule_actions(&target.actions, rule.effect));
        let rooms = rule.target.as_ref().and_then(|target| target.rooms.as_ref());
        let in_scope = match rooms {
            None => RoomsInScope::Everywhere,
            Some(rooms) => RoomsInScope::Places(self.places(&rooms.items)),
        };
        let except = rooms.map_or(&[][..], |rooms| &rooms.except);
        let except: BTreeSet<PatternId> = self.places(except).into_iter().map(|place| place.pattern).collect();
        let origins = rule.origins.as_ref().map(|origins| self.origins(origins));
        let anyone = matches!(rule.subjects.who, ast::Who::Anyone).then_some(rule.subjects.span);
        let mut scope = Scope::new(anyone, in_scope);
        let when = rule.when.as_ref().and_then(|when| self.expr(when, &mut scope)).map(Box::new);
        let unless = rule.unless.as_ref().and_then(|unless| self.expr(unless, &mut scope)).map(Box::new);
        let (targets, room_attributes) = scope.finish();
        Rule {
            name,
            labelled: rule.label.is_some(),
            effect: rule.effect,
            subjects,
            strength,
            actions,
            targets,
            except_rooms: except.into_iter().collect(),
            origins,
            when,
            unless,
            room_attributes,
            because: rule.because.as_ref().map(|because| because.value.as_str().into()),
            span,
            clauses: ClauseSpans {
                subjects: rule.subjects.span,
                strength: rule.strength.as_ref().map(|strength| strength.span),
                target: rule.target.as_ref().map(|target| target.span),
                origins: rule.origins.as_ref().map(|origins| origins.span),
                when: rule.when.as_ref().map(|when| when.span),
                unless: rule.unless.as_ref().map(|unless| unless.span),
            },
        }
    }

    fn subjects(&mut self, subjects: &ast::Subjects) -> Subjects {
        let who = match &subjects.who {
            ast::Who::Anyone => Who::Anyone,
            ast::Who::Authenticated => Who::Authenticated,
            ast::Who::Listed(names) => Who::Listed(self.members(names)),
        };
        Subjects { who, except: self.members(&subjects.except) }
    }

    fn members(&mut self, names: &[Name]) -> Members {
        let mut first = First::new();
        let mut members = Members::default();
        for name in names {
            let Some(member) = self.member(name) else { continue };
            match (first.insert(member, name.span), member) {
                (Some(first), _) => {
                    self.report.add(repeated(&tick(self.member_name(member)), name.span, Some(first)));
                }
                (None, Member::Group(id)) => members.groups.push(id),
                (None, Member::Identity(id)) => members.identities.push(id),
            }
        }
        members.groups.sort_unstable();
        members.identities.sort_unstable();
        members
    }

    fn strength(&mut self, strength: &ast::Strength, effect: Effect) -> Option<Strength> {
        let level = match &strength.level {
            Some(name) => self.level_named(name),
            None => Some(LevelId(0)),
        };
        let rest = match (&strength.level, strength.within) {
            (Some(name), Some(within)) => {
                format!("{} within {}", print::name(&name.text), print::duration(within.seconds))
            }
            (Some(name), None) => print::name(&name.text),
            (None, Some(within)) => format!("any within {}", print::duration(within.seconds)),
            (None, None) => {
                let message = "`any` stands only before `within`";
                let help = "name a level, or say how old the authentication may be: `any within 15m`";
                self.report.add(Diagnostic::error("bad-strength", strength.span, message).with_help(help));
                return None;
            }
        };
        let misplaced = match (effect, strength.negated) {
            (Effect::Allow, true) => Some(("without", "allow", "with", "let in those who are strong enough")),
            (Effect::Deny, false) => Some(("with", "deny", "without", "keep out those who are too weak")),
            (Effect::Allow, false) | (Effect::Deny, true) => None,
        };
        if let Some((word, effect, mend, why)) = misplaced {
            let message = format!("`{word}` stands on no `{effect}`: stronger authentication can only help");
            let mended = format!("{mend} {rest}");
            self.report.add(
                Diagnostic::error("bad-strength", strength.span, message)
                    .with_help(format!("write `{mended}` to {why}"))
                    .with_replacement(mended),
            );
        }
        Some(Strength { level: level?, within: strength.within.map(|within| within.seconds) })
    }

    /// The actions that a rule covers; `None` for any.
    fn rule_actions(&mut self, names: &[Name], effect: Effect) -> Option<Arc<[ActionId]>> {
        let mut any = None;
        let mut named: Vec<ActionId> = Vec::new();
        let mut first = First::new();
        for name in names {
            if name.text == "use" && !name.quoted {
                any = any.or(Some(name.span));
                continue;
            }
            let Some(id) = self.action_named(name) else { continue };
            match first.insert(id, name.span) {
                Some(first) => self.report.add(repeated(&tick_name(name), name.span, Some(first))),
                None => named.push(id),
            }
        }
        if let Some(any) = any {
            if names.len() > 1 {
                let message = "`use` is any action, so the other actions add nothing";
                self.report.add(Diagnostic::warning("repeated-item", any, message).with_help("keep one of them"));
            }
            return None;
        }
        named.sort_unstable();
        let covered = self.covered_actions(&named, effect);
        let span = names.first().map_or(Span::default(), |name| name.span);
        self.spend(covered.len(), span);
        Some(covered)
    }
}
