//! What the grammar stumbled over, in the author's language.
//!
//! Pest tells the furthest place that it reached and the rules that would have led on. Here that becomes a sentence
//! with a mend: first what people are known to write by mistake, then the plain "expected …, found …".

use doorward_grammar::Rule;
use pest::error::{Error, ErrorVariant, InputLocation};

use crate::diagnostic::Diagnostic;
use crate::lex::{Lexer, Token, TokenKind};
use crate::source::{FileId, Span};
use crate::split::Slice;
use crate::suggest;
use crate::text::span;
use crate::words;

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

    /// The word at which a misspelt statement begins, if that is what happened: it begins a line of its own within the
    /// slice, and is like a word that begins a statement.
    pub(crate) fn misspelt_statement(&self) -> Option<Token> {
        let found = self.found()?;
        let word = found.text(self.text);
        let is_new = found.kind == TokenKind::Word && found.first_on_line && found.start > self.slice.start;
        let is_name = !words::is_reserved(word) && nearest_statement(word).is_some() && self.expects(Rule::EOI);
        (is_new && is_name && self.nearest_expected(word).is_none()).then_some(found)
    }

    /// The finding.
    pub(crate) fn explain(&self) -> Diagnostic {
        let Some(found) = self.found() else { return self.plain() };
        let word = found.text(self.text);
        if self.at == self.slice.start && !self.expects(Rule::kw_expect) {
            return self.no_statement(found, word);
        }
        let known = self
            .operator(found, word)
            .or_else(|| self.after_label(found, word))
            .or_else(|| self.dot(found, word))
            .or_else(|| self.dangling_comma(found))
            .or_else(|| self.reserved(found, word))
            .or_else(|| self.misspelt(found, word))
            .or_else(|| self.missing_comma(found, word));
        known.unwrap_or_else(|| self.plain())
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

    fn expects(&self, rule: Rule) -> bool {
        self.expected.contains(&rule)
    }

    fn expects_name(&self) -> bool {
        self.expects(Rule::bare) || self.expects(Rule::bare_key)
    }

    fn span(&self, token: Token) -> Span {
        span(self.file, token.start, token.end)
    }

    fn nearest_expected(&self, word: &str) -> Option<String> {
        let keywords: Vec<String> = self.expected.iter().filter_map(|&rule| keyword(rule)).collect();
        suggest::nearest(word, keywords.iter().map(String::as_str)).map(str::to_owned)
    }

    /// The plain sentence.
    fn plain(&self) -> Diagnostic {
        let expected = list(&self.expected);
        let found = self.found();
        let (place, what) = match found {
            Some(token) => (self.span(token), format!("`{}`", brief(token.text(self.text)))),
            None => {
                let end = self.slice.end;
                let next = Lexer::new(self.text, end).significant();
                let what = match next {
                    Some(token) if token.text(self.text) == "}" => "`}`",
                    Some(_) => "the next statement",
                    None => "the end of the file",
                };
                (span(self.file, end, end), what.to_owned())
            }
        };
        if expected.is_empty() {
            return Diagnostic::error("syntax", place, format!("unexpected {what}"));
        }
        let diagnostic = Diagnostic::error("syntax", place, format!("expected {expected}, found {what}"));
        match found.map(|token| (token.kind, token.text(self.text))) {
            Some((TokenKind::Word, "expect")) => diagnostic.with_help("an `expect` stands in `test \"…\" { }`"),
            Some((TokenKind::Number, _)) if self.expects(Rule::duration) => {
                diagnostic.with_help("a duration is a number and a unit without a space: `90s`, `15m`, `2h`, `7d`")
            }
            Some((_, "*" | "**")) => diagnostic.with_help("a pattern begins with `/`: `/**` is everything"),
            Some((TokenKind::Path, path)) if self.expects(Rule::EOI) => {
                diagnostic.with_help(format!("actions come before rooms: `to use {path}`, or a `,` between rooms"))
            }
            _ => diagnostic,
        }
    }

    fn no_statement(&self, found: Token, word: &str) -> Diagnostic {
        let place = self.span(found);
        let is_label = self.text.as_bytes().get(found.end) == Some(&b':');
        if is_label && words::is_reserved(word) {
            return reserved_word(place, word);
        }
        if word == "assert" {
            return Diagnostic::error("reserved-statement", place, "`assert` is reserved for a later version")
                .with_help("state what should hold as examples in a `test \"…\" { }`");
        }
        if found.kind != TokenKind::Word {
            return Diagnostic::error("unknown-statement", place, format!("no statement begins with `{}`", brief(word)))
                .with_help("a statement begins with its word, such as `allow`, or with a rule's label");
        }
        unknown_statement(place, word)
    }

    /// `=` for `==`, `&&` for `and`, and their kind.
    fn operator(&self, found: Token, word: &str) -> Option<Diagnostic> {
        let mend = match word {
            "=" if self.expects(Rule::compare) => "==",
            "==" if self.expects(Rule::assign) => "=",
            "&&" | "&" => "and",
            "||" | "|" => "or",
            "!" => "not",
            ":" if self.expects(Rule::assign) => "=",
            "=" if self.expects(Rule::colon) => ":",
            "is" if self.expects(Rule::compare) => "==",
            "matches" if self.expects(Rule::kw_like) => "like",
            _ => return None,
        };
        let message = format!("`{word}` has no meaning here");
        let diagnostic = Diagnostic::error("unknown-operator", self.span(found), message);
        Some(diagnostic.with_help(format!("write `{mend}`")).with_replacement(mend))
    }

    fn after_label(&self, found: Token, word: &str) -> Option<Diagnostic> {
        if !(self.expects(Rule::kw_allow) && self.expects(Rule::kw_deny)) {
            return None;
        }
        if words::begins_statement(word) {
            let label = span(self.file, self.slice.start, self.at);
            let diagnostic = Diagnostic::error("label-of-no-rule", self.span(found), "only a rule can have a label")
                .with_related(label, "this label")
                .with_help("remove the label");
            return Some(diagnostic);
        }
        self.misspelt(found, word)
    }

    /// A name that ends with a dot or has two.
    fn dot(&self, found: Token, word: &str) -> Option<Diagnostic> {
        let previous = self.previous()?;
        let touches = previous.end == found.start && previous.kind == TokenKind::Word;
        if !touches || !matches!(word, "." | "..") {
            return None;
        }
        let diagnostic = Diagnostic::error("invalid-name", self.span(found), "a name has no `..` and no dot at its end");
        Some(diagnostic.with_help("remove the dot, or put the name in double quotes"))
    }

    /// A comma with nothing behind it.
    fn dangling_comma(&self, found: Token) -> Option<Diagnostic> {
        let previous = self.previous()?;
        if previous.text(self.text) != "," && !(found.text(self.text) == "," && self.expects_name()) {
            return None;
        }
        let word = found.text(self.text);
        let ends = matches!(word, "," | "}" | ")") || (words::is_reserved(word) && !self.is_meant_as_name(word));
        let comma = if word == "," { found } else { previous };
        ends.then(|| {
            Diagnostic::error("empty-name", self.span(comma), format!("nothing stands between this `,` and {}", match word {
                "," if previous.text(self.text) == "," => "the one before it".to_owned(),
                "," => format!("`{}`", brief(previous.text(self.text))),
                word => format!("`{word}`"),
            }))
            .with_help("remove the comma, or write the name that is missing")
        })
    }

    /// Whether a reserved word stands where a name must, and cannot have been meant as itself.
    fn is_meant_as_name(&self, word: &str) -> bool {
        !matches!(
            word,
            "to" | "from" | "with" | "without" | "within" | "when" | "unless" | "because" | "except" | "at" | "has"
                | "have" | "in" | "is" | "and" | "or" | "not" | "like" | "where" | "claimed" | "expect"
        )
    }

    fn reserved(&self, found: Token, word: &str) -> Option<Diagnostic> {
        let is_name = self.expects_name() && found.kind == TokenKind::Word && words::is_reserved(word);
        if is_name && matches!(word, "anyone" | "authenticated") {
            let message = format!("`{word}` stands alone, and not after `except`");
            return Some(Diagnostic::error("stands-alone", self.span(found), message)
                .with_help("write a rule of its own for it"));
        }
        (is_name && self.is_meant_as_name(word)).then(|| reserved_word(self.span(found), word))
    }

    fn misspelt(&self, found: Token, word: &str) -> Option<Diagnostic> {
        if found.kind != TokenKind::Word || words::is_reserved(word) {
            return None;
        }
        let nearest = self.nearest_expected(word)?;
        let message = format!("expected {}, found `{word}`", list(&self.expected));
        Some(
            Diagnostic::error("syntax", self.span(found), message)
                .with_help(format!("did you mean `{nearest}`?"))
                .with_replacement(nearest),
        )
    }

    fn missing_comma(&self, found: Token, word: &str) -> Option<Diagnostic> {
        let previous = self.previous()?;
        let is_item = |token: Token| {
            let is_free = token.kind != TokenKind::Word || !words::is_reserved(token.text(self.text));
            let has_kind = matches!(
                token.kind,
                TokenKind::Word | TokenKind::Text | TokenKind::Address | TokenKind::Number | TokenKind::Path
            );
            is_free && has_kind
        };
        if previous.text(self.text) == "anyone" || previous.text(self.text) == "authenticated" {
            return None;
        }
        if !self.expects(Rule::comma) || !is_item(found) || !is_item(previous) {
            return None;
        }
        let (left, right) = (brief(previous.text(self.text)), brief(word));
        let message = format!("expected `,` between `{left}` and `{right}`");
        let diagnostic = Diagnostic::error("missing-comma", self.span(found), message);
        Some(diagnostic.with_help(format!("write `{left}, {right}`")).with_replacement(format!(", {word}")))
    }
}

/// The finding about a statement that begins with an unknown word.
pub(crate) fn unknown_statement(place: Span, word: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error("unknown-statement", place, format!("unknown statement `{}`", brief(word)));
    let elsewhere = match word {
        "permit" | "grant" | "let" => Some("allow"),
        "forbid" | "block" | "reject" | "refuse" => Some("deny"),
        "user" | "users" | "subject" | "principal" => Some("identity"),
        "role" | "team" => Some("group"),
        "net" | "cidr" => Some("network"),
        "resource" | "path" => Some("room"),
        "import" | "use" => Some("include"),
        "expect" => return diagnostic.with_help("an `expect` stands in `test \"…\" { }`"),
        _ => None,
    };
    match elsewhere.or_else(|| nearest_statement(word)) {
        Some(nearest) => diagnostic.with_help(format!("did you mean `{nearest}`?")).with_replacement(nearest),
        None => diagnostic.with_help("a statement begins with its word, such as `allow`, or with a rule's label"),
    }
}

fn nearest_statement(word: &str) -> Option<&'static str> {
    suggest::nearest(word, words::STATEMENTS.into_iter().filter(|&known| known != "assert"))
}

fn reserved_word(place: Span, word: &str) -> Diagnostic {
    Diagnostic::error("reserved-word", place, format!("`{word}` is a reserved word"))
        .with_help(format!("as a name it stands in double quotes: `\"{word}\"`"))
        .with_replacement(format!("\"{word}\""))
}

/// The word that a rule of the grammar stands for, if it stands for one.
fn keyword(rule: Rule) -> Option<String> {
    let name = format!("{rule:?}");
    name.strip_prefix("kw_").map(|word| word.replace('_', "-"))
}

/// What would have led on, as a list; empty if nothing is known.
fn list(expected: &[Rule]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let has = |rule| expected.contains(&rule);
    let is_operand = has(Rule::reference) && has(Rule::int);
    if is_operand {
        parts.push(if has(Rule::open_paren) || has(Rule::kw_not) { "a condition" } else { "a value" }.to_owned());
    }
    let mut words = Vec::new();
    let mut end = false;
    for &rule in expected {
        match rule {
            Rule::EOI => end = true,
            _ if is_operand && is_part_of_operand(rule) => {}
            rule => match keyword(rule) {
                Some(word) => words.push(format!("`{word}`")),
                None => parts.extend(phrase(rule).map(str::to_owned)),
            },
        }
    }
    parts.extend(words);
    if end {
        parts.push("the next statement".to_owned());
    }
    let mut unique: Vec<String> = Vec::new();
    for part in parts {
        if !unique.contains(&part) {
            unique.push(part);
        }
    }
    match unique.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, [first])) => format!("{first} or {last}"),
        Some((last, rest)) => format!("{}, or {last}", rest.join(", ")),
    }
}

/// Whether an operand or a condition may begin with that.
fn is_part_of_operand(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::reference
            | Rule::kw_identity
            | Rule::kw_address
            | Rule::kw_time
            | Rule::kw_day
            | Rule::kw_room
            | Rule::kw_context
            | Rule::kw_not
            | Rule::kw_true
            | Rule::kw_false
            | Rule::open_brace
            | Rule::open_paren
            | Rule::quoted
            | Rule::instant
            | Rule::window
            | Rule::address
            | Rule::int
            | Rule::days
            | Rule::bare
            | Rule::time_since
            | Rule::has_test
            | Rule::set
            | Rule::expr
    )
}

/// What a rule of the grammar that is no word is called; nothing for rules that are no help.
fn phrase(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::actions => "an action",
        Rule::address => "an address",
        Rule::assign => "`=`",
        Rule::any_word | Rule::bare | Rule::bare_key | Rule::type_name if rule == Rule::type_name => "a type",
        Rule::any_word | Rule::bare | Rule::bare_key => "a name",
        Rule::attribute | Rule::recorded => "an attribute",
        Rule::binding | Rule::reference => "an attribute such as `room.x`",
        Rule::close_brace => "`}`",
        Rule::close_paren => "`)`",
        Rule::colon => "`:`",
        Rule::comma => "`,`",
        Rule::compare => "a comparison",
        Rule::days => "a range of days",
        Rule::duration => "a duration",
        Rule::expr => "a condition",
        Rule::has_test | Rule::time_since => "a condition",
        Rule::instant => "an instant",
        Rule::int => "a number",
        Rule::minus => "`-`",
        Rule::n401 => "`401`",
        Rule::n403 => "`403`",
        Rule::open_brace | Rule::record | Rule::schema => "`{`",
        Rule::open_paren => "`(`",
        Rule::optional => "`?`",
        Rule::path => "a path",
        Rule::quoted => "a text in double quotes",
        Rule::rooms => "a room",
        Rule::set => "a set",
        Rule::status => "a status",
        Rule::subjects => "`anyone`, `authenticated` or a name",
        Rule::from_file => "`from`",
        Rule::weaker => "`<`",
        Rule::window => "a window",
        Rule::zone => "a time zone",
        // The clauses, where none of their words has been read.
        Rule::because => "`because`",
        Rule::origins | Rule::x_from => "`from`",
        Rule::strength => "`with`",
        Rule::target => "`to`",
        Rule::unless => "`unless`",
        Rule::when => "`when`",
        Rule::x_at => "`at`",
        Rule::x_in => "`in`",
        Rule::x_where => "`where`",
        Rule::x_with => "`with`",
        _ => return None,
    })
}

/// Enough of a long token to know it again.
fn brief(word: &str) -> String {
    if word.chars().count() <= 40 {
        return word.to_owned();
    }
    let start: String = word.chars().take(39).collect();
    format!("{start}…")
}
