//! Pieces to lines.

use super::piece::{FILL, Gap, HARD, Piece};

/// How many characters a line may have.
const WIDTH: usize = 100;

/// The text of a file, which ends in a line end unless it is empty.
pub(super) fn render(pieces: &[&Piece<'_>]) -> String {
    let mut writer = Writer { width: WIDTH, ..Writer::default() };
    writer.lines(pieces);
    if !writer.out.is_empty() {
        writer.out.push('\n');
    }
    writer.out
}

/// The text of a statement or less, in which only the hard breaks are taken.
pub(super) fn render_unwrapped(pieces: &[&Piece<'_>]) -> String {
    let mut writer = Writer { width: usize::MAX, ..Writer::default() };
    writer.rest(pieces);
    writer.out
}

#[derive(Default)]
struct Writer {
    out: String,
    width: usize,
    column: usize,
    /// Whether the last piece opened a block, which no blank line follows.
    opened: bool,
}

impl Writer {
    fn lines(&mut self, pieces: &[&Piece<'_>]) {
        if let Some(first) = pieces.first() {
            self.begin(first);
            self.rest(pieces);
        }
    }

    /// Writes pieces of which the first stands at the present column.
    fn rest(&mut self, pieces: &[&Piece<'_>]) {
        if self.fits(pieces) {
            return self.flat(pieces);
        }
        let ranks = pieces.iter().skip(1).filter_map(|piece| match piece.gap {
            Gap::Break(rank) => Some(rank),
            Gap::Space | Gap::Tight => None,
        });
        let rank = ranks.min().unwrap_or(FILL);
        if rank == FILL {
            return self.fill(pieces);
        }
        let mut first = true;
        // A part begins with each break of that rank; the parts' own breaks have greater ranks.
        for part in parts(pieces, rank) {
            if first {
                self.rest(part);
                first = false;
            } else {
                self.lines(part);
            }
        }
    }

    fn fits(&self, pieces: &[&Piece<'_>]) -> bool {
        let mut column = self.column;
        let last = pieces.len().saturating_sub(1);
        for (index, piece) in pieces.iter().enumerate() {
            let torn = index > 0 && (piece.gap == Gap::Break(HARD) || !piece.above.is_empty());
            if torn || (index < last && piece.trailing.is_some()) {
                return false;
            }
            column = column.saturating_add(width(piece, index > 0));
            if column > self.width {
                return false;
            }
        }
        true
    }

    fn flat(&mut self, pieces: &[&Piece<'_>]) {
        for (index, piece) in pieces.iter().enumerate() {
            if index > 0 && piece.gap != Gap::Tight {
                self.space();
            }
            self.put(piece);
        }
    }

    /// Breaks lines where they are full and where comments end them.
    fn fill(&mut self, pieces: &[&Piece<'_>]) {
        let mut commented = false;
        for (index, piece) in pieces.iter().enumerate() {
            if index > 0 {
                let full = || matches!(piece.gap, Gap::Break(_)) && !self.fits_run(pieces, index);
                if commented || !piece.above.is_empty() || full() {
                    self.begin(piece);
                } else if piece.gap != Gap::Tight {
                    self.space();
                }
            }
            self.put(piece);
            commented = piece.trailing.is_some();
        }
    }

    /// Whether the pieces from `start` to the next possible break have room on the present line.
    fn fits_run(&self, pieces: &[&Piece<'_>], start: usize) -> bool {
        let mut column = self.column;
        for (index, piece) in pieces.iter().enumerate().skip(start) {
            if index > start && (matches!(piece.gap, Gap::Break(_)) || !piece.above.is_empty()) {
                break;
            }
            column = column.saturating_add(width(piece, true));
            if piece.trailing.is_some() {
                break;
            }
        }
        column <= self.width
    }

    /// Begins a line for `piece`, after the comments above it.
    fn begin(&mut self, piece: &Piece<'_>) {
        let spaced = piece.gap.keeps_blank();
        for comment in &piece.above {
            self.line(piece.comment_indent, spaced && comment.blank);
            self.out.push_str(comment.text);
            self.opened = false;
        }
        if !piece.text.is_empty() {
            self.line(piece.indent, piece.blank);
        }
    }

    fn line(&mut self, indent: usize, blank: bool) {
        if !self.out.is_empty() {
            self.out.push('\n');
            if blank && !self.opened {
                self.out.push('\n');
            }
        }
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }

    fn space(&mut self) {
        self.out.push(' ');
        self.column = self.column.saturating_add(1);
    }

    fn put(&mut self, piece: &Piece<'_>) {
        self.out.push_str(&piece.text);
        self.column = self.column.saturating_add(piece.text.chars().count());
        self.opened = piece.text == "{";
        if let Some(comment) = piece.trailing {
            self.out.push(' ');
            self.out.push_str(comment);
        }
    }
}

fn width(piece: &Piece<'_>, spaced: bool) -> usize {
    piece.text.chars().count().saturating_add(usize::from(spaced && piece.gap != Gap::Tight))
}

/// The pieces, divided before each that has a break of that rank.
fn parts<'p, 'a>(pieces: &'p [&'p Piece<'a>], rank: u16) -> impl Iterator<Item = &'p [&'p Piece<'a>]> {
    let mut rest = pieces;
    std::iter::from_fn(move || {
        let after = rest.get(1..)?;
        let length = 1 + after.iter().position(|piece| piece.gap == Gap::Break(rank)).unwrap_or(after.len());
        let (part, others) = rest.split_at_checked(length)?;
        rest = others;
        Some(part)
    })
}
