//! Why a request got its verdict: what decided, what came near, what would do, what was missing or ignored.

mod display;
mod near;
mod notes;
mod witness;

use std::borrow::Cow;

use doorward_model::ids::RuleId;
use doorward_model::rule::Rule;
use doorward_syntax::ast::Effect;

use crate::decision::Decision;
use crate::engine::Engine;
use crate::engine::case::{Case, Finding};

pub use self::near::{Clause, Failure, NearMiss};
pub use self::notes::Note;
pub use self::witness::Witness;

/// A decision with its reasons. [`Display`](std::fmt::Display) tells it to a person in a few lines.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Explanation<'p> {
    /// What was decided.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub decision: Decision<'p>,
    /// The rules that decided, in the order of [`Decision::rules`].
    pub deciding: Vec<DecidingRule<'p>>,
    /// For a refusal that no deny explains: the allows of the same room that miss by the fewest clauses.
    pub near_misses: Vec<NearMiss<'p>>,
    /// For a refusal that can be redeemed: one subject who would be let in.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub witness: Option<Witness>,
    /// What the request left out, and what it said in vain.
    pub notes: Vec<Note>,
}

/// A rule that decided.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct DecidingRule<'p> {
    /// Its label, else `file:line`.
    pub rule: Cow<'p, str>,
    /// Where it stands, as `file:line`.
    pub place: String,
    /// `allow` or `deny`.
    pub effect: &'static str,
    /// Its text on one line, label aside.
    pub text: String,
    /// What it says after `because`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub because: Option<&'p str>,
    /// For a deny that applies because it is not surely false: what is not known.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub unknown: Vec<Failure>,
}

impl<'p> Explanation<'p> {
    pub(crate) fn new(policy: &'p doorward_model::Policy, case: &Case<'_>, engine: &Engine) -> Self {
        let finding = case.finding();
        let deciding = case.deciding(finding);
        let near_misses = match finding {
            Finding::Allow => Vec::new(),
            Finding::Redeemable | Finding::Forbidden => near::near_misses(policy, case, engine),
        };
        Self {
            decision: Decision::of(policy, case, engine, finding, &deciding),
            deciding: deciding.iter().filter_map(|id| DecidingRule::new(policy, case, *id)).collect(),
            near_misses,
            witness: Witness::of(case, engine, finding),
            notes: notes::notes(case, engine),
        }
    }
}

impl<'p> DecidingRule<'p> {
    fn new(policy: &'p doorward_model::Policy, case: &Case<'_>, id: RuleId) -> Option<Self> {
        let rule = policy.rules.get(id.index())?;
        Some(Self {
            rule: policy.rule_name(rule),
            place: policy.sources.file_line(rule.span),
            effect: match rule.effect {
                Effect::Allow => "allow",
                Effect::Deny => "deny",
            },
            text: text_of(policy, rule),
            because: rule.because.as_deref(),
            unknown: if rule.effect == Effect::Deny { near::doubts(policy, case, rule) } else { Vec::new() },
        })
    }
}

/// A rule's text on one line, label aside.
fn text_of(policy: &doorward_model::Policy, rule: &Rule) -> String {
    let text = policy.sources.one_line(rule.span);
    match outside_quotes(&text, ':').and_then(|colon| text.get(colon + 1..)) {
        Some(rest) if rule.labelled => rest.trim_start().to_owned(),
        _ => text,
    }
}

/// Where a character first stands outside of double quotes.
fn outside_quotes(text: &str, wanted: char) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (offset, character) in text.char_indices() {
        match character {
            _ if character == wanted && !quoted => return Some(offset),
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = quoted && character == '\\' && !escaped;
    }
    None
}
