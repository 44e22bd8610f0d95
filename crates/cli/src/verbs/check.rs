//! `doorward check`: what is wrong with policies.

use std::borrow::Cow;
use std::io;

use doorward::{Diagnostic, Span};
use doorward_analysis::deep;
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
    let found = found(policy, arguments.deep);
    let count = Count::of(&found);
    let ok = count.errors == 0 && (count.warnings == 0 || !arguments.deny_warnings);
    let contents = Contents::of(policy);
    match arguments.format {
        Format::Human => {
            let text = findings::text(&found, policy.sources(), &policy.folder, streams.color.stdout);
            let gap = if text.is_empty() { "" } else { "\n" };
            writeln!(streams.stdout, "{text}{gap}{}: {}", policy.shown, summary(count, contents))?;
        }
        Format::Json => {
            let diagnostics = Finding::all(&found, policy.sources(), &policy.folder);
            let report = Report { policy: &policy.shown, ok, count, contents, diagnostics };
            json_line(streams.stdout, &report)?;
        }
    }
    Ok(Exit::fine_if(ok))
}

/// All findings in the order of the text.
pub(crate) fn found<'p>(policy: &'p Compiled, deeply: bool) -> Cow<'p, [Diagnostic]> {
    let shallow = policy.diagnostics();
    let Some(compiled) = policy.outcome.as_ref().ok().filter(|_| deeply) else { return Cow::Borrowed(shallow) };
    let deep = deep(compiled.model())
        .unwrap_or_else(|error| vec![Diagnostic::error("too-complex", Span::default(), error.to_string())]);
    // What a glance at the text tells is not told again.
    let told = |diagnostic: &Diagnostic| shallow.iter().any(|known| known.span == diagnostic.span);
    let mut all = shallow.to_vec();
    all.extend(deep.into_iter().filter(|diagnostic| !told(diagnostic)));
    all.sort_by_key(|diagnostic| (diagnostic.span.file, diagnostic.span.start));
    Cow::Owned(all)
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
