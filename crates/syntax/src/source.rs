//! Files, positions in them, and the way from one to the other.

use std::sync::Arc;

/// Which file of a policy: its index in [`Sources`], the root being 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open range of UTF-8 bytes, `start..end`, in one source file.
///
/// Offsets count from 0 and `start <= end`. Lines and columns are derived where they are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// The range `start..end` of `file`.
    #[must_use]
    pub fn new(file: FileId, start: u32, end: u32) -> Self {
        Self { file, start, end: end.max(start) }
    }

    /// The smallest range that holds both; `self` if they are in different files.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.file == other.file {
            Self::new(self.file, self.start.min(other.start), self.end.max(other.end))
        } else {
            self
        }
    }
}

/// A line and column as a person counts them: both from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// One file's name and text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// How messages name it, relative to the root policy's folder.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The files of one policy, the root first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    // Shared, so that a copy costs nothing: stages hand the texts on.
    files: Arc<Vec<Source>>,
    // INVARIANT: one list for each file, of the offsets at which lines begin, every `STRIDE`th of them and the first, which is
    // at 0; `add` makes it.
    lines: Arc<Vec<Vec<u32>>>,
}

/// The others are found by a look at what is between.
const STRIDE: usize = 16;

impl Sources {
    /// No files yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The number that the next file will have.
    #[must_use]
    pub fn next_id(&self) -> FileId {
        FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX))
    }

    /// Adds a file and tells its number.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = self.next_id();
        let source = Source { name: name.into(), text: text.into() };
        let starts = starts_of_lines(&source.text).map(|at| u32::try_from(at).unwrap_or(u32::MAX));
        let mut lines: Vec<u32> = starts.step_by(STRIDE).collect();
        lines.shrink_to_fit();
        Arc::make_mut(&mut self.lines).push(lines);
        Arc::make_mut(&mut self.files).push(source);
        id
    }

    /// The file with that number, if there is one.
    #[must_use]
    pub fn get(&self, id: FileId) -> Option<&Source> {
        self.files.get(usize::try_from(id.0).ok()?)
    }

    /// How messages name the file; empty if there is none of that number.
    #[must_use]
    pub fn name(&self, id: FileId) -> &str {
        self.get(id).map_or("", |source| &source.name)
    }

    /// The text of a file; empty if there is none of that number.
    #[must_use]
    pub fn text(&self, id: FileId) -> &str {
        self.get(id).map_or("", |source| &source.text)
    }

    /// The text that a span covers; empty if it lies outside.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        let range = usize::try_from(span.start).unwrap_or(usize::MAX)..usize::try_from(span.end).unwrap_or(usize::MAX);
        self.text(span.file).get(range).unwrap_or("")
    }

    /// The same on one line and without comments, as messages and answers quote it.
    #[must_use]
    pub fn one_line(&self, span: Span) -> String {
        one_line(self.slice(span))
    }

    /// The line and column of a span's first byte. It costs a search among the lines and the length of a few.
    #[must_use]
    pub fn position(&self, span: Span) -> Position {
        let offset = usize::try_from(span.start).unwrap_or(usize::MAX);
        let before = self.lines(span.file).partition_point(|&start| start <= span.start).saturating_sub(1);
        let lines = self.lines_from(span.file, before);
        let number = before * STRIDE + lines.take_while(|start| *start <= offset).count().max(1);
        let line = u32::try_from(number).unwrap_or(u32::MAX);
        let (start, text) = self.line(span.file, line);
        let offset = offset.saturating_sub(start);
        let column = text.char_indices().take_while(|(at, _)| *at < offset).count() + 1;
        Position { line, column: u32::try_from(column).unwrap_or(u32::MAX) }
    }

    /// The offset and the text of a line, counted from 1, without its end and without a byte order mark; empty if there
    /// is none of that number.
    #[must_use]
    pub fn line(&self, id: FileId, number: u32) -> (usize, &str) {
        let text = self.text(id);
        let none = (text.len(), "");
        let Some(index) = number.checked_sub(1).and_then(|index| usize::try_from(index).ok()) else { return none };
        let mut lines = self.lines_from(id, index / STRIDE).skip(index % STRIDE);
        let Some(start) = lines.next() else { return none };
        let line = text.get(start..lines.next().unwrap_or(text.len())).unwrap_or("");
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        match line.strip_prefix('\u{feff}') {
            Some(rest) if start == 0 => (line.len() - rest.len(), rest),
            _ => (start, line),
        }
    }

    fn lines(&self, id: FileId) -> &[u32] {
        usize::try_from(id.0).ok().and_then(|index| self.lines.get(index)).map_or(&[], Vec::as_slice)
    }

    /// Where lines begin, from one on whose beginning is kept; none if it is not.
    fn lines_from(&self, id: FileId, kept: usize) -> impl Iterator<Item = usize> {
        let start = self.lines(id).get(kept).and_then(|start| usize::try_from(*start).ok());
        let rest = start.and_then(|start| Some((start, self.text(id).get(start..)?)));
        rest.into_iter().flat_map(|(start, rest)| starts_of_lines(rest).map(move |at| start + at))
    }

    /// `file:line`, as rules without a label are named.
    #[must_use]
    pub fn file_line(&self, span: Span) -> String {
        format!("{}:{}", self.name(span.file), self.position(span).line)
    }

    /// All files, the root first.
    #[must_use]
    pub fn files(&self) -> &[Source] {
        &self.files
    }
}

/// White space outside of quotes, comments included, is one space between two pieces and nothing at the ends.
fn one_line(text: &str) -> String {
    if is_one_line(text) {
        return text.to_owned();
    }
    let mut line = String::with_capacity(text.len());
    let (mut quoted, mut escaped, mut comment, mut space) = (false, false, false, false);
    for character in text.chars() {
        if comment || !quoted && (character == '#' || character.is_whitespace()) {
            comment = character != '\n' && (comment || character == '#');
            space = true;
            continue;
        }
        if std::mem::take(&mut space) && !line.is_empty() {
            line.push(' ');
        }
        line.push(character);
        quoted ^= character == '"' && !escaped;
        escaped = quoted && character == '\\' && !escaped;
    }
    line
}

/// Whether a piece of text is plainly so already: ASCII without a comment, and single spaces between what is not one.
fn is_one_line(text: &str) -> bool {
    let mut before = b' ';
    for byte in text.bytes() {
        let fits = if byte == b' ' { before != b' ' } else { byte.is_ascii_graphic() && byte != b'#' };
        if !fits {
            return false;
        }
        before = byte;
    }
    before != b' '
}

/// A line begins at 0 and after each line feed, even at the end of the text.
fn starts_of_lines(text: &str) -> impl Iterator<Item = usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1))
}

#[cfg(test)]
mod tests {
    use super::{Position, Sources, one_line};
    use crate::Span;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(one_line(text), expected);
    }

    #[test]
    fn lines_are_found_between_those_whose_beginnings_are_kept() {
        for count in [1, 15, 16, 17, 32, 50] {
            let lines: Vec<String> =
                (1..=count).map(|number: usize| "é".repeat(number % 3) + &number.to_string()).collect();
            let mut sources = Sources::new();
            let id = sources.add("a.door", lines.join("\n") + "\n");
            let mut offset = 0;
            for (number, line) in (1..).zip(&lines) {
                assert_eq!(sources.line(id, number), (offset, &**line));
                for (column, (at, _)) in (1..).zip(line.char_indices().chain([(line.len(), '\n')])) {
                    let start = u32::try_from(offset + at).unwrap();
                    assert_eq!(sources.position(Span::new(id, start, start)), Position { line: number, column });
                }
                offset += line.len() + 1;
            }
            // The last line feed ends a line and begins one.
            let last = u32::try_from(count + 1).unwrap();
            assert_eq!(sources.line(id, last), (offset, ""));
            assert_eq!(sources.line(id, last + 1), (offset, ""));
        }
    }

    #[test]
    fn a_piece_of_text_is_quoted_on_one_line() {
        check("", "");
        check("  # nothing\n", "");
        check("allow anyone", "allow anyone");
        check("allow anyone ", "allow anyone");
        check("allow  anyone", "allow anyone");
        check("allow é\u{a0}to", "allow é to");
        check("\n allow\t anyone # all\n  to read /a # that\n", "allow anyone to read /a");
        check(r#"when x == "a  #b" # c"#, r#"when x == "a  #b""#);
        check(r#"when x == "\"  # d" and y"#, r#"when x == "\"  # d" and y"#);
    }
}
