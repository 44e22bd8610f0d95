//! Comments to the pieces that they stand beside.

use crate::ast::Comment;

use super::piece::{OwnLine, Piece, blank_before};

/// Attaches each comment to the piece before it, or, if it has a line of its own, to the piece after it.
///
/// `pieces` stand in the order of the source, and the last is the file's end. A line has room for one comment: a
/// second one beside the same piece, possible around a comma, goes above the next piece.
pub(super) fn attach<'a>(pieces: &mut [Piece<'a>], comments: &'a [Comment], source: &str) {
    let mut next = 0;
    for comment in comments {
        let start = usize::try_from(comment.span.start).unwrap_or(usize::MAX);
        let text = comment.text.trim();
        let alone = begins_line(source, start);
        let last = pieces.len().saturating_sub(1);
        while next < last && pieces.get(next).is_some_and(|piece| piece.place.start <= start) {
            next += 1;
        }
        let before = next.checked_sub(1).and_then(|index| pieces.get_mut(index));
        if let Some(piece) = before
            && piece.trailing.is_none()
            && !alone
        {
            piece.trailing = Some(text);
        } else if let Some(piece) = pieces.get_mut(next) {
            piece.above.push(OwnLine { text, blank: blank_before(source, start) });
        }
    }
}

/// Whether only white space stands before `offset` on its line.
fn begins_line(source: &str, offset: usize) -> bool {
    let before = source.get(..offset).unwrap_or("").trim_end_matches(|c: char| c != '\n' && c.is_whitespace());
    before.is_empty() || before.ends_with('\n')
}
