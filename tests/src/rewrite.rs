//! Policies taken apart and put together again: without a rule or a clause, in another order, without spans.

use doorward_proptest::policy::PolicyText;
use doorward_syntax::ast::{
    Expr, ExprKind, GroupKind, NetworkKind, Origins, Policy, Rule, Statement, StatementKind, Subjects, Target, Who,
};
use doorward_syntax::print;

/// The statements of a policy, each printed, one after the other. What is included stands there itself.
pub fn text<'s>(statements: impl IntoIterator<Item = &'s Statement>) -> String {
    let here = statements.into_iter().filter(|statement| !matches!(statement.kind, StatementKind::Include(_)));
    here.map(|statement| print::statement(statement) + "\n").collect()
}

/// A text that is all of the policy, with the lists of the policy that it was rewritten from.
fn with_lists(text: String, source: &PolicyText) -> PolicyText {
    // A list is named relative to the file naming it, which is another one now.
    let last = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    PolicyText { text, files: source.files.iter().map(|(path, list)| (last(path), list.clone())).collect() }
}

/// The policy as it is, all in one file.
#[must_use]
pub fn whole(source: &PolicyText, policy: &Policy) -> PolicyText {
    with_lists(text(policy.statements()), source)
}

/// The policy with another rule in place of the one of that number, or with none; all in one file.
#[must_use]
pub fn with_rule(
    source: &PolicyText,
    policy: &Policy,
    number: usize,
    change: impl FnOnce(&Rule) -> Option<Rule>,
) -> PolicyText {
    let mut change = Some(change);
    let mut seen = 0;
    let mut statements = Vec::new();
    for statement in policy.statements() {
        let StatementKind::Rule(rule) = &statement.kind else {
            statements.push(statement.clone());
            continue;
        };
        let changed = match change.take_if(|_| seen == number) {
            Some(change) => change(rule),
            None => Some((**rule).clone()),
        };
        seen += 1;
        statements
            .extend(changed.map(|rule| Statement { kind: StatementKind::Rule(Box::new(rule)), span: statement.span }));
    }
    with_lists(text(&statements), source)
}

/// The policy with these rules in place of its own, and without assertions and tests; all in one file.
#[must_use]
pub fn with_rules(source: &PolicyText, policy: &Policy, rules: &str) -> PolicyText {
    use StatementKind::{Assertion, Rule, Test};
    let kept = policy.statements().filter(|it| !matches!(it.kind, Assertion(_) | Rule(_) | Test(_)));
    with_lists(text(kept) + rules, source)
}

/// The rules of a policy, in the order of the text.
pub fn rules(policy: &Policy) -> impl Iterator<Item = &Rule> {
    policy.statements().filter_map(|statement| match &statement.kind {
        StatementKind::Rule(rule) => Some(&**rule),
        _ => None,
    })
}

/// The same policy with its statements, and the items of its lists, in another order for each `turn`; all in one
/// file.
#[must_use]
pub fn turned(source: &PolicyText, policy: &Policy, turn: usize) -> PolicyText {
    let mut statements: Vec<Statement> = policy.statements().cloned().collect();
    // Challenges are offered in the order of the text.
    let is_challenge = |statement: &Statement| matches!(statement.kind, StatementKind::Challenge(_));
    let (challenges, mut rest): (Vec<Statement>, Vec<Statement>) = statements.drain(..).partition(is_challenge);
    rotate(&mut rest, turn);
    for statement in &mut rest {
        match &mut statement.kind {
            StatementKind::Rule(rule) => {
                turn_subjects(&mut rule.subjects, turn);
                turn_clauses(rule.target.as_mut(), rule.origins.as_mut(), turn);
                rule.when.iter_mut().chain(&mut rule.unless).for_each(|expr| turn_expr(expr, turn));
            }
            StatementKind::Assertion(assertion) => {
                turn_subjects(&mut assertion.subjects, turn);
                turn_clauses(assertion.target.as_mut(), assertion.origins.as_mut(), turn);
                assertion.when.iter_mut().chain(&mut assertion.unless).for_each(|expr| turn_expr(expr, turn));
            }
            StatementKind::Group(group) => {
                if let GroupKind::Listed(members) = &mut group.kind {
                    rotate(members, turn);
                }
            }
            StatementKind::Network(network) => {
                if let NetworkKind::Listed(items) = &mut network.kind {
                    rotate(items, turn);
                }
            }
            StatementKind::Action(action) => action.methods.iter_mut().for_each(|methods| rotate(methods, turn)),
            StatementKind::Conceal(conceal) => {
                rotate(&mut conceal.rooms.items, turn);
                rotate(&mut conceal.rooms.except, turn);
            }
            StatementKind::Room(room) => {
                rotate(&mut room.patterns, turn);
                rotate(&mut room.attributes, turn);
            }
            StatementKind::IdentitiesHave(attributes) | StatementKind::ContextHas(attributes) => {
                rotate(attributes, turn)
            }
            StatementKind::Identity(identity) => rotate(&mut identity.attributes, turn),
            _ => {}
        }
    }
    with_lists(text(rest.iter().chain(&challenges)), source)
}

fn turn_subjects(Subjects { who, except, .. }: &mut Subjects, turn: usize) {
    if let Who::Listed(names) = who {
        rotate(names, turn);
    }
    rotate(except, turn);
}

fn turn_clauses(target: Option<&mut Target>, origins: Option<&mut Origins>, turn: usize) {
    if let Some(target) = target {
        rotate(&mut target.actions, turn);
        if let Some(rooms) = &mut target.rooms {
            rotate(&mut rooms.items, turn);
            rotate(&mut rooms.except, turn);
        }
    }
    if let Some(origins) = origins {
        rotate(&mut origins.items, turn);
        rotate(&mut origins.except, turn);
    }
}

fn turn_expr(expr: &mut Expr, turn: usize) {
    match &mut expr.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => {
            rotate(parts, turn);
            parts.iter_mut().for_each(|part| turn_expr(part, turn));
        }
        ExprKind::Not(inner) | ExprKind::Paren(inner) => turn_expr(inner, turn),
        _ => {}
    }
}

fn rotate<T>(items: &mut [T], turn: usize) {
    if !items.is_empty() {
        items.rotate_left(turn % items.len());
        if turn.is_multiple_of(2) {
            items.reverse();
        }
    }
}

/// What a policy's tree says, without where it stands and whether names are quoted.
#[must_use]
pub fn meaning(policy: &Policy) -> String {
    let files: Vec<_> = policy.files.iter().map(|file| &file.statements).collect();
    let told = format!("{files:?}").replace("quoted: true", "quoted: _").replace("quoted: false", "quoted: _");
    let mut pieces = told.split("Span { ");
    let mut meaning = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        meaning.push_str(piece.split_once('}').map_or(piece, |(_, rest)| rest));
    }
    meaning
}
