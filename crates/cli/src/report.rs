//! One page about a policy: who gets which answer where, as a matrix, and why.
//!
//! Comes in: a compiled policy. Goes out: a page of HTML that needs nothing else. Every answer in it is the engine's own:
//! the page chooses among requests that were decided here, and decides nothing itself.

mod choices; // how a request can vary
mod rooms;
mod visitors;

mod cells; // all the answers

mod pictures; // groups and rooms as trees
mod proof; // what the tests of the policy say

mod page; // the data as HTML

mod asks; // what conditions read
mod limits;

use doorward::{Instant, Policy};
use doorward_analysis::Coverage;
use serde::Serialize;

use crate::coverage;
use crate::findings::Finding;
use crate::policies::Compiled;
use crate::proofs::Proved;
use crate::verbs::check::Found;

use self::cells::Answers;
use self::choices::Choices;
use self::pictures::{GroupNode, PathNode};
use self::proof::{Numbers, RuleRow, Tally, TestRow};
use self::rooms::Room;
use self::visitors::{Row, Visitor};

/// Everything that the page shows.
#[derive(Serialize)]
struct Report<'a> {
    policy: &'a str,
    zone: &'a str,
    counts: Counts,
    /// What is left out, in whole sentences.
    limits: Vec<String>,
    /// The attributes that requests could state, as the policy declares them.
    attributes: Vec<String>,
    choices: Choices,
    visitors: Vec<Visitor>,
    rows: Vec<Row>,
    rooms: Vec<Room>,
    answers: Answers,
    groups: Vec<GroupNode>,
    paths: PathNode,
    rules: Vec<RuleRow>,
    tests: Vec<TestRow>,
    tally: Tally,
    coverage: coverage::Report<'a>,
    assertions: Vec<Proved<'a>>,
    findings: Vec<Finding<'a>>,
    /// Why what is useless could not be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    too_complex: Option<String>,
}

/// How much a policy declares.
#[derive(Serialize)]
struct Counts {
    rules: usize,
    rooms: usize,
    identities: usize,
    groups: usize,
}

/// The page about a policy.
pub(crate) fn page(policy: &Policy, compiled: &Compiled) -> serde_json::Result<String> {
    let model = policy.model();
    let mut limits = Vec::new();
    let mut choices = Choices::of(model, &mut limits);
    let mut rooms = rooms::rooms(model, &mut limits);
    let (visitors, rows) = visitors::visitors(model, &rooms, &mut limits);
    limits::reduce(&mut choices, &mut rooms, &visitors, &mut limits);
    let numbers = Numbers::new(policy);
    let (rules, tests, tally) = proof::run(policy, &numbers, &choices, &compiled.folder);
    let answers = Answers::of(policy, &numbers, &choices, &mut rooms, &visitors);
    let found = Found::of(compiled, true);
    let covered = Coverage::of_tests(model, choices.now().unwrap_or(Instant::MIN));
    let report = Report {
        policy: &compiled.shown,
        zone: model.zone.name(),
        counts: Counts {
            rules: model.rules.len(),
            rooms: model.rooms.len(),
            identities: model.identities.len(),
            groups: model.groups.len(),
        },
        limits,
        attributes: rooms::attributes(model),
        choices: choices.told(&rooms),
        visitors,
        rows,
        paths: pictures::paths(model, &rooms),
        rooms,
        answers,
        groups: pictures::groups(model),
        rules,
        tests,
        tally,
        coverage: coverage::Report::new(&covered, compiled),
        assertions: model.assertions.iter().map(|assertion| Proved::new(compiled, policy, assertion)).collect(),
        findings: Finding::all(&found.diagnostics, policy.sources(), &compiled.folder),
        too_complex: found.too_complex.map(|error| error.to_string()),
    };
    page::render(&report)
}
