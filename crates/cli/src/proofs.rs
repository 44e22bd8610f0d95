//! Assertions, proved or refuted, for people and programs.

use std::borrow::Cow;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use doorward::{Explanation, Policy, Request, Verdict};
use doorward_analysis::{Proof, TooComplex, prove};
use doorward_model::assertion::Assertion;
use doorward_model::expect::expect_line;
use doorward_syntax::ast::AssertionKind;
use serde::Serialize;

use crate::answers::explanation_text;
use crate::findings::Place;
use crate::policies::Compiled;

/// What came out of one assertion.
#[derive(Serialize)]
pub(crate) struct Proved<'a> {
    assertion: &'a str,
    kind: &'static str,
    #[serde(flatten)]
    place: Place,
    pub(crate) holds: bool,
    /// Rules by which it holds, as answers name them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    because: Vec<Cow<'a, str>>,
    /// Whether there is no request that it is about.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    vacuous: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    counterexample: Option<Counterexample<'a>>,
    /// Why it was not found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// How many assertions came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) held: usize,
    pub(crate) failed: usize,
    /// Those of which it was not found out.
    pub(crate) undecided: usize,
}

/// What is said behind the other numbers of those of which it was not found out.
pub(crate) fn undecided_text(undecided: usize) -> String {
    if undecided == 0 { String::new() } else { format!(", {undecided} not found out") }
}

/// A request that shows an assertion wrong, and how it is decided.
#[derive(Serialize)]
struct Counterexample<'a> {
    expect: String,
    request: Request<'static>,
    explanation: Explanation<'a>,
}

impl Tally {
    pub(crate) fn of(proved: &[Proved<'_>]) -> Self {
        let held = proved.iter().filter(|proved| proved.holds).count();
        let undecided = proved.iter().filter(|proved| proved.error.is_some()).count();
        Self { held, failed: proved.len() - held - undecided, undecided }
    }
}

impl<'a> Proved<'a> {
    /// Proves or refutes an assertion of that policy; what refutes it has been decided by the engine, too.
    pub(crate) fn new(policy: &'a Compiled, compiled: &'a Policy, assertion: &'a Assertion) -> Self {
        let mut proved = Self {
            assertion: &assertion.text,
            kind: match assertion.kind {
                AssertionKind::Always => "always",
                AssertionKind::Never => "never",
                AssertionKind::Only => "only",
            },
            place: Place::new(assertion.span, policy.sources(), &policy.folder),
            holds: false,
            because: Vec::new(),
            vacuous: false,
            counterexample: None,
            error: None,
        };
        match prove(compiled.model(), assertion) {
            Ok(proof) => proved.settle(compiled, assertion, proof),
            Err(error) => proved.error = Some(TooComplex::to_string(&error)),
        }
        proved
    }

    fn settle(&mut self, compiled: &'a Policy, assertion: &Assertion, proof: Proof<'a>) {
        self.holds = proof.holds();
        self.because = proof.because.iter().map(|rule| compiled.model().rule_name(rule)).collect();
        self.vacuous = proof.vacuous;
        let Some(request) = proof.counterexample else { return };
        let explanation = compiled.explain(&request);
        let allowed = explanation.decision.verdict == Verdict::Allow;
        if allowed == (assertion.kind == AssertionKind::Always) {
            self.error =
                Some("the engine decides the counterexample otherwise, which is a mistake of doorward's".into());
        }
        let expect = expect_line(compiled.model(), &request, explanation.decision.status);
        self.counterexample = Some(Counterexample { expect, request, explanation });
    }

    pub(crate) fn tell(&self, stream: &mut dyn Write, colored: bool) -> io::Result<()> {
        let (word, color) = match (self.holds, &self.error) {
            (true, _) => ("holds", AnsiColor::Green),
            (false, None) => ("fails", AnsiColor::Red),
            (false, Some(_)) => ("not found out", AnsiColor::Yellow),
        };
        let style = if colored { color.on_default().bold() } else { Style::new() };
        writeln!(stream, "{}: {style}{word}{style:#}: {}", self.place.file_line(), self.assertion)?;
        if let Some(error) = &self.error {
            writeln!(stream, "  {error}")?;
        }
        if self.vacuous {
            writeln!(stream, "  there is no request that it is about")?;
        }
        if !self.because.is_empty() {
            writeln!(stream, "  by: {}", self.because.join(", "))?;
        } else if self.holds && !self.vacuous {
            let reason = if self.kind == "only" { "lets anybody else in" } else { "reaches it" };
            writeln!(stream, "  no `allow` {reason}")?;
        }
        if let Some(Counterexample { expect, explanation, .. }) = &self.counterexample {
            writeln!(stream, "  {expect}")?;
            let mut text = Vec::new();
            explanation_text(&mut text, explanation, colored)?;
            for line in String::from_utf8_lossy(&text).lines() {
                writeln!(stream, "  {line}")?;
            }
        }
        Ok(())
    }
}
