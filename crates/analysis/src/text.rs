//! Pieces of a policy's text, as answers quote them.

use doorward_syntax::{Sources, Span};

/// What a span covers, on one line and without comments.
pub(crate) fn one_line(sources: &Sources, span: Span) -> String {
    let mut line = String::new();
    let (mut quoted, mut escaped, mut comment, mut space) = (false, false, false, false);
    for character in sources.slice(span).chars() {
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
