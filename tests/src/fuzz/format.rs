//! Formatting: what the parser takes is laid out once and for all, and says the same as before.

use doorward_syntax::ast::File;
use doorward_syntax::{Diagnostic, LoadError, Loader, Parsed, Sources, parse_named, print};

/// The other files of a policy, where all of them come in one run of bytes: after each NUL another.
///
/// Whatever a path says, it leads to one of them, so that a mutated path is rarely a dead end.
pub(super) struct Parts<'a> {
    files: Vec<&'a [u8]>,
}

impl<'a> Parts<'a> {
    /// The root file's text, in which what is not UTF-8 is replaced, and the others.
    pub(super) fn cut(data: &'a [u8]) -> (String, Self) {
        let mut parts = data.split(|byte| *byte == 0);
        let root = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
        (root, Self { files: parts.collect() })
    }
}

impl Loader for Parts<'_> {
    fn resolve(&self, _from: &str, path: &str) -> Result<String, LoadError> {
        let sum: usize = path.bytes().map(usize::from).sum();
        sum.checked_rem(self.files.len()).map(|index| index.to_string()).ok_or(LoadError::Missing)
    }

    fn load(&self, name: &str, limit: usize) -> Result<String, LoadError> {
        let file = name.parse().ok().and_then(|index: usize| self.files.get(index)).ok_or(LoadError::Missing)?;
        if file.len() > limit {
            return Err(LoadError::TooLong);
        }
        String::from_utf8(file.to_vec())
            .map_err(|error| LoadError::NotUtf8 { offset: error.utf8_error().valid_up_to() })
    }
}

/// The body of the target `format`.
pub(super) fn format(data: &[u8]) {
    let (text, parts) = Parts::cut(data);
    let parsed = parse_named("policy.door", text, &parts);
    check_findings(&parsed.diagnostics, &parsed.sources);
    if !parsed.has_errors() {
        formatted(&parsed, &parts);
    }
}

/// Lays out the root of a policy without errors: the tree, the comments and the text stay, and once is enough.
pub(super) fn formatted(parsed: &Parsed, parts: &Parts<'_>) -> String {
    let before = parsed.policy.files.first();
    let source = parsed.sources.files().first();
    assert!(before.is_some() && source.is_some(), "a policy that was read has a root");
    let (Some(before), Some(source)) = (before, source) else { return String::new() };
    let formatted = print::format(before, &source.text);

    let again = parse_named("policy.door", formatted.clone(), parts);
    assert!(!again.has_errors(), "formatted text has errors: {:?}\n{formatted}", again.diagnostics);
    let after = again.policy.files.first();
    assert_eq!(after.map(meaning), Some(meaning(before)), "formatting changed the tree:\n{formatted}");
    assert_eq!(after.map(comments), Some(comments(before)), "formatting changed the comments:\n{formatted}");
    assert_eq!(after.map(|after| print::format(after, &formatted)).as_ref(), Some(&formatted), "not idempotent");
    assert!(formatted.lines().all(|line| line.trim_end() == line), "white space at a line's end:\n{formatted}");
    assert!(!formatted.contains('\r'), "{formatted:?}");
    formatted
}

/// Whether findings can be shown: their places are in the text, and their messages keep to one line.
pub(super) fn check_findings(found: &[Diagnostic], sources: &Sources) {
    for finding in found {
        let text = sources.text(finding.span.file);
        let (start, end) = (finding.span.start, finding.span.end);
        let inside = start <= end && usize::try_from(end).is_ok_and(|end| end <= text.len());
        let whole = [start, end].iter().all(|at| usize::try_from(*at).is_ok_and(|at| text.is_char_boundary(at)));
        assert!(inside && whole, "{} lies outside its file: {:?}", finding.code, finding.span);
        assert!(!finding.message.contains(['\n', '\r']), "{}: {:?}", finding.code, finding.message);
    }
    let shown = doorward_syntax::render::render(found, sources, doorward_syntax::render::Style::Plain);
    assert_eq!(shown.is_empty(), found.is_empty());
}

/// A file's statements without places, and without the quotes around names.
fn meaning(file: &File) -> String {
    const SPAN: &str = "Span { file: FileId(";
    let tree = format!("{:?}", file.statements);
    let mut parts = tree.split(SPAN);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str(part.split_once('}').map_or(part, |(_, rest)| rest));
    }
    kept.replace("quoted: true", "quoted: false")
}

fn comments(file: &File) -> Vec<&str> {
    let mut texts: Vec<&str> = file.comments.iter().map(|comment| comment.text.as_str()).collect();
    texts.sort_unstable();
    texts
}
