//! Why a policy cannot be used.

use std::fmt;

use doorward_syntax::render::{Style, render};
use doorward_syntax::{Diagnostic, Sources};

/// Why a policy cannot be used: every error that its text has, and the warnings beside them.
///
/// [`Display`](fmt::Display) shows each with its file, line, column, source line and mend.
#[derive(Clone, Debug)]
pub struct PolicyError {
    // INVARIANT: holds at least one error. The constructor's callers have seen one.
    diagnostics: Vec<Diagnostic>,
    sources: Sources,
}

impl PolicyError {
    pub(crate) fn new(diagnostics: Vec<Diagnostic>, sources: Sources) -> Self {
        Self { diagnostics, sources }
    }

    /// The findings, errors and warnings, in the order of the text.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The texts that the findings point into.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.sources
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(render(&self.diagnostics, &self.sources, Style::Plain).trim_end())
    }
}

impl std::error::Error for PolicyError {}
