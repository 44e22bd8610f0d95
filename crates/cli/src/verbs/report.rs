//! `doorward report`: a page about a policy.

use std::fs;
use std::io;
use std::path::Path;

use crate::Streams;
use crate::arguments::{Format, Report};
use crate::exit::Exit;
use crate::findings::{tell_file, tell_misuse, tell_unusable};
use crate::policies::{FileError, Root, is_stdin};
use crate::report::page;

pub(crate) fn run(arguments: &Report, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let Report { policy, output } = arguments;
    if same(policy, output) {
        return tell_misuse(streams, Format::Human, "the page would take the place of the policy");
    }
    let parsed = match Root::read(policy, streams) {
        Ok(root) => root.parse(),
        Err(error) => return tell_file(streams, Format::Human, &error),
    };
    let compiled = parsed.compile();
    let Ok(policy) = &compiled.outcome else { return tell_unusable(streams, Format::Human, &compiled) };
    let page = page(policy, &compiled)?;
    if is_stdin(output) {
        streams.stdout.write_all(page.as_bytes())?;
    } else if let Err(error) = fs::write(output, page) {
        return tell_file(streams, Format::Human, &FileError::write(output, error));
    }
    Ok(Exit::Fine)
}

/// Whether both paths lead to one file.
fn same(policy: &Path, output: &Path) -> bool {
    match (policy.canonicalize(), output.canonicalize()) {
        (Ok(policy), Ok(output)) => policy == output,
        _ => false,
    }
}
