//! Policies of which plain rules and lists of names are left unread until they are asked for, one at a time; and rules
//! that are read again.
//!
//! The tree of a large policy takes several times as much memory as what is kept of it, and nothing is said of a rule
//! before everything is declared. So other declarations are read first, and of a plain rule, and of a list of identities or
//! of a group's members, only where it stands.

use std::borrow::Cow;

use doorward_grammar::{DoorwardParser, Rule};
use pest::Parser as _;

use super::files::Files;
use crate::ast::{self, GroupDecl, GroupKind, IdentityDecl, IdentityKind, Name, Statement, StatementKind};
use crate::build::Builder;
use crate::findings::Findings;
use crate::lex::{Lexer, TokenKind};
use crate::limits;
use crate::loader::Loader;
use crate::quick;
use crate::source::{FileId, Sources, Span};
use crate::split::{Piece, Slice, Splitter};
use crate::text;

/// A policy in outline: its declarations, and where its rules stand.
#[derive(Clone, Debug)]
pub struct Outline {
    /// All statements but rules and lists of names; without the comments of lines that were not read.
    pub policy: ast::Policy,
    /// The files, the root first, in the order in which they were read.
    pub sources: Sources,
    /// The plain lists of names, in the order of the text.
    pub lists: Vec<OutlinedList>,
    /// The rules, in the order of the text.
    pub rules: Vec<OutlinedRule>,
}

/// A plain statement of an [`Outline`] that lists names: identities, or the members of a group.
#[derive(Clone, Copy, Debug)]
pub struct OutlinedList {
    span: Span,
    of_group: bool,
}

/// A rule of an [`Outline`].
#[derive(Clone, Debug)]
pub struct OutlinedRule {
    read: Option<Box<ast::Rule>>,
    span: Span,
}

impl Outline {
    /// Reads a policy like [`parse_named`](crate::parse_named), its plain rules and lists of names aside. `loader` may be
    /// asked again for the same files by whoever reads it otherwise after that.
    ///
    /// # Errors
    /// If something is wrong, the text: what is wrong, `parse_named` tells.
    pub fn new(name: &str, text: String, loader: &dyn Loader) -> Result<Self, String> {
        if text.len() > limits::POLICY_BYTES {
            return Err(text);
        }
        let (policy, sources, Unread { lists, rules }, sound) = Files::new(loader).outline(name, text);
        let outline = Self { policy, sources, lists, rules };
        if sound { Ok(outline) } else { Err(outline.sources.text(FileId(0)).to_owned()) }
    }
}

/// What an outline is to leave unread.
#[derive(Default)]
pub(super) struct Unread {
    pub(super) lists: Vec<OutlinedList>,
    pub(super) rules: Vec<OutlinedRule>,
}

impl OutlinedList {
    pub(super) fn identities(span: Span) -> Self {
        Self { span, of_group: false }
    }

    pub(super) fn members(span: Span) -> Self {
        Self { span, of_group: true }
    }

    /// The whole statement.
    #[must_use]
    pub fn span(self) -> Span {
        self.span
    }

    /// The name of the group whose members it lists; nothing if it declares identities.
    #[must_use]
    pub fn group(self, sources: &Sources) -> Option<Name> {
        let text = self.of_group.then(|| sources.slice(self.span))?;
        let name = Lexer::new(text, "group".len()).significant()?;
        let offset = |at: usize| self.span.start.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
        let span = Span::new(self.span.file, offset(name.start), offset(name.end));
        Some(Name { text: name.text(text).into(), quoted: false, span })
    }

    /// Whether it lists the members of a group.
    #[must_use]
    pub fn is_of_group(self) -> bool {
        self.of_group
    }

    /// How many identities it declares at most.
    #[must_use]
    pub fn identities_at_most(self, sources: &Sources) -> usize {
        if self.of_group {
            return 0;
        }
        1 + sources.slice(self.span).bytes().filter(|byte| *byte == b',').count()
    }

    /// The names that it lists; nothing if something is wrong with its text.
    #[must_use]
    pub fn names(self, sources: &Sources) -> Option<Vec<Name>> {
        let (text, slice) = slice(sources, self.span);
        match quick::statement(text, self.span.file, slice)?.kind {
            StatementKind::Group(GroupDecl { kind: GroupKind::Listed(names), .. })
            | StatementKind::Identity(IdentityDecl { kind: IdentityKind::Listed(names), .. }) => Some(names),
            _ => None,
        }
    }
}

impl OutlinedRule {
    pub(super) fn read(rule: Box<ast::Rule>, span: Span) -> Self {
        Self { read: Some(rule), span }
    }

    pub(super) fn unread(span: Span) -> Self {
        Self { read: None, span }
    }

    /// The rule's tree and the span of its statement; nothing if something is wrong with its text.
    #[must_use]
    pub fn into_tree(self, sources: &Sources) -> Option<(Box<ast::Rule>, Span)> {
        if let Some(rule) = self.read {
            return Some((rule, self.span));
        }
        let (text, slice) = slice(sources, self.span);
        let statement = match quick::statement(text, self.span.file, slice) {
            Some(statement) => statement,
            None => {
                // It is no plain rule, and perhaps not even one statement.
                let mut splitter = Splitter::new(text, self.span.file, slice.start);
                let whole = splitter.next() == Some(Piece::Statement(slice)) && splitter.diagnostics.is_empty();
                by_grammar(text, self.span.file, slice).filter(|_| whole)?
            }
        };
        let span = statement.span;
        rule_of(statement).map(|rule| (rule, span))
    }
}

/// The rule that is the statement at a span of a policy in which nothing is wrong.
#[must_use]
pub fn rule_at(sources: &Sources, span: Span) -> Option<ast::Rule> {
    let (text, slice) = slice(sources, span);
    let read = quick::statement(text, span.file, slice).or_else(|| by_grammar(text, span.file, slice));
    read.and_then(rule_of).map(|rule| *rule)
}

/// The label of the rule that is the statement at a span of a policy in which nothing is wrong; nothing if it has none.
#[must_use]
pub fn label_at(sources: &Sources, span: Span) -> Option<Cow<'_, str>> {
    let text = sources.slice(span);
    let token = Lexer::new(text, 0).next().filter(|token| text.as_bytes().get(token.end) == Some(&b':'))?;
    match token.kind {
        TokenKind::Text => Some(text::unescape(token.text(text)).into()),
        TokenKind::Word => Some(token.text(text).into()),
        _ => None,
    }
}

fn slice(sources: &Sources, span: Span) -> (&str, Slice) {
    let offset = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    (sources.text(span.file), Slice { start: offset(span.start), end: offset(span.end), faulty: false })
}

/// What the grammar makes of a slice, if there is nothing wrong with it.
fn by_grammar(text: &str, file: FileId, slice: Slice) -> Option<Statement> {
    let pair = DoorwardParser::parse(Rule::one_statement, text.get(slice.start..slice.end)?).ok()?.next()?;
    let mut found = Findings::default();
    let statement = Builder::new(file, slice.start, &mut found).statement(pair);
    statement.filter(|_| found.is_empty())
}

fn rule_of(statement: Statement) -> Option<Box<ast::Rule>> {
    match statement.kind {
        StatementKind::Rule(rule) => Some(rule),
        _ => None,
    }
}
