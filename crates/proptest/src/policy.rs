//! Strategies for policies: small, well formed, made to collide.
//!
//! Goes out: the text of a policy that the checker accepts, with every construct of the language: [`policy`] is one text
//! and [`policy_with_files`] a text with the files that it names. A few names are used over and over, so that rules meet:
//! nested groups, overlapping rooms and networks, optional attributes. A failing policy shrinks by losing its files, rules,
//! clauses and list items, and then every declaration that nothing mentions, until it can be read at a glance.

mod declarations;

mod atoms;

mod rule;

mod assertion;

mod spread;

mod text;

use std::fmt::Write as _;

use proptest::collection::{SizeRange, vec};
use proptest::prelude::*;

pub use self::text::PolicyText;

use self::declarations::Declarations;
use self::rule::Rule;
use self::spread::{Include, Spread};

/// A policy of one to six rules, with an assertion or a few every now and then, which may be wrong.
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
    parts(rules).prop_map(|parts| written(&parts, &Spread::default()).text)
}

/// A policy of as many rules as `rules` says, parts of which may lie in an included policy, its lists in files of their
/// own, and with a `test` block or none. Whether the tests pass is left to chance.
///
/// ```
/// use doorward_proptest::policy;
/// use proptest::prelude::*;
///
/// proptest!(|(policy in policy::policy_with_files(1..=3))| {
///     prop_assert!(!policy.parse().has_errors(), "{policy}");
/// });
/// ```
pub fn policy_with_files(rules: impl Into<SizeRange>) -> impl Strategy<Value = PolicyText> {
    (spread::spread(), parts(rules)).prop_map(|(spread, parts)| written(&parts, &spread))
}

/// Whether everything is declared or only what is mentioned, the assertions, the rules, and what can be declared.
type Parts = (bool, Vec<String>, Vec<Rule>, Declarations);

fn parts(rules: impl Into<SizeRange>) -> impl Strategy<Value = Parts> {
    // The first shrinks first: declarations that nothing mentions go at once.
    (prop::bool::weighted(0.5), assertion::assertions(), vec(rule::rule(), rules), declarations::declarations())
}

fn written((everything, assertions, rules, declarations): &Parts, spread: &Spread) -> PolicyText {
    let mut lines: Vec<String> = Vec::new();
    for (number, rule) in rules.iter().enumerate() {
        let label = if rule.labelled { format!("r{number}: ") } else { String::new() };
        lines.push(format!("{label}{}\n", rule.text));
    }
    lines.extend(assertions.iter().map(|assertion| format!("{assertion}\n")));
    let tests = spread.tests();
    let declared = declarations.before(&(lines.concat() + &tests), *everything, &spread.lists);
    let (folder, main, included) = match spread.include {
        None => ("", declared + &lines.concat(), None),
        Some(Include::Declarations) => ("parts/", lines.concat(), Some(declared)),
        Some(Include::Rules) => {
            let apart = lines.split_off(lines.len() / 2);
            ("", declared + &lines.concat(), Some(apart.concat()))
        }
    };
    let include = if included.is_some() { "include \"parts/more.door\"\n" } else { "" };
    let mut policy = PolicyText::from(format!("{include}{main}{tests}"));
    let names = policy.text.clone() + included.as_deref().unwrap_or_default();
    for (name, list) in declarations.lists() {
        if names.contains(&format!("from \"{name}\"")) {
            policy.files.insert(format!("{folder}{name}"), list);
        }
    }
    policy.files.extend(included.map(|text| ("parts/more.door".to_owned(), text)));
    policy
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
