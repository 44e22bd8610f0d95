//! The pest grammar of the Doorward policy language, and the parser that pest derives from it.
//!
//! The grammar itself is `doorward.pest` beside this file's folder; it is the definition of the language's syntax.
//! Nothing is added here: trees, messages and limits are the business of `doorward-syntax`. Text from outside must
//! have its nesting counted before it comes here, since the derived parser recurses once per parenthesis.

#![allow(missing_docs, reason = "the derived `Rule` has one variant per grammar rule, documented in the grammar")]

use pest_derive::Parser;

/// The derived parser; its entry points are the rules `policy`, `one_statement`, `one_test_head` and
/// `one_expectation`.
///
/// # Example
/// ```
/// use doorward_grammar::{DoorwardParser, Rule};
/// use pest::Parser;
///
/// assert!(DoorwardParser::parse(Rule::policy, "allow anyone to read /**").is_ok());
/// assert!(DoorwardParser::parse(Rule::policy, "allow anyone two read /**").is_err());
/// ```
#[derive(Parser)]
#[grammar = "../doorward.pest"]
pub struct DoorwardParser;
