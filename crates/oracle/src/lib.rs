//! What a policy says to a request, worked out as naively as it can be: the judge of the compiled engine.
//!
//! Comes in: a syntax tree that the checker has passed, and a request. Goes out: an [`Outcome`]. Whether a stronger
//! authentication would help is found by *trying*: every known visitor that the rules could tell apart is made up and
//! judged like the one who asks. Nothing is compiled, cached or shared with the engine but the syntax tree and the
//! request types; how the engine gets its answers is deliberately not known here.
//!
//! Read `place`, `facts`, `scene`, `everyone` and then this file: each follows the language's reference word by
//! word. The feature `faults` adds `decide_with_fault`, which is wrong in one known way.

mod everyone;
mod facts;
mod fault;
mod place;
mod scene;

use std::collections::BTreeSet;

use doorward_model::request::Request;
use doorward_syntax::ast::{self, Answer, Effect};

use crate::everyone::{everyone, levels_and_ages};
use crate::facts::Facts;
#[cfg(feature = "faults")]
pub use crate::fault::Fault;
#[cfg(not(feature = "faults"))]
use crate::fault::Fault;
use crate::scene::{Candidate, Person, Scene, Visitor};

/// One of the three answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Come in.
    Allow,
    /// Not as you stand here; there is a way of authenticating that would let you in.
    Unauthenticated,
    /// No, and authenticating will not change it.
    Forbidden,
}

/// Everything that the engine's decision is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The answer, every `answer` statement obeyed.
    pub verdict: Verdict,
    /// 200, 401 or 403, as the verdict says.
    pub status: u16,
    /// The status that an HTTP adapter sends: 404 where the room is concealed, else `status`.
    pub http_status: u16,
    /// The rules that decided, counted from 0 in the order of the text, sorted, each once.
    pub rules: Vec<usize>,
    /// What would do, for a known visitor who is unauthenticated.
    pub step_up: Option<StepUp>,
}

/// The least that a known visitor who lacks only strength has to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepUp {
    /// The lowest level that would do; empty if the policy declares none.
    pub level: String,
    /// The greatest age in seconds that would do at that level; `None` if age does not matter.
    pub max_age: Option<u64>,
}

/// Decides a request, or gives up with `None` where there are too many visitors to try.
#[must_use]
pub fn decide(policy: &ast::Policy, request: &Request<'_>) -> Option<Outcome> {
    decide_as(policy, request, None)
}

/// Decides a request with one deliberate mistake. `None` as for [`decide`].
#[cfg(feature = "faults")]
#[must_use]
pub fn decide_with_fault(policy: &ast::Policy, request: &Request<'_>, fault: Fault) -> Option<Outcome> {
    decide_as(policy, request, Some(fault))
}

/// A verdict before any `answer`, with the rules and the step-up that go with it.
type Judgement = (Verdict, BTreeSet<usize>, Option<StepUp>);

fn decide_as(policy: &ast::Policy, request: &Request<'_>, fault: Option<Fault>) -> Option<Outcome> {
    let facts = Facts::read(policy, fault);
    let scene = Scene::read(&facts, request);
    let visitor = scene.visitor(&request.subject);

    let (by_table, rules, step_up) = match scene.candidates(request) {
        None => (Verdict::Forbidden, BTreeSet::new(), None),
        Some(candidates) => judge(&scene, &candidates, &visitor)?,
    };
    let known = matches!(visitor, Visitor::Known(_));
    let verdict = match by_table {
        Verdict::Forbidden if !known && facts.answers(Answer::Unidentified401) => Verdict::Unauthenticated,
        Verdict::Unauthenticated if known && facts.answers(Answer::StepUp403) => Verdict::Forbidden,
        verdict => verdict,
    };
    let status = match verdict {
        Verdict::Allow => 200,
        Verdict::Unauthenticated => 401,
        Verdict::Forbidden => 403,
    };
    let concealed = match verdict {
        Verdict::Allow => false,
        Verdict::Unauthenticated => scene.concealed(true),
        Verdict::Forbidden => scene.concealed(false),
    };
    Some(Outcome {
        verdict,
        status,
        http_status: if concealed { 404 } else { status },
        rules: rules.into_iter().collect(),
        step_up: step_up.filter(|_| verdict == Verdict::Unauthenticated),
    })
}

/// The table of the language's fourth section.
fn judge(scene: &Scene<'_>, candidates: &[Candidate<'_>], visitor: &Visitor) -> Option<Judgement> {
    let standing = Ruling::of(scene, candidates, visitor.person());
    match visitor {
        Visitor::Known(_) if standing.permits() => Some((Verdict::Allow, standing.allows, None)),
        Visitor::Known(person) => {
            let permitted = |stronger: &Person| Ruling::of(scene, candidates, Some(stronger)).permits();
            let helped = levels_and_ages(scene, candidates, Some(person))
                .into_iter()
                .any(|(level, age)| permitted(&Person { level, age, ..person.clone() }));
            if !helped {
                return Some((Verdict::Forbidden, standing.denies, None));
            }
            let (witness, step_up) = least_strength(scene, person, permitted);
            let allows = Ruling::of(scene, candidates, Some(&witness)).allows;
            Some((Verdict::Unauthenticated, &standing.denies | &allows, Some(step_up)))
        }
        Visitor::Anonymous if standing.permits() => Some((Verdict::Allow, standing.allows, None)),
        Visitor::Rejected if standing.permits() && scene.facts.answers(Answer::RejectedAsAnonymous) => {
            Some((Verdict::Allow, standing.allows, None))
        }
        Visitor::Anonymous | Visitor::Rejected => {
            // For the rejected, to come without credentials is a way too.
            let mut ways = if standing.permits() { standing.allows } else { BTreeSet::new() };
            everyone(scene, candidates, &mut |person| {
                let ruling = Ruling::of(scene, candidates, Some(person));
                if ruling.permits() {
                    ways.extend(ruling.allows);
                }
            })?;
            let always_401 = scene.facts.has_fault(Fault::AlwaysUnauthenticatedIfAnonymous);
            let verdict = if ways.is_empty() && !always_401 { Verdict::Forbidden } else { Verdict::Unauthenticated };
            Some((verdict, &standing.denies | &ways, None))
        }
    }
}

/// The visitor with the lowest level that would do and the longest age that would do with it, and both in words.
fn least_strength(scene: &Scene<'_>, person: &Person, permitted: impl Fn(&Person) -> bool) -> (Person, StepUp) {
    let with = |level, age| Person { level, age, ..person.clone() };
    let now = scene.time.map(|_| 0);
    let levels = person.level..scene.facts.levels.len();
    let level = levels.into_iter().find(|&level| permitted(&with(level, now))).unwrap_or(person.level);
    let seconds = if permitted(&with(level, None)) {
        None
    } else {
        let would_do = |&seconds: &u64| permitted(&with(level, Some(facts::nanoseconds(seconds))));
        scene.facts.ages().into_iter().filter(would_do).max()
    };
    let name = scene.facts.levels.get(level).copied().unwrap_or_default();
    (with(level, seconds.map(facts::nanoseconds)), StepUp { level: name.to_owned(), max_age: seconds })
}

/// Which rules apply to one visitor.
struct Ruling {
    allows: BTreeSet<usize>,
    denies: BTreeSet<usize>,
}

impl Ruling {
    fn of(scene: &Scene<'_>, candidates: &[Candidate<'_>], person: Option<&Person>) -> Self {
        let (mut allows, mut denies) = (BTreeSet::new(), BTreeSet::new());
        for candidate in candidates.iter().filter(|candidate| scene.applies(candidate, person)) {
            match candidate.rule.effect {
                Effect::Allow => allows.insert(candidate.index),
                Effect::Deny => denies.insert(candidate.index),
            };
        }
        Self { allows, denies }
    }

    /// Deny overrides; nothing is the default; order is nothing.
    fn permits(&self) -> bool {
        !self.allows.is_empty() && self.denies.is_empty()
    }
}

#[cfg(test)]
mod tests;
