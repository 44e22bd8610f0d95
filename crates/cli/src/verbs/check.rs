//! `doorward check`: what is wrong with policies.

use std::io;

use serde::Serialize;

use crate::Streams;
use crate::arguments::{Check, Format};
use crate::exit::Exit;
use crate::findings::{self, Count, Finding, json_line, plural, tell_file};
use crate::policies::{Compiled, Root};

/// What is said of one policy.
#[derive(Serialize)]
struct Report<'a> {
    policy: &'a str,
    ok: bool,
    #[serde(flatten)]
    count: Count,
    /// What is in it, if it can be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    contents: Option<Contents>,
    diagnostics: Vec<Finding<'a>>,
}

/// How much a policy declares.
#[derive(Clone, Copy, Serialize)]
struct Contents {
    rules: usize,
    rooms: usize,
    identities: usize,
    groups: usize,
    expectations: usize,
}

impl Contents {
    fn of(policy: &Compiled) -> Option<Self> {
        let model = policy.outcome.as_ref().ok()?.model();
        Some(Self {
            rules: model.rules.len(),
            rooms: model.rooms.len(),
            identities: model.identities.len(),
            groups: model.groups.len(),
            expectations: model.tests.iter().map(|block| block.expectations.len()).sum(),
        })
    }
}

pub(crate) fn run(arguments: &Check, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let mut exit = Exit::Fine;
    for path in &arguments.policies {
        exit = exit.max(match Root::read(path, streams) {
            Ok(root) => report(&root.compile(), arguments, streams)?,
            Err(error) => tell_file(streams, arguments.format, &error)?,
        });
    }
    Ok(exit)
}

fn report(policy: &Compiled, arguments: &Check, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let count = Count::of(policy.diagnostics());
    let ok = count.errors == 0 && (count.warnings == 0 || !arguments.deny_warnings);
    let contents = Contents::of(policy);
    match arguments.format {
        Format::Human => {
            let text = findings::text(policy.diagnostics(), policy.sources(), &policy.folder, streams.color.stdout);
            let gap = if text.is_empty() { "" } else { "\n" };
            writeln!(streams.stdout, "{text}{gap}{}: {}", policy.shown, summary(count, contents))?;
        }
        Format::Json => {
            let diagnostics = Finding::all(policy.diagnostics(), policy.sources(), &policy.folder);
            let report = Report { policy: &policy.shown, ok, count, contents, diagnostics };
            json_line(streams.stdout, &report)?;
        }
    }
    Ok(Exit::fine_if(ok))
}

/// `12 rules, 6 rooms, 4 identities, 2 groups, 5 expectations; no errors, 2 warnings`
fn summary(Count { errors, warnings }: Count, contents: Option<Contents>) -> String {
    let findings = format!("{}, {}", plural(errors, "error"), plural(warnings, "warning"));
    let Some(Contents { rules, rooms, identities, groups, expectations }) = contents else { return findings };
    let counts =
        [(rules, "rule"), (rooms, "room"), (identities, "identity"), (groups, "group"), (expectations, "expectation")];
    let contents = counts.map(|(count, noun)| plural(count, noun)).join(", ");
    format!("{contents}; {findings}")
}
