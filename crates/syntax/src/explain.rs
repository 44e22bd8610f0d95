//! What the grammar stumbled over, in the author's language.
//!
//! Pest tells the furthest place that it reached and the rules that would have led on. Here that becomes a sentence
//! with a mend: first what people are known to write by mistake, then the plain "expected …, found …".

mod expected;
mod statement;

use doorward_grammar::Rule;
use pest::error::{Error, ErrorVariant, InputLocation};

use crate::diagnostic::Diagnostic;
use crate::lex::{Lexer, Token, TokenKind};
use crate::source::{FileId, Span};
use crate::split::Slice;
use crate::text::span;
use crate::{suggest, words};

pub(crate) use self::statement::{misspelt_statements, unknown_statement};

/// A failure to parse a slice.
pub(crate) struct Failure<'a> {
    text: &'a str,
    file: FileId,
    slice: Slice,
    /// The byte of the file at which nothing led on.
    pub(crate) at: usize,
    expected: Vec<Rule>,
}

impl<'a> Failure<'a> {
    /// What pest says of `slice` of a file's `text`.
    pub(crate) fn new(text: &'a str, file: FileId, slice: Slice, error: &Error<Rule>) -> Self {
        let (InputLocation::Pos(offset) | InputLocation::Span((offset, _))) = error.location;
        let expected = match &error.variant {
            ErrorVariant::ParsingError { positives, .. } => positives.clone(),
            ErrorVariant::CustomError { .. } => Vec::new(),
        };
        Self { text, file, slice, at: slice.start + offset, expected }
    }

    /// The finding.
    pub(crate) fn explain(&self) -> Diagnostic {
        if let Some(first) = Lexer::new(self.text, self.slice.start).significant()
            && let Some(diagnostic) = self.no_statement(first)
        {
            return diagnostic;
        }
        if let Some(diagnostic) = self.dangling_comma() {
            return diagnostic;
        }
        let Some(found) = self.found() else { return self.at_end() };
        let word = found.text(self.text);
        self.operator(found, word)
            .or_else(|| self.after_label(found, word))
            .or_else(|| self.dot(found, word))
            .or_else(|| self.stands_alone(found, word))
            .or_else(|| self.reserved(found, word))
            .or_else(|| self.misspelt(found, word))
            .or_else(|| self.missing_comma(found, word))
            .unwrap_or_else(|| self.plain(found, word))
    }

    /// What stands where nothing led on, if that is within the slice.
    fn found(&self) -> Option<Token> {
        let token = Lexer::new(self.text, self.at).significant()?;
        (token.start < self.slice.end).then_some(token)
    }

    /// What stands before that.
    fn previous(&self) -> Option<Token> {
        let tokens = Lexer::new(self.text, self.slice.start);
        tokens.take_while(|token| token.start < self.at).filter(|token| token.kind != TokenKind::Comment).last()
    }

    fn is_previous(&self, words: &[&str]) -> bool {
        self.previous().is_some_and(|previous| words.contains(&previous.text(self.text)))
    }

    fn expects(&self, wanted: Rule) -> bool {
        self.expected.contains(&wanted)
    }

    fn expects_name(&self) -> bool {
        self.expected.iter().any(|&wanted| expected::begins_with_name(wanted))
    }

    fn span(&self, token: Token) -> Span {
        span(self.file, token.start, token.end)
    }

    /// The list of what would have led on.
    fn list(&self) -> String {
        let mut tokens = Lexer::new(self.text, self.slice.start).filter(|token| token.kind != TokenKind::Comment);
        let words: Vec<&str> = tokens.by_ref().take(3).map(|token| token.text(self.text)).collect();
        let end = if words.first() == Some(&"expect") { "the next `expect`" } else { "the next statement" };
        let is_deny = words.first() == Some(&"deny") || (words.get(1) == Some(&":") && words.get(2) == Some(&"deny"));
        let strengths: &[&str] = match words.first() {
            Some(&"assert") => &["with", "without"],
            _ if is_deny => &["without"],
            _ => &["with"],
        };
        expected::list(&self.expected, end, strengths)
    }

    /// Whether the statement is an `assert`.
    fn is_assertion(&self) -> bool {
        Lexer::new(self.text, self.slice.start).significant().is_some_and(|first| first.text(self.text) == "assert")
    }

    fn sentence(&self, place: Span, found: &str) -> Diagnostic {
        let expected = self.list();
        if expected.is_empty() {
            Diagnostic::error("syntax", place, format!("unexpected {found}"))
        } else {
            Diagnostic::error("syntax", place, format!("expected {expected}, found {found}"))
        }
    }

    /// The plain sentence about a slice that ends too early.
    fn at_end(&self) -> Diagnostic {
        let end = self.slice.end;
        let next = Lexer::new(self.text, end).significant().map(|token| token.text(self.text));
        let found = match next {
            Some("}") => "`}`",
            Some("expect") => "the next `expect`",
            Some(_) => "the next statement",
            None => "the end of the file",
        };
        self.sentence(span(self.file, end, end), found)
    }

    /// The plain sentence about a token, with a mend if one comes to mind.
    fn plain(&self, found: Token, word: &str) -> Diagnostic {
        let mut place = self.span(found);
        let mut shown = brief(word);
        if matches!(word, "*") {
            // Two stars are two tokens.
            let stars = self.text.get(found.start..).unwrap_or("").bytes().take_while(|&byte| byte == b'*').count();
            place = span(self.file, found.start, found.start + stars);
            shown = "*".repeat(stars.min(8));
        }
        let diagnostic = self.sentence(place, &format!("`{shown}`"));
        let is_quotable = matches!(found.kind, TokenKind::Word | TokenKind::Number);
        if word == "because" && self.is_assertion() {
            diagnostic.with_help("an assertion has no `because`; say why in a comment")
        } else if word == "expect" && !self.expects(Rule::open_brace) {
            diagnostic.with_help("an `expect` stands in `test \"…\" { }`")
        } else if self.expects(Rule::open_brace) && !self.expects(Rule::int) && !self.expects(Rule::comma) {
            diagnostic.with_help(format!("put a `{{` before `{shown}`"))
        } else if (self.expects(Rule::kw_anyone) || self.expects(Rule::subjects)) && word == "*" {
            diagnostic.with_help("everybody is `anyone`, and everybody who is known `authenticated`")
        } else if self.expects(Rule::kw_to) && is_action(word) {
            diagnostic.with_help(format!("write `to {shown}`")).with_replacement(format!("to {word}"))
        } else if self.expects(Rule::colon) && found.kind == TokenKind::Word {
            diagnostic.with_help(format!("write `: {shown}`")).with_replacement(format!(": {word}"))
        } else if self.expects(Rule::kw_of) {
            diagnostic.with_help(format!("write `of {shown}`")).with_replacement(format!("of {word}"))
        } else if self.expects(Rule::kw_old) {
            diagnostic.with_help("an age is followed by `old`: `with mfa 15m old`")
        } else if self.expects(Rule::duration) && found.kind == TokenKind::Number {
            diagnostic.with_help("a duration is a number and a unit without a space: `90s`, `15m`, `2h`, `7d`")
        } else if self.expects(Rule::actions) && found.kind == TokenKind::Path {
            diagnostic.with_help(format!("actions come before rooms: `to use {shown}` is any action"))
        } else if self.expects(Rule::kw_and) && found.kind != TokenKind::Punctuation && !words::is_reserved(word) {
            diagnostic.with_help("join two conditions with `and` or `or`")
        } else if self.expects(Rule::path) && found.kind != TokenKind::Path {
            diagnostic.with_help("a path begins with `/`, and `/**` is everything")
        } else if self.expects(Rule::address) && found.kind == TokenKind::Number && word.contains(':') {
            diagnostic.with_help("an address has no port")
        } else if self.expects(Rule::reference) && !self.expects(Rule::int) && found.kind == TokenKind::Word {
            diagnostic.with_help(format!("write `identity.{shown}`, `room.{shown}` or `context.{shown}`"))
        } else if self.expects(Rule::assign) && found.kind == TokenKind::Word && !words::is_reserved(word) {
            diagnostic.with_help(format!("write `= {shown}`")).with_replacement(format!("= {word}"))
        } else if self.expects(Rule::kw_is) && found.kind == TokenKind::Word {
            diagnostic.with_help(format!("write `is {shown}`")).with_replacement(format!("is {word}"))
        } else if self.expects(Rule::instant) && !self.expects(Rule::int) {
            diagnostic.with_help("an instant is written like `2027-01-01T00:00Z`")
        } else if self.expects(Rule::address) && self.expects(Rule::quoted) && !self.expects_name() {
            diagnostic.with_help("a request comes from one address, such as `10.0.0.7`")
        } else if (self.expects(Rule::quoted) || self.expects_name()) && is_quotable && !words::is_reserved(word) {
            diagnostic.with_help(format!("write `\"{shown}\"`")).with_replacement(format!("\"{word}\""))
        } else {
            diagnostic
        }
    }

    /// `=` for `==`, `&&` for `and`, and their kind.
    fn operator(&self, found: Token, word: &str) -> Option<Diagnostic> {
        let mend = match word {
            "=" if self.expects(Rule::compare) => "==",
            "==" | ":" if self.expects(Rule::assign) => "=",
            "&&" | "&" => "and",
            "||" | "|" => "or",
            "!" => "not",
            "=" if self.expects(Rule::colon) => ":",
            "," | ">" if self.expects(Rule::weaker) => "<",
            "is" if self.expects(Rule::compare) => "==",
            "matches" if self.expects(Rule::kw_like) => "like",
            _ => return None,
        };
        let message = format!("`{word}` has no meaning here");
        let diagnostic = Diagnostic::error("unknown-operator", self.span(found), message);
        Some(diagnostic.with_help(format!("write `{mend}`")).with_replacement(mend))
    }

    fn after_label(&self, found: Token, word: &str) -> Option<Diagnostic> {
        let is_label = self.expects(Rule::kw_allow) && self.expects(Rule::kw_deny);
        if !is_label || !words::begins_statement(word) {
            return None;
        }
        let end = self.text.get(..found.start).unwrap_or("").trim_end().len();
        let label = span(self.file, self.slice.start, end);
        let diagnostic = Diagnostic::error("label-of-no-rule", self.span(found), "only a rule can have a label")
            .with_related(label, "this label")
            .with_help("remove the label");
        Some(diagnostic)
    }

    /// A name that ends with a dot or has two.
    fn dot(&self, found: Token, word: &str) -> Option<Diagnostic> {
        let previous = self.previous()?;
        let touches = previous.end == found.start && previous.kind == TokenKind::Word;
        (touches && matches!(word, "." | "..")).then(|| {
            Diagnostic::error("invalid-name", self.span(found), "a name has no `..` and no dot at its end")
                .with_help("remove the dot, or put the name in double quotes")
        })
    }

    /// A comma with nothing behind it, or nothing before it.
    fn dangling_comma(&self) -> Option<Diagnostic> {
        let found = self.found();
        let word = found.map(|token| token.text(self.text));
        let ends =
            word.is_none_or(|word| matches!(word, "," | "}" | ")")) || found.is_some_and(|found| self.is_clause(found));
        let (comma, message) = if self.is_previous(&[","]) && ends {
            (self.previous()?, "nothing stands behind this `,`")
        } else if word == Some(",") && self.expects_name() {
            (found?, "nothing stands before this `,`")
        } else {
            return None;
        };
        let help = "remove the comma, or write the name that is missing";
        Some(Diagnostic::error("empty-name", self.span(comma), message).with_help(help))
    }

    fn stands_alone(&self, found: Token, word: &str) -> Option<Diagnostic> {
        let alone = ["anyone", "authenticated"];
        let (who, place) = if alone.contains(&word) && self.is_previous(&[",", "except"]) {
            (word, found)
        } else if word == "," && self.is_previous(&alone) {
            (self.previous()?.text(self.text), self.previous()?)
        } else {
            return None;
        };
        let message = format!("`{who}` stands alone, neither in a list nor after `except`");
        let diagnostic = Diagnostic::error("stands-alone", self.span(place), message);
        let whole = if self.is_assertion() { "an assertion" } else { "a rule" };
        Some(diagnostic.with_help(format!("write {whole} of its own for `{who}`")))
    }

    fn reserved(&self, found: Token, word: &str) -> Option<Diagnostic> {
        let is_name = self.expects_name() && found.kind == TokenKind::Word && words::is_reserved(word);
        if !is_name || self.is_clause(found) {
            return None;
        }
        let diagnostic = statement::reserved_word(self.span(found), word);
        let is_kind = matches!(word, "identity" | "group" | "room" | "network" | "action" | "identities");
        if is_kind && self.expected.iter().any(|rule| matches!(rule, Rule::subjects | Rule::rooms | Rule::address)) {
            let help = format!("leave it out, or if it is meant as a name, write `\"{word}\"`");
            return Some(Diagnostic { replacement: None, ..diagnostic }.with_help(help));
        }
        Some(diagnostic)
    }

    /// Whether a token where a name is missing is surely meant as the word that it is.
    fn is_clause(&self, token: Token) -> bool {
        let is_attribute = matches!(self.text.as_bytes().get(token.end), Some(b':' | b'?'));
        let is_clause = matches!(
            token.text(self.text),
            "to" | "from"
                | "with"
                | "without"
                | "within"
                | "when"
                | "unless"
                | "because"
                | "except"
                | "at"
                | "has"
                | "have"
                | "in"
                | "is"
                | "and"
                | "or"
                | "not"
                | "like"
                | "where"
                | "claimed"
                | "expect"
        );
        is_clause && !is_attribute
    }

    /// A word that is nearly one of those expected.
    fn misspelt(&self, found: Token, word: &str) -> Option<Diagnostic> {
        if found.kind != TokenKind::Word || words::is_reserved(word) {
            return None;
        }
        let mut candidates: Vec<String> = self.expected.iter().filter_map(|&rule| expected::word(rule)).collect();
        if self.expects(Rule::strength) {
            candidates.extend(["with".to_owned(), "without".to_owned()]);
        }
        let nearest = suggest::nearest(word, candidates.iter().map(String::as_str))?.to_owned();
        let diagnostic = self.sentence(self.span(found), &format!("`{word}`"));
        Some(diagnostic.with_help(format!("did you mean `{nearest}`?")).with_replacement(nearest))
    }

    fn missing_comma(&self, found: Token, word: &str) -> Option<Diagnostic> {
        let previous = self.previous()?;
        let is_free = |token: Token| token.kind != TokenKind::Word || !words::is_reserved(token.text(self.text));
        let is_item = |token: Token| {
            use TokenKind::{Address, Number, Path, Text, Word};
            matches!(token.kind, Word | Text | Address | Number | Path)
        };
        let in_braces = self.expects(Rule::close_brace);
        let is_missing = self.expects(Rule::comma)
            && is_item(found)
            && is_free(found)
            && is_item(previous)
            && (is_free(previous) || in_braces);
        let (left, right) = (brief(previous.text(self.text)), brief(word));
        is_missing.then(|| {
            let message = format!("expected `,` between `{left}` and `{right}`");
            Diagnostic::error("missing-comma", self.span(found), message)
                .with_help(format!("write `{left}, {right}`"))
                .with_replacement(format!(", {word}"))
        })
    }
}

/// Enough of a long token to know it again.
fn brief(word: &str) -> String {
    if word.chars().count() <= 40 {
        return word.to_owned();
    }
    let start: String = word.chars().take(39).collect();
    format!("{start}…")
}

/// Whether a word is an action of every policy, or looks like a method.
fn is_action(word: &str) -> bool {
    matches!(word, "read" | "use" | "write") || (word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_uppercase()))
}
