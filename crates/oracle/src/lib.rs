//! What a policy says to a request, worked out as naively as it can be: the judge of the compiled engine.
//!
//! Comes in: a syntax tree that the checker has passed, and a request. Goes out: an [`Outcome`]. Whether a stronger
//! authentication would help is found by *trying*: every known visitor that the rules could tell apart is made up and
//! judged like the one who asks. Nothing is compiled, cached or shared with the engine but the syntax tree and the
//! request types; how the engine gets its answers is deliberately not known here.
//!
//! Read `place`, `facts`, `scene`, `everyone` and then this file: each follows the language's reference word by word.
//! It is some 830 lines of code, more than half of them not logic but the language's breadth said once more: every
//! statement and test, seven types of values in texts, in requests and as something to try, and what makes a path
//! ambiguous.

mod everyone;
mod facts;
mod place;
mod scene;

use std::collections::BTreeSet;

use doorward_model::request::{Request, Subject};
use doorward_syntax::ast::{self, Answer, Effect};

use crate::everyone::{everyone, strengths};
use crate::facts::Facts;
use crate::scene::{Candidate, Person, Scene};

/// Everything that the engine's decision is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// 200, 401 or 403, every `answer` statement obeyed.
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

/// How many visitors are tried for one request.
pub const VISITORS: usize = 20_000;

/// Decides a request, or gives up with `None` where there are more than [`VISITORS`] to try.
#[must_use]
pub fn decide(policy: &ast::Policy, request: &Request<'_>) -> Option<Outcome> {
    decide_trying(policy, request, VISITORS)
}

/// Decides a request, or gives up with `None` where there are more than `most` visitors to try.
#[must_use]
pub fn decide_trying(policy: &ast::Policy, request: &Request<'_>, most: usize) -> Option<Outcome> {
    let facts = Facts::read(policy);
    let scene = Scene::read(&facts, request);
    let person = scene.person(&request.subject);
    let answers = |answer| facts.answers.contains(&answer);
    let rejected = person.is_none() && request.subject != Subject::Anonymous;

    let (by_table, rules, step_up) = judge(&scene, person.as_ref(), rejected, most)?;
    let status = match by_table {
        403 if person.is_none() && answers(Answer::Unidentified401) => 401,
        401 if person.is_some() && answers(Answer::StepUp403) => 403,
        status => status,
    };
    let concealed = status != 200 && scene.concealed(status == 401);
    let http_status = if concealed { 404 } else { status };
    let rules = rules.into_iter().collect();
    Some(Outcome { status, http_status, rules, step_up: step_up.filter(|_| status == 401) })
}

/// The table of the language's fourth section: the status before most of `answer`, the rules and the step-up that go
/// with it.
fn judge(
    scene: &Scene<'_>,
    person: Option<&Person>,
    rejected: bool,
    most: usize,
) -> Option<(u16, BTreeSet<usize>, Option<StepUp>)> {
    let candidates = scene.candidates();
    let standing = Ruling::of(scene, &candidates, person);
    let lenient = !rejected || scene.facts.answers.contains(&Answer::RejectedAsAnonymous);
    if standing.permits() && lenient {
        return Some((200, standing.allows, None));
    }
    let Some(person) = person else {
        // For the rejected, to come without credentials is a way too.
        let mut ways = if standing.permits() { standing.allows } else { BTreeSet::new() };
        for person in everyone(scene, &candidates, most)? {
            let ruling = Ruling::of(scene, &candidates, Some(&person));
            if ruling.permits() {
                ways.extend(ruling.allows);
            }
        }
        return Some((if ways.is_empty() { 403 } else { 401 }, &standing.denies | &ways, None));
    };
    let stronger = |age| strengths(scene, &candidates, person.level, age).into_iter();
    let with = |(level, age)| Ruling::of(scene, &candidates, Some(&Person { level, age, ..person.clone() }));
    if !stronger(person.age).any(|strength| with(strength).permits()) {
        return Some((403, standing.denies, None));
    }
    // The lowest level, and with it the greatest age: the least negative one, where an unknown age is below all.
    let least = stronger(None).filter(|strength| with(*strength).permits());
    let (level, age) = least.min_by_key(|(level, age)| (*level, age.map(|age| -age)))?;
    let max_age = age.and_then(|age| u64::try_from(age / facts::nanoseconds(1)).ok());
    let level_name = scene.facts.levels.get(level).copied().unwrap_or_default().to_owned();
    let rules = &standing.denies | &with((level, age)).allows;
    Some((401, rules, Some(StepUp { level: level_name, max_age })))
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
