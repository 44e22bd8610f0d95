//! `doorward prove`: whether assertions hold of every request.

use std::io;

use serde::Serialize;

use crate::Streams;
use crate::arguments::{Format, Prove};
use crate::exit::Exit;
use crate::findings::{json_line, plural, tell_broken, tell_file, tell_unusable};
use crate::policies::{Compiled, ParsedPolicy, Root};
use crate::proofs::{Proved, Tally, undecided_text};

/// What came out of the assertions of one policy.
#[derive(Serialize)]
struct Report<'a> {
    policy: &'a str,
    held: usize,
    failed: usize,
    undecided: usize,
    assertions: &'a [Proved<'a>],
}

pub(crate) fn run(arguments: &Prove, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let root = match Root::read(&arguments.policy, streams) {
        Ok(root) => root.parse(),
        Err(error) => return tell_file(streams, arguments.format, &error),
    };
    let policy = root.clone().compile();
    let Ok(compiled) = &policy.outcome else { return tell_unusable(streams, arguments.format, &policy) };
    if arguments.assertions.is_empty() {
        let proved: Vec<Proved<'_>> =
            compiled.model().assertions.iter().map(|it| Proved::new(&policy, compiled, it)).collect();
        return tell(&policy, &proved, arguments, streams);
    }
    let several = arguments.assertions.len() > 1;
    let asked: Vec<Compiled> = (1..)
        .zip(&arguments.assertions)
        .map(|(number, text)| with_assertion(&root, &name(number, several), text))
        .collect();
    let mut proved = Vec::new();
    for policy in &asked {
        let Ok(compiled) = &policy.outcome else {
            let findings = (policy.diagnostics(), policy.sources(), &*policy.folder);
            tell_broken(streams, arguments.format, "the assertion cannot be used", findings)?;
            return Ok(Exit::Misused);
        };
        // What was asked stands behind the policy's own.
        proved.extend(compiled.model().assertions.last().map(|it| Proved::new(policy, compiled, it)));
    }
    tell(&policy, &proved, arguments, streams)
}

/// How an assertion of the call itself is named in findings.
fn name(number: usize, several: bool) -> String {
    if several { format!("<assertion {number}>") } else { "<assertion>".to_owned() }
}

fn with_assertion(root: &ParsedPolicy, name: &str, text: &str) -> Compiled {
    let ParsedPolicy { shown, parsed, .. } = root.clone();
    let parsed = parsed.with_assertion(name, text);
    // Its place is in no folder.
    ParsedPolicy { shown, folder: std::path::PathBuf::new(), parsed }.compile()
}

fn tell(policy: &Compiled, proved: &[Proved<'_>], arguments: &Prove, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let Tally { held, failed, undecided } = Tally::of(proved);
    match arguments.format {
        Format::Human => {
            for proved in proved {
                proved.tell(streams.stdout, streams.color.stdout)?;
            }
            if proved.is_empty() {
                writeln!(streams.stderr, "doorward: `{}` has no assertions", policy.shown)?;
            }
            let (all, rest) = (plural(proved.len(), "assertion"), undecided_text(undecided));
            writeln!(streams.stdout, "{all}: {held} held, {failed} failed{rest}")?;
        }
        Format::Json => {
            let report = Report { policy: &policy.shown, held, failed, undecided, assertions: proved };
            json_line(streams.stdout, &report)?;
        }
    }
    Ok(Exit::fine_if(failed + undecided == 0))
}
