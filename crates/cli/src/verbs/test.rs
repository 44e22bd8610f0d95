//! `doorward test`: the tests that policies carry.

use std::io;

use anstyle::{AnsiColor, Style};
use doorward::{Explanation, Policy, TestOutcome};
use serde::Serialize;

use crate::Streams;
use crate::answers::explanation_text;
use crate::arguments::{Format, Test};
use crate::exit::Exit;
use crate::findings::{Place, json_line, tell_file, tell_unusable};
use crate::policies::{Compiled, Root};

/// What came out of the tests of one policy.
#[derive(Serialize)]
struct Report<'a> {
    policy: &'a str,
    passed: usize,
    failed: usize,
    failures: Vec<Failure<'a>>,
}

/// An expectation that was not met.
#[derive(Serialize)]
struct Failure<'a> {
    test: &'a str,
    #[serde(flatten)]
    place: Place,
    expectation: &'a str,
    expected: u16,
    got: u16,
    explanation: Explanation<'a>,
}

/// How many expectations were met, and how many were not.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

pub(crate) fn run(arguments: &Test, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let mut exit = Exit::Fine;
    let mut tally = Tally::default();
    for path in &arguments.policies {
        exit = exit.max(match Root::read(path, streams) {
            Ok(root) => one(&root.compile(), arguments, &mut tally, streams)?,
            Err(error) => tell_file(streams, arguments.format, &error)?,
        });
    }
    if arguments.format == Format::Human {
        let style = match (streams.color.stdout, exit) {
            (false, _) => Style::new(),
            (true, Exit::Fine) => AnsiColor::Green.on_default().bold(),
            (true, _) => AnsiColor::Red.on_default().bold(),
        };
        writeln!(streams.stdout, "{style}{} passed, {} failed{style:#}", tally.passed, tally.failed)?;
    }
    Ok(exit)
}

fn one(policy: &Compiled, arguments: &Test, total: &mut Tally, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let Ok(compiled) = &policy.outcome else { return tell_unusable(streams, arguments.format, policy) };
    let mut tally = Tally::default();
    let mut failures = Vec::new();
    for outcome in compiled.test((streams.surroundings.now)()) {
        if outcome.passed() {
            tally.passed += 1;
        } else {
            tally.failed += 1;
            failures.push(Failure::new(&outcome, compiled, policy));
        }
    }
    let empty = tally.passed + tally.failed == 0;
    match arguments.format {
        Format::Human => {
            for failure in &failures {
                failure.tell(streams)?;
            }
            if empty {
                writeln!(streams.stderr, "doorward: `{}` has no tests", policy.shown)?;
            }
        }
        Format::Json => {
            let report = Report { policy: &policy.shown, passed: tally.passed, failed: tally.failed, failures };
            json_line(streams.stdout, &report)?;
        }
    }
    total.passed += tally.passed;
    total.failed += tally.failed;
    Ok(Exit::fine_if(tally.failed == 0 && !(empty && arguments.require_tests)))
}

impl<'a> Failure<'a> {
    fn new(outcome: &TestOutcome<'a>, compiled: &'a Policy, policy: &Compiled) -> Self {
        let expectation = outcome.expectation;
        Self {
            test: &outcome.block.name,
            place: Place::new(expectation.span, policy.sources(), &policy.folder),
            expectation: &expectation.text,
            expected: expectation.status,
            got: outcome.verdict.status(),
            explanation: compiled.explain(&outcome.request),
        }
    }

    fn tell(&self, streams: &mut Streams<'_>) -> io::Result<()> {
        let Self { test, place, expectation, expected, got, explanation } = self;
        let place = place.file_line();
        writeln!(streams.stdout, "{place}: expected {expected}, got {got}, in test {test:?}\n  {expectation}")?;
        let mut text = Vec::new();
        explanation_text(&mut text, explanation, streams.color.stdout)?;
        for line in String::from_utf8_lossy(&text).lines() {
            writeln!(streams.stdout, "  {line}")?;
        }
        writeln!(streams.stdout)
    }
}
