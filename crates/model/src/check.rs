//! Syntax trees to checked policies: every name resolved, every type checked, every group closed.
//!
//! Comes in: an [`ast::Policy`] that was read without an error. Goes out: a [`Policy`], and everything that is wrong or
//! useless in the text, in the order of the text. One mistake is told once: what follows from it is not.
//!
//! All of it takes time that grows little faster than the text, whatever the text says.

mod report; // what is found on the way

mod first; // what a list says twice

mod declare; // names, before anything is resolved

mod settings;

mod actions;

mod networks;

mod groups;

mod identities;

mod rooms;

mod rules;

mod scope; // what a rule's expressions can read

mod expr;

mod membership; // the right side of `in`

mod literal;

mod expectations;

mod assertions;

mod lint;

mod graph; // cycles, for groups, networks and actions

use std::collections::HashMap;
use std::sync::Arc;

use doorward_syntax::ast::{Effect, StatementKind};
use doorward_syntax::{Diagnostic, Outline, OutlinedList, Severity, Sources, Span, ast};
use foldhash::fast::RandomState;

use crate::ids::{ActionId, GroupId};
use crate::limits;
use crate::policy::{GroupList, Policy};

use self::declare::Declared;
use self::lint::Used;
use self::networks::Networks;
use self::report::Report;
use self::rooms::Rooms;
use self::rules::Lists;

/// What a check found: the policy, if it can be used, and what there is to say of its text.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The policy; `None` if one of the findings is an error.
    pub policy: Option<Policy>,
    /// Errors and warnings, by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Resolves the names of a policy, checks its types and closes its groups.
///
/// `sources` are the texts that `policy` was read from; they become part of the checked policy.
///
/// Every error is found in one go. At most [`limits::DIAGNOSTICS`](doorward_syntax::limits::DIAGNOSTICS) errors and as
/// many warnings are told; one more then says how many were left out.
#[must_use]
pub fn check(policy: &ast::Policy, sources: Sources) -> Checked {
    check_with(policy, &[], Rules::Kept(policy), sources).0
}

/// Checks a policy like [`check`], and drops each rule's tree once the rule is checked, so that a policy with many rules
/// never has to be in memory twice.
#[must_use]
pub fn check_owned(mut policy: ast::Policy, sources: Sources) -> Checked {
    let mut rules = Vec::new();
    for file in &mut policy.files {
        for statement in std::mem::take(&mut file.statements) {
            match statement.kind {
                StatementKind::Rule(rule) => rules.push((rule, statement.span)),
                _ => file.statements.push(statement),
            }
        }
    }
    check_with(&policy, &[], Rules::Taken(&mut rules.into_iter()), sources).0
}

/// Checks a policy of which neither plain rules nor lists of names have been read; each is read when its turn has come.
/// Nothing if something is wrong with the text of one.
#[must_use]
pub fn check_outline(outline: Outline) -> Option<Checked> {
    let Outline { policy, sources, lists, rules } = outline;
    let texts = sources.clone();
    let mut whole = true;
    let mut rules = rules.into_iter().map_while(|rule| {
        let read = rule.into_tree(&texts);
        whole = read.is_some();
        read
    });
    let (checked, all_lists) = check_with(&policy, &lists, Rules::Taken(&mut rules), sources);
    (whole && all_lists).then_some(checked)
}

/// The rules of a policy, in the order of the text.
enum Rules<'a> {
    /// They are among the policy's statements.
    Kept(&'a ast::Policy),
    /// They have been taken out, each with the span of its statement.
    Taken(&'a mut dyn Iterator<Item = (Box<ast::Rule>, Span)>),
}

/// Also whether all lists of names could be read.
fn check_with(policy: &ast::Policy, lists: &[OutlinedList], rules: Rules<'_>, sources: Sources) -> (Checked, bool) {
    let mut checker = Checker::new(policy, lists, &sources);
    checker.declare();
    checker.settings();
    checker.actions();
    checker.networks();
    checker.rooms();
    checker.groups();
    checker.recorded_attributes();
    checker.rules(rules);
    checker.conceals();
    checker.expectations();
    checker.assertions();
    checker.lint();
    let Checker { report, mut policy, all_lists, .. } = checker;
    let diagnostics = report.finish();
    policy.patterns.shrink_to_fit();
    let usable = diagnostics.iter().all(|diagnostic| diagnostic.severity != Severity::Error);
    (Checked { policy: usable.then_some(Policy { sources, ..policy }), diagnostics }, all_lists)
}

/// What an effect covers, once that is known.
type Covered = Option<Arc<Vec<ActionId>>>;

/// What the stages of a check share.
struct Checker<'a> {
    ast: &'a ast::Policy,
    /// The lists of names that are not in the tree.
    unread: &'a [OutlinedList],
    /// Whether all of them could be read so far.
    all_lists: bool,
    sources: &'a Sources,
    /// The result so far; each stage fills its tables.
    policy: Policy,
    declared: Declared<'a>,
    networks: Networks,
    rooms: Rooms,
    lists: Lists,
    /// The actions that stand for some, or for none but, of these methods: what an effect covers beside what is named.
    covered: HashMap<(Vec<ActionId>, Effect), Vec<ActionId>>,
    /// What a rule that names such actions covers, for an `allow` and for a `deny`.
    covered_by: HashMap<Vec<ActionId>, [Covered; 2], RandomState>,
    used: Used,
    /// The list of whoever is in no group.
    no_list: GroupList,
    no_groups: Arc<[GroupId]>,
    /// For each group, a claimed group that it is or holds; known once groups are closed.
    claimed_members: Vec<Option<GroupId>>,
    report: Report,
    /// How many entries the resolved lists have so far.
    spent: usize,
}

impl<'a> Checker<'a> {
    fn new(ast: &'a ast::Policy, unread: &'a [OutlinedList], sources: &'a Sources) -> Self {
        Self {
            ast,
            unread,
            all_lists: true,
            sources,
            policy: Policy::default(),
            declared: Declared::default(),
            networks: Networks::default(),
            rooms: Rooms::default(),
            lists: Lists::default(),
            covered: HashMap::new(),
            covered_by: HashMap::default(),
            used: Used::default(),
            no_list: GroupList::default(),
            no_groups: Arc::default(),
            claimed_members: Vec::new(),
            report: Report::default(),
            spent: 0,
        }
    }

    /// Counts entries of resolved lists; false once there are too many, which is told where it happens.
    fn spend(&mut self, entries: usize, span: Span) -> bool {
        let before = self.spent;
        self.spent = before.saturating_add(entries);
        if self.spent <= limits::RESOLVED {
            return true;
        }
        if before <= limits::RESOLVED {
            let message = format!("the lists of this policy have more than {} entries once resolved", limits::RESOLVED);
            let help = "what nests deeply or is listed in many places counts each time; nest or repeat less";
            self.report.add(Diagnostic::error("too-large", span, message).with_help(help));
        }
        false
    }

    /// Whether the resolved lists are full: nothing more is resolved then.
    fn is_spent(&self) -> bool {
        self.spent > limits::RESOLVED
    }

    /// The source text of a span, in backticks, or cut short if it is long or runs over lines.
    fn quote(&self, span: Span) -> String {
        const LONGEST: usize = 60;
        let text = self.sources.slice(span);
        let words: Vec<&str> = text.split_whitespace().take(LONGEST).collect();
        let mut line = words.join(" ");
        if line.chars().count() > LONGEST {
            line = line.chars().take(LONGEST - 1).chain(['…']).collect();
        }
        format!("`{line}`")
    }
}

#[cfg(test)]
mod tests;
