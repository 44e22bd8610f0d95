//! Assertions: claims with the clauses of rules, true or false.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::rule::{actions, expr, origins, place, strength, subjects};

/// The texts of no assertion or a few. Whether what they claim holds is left to chance.
pub(super) fn assertions() -> impl Strategy<Value = Vec<String>> {
    prop_oneof![3 => Just(Vec::new()), 1 => vec(assertion(), 1..=2)]
}

fn assertion() -> impl Strategy<Value = String> {
    let target = option::weighted(0.7, (actions(), option::weighted(0.8, place())));
    (select(vec!["never", "only", "always"]), prop::bool::weighted(0.4), target)
        .prop_flat_map(|(kind, anyone, target)| {
            // The visitor is tested where the anonymous are not concerned, who are by an `only` of anybody else.
            let visitor = anyone == (kind == "only");
            let docs = target.as_ref().is_some_and(|(_, place)| place.as_ref().is_some_and(|place| place.docs));
            let target = target.map(|(actions, place)| match place {
                Some(place) => format!("to {actions} {}", place.text),
                None => format!("to {actions}"),
            });
            let condition = |word: &'static str, weight| {
                option::weighted(weight, expr(visitor, docs).prop_map(move |expr| format!("{word} {expr}")))
            };
            let clauses = (
                option::weighted(0.25, strength("with")),
                option::weighted(0.25, strength("without")),
                Just(target),
                option::weighted(0.25, origins()),
                condition("when", 0.3),
                condition("unless", 0.15),
            );
            (Just(kind), subjects(anyone), clauses, 0..6usize)
        })
        .prop_map(|(kind, subjects, (with, without, target, origins, when, unless), turn)| {
            let mut clauses: Vec<String> =
                [with, without, target, origins, when, unless].into_iter().flatten().collect();
            if !clauses.is_empty() {
                let turn = turn % clauses.len();
                clauses.rotate_left(turn);
            }
            format!("assert {kind} {subjects} {}", clauses.join(" ")).trim_end().to_owned()
        })
}
