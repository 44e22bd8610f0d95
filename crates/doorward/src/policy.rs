//! The compiled policy: what a program holds and asks.

use doorward_model::test::TestBlock;
use doorward_model::{Checked, Instant, Request, check_outline, check_owned};
use doorward_syntax::{Diagnostic, FileId, Loader, NoFiles, Outline, Parsed, Severity, Sources, parse_named};

use crate::decision::Decision;
use crate::engine::Engine;
use crate::engine::case::{examine, verdict};
use crate::error::PolicyError;
use crate::explanation::Explanation;
use crate::verdict::Verdict;

/// A compiled policy: immutable, free of clocks and files, and shared between threads as it is.
///
/// ```
/// use doorward::{Policy, Request, Subject, Verdict};
///
/// let policy = Policy::parse("
///     identity alice
///     group staff = alice
///     network office = 10.0.0.0/8
///     allow staff to read /wiki/** from office
/// ")?;
/// let office = "10.0.0.7".parse()?;
/// let request = Request::new(Subject::known("alice"), "GET", "/wiki/home").address(office);
/// assert_eq!(policy.verdict(&request), Verdict::Allow);
///
/// // Logging in would help here …
/// let request = Request::new(Subject::Anonymous, "GET", "/wiki/home").address(office);
/// assert_eq!(policy.verdict(&request), Verdict::Unauthenticated);
///
/// // … and not here.
/// let request = Request::new(Subject::Anonymous, "GET", "/wiki/home").address("203.0.113.9".parse()?);
/// assert_eq!(policy.verdict(&request), Verdict::Forbidden);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Policy {
    model: doorward_model::Policy,
    engine: Engine,
    warnings: Vec<Diagnostic>,
}

impl Policy {
    /// Compiles a policy that names no files.
    ///
    /// # Errors
    /// Everything that is wrong with the text, each with its place and its mend.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        Self::load("policy.door", text.to_owned(), &NoFiles)
    }

    /// Compiles a policy whose `include` and `from "FILE"` a loader serves; `name` is the loader's name of the text.
    ///
    /// # Errors
    /// Everything that is wrong with the text or the files, each with its place and its mend.
    pub fn load(name: &str, text: String, loader: &dyn Loader) -> Result<Self, PolicyError> {
        let text = match Outline::new(name, text, loader) {
            Ok(outline) => {
                let sources = outline.sources.clone();
                match check_outline(outline) {
                    Some(checked) => return Self::new(checked, Vec::new(), sources),
                    None => sources.text(FileId(0)).to_owned(),
                }
            }
            Err(text) => text,
        };
        // Something is wrong with the text, and is told with everything else that is.
        Self::compile(parse_named(name, text, loader))
    }

    /// Compiles a policy from a file. What it includes must be in the file's folder or below.
    ///
    /// # Errors
    /// If the file cannot be read, and everything that is wrong with its text, each with its place and its mend.
    #[cfg(feature = "files")]
    pub fn from_file(path: impl AsRef<std::path::Path>) -> Result<Self, PolicyError> {
        match crate::files::open(path.as_ref()) {
            Some((name, text, folder)) => Self::load(&name, text, &folder),
            None => Self::compile(crate::files::parse_file(path.as_ref())),
        }
    }

    /// Compiles what was parsed.
    ///
    /// # Errors
    /// Everything that is wrong with it, whatever the stage that found it.
    pub fn compile(mut parsed: Parsed) -> Result<Self, PolicyError> {
        let tree = std::mem::take(&mut parsed.policy);
        let Checked { policy: checked, diagnostics: mut found } = check_owned(tree, parsed.sources.clone());
        let unreadable = parsed.has_errors();
        if unreadable {
            // What could not be read may declare what seems to be missing, and use what seems to be idle.
            found.retain(|diagnostic| {
                let name = parsed.sources.slice(diagnostic.span).trim_matches('"');
                diagnostic.severity == Severity::Error
                    && !(diagnostic.code.starts_with("unknown-") && parsed.may_declare(name))
            });
        }
        let Parsed { sources, diagnostics, .. } = parsed;
        let checked = checked.filter(|_| !unreadable);
        Self::new(Checked { policy: checked, diagnostics: found }, diagnostics, sources)
    }

    /// Compiles what was checked and may be used; `diagnostics` are those of reading it.
    fn new(checked: Checked, mut diagnostics: Vec<Diagnostic>, sources: Sources) -> Result<Self, PolicyError> {
        diagnostics.extend(checked.diagnostics);
        diagnostics.sort_by_key(|diagnostic| (diagnostic.span.file, diagnostic.span.start));
        let Some(model) = checked.policy else {
            return Err(PolicyError::new(diagnostics, sources));
        };
        match Engine::new(&model) {
            Ok(engine) => Ok(Self { model, engine, warnings: diagnostics }),
            Err(error) => {
                diagnostics.push(*error);
                Err(PolicyError::new(diagnostics, sources))
            }
        }
    }

    /// What is legal but surely not meant, in the order of the text.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The texts that the policy was read from.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.model.sources
    }

    /// The checked policy behind this one: its tables and rules.
    #[must_use]
    pub fn model(&self) -> &doorward_model::Policy {
        &self.model
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Says what the policy says to a request.
    ///
    /// Total: every request gets a verdict, and what it leaves unsaid never opens a door. Its cost does not grow with the
    /// number of rules, and with few exceptions it allocates nothing: paths that are ambiguous or have escapes, and, where it
    /// must be found out whether anybody could be let in, conditions on the visitor and a missing time beside `within`.
    #[must_use]
    pub fn verdict(&self, request: &Request<'_>) -> Verdict {
        verdict(&self.model, &self.engine, request)
    }

    /// Says what the policy says to a request, which rules decided, and what an HTTP adapter sends.
    #[must_use]
    pub fn decide(&self, request: &Request<'_>) -> Decision<'_> {
        examine(&self.model, &self.engine, request, |case, engine| Decision::new(&self.model, case, engine))
    }

    /// Says why: the decision, the rules that came near, a witness for a 401, what was missing or ignored.
    #[must_use]
    pub fn explain(&self, request: &Request<'_>) -> Explanation<'_> {
        examine(&self.model, &self.engine, request, |case, engine| Explanation::new(&self.model, case, engine))
    }

    /// Runs the policy's `test` blocks, `now` being the time of expectations without `at`.
    pub fn test(&self, now: Instant) -> impl Iterator<Item = TestOutcome<'_>> {
        self.model.tests.iter().flat_map(move |block| {
            block.expectations.iter().map(move |expectation| {
                let request = expectation.request(now);
                let verdict = self.verdict(&request);
                TestOutcome { block, expectation, request, verdict }
            })
        })
    }
}

/// How one expectation of a `test` block came out.
#[derive(Clone, Debug)]
pub struct TestOutcome<'p> {
    /// The block.
    pub block: &'p TestBlock,
    /// The expectation.
    pub expectation: &'p doorward_model::test::Expectation,
    /// The request that was decided.
    pub request: Request<'static>,
    /// What the policy says to it.
    pub verdict: Verdict,
}

impl TestOutcome<'_> {
    /// Whether the verdict is the expected one.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.verdict.status() == self.expectation.status
    }
}
