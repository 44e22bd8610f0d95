//! Rules: every clause resolved.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use doorward_syntax::ast::{self, Effect, Name, StatementKind};
use doorward_syntax::{Diagnostic, FileId, Span, print};

use super::Checker;
use super::declare::Member;
use super::report::{repeated, tick_name};
use super::scope::{RoomsInScope, Scope};
use crate::ids::{ActionId, LevelId, PatternId};
use crate::rule::{ClauseSpans, Members, Rule, Strength, Subjects, Who};

/// Where lines begin, so that a rule without a label can be named by its line.
#[derive(Default)]
struct Lines {
    /// For each file, the offsets of its line feeds.
    feeds: BTreeMap<FileId, Vec<usize>>,
}

impl Lines {
    /// The line of an offset, from 1.
    fn line(&mut self, file: FileId, text: &str, offset: u32) -> usize {
        let feeds = self.feeds.entry(file).or_insert_with(|| text.match_indices('\n').map(|(at, _)| at).collect());
        feeds.partition_point(|feed| *feed < offset as usize) + 1
    }
}

impl<'a> Checker<'a> {
    pub(super) fn rules(&mut self) {
        let mut labels: HashMap<&str, Span> = HashMap::new();
        let mut lines = Lines::default();
        for statement in self.ast.statements() {
            let StatementKind::Rule(rule) = &statement.kind else { continue };
            if self.is_spent() {
                return;
            }
            let name = match &rule.label {
                Some(label) => {
                    if let Some(first) = labels.insert(&label.text, label.span) {
                        let message = format!("label {} stands twice", tick_name(label));
                        self.report.add(
                            Diagnostic::error("duplicate-label", label.span, message)
                                .with_related(first, "it labels this rule already")
                                .with_help("answers name rules by their labels; choose another"),
                        );
                    }
                    label.text.clone()
                }
                None => {
                    let Span { file, start, .. } = rule.effect_span;
                    format!("{}:{}", self.sources.name(file), lines.line(file, self.sources.text(file), start))
                }
            };
            let rule = self.rule(rule, name, statement.span);
            self.policy.rules.push(rule);
        }
    }

    fn rule(&mut self, rule: &ast::Rule, name: String, span: Span) -> Rule {
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
        let when = rule.when.as_ref().and_then(|when| self.expr(when, &mut scope));
        let unless = rule.unless.as_ref().and_then(|unless| self.expr(unless, &mut scope));
        let (targets, room_attributes) = scope.finish();
        Rule {
            name: name.into(),
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
        let members: Vec<(Member, Span)> =
            names.iter().filter_map(|name| Some((self.member(name)?, name.span))).collect();
        self.each_once(members).into_iter().map(|(member, _)| member).collect()
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
    fn rule_actions(&mut self, names: &[Name], effect: Effect) -> Option<Vec<ActionId>> {
        let mut any = None;
        let mut named: Vec<ActionId> = Vec::new();
        let mut first: HashMap<ActionId, Span> = HashMap::new();
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
        let covered = self.covered_actions(&named, effect);
        let span = names.first().map_or(Span::default(), |name| name.span);
        self.spend(covered.len(), span);
        Some(covered)
    }
}
