//! The engine against the naive evaluator, over policies and requests that the bytes choose.

use doorward_proptest::policy;

use super::choose;
use crate::compare::Pair;

/// How many requests one policy is asked.
const REQUESTS: usize = 4;

/// How many rules a policy has at most: with few, many policies can be tried, and most differences need no more.
const RULES: usize = 3;

/// The body of the target `engine`.
pub(super) fn engine(data: &[u8]) {
    let (requests, policy) = data.split_at(data.len().min(8));
    let Some(text) = choose::chosen(&policy::policy_with_files(1..=RULES), policy) else { return };
    let pair = Pair::read(&text);
    assert!(pair.is_ok(), "{}", pair.err().unwrap_or_default());
    // Rules that test too much that a visitor could claim make no policy.
    let Ok(Some(pair)) = pair else { return };
    for request in choose::requests(&pair.policy, REQUESTS, requests) {
        choose::consistent(&pair.policy, &request);
        choose::alike(&pair, &request);
    }
}
