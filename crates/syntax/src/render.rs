//! Findings as text for people: what, where, the line itself, and the mend.
//!
//! Only the lines that a finding is about are looked at, and of a long line only the part around it, so the cost does
//! not grow with the files. Characters that could deceive a reader, or a terminal, are never shown as themselves.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{FileId, Sources, Span};
use crate::text;

/// How findings are dressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// With the escape sequences that terminals take for colours.
    Color,
    /// Plain text.
    #[default]
    Plain,
}

/// How many bytes of a line are shown on either side of the place in question.
const AROUND: usize = 120;

/// How many lines may lie between two places that are shown together.
const TOGETHER: u32 = 20;

/// The findings as text, in their order, an empty line between two of them; empty if there are none.
///
/// # Example
/// ```
/// use doorward_syntax::render::{Style, render};
///
/// let parsed = doorward_syntax::parse("gruop staff = alice");
/// let text = render(&parsed.diagnostics, &parsed.sources, Style::Plain);
/// assert!(text.starts_with("error: unknown statement `gruop`\n --> policy.door:1:1\n"));
/// assert!(text.ends_with("help: did you mean `group`?\n"));
/// ```
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let renderer = match style {
        Style::Color => Renderer::styled(),
        Style::Plain => Renderer::plain(),
    };
    let mut text = String::new();
    for diagnostic in diagnostics {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&one(diagnostic, sources, &renderer));
        text.push('\n');
    }
    text
}

fn one(diagnostic: &Diagnostic, sources: &Sources, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut marks = vec![Mark {
        span: diagnostic.span,
        kind: AnnotationKind::Primary,
        label: diagnostic.label.as_deref().map(clean),
    }];
    marks.extend(diagnostic.related.iter().map(|(span, label)| Mark {
        span: *span,
        kind: AnnotationKind::Context,
        label: Some(clean(label)),
    }));
    let mut group = Group::with_title(level.primary_title(clean(&diagnostic.message)));
    for window in windows(marks, sources) {
        group = window.add_to(group, sources);
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(clean(help)));
    }
    renderer.render(&[group])
}

/// A place to be marked.
struct Mark {
    span: Span,
    kind: AnnotationKind,
    label: Option<String>,
}

/// Lines of one file, and the places to be marked in them.
struct Window {
    marks: Vec<Mark>,
    first_line: u32,
    last_line: u32,
}

/// The marks by what is shown together; the first one's lines come first.
fn windows(marks: Vec<Mark>, sources: &Sources) -> Vec<Window> {
    let mut windows: Vec<Window> = Vec::new();
    for mark in marks {
        let line = sources.position(mark.span).line;
        let near = windows.iter_mut().find(|window| {
            let same_file = window.marks.iter().all(|other| other.span.file == mark.span.file);
            same_file && line + TOGETHER >= window.first_line && line <= window.last_line + TOGETHER
        });
        match near {
            Some(window) => {
                window.first_line = window.first_line.min(line);
                window.last_line = window.last_line.max(line);
                window.marks.push(mark);
            }
            None => windows.push(Window { marks: vec![mark], first_line: line, last_line: line }),
        }
    }
    windows
}

impl Window {
    /// Adds the lines with their marks to a report.
    fn add_to<'a>(&self, group: Group<'a>, sources: &Sources) -> Group<'a> {
        let mut source = String::new();
        let mut is_cut = false;
        let mut annotations = Vec::new();
        for number in self.first_line..=self.last_line {
            let marks: Vec<&Mark> =
                self.marks.iter().filter(|mark| sources.position(mark.span).line == number).collect();
            let file = self.marks.first().map(|mark| mark.span.file).unwrap_or_default();
            let line = Line::new(sources, file, number, marks.first().map(|mark| mark.span));
            let base = source.len();
            for mark in marks {
                let range = line.range(mark.span);
                let annotation = mark.kind.span(base + range.start..base + range.end);
                annotations.push(annotation.label(mark.label.clone()));
            }
            is_cut |= !line.before.is_empty();
            source.push_str(&line.shown(line.text.len()));
            source.push_str(line.after);
            source.push('\n');
        }
        let first = self.marks.first().map(|mark| mark.span).unwrap_or_default();
        let name = clean(sources.name(first.file));
        let snippet = Snippet::source(source).line_start(usize_of(self.first_line)).annotations(annotations);
        if !is_cut {
            return group.element(snippet.path(name));
        }
        // The column that a snippet tells is that in the text it is given, which is wrong if its beginning is left out.
        let position = sources.position(first);
        let origin = Origin::path(name).line(usize_of(position.line)).char_column(usize_of(position.column));
        group.element(origin).element(snippet)
    }
}

/// The part of a line that is shown.
struct Line<'s> {
    /// That part, as it stands in the file.
    text: &'s str,
    /// The offset in the file of its first byte.
    start: usize,
    /// What is shown before it: nothing, or that something is left out.
    before: &'static str,
    /// What is shown after it.
    after: &'static str,
}

impl<'s> Line<'s> {
    /// The line of that number, or what is around a place in it if it is long.
    fn new(sources: &'s Sources, file: FileId, number: u32, place: Option<Span>) -> Self {
        let (line_start, whole) = sources.line(file, number);
        let place = place.map_or(0, |span| usize_of(span.start).saturating_sub(line_start)).min(whole.len());
        if whole.len() <= 4 * AROUND {
            return Self { text: whole, start: line_start, before: "", after: "" };
        }
        let from = boundary(whole, place.saturating_sub(AROUND));
        let to = boundary(whole, place.saturating_add(2 * AROUND));
        Self {
            text: whole.get(from..to).unwrap_or(""),
            start: line_start + from,
            before: if from > 0 { "…" } else { "" },
            after: if to < whole.len() { "…" } else { "" },
        }
    }

    /// The first bytes of it, as they are shown.
    fn shown(&self, length: usize) -> String {
        format!("{}{}", self.before, clean(self.text.get(..length).unwrap_or(self.text)))
    }

    /// Where a place is in what is shown.
    fn range(&self, span: Span) -> Range<usize> {
        let offset = |offset: u32| boundary(self.text, usize_of(offset).saturating_sub(self.start));
        self.shown(offset(span.start)).len()..self.shown(offset(span.end)).len()
    }
}

/// The last boundary of characters at or before that byte.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// Text with a sign in the place of every character that would deceive a reader.
fn clean(text: &str) -> String {
    let sign = |character: char| match character {
        '\n' => ' ',
        character if text::forbidden(character).is_some() => char::REPLACEMENT_CHARACTER,
        character => character,
    };
    text.chars().map(sign).collect()
}

fn usize_of(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let parsed = crate::parse(text);
        assert_eq!(render(&parsed.diagnostics, &parsed.sources, Style::Plain), expected);
    }

    #[test]
    fn nothing_is_nothing() {
        check("", "");
    }

    #[test]
    fn deceiving_characters_are_not_shown() {
        let text = format!("identity a # {}\n", "\u{202e}\u{1b}[31m");
        let parsed = crate::parse(&text);
        let shown = render(&parsed.diagnostics, &parsed.sources, Style::Plain);
        assert!(shown.contains("bidirectional control character U+202E"), "{shown}");
        assert!(shown.contains("control character U+001B"), "{shown}");
        assert!(!shown.contains(['\u{202e}', '\u{1b}']), "{shown}");
    }

    #[test]
    fn of_a_long_line_only_the_place_is_shown() {
        let text = format!("group a = {} ;", "b, ".repeat(100_000));
        let parsed = crate::parse(&text);
        let shown = render(&parsed.diagnostics, &parsed.sources, Style::Plain);
        assert!(shown.contains("policy.door:1:300012"), "{shown}");
        assert!(shown.len() < 2000, "{}", shown.len());
    }

    #[test]
    fn colours_are_only_given_when_asked_for() {
        let parsed = crate::parse("x");
        assert!(!render(&parsed.diagnostics, &parsed.sources, Style::Plain).contains('\u{1b}'));
        assert!(render(&parsed.diagnostics, &parsed.sources, Style::Color).contains('\u{1b}'));
    }
}
