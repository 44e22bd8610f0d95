//! What the tests of a policy exercise: which rules applied, and which clauses were seen true and false.
//!
//! Each request is read at its own room and action, where every test has one outcome. What counts as exercised is meant to
//! be plain: a rule has been *covered* by a request for its actions and rooms, and has *applied* if it also spoke: an
//! `allow` all of whose clauses are true, a `deny` none of whose clauses is false. Every clause of a rule that is covered is
//! read, whatever the others say. Whether anything would notice a change of the rule is another question, which only a
//! changed rule answers.

use doorward_model::expr::{Expr, Test, TestKind};
use doorward_model::path::Path;
use doorward_model::request::is_identity;
use doorward_model::rule::{Rule, Who};
use doorward_model::{Instant, Policy, Request, Subject};
use doorward_syntax::Span;
use doorward_syntax::ast::Effect;

use crate::diagram::Diagram;
use crate::encode::{Encoder, Truth};
use crate::limits;
use crate::paths::Place;
use crate::site::{Cell, Entry, Site};
use crate::space::{Reader, Space, Uses};

/// What some requests exercise of a policy.
#[derive(Debug)]
pub struct Coverage<'p> {
    /// By rule, in the order of the text.
    pub rules: Vec<RuleCoverage<'p>>,
    /// The answers that were expected.
    pub verdicts: Verdicts,
    /// How many requests could not be read, because rules take one of their attributes for two different things.
    pub unread: u64,
    site: Site<'p>,
}

/// What is exercised of one rule.
#[derive(Clone, Debug)]
pub struct RuleCoverage<'p> {
    /// The rule.
    pub rule: &'p Rule,
    /// How answers name it.
    pub name: String,
    /// How many requests were for its actions and rooms.
    pub covered: u64,
    /// For how many of them it applied.
    pub applied: u64,
    /// What was expected of those that it covers.
    pub statuses: Statuses,
    /// Its clauses in the order in which `fmt` writes them; a clause that constrains nothing is left out.
    pub clauses: Vec<ClauseCoverage>,
}

/// What is exercised of one clause, or of one test in an expression of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClauseCoverage {
    /// Which clause.
    pub clause: Clause,
    /// What was written, on one line; of a condition with the word before it.
    pub text: String,
    /// Where it stands; of a condition without the word before it.
    pub span: Span,
    /// What it was when its rule was covered; for `to ACTIONS ROOMS`, whether the rule was covered.
    pub seen: Seen,
}

/// A clause of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clause {
    /// SUBJECTS.
    Subjects,
    /// `with` or `without`.
    Strength,
    /// `to ACTIONS [ROOMS]`.
    Target,
    /// `from ORIGINS`.
    Origins,
    /// `when`.
    When,
    /// `unless`, which is true where what follows it is false.
    Unless,
    /// A test in an expression, itself: for `unless`, too, it is true where it is true.
    Test,
}

/// How often something was true, false and unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// How often it was true.
    pub yes: u64,
    /// How often it was false.
    pub no: u64,
    /// How often it was neither, for want of something in the request.
    pub unknown: u64,
}

/// How often each status was expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statuses {
    /// 200.
    pub allowed: u64,
    /// 401.
    pub unauthenticated: u64,
    /// 403.
    pub forbidden: u64,
}

/// How often each kind of answer was expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdicts {
    /// 200.
    pub allowed: u64,
    /// 401 of the anonymous.
    pub anonymous: u64,
    /// 401 of those whose credentials are not valid.
    pub rejected: u64,
    /// 401 of a known visitor, for want of strength.
    pub step_up: u64,
    /// 403.
    pub forbidden: u64,
}

impl Seen {
    /// Whether it was true at some time and false at another.
    #[must_use]
    pub fn both_ways(self) -> bool {
        self.yes > 0 && self.no > 0
    }

    fn count(&mut self, truth: Truth) {
        match (truth.yes, truth.no) {
            (Diagram::TRUE, _) => self.yes += 1,
            (_, Diagram::TRUE) => self.no += 1,
            _ => self.unknown += 1,
        }
    }
}

impl Statuses {
    fn count(&mut self, status: u16) {
        match status {
            200 => self.allowed += 1,
            401 => self.unauthenticated += 1,
            _ => self.forbidden += 1,
        }
    }
}

impl Verdicts {
    fn count(&mut self, status: u16, subject: &Subject<'_>) {
        match (status, subject) {
            (200, _) => self.allowed += 1,
            (401, Subject::Anonymous) => self.anonymous += 1,
            (401, Subject::Known(known)) if is_identity(&known.identity) => self.step_up += 1,
            (401, _) => self.rejected += 1,
            _ => self.forbidden += 1,
        }
    }
}

impl<'p> Coverage<'p> {
    /// That of no request at all.
    #[must_use]
    pub fn of_nothing(policy: &'p Policy) -> Self {
        let rules = policy.rules.iter().map(|rule| RuleCoverage::new(policy, rule)).collect();
        Self { rules, verdicts: Verdicts::default(), unread: 0, site: Site::new(&[policy], &[]) }
    }

    /// That of the expectations in the policy's `test` blocks, `now` being the time of those without `at`.
    #[must_use]
    pub fn of_tests(policy: &'p Policy, now: Instant) -> Self {
        let mut coverage = Self::of_nothing(policy);
        for expectation in policy.tests.iter().flat_map(|block| &block.expectations) {
            coverage.add(&expectation.request(now), expectation.status);
        }
        coverage
    }

    /// Counts a request and the status that is expected. Tells whether the rules let it in as it stands: an allow applies
    /// and no deny does; `None` if it could not be read.
    pub fn add(&mut self, request: &Request<'_>, status: u16) -> Option<bool> {
        self.verdicts.count(status, &request.subject);
        let place = Path::parse(&request.path).map_or_else(|_| Place::ambiguous(), |path| self.site.place_of(&path));
        let cell = self.site.kind_of(&request.action).map(|kind| self.site.cell(0, &place, kind));
        let Some(readings) = cell.map_or(Some(Vec::new()), |cell| read(&self.site, &place, &cell, request)) else {
            self.unread += 1;
            return None;
        };
        let applies = |effect| readings.iter().any(|reading| reading.effect == effect && reading.applies());
        let permitted = applies(Effect::Allow) && !applies(Effect::Deny);
        for (number, rule) in self.rules.iter_mut().enumerate() {
            rule.count(status, readings.iter().filter(|reading| reading.part == number));
        }
        Some(permitted)
    }
}

impl<'p> RuleCoverage<'p> {
    fn new(policy: &Policy, rule: &'p Rule) -> Self {
        let spans = policy.clauses(rule);
        let mut clauses = Vec::new();
        let mut add = |clause, span: Span| {
            let text = policy.sources.one_line(span);
            let text = match clause {
                Clause::When => format!("when {text}"),
                Clause::Unless => format!("unless {text}"),
                _ => text,
            };
            clauses.push(ClauseCoverage { clause, text, span, seen: Seen::default() });
        };
        if rule.subjects.who != Who::Anyone || !rule.subjects.except.is_empty() {
            add(Clause::Subjects, spans.subjects);
        }
        if let Some(span) = spans.strength {
            add(Clause::Strength, span);
        }
        if let Some(span) = spans.target {
            add(Clause::Target, span);
        }
        if let Some(span) = spans.origins {
            add(Clause::Origins, span);
        }
        let conditions = [(Clause::When, spans.when, &rule.when), (Clause::Unless, spans.unless, &rule.unless)];
        for (clause, span, expr) in conditions {
            let (Some(span), Some(expr)) = (span, expr) else { continue };
            add(clause, span);
            tests_within(expr).into_iter().for_each(|test| add(Clause::Test, test.span));
        }
        let name = policy.rule_name(rule).into_owned();
        Self { rule, name, covered: 0, applied: 0, statuses: Statuses::default(), clauses }
    }

    /// The clauses that were not seen both true and false.
    pub fn one_sided(&self) -> impl Iterator<Item = &ClauseCoverage> {
        self.clauses.iter().filter(|clause| !clause.seen.both_ways())
    }

    /// Counts one request, as it is read at each of the rule's rooms that hold it.
    fn count<'r>(&mut self, status: u16, readings: impl Iterator<Item = &'r Reading>) {
        let readings: Vec<&Reading> = readings.collect();
        let is_covered = !readings.is_empty();
        if is_covered {
            self.covered += 1;
            self.applied += u64::from(readings.iter().any(|reading| reading.applies()));
            self.statuses.count(status);
        }
        for clause in &mut self.clauses {
            if clause.clause == Clause::Target {
                clause.seen.count(Truth::of(is_covered));
                continue;
            }
            for reading in &readings {
                let known =
                    reading.clauses.iter().find(|(which, span, _)| (*which, *span) == (clause.clause, clause.span));
                known.into_iter().for_each(|(_, _, truth)| clause.seen.count(*truth));
            }
        }
    }
}

/// What a rule says of one request, at one of its rooms.
struct Reading {
    part: usize,
    effect: Effect,
    clauses: Vec<(Clause, Span, Truth)>,
}

impl Reading {
    fn applies(&self) -> bool {
        let mut clauses = self.clauses.iter().filter(|(clause, _, _)| *clause != Clause::Test);
        match self.effect {
            Effect::Allow => clauses.all(|(_, _, truth)| truth.yes == Diagram::TRUE),
            Effect::Deny => clauses.all(|(_, _, truth)| truth.no != Diagram::TRUE),
        }
    }
}

/// What each rule of a cell says of a request there; `None` if it cannot be read.
fn read(site: &Site<'_>, place: &Place, cell: &Cell, request: &Request<'_>) -> Option<Vec<Reading>> {
    let uses = Uses::of(site, place, cell);
    let space = Space::of_request(site, &uses, request).ok()?;
    let mut encoder = Encoder::new(site, &space, limits::CELL_STEPS);
    let entries = cell.entries.iter().flatten();
    let readings = entries.filter_map(|entry| reading(&mut encoder, site, place, *entry)).collect();
    (!encoder.diagrams.is_spent()).then_some(readings)
}

fn reading(encoder: &mut Encoder<'_>, site: &Site<'_>, place: &Place, entry: Entry) -> Option<Reading> {
    let reader = Reader::new(site, place, 0, entry)?;
    let rule = reader.policy.rules.get(entry.part)?;
    let spans = reader.policy.clauses(rule);
    let who = encoder.subjects(0, &rule.subjects);
    let mut clauses = vec![(Clause::Subjects, spans.subjects, Truth::of(who == Diagram::TRUE))];
    if let (Some(strength), Some(span)) = (rule.strength, spans.strength) {
        let reached = encoder.reached(0, strength);
        let truth = if rule.effect == Effect::Deny { reached.negated() } else { reached };
        clauses.push((Clause::Strength, span, truth));
    }
    if let (Some(origins), Some(span)) = (&rule.origins, spans.origins) {
        clauses.push((Clause::Origins, span, encoder.origins(origins)));
    }
    for (clause, expr, span) in [(Clause::When, &rule.when, spans.when), (Clause::Unless, &rule.unless, spans.unless)] {
        let (Some(expr), Some(span)) = (expr, span) else { continue };
        let truth = encoder.expr(expr, reader);
        clauses.push((clause, span, if clause == Clause::Unless { truth.negated() } else { truth }));
        for test in tests_within(expr) {
            clauses.push((Clause::Test, test.span, encoder.test(test, reader)));
        }
    }
    Some(Reading { part: entry.part, effect: rule.effect, clauses })
}

/// The tests of an expression that has several; `true` and `false` are none.
fn tests_within(expr: &Expr) -> Vec<&Test> {
    fn collect<'e>(expr: &'e Expr, tests: &mut Vec<&'e Test>) {
        match expr {
            Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| collect(part, tests)),
            Expr::Not(inner) => collect(inner, tests),
            Expr::Test(test) if matches!(test.kind, TestKind::Constant(_)) => {}
            Expr::Test(test) => tests.push(test),
        }
    }
    let mut tests = Vec::new();
    collect(expr, &mut tests);
    // One alone says what the whole expression says.
    if tests.len() > 1 { tests } else { Vec::new() }
}
