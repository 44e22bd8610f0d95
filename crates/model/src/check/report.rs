//! Where findings are collected.

use doorward_syntax::ast::Name;
use doorward_syntax::{Diagnostic, Severity, Span, limits, print, suggest};

/// How many mistyped names are compared with the declared ones; what comes after them is told without advice.
const SUGGESTIONS: usize = 100;

/// The findings so far.
#[derive(Default)]
pub(super) struct Report {
    errors: Findings,
    warnings: Findings,
    suggestions: usize,
}

/// The findings of one severity: those that are kept, and how many more there were.
#[derive(Default)]
struct Findings {
    kept: Vec<Diagnostic>,
    left_out: usize,
}

impl Report {
    /// Adds a finding, if there is room for it.
    pub(super) fn add(&mut self, diagnostic: Diagnostic) {
        let findings = match diagnostic.severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        if findings.kept.len() < limits::DIAGNOSTICS {
            findings.kept.push(diagnostic);
        } else {
            findings.left_out += 1;
        }
    }

    /// Adds a warning, which is made only if there is room for it.
    pub(super) fn warn(&mut self, make: impl FnOnce() -> Diagnostic) {
        if self.warnings.kept.len() < limits::DIAGNOSTICS {
            self.add(make());
        } else {
            self.warnings.left_out += 1;
        }
    }

    /// Whether there is no error so far.
    pub(super) fn is_sound(&self) -> bool {
        self.errors.kept.is_empty()
    }

    /// The candidate most like a name that is not declared.
    pub(super) fn nearest<'n>(&mut self, name: &str, candidates: impl Iterator<Item = &'n str>) -> Option<&'n str> {
        if self.suggestions >= SUGGESTIONS {
            return None;
        }
        self.suggestions += 1;
        suggest::nearest(name, candidates)
    }

    /// Everything, by place; an error before a warning at the same place.
    pub(super) fn finish(self) -> Vec<Diagnostic> {
        let mut all: Vec<Diagnostic> = Vec::new();
        for (mut findings, what) in [(self.errors, "errors"), (self.warnings, "warnings")] {
            findings.kept.sort_by_key(|diagnostic| diagnostic.span);
            // A file of names that is used twice is found fault with twice.
            findings.kept.dedup();
            if let (Some(last), 1..) = (findings.kept.last(), findings.left_out) {
                let message = format!("there are {} {what} more, which are not shown", findings.left_out);
                let mut rest = Diagnostic::error("too-many-findings", last.span, message);
                rest.severity = last.severity;
                findings.kept.push(rest);
            }
            all.append(&mut findings.kept);
        }
        all.sort_by_key(|diagnostic| (diagnostic.span, diagnostic.severity));
        all
    }
}

/// A finding's advice to write the nearest name, if there is one.
pub(super) trait DidYouMean: Sized {
    /// The same with the advice to write `nearest` in place of what stands there.
    fn did_you_mean(self, nearest: Option<&str>) -> Self;
}

impl DidYouMean for Diagnostic {
    fn did_you_mean(self, nearest: Option<&str>) -> Self {
        match nearest {
            Some(nearest) => {
                let written = print::name(nearest);
                self.with_help(format!("did you mean `{written}`?")).with_replacement(written)
            }
            None => self,
        }
    }
}

/// The error of declaring or stating something twice.
pub(super) fn duplicate(code: &'static str, what: &str, again: Span, first: Span) -> Diagnostic {
    Diagnostic::error(code, again, format!("{what} twice"))
        .with_label("the second time")
        .with_related(first, "the first time")
        .with_help("remove one of the two")
}

/// The warning of listing something twice.
pub(super) fn repeated(name: &str, again: Span, first: Option<Span>) -> Diagnostic {
    let warning = Diagnostic::warning("repeated-item", again, format!("{name} is listed twice"));
    match first {
        Some(first) => warning.with_label("listed again").with_related(first, "listed here already"),
        None => warning.with_label("listed already"),
    }
}

/// A name in backticks, as it is written in a policy.
pub(super) fn tick(name: &str) -> String {
    format!("`{}`", print::name(name))
}

/// The name of a syntax tree in backticks.
pub(super) fn tick_name(name: &Name) -> String {
    tick(&name.text)
}
