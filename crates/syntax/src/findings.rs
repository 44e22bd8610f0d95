//! A list of findings that does not grow without bound.

use crate::diagnostic::Diagnostic;
use crate::limits;

/// The first findings, and how many more there were.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    // INVARIANT: at most `limits::DIAGNOSTICS`; `push` is the only way in.
    kept: Vec<Diagnostic>,
    dropped: usize,
}

impl Findings {
    /// Keeps a finding, or counts it.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        if self.kept.len() < limits::DIAGNOSTICS {
            self.kept.push(diagnostic);
        } else {
            self.dropped += 1;
        }
    }

    /// Takes all of another list, which is empty then.
    pub(crate) fn take(&mut self, other: &mut Self) {
        for diagnostic in other.kept.drain(..) {
            self.push(diagnostic);
        }
        self.dropped += std::mem::take(&mut other.dropped);
    }

    /// How many there have been.
    pub(crate) fn count(&self) -> usize {
        self.kept.len() + self.dropped
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// All of them in the order of the text, and one that counts the rest.
    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        self.kept.sort_by_key(|diagnostic| (diagnostic.span.file, diagnostic.span.start));
        // A file of names that is used twice is found fault with twice.
        self.kept.dedup();
        if let (Some(last), 1..) = (self.kept.last(), self.dropped) {
            let message = format!("there are {} findings more, which are not shown", self.dropped);
            self.kept.push(Diagnostic::error("too-many-findings", last.span, message));
        }
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn what_is_not_kept_is_counted() {
        let (mut findings, mut others) = (Findings::default(), Findings::default());
        for number in 0..150 {
            findings.push(Diagnostic::error("a", Span::default(), format!("{number}")));
            others.push(Diagnostic::error("b", Span::default(), format!("{number}")));
        }
        findings.take(&mut others);
        assert!(others.is_empty());
        let all = findings.finish();
        assert_eq!(all.len(), limits::DIAGNOSTICS + 1);
        assert!(all.last().is_some_and(|last| last.message.contains("100 findings")));
    }
}
