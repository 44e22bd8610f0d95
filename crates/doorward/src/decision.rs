//! A verdict with what decided it.

use std::borrow::Cow;

use doorward_model::ids::RuleId;
use doorward_model::rule::Rule;
use doorward_syntax::ast::Effect;

use crate::challenge::{Challenge, ChallengeError};
use crate::engine::Engine;
use crate::engine::case::{Case, Finding, Stand, StepUp};
use crate::verdict::Verdict;

/// A verdict, the rules that decided, and what an HTTP adapter sends.
///
/// Rules are named by their label, else by `file:line`. For an allow they are the allows that apply. For a refusal they are
/// the denies that apply and, where a stronger authentication would be let in, the allows that would let it in; none means
/// that nothing allows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Decision<'p> {
    /// What the policy says.
    pub verdict: Verdict,
    /// The verdict's status: 200, 401 or 403.
    pub status: u16,
    /// The status to send: `status`, or 404 where `conceal` says so.
    pub http_status: u16,
    /// The names of the rules that decided, in the order of the policy's text.
    pub rules: Vec<Cow<'p, str>>,
    /// What the denies among these say after `because`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub because: Vec<&'p str>,
    /// What a 401 offers, in the order of the policy; empty for any other status, and where a 401 is concealed.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Vec::is_empty"))]
    pub challenges: Vec<Challenge<'p>>,
}

impl<'p> Decision<'p> {
    /// The values of the `WWW-Authenticate` headers to send; none unless `http_status` is 401.
    pub fn www_authenticate(&self) -> impl Iterator<Item = String> {
        self.challenges.iter().map(ToString::to_string)
    }

    pub(crate) fn new(policy: &'p doorward_model::Policy, case: &Case<'_>, engine: &Engine) -> Self {
        let finding = case.finding();
        Self::of(policy, case, engine, finding, &case.deciding(finding))
    }

    pub(crate) fn of(
        policy: &'p doorward_model::Policy,
        case: &Case<'_>,
        engine: &Engine,
        finding: Finding,
        deciding: &[RuleId],
    ) -> Self {
        let verdict = case.stand.verdict(policy, finding);
        let http_status = case.http_status(verdict, engine);
        let rules: Vec<&'p Rule> = deciding.iter().filter_map(|id| policy.rules.get(id.index())).collect();
        let because = rules
            .iter()
            .filter(|rule| rule.effect == Effect::Deny)
            .filter_map(|rule| rule.because.as_deref())
            .collect();
        let challenges = if http_status == 401 { challenges(policy, case, finding) } else { Vec::new() };
        Self {
            verdict,
            status: verdict.status(),
            http_status,
            rules: rules.into_iter().map(|rule| policy.rule_name(rule)).collect(),
            because,
            challenges,
        }
    }
}

fn challenges<'p>(policy: &'p doorward_model::Policy, case: &Case<'_>, finding: Finding) -> Vec<Challenge<'p>> {
    let error = match (&case.stand, finding) {
        (Stand::Rejected, _) => Some(ChallengeError::InvalidToken),
        (Stand::Known(..), Finding::Redeemable) => case.step_up().map(|StepUp { level, max_age }| {
            let level = policy.levels.get(level.index()).map(|level| &*level.name).filter(|name| !name.is_empty());
            ChallengeError::InsufficientUserAuthentication { acr_values: level, max_age }
        }),
        _ => None,
    };
    policy
        .challenges
        .iter()
        .map(|challenge| Challenge {
            scheme: &challenge.scheme,
            realm: challenge.realm.as_deref(),
            error: error.clone(),
        })
        .collect()
}
