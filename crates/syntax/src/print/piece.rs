//! Pieces: what a text is made of, a word or a few, each with the place where it stood.

use std::ops::Range;

use crate::source::{FileId, Span};

use super::word;

/// Breaks between statements and between the expectations of a test: always taken.
pub(super) const HARD: u16 = 0;
/// Breaks between the items of `has { … }`.
pub(super) const BLOCK: u16 = 1;
/// Breaks before `when`, `unless` and `because`.
pub(super) const TAIL: u16 = 2;
/// Breaks before the other clauses of a rule.
pub(super) const CLAUSE: u16 = 3;
/// Breaks before the outermost `and` or `or`; those further inside have the numbers that follow.
pub(super) const OPERATOR: u16 = 4;
/// Breaks between the items of a list: taken only where a line is full.
pub(super) const FILL: u16 = u16::MAX;

/// What stands between a piece and the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// A space, or a line break of that rank; all breaks of the least rank in a text that does not fit are taken.
    Break(u16),
    /// A space.
    Space,
    /// Nothing.
    Tight,
}

impl Gap {
    /// Whether a blank line stays that stood here: between statements, expectations and the items of a block.
    pub(super) fn keeps_blank(self) -> bool {
        matches!(self, Self::Break(HARD | BLOCK))
    }
}

/// A comment on a line of its own.
#[derive(Clone, Debug)]
pub(super) struct OwnLine<'a> {
    pub(super) text: &'a str,
    /// Whether a blank line stood before it.
    pub(super) blank: bool,
}

/// A few characters that are never torn apart, and the comments beside them.
#[derive(Clone, Debug)]
pub(super) struct Piece<'a> {
    pub(super) text: String,
    /// Where it stood: bytes of the source, empty if it did not stand there.
    pub(super) place: Range<usize>,
    pub(super) gap: Gap,
    /// The column that it gets when a line begins with it.
    pub(super) indent: usize,
    /// The column of the comments above it.
    pub(super) comment_indent: usize,
    /// Whether a blank line before it stays.
    pub(super) blank: bool,
    pub(super) above: Vec<OwnLine<'a>>,
    pub(super) trailing: Option<&'a str>,
}

/// The pieces of a text as they stood, and the order in which to print them.
pub(super) struct Pieces<'a> {
    /// As they stood; the last is empty and stands for the end of the file.
    pub(super) all: Vec<Piece<'a>>,
    order: Vec<usize>,
}

impl<'a> Pieces<'a> {
    /// The pieces in the order in which to print them.
    pub(super) fn in_order(&self) -> Vec<&Piece<'a>> {
        self.order.iter().filter_map(|&index| self.all.get(index)).collect()
    }
}

/// Makes pieces in the order in which they stand in the source, and finds there the words that a tree has no span of.
pub(super) struct Builder<'a> {
    file: FileId,
    source: &'a str,
    cursor: usize,
    pieces: Vec<Piece<'static>>,
    order: Vec<usize>,
    gap: Gap,
    /// The column of a line that begins within the present clause.
    pub(super) indent: usize,
}

impl<'a> Builder<'a> {
    /// For a tree that was read from `source`.
    pub(super) fn new(file: FileId, source: &'a str) -> Self {
        Self { file, source, cursor: 0, pieces: Vec::new(), order: Vec::new(), gap: Gap::Space, indent: 0 }
    }

    /// For a tree without its text.
    pub(super) fn detached() -> Self {
        Self::new(FileId::default(), "")
    }

    /// The pieces, followed by an empty one at the end of the file.
    pub(super) fn finish<'c>(mut self) -> Pieces<'c> {
        self.indent = 0;
        self.gap = Gap::Break(HARD);
        self.push(String::new(), usize::MAX..usize::MAX);
        Pieces { all: self.pieces, order: self.order }
    }

    /// Lets a line break of that rank stand before the next piece, which then begins at column `indent`.
    pub(super) fn break_at(&mut self, rank: u16, indent: usize) -> &mut Self {
        self.gap = Gap::Break(rank);
        self.indent = indent;
        self
    }

    /// Lets nothing stand before the next piece.
    pub(super) fn tight(&mut self) -> &mut Self {
        self.gap = Gap::Tight;
        self
    }

    /// Goes on at the start of `span`, past what the tree does not keep, such as empty braces.
    pub(super) fn seek(&mut self, span: Span) {
        self.cursor = self.place(span).start;
    }

    /// A keyword or a sign, which is looked for after what was printed last.
    pub(super) fn word(&mut self, word: &str) {
        let place = self.find(word);
        self.push(word.to_owned(), place);
    }

    /// A node of the tree.
    pub(super) fn node(&mut self, text: String, span: Span) {
        let place = self.place(span);
        self.push(text, place);
    }

    /// A sign that belongs to the piece before it, such as a comma.
    pub(super) fn glue(&mut self, sign: &str) {
        let place = self.find(sign);
        if let Some(piece) = self.pieces.last_mut() {
            piece.text.push_str(sign);
            piece.place.end = place.end.max(piece.place.end);
            self.cursor = self.cursor.max(place.end);
        }
    }

    /// The brace that ends a block, whose items' column the comments above it take.
    pub(super) fn close(&mut self, items_indent: usize) {
        self.word("}");
        if let Some(piece) = self.pieces.last_mut() {
            piece.comment_indent = items_indent;
            piece.blank = false;
        }
    }

    /// How many pieces there are so far.
    pub(super) fn made(&self) -> usize {
        self.pieces.len()
    }

    /// Gives another column to the piece of that number.
    pub(super) fn reindent(&mut self, index: usize, column: usize) {
        if let Some(piece) = self.pieces.get_mut(index) {
            piece.indent = column;
            piece.comment_indent = column;
        }
    }

    /// Makes the pieces of `clauses` in the order in which they stand, to be printed in the order of `clauses`.
    pub(super) fn clauses(&mut self, clauses: Clauses<'a, '_>) {
        let mut ranked: Vec<_> = clauses.list.into_iter().enumerate().collect();
        ranked.sort_by_key(|(_, clause)| clause.start);
        let printed = self.order.len();
        let mut ranges: Vec<(usize, Range<usize>)> = Vec::with_capacity(ranked.len());
        for (rank, clause) in ranked {
            let start = self.pieces.len();
            (clause.build)(self);
            ranges.push((rank, start..self.pieces.len()));
        }
        ranges.sort_by_key(|(rank, _)| *rank);
        self.order.truncate(printed);
        self.order.extend(ranges.into_iter().flat_map(|(_, range)| range));
    }

    /// The text of `span`, if it lies in the source.
    pub(super) fn slice(&self, span: Span) -> Option<&'a str> {
        let slice = self.source.get(self.place(span))?;
        (!slice.is_empty()).then_some(slice)
    }

    /// Text that the tree keeps as it was written, in quotes where it had them or needs them.
    pub(super) fn as_written(&self, text: &str, span: Span, is_plain: fn(&str) -> bool) -> String {
        match self.slice(span) {
            Some(slice) if slice == text => text.to_owned(),
            Some(slice) if slice.starts_with('"') => word::string(text),
            _ if is_plain(text) => text.to_owned(),
            _ => word::string(text),
        }
    }

    fn push(&mut self, text: String, place: Range<usize>) {
        let gap = std::mem::replace(&mut self.gap, Gap::Space);
        let blank = gap.keeps_blank() && blank_before(self.source, place.start);
        self.cursor = self.cursor.max(place.end);
        self.order.push(self.pieces.len());
        let indent = self.indent;
        let comment_indent = indent;
        let (above, trailing) = (Vec::new(), None);
        self.pieces.push(Piece { text, place, gap, indent, comment_indent, blank, above, trailing });
    }

    fn place(&self, span: Span) -> Range<usize> {
        if span.file != self.file {
            return self.cursor..self.cursor;
        }
        let limit = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX).min(self.source.len()).max(self.cursor);
        limit(span.start)..limit(span.end)
    }

    fn find(&self, word: &str) -> Range<usize> {
        let mut rest = self.source.get(self.cursor..).unwrap_or("");
        loop {
            rest = rest.trim_start();
            if rest.starts_with(word) {
                let start = self.source.len() - rest.len();
                return start..start + word.len();
            }
            rest = match rest.strip_prefix('#') {
                Some(comment) => comment.find('\n').and_then(|end| comment.get(end..)).unwrap_or(""),
                None => return self.cursor..self.cursor,
            };
        }
    }
}

/// Clauses that may stand in any order, in the order in which to print them.
#[derive(Default)]
pub(super) struct Clauses<'a, 'c> {
    list: Vec<Clause<'a, 'c>>,
}

struct Clause<'a, 'c> {
    start: u32,
    build: Box<dyn FnOnce(&mut Builder<'a>) + 'c>,
}

impl<'a, 'c> Clauses<'a, 'c> {
    /// Adds the clause that stands about `start` and whose pieces `build` makes.
    pub(super) fn add(&mut self, start: u32, build: impl FnOnce(&mut Builder<'a>) + 'c) {
        self.list.push(Clause { start, build: Box::new(build) });
    }
}

/// Whether a blank line ends just before `offset`.
pub(super) fn blank_before(source: &str, offset: usize) -> bool {
    let before = source.get(..offset).unwrap_or("");
    let white = before.len() - before.trim_end().len();
    before.bytes().rev().take(white).filter(|&byte| byte == b'\n').count() > 1
}
