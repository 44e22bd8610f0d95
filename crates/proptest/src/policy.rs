//! Strategies for policies: small, well formed, made to collide.
//!
//! Goes out: the text of a policy that the checker accepts, with every construct of the language that one file can
//! have. A few names are used over and over, so that rules meet: nested groups, overlapping rooms and networks, optional
//! attributes. A failing policy shrinks by losing rules, clauses and list items, and then every declaration that nothing
//! mentions, until it can be read at a glance.

mod declarations;

mod atoms;

mod rule;

use std::fmt::Write as _;

use proptest::collection::{SizeRange, vec};
use proptest::prelude::*;

/// A policy of one to six rules.
///
/// The text has no error. Compiling it can still fail for one reason, which is rare: rules that test too much that a
/// visitor could claim (`too-many-free-tests`).
///
/// ```
/// use doorward_proptest::policy;
/// use proptest::prelude::*;
///
/// proptest!(|(text in policy::policy())| {
///     prop_assert!(!doorward_syntax::parse(&text).has_errors(), "{text}");
/// });
/// ```
pub fn policy() -> impl Strategy<Value = String> {
    policy_of(1..=6)
}

/// A policy of as many rules as `rules` says. See [`policy`].
pub fn policy_of(rules: impl Into<SizeRange>) -> impl Strategy<Value = String> {
    // The first shrinks first: declarations that nothing mentions go at once.
    (prop::bool::weighted(0.5), vec(rule::rule(), rules), declarations::declarations()).prop_map(
        |(everything, rules, declarations)| {
            let mut body = String::new();
            for (number, rule) in rules.iter().enumerate() {
                if rule.labelled {
                    let _ = write!(body, "r{number}: ");
                }
                let _ = writeln!(body, "{}", rule.text);
            }
            declarations.before(&body, everything) + &body
        },
    )
}

/// The same policy with comments between its words, at the places where `places` says so, one after the other and
/// over again.
///
/// ```
/// let text = doorward_proptest::policy::with_comments("allow anyone to read /", &[true, false]);
/// assert_eq!(text, "allow # 1\nanyone to # 3\nread /");
/// ```
#[must_use]
pub fn with_comments(text: &str, places: &[bool]) -> String {
    let mut places = places.iter().cycle();
    let mut commented = String::with_capacity(text.len() * 2);
    let (mut quoted, mut escaped, mut number) = (false, false, 0);
    for character in text.chars() {
        quoted ^= character == '"' && !escaped;
        escaped = quoted && character == '\\' && !escaped;
        if character == ' ' && !quoted {
            number += 1;
            if places.next().copied().unwrap_or(false) {
                let _ = writeln!(commented, " # {number}");
                continue;
            }
        }
        commented.push(character);
    }
    commented
}
