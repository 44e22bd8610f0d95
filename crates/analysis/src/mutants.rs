//! Small faults in a policy, each as somebody could make it: a word too few, a word in place of another.
//!
//! Comes in: a syntax tree. Goes out: every such fault, with what was written and what would stand there. Whether the tree
//! with it is a policy at all, and whether anything notices, is not known here.

mod expr; // in conditions

mod rule;

use std::fmt;

use doorward_model as model;
use doorward_model::address::Prefix;
use doorward_model::expect::expect_line;
use doorward_syntax::ast::{
    GroupKind, Name, NetworkKind, OriginItem, OriginItemKind, Policy, RoomItem, SmolStr, Statement, StatementKind,
};
use doorward_syntax::{Sources, Span, print};

/// One small fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutant {
    /// Where it would be made: what is left out, or what something else stands for.
    pub span: Span,
    /// What is written there, on one line.
    pub written: String,
    /// What would stand there; `None` for nothing.
    pub instead: Option<String>,
    // Which file, and which of its statements.
    at: (usize, usize),
    // INVARIANT: what becomes of the statement; `None` if it is left out.
    statement: Option<StatementKind>,
}

impl Mutant {
    /// The policy with this fault. It must be the one that the fault was found for.
    #[must_use]
    pub fn apply(&self, policy: &Policy) -> Policy {
        let mut policy = policy.clone();
        let (file, statement) = self.at;
        let Some(file) = policy.files.get_mut(file) else { return policy };
        match (&self.statement, file.statements.get_mut(statement)) {
            (Some(kind), Some(statement)) => statement.kind = kind.clone(),
            (None, Some(_)) => drop(file.statements.remove(statement)),
            (_, None) => {}
        }
        policy
    }
}

/// What is done, in the words of the language: ``drop `except guests` ``, or `` `or` instead of `and` ``.
impl fmt::Display for Mutant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { written, instead, .. } = self;
        match instead {
            None => write!(formatter, "drop `{written}`"),
            Some(instead) => write!(formatter, "`{instead}` instead of `{written}`"),
        }
    }
}

/// Every small fault that can be made in a policy, in the order of the text.
///
/// A rule is left out, or its effect is the other one; an item is left out of a list in which others remain; an `except`,
/// `with`, `without`, `within`, `from`, `when` or `unless` is left out; a level is one lower, a prefix a bit shorter or
/// longer, an `and` an `or`; a condition is negated, one of several left out; a comparison takes in its boundary or no
/// longer does; a window ends an hour later, a range of days a day later. An `answer` statement is left out, and so is an
/// attribute that an identity is recorded with. Lists from files are left as they are, and so are tests, assertions, the
/// order of levels, what attributes there are and of which types, the time zone, and challenges and what is concealed, of
/// which no verdict tells.
///
/// # Example
/// ```
/// let parsed = doorward_syntax::parse("allow anyone to read / from 10.0.0.0/8");
/// let found = doorward_analysis::mutants(&parsed.policy, &parsed.sources);
/// let told: Vec<String> = found.iter().map(ToString::to_string).collect();
/// assert_eq!(told[1..], [
///     "`deny` instead of `allow`",
///     "drop `from 10.0.0.0/8`",
///     "`10.0.0.0/7` instead of `10.0.0.0/8`",
///     "`10.0.0.0/9` instead of `10.0.0.0/8`",
/// ]);
/// ```
#[must_use]
pub fn mutants(policy: &Policy, sources: &Sources) -> Vec<Mutant> {
    let levels = policy.statements().find_map(|statement| match &statement.kind {
        StatementKind::Assurance(levels) => Some(levels.as_slice()),
        _ => None,
    });
    let mut all = Vec::new();
    for (file, it) in policy.files.iter().enumerate() {
        for (number, statement) in it.statements.iter().enumerate() {
            let mut maker =
                Maker { sources, levels: levels.unwrap_or_default(), at: (file, number), found: Vec::new() };
            maker.statement(statement);
            all.extend(maker.found);
        }
    }
    all
}

/// A request as an `expect` line of one policy that tells it from the other: with all that matters to either.
#[must_use]
pub fn telling_line(of: &model::Policy, other: &model::Policy, request: &model::Request<'_>, status: u16) -> String {
    let [line, with_more] = [of, other].map(|policy| expect_line(policy, request, status));
    // What one of them records may be a claim to the other. An age that is not known is best told by the one that asks.
    let given = |line: &str| line.split_once(" where ").map_or(0, |(_, bindings)| bindings.len());
    let is_more = given(&with_more) > given(&line) && !with_more.contains('#');
    if is_more { with_more } else { line }
}

/// Makes the faults of one statement.
struct Maker<'a> {
    sources: &'a Sources,
    /// Weakest first.
    levels: &'a [Name],
    at: (usize, usize),
    found: Vec<Mutant>,
}

impl Maker<'_> {
    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Rule(rule) => self.rule(rule, statement.span),
            StatementKind::Answer(_) => self.add(statement.span, None, None),
            StatementKind::Action(action) => {
                let methods = action.methods.as_deref().unwrap_or_default();
                self.shorter(
                    methods,
                    |name| name.span,
                    |methods| {
                        let mut action = action.clone();
                        action.methods = Some(methods);
                        StatementKind::Action(action)
                    },
                );
            }
            StatementKind::Group(group) => {
                let GroupKind::Listed(members) = &group.kind else { return };
                self.shorter(
                    members,
                    |name| name.span,
                    |members| {
                        let mut group = group.clone();
                        group.kind = GroupKind::Listed(members);
                        StatementKind::Group(group)
                    },
                );
            }
            StatementKind::Identity(identity) => {
                for (index, recorded) in identity.attributes.iter().enumerate() {
                    let mut identity = identity.clone();
                    identity.attributes.remove(index);
                    let span = recorded.name.span.to(recorded.value.span);
                    self.add(span, None, Some(StatementKind::Identity(identity)));
                }
            }
            StatementKind::Network(network) => {
                let NetworkKind::Listed(items) = &network.kind else { return };
                let with = |items: Vec<OriginItem>| {
                    let mut network = network.clone();
                    network.kind = NetworkKind::Listed(items);
                    StatementKind::Network(network)
                };
                self.shorter(items, |item| item.span, with);
                self.prefixes(items, with);
            }
            StatementKind::Room(room) => {
                self.shorter(
                    &room.patterns,
                    |item| item.span,
                    |patterns| {
                        let mut room = room.clone();
                        room.patterns = patterns;
                        StatementKind::Room(room)
                    },
                );
            }
            StatementKind::Assertion(_)
            | StatementKind::Assurance(_)
            | StatementKind::Challenge(_)
            | StatementKind::Conceal(_)
            | StatementKind::ContextHas(_)
            | StatementKind::IdentitiesHave(_)
            | StatementKind::Include(_)
            | StatementKind::Test(_)
            | StatementKind::Timezone(_) => {}
        }
    }

    /// A fault at what a span covers.
    fn add(&mut self, span: Span, instead: Option<String>, statement: Option<StatementKind>) {
        self.add_as(span, self.sources.one_line(span), instead, statement);
    }

    /// A fault at what is written so.
    fn add_as(&mut self, span: Span, written: String, instead: Option<String>, statement: Option<StatementKind>) {
        self.found.push(Mutant { span, written, instead, at: self.at, statement });
    }

    /// Leaves each item of a list out, where others remain.
    fn shorter<T: Clone>(&mut self, items: &[T], span: impl Fn(&T) -> Span, with: impl Fn(Vec<T>) -> StatementKind) {
        if items.len() < 2 {
            return;
        }
        for (index, item) in items.iter().enumerate() {
            self.add(span(item), None, Some(with(without(items, index))));
        }
    }

    /// Leaves each item of a list after `except` out, and if there are several all of them.
    fn fewer_exceptions<T: Clone>(
        &mut self,
        items: &[T],
        span: impl Fn(&T) -> Span,
        with: impl Fn(Vec<T>) -> StatementKind,
    ) {
        let (Some(first), Some(last)) = (items.first(), items.last()) else { return };
        let whole = span(first).to(span(last));
        let written = format!("except {}", self.sources.one_line(whole));
        self.add_as(whole, written, None, Some(with(Vec::new())));
        self.shorter(items, span, with);
    }

    /// Makes each prefix of a list a bit shorter, and a bit longer.
    fn prefixes(&mut self, items: &[OriginItem], with: impl Fn(Vec<OriginItem>) -> StatementKind) {
        for (index, item) in items.iter().enumerate() {
            let OriginItemKind::Address(text) = &item.kind else { continue };
            for other in beside(text) {
                let mut items = items.to_vec();
                if let Some(item) = items.get_mut(index) {
                    item.kind = OriginItemKind::Address(other.clone());
                }
                self.add(item.span, Some(other.to_string()), Some(with(items)));
            }
        }
    }
}

/// The list without one of its items.
fn without<T: Clone>(items: &[T], index: usize) -> Vec<T> {
    items.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, item)| item.clone()).collect()
}

/// The prefix that is a bit shorter, and the first of those that are a bit longer.
fn beside(text: &str) -> Vec<SmolStr> {
    let Ok(prefix) = Prefix::parse(text) else { return Vec::new() };
    let lengths = [prefix.length().checked_sub(1), prefix.length().checked_add(1)];
    let others = lengths.into_iter().flatten().filter_map(|length| Prefix::around(prefix.network(), length));
    others.map(|other| other.to_string().into()).collect()
}

fn span_of(item: &RoomItem) -> Span {
    item.span
}

/// How an expression is written.
fn printed(expr: &doorward_syntax::ast::Expr) -> String {
    print::expr(expr)
}
