//! What `who` and `what` share: a policy, and one question about people or a stream of them.

use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

use doorward_analysis::{Register, TooComplex};
use serde::Serialize;

use super::ask::requests;
use crate::Streams;
use crate::answers::{BadLine, bad_line_text};
use crate::arguments::{About, Format, Given};
use crate::exit::Exit;
use crate::findings::{json_line, tell_file, tell_misuse, tell_unusable};
use crate::lines::{self, Line};
use crate::policies::{FileError, Root};
use crate::questions::{self, Undeclared};
use crate::rows::Answer;

/// A kind of question.
pub(super) trait Inquiry {
    type Question<'q>: Undeclared;

    /// The one that the arguments ask.
    fn question<'q>(&'q self, given: &'q Given) -> Result<Self::Question<'q>, String>;

    fn answer(&self, register: &Register<'_>, question: &Self::Question<'_>) -> Result<Answer, TooComplex>;
}

/// A question without an answer.
#[derive(Serialize)]
struct Unanswered {
    error: String,
}

/// Answers what the arguments ask.
pub(super) fn inquire<I: Inquiry>(
    policy: &Path,
    about: &About,
    inquiry: &I,
    streams: &mut Streams<'_>,
) -> io::Result<Exit>
where
    I::Question<'static>: questions::Line,
{
    let usual = if about.questions.is_some() { Format::Json } else { Format::Human };
    let format = about.format.unwrap_or(usual);
    let policy = match Root::read(policy, streams) {
        Ok(root) => root.compile(),
        Err(error) => return tell_file(streams, format, &error),
    };
    let Ok(compiled) = &policy.outcome else { return tell_unusable(streams, format, &policy) };
    let register = Register::new(compiled.model());
    if let Some(path) = &about.questions {
        return stream(&register, path, format, inquiry, streams);
    }
    let question = match inquiry.question(&about.given) {
        Ok(question) => question,
        Err(error) => return tell_misuse(streams, format, &error),
    };
    for what in question.undeclared(compiled.model()) {
        writeln!(streams.stderr, "doorward: note: the policy declares {what}")?;
    }
    match (inquiry.answer(&register, &question), format) {
        (Ok(answer), Format::Human) => answer.text(streams.stdout, streams.color.stdout)?,
        (Ok(answer), Format::Json) => json_line(streams.stdout, &answer)?,
        (Err(error), Format::Human) => {
            writeln!(streams.stderr, "doorward: {error}")?;
            return Ok(Exit::FellShort);
        }
        (Err(error), Format::Json) => {
            json_line(streams.stdout, &Unanswered { error: error.to_string() })?;
            return Ok(Exit::FellShort);
        }
    }
    Ok(Exit::Fine)
}

/// Answers one line after another; only one is held at a time.
fn stream<I: Inquiry>(
    register: &Register<'_>,
    path: &Path,
    format: Format,
    inquiry: &I,
    streams: &mut Streams<'_>,
) -> io::Result<Exit>
where
    I::Question<'static>: questions::Line,
{
    let input = match requests(path, streams) {
        Ok(input) => input,
        Err(error) => return tell_file(streams, format, &error),
    };
    let color = streams.color.stdout;
    let mut reader = BufReader::new(input.stream);
    let mut output = BufWriter::new(&mut *streams.stdout);
    let (mut buffer, mut number, mut exit) = (Vec::new(), 0, Exit::Fine);
    let failed = loop {
        let line = match lines::next_after(&mut output, &mut reader, &mut buffer)? {
            Ok(Line::End) => break None,
            Ok(line) => line,
            Err(error) => break Some(error),
        };
        number += 1;
        let read = lines::object(&line, &buffer, number, "question").and_then(|text| {
            <I::Question<'static> as questions::Line>::read(text).map_err(|error| BadLine::json(number, &error))
        });
        let answer = read.and_then(|question| {
            inquiry.answer(register, &question).map_err(|error| BadLine::new(number, error.to_string()))
        });
        match (answer, format) {
            (Ok(answer), Format::Human) => {
                answer.text(&mut output, color)?;
                writeln!(output)?;
            }
            (Ok(answer), Format::Json) => json_line(&mut output, &answer)?,
            (Err(bad), Format::Human) => {
                exit = Exit::FellShort;
                bad_line_text(&mut output, &bad, color)?;
            }
            (Err(bad), Format::Json) => {
                exit = Exit::FellShort;
                json_line(&mut output, &bad)?;
            }
        }
    };
    output.flush()?;
    drop(output);
    match failed {
        Some(error) => tell_file(streams, format, &FileError::read(path, error)),
        None => Ok(exit),
    }
}
