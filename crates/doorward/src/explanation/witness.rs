//! One subject whom a 401 promises entry.

use std::fmt;

use doorward_model::ids::LevelId;
use doorward_model::{Instant, Known, Policy, Subject};

use super::near::length;
use crate::engine::Engine;
use crate::engine::case::{Case, Finding, Found, Place, Presented, Reading, Stand, StepUp};

/// One subject who would be let in: the same action, room, address, context and time.
///
/// Deciding the same request for [`Witness::subject`] gives an allow.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Witness {
    /// Who.
    pub subject: Subject<'static>,
    /// The greatest age of the authentication in seconds that still does, if age matters.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub max_age: Option<u64>,
    /// Whether the policy declares the identity, so that it is this one rather than any like it.
    pub declared: bool,
}

impl Witness {
    /// The witness of a refusal; `None` if it cannot be redeemed.
    pub(super) fn of(case: &Case<'_>, engine: &Engine, finding: Finding) -> Option<Self> {
        if finding != Finding::Redeemable {
            return None;
        }
        let place = case.place.as_ref().ok()?;
        match (&case.stand, &case.request.subject) {
            (Stand::Known(..), Subject::Known(known)) => {
                Some(Self::strong(case.policy, place, owned(known), case.step_up()?))
            }
            (Stand::Rejected, _) if place.receive().permits() => {
                Some(Self { subject: Subject::Anonymous, max_age: None, declared: false })
            }
            _ => Self::found(case.policy, engine, place, place.search()?.find(None)?),
        }
    }

    fn found(policy: &Policy, engine: &Engine, place: &Place<'_>, found: Found) -> Option<Self> {
        let mut known = Known::new(found.name);
        for group in found.groups {
            known = known.group(policy.groups.get(group.index())?.name.to_string());
        }
        for (attribute, value) in found.attributes {
            known = known.attribute(policy.identity_attributes.get(attribute.index())?.name.to_string(), value);
        }
        let reading = Reading::new(policy, &engine.traits, &known)?;
        let step = place.step_up(&Presented::new(policy, &engine.traits, &known, &reading), LevelId(0))?;
        Some(Self::strong(policy, place, known, step))
    }

    fn strong(policy: &Policy, place: &Place<'_>, mut known: Known<'static>, step: StepUp) -> Self {
        let level = policy.levels.get(step.level.index()).map(|level| level.name.to_string());
        known.assurance = level.filter(|level| !level.is_empty()).map(Into::into);
        // Where time does not go back that far, any instant is recent enough.
        let latest = |(time, age): (Instant, u64)| time.minus_seconds(age).unwrap_or(Instant::MIN);
        known.authenticated_at = place.scene.time.zip(step.max_age).map(latest);
        let declared = policy.identity(&known.identity).is_some();
        Self { subject: Subject::Known(known), max_age: step.max_age, declared }
    }
}

fn owned(known: &Known<'_>) -> Known<'static> {
    Known {
        identity: known.identity.to_string().into(),
        assurance: None,
        authenticated_at: None,
        groups: known.groups.iter().map(|group| group.to_string().into()).collect(),
        attributes: known
            .attributes
            .iter()
            .map(|(name, value)| (name.to_string().into(), value.clone().into_owned()))
            .collect(),
    }
}

/// As a person would say it: `let in, for example: carol, with mfa no older than 15m`.
impl fmt::Display for Witness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Subject::Known(known) = &self.subject else { return formatter.write_str("without credentials: let in") };
        formatter.write_str("let in, for example: ")?;
        if self.declared {
            write!(formatter, "`{}`", known.identity.escape_debug())?;
        } else {
            formatter.write_str("anybody who is known")?;
        }
        let mut separator = ", ";
        for (index, group) in known.groups.iter().enumerate() {
            write!(formatter, "{}`{}`", if index == 0 { ", claiming " } else { " and " }, group.escape_debug())?;
        }
        for (name, value) in &known.attributes {
            write!(formatter, "{separator}{} {value}", name.escape_debug())?;
        }
        if let Some(level) = &known.assurance {
            write!(formatter, "{separator}with {level}")?;
            separator = " ";
        }
        match self.max_age {
            Some(seconds) => {
                let joint = if separator == " " { " " } else { ", authenticated " };
                write!(formatter, "{joint}no older than {}", length(seconds.into()))
            }
            None => Ok(()),
        }
    }
}
