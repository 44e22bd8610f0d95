//! `doorward mutate`: whether anything would notice a small fault in a policy.

use std::io::{self, Write};

use doorward::{Instant, Policy, Sources};
use doorward_analysis::{Answered, Mutant, TooComplex, diff, mutants, prove, telling_line};
use doorward_model::Request;
use doorward_syntax::{Parsed, ast};
use serde::Serialize;

use crate::Streams;
use crate::arguments::{Format, Mutate};
use crate::exit::Exit;
use crate::findings::{Place, json_line, plural, tell_file, tell_unusable};
use crate::policies::{Compiled, Root};

/// What came of all mutants, as data.
#[derive(Serialize)]
struct Report<'a> {
    policy: &'a str,
    #[serde(flatten)]
    tally: Tally,
    by_mutant: Vec<ByMutant<'a>>,
}

#[derive(Clone, Copy, Default, Serialize)]
struct Tally {
    mutants: usize,
    killed_by_tests: usize,
    killed_by_assertions: usize,
    equivalent: usize,
    survivors: usize,
    undecided: usize,
    /// Those that are no policies are no mutants.
    no_policies: usize,
}

#[derive(Serialize)]
struct ByMutant<'a> {
    #[serde(flatten)]
    place: Place,
    mutant: String,
    written: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instead: Option<&'a str>,
    #[serde(flatten)]
    outcome: Option<Outcome>,
}

/// What came of one mutant.
#[derive(Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
enum Outcome {
    /// An assertion fails.
    KilledByAssertion {
        assertion: String,
        by: Place,
    },
    /// An expectation is not met.
    KilledByTest {
        test: String,
        expectation: String,
        got: u16,
        by: Place,
    },
    /// Every request gets the same status.
    Equivalent,
    /// Nothing notices.
    Survivor {
        status: u16,
        mutant_status: u16,
        request: Box<Request<'static>>,
        expect: String,
    },
    /// Whether there is a request that tells is not known.
    Undecided {
        because: String,
    },
    NoPolicy,
}

/// The policy as it is.
struct Original<'a> {
    compiled: &'a Policy,
    policy: &'a Compiled,
    tree: &'a ast::Policy,
    now: Instant,
}

pub(crate) fn run(arguments: &Mutate, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let root = match Root::read(&arguments.policy, streams) {
        Ok(root) => root,
        Err(error) => return tell_file(streams, arguments.format, &error),
    };
    let parsed = root.parse();
    let tree = parsed.parsed.policy.clone();
    let policy = parsed.compile();
    let Ok(compiled) = &policy.outcome else { return tell_unusable(streams, arguments.format, &policy) };
    let original = Original { compiled, policy: &policy, tree: &tree, now: (streams.surroundings.now)() };
    if !arguments.list
        && let Some(error) = original.falls_short()
    {
        match arguments.format {
            Format::Human => writeln!(streams.stderr, "doorward: {error}")?,
            Format::Json => json_line(streams.stdout, &serde_json::json!({ "error": error }))?,
        }
        return Ok(Exit::FellShort);
    }
    let found = mutants(&tree, policy.sources());
    let mut tally = Tally::default();
    let mut by_mutant = Vec::new();
    for mutant in &found {
        let outcome = (!arguments.list).then(|| original.judge(mutant));
        if let Some(outcome) = &outcome {
            tally.count(outcome);
        }
        let told = ByMutant::new(mutant, policy.sources(), &policy, outcome);
        if arguments.format == Format::Human {
            told.tell(streams.stdout)?;
        }
        by_mutant.push(told);
    }
    match arguments.format {
        Format::Human if arguments.list => {}
        Format::Human => tally.tell(streams.stdout, &policy.shown)?,
        Format::Json => json_line(streams.stdout, &Report { policy: &policy.shown, tally, by_mutant })?,
    }
    Ok(Exit::fine_if(tally.survivors + tally.undecided == 0))
}

impl Original<'_> {
    /// Why no mutant can be judged: something fails without a fault.
    fn falls_short(&self) -> Option<String> {
        let shown = &self.policy.shown;
        let failing = self.compiled.test(self.now).filter(|outcome| !outcome.passed()).count();
        if failing > 0 {
            return Some(format!("`{shown}` fails {} as it is: see `doorward test`", plural(failing, "expectation")));
        }
        let model = self.compiled.model();
        let fails = |assertion| prove(model, assertion).is_ok_and(|proof| !proof.holds());
        let assertion = model.assertions.iter().find(|assertion| fails(assertion))?;
        Some(format!("`{shown}` does not keep `{}` as it is: see `doorward prove`", assertion.text))
    }

    fn judge(&self, mutant: &Mutant) -> Outcome {
        let parsed = Parsed {
            policy: mutant.apply(self.tree),
            sources: self.compiled.sources().clone(),
            diagnostics: Vec::new(),
            unread: Vec::new(),
        };
        let Ok(other) = Policy::compile(parsed) else { return Outcome::NoPolicy };
        let place = |span| Place::new(span, self.policy.sources(), &self.policy.folder);
        if let Some(outcome) = other.test(self.now).find(|outcome| !outcome.passed()) {
            return Outcome::KilledByTest {
                test: outcome.block.name.to_string(),
                expectation: outcome.expectation.text.to_string(),
                got: outcome.verdict.status(),
                by: place(outcome.expectation.span),
            };
        }
        for assertion in &other.model().assertions {
            match prove(other.model(), assertion) {
                Ok(proof) if proof.holds() => {}
                Ok(_) => {
                    let assertion = (assertion.text.to_string(), place(assertion.span));
                    return Outcome::KilledByAssertion { assertion: assertion.0, by: assertion.1 };
                }
                Err(error) => return undecided(&error),
            }
        }
        match diff(self.compiled.model(), other.model()) {
            Ok(found) => self.apart(&other, found.changes.iter().map(|it| (it.before, it.after, &it.request))),
            Err(error) => undecided(&error),
        }
    }

    /// The request that tells a mutant apart best.
    fn apart<'c>(
        &self,
        other: &Policy,
        changes: impl Iterator<Item = (Answered, Answered, &'c Request<'static>)>,
    ) -> Outcome {
        let apart = changes.filter(|(before, after, _)| before.status() != after.status());
        let lines = apart.map(|(before, after, request)| {
            let line = telling_line(self.compiled.model(), other.model(), request, before.status());
            // Best is one that can be pasted, then one that lets in or no longer does, then a short one.
            let refuses = ![before, after].contains(&Answered::Allow);
            ((line.contains('#'), refuses, line.len()), line, before, after, request)
        });
        let Some((_, expect, before, after, request)) = lines.min_by_key(|(rank, ..)| *rank) else {
            return Outcome::Equivalent;
        };
        let statuses = [self.compiled, other].map(|policy| policy.verdict(request).status());
        if statuses != [before, after].map(Answered::status) {
            return Outcome::Undecided { because: format!("the engine does not confirm `{expect}`") };
        }
        let [status, mutant_status] = statuses;
        Outcome::Survivor { status, mutant_status, request: Box::new(request.clone()), expect }
    }
}

fn undecided(error: &TooComplex) -> Outcome {
    Outcome::Undecided { because: error.to_string() }
}

impl<'a> ByMutant<'a> {
    fn new(mutant: &'a Mutant, sources: &Sources, policy: &Compiled, outcome: Option<Outcome>) -> Self {
        Self {
            place: Place::new(mutant.span, sources, &policy.folder),
            mutant: mutant.to_string(),
            written: &mutant.written,
            instead: mutant.instead.as_deref(),
            outcome,
        }
    }

    /// A mutant without an outcome, or one that nothing notices.
    fn tell(&self, stream: &mut dyn Write) -> io::Result<()> {
        let (place, mutant) = (self.place.file_line_column(), &self.mutant);
        match &self.outcome {
            None => writeln!(stream, "{place}: {mutant}"),
            Some(Outcome::Survivor { mutant_status, expect, .. }) => {
                writeln!(stream, "{place}: nothing notices: {mutant}\n  {expect}\n  gets {mutant_status} then\n")
            }
            Some(Outcome::Undecided { because }) => writeln!(stream, "{place}: not decided: {mutant}\n  {because}\n"),
            Some(_) => Ok(()),
        }
    }
}

impl Tally {
    fn count(&mut self, outcome: &Outcome) {
        let of_kind = match outcome {
            Outcome::Equivalent => &mut self.equivalent,
            Outcome::KilledByAssertion { .. } => &mut self.killed_by_assertions,
            Outcome::KilledByTest { .. } => &mut self.killed_by_tests,
            Outcome::NoPolicy => {
                self.no_policies += 1;
                return;
            }
            Outcome::Survivor { .. } => &mut self.survivors,
            Outcome::Undecided { .. } => &mut self.undecided,
        };
        *of_kind += 1;
        self.mutants += 1;
    }

    fn tell(self, stream: &mut dyn Write, shown: &str) -> io::Result<()> {
        let Self { killed_by_tests, killed_by_assertions, equivalent, survivors, undecided, .. } = self;
        let mutants = plural(self.mutants, "mutant");
        let killed = format!("{killed_by_tests} killed by tests, {killed_by_assertions} by assertions");
        let left = if undecided > 0 { format!(", {undecided} not decided") } else { String::new() };
        writeln!(stream, "{shown}: {mutants}: {killed}, {equivalent} equivalent, {survivors} survive{left}")
    }
}
