//! What is wrong with policies, for people and programs.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use doorward::{Diagnostic, Severity, Sources, Span};
use doorward_syntax::render::{Style, render};
use serde::Serialize;

use crate::Streams;
use crate::arguments::Format;
use crate::exit::Exit;
use crate::policies::{Compiled, FileError};

/// A finding as data.
#[derive(Debug, Serialize)]
pub(crate) struct Finding<'a> {
    severity: &'static str,
    code: &'static str,
    message: &'a str,
    #[serde(flatten)]
    place: Place,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    /// The text to put in place of `bytes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    replacement: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related: Vec<Related<'a>>,
}

#[derive(Debug, Serialize)]
struct Related<'a> {
    message: &'a str,
    #[serde(flatten)]
    place: Place,
}

/// A range of a file: lines and columns count from 1, columns in characters; `end` and the second of `bytes` lie behind
/// the last of it.
#[derive(Debug, Serialize)]
pub(crate) struct Place {
    file: String,
    line: u32,
    column: u32,
    end: End,
    bytes: [u32; 2],
}

#[derive(Debug, Serialize)]
struct End {
    line: u32,
    column: u32,
}

impl<'a> Finding<'a> {
    /// The findings about the files of one policy, whose root is in that folder.
    pub(crate) fn all(diagnostics: &'a [Diagnostic], sources: &Sources, folder: &Path) -> Vec<Self> {
        diagnostics.iter().map(|diagnostic| Self::new(diagnostic, sources, folder)).collect()
    }

    fn new(diagnostic: &'a Diagnostic, sources: &Sources, folder: &Path) -> Self {
        let related = diagnostic.related.iter();
        Self {
            severity: match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            code: diagnostic.code,
            message: &diagnostic.message,
            place: Place::new(diagnostic.span, sources, folder),
            label: diagnostic.label.as_deref(),
            help: diagnostic.help.as_deref(),
            replacement: diagnostic.replacement.as_deref(),
            related: related
                .map(|(span, message)| Related { message, place: Place::new(*span, sources, folder) })
                .collect(),
        }
    }
}

impl Place {
    pub(crate) fn new(span: Span, sources: &Sources, folder: &Path) -> Self {
        let start = sources.position(span);
        let end = sources.position(Span::new(span.file, span.end, span.end));
        Self {
            file: folder.join(sources.name(span.file)).display().to_string(),
            line: start.line,
            column: start.column,
            end: End { line: end.line, column: end.column },
            bytes: [span.start, span.end],
        }
    }

    /// `file:line:column`.
    pub(crate) fn file_line_column(&self) -> String {
        format!("{}:{}:{}", self.file, self.line, self.column)
    }

    /// `file:line`, as editors and terminals take it.
    pub(crate) fn file_line(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

/// How many errors and how many warnings.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Count {
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
}

impl Count {
    pub(crate) fn of(diagnostics: &[Diagnostic]) -> Self {
        let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
        Self { errors, warnings: diagnostics.len() - errors }
    }
}

/// The findings as people read them, the files named from where the command runs.
pub(crate) fn text(diagnostics: &[Diagnostic], sources: &Sources, folder: &Path, color: bool) -> String {
    let mut named = Cow::Borrowed(sources);
    if !folder.as_os_str().is_empty() && !diagnostics.is_empty() {
        let mut whole = Sources::new();
        for source in sources.files() {
            whole.add(folder.join(&source.name).display().to_string(), source.text.clone());
        }
        named = Cow::Owned(whole);
    }
    render(diagnostics, &named, if color { Style::Color } else { Style::Plain })
}

/// Why a call has no answer.
#[derive(Serialize)]
struct Refusal<'a> {
    error: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    diagnostics: Vec<Finding<'a>>,
}

/// Says what is wrong with a call.
pub(crate) fn tell_misuse(streams: &mut Streams<'_>, format: Format, error: &str) -> io::Result<Exit> {
    match format {
        Format::Human => writeln!(streams.stderr, "doorward: {error}")?,
        Format::Json => json_line(streams.stdout, &Refusal { error, diagnostics: Vec::new() })?,
    }
    Ok(Exit::Misused)
}

/// Says that a question has no answer, the call being right.
pub(crate) fn tell_undecided(streams: &mut Streams<'_>, format: Format, error: &str) -> io::Result<Exit> {
    tell_misuse(streams, format, error).map(|_| Exit::FellShort)
}

/// Says that a file cannot be had, or not be written.
pub(crate) fn tell_file(streams: &mut Streams<'_>, format: Format, error: &FileError) -> io::Result<Exit> {
    tell_misuse(streams, format, &error.to_string())
}

/// Says why a policy cannot be used, where it was to be used rather than looked at.
pub(crate) fn tell_unusable(streams: &mut Streams<'_>, format: Format, policy: &Compiled) -> io::Result<Exit> {
    let errors = plural(Count::of(policy.diagnostics()).errors, "error");
    let error = format!("`{}` cannot be used: it has {errors}", policy.shown);
    tell_broken(streams, format, &error, (policy.diagnostics(), policy.sources(), &policy.folder))
}

/// Says what is wrong with a text, and what follows from that.
pub(crate) fn tell_broken(
    streams: &mut Streams<'_>,
    format: Format,
    error: &str,
    (diagnostics, sources, folder): (&[Diagnostic], &Sources, &Path),
) -> io::Result<Exit> {
    match format {
        Format::Human => {
            let text = text(diagnostics, sources, folder, streams.color.stderr);
            let gap = if text.is_empty() { "" } else { "\n" };
            writeln!(streams.stderr, "{text}{gap}doorward: {error}")?;
        }
        Format::Json => {
            let diagnostics = Finding::all(diagnostics, sources, folder);
            json_line(streams.stdout, &Refusal { error, diagnostics })?;
        }
    }
    Ok(Exit::FellShort)
}

/// A value as one line of JSON.
pub(crate) fn json_line(stream: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *stream, value)?;
    stream.write_all(b"\n")
}

/// `no errors`, `1 error`, `2 errors`; `identity` has its own plural.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    let nouns = noun.strip_suffix('y').map_or_else(|| format!("{noun}s"), |stem| format!("{stem}ies"));
    match count {
        0 => format!("no {nouns}"),
        1 => format!("1 {noun}"),
        _ => format!("{count} {nouns}"),
    }
}
