//! Allowed by Doorward exactly when allowed by Cedar.

use std::cell::RefCell;

use doorward_cedar_tests::cedar::Slip;
use doorward_cedar_tests::compare::{Outcome, Subject, Trial};
use doorward_cedar_tests::generate::any_trial;
use doorward_cedar_tests::site::{Request, Site};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestError, TestRunner};

/// How many requests each policy is tried with.
const REQUESTS: usize = 16;

/// How many policies are tried, unless `PROPTEST_CASES` says otherwise.
const POLICIES: u32 = 2_000;

/// How often both said what.
#[derive(Debug, Default)]
struct Tally {
    policies: usize,
    beyond_limits: usize,
    allowed: usize,
    denied: usize,
    unmatched: usize,
}

impl Tally {
    fn run(&mut self, site: &Site, requests: &[Request]) -> Result<(), String> {
        self.policies += 1;
        let Some(trial) = Trial::new(site, None)? else {
            self.beyond_limits += 1;
            return Ok(());
        };
        for request in requests {
            match trial.run(request).map_err(|difference| difference.story)? {
                Outcome::Allowed => self.allowed += 1,
                Outcome::Denied => self.denied += 1,
                Outcome::Unmatched => self.unmatched += 1,
            }
        }
        Ok(())
    }
}

#[test]
fn doorward_and_cedar_decide_alike() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(POLICIES);
    let beside = FileFailurePersistence::WithSource("proptest-regressions");
    let config =
        Config { cases, source_file: Some(file!()), failure_persistence: Some(Box::new(beside)), ..Config::default() };
    let tally = RefCell::new(Tally::default());
    let outcome = TestRunner::new(config).run(&any_trial(REQUESTS), |(site, requests)| {
        tally.borrow_mut().run(&site, &requests).map_err(TestCaseError::fail)
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Abort(reason)) => panic!("{reason}"),
        // The reason tells the site in both languages, which is easier to read than the description of it.
        Err(TestError::Fail(reason, _)) => panic!("{reason}"),
    }
    let tally = tally.into_inner();
    eprintln!("{tally:?}");
    let decided = tally.allowed + tally.denied + tally.unmatched;
    for (what, times) in [("allowed", tally.allowed), ("denied", tally.denied), ("unmatched", tally.unmatched)] {
        assert!(cases < 1_000 || times * 10 >= decided, "only {times} of {decided} are {what}");
    }
    assert!(tally.beyond_limits * 50 <= tally.policies, "{} policies were not compared", tally.beyond_limits);
}

#[test]
fn every_slip_of_the_translation_is_noticed() {
    for slip in Slip::ALL {
        let mut runner = TestRunner::deterministic();
        let trials = any_trial(REQUESTS);
        let after = (1..=POLICIES).find(|_| {
            let (site, requests) = trials.new_tree(&mut runner).expect("a trial").current();
            let trial = Trial::new(&site, Some(slip)).expect("what both understand");
            trial.is_some_and(|trial| requests.iter().any(|request| decided_otherwise(&trial, request)))
        });
        eprintln!("{slip:?}: after {after:?} policies of {REQUESTS} requests");
        assert!(after.is_some(), "{slip:?} was not noticed");
    }
}

fn decided_otherwise(trial: &Trial<'_>, request: &Request) -> bool {
    trial.run(request).is_err_and(|difference| difference.subject == Subject::Decision)
}
