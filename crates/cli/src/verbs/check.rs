//! `doorward check`: what is wrong with policies.

use std::borrow::Cow;
use std::io;

use doorward::Diagnostic;
use doorward_analysis::{TooComplex, deep};
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
    /// Why what is useless could not be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    too_complex: Option<String>,
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
    let Found { diagnostics: found, too_complex } = Found::of(policy, arguments.deep);
    let count = Count::of(&found);
    let ok = count.errors == 0 && (count.warnings == 0 || !arguments.deny_warnings) && too_complex.is_none();
    let too_complex = too_complex.map(|error| error.to_string());
    let contents = Contents::of(policy);
    match arguments.format {
        Format::Human => {
            let text = findings::text(&found, policy.sources(), &policy.folder, streams.color.stdout);
            let gap = if text.is_empty() { "" } else { "\n" };
            writeln!(streams.stdout, "{text}{gap}{}: {}", policy.shown, summary(count, contents))?;
            if let Some(error) = &too_complex {
                writeln!(streams.stderr, "doorward: what is useless in `{}` is {error}", policy.shown)?;
            }
        }
        Format::Json => {
            let diagnostics = Finding::all(&found, policy.sources(), &policy.folder);
            let report = Report { policy: &policy.shown, ok, count, contents, diagnostics, too_complex };
            json_line(streams.stdout, &report)?;
        }
    }
    Ok(Exit::fine_if(ok))
}

/// What is found wrong with a policy.
pub(crate) struct Found<'p> {
    /// In the order of the text.
    pub(crate) diagnostics: Cow<'p, [Diagnostic]>,
    /// Why what is useless whatever the request could not be told.
    pub(crate) too_complex: Option<TooComplex>,
}

impl<'p> Found<'p> {
    pub(crate) fn of(policy: &'p Compiled, deeply: bool) -> Self {
        let shallow = Self { diagnostics: Cow::Borrowed(policy.diagnostics()), too_complex: None };
        let Some(compiled) = policy.outcome.as_ref().ok().filter(|_| deeply) else { return shallow };
        let deep = match deep(compiled.model()) {
            Ok(deep) => deep,
            Err(error) => return Self { too_complex: Some(error), ..shallow },
        };
        let known = shallow.diagnostics;
        let told = |deep: &Diagnostic| known.iter().any(|it| it.span == deep.span && says_it(it.code, deep.code));
        let mut all = known.to_vec();
        all.extend(deep.into_iter().filter(|diagnostic| !told(diagnostic)));
        all.sort_by_key(|diagnostic| (diagnostic.span.file, diagnostic.span.start));
        Self { diagnostics: Cow::Owned(all), too_complex: None }
    }
}

/// Whether a glance at the text has told what a finding tells of the same place, if not in the same words.
fn says_it(shallow: &str, deep: &str) -> bool {
    let same: &[&str] = match deep {
        "closed-room" => &["unused-room"],
        "idle-deny" | "idle-rule" | "overridden-rule" => &["never-applies", "shadowed-rule"],
        "idle-identity" => &["unused-identity"],
        "idle-item" => &["redundant-prefix", "repeated-item", "useless-except"],
        "settled-condition" => &["always-true", "constant-condition", "constant-test", "empty-set"],
        _ => &[],
    };
    same.contains(&shallow)
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
