//! Rules: whom they concern, and their clauses in any order.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::Union;

use super::atoms::atoms;

/// A rule without its label.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) labelled: bool,
    pub(super) text: String,
}

/// What a rule is, before its clauses.
#[derive(Clone, Copy, Debug)]
struct Shape {
    deny: bool,
    /// Whether it also concerns the anonymous.
    anyone: bool,
    /// Whether it has few conditions, so that it often applies.
    plain: bool,
}

/// Its rooms: whether they are `docs` alone, whose attributes may then be tested.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) docs: bool,
    pub(super) text: String,
}

pub(super) fn rule() -> impl Strategy<Value = Rule> {
    let shape = (prop::bool::weighted(0.28), prop::bool::weighted(0.28), any::<bool>());
    let shape = shape.prop_map(|(deny, anyone, hedged)| Shape { deny, anyone, plain: !hedged });
    shape
        .prop_flat_map(|shape| {
            (
                Just(shape),
                option::weighted(if shape.plain { 0.6 } else { 0.9 }, (actions(), option::weighted(0.8, place()))),
            )
        })
        .prop_flat_map(|(shape, target)| {
            let docs = target.as_ref().is_some_and(|(_, place)| place.as_ref().is_some_and(|place| place.docs));
            let weight = if shape.plain { 0.15 } else { 0.6 };
            let target = target.map(|(actions, place)| match place {
                Some(place) => format!("to {actions} {}", place.text),
                None => format!("to {actions}"),
            });
            let clauses = (
                option::weighted(
                    if shape.deny { 0.5 } else { 0.35 },
                    strength(if shape.deny { "without" } else { "with" }),
                ),
                Just(target),
                option::weighted(0.25, origins()),
                option::weighted(weight, expr(!shape.anyone, docs))
                    .prop_map(|when| when.map(|expr| format!("when {expr}"))),
                option::weighted(weight / 2.0, expr(!shape.anyone, docs))
                    .prop_map(|unless| unless.map(|expr| format!("unless {expr}"))),
                option::weighted(0.15, Just("because \"it is \\u0073o, \\\"really\\\"\"".to_owned())),
            );
            (Just(shape), subjects(shape.anyone), clauses, 0..6usize, prop::bool::weighted(0.7))
        })
        .prop_map(|(shape, subjects, (strength, target, origins, when, unless, because), turn, labelled)| {
            let mut clauses: Vec<String> =
                [strength, target, origins, when, unless, because].into_iter().flatten().collect();
            if !clauses.is_empty() {
                let turn = turn % clauses.len();
                clauses.rotate_left(turn);
            }
            let effect = if shape.deny { "deny" } else { "allow" };
            Rule { labelled, text: format!("{effect} {subjects} {}", clauses.join(" ")).trim_end().to_owned() }
        })
}

pub(super) fn subjects(anyone: bool) -> impl Strategy<Value = String> {
    let names = vec!["alice", "bob", "listed", "outer", "\"top crew\"", "inner", "claim-a", "claim-b", "\"Zoë W\""];
    let except = prop_oneof![
        2 => Just(String::new()),
        1 => subsequence(names.clone(), 1..=2).prop_map(|names| format!(" except {}", names.join(", "))),
    ];
    let who = if anyone {
        Just("anyone".to_owned()).boxed()
    } else {
        prop_oneof![
            1 => Just("authenticated".to_owned()),
            2 => subsequence(names, 1..=3).prop_map(|names| names.join(", ")),
        ]
        .boxed()
    };
    (who, except).prop_map(|(who, except)| who + &except)
}

pub(super) fn strength(word: &'static str) -> impl Strategy<Value = String> {
    let levels =
        select(vec!["low", "mid", "high", "any within 15m", "mid within 15m", "high within 1h", "low within 7d"]);
    levels.prop_map(move |level| format!("{word} {level}"))
}

pub(super) fn actions() -> impl Strategy<Value = String> {
    let names = vec!["read", "write", "GET", "POST", "PUT", "open", "edit", "go"];
    prop_oneof![
        1 => Just("use".to_owned()),
        2 => subsequence(names, 1..=3).prop_map(|names| names.join(", ")),
    ]
}

pub(super) fn place() -> impl Strategy<Value = Place> {
    let items = vec![
        "docs",
        "home",
        "pair",
        "deep",
        "\"odd one\"",
        "/",
        "/a",
        "/a/*",
        "/{x}/b",
        "/**",
        "/docs/**",
        "/home/bob/x",
    ];
    let except = prop_oneof![
        2 => Just(String::new()),
        1 => subsequence(vec!["/a/b", "/docs/1", "pair", "home"], 1..=2).prop_map(|items| format!(" except {}", items.join(", "))),
    ];
    prop_oneof![
        3 => (subsequence(items, 1..=3), except.clone())
            .prop_map(|(items, except)| Place { docs: false, text: items.join(", ") + &except }),
        2 => except.prop_map(|except| Place { docs: true, text: format!("docs{except}") }),
    ]
}

pub(super) fn origins() -> impl Strategy<Value = String> {
    let origins = select(vec![
        "net",
        "net except sub",
        "all except 10.0.0.0/9",
        "sub, 192.0.2.7",
        "0.0.0.0/0 except net",
        "::ffff:10.1.0.0/112",
        "2001:db8::/33",
    ]);
    origins.prop_map(|origins| format!("from {origins}"))
}

pub(super) fn expr(visitor: bool, room: bool) -> impl Strategy<Value = String> {
    let atom = Union::new(atoms(visitor, room).iter().map(|kind| select(kind.as_slice())));
    atom.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..=3).prop_map(|parts| format!("({})", parts.join(" and "))),
            vec(inner.clone(), 2..=3).prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.prop_map(|part| format!("not ({part})")),
        ]
    })
}
