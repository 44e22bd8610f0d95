//! Actions: the methods that each stands for, and which of them a rule covers.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use doorward_syntax::ast::{ActionDecl, Effect, Name};
use doorward_syntax::{Diagnostic, Span};

use super::Checker;
use super::first::First;
use super::graph::layers;
use super::report::{DidYouMean, repeated, tick, tick_name};
use crate::ids::ActionId;
use crate::method::METHODS;
use crate::policy::Action;

/// The actions that every policy has.
const GIVEN: [(&str, &[&str]); 2] = [("read", &["GET"]), ("write", &["POST", "PUT", "PATCH", "DELETE"])];

impl<'a> Checker<'a> {
    /// Declares methods and actions, and closes the actions over one another.
    pub(super) fn actions(&mut self) {
        for method in METHODS.iter().filter(|method| **method != "HEAD") {
            self.enter_action(method, None);
            if let (Some(action), Some(id)) = (self.policy.actions.last_mut(), self.policy.action_names.get(*method)) {
                action.methods = vec![*id];
            }
        }
        for (name, methods) in GIVEN {
            let mut ids: Vec<ActionId> =
                methods.iter().filter_map(|method| self.policy.action_names.get(*method).copied()).collect();
            ids.sort_unstable();
            self.enter_action(name, None);
            if let Some(action) = self.policy.actions.last_mut() {
                action.methods = ids;
            }
        }
        let given = self.policy.actions.len();
        let mut folded: HashMap<String, ActionId> =
            self.policy.action_names.iter().map(|(name, id)| (name.to_ascii_lowercase(), *id)).collect();
        let (decls, wrong): (Vec<&ActionDecl>, Vec<&ActionDecl>) = std::mem::take(&mut self.declared.actions)
            .into_iter()
            .partition(|decl| self.declare_action(decl, &mut folded));
        for decl in wrong {
            self.action_items(decl, &decls, given);
        }
        let items: Vec<Vec<(ActionId, Span)>> =
            decls.iter().map(|decl| self.action_items(decl, &decls, given)).collect();

        // Methods and given actions hold nothing that is not known already, so only declared ones are ordered.
        let edges: Vec<Vec<usize>> = items
            .iter()
            .map(|items| items.iter().filter_map(|(id, _)| id.index().checked_sub(given)).collect())
            .collect();
        let layers = layers(&edges);
        for cycle in &layers.cycles {
            self.action_cycle(cycle, &decls, &items, given);
        }
        for index in layers.order {
            let methods: BTreeSet<ActionId> = items
                .get(index)
                .into_iter()
                .flatten()
                .filter_map(|(id, _)| self.policy.actions.get(id.index()))
                .flat_map(|action| action.methods.iter().copied())
                .collect();
            if let Some(action) = self.policy.actions.get_mut(given + index) {
                action.methods = methods.into_iter().collect();
            }
        }
    }

    fn enter_action(&mut self, name: &str, decl: Option<&ActionDecl>) {
        let id = ActionId::from_index(self.policy.actions.len());
        let span = decl.map(|decl| decl.name.span);
        self.policy.actions.push(Action { name: name.into(), methods: Vec::new(), span });
        self.policy.action_names.insert(name.into(), id);
    }

    /// Declares an action, if its name can be one's and is new.
    fn declare_action(&mut self, decl: &ActionDecl, folded: &mut HashMap<String, ActionId>) -> bool {
        let name = &decl.name;
        if name.text == "use" {
            let message = "`use` means any action, and is no name for one";
            self.report.add(Diagnostic::error("bad-action", name.span, message).with_help("name the action otherwise"));
            return false;
        }
        if name.text == "HEAD" {
            self.head_is_get(name);
            return false;
        }
        let known = self.policy.action_names.get(name.text.as_str());
        if let Some(action) = known.and_then(|id| self.policy.actions.get(id.index())) {
            let first = action.span;
            if first.is_some() {
                self.declared_twice("action", name, first);
            } else if let Some((_, methods)) = GIVEN.iter().find(|(given, _)| *given == name.text) {
                let message = format!("`{}` is given: it is {}", name.text, methods.join(", "));
                let help = "name the action otherwise";
                self.report.add(Diagnostic::error("bad-action", name.span, message).with_help(help));
            } else {
                let message = format!("`{}` is a method, and is no name for an action", name.text);
                let help = "name the action otherwise; a rule can name the method itself";
                self.report.add(Diagnostic::error("bad-action", name.span, message).with_help(help));
            }
            return false;
        }
        let lower = name.text.to_ascii_lowercase();
        let same = if lower == "use" || lower == "head" {
            Some(lower.clone())
        } else {
            let id = folded.get(&lower);
            id.and_then(|id| self.policy.actions.get(id.index())).map(|action| action.name.to_string())
        };
        if let Some(same) = same {
            let same = if same == "head" { "HEAD".to_owned() } else { same };
            let message = format!("action {} differs from `{same}` only in case", tick_name(name));
            let help = "names are compared exactly, so the two are different actions; choose another name";
            self.report.add(Diagnostic::warning("only-case-differs", name.span, message).with_help(help));
        }
        folded.insert(lower, ActionId::from_index(self.policy.actions.len()));
        self.enter_action(&name.text, Some(decl));
        true
    }

    /// What stands after `is`, resolved.
    fn action_items(&mut self, decl: &ActionDecl, decls: &[&ActionDecl], given: usize) -> Vec<(ActionId, Span)> {
        let mut items: Vec<(ActionId, Span)> = Vec::new();
        let mut first = First::new();
        for name in decl.methods.iter().flatten() {
            let Some(id) = self.action_named(name) else { continue };
            if let Some(first) = first.insert(id, name.span) {
                self.report.add(repeated(&tick_name(name), name.span, Some(first)));
                continue;
            }
            let declared = id.index().checked_sub(given).and_then(|index| decls.get(index));
            if declared.is_some_and(|decl| decl.methods.is_none()) {
                let message = format!("action {} stands for no methods", tick_name(name));
                let help = "an action without `is` is asked for by its own name; let rules name both";
                self.report.add(Diagnostic::error("abstract-action", name.span, message).with_help(help));
                continue;
            }
            items.push((id, name.span));
        }
        items
    }

    fn action_cycle(&mut self, cycle: &[usize], decls: &[&ActionDecl], items: &[Vec<(ActionId, Span)>], given: usize) {
        let members: Vec<(&str, Span)> = cycle
            .iter()
            .zip(cycle.iter().cycle().skip(1))
            .filter_map(|(index, next)| {
                let (_, span) = items.get(*index)?.iter().find(|(id, _)| id.index() == given + *next)?;
                Some((decls.get(*index)?.name.text.as_str(), *span))
            })
            .collect();
        self.cycle("actions", &members);
    }

    /// The action or method of that name; an error if there is none.
    pub(super) fn action_named(&mut self, name: &Name) -> Option<ActionId> {
        if let Some(id) = self.policy.action_names.get(name.text.as_str()).copied() {
            self.used.action(id);
            return Some(id);
        }
        if name.text == "HEAD" {
            self.head_is_get(name);
            return None;
        }
        let diagnostic = self.of_another_kind(name.span, &name.text, "an action").unwrap_or_else(|| {
            let declared = self.policy.actions.iter().rev().map(|action| &*action.name);
            let nearest = self.report.nearest(&name.text, declared);
            let message = format!("unknown action or method `{}`", name.text);
            let diagnostic = Diagnostic::error("unknown-action", name.span, message);
            match nearest {
                Some(_) => diagnostic.did_you_mean(nearest),
                None => diagnostic.with_help(format!("declare it: `action {}`", name.text)),
            }
        });
        self.report.add(diagnostic);
        None
    }

    pub(super) fn head_is_get(&mut self, name: &Name) {
        self.report.add(
            Diagnostic::error("head-is-get", name.span, "`HEAD` has no rules of its own: it is decided as a `GET`")
                .with_help(format!("write {}", tick("GET")))
                .with_replacement("GET"),
        );
    }

    /// [`Policy::covered_actions`](crate::Policy::covered_actions), once for all rules that name the same.
    pub(super) fn covered_actions(&mut self, named: &[ActionId], effect: Effect) -> Arc<Vec<ActionId>> {
        let known = self.covered_by.get(named).and_then(|known| known.get(slot(effect))?.clone());
        if let Some(covered) = known {
            return covered;
        }
        let covered: Arc<Vec<ActionId>> = self.find_covered_actions(named, effect).into();
        if let Some(slot) = self.covered_by.entry(named.to_vec()).or_default().get_mut(slot(effect)) {
            *slot = Some(Arc::clone(&covered));
        }
        covered
    }

    fn find_covered_actions(&mut self, named: &[ActionId], effect: Effect) -> Vec<ActionId> {
        let methods = self.policy.methods(named);
        let through = self.covered.entry((methods.iter().copied().collect(), effect)).or_insert_with(|| {
            // Looking through all actions counts, too.
            self.spent = self.spent.saturating_add(self.policy.actions.len());
            self.policy.covered_by_methods(&methods, effect)
        });
        let mut covered = through.clone();
        covered.extend(named);
        covered.sort_unstable();
        covered.dedup();
        covered
    }
}

/// Where what an effect covers is kept.
fn slot(effect: Effect) -> usize {
    match effect {
        Effect::Allow => 0,
        Effect::Deny => 1,
    }
}
