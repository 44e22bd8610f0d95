//! Decisions and explanations, for people and programs.

use std::fmt::Write as _;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use doorward::{Decision, Explanation, Request, Subject, Verdict};
use doorward_syntax::words::is_bare_name;
use serde::Serialize;

use crate::findings::json_line;

/// A decision or an explanation as data: what it has itself, and the headers that tell it.
#[derive(Serialize)]
struct Answer<'a, T> {
    #[serde(flatten)]
    answer: &'a T,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    www_authenticate: Vec<String>,
}

/// Why a line of requests has no answer.
#[derive(Debug, Serialize)]
pub(crate) struct BadLine {
    error: String,
    /// The line, from 1.
    line: u64,
    /// The column in bytes, from 1, if it is one place that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
}

impl BadLine {
    pub(crate) fn new(line: u64, error: impl Into<String>) -> Self {
        Self { error: error.into(), line, column: None }
    }

    /// What the reader of JSON says, which sees that line alone and counts it as the first.
    pub(crate) fn json(line: u64, error: &serde_json::Error) -> Self {
        let whole = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let column = Some(error.column()).filter(|column| *column > 0);
        Self { error: whole.strip_suffix(&place).unwrap_or(&whole).to_owned(), line, column }
    }
}

pub(crate) fn decision_json(stream: &mut dyn Write, decision: &Decision<'_>) -> io::Result<()> {
    json_line(stream, &Answer { answer: decision, www_authenticate: decision.www_authenticate().collect() })
}

pub(crate) fn explanation_json(stream: &mut dyn Write, explanation: &Explanation<'_>) -> io::Result<()> {
    let www_authenticate = explanation.decision.www_authenticate().collect();
    json_line(stream, &Answer { answer: explanation, www_authenticate })
}

/// A decision in a line, and what a client is told in a line each.
pub(crate) fn decision_text(stream: &mut dyn Write, decision: &Decision<'_>, color: bool) -> io::Result<()> {
    let style = style(decision.verdict, color);
    write!(stream, "{style}{} {}{style:#}", decision.status, decision.verdict)?;
    if decision.http_status != decision.status {
        write!(stream, ", told as {}", decision.http_status)?;
    }
    writeln!(stream, " ({})", by(decision))?;
    for because in &decision.because {
        writeln!(stream, "  because: {}", printable(because))?;
    }
    for header in decision.www_authenticate() {
        writeln!(stream, "  WWW-Authenticate: {header}")?;
    }
    Ok(())
}

/// A request and its decision, both in one line.
pub(crate) fn decision_line(
    stream: &mut dyn Write,
    request: &Request<'_>,
    decision: &Decision<'_>,
    color: bool,
) -> io::Result<()> {
    let style = style(decision.verdict, color);
    writeln!(stream, "{style}{}{style:#}  {} ({})", decision.status, request_text(request), by(decision))
}

/// An explanation, its verdict coloured.
pub(crate) fn explanation_text(stream: &mut dyn Write, explanation: &Explanation<'_>, color: bool) -> io::Result<()> {
    let text = explanation.to_string();
    let (verdict, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let style = style(explanation.decision.verdict, color);
    writeln!(stream, "{style}{verdict}{style:#}")?;
    if rest.is_empty() { Ok(()) } else { writeln!(stream, "{rest}") }
}

pub(crate) fn bad_line_text(stream: &mut dyn Write, bad: &BadLine, color: bool) -> io::Result<()> {
    let style = if color { AnsiColor::Red.on_default().bold() } else { Style::new() };
    let column = bad.column.map_or_else(String::new, |column| format!(", column {column}"));
    writeln!(stream, "{style}error{style:#}  line {}{column}: {}", bad.line, printable(&bad.error))
}

/// A request as an `expect` line begins it.
pub(crate) fn request_text(request: &Request<'_>) -> String {
    let subject = match &request.subject {
        Subject::Anonymous => "anonymous".to_owned(),
        Subject::Known(known) if is_bare_name(&known.identity) => known.identity.to_string(),
        Subject::Known(known) => format!("{:?}", known.identity),
        Subject::Rejected => "rejected".to_owned(),
    };
    let mut text = format!("{subject} {} {}", printable(&request.action), printable(&request.path));
    if let Some(address) = request.address {
        // Writing to a string cannot fail.
        let _ = write!(text, " from {address}");
    }
    text
}

/// The colour of a verdict.
pub(crate) fn style(verdict: Verdict, color: bool) -> Style {
    let color = match verdict {
        _ if !color => return Style::new(),
        Verdict::Allow => AnsiColor::Green,
        Verdict::Unauthenticated => AnsiColor::Yellow,
        Verdict::Forbidden => AnsiColor::Red,
    };
    color.on_default().bold()
}

fn by(decision: &Decision<'_>) -> String {
    if decision.rules.is_empty() { "nothing allows it".to_owned() } else { printable(&decision.rules.join(", ")) }
}

/// Text with escapes in place of what would deceive a reader or a terminal.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\'' | '\\' => shown.push(character),
            _ => shown.extend(character.escape_debug()),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{BadLine, printable};

    #[test]
    fn what_deceives_is_escaped() {
        assert_eq!(printable("/d'arcy/é \"x\""), "/d'arcy/é \"x\"");
        assert_eq!(printable("\u{1b}[31m\u{202e}\n"), "\\u{1b}[31m\\u{202e}\\n");
    }

    #[test]
    fn the_reader_of_json_does_not_count_lines() {
        let error = serde_json::from_str::<u8>("\"a\"").unwrap_err();
        let bad = BadLine::json(7, &error);
        assert_eq!((bad.line, bad.column), (7, Some(3)));
        assert_eq!(bad.error, "invalid type: string \"a\", expected u8");
    }
}
