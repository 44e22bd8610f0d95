//! `doorward prove`: whether assertions hold of every request.

use std::io;

use serde::Serialize;

use crate::Streams;
use crate::arguments::{Format, Prove};
use crate::exit::Exit;
use crate::findings::{json_line, plural, tell_broken, tell_file, tell_unusable};
use crate::policies::{Compiled, ParsedPolicy, Root};
use crate::proofs::Proved;

/// How an assertion of the call itself is named in findings.
const ASSERTION: &str = "<assertion>";

/// What came out of the assertions of one policy.
#[derive(Serialize)]
struct Report<'a> {
    policy: &'a str,
    held: usize,
    failed: usize,
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
    let asked: Vec<Compiled> = arguments.assertions.iter().map(|text| with_assertion(&root, text)).collect();
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

fn with_assertion(root: &ParsedPolicy, text: &str) -> Compiled {
    let ParsedPolicy { shown, parsed, .. } = root.clone();
    let parsed = parsed.with_assertion(ASSERTION, text);
    // Its place is in no folder.
    ParsedPolicy { shown, folder: std::path::PathBuf::new(), parsed }.compile()
}

fn tell(policy: &Compiled, proved: &[Proved<'_>], arguments: &Prove, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let held = proved.iter().filter(|proved| proved.holds).count();
    let failed = proved.len() - held;
    match arguments.format {
        Format::Human => {
            for proved in proved {
                proved.tell(streams.stdout, streams.color.stdout)?;
            }
            if proved.is_empty() {
                writeln!(streams.stderr, "doorward: `{}` has no assertions", policy.shown)?;
            }
            writeln!(streams.stdout, "{}: {held} held, {failed} failed", plural(proved.len(), "assertion"))?;
        }
        Format::Json => {
            let report = Report { policy: &policy.shown, held, failed, assertions: proved };
            json_line(streams.stdout, &report)?;
        }
    }
    Ok(Exit::fine_if(failed == 0))
}
