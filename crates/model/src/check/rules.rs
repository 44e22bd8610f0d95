//! Rules: every clause resolved.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use doorward_syntax::ast::{self, Effect, Name, SmolStr, StatementKind};
use doorward_syntax::{Diagnostic, Span, print};
use foldhash::fast::RandomState;

use super::first::First;
use super::report::{repeated, tick, tick_name};
use super::scope::{Anonymous, RoomsInScope, Scope, Whole};
use super::{Checker, Rules};
use crate::address::PrefixSet;
use crate::expr::Expr;
use crate::ids::{ActionId, GroupId, LevelId, PatternId};
use crate::rule::{Member, Members, Rare, RoomAttribute, Rule, Strength, Subjects, Target, Who};

/// The clauses that rules and assertions have alike, SUBJECTS and strengths aside, as they are written.
pub(super) struct Written<'t> {
    pub(super) whole: Whole,
    /// By whose rule actions are covered that stand for methods.
    pub(super) effect: Effect,
    pub(super) anonymous: Option<Anonymous>,
    pub(super) target: Option<&'t ast::Target>,
    pub(super) origins: Option<&'t ast::Origins>,
    pub(super) when: Option<&'t ast::Expr>,
    pub(super) unless: Option<&'t ast::Expr>,
}

/// The same clauses resolved.
pub(super) struct Resolved {
    pub(super) actions: Option<Arc<Vec<ActionId>>>,
    pub(super) targets: Arc<[Target]>,
    pub(super) except_rooms: Box<[PatternId]>,
    pub(super) origins: Option<Arc<PrefixSet>>,
    pub(super) when: Option<Box<Expr>>,
    pub(super) unless: Option<Box<Expr>>,
    pub(super) room_attributes: Box<[RoomAttribute]>,
}

/// Where each label stands.
type Labels = HashMap<SmolStr, Span, RandomState>;

/// What many rules share of their SUBJECTS.
#[derive(Default)]
pub(super) struct Lists {
    nobody: Arc<Members>,
    anyone: Option<Arc<Subjects>>,
    authenticated: Option<Arc<Subjects>>,
    /// By group, that group alone.
    groups: Vec<Option<Arc<Subjects>>>,
}

impl Lists {
    fn anyone(&mut self) -> Arc<Subjects> {
        let except = &self.nobody;
        let make = || Arc::new(Subjects { who: Who::Anyone, except: Arc::clone(except) });
        Arc::clone(self.anyone.get_or_insert_with(make))
    }

    fn authenticated(&mut self) -> Arc<Subjects> {
        let except = &self.nobody;
        let make = || Arc::new(Subjects { who: Who::Authenticated, except: Arc::clone(except) });
        Arc::clone(self.authenticated.get_or_insert_with(make))
    }

    fn group(&mut self, id: GroupId) -> Arc<Subjects> {
        let except = &self.nobody;
        let make = || {
            let members = Members { identities: Vec::new(), groups: vec![id] };
            Arc::new(Subjects { who: Who::Listed(Arc::new(members)), except: Arc::clone(except) })
        };
        if self.groups.len() <= id.index() {
            self.groups.resize(id.index() + 1, None);
        }
        let slot = self.groups.get_mut(id.index());
        slot.map_or_else(make, |slot| Arc::clone(slot.get_or_insert_with(make)))
    }
}

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
                self.policy.rules.reserve_exact(rules.size_hint().1.unwrap_or_default());
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
        if let Some(label) = &rule.label
            && let Some(first) = labels.insert(label.text.clone(), label.span)
        {
            let message = format!("label {} stands twice", tick_name(label));
            self.report.add(
                Diagnostic::error("duplicate-label", label.span, message)
                    .with_related(first, "it labels this rule already")
                    .with_help("answers name rules by their labels; choose another"),
            );
        }
        let rule = self.rule(rule, span);
        self.policy.rules.push(rule);
    }

    fn rule(&mut self, rule: &ast::Rule, span: Span) -> Rule {
        let subjects = self.subjects(&rule.subjects);
        if let Some(strength) = &rule.strength {
            self.misplaced_strength(strength, rule.effect);
        }
        let strength = rule.strength.as_ref().and_then(|strength| self.strength(strength));
        let anyone = matches!(rule.subjects.who, ast::Who::Anyone);
        let resolved = self.resolve(&Written {
            whole: Whole::Rule,
            effect: rule.effect,
            anonymous: anyone.then(|| Anonymous::in_anyone(rule.subjects.span)),
            target: rule.target.as_ref(),
            origins: rule.origins.as_ref(),
            when: rule.when.as_deref(),
            unless: rule.unless.as_deref(),
        });
        let rare = Rare {
            strength,
            except_rooms: resolved.except_rooms.into_vec(),
            when: resolved.when,
            unless: resolved.unless,
            room_attributes: resolved.room_attributes.into_vec(),
            because: rule.because.as_ref().map(|because| because.value.as_str().into()),
        };
        Rule {
            labelled: rule.label.is_some(),
            effect: rule.effect,
            subjects,
            actions: resolved.actions,
            targets: resolved.targets,
            origins: resolved.origins,
            span,
            rare: rare.boxed(),
        }
    }

    /// Resolves the clauses that rules and assertions have alike.
    pub(super) fn resolve(&mut self, written: &Written<'_>) -> Resolved {
        let actions = written.target.and_then(|target| self.rule_actions(&target.actions, written.effect));
        let rooms = written.target.and_then(|target| target.rooms.as_ref());
        let in_scope = match rooms {
            None => RoomsInScope::Everywhere,
            Some(rooms) => RoomsInScope::Places(self.places(&rooms.items)),
        };
        let except = rooms.map_or(&[][..], |rooms| &rooms.except);
        let except: BTreeSet<PatternId> = self.places(except).into_iter().map(|place| place.pattern).collect();
        let origins = written.origins.map(|origins| self.origins(origins));
        let mut scope = Scope::new(written.whole, written.anonymous, in_scope);
        let when = written.when.and_then(|when| self.expr(when, &mut scope)).map(Box::new);
        let unless = written.unless.and_then(|unless| self.expr(unless, &mut scope)).map(Box::new);
        let (targets, room_attributes) = scope.finish(&mut self.rooms.lone_targets);
        let except_rooms = except.into_iter().collect();
        Resolved { actions, targets, except_rooms, origins, when, unless, room_attributes }
    }

    pub(super) fn subjects(&mut self, subjects: &ast::Subjects) -> Arc<Subjects> {
        let who = match (&subjects.who, &*subjects.except) {
            (ast::Who::Anyone, []) => return self.lists.anyone(),
            (ast::Who::Authenticated, []) => return self.lists.authenticated(),
            (ast::Who::Anyone, _) => Who::Anyone,
            (ast::Who::Authenticated, _) => Who::Authenticated,
            (ast::Who::Listed(names), except) => match (&**names, except) {
                ([name], []) => match self.member(name) {
                    Some(Member::Group(id)) => return self.lists.group(id),
                    member => Who::Listed(self.only_member(member)),
                },
                _ => Who::Listed(self.members(names)),
            },
        };
        Arc::new(Subjects { who, except: self.members(&subjects.except) })
    }

    fn members(&mut self, names: &[Name]) -> Arc<Members> {
        match names {
            [] => Arc::clone(&self.lists.nobody),
            [name] => {
                let member = self.member(name);
                self.only_member(member)
            }
            _ => Arc::new(self.several_members(names)),
        }
    }

    fn only_member(&mut self, member: Option<Member>) -> Arc<Members> {
        match member {
            Some(Member::Group(id)) => Arc::new(Members { identities: Vec::new(), groups: vec![id] }),
            Some(Member::Identity(id)) => Arc::new(Members { identities: vec![id], groups: Vec::new() }),
            None => Arc::clone(&self.lists.nobody),
        }
    }

    fn several_members(&mut self, names: &[Name]) -> Members {
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
        members.groups.shrink_to_fit();
        members.identities.sort_unstable();
        members.identities.shrink_to_fit();
        members
    }

    pub(super) fn strength(&mut self, strength: &ast::Strength) -> Option<Strength> {
        let level = match &strength.level {
            Some(name) => self.level_named(name),
            None => Some(LevelId(0)),
        };
        if strength.level.is_none() && strength.within.is_none() {
            let message = "`any` stands only before `within`";
            let help = "name a level, or say how old the authentication may be: `any within 15m`";
            self.report.add(Diagnostic::error("bad-strength", strength.span, message).with_help(help));
            return None;
        }
        Some(Strength { level: level?, within: strength.within.map(|within| within.seconds) })
    }

    /// Reports that a rule has the other rules' word for its strength.
    fn misplaced_strength(&mut self, strength: &ast::Strength, effect: Effect) {
        let rest = match (&strength.level, strength.within) {
            (Some(name), Some(within)) => {
                format!("{} within {}", print::name(&name.text), print::duration(within.seconds))
            }
            (Some(name), None) => print::name(&name.text),
            (None, Some(within)) => format!("any within {}", print::duration(within.seconds)),
            (None, None) => return,
        };
        let (word, effect, mend, why) = match (effect, strength.negated) {
            (Effect::Allow, true) => ("without", "allow", "with", "let in those who are strong enough"),
            (Effect::Deny, false) => ("with", "deny", "without", "keep out those who are too weak"),
            (Effect::Allow, false) | (Effect::Deny, true) => return,
        };
        let message = format!("`{word}` stands on no `{effect}`: stronger authentication can only help");
        let mended = format!("{mend} {rest}");
        self.report.add(
            Diagnostic::error("bad-strength", strength.span, message)
                .with_help(format!("write `{mended}` to {why}"))
                .with_replacement(mended),
        );
    }

    /// The actions that a rule covers; `None` for any.
    fn rule_actions(&mut self, names: &[Name], effect: Effect) -> Option<Arc<Vec<ActionId>>> {
        if let [name] = names
            && (name.text != "use" || name.quoted)
        {
            // As nearly all rules have it.
            let named = self.action_named(name);
            return Some(self.covered_by(named.as_slice(), name.span, effect));
        }
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
        let span = names.first().map_or(Span::default(), |name| name.span);
        Some(self.covered_by(&named, span, effect))
    }

    fn covered_by(&mut self, named: &[ActionId], span: Span, effect: Effect) -> Arc<Vec<ActionId>> {
        let covered = self.covered_actions(named, effect);
        self.spend(covered.len(), span);
        covered
    }
}
