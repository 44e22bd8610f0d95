//! `doorward test`: the tests and assertions that policies carry, and what the tests exercise.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use doorward::{Explanation, Policy, TestOutcome};
use doorward_analysis::Coverage;
use serde::Serialize;

use crate::Streams;
use crate::answers::explanation_text;
use crate::arguments::{CoverageFormat, Format, Test};
use crate::coverage;
use crate::exit::Exit;
use crate::findings::{Place, json_line, tell_file, tell_misuse, tell_unusable};
use crate::policies::{Compiled, FileError, Root};
use crate::proofs::{self, Proved};

/// What came out of the tests of one policy.
#[derive(Serialize)]
struct Report<'a> {
    policy: &'a str,
    passed: usize,
    failed: usize,
    undecided: usize,
    failures: Vec<Failure<'a>>,
    /// What the policy asserts of all requests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assertions: Vec<Proved<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<coverage::Report<'a>>,
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

/// How many expectations were met and assertions hold, how many were not or do not, and of how many that was not found out.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    undecided: usize,
}

/// What the tests exercise, as it is told.
struct Exercised {
    format: CoverageFormat,
    /// What goes to a file, once all of it is there.
    file: Option<Vec<u8>>,
}

pub(crate) fn run(arguments: &Test, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let mut exercised = arguments.coverage.map(|format| {
        let file = arguments.coverage_to.as_ref().map(|_| Vec::new());
        Exercised { format, file }
    });
    if arguments.format == Format::Json && exercised.as_ref().is_some_and(|it| it.is_written(CoverageFormat::Lcov)) {
        let error = "`--format json` and `--coverage=lcov` cannot share the standard output: give `--coverage-to FILE`";
        return tell_misuse(streams, arguments.format, error);
    }
    let mut exit = Exit::Fine;
    let mut tally = Tally::default();
    for path in &arguments.policies {
        exit = exit.max(match Root::read(path, streams) {
            Ok(root) => one(&root.compile(), arguments, exercised.as_mut(), &mut tally, streams)?,
            Err(error) => tell_file(streams, arguments.format, &error)?,
        });
    }
    if arguments.format == Format::Human {
        let (stream, color) = results(exercised.as_ref(), streams);
        let style = match (color, exit) {
            (false, _) => Style::new(),
            (true, Exit::Fine) => AnsiColor::Green.on_default().bold(),
            (true, _) => AnsiColor::Red.on_default().bold(),
        };
        let Tally { passed, failed, undecided } = tally;
        let rest = proofs::undecided_text(undecided);
        writeln!(stream, "{style}{passed} passed, {failed} failed{rest}{style:#}")?;
    }
    if let (Some(path), Some(text)) = (&arguments.coverage_to, exercised.and_then(|exercised| exercised.file))
        && let Err(error) = std::fs::write(path, text)
    {
        return Ok(exit.max(tell_file(streams, arguments.format, &FileError::write(path, error))?));
    }
    Ok(exit)
}

/// Where results for people go, and whether that takes colours: beside coverage for programs, to the standard error.
fn results<'s>(exercised: Option<&Exercised>, streams: &'s mut Streams<'_>) -> (&'s mut dyn Write, bool) {
    let taken = |format| exercised.is_some_and(|exercised| exercised.is_written(format));
    if taken(CoverageFormat::Json) || taken(CoverageFormat::Lcov) {
        (&mut *streams.stderr, streams.color.stderr)
    } else {
        (&mut *streams.stdout, streams.color.stdout)
    }
}

fn one(
    policy: &Compiled,
    arguments: &Test,
    mut exercised: Option<&mut Exercised>,
    total: &mut Tally,
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    let Ok(compiled) = &policy.outcome else { return tell_unusable(streams, arguments.format, policy) };
    let now = (streams.surroundings.now)();
    let mut tally = Tally::default();
    let mut failures = Vec::new();
    for outcome in compiled.test(now) {
        if outcome.passed() {
            tally.passed += 1;
        } else {
            tally.failed += 1;
            failures.push(Failure::new(&outcome, compiled, policy));
        }
    }
    let assertions: Vec<Proved<'_>> =
        compiled.model().assertions.iter().map(|assertion| Proved::new(policy, compiled, assertion)).collect();
    let proofs::Tally { held, failed, undecided } = proofs::Tally::of(&assertions);
    tally.passed += held;
    tally.failed += failed;
    tally.undecided += undecided;
    let empty = tally.passed + tally.failed + tally.undecided == 0;
    let coverage = exercised.is_some().then(|| Coverage::of_tests(compiled.model(), now));
    match arguments.format {
        Format::Human => {
            let (stream, color) = results(exercised.as_deref(), streams);
            for failure in &failures {
                failure.tell(stream, color)?;
            }
            for proved in assertions.iter().filter(|proved| !proved.holds) {
                proved.tell(stream, color)?;
                writeln!(stream)?;
            }
            if empty {
                writeln!(streams.stderr, "doorward: `{}` has no tests", policy.shown)?;
            }
        }
        Format::Json => {
            let here = exercised.as_ref().is_some_and(|exercised| exercised.file.is_none());
            let coverage = coverage.as_ref().filter(|_| here).map(|it| coverage::Report::new(it, policy));
            let Tally { passed, failed, undecided } = tally;
            let policy = &policy.shown;
            let report = Report { policy, passed, failed, undecided, failures, assertions, coverage };
            json_line(streams.stdout, &report)?;
        }
    }
    if let (Some(exercised), Some(coverage)) = (&mut exercised, &coverage) {
        match &mut exercised.file {
            Some(file) => coverage::write(file, exercised.format, coverage, policy)?,
            None if arguments.format == Format::Human => {
                coverage::write(streams.stdout, exercised.format, coverage, policy)?;
            }
            None => {}
        }
    }
    total.passed += tally.passed;
    total.failed += tally.failed;
    total.undecided += tally.undecided;
    Ok(Exit::fine_if(tally.failed + tally.undecided == 0 && !(empty && arguments.require_tests)))
}

impl Exercised {
    /// Whether it goes to the standard output in that format.
    fn is_written(&self, format: CoverageFormat) -> bool {
        self.file.is_none() && self.format == format
    }
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

    fn tell(&self, stream: &mut dyn Write, color: bool) -> io::Result<()> {
        let Self { test, place, expectation, expected, got, explanation } = self;
        let place = place.file_line();
        writeln!(stream, "{place}: expected {expected}, got {got}, in test {test:?}\n  {expectation}")?;
        let mut text = Vec::new();
        explanation_text(&mut text, explanation, color)?;
        for line in String::from_utf8_lossy(&text).lines() {
            writeln!(stream, "  {line}")?;
        }
        writeln!(stream)
    }
}
