//! A policy's files to its syntax tree and its findings.
//!
//! The files are read one after another, the root first, each once; nothing recurses from file to file. Within a file
//! the [splitter](crate::split) cuts statements, and the grammar is asked about one at a time.

mod files;
mod list;
mod outline;

use doorward_grammar::{DoorwardParser, Rule};
use pest::Parser;
use pest::iterators::Pair;

use crate::ast;
use crate::build::Builder;
use crate::diagnostic::{Diagnostic, Severity};
use crate::explain::{self, Failure};
use crate::findings::Findings;
use crate::lex::Lexer;
use crate::limits;
use crate::line::{self, Kind};
use crate::loader::{LoadError, Loader, NoFiles};
use crate::quick;
use crate::source::{FileId, Sources, Span};
use crate::split::{Piece, Slice, Splitter};
use crate::text::{self, span};

use self::files::Files;

use self::outline::Unread;

pub use self::outline::{Outline, OutlinedList, OutlinedRule, label_at, rule_at};

/// How the root is called that [`parse`] is given.
const UNNAMED: &str = "policy.door";

/// A policy that has been read: its tree, its files, and what is wrong with its text.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// What could be read. With an error among the findings something may be missing, and nothing may be decided by it.
    pub policy: ast::Policy,
    /// The files, the root first, in the order in which they were read.
    pub sources: Sources,
    /// The findings, file by file in the order of the text; at most [`limits::DIAGNOSTICS`] and one that counts the rest.
    pub diagnostics: Vec<Diagnostic>,
    /// The statements with errors in them, of which nothing or not all is in the tree.
    pub unread: Vec<Span>,
}

impl Parsed {
    /// Whether a name that seems to be declared nowhere may be declared in what could not be read: in a statement that
    /// holds the word, or in a file that could not be had.
    #[must_use]
    pub fn may_declare(&self, name: &str) -> bool {
        let lost =
            |diagnostic: &Diagnostic| diagnostic.code.starts_with("file-") || diagnostic.code == "policy-too-long";
        let inside = |character: char| character.is_alphanumeric() || "-_.@".contains(character);
        self.diagnostics.iter().any(lost)
            || self.unread.iter().map(|span| self.sources.slice(*span)).any(|text| {
                text.match_indices(name).any(|(start, _)| {
                    let (before, after) = (text.get(..start), text.get(start + name.len()..));
                    !before.is_some_and(|before| before.ends_with(inside))
                        && !after.is_some_and(|after| after.starts_with(inside))
                })
            })
    }

    /// The same policy with one assertion more, which stands in no file of it: what someone asks at a prompt.
    ///
    /// The word `assert` may be left out of `text`; it is then put before it. The assertion becomes the last statement of
    /// the policy, and its text the last of the sources, under `name`. What is wrong with it is added to the findings, and
    /// so is anything else that `text` holds: a question changes nothing in what it is asked of.
    ///
    /// # Example
    /// ```
    /// let policy = doorward_syntax::parse("network tor = 192.0.2.0/24");
    /// let asked = policy.clone().with_assertion("question", "never anyone from tor");
    /// assert!(!asked.has_errors());
    /// assert_eq!(asked.policy.statements().count(), 2);
    /// assert_eq!(asked.sources.files()[1].text, "assert never anyone from tor");
    ///
    /// let more = policy.with_assertion("question", "never anyone from tor allow anyone");
    /// assert_eq!(more.diagnostics[0].message, "nothing but one assertion can stand here");
    /// ```
    #[must_use]
    pub fn with_assertion(mut self, name: &str, text: &str) -> Self {
        let begins = Lexer::new(text, 0).significant().is_some_and(|first| first.text(text) == "assert");
        let text = if begins { text.to_owned() } else { format!("assert {text}") };
        let id = self.sources.next_id();
        let mut progress = Progress::new();
        let used: usize = self.sources.files().iter().map(|source| source.text.len()).sum();
        if used.saturating_add(text.len()) > limits::POLICY_BYTES {
            self.sources.add(name, "");
            progress.findings.push(cannot_load(Span::new(id, 0, 0), name, &LoadError::TooLong));
        } else {
            let mut asked = progress.file(&text, id);
            let is_assertion = |kind: &ast::StatementKind| matches!(kind, ast::StatementKind::Assertion(_));
            let mut count = 0;
            asked.statements.retain(|statement| {
                count += 1;
                let kept = count == 1 && is_assertion(&statement.kind);
                if !kept {
                    let message = "nothing but one assertion can stand here";
                    let diagnostic = Diagnostic::error("one-assertion", statement.span, message);
                    progress.findings.push(diagnostic.with_help("remove it"));
                }
                kept
            });
            self.policy.files.push(asked);
            self.sources.add(name, text);
        }
        self.unread.append(&mut progress.unread);
        self.diagnostics.extend(progress.findings.finish());
        self
    }

    /// Whether one of the findings is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// Parses a policy that stands alone, so that naming another file is an error. Its file is called `policy.door`.
///
/// # Example
/// ```
/// let parsed = doorward_syntax::parse("allow anyone to read /wiki/**");
/// assert!(!parsed.has_errors());
/// assert_eq!(parsed.policy.statements().count(), 1);
///
/// let parsed = doorward_syntax::parse("alow anyone to read /wiki/**");
/// assert_eq!(parsed.diagnostics[0].message, "unknown statement `alow`");
/// ```
#[must_use]
pub fn parse(text: &str) -> Parsed {
    parse_named(UNNAMED, text.to_owned(), &NoFiles)
}

/// Parses a policy whose root file is at hand, and the files that it names.
///
/// `name` is what `loader` calls the root: paths are taken relative to it, and a file that includes it back is read
/// once. The work is linear in the bytes of all files, which [`limits::POLICY_BYTES`] bounds.
#[must_use]
pub fn parse_named(name: &str, text: String, loader: &dyn Loader) -> Parsed {
    Files::new(loader).parse(name, Ok(text))
}

/// Parses a policy whose root file is read by `loader` too; one that cannot be had is a finding.
#[must_use]
pub fn parse_file(name: &str, loader: &dyn Loader) -> Parsed {
    Files::new(loader).parse(name, loader.load(name, limits::POLICY_BYTES))
}

/// What the files of one policy are read into, beside their trees.
struct Progress {
    /// How many statements the policy may still have.
    statements_left: usize,
    findings: Findings,
    /// The statements with errors in them.
    unread: Vec<Span>,
    /// What is kept apart, plain statements being left unread.
    outlined: Option<Unread>,
}

impl Progress {
    fn new() -> Self {
        Self { statements_left: limits::STATEMENTS, findings: Findings::default(), unread: Vec::new(), outlined: None }
    }

    /// One file's tree, without what other files say.
    fn file(&mut self, text: &str, file: FileId) -> ast::File {
        let mut clean = true;
        for (start, length, character) in text::forbidden_runs(text) {
            clean = false;
            self.findings.push(text::forbidden_character(span(file, start, start + length), character));
        }
        let mut tree = ast::File { id: file, statements: Vec::new(), comments: Vec::new() };
        let mut at = 0;
        loop {
            at = line::skip(text, file, at, &mut tree.comments);
            let next = match clean {
                true => self.line(text, file, at, &mut tree.statements),
                false => None,
            };
            at = match next.or_else(|| self.piece(text, at, clean, &mut tree)) {
                Some(next) => next,
                None => break,
            };
        }
        tree
    }

    /// Reads a statement that begins at a byte and is a line by itself, if it is a plain one. Where it ends.
    fn line(&mut self, text: &str, file: FileId, at: usize, statements: &mut Vec<ast::Statement>) -> Option<usize> {
        let left = self.statements_left.checked_sub(1)?;
        let line = line::plain(text, at)?;
        let whole = span(file, line.slice.start, line.slice.end);
        match (&mut self.outlined, line.kind) {
            (Some(unread), Kind::Identities) => unread.lists.push(OutlinedList::identities(whole)),
            (Some(unread), Kind::Members) => unread.lists.push(OutlinedList::members(whole)),
            (Some(unread), Kind::Rule) => unread.rules.push(OutlinedRule::unread(whole)),
            _ => statements.push(quick::statement(text, file, line.slice)?),
        }
        self.statements_left = left;
        Some(line.slice.end)
    }

    /// Reads any statement that begins at a byte. Where the next one begins; nothing at the end.
    fn piece(&mut self, text: &str, at: usize, clean: bool, tree: &mut ast::File) -> Option<usize> {
        let file = tree.id;
        let mut splitter = Splitter::new(text, file, at);
        let piece = splitter.next();
        self.findings.take(&mut splitter.diagnostics);
        tree.comments.append(&mut splitter.comments);
        let piece = piece?;
        let before = self.findings.count();
        let (start, end, faulty) = match &piece {
            Piece::Statement(slice) => (slice.start, slice.end, slice.faulty),
            Piece::Test { head, end, .. } => (head.start, *end, head.faulty),
        };
        let Some(left) = self.statements_left.checked_sub(1) else {
            let message = format!("the policy has more than {} statements", limits::STATEMENTS);
            self.findings.push(Diagnostic::error("too-many-statements", span(file, start, end), message));
            self.unread.push(span(file, start, text.len()));
            return None;
        };
        self.statements_left = left;
        let first = tree.statements.len();
        let mut reader = Reader { text, file, clean, diagnostics: &mut self.findings };
        match piece {
            Piece::Statement(slice) => reader.statement(slice, &mut tree.statements),
            Piece::Test { head, expectations, end } => tree.statements.extend(reader.test(head, expectations, end)),
        }
        if let Some(Unread { rules, .. }) = &mut self.outlined {
            for statement in tree.statements.split_off(first) {
                match statement.kind {
                    ast::StatementKind::Rule(rule) => rules.push(OutlinedRule::read(rule, statement.span)),
                    _ => tree.statements.push(statement),
                }
            }
        }
        let forbidden = !clean && text::has_forbidden(text.get(start..end).unwrap_or(""));
        if faulty || self.findings.count() > before || forbidden {
            self.unread.push(span(file, start, end));
        }
        Some(splitter.at())
    }
}

/// Asks the grammar about slices of one file.
struct Reader<'a, 'd> {
    text: &'a str,
    file: FileId,
    /// Whether nothing in the file is forbidden.
    clean: bool,
    diagnostics: &'d mut Findings,
}

impl<'a> Reader<'a, '_> {
    fn statement(&mut self, slice: Slice, statements: &mut Vec<ast::Statement>) {
        if slice.faulty {
            return;
        }
        if self.clean
            && let Some(statement) = quick::statement(self.text, self.file, slice)
        {
            return statements.push(statement);
        }
        let failure = match self.read(Rule::one_statement, slice, |builder, pair| builder.statement(pair)) {
            Ok(statement) => return statements.extend(statement),
            Err(failure) => failure,
        };
        // What stands before a misspelt statement is a statement of its own, and perhaps a good one.
        let misspelt = explain::misspelt_statements(self.text, slice, failure.at);
        match misspelt.first().filter(|word| word.start <= failure.at) {
            Some(word) => {
                let end = self.text.get(..word.start).unwrap_or("").trim_end().len();
                let before = Slice { end: end.max(slice.start), ..slice };
                match self.read(Rule::one_statement, before, |builder, pair| builder.statement(pair)) {
                    Ok(statement) => statements.extend(statement),
                    Err(failure) => self.diagnostics.push(failure.explain()),
                }
            }
            None => self.diagnostics.push(failure.explain()),
        }
        for word in misspelt {
            let place = span(self.file, word.start, word.end);
            self.diagnostics.push(explain::unknown_statement(place, word.text(self.text)));
        }
    }

    fn test(&mut self, head: Slice, expectations: Vec<Slice>, end: usize) -> Option<ast::Statement> {
        let start = head.start;
        let quick = Some(head).filter(|head| self.clean && !head.faulty);
        let name = quick
            .and_then(|head| quick::test_name(self.text, self.file, head))
            .or_else(|| self.part(Rule::one_test_head, head, |builder, pair| builder.test_name(pair)));
        let mut read = Vec::new();
        for slice in expectations {
            if self.clean
                && !slice.faulty
                && let Some(expectation) = quick::expectation(self.text, self.file, slice)
            {
                read.push(expectation);
                continue;
            }
            read.extend(self.part(Rule::one_expectation, slice, |builder, pair| builder.expectation(pair)));
        }
        let kind = ast::StatementKind::Test(ast::TestBlock { name: name?, expectations: read });
        Some(ast::Statement { kind, span: span(self.file, start, end) })
    }

    /// A part of a test, or nothing after a finding.
    fn part<T>(
        &mut self,
        rule: Rule,
        slice: Slice,
        build: impl FnOnce(&mut Builder<'_>, Pair<'_, Rule>) -> Option<T>,
    ) -> Option<T> {
        if slice.faulty {
            return None;
        }
        match self.read(rule, slice, build) {
            Ok(part) => part,
            Err(failure) => {
                self.diagnostics.push(failure.explain());
                None
            }
        }
    }

    /// A node, nothing after a finding that the builder reported, or what the grammar stumbled over.
    fn read<T>(
        &mut self,
        rule: Rule,
        slice: Slice,
        build: impl FnOnce(&mut Builder<'_>, Pair<'_, Rule>) -> Option<T>,
    ) -> Result<Option<T>, Failure<'a>> {
        let part = self.text.get(slice.start..slice.end).unwrap_or("");
        if !self.clean && text::has_forbidden(part) {
            // The scan of the whole file has reported it.
            return Ok(None);
        }
        let pair = match DoorwardParser::parse(rule, part) {
            Ok(mut pairs) => pairs.next(),
            Err(error) => return Err(Failure::new(self.text, self.file, slice, &error)),
        };
        let mut found = Findings::default();
        let node = pair.and_then(|pair| build(&mut Builder::new(self.file, slice.start, &mut found), pair));
        if node.is_none() && found.is_empty() {
            // Nothing is known to lead here; a statement must not vanish in silence, whatever happens.
            let place = span(self.file, slice.start, slice.end);
            found.push(Diagnostic::error("syntax", place, "this statement cannot be read"));
        }
        self.diagnostics.take(&mut found);
        Ok(node)
    }
}

/// Why a file could not be had, as a finding at `place`.
fn cannot_load(place: Span, path: &str, error: &LoadError) -> Diagnostic {
    let (code, message) = match error {
        LoadError::Missing => ("file-missing", format!("there is no file `{path}`")),
        LoadError::Outside => ("file-outside", format!("`{path}` leads outside the folder of the policy")),
        LoadError::TooLong => ("policy-too-long", format!("with `{path}` the policy is longer than 64 MiB")),
        LoadError::NotUtf8 { offset } => {
            ("file-not-utf8", format!("`{path}` is not UTF-8: the byte at offset {offset} begins no character"))
        }
        LoadError::Unreadable(reason) => ("file-unreadable", format!("`{path}` cannot be read: {reason}")),
        LoadError::Unsupported => ("file-unsupported", format!("this policy stands alone, so `{path}` cannot be read")),
    };
    let diagnostic = Diagnostic::error(code, place, message);
    match error {
        LoadError::Missing => diagnostic.with_help("a path is relative to the file that names it"),
        LoadError::Outside => diagnostic.with_help("move the file into the folder of the root policy, or below it"),
        _ => diagnostic,
    }
}

#[cfg(test)]
mod tests;
