//! The plain statements of which large policies are made, read without the grammar.
//!
//! Matching a statement with pest takes about ten times as long as reading its tokens, and nearly all statements of a
//! large policy are plain: rules of bare names, paths, addresses and short conditions, and lists of bare names; and so are
//! most expectations of its tests. Those are read here. Whatever is not quite plain — a quoted name, a bracket, an escape, a clause that stands twice — and
//! whatever is wrong is left to the grammar, which alone says what an error is. What is read here the grammar reads
//! alike, spans included, as a test of generated statements shows.

mod expectation;
mod expr;

use crate::ast::{
    Duration, Effect, Expectation, GroupDecl, GroupKind, IdentityDecl, IdentityKind, Name, NetworkDecl, NetworkKind,
    OriginItem, OriginItemKind, Origins, RoomDecl, RoomItem, RoomItemKind, Rooms, Rule, SmolStr, Statement,
    StatementKind, Strength, Subjects, Target, Text, Who,
};
use crate::build::seconds;
use crate::lex::{Lexer, Token, TokenKind};
use crate::source::{FileId, Span};
use crate::split::Slice;
use crate::text::span;
use crate::words;

/// The statement in a slice of `text`, which is file number `file` and free of forbidden characters; `None` if the
/// grammar has to be asked.
pub(crate) fn statement(text: &str, file: FileId, slice: Slice) -> Option<Statement> {
    let mut reader = Reader { text, file, lexer: Lexer::new(text, slice.start), end: slice.end, next: None, last: 0 };
    reader.advance();
    let kind = reader.kind()?;
    let whole = reader.next.is_none().then(|| reader.span(slice.start))?;
    Some(Statement { kind, span: whole })
}

/// The same of an expectation of a test.
pub(crate) fn expectation(text: &str, file: FileId, slice: Slice) -> Option<Expectation> {
    let mut reader = Reader { text, file, lexer: Lexer::new(text, slice.start), end: slice.end, next: None, last: 0 };
    reader.advance();
    reader.expectation()
}

/// Reads the tokens of one statement, one ahead.
struct Reader<'a> {
    text: &'a str,
    file: FileId,
    lexer: Lexer<'a>,
    /// The byte after the statement.
    end: usize,
    /// The token that is next; `None` at the end of the statement.
    next: Option<Token>,
    /// The byte after the last token that was read.
    last: usize,
}

impl<'a> Reader<'a> {
    fn advance(&mut self) {
        self.next = self.lexer.significant().filter(|token| token.start < self.end);
    }

    /// Reads the next token.
    fn take(&mut self) -> Option<Token> {
        let token = self.next?;
        self.last = token.end;
        self.advance();
        Some(token)
    }

    /// Reads the next token if it is a word, an operator or a mark with that text.
    fn take_if(&mut self, text: &str) -> bool {
        let found = self.next.is_some_and(|token| {
            matches!(token.kind, TokenKind::Punctuation | TokenKind::Word) && token.text(self.text) == text
        });
        if found {
            self.take();
        }
        found
    }

    /// The next token's text, if it is a word.
    fn word(&self) -> Option<&'a str> {
        self.next.filter(|token| token.kind == TokenKind::Word).map(|token| token.text(self.text))
    }

    /// The byte directly behind a token.
    fn behind(&self, token: Token) -> Option<u8> {
        self.text.as_bytes().get(token.end).copied()
    }

    /// From a byte to the end of the last token that was read.
    fn span(&self, start: usize) -> Span {
        span(self.file, start, self.last)
    }

    fn kind(&mut self) -> Option<StatementKind> {
        match self.word()? {
            "group" => {
                self.take();
                let name = self.name()?;
                let members = self.take_if("=").then(|| self.list(Self::name))??;
                Some(StatementKind::Group(GroupDecl { name, kind: GroupKind::Listed(members) }))
            }
            "identity" => {
                self.take();
                let kind = IdentityKind::Listed(self.list(Self::name)?);
                Some(StatementKind::Identity(IdentityDecl { kind, attributes: Vec::new() }))
            }
            "network" => {
                self.take();
                let name = self.name()?;
                let items = self.take_if("=").then(|| self.list(Self::origin))??;
                Some(StatementKind::Network(NetworkDecl { name, kind: NetworkKind::Listed(items) }))
            }
            "room" => {
                self.take();
                let name = self.name()?;
                let patterns = self.take_if("at").then(|| self.list(Self::pattern))??;
                Some(StatementKind::Room(RoomDecl { name, patterns, attributes: Vec::new() }))
            }
            _ => self.rule().map(|rule| StatementKind::Rule(Box::new(rule))),
        }
    }

    fn rule(&mut self) -> Option<Rule> {
        let label = match self.next.filter(|token| self.behind(*token) == Some(b':')) {
            Some(token) => {
                let label = self.word().filter(|word| !words::is_reserved(word))?;
                self.take();
                let label = Name { text: label.into(), quoted: false, span: self.span(token.start) };
                self.take_if(":").then_some(Some(label))?
            }
            None => None,
        };
        let effect = match self.word()? {
            "allow" => Effect::Allow,
            "deny" => Effect::Deny,
            _ => return None,
        };
        let effect_token = self.take()?;
        let mut rule = Rule {
            label,
            effect,
            effect_span: self.span(effect_token.start),
            subjects: self.subjects()?,
            strength: None,
            target: None,
            origins: None,
            when: None,
            unless: None,
            because: None,
        };
        while self.next.is_some() {
            self.clause(&mut rule)?;
        }
        Some(rule)
    }

    /// Reads a clause that the rule does not have yet.
    fn clause(&mut self, rule: &mut Rule) -> Option<()> {
        let word = self.word()?;
        let start = self.take()?.start;
        match word {
            "with" | "without" => {
                let level = if self.take_if("any") { None } else { Some(self.name()?) };
                let within = if self.take_if("within") { Some(self.duration()?) } else { None };
                if level.is_none() && within.is_none() {
                    return None;
                }
                let strength = Strength { negated: word == "without", level, within, span: self.span(start) };
                place(&mut rule.strength, Box::new(strength))
            }
            "to" => {
                let actions = self.list(Self::verb)?;
                let has_rooms = match self.next.map(|token| token.kind) {
                    Some(TokenKind::Path) => true,
                    Some(TokenKind::Word) => !self.word().is_some_and(words::is_reserved),
                    _ => false,
                };
                let rooms = if has_rooms { Some(self.rooms()?) } else { None };
                let target = Target { actions, rooms, span: self.span(start) };
                place(&mut rule.target, target)
            }
            "from" => {
                let items = self.list(Self::origin)?;
                let except = self.except(Self::origin)?;
                let origins = Origins { items, except, span: self.span(start) };
                place(&mut rule.origins, origins)
            }
            "when" => {
                let expr = self.expr()?;
                place(&mut rule.when, Box::new(expr))
            }
            "unless" => {
                let expr = self.expr()?;
                place(&mut rule.unless, Box::new(expr))
            }
            "because" => {
                let because = self.quoted()?;
                place(&mut rule.because, Box::new(because))
            }
            _ => None,
        }
    }

    fn subjects(&mut self) -> Option<Subjects> {
        let start = self.next?.start;
        let who = if self.take_if("anyone") {
            Who::Anyone
        } else if self.take_if("authenticated") {
            Who::Authenticated
        } else {
            Who::Listed(self.list(Self::name)?)
        };
        let except = self.except(Self::name)?;
        Some(Subjects { who, except, span: self.span(start) })
    }

    fn rooms(&mut self) -> Option<Rooms> {
        let start = self.next?.start;
        let items = self.list(Self::room)?;
        let except = self.except(Self::room)?;
        Some(Rooms { items, except, span: self.span(start) })
    }

    /// One or more items with commas between them.
    fn list<T>(&mut self, item: fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        // Lists of more than one item seldom have only two, and are cut to size once.
        let mut items = vec![item(self)?];
        while self.take_if(",") {
            if items.len() == 1 {
                items.reserve(15);
            }
            items.push(item(self)?);
        }
        // Lists are kept as long as the tree is, and most are short.
        items.shrink_to_fit();
        Some(items)
    }

    /// What stands after `except`; nothing if the word is not next.
    fn except<T>(&mut self, item: fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        if self.take_if("except") { self.list(item) } else { Some(Vec::new()) }
    }

    /// A bare name.
    fn name(&mut self) -> Option<Name> {
        let word = self.word().filter(|word| !words::is_reserved(word))?;
        let token = self.take().filter(|token| self.behind(*token) != Some(b':'))?;
        Some(Name { text: word.into(), quoted: false, span: self.span(token.start) })
    }

    /// A bare name of an action, or `use`.
    fn verb(&mut self) -> Option<Name> {
        match self.next {
            Some(token) if token.text(self.text) == "use" => {
                self.take();
                Some(Name { text: SmolStr::new_static("use"), quoted: false, span: self.span(token.start) })
            }
            _ => self.name(),
        }
    }

    fn room(&mut self) -> Option<RoomItem> {
        if self.next?.kind == TokenKind::Path {
            return self.pattern();
        }
        let name = self.name()?;
        let span = name.span;
        Some(RoomItem { kind: RoomItemKind::Name(name), span })
    }

    fn pattern(&mut self) -> Option<RoomItem> {
        let token = self.take().filter(|token| token.kind == TokenKind::Path)?;
        let kind = RoomItemKind::Pattern(token.text(self.text).into());
        Some(RoomItem { kind, span: self.span(token.start) })
    }

    fn origin(&mut self) -> Option<OriginItem> {
        if self.next?.kind == TokenKind::Word {
            let name = self.name()?;
            let span = name.span;
            return Some(OriginItem { kind: OriginItemKind::Name(name), span });
        }
        let token = self.take()?;
        let text = self.address(token)?;
        Some(OriginItem { kind: OriginItemKind::Address(text.into()), span: self.span(token.start) })
    }

    /// The text of a token that is an address or a prefix.
    fn address(&self, token: Token) -> Option<&'a str> {
        let text = token.text(self.text);
        let plain = match token.kind {
            TokenKind::Address => !text.contains('%'),
            TokenKind::Number => is_ipv4(text),
            _ => false,
        };
        (plain && !self.is_cut(token)).then_some(text)
    }

    /// Whether a token ends where the grammar would go on reading it.
    fn is_cut(&self, token: Token) -> bool {
        self.behind(token).is_some_and(|byte| words::is_word_byte(byte) || b".:+/%".contains(&byte))
    }

    fn duration(&mut self) -> Option<Duration> {
        let token = self.take().filter(|token| token.kind == TokenKind::Number)?;
        let raw = token.text(self.text);
        let digits = raw.strip_suffix(['s', 'm', 'h', 'd'])?;
        let seconds = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| seconds(raw))??;
        Some(Duration { seconds, span: self.span(token.start) })
    }

    /// A text in quotes without escapes.
    fn quoted(&mut self) -> Option<Text> {
        let token = self.take().filter(|token| token.kind == TokenKind::Text && self.behind(*token) != Some(b':'))?;
        let inner = token.text(self.text).strip_prefix('"')?.strip_suffix('"')?;
        let plain = !inner.contains(['\\', '"', '\r']);
        plain.then(|| Text { value: inner.to_owned(), span: self.span(token.start) })
    }
}

/// Puts a clause in its place; nothing if the place is taken.
fn place<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

/// Whether a run that begins with a digit or a minus has the shape of an IPv4 address or prefix, good or bad.
fn is_ipv4(text: &str) -> bool {
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    address.starts_with(|first: char| first.is_ascii_digit())
        && address.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && length.is_none_or(digits)
        && (length.is_some() || address.contains('.'))
}

#[cfg(test)]
mod tests;
