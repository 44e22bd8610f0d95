//! Files of names and files of prefixes: one a line, `#` comments.

use crate::ast::{Name, OriginItem, OriginItemKind};
use crate::diagnostic::Diagnostic;
use crate::findings::Findings;
use crate::source::{FileId, Span};
use crate::text::{self, BYTE_ORDER_MARK, span};

/// Reports the characters of a list file that may not stand there.
pub(super) fn check(text: &str, file: FileId, findings: &mut Findings) {
    for (start, length, character) in text::forbidden_runs(text) {
        findings.push(text::forbidden_character(span(file, start, start + length), character));
    }
}

/// The names in a list file. The whole line is the name, so it needs no quotes whatever it is made of.
pub(super) fn names(text: &str, file: FileId, findings: &mut Findings) -> Vec<Name> {
    let mut names = Vec::new();
    for (line, span) in lines(text, file) {
        if line.starts_with('"') {
            // A name with quotes in it would be nobody's, and a group of the denied would be empty in silence.
            let bare = line.trim_matches('"');
            let diagnostic = Diagnostic::error("quoted-line", span, "a name stands without quotes in a file of names")
                .with_help(format!("write `{bare}`"))
                .with_replacement(bare);
            findings.push(diagnostic);
        } else if !text::is_normalized(line) {
            findings.push(text::not_normalized(span, line));
        } else {
            names.push(Name { text: line.into(), quoted: false, span });
        }
    }
    names
}

/// The addresses and prefixes in a list file, not yet understood.
pub(super) fn origins(text: &str, file: FileId, findings: &mut Findings) -> Vec<OriginItem> {
    let mut items = Vec::new();
    for (line, span) in lines(text, file) {
        if line.contains([' ', '\t', ',']) {
            let diagnostic = Diagnostic::error("several-on-a-line", span, "a line holds one address or prefix");
            findings.push(diagnostic.with_help("put each on a line of its own"));
        } else {
            items.push(OriginItem { kind: OriginItemKind::Address(line.into()), span });
        }
    }
    items
}

/// The lines that say something, without comments and outer white space.
fn lines(text: &str, file: FileId) -> impl Iterator<Item = (&str, Span)> {
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        let content = line.split('#').next().unwrap_or("");
        let content = if start == 0 { content.strip_prefix(BYTE_ORDER_MARK).unwrap_or(content) } else { content };
        let trimmed = content.trim();
        let indent = content.len() - content.trim_start().len();
        let start =
            start + if start == 0 && line.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
        (!trimmed.is_empty()).then(|| (trimmed, span(file, start + indent, start + indent + trimmed.len())))
    })
}
