//! Both decide, and the first difference is told.

use std::collections::BTreeSet;

use cedar_policy::{Authorizer, Decision, Policy as CedarPolicy, PolicyId, PolicySet};
use doorward::Policy;

use crate::cedar::{self, Slip};
use crate::door;
use crate::site::{Request, Site};

/// What the two agree about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Both allow, by the same rules.
    Allowed,
    /// Neither allows, and the same rules deny.
    Denied,
    /// Neither allows, and nothing denies.
    Unmatched,
}

/// What the two do not agree about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// One allows and the other does not.
    Decision,
    /// Both decide alike, by other rules.
    Reasons,
    /// Cedar skipped a policy, so something was missing.
    Skipped,
}

/// A difference, with everything that both were told.
#[derive(Clone, Debug)]
pub struct Difference {
    /// What about.
    pub subject: Subject,
    /// The whole story.
    pub story: String,
}

/// A site as both engines have it.
#[derive(Debug)]
pub struct Trial<'s> {
    site: &'s Site,
    slip: Option<Slip>,
    policy: Policy,
    policies: PolicySet,
}

impl<'s> Trial<'s> {
    /// Tells the site to both. None if its rules test more that a visitor could claim than Doorward's limit allows, which
    /// Cedar, having no 401, does not need.
    ///
    /// # Errors
    /// If one of the two refuses what was told.
    pub fn new(site: &'s Site, slip: Option<Slip>) -> Result<Option<Self>, String> {
        let text = door::policy(site);
        let policy = match Policy::parse(&text) {
            Ok(policy) => policy,
            Err(error) if error.diagnostics().iter().any(|found| found.code == "too-many-free-tests") => {
                return Ok(None);
            }
            Err(error) => return Err(format!("{error}\n{text}")),
        };
        let mut policies = PolicySet::new();
        for (name, text) in cedar::policies(site, slip) {
            let parsed =
                CedarPolicy::parse(Some(PolicyId::new(name)), &text).map_err(|error| format!("{error}\n{text}"))?;
            policies.add(parsed).map_err(|error| error.to_string())?;
        }
        Ok(Some(Self { site, slip, policy, policies }))
    }

    /// Decides a request by both.
    ///
    /// # Errors
    /// If anything differs.
    pub fn run(&self, request: &Request) -> Result<Outcome, Difference> {
        let asked = door::request(request);
        let decision = self.policy.decide(&asked);
        let cedar_request = cedar::request(request, self.slip);
        let entities = cedar::entities(self.site, request, self.slip);
        let response = Authorizer::new().is_authorized(&cedar_request, &self.policies, &entities);
        let skipped: Vec<String> = response.diagnostics().errors().map(ToString::to_string).collect();
        let allowed = response.decision() == Decision::Allow;

        let reasons: BTreeSet<usize> = response.diagnostics().reason().filter_map(|id| number(id.as_ref())).collect();
        let rules = decision.rules.iter().filter_map(|name| number(name));
        // A 401 names also the rules that would let a stronger visitor in.
        let rules: BTreeSet<usize> = rules.filter(|rule| self.site.rules[*rule].forbids != allowed).collect();
        let (subject, what) = if !skipped.is_empty() {
            (Subject::Skipped, format!("Cedar skipped: {skipped:?}"))
        } else if decision.verdict.is_allow() != allowed {
            let what = format!("Doorward says {}, Cedar says {:?}", decision.verdict, response.decision());
            (Subject::Decision, what)
        } else if rules != reasons {
            let what = format!("both say {:?}, Doorward by {rules:?}, Cedar by {reasons:?}", response.decision());
            (Subject::Reasons, what)
        } else {
            return Ok(match (allowed, rules.is_empty()) {
                (true, _) => Outcome::Allowed,
                (false, false) => Outcome::Denied,
                (false, true) => Outcome::Unmatched,
            });
        };
        let policies =
            cedar::policies(self.site, self.slip).into_iter().map(|(name, text)| format!("// {name}\n{text}\n"));
        let policies: String = policies.collect();
        let text = door::policy(self.site);
        let story = format!("{what}\n\n{asked:?}\n\n{text}\n{cedar_request}\n\n{policies}");
        Err(Difference { subject, story })
    }
}

/// The number of the rule that is called `r7`, or of the policy that is called `r7.0`.
fn number(name: &str) -> Option<usize> {
    name.strip_prefix('r')?.split('.').next()?.parse().ok()
}
