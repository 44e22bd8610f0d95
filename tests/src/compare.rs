//! The engine beside the oracle: the same policy, the same request, and whatever they say differently.

use std::borrow::Cow;

use doorward::{ChallengeError, Policy, PreparedRequest, Request, Verdict};
use doorward_oracle::Outcome;
use doorward_proptest::policy::{PolicyText, policy_with_files};
use doorward_syntax::ast::{self, ScalarType};
use proptest::prelude::*;
use proptest::test_runner::{
    Config, FileFailurePersistence, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner,
};

use crate::fault::Fault;

/// A policy as both want it.
#[derive(Debug)]
pub struct Pair {
    /// For the engine.
    pub policy: Policy,
    /// The same among so many groups and addresses that the engine does not tell them apart at a glance, if it was read.
    pub among_many: Option<Policy>,
    /// For the oracle.
    pub tree: ast::Policy,
}

impl Pair {
    /// Reads a generated policy; `None` if its rules test too much that a visitor could claim.
    ///
    /// # Errors
    /// If the text has any other error, which no generated policy has.
    pub fn read(text: &PolicyText) -> Result<Option<Self>, String> {
        let parsed = text.parse();
        let tree = parsed.policy.clone();
        match Policy::compile(parsed) {
            Ok(policy) => Ok(Some(Self { among_many: Some(among_many(&policy, text)?), policy, tree })),
            Err(error) if error.diagnostics().iter().any(|found| found.code == "too-many-free-tests") => Ok(None),
            Err(error) => Err(format!("{error}\n{text}")),
        }
    }

    /// Decides a request by both and tells the first difference. Otherwise what the oracle said; `None` if there were too
    /// many visitors to try.
    ///
    /// # Errors
    /// What the engine says otherwise than the oracle, which is misled if there is a `fault`.
    pub fn compare(&self, request: &Request<'_>, fault: Option<Fault>) -> Result<Option<Outcome>, String> {
        let expected = match fault {
            None => doorward_oracle::decide(&self.tree, request),
            Some(fault) => {
                let (tree, request) = fault.planted(&self.tree, request);
                doorward_oracle::decide(&tree, &request)
            }
        };
        self.beside(request, expected)
    }

    /// The same with an oracle that tries at most so many visitors.
    ///
    /// # Errors
    /// What the engine says otherwise than the oracle.
    pub fn compare_trying(&self, request: &Request<'_>, most: usize) -> Result<Option<Outcome>, String> {
        self.beside(request, doorward_oracle::decide_trying(&self.tree, request, most))
    }

    fn beside(&self, request: &Request<'_>, expected: Option<Outcome>) -> Result<Option<Outcome>, String> {
        let Some(expected) = expected else { return Ok(None) };
        match self.difference(request, &expected) {
            None => Ok(Some(expected)),
            Some(difference) => {
                let explanation = self.policy.explain(request);
                Err(format!("{difference}\noracle: {expected:?}\nengine: {explanation}"))
            }
        }
    }

    fn by_parts(&self, request: &Request<'_>) -> Verdict {
        let subject = self.policy.subject(request.subject.clone());
        let room = self.policy.room(&request.path);
        let (action, origin) = (self.policy.action(&request.action), self.policy.origin(request.address));
        let prepared = PreparedRequest::new(&subject, action, &room, origin)
            .context(&request.context)
            .room_attributes(&request.room_attributes);
        self.policy.verdict_of(&request.time.map_or(prepared, |time| prepared.at(time)))
    }

    fn difference(&self, request: &Request<'_>, expected: &Outcome) -> Option<String> {
        let decision = self.policy.decide(request);
        // By name, since rules without a label that begin on one line share one.
        let rules: Vec<Cow<'_, str>> = expected.rules.iter().filter_map(|number| self.name(*number)).collect();
        let differs = |what: &str| Some(format!("{what} differ"));
        if decision.status != expected.status {
            return differs("verdicts");
        }
        if decision.http_status != expected.http_status {
            return differs("HTTP statuses");
        }
        if self.policy.verdict(request) != decision.verdict {
            return differs("`verdict` and `decide`");
        }
        if self.among_many.as_ref().is_some_and(|policy| policy.verdict(request) != decision.verdict) {
            return differs("the verdicts of the policy and of the same among many groups and addresses");
        }
        if self.by_parts(request) != decision.verdict {
            return differs("`verdict_of` prepared parts and `decide`");
        }
        if self.policy.decide_many([request, request]).any(|verdict| verdict != decision.verdict) {
            return differs("`decide_many` and `decide`");
        }
        if decision.rules != rules {
            return differs("determining rules");
        }
        let told = decision.challenges.first().and_then(|challenge| challenge.error.clone());
        let due = match (&request.subject, &expected.step_up) {
            _ if decision.http_status != 401 => None,
            (_, Some(step_up)) => Some(ChallengeError::InsufficientUserAuthentication {
                acr_values: Some(step_up.level.as_str()).filter(|level| !level.is_empty()),
                max_age: step_up.max_age,
            }),
            (doorward::Subject::Anonymous, None) => None,
            (_, None) => Some(ChallengeError::InvalidToken),
        };
        (told != due).then(|| format!("challenges differ: {told:?} and {due:?}"))
    }

    /// A rule's number in the order of the text.
    fn name(&self, number: usize) -> Option<Cow<'_, str>> {
        let model = self.policy.model();
        model.rules.get(number).map(|rule| model.rule_name(rule))
    }
}

/// A policy of that text with many more groups and addresses, which all concern a room that it does not know. Whoever is
/// declared is in all of these groups, and nearly every address among all of these. There are no more groups where an
/// attribute is one, since it could be one of those.
fn among_many(policy: &Policy, text: &PolicyText) -> Result<Policy, String> {
    let model = policy.model();
    let attributes = model.identity_attributes.iter().chain(&model.context_attributes);
    let attributes = attributes.chain(model.rooms.iter().flat_map(|room| &room.attributes));
    let grouped = attributes.into_iter().all(|attribute| attribute.ty.scalar() != ScalarType::Group);
    let mut text = text.clone();
    let declared = model.identities.iter().map(|identity| format!("{}\n", identity.name));
    text.files.insert("crowd.txt".to_owned(), declared.collect());
    text.text.push_str("\nidentity one-more\n");
    if grouped {
        text.text.push_str("group crowd from \"crowd.txt\"\n");
    }
    for number in 0..64 {
        let mut who = "one-more".to_owned();
        if grouped {
            who = format!("crowd-{number}");
            text.text.push_str(&format!("group {who} = crowd, one-more\n"));
        }
        text.text.push_str(&format!("allow {who} to use /crowd from 0.0.0.0/0, ::/0 except 203.0.113.{number}\n"));
    }
    Policy::compile(text.parse()).map_err(|error| format!("{error}\n{text}"))
}

/// Tries `count` requests that matter to a policy, those of `seed`; a failing one is shrunk and told with the policy.
///
/// # Errors
/// If `test` fails for one of them.
pub fn for_requests(
    policy: &Policy,
    seed: u64,
    count: u32,
    mut test: impl FnMut(&Request<'static>) -> Result<(), String>,
) -> Result<(), TestCaseError> {
    let mut runner = seeded(seed);
    runner = TestRunner::new_with_rng(
        Config { cases: count, max_shrink_iters: 100, ..runner.config().clone() },
        runner.new_rng(),
    );
    let test = std::cell::RefCell::new(&mut test);
    let outcome = runner
        .run(&doorward_proptest::any_request(policy), |asked| (test.borrow_mut())(&asked).map_err(TestCaseError::fail));
    match outcome {
        Ok(()) => Ok(()),
        Err(TestError::Abort(reason)) => Err(TestCaseError::fail(reason)),
        Err(TestError::Fail(reason, asked)) => {
            let files =
                policy.sources().files().iter().map(|source| format!("# the file {}\n{}\n", source.name, source.text));
            Err(TestCaseError::fail(format!("{asked:?}\n{reason}\nin\n{}", files.collect::<String>())))
        }
    }
}

/// A source of choices that makes the same ones for the same number.
#[must_use]
pub fn seeded(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().zip(seed.to_le_bytes()) {
        *place = byte;
    }
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// 2,000 cases, unless `PROPTEST_CASES` says otherwise; failures are kept beside the test's source.
#[must_use]
pub fn config() -> Config {
    config_of(2_000)
}

/// The same with another number of cases, for tests that take long.
#[must_use]
pub fn config_of(cases: u32) -> Config {
    let beside = FileFailurePersistence::WithSource("proptest-regressions");
    Config { cases, failure_persistence: Some(Box::new(beside)), max_shrink_iters: 300, ..Config::default() }
}

/// A policy and a seed for requests to it.
pub fn policies() -> impl Strategy<Value = (PolicyText, u64)> {
    (policy_with_files(1..=6), any::<u64>())
}

/// Whether the verdict lets in.
#[must_use]
pub fn lets_in(policy: &Policy, request: &Request<'_>) -> bool {
    policy.verdict(request) == Verdict::Allow
}
