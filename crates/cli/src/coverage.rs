//! What the tests of a policy exercise, for people and programs.

use std::collections::BTreeMap;
use std::io::{self, Write};

use doorward::{Sources, Span};
use doorward_analysis::{Clause, ClauseCoverage, Coverage, RuleCoverage, Seen};
use doorward_syntax::ast::Effect;
use serde::Serialize;

use crate::arguments::CoverageFormat;
use crate::findings::{Place, json_line, plural};
use crate::policies::Compiled;

/// Coverage as data.
#[derive(Serialize)]
pub(crate) struct Report<'a> {
    policy: &'a str,
    rules: Rules,
    clauses: Clauses,
    expected: Expected,
    /// Expectations that could not be read.
    unread: u64,
    by_rule: Vec<ByRule<'a>>,
}

#[derive(Serialize)]
struct Rules {
    all: usize,
    applied: usize,
}

#[derive(Serialize)]
struct Clauses {
    all: usize,
    both_ways: usize,
}

/// How often each kind of answer was expected.
#[derive(Serialize)]
struct Expected {
    allowed: u64,
    unauthenticated: Unauthenticated,
    forbidden: u64,
}

#[derive(Serialize)]
struct Unauthenticated {
    anonymous: u64,
    rejected: u64,
    step_up: u64,
}

#[derive(Serialize)]
struct ByRule<'a> {
    rule: &'a str,
    effect: &'static str,
    #[serde(flatten)]
    place: Place,
    covered: u64,
    applied: u64,
    expected: Statuses,
    clauses: Vec<ByClause<'a>>,
}

#[derive(Serialize)]
struct Statuses {
    allowed: u64,
    unauthenticated: u64,
    forbidden: u64,
}

#[derive(Serialize)]
struct ByClause<'a> {
    clause: &'static str,
    text: &'a str,
    #[serde(flatten)]
    place: Place,
    r#true: u64,
    r#false: u64,
    unknown: u64,
}

/// Writes what the tests of a policy exercise.
pub(crate) fn write(
    stream: &mut dyn Write,
    format: CoverageFormat,
    coverage: &Coverage<'_>,
    policy: &Compiled,
) -> io::Result<()> {
    match format {
        CoverageFormat::Json => json_line(stream, &Report::new(coverage, policy)),
        CoverageFormat::Lcov => lcov(stream, coverage, policy),
        CoverageFormat::Text => text(stream, coverage, policy),
    }
}

impl<'a> Report<'a> {
    pub(crate) fn new(coverage: &'a Coverage<'_>, policy: &'a Compiled) -> Self {
        let place = |span| Place::new(span, policy.sources(), &policy.folder);
        let verdicts = coverage.verdicts;
        let by_rule = coverage.rules.iter().map(|rule| ByRule {
            rule: &rule.name,
            effect: match rule.rule.effect {
                Effect::Allow => "allow",
                Effect::Deny => "deny",
            },
            place: place(rule.rule.span),
            covered: rule.covered,
            applied: rule.applied,
            expected: Statuses {
                allowed: rule.statuses.allowed,
                unauthenticated: rule.statuses.unauthenticated,
                forbidden: rule.statuses.forbidden,
            },
            clauses: rule
                .clauses
                .iter()
                .map(|clause| ByClause {
                    clause: name_of(clause.clause),
                    text: &clause.text,
                    place: place(clause.span),
                    r#true: clause.seen.yes,
                    r#false: clause.seen.no,
                    unknown: clause.seen.unknown,
                })
                .collect(),
        });
        Self {
            policy: &policy.shown,
            rules: rules(coverage),
            clauses: clauses(coverage),
            expected: Expected {
                allowed: verdicts.allowed,
                unauthenticated: Unauthenticated {
                    anonymous: verdicts.anonymous,
                    rejected: verdicts.rejected,
                    step_up: verdicts.step_up,
                },
                forbidden: verdicts.forbidden,
            },
            unread: coverage.unread,
            by_rule: by_rule.collect(),
        }
    }
}

fn rules(coverage: &Coverage<'_>) -> Rules {
    let applied = coverage.rules.iter().filter(|rule| rule.applied > 0).count();
    Rules { all: coverage.rules.len(), applied }
}

fn clauses(coverage: &Coverage<'_>) -> Clauses {
    let all = || coverage.rules.iter().flat_map(|rule| &rule.clauses);
    Clauses { all: all().count(), both_ways: all().filter(|clause| clause.seen.both_ways()).count() }
}

fn name_of(clause: Clause) -> &'static str {
    match clause {
        Clause::Subjects => "subjects",
        Clause::Strength => "strength",
        Clause::Target => "to",
        Clause::Origins => "from",
        Clause::When => "when",
        Clause::Unless => "unless",
        Clause::Test => "test",
        _ => "clause",
    }
}

/// What was exercised in a line for each file, and what was not, rule by rule.
fn text(stream: &mut dyn Write, coverage: &Coverage<'_>, policy: &Compiled) -> io::Result<()> {
    let (rules, clauses) = (rules(coverage), clauses(coverage));
    writeln!(
        stream,
        "{}: {}, {}",
        policy.shown,
        share(rules.applied, rules.all, "rule", "applied"),
        share(clauses.both_ways, clauses.all, "clause", "seen true and false")
    )?;
    let verdicts = coverage.verdicts;
    writeln!(
        stream,
        "  expected: {} × 200, {} × 401 (anonymous {}, rejected {}, step-up {}), {} × 403",
        verdicts.allowed,
        verdicts.anonymous + verdicts.rejected + verdicts.step_up,
        verdicts.anonymous,
        verdicts.rejected,
        verdicts.step_up,
        verdicts.forbidden
    )?;
    if coverage.unread > 0 {
        writeln!(
            stream,
            "  not read: {}",
            plural(usize::try_from(coverage.unread).unwrap_or(usize::MAX), "expectation")
        )?;
    }
    for rule in coverage.rules.iter().filter(|rule| rule.applied == 0 || rule.one_sided().next().is_some()) {
        let place = Place::new(rule.rule.span, policy.sources(), &policy.folder).file_line();
        let name = if rule.rule.labelled { format!(" {}:", rule.name) } else { String::new() };
        if rule.covered == 0 {
            writeln!(stream, "{place}:{name} no expectation is about its actions and rooms")?;
            continue;
        }
        let applied =
            if rule.applied == 0 { "never applied".to_owned() } else { format!("applied {} ×", rule.applied) };
        writeln!(stream, "{place}:{name} {applied}; expected there: {}", statuses(rule))?;
        for clause in rule.one_sided() {
            writeln!(stream, "  `{}` was {}", clause.text, missing(clause.seen))?;
        }
    }
    Ok(())
}

/// `2 of 3 rules applied`, or that there are none.
fn share(some: usize, all: usize, noun: &str, are: &str) -> String {
    let nouns = plural(all, noun);
    if all == 0 { nouns } else { format!("{some} of {nouns} {are}") }
}

fn statuses(rule: &RuleCoverage<'_>) -> String {
    let statuses = rule.statuses;
    let counts = [(200, statuses.allowed), (401, statuses.unauthenticated), (403, statuses.forbidden)];
    let seen = counts.iter().filter(|(_, count)| *count > 0).map(|(status, count)| format!("{count} × {status}"));
    seen.collect::<Vec<_>>().join(", ")
}

fn missing(seen: Seen) -> &'static str {
    match (seen.yes, seen.no) {
        (0, 0) => "neither true nor false",
        (0, _) => "never true",
        _ => "never false",
    }
}

/// The lines of one file, as a tracefile tells them.
#[derive(Default)]
struct Lines<'a> {
    /// By line: how often the rules that stand there applied, the least of them.
    hits: BTreeMap<u32, u64>,
    rules: Vec<&'a RuleCoverage<'a>>,
}

/// Rules as functions, their lines as lines, their clauses as branches: the first where it was true, the second where it
/// was false.
fn lcov(stream: &mut dyn Write, coverage: &Coverage<'_>, policy: &Compiled) -> io::Result<()> {
    let sources = policy.sources();
    let mut files: BTreeMap<u32, Lines<'_>> = BTreeMap::new();
    for rule in &coverage.rules {
        let file = files.entry(rule.rule.span.file.0).or_default();
        file.rules.push(rule);
        for line in lines(sources, rule.rule.span) {
            let hits = file.hits.entry(line).or_insert(rule.applied);
            *hits = rule.applied.min(*hits);
        }
    }
    for file in files.values() {
        let Some(first) = file.rules.first() else { continue };
        let name = policy.folder.join(sources.name(first.rule.span.file));
        writeln!(stream, "TN:\nSF:{}", name.display())?;
        let line = |span: Span| sources.position(span).line;
        // Rules without a label that begin on one line are told apart by their columns.
        let named = |rule: &RuleCoverage<'_>| match rule.rule.labelled {
            true => rule.name.clone(),
            false => format!("{}:{}", rule.name, sources.position(rule.rule.span).column),
        };
        for rule in &file.rules {
            writeln!(stream, "FN:{},{}", line(rule.rule.span), named(rule))?;
        }
        for rule in &file.rules {
            writeln!(stream, "FNDA:{},{}", rule.applied, named(rule))?;
        }
        let applied = file.rules.iter().filter(|rule| rule.applied > 0).count();
        writeln!(stream, "FNF:{}\nFNH:{applied}", file.rules.len())?;
        let clauses: Vec<(&RuleCoverage<'_>, &ClauseCoverage)> =
            file.rules.iter().flat_map(|rule| rule.clauses.iter().map(move |clause| (*rule, clause))).collect();
        let mut taken = 0;
        for (block, (rule, clause)) in clauses.iter().enumerate() {
            for (branch, count) in [clause.seen.yes, clause.seen.no].into_iter().enumerate() {
                taken += usize::from(count > 0);
                // A branch of what was never reached is told from one that was not taken.
                let reached = rule.covered > 0 || clause.clause == Clause::Target;
                let count = if reached { count.to_string() } else { "-".to_owned() };
                writeln!(stream, "BRDA:{},{block},{branch},{count}", line(clause.span))?;
            }
        }
        writeln!(stream, "BRF:{}\nBRH:{taken}", clauses.len() * 2)?;
        for (line, hits) in &file.hits {
            writeln!(stream, "DA:{line},{hits}")?;
        }
        let hit = file.hits.values().filter(|hits| **hits > 0).count();
        writeln!(stream, "LF:{}\nLH:{hit}\nend_of_record", file.hits.len())?;
    }
    Ok(())
}

/// The lines of a span that say something.
fn lines(sources: &Sources, span: Span) -> impl Iterator<Item = u32> {
    let last = sources.position(Span::new(span.file, span.end.saturating_sub(1), span.end)).line;
    (sources.position(span).line..=last).filter(move |line| {
        let (_, text) = sources.line(span.file, *line);
        !text.trim().is_empty() && !text.trim_start().starts_with('#')
    })
}
