//! What `decide` and `explain` share: a policy, and one request or a stream of them.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use doorward::{Policy, Request};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::Streams;
use crate::answers::{BadLine, bad_line_text};
use crate::arguments::{Format, Question};
use crate::exit::Exit;
use crate::findings::{json_line, tell_file, tell_misuse, tell_unusable};
use crate::lines::{self, Line};
use crate::policies::{FileError, Root, is_stdin};
use crate::request;

/// How many bytes are read and written at a time.
const BLOCK: usize = 64 * 1024;

/// A way of answering requests.
pub(super) trait Ask {
    /// The answer as one line of JSON.
    fn json(&mut self, policy: &Policy, request: &Request<'_>, stream: &mut dyn Write) -> io::Result<()>;

    /// The answer to a person who asked nothing else.
    fn one(&mut self, policy: &Policy, request: &Request<'_>, stream: &mut dyn Write, color: bool) -> io::Result<()>;

    /// The answer to a person who asked many things, so that it says what it answers.
    fn line(&mut self, policy: &Policy, request: &Request<'_>, stream: &mut dyn Write, color: bool) -> io::Result<()>;
}

/// Answers what the arguments ask.
pub(super) fn ask(question: &Question, asked: &mut impl Ask, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let usual = if question.requests.is_some() { Format::Json } else { Format::Human };
    let format = question.format.unwrap_or(usual);
    let policy = match Root::read(&question.policy, streams) {
        Ok(root) => root.compile(),
        Err(error) => return tell_file(streams, format, &error),
    };
    let Ok(compiled) = &policy.outcome else { return tell_unusable(streams, format, &policy) };
    if let Some(path) = &question.requests {
        return match requests(path, streams) {
            Ok(input) => stream(compiled, path, input, format, asked, streams),
            Err(error) => tell_file(streams, format, &error),
        };
    }
    let now = (streams.surroundings.now)();
    let request = match question.request.as_ref().map(|single| request::request(single, now)) {
        Some(Ok(request)) => request,
        Some(Err(error)) => return tell_misuse(streams, format, &error),
        None => return tell_misuse(streams, format, "there is no request"),
    };
    match format {
        Format::Human => asked.one(compiled, &request, streams.stdout, streams.color.stdout)?,
        Format::Json => asked.json(compiled, &request, streams.stdout)?,
    }
    Ok(Exit::Fine)
}

/// Where requests come from.
pub(super) struct Input<'a> {
    pub(super) stream: Box<dyn Read + 'a>,
    /// How many bytes there are, if that is known.
    length: Option<u64>,
}

pub(super) fn requests<'a>(path: &Path, streams: &mut Streams<'a>) -> Result<Input<'a>, FileError> {
    if is_stdin(path) {
        let stream = streams.stdin.take().ok_or_else(|| FileError::read(path, "it has been read already"))?;
        return Ok(Input { stream, length: None });
    }
    let file = File::open(path).map_err(|error| FileError::open(path, &error))?;
    let metadata = file.metadata().map_err(|error| FileError::read(path, error))?;
    if metadata.is_dir() {
        return Err(FileError::read(path, "it is a folder"));
    }
    Ok(Input { stream: Box::new(file), length: metadata.is_file().then_some(metadata.len()) })
}

/// Answers one line after another; only one is held at a time.
fn stream(
    policy: &Policy,
    path: &Path,
    input: Input<'_>,
    format: Format,
    asked: &mut impl Ask,
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    let progress = progress(streams.surroundings.shows_progress(), input.length);
    let color = streams.color.stdout;
    let mut reader = BufReader::with_capacity(BLOCK, input.stream);
    let mut output = BufWriter::with_capacity(BLOCK, &mut *streams.stdout);
    let mut buffer = Vec::new();
    let mut number = 0;
    let mut exit = Exit::Fine;
    let failed = loop {
        let line = match lines::next_after(&mut output, &mut reader, &mut buffer)? {
            Ok(Line::End) => break None,
            Ok(line) => line,
            Err(error) => break Some(error),
        };
        number += 1;
        progress.inc(u64::try_from(buffer.len() + 1).unwrap_or(0));
        let read = lines::object(&line, &buffer, number, "request").and_then(|text| {
            serde_json::from_slice::<Request<'_>>(text).map_err(|error| BadLine::json(number, &error))
        });
        let bad = match read {
            Ok(mut request) => {
                request.time.get_or_insert_with(streams.surroundings.now);
                match format {
                    Format::Human => asked.line(policy, &request, &mut output, color)?,
                    Format::Json => asked.json(policy, &request, &mut output)?,
                }
                continue;
            }
            Err(bad) => bad,
        };
        exit = Exit::FellShort;
        match format {
            Format::Human => bad_line_text(&mut output, &bad, color)?,
            Format::Json => json_line(&mut output, &bad)?,
        }
    };
    output.flush()?;
    drop(output);
    progress.finish_and_clear();
    match failed {
        Some(error) => tell_file(streams, format, &FileError::read(path, error)),
        None => Ok(exit),
    }
}

/// A bar on the standard error, for a person who waits.
fn progress(shown: bool, length: Option<u64>) -> ProgressBar {
    if !shown {
        return ProgressBar::hidden();
    }
    let progress = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    let template = match length {
        Some(_) => "{bar:30} {bytes}/{total_bytes}, {eta} left",
        None => "{spinner} {bytes} in {elapsed}",
    };
    progress.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    progress
}
