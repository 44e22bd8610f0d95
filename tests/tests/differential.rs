//! The compiled engine and the naive evaluator say the same about generated policies and requests.

#![expect(clippy::expect_used, reason = "what is generated has no errors, or the test fails")]

use doorward_tests::compare::{Pair, config, for_requests, policies};
use doorward_tests::fault::Fault;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// How many requests each policy is tried with.
const REQUESTS: u32 = 24;

proptest! {
    #![proptest_config(config())]

    #[test]
    fn engine_and_oracle_agree((text, seed) in policies()) {
        let Some(pair) = Pair::read(&text).map_err(TestCaseError::fail)? else { return Ok(()) };
        for_requests(&pair.policy, seed, REQUESTS, |request| pair.compare(request, None).map(drop))?;
    }
}

/// What the comparison says about an oracle that makes a mistake: after how many policies it notices.
fn noticed(fault: Fault) -> Option<u32> {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    (1..=2_000).find(|_| {
        let (text, seed) = policies().new_tree(&mut runner).expect("a policy").current();
        let Some(pair) = Pair::read(&text).expect("a policy without an error") else { return false };
        for_requests(&pair.policy, seed, REQUESTS, |request| pair.compare(request, Some(fault)).map(drop)).is_err()
    })
}

#[test]
fn every_fault_is_noticed() {
    for fault in Fault::ALL {
        let after = noticed(fault);
        eprintln!("{fault:?}: after {after:?} policies of {REQUESTS} requests");
        assert!(after.is_some(), "{fault:?} was not noticed");
    }
}
