//! Text to syntax tree: the parser, the diagnostics and the formatter of the Doorward policy language.
//!
//! Comes in: the text of a policy and a [`Loader`] for the files that it names. Goes out: an [`ast::Policy`] and every
//! [`Diagnostic`] about its text. What names mean, and whether types fit, is not known here.

mod parse;

mod split;

mod lex;

mod explain;

mod build;

mod quick; // what needs no grammar

mod line; // what needs no splitter

mod findings;

pub mod ast;
pub mod diagnostic;
pub mod limits;
pub mod loader;
pub mod print;
pub mod render;
pub mod source;
pub mod suggest;
pub mod text;
pub mod words;

pub use crate::diagnostic::{Diagnostic, Severity};
pub use crate::loader::{LoadError, Loader, MemoryFiles, NoFiles};
pub use crate::parse::{
    Outline, OutlinedList, OutlinedRule, Parsed, label_at, parse, parse_file, parse_named, rule_at,
};
pub use crate::source::{FileId, Position, Source, Sources, Span};
