//! The compiled engine: from a checked policy and a request to what the rules say.
//!
//! A decision takes four steps. [`locate`] finds the room class of the path, [`origins`] the networks that hold the
//! address, and [`visitor`] what the policy knows of the visitor. [`slice`] has the rules that cover the room class and the
//! action, as [`record`]s in [`bucket`]s. [`place`] asks those that may concern the visitor, by [`eval`] where they have
//! conditions, and [`bare`] where no rule has. Whether somebody could be let in, [`promise`] has found out when the policy
//! was compiled, or [`seek`] finds out. [`case`] puts them together.

mod bare;
mod bucket;
pub(crate) mod case;
mod condition;
mod edges;
mod eval;
mod free;
mod grouped;
mod locate;
mod names;
mod origins;
mod place;
mod promise;
mod record;
mod seek;
mod signature;
mod slice;
mod truth;
mod value;
mod visitor;

use std::sync::atomic::{AtomicU64, Ordering};

use doorward_model::Policy;
use doorward_syntax::Diagnostic;

use self::locate::Locator;
use self::origins::Origins;
use self::record::Records;
use self::signature::Signatures;
use self::slice::{SliceError, Slices};
use self::visitor::AllTraits;

/// What is known before any request comes.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) locator: Locator,
    pub(crate) origins: Origins,
    pub(crate) traits: AllTraits,
    pub(crate) slices: Slices,
    /// Other than that of any other engine of this process.
    pub(crate) stamp: u64,
}

static ENGINES: AtomicU64 = AtomicU64::new(0);

impl Engine {
    /// Compiles a checked policy.
    ///
    /// # Errors
    /// If the policy's rooms overlap in too many ways, or the rules that meet in one place test too much that a visitor
    /// could claim: a finding that names the rules.
    pub(crate) fn new(policy: &Policy) -> Result<Self, Box<Diagnostic>> {
        let locator = Locator::new(policy).map_err(|error| {
            let pattern = error.pattern.and_then(|pattern| policy.patterns.get(pattern.index()));
            let rule = policy.rules.iter().find(|rule| {
                rule.targets.iter().any(|target| target.pattern.is_some() && target.pattern == error.pattern)
            });
            let span = rule.or(policy.rules.first()).map(|rule| rule.span).unwrap_or_default();
            Box::new(
                Diagnostic::error("too-many-room-classes", span, "the path patterns overlap in too many ways")
                    .with_label(pattern.map_or_else(String::new, |pattern| format!("`{pattern}` is among them")))
                    .with_help("name the segments where patterns now have `*` or `{name}`"),
            )
        })?;
        let (mut origins, numbers) = Origins::new(policy);
        let signatures = Signatures::new(policy);
        let records = Records::new(policy, &signatures, &numbers);
        let slices =
            Slices::new(policy, &locator, records, &origins).map_err(|error| Box::new(explain(policy, error)))?;
        let keys = slices.keys_everywhere();
        origins.note(policy, &numbers, &keys);
        let stamp = ENGINES.fetch_add(1, Ordering::Relaxed);
        Ok(Self { locator, origins, traits: AllTraits::new(policy, &signatures, &keys), slices, stamp })
    }
}

fn explain(policy: &Policy, error: SliceError) -> Diagnostic {
    let rule = |id: doorward_model::ids::RuleId| policy.rules.get(id.index());
    match error {
        SliceError::TooLong(id) => Diagnostic::error(
            "too-many-room-classes",
            rule(id).map(|rule| rule.span).unwrap_or_default(),
            "too many rules with too many overlapping rooms",
        )
        .with_help("drop the rule's rooms, or name fewer that overlap with others"),
        SliceError::TooFree(free) => {
            let mut rules = free.rules.into_iter().filter_map(rule);
            let first = rules.next();
            let mut diagnostic = Diagnostic::error(
                "too-many-free-tests",
                first.map(|rule| rule.span).unwrap_or_default(),
                "the rules that meet here test too many claimed groups and unrecorded attributes together",
            )
            .with_help(format!(
                "these tests can be answered in more than {} ways: record attributes, or give the rules rooms of their own",
                doorward_model::limits::FREE_COMBINATIONS
            ));
            for rule in rules.take(8) {
                diagnostic = diagnostic.with_related(rule.span, format!("`{}` meets it", policy.rule_name(rule)));
            }
            diagnostic
        }
    }
}
