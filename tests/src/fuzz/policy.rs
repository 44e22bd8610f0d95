//! Policies: any bytes are a policy or a list of findings; what is a policy can be printed, and decides.

use doorward::{Instant, Policy};
use doorward_syntax::{Severity, parse_named};

use super::choose;
use super::format::{Parts, check_findings, formatted};
use crate::compare::Pair;

/// How many requests a policy is asked, those of its tests aside.
const REQUESTS: usize = 6;

/// How many rules, and how many groups, a policy may have that is shown to the naive evaluator too: it walks every way
/// through nested groups, of which there are exponentially many.
const FEW: usize = 8;

/// The body of the target `policy`.
pub(super) fn policy(data: &[u8]) {
    let (text, parts) = Parts::cut(data);
    let parsed = parse_named("policy.door", text, &parts);
    let readable = !parsed.has_errors();
    let policy = match Policy::compile(parsed.clone()) {
        Ok(policy) => policy,
        Err(error) => {
            let errors = error.diagnostics().iter().filter(|finding| finding.severity == Severity::Error).count();
            assert!(errors > 0, "a policy is refused without an error");
            return check_findings(error.diagnostics(), error.sources());
        }
    };
    assert!(readable, "a policy that cannot be read compiles");
    check_findings(policy.warnings(), policy.sources());

    let again = Policy::load("policy.door", formatted(&parsed, &parts), &parts);
    assert!(again.is_ok(), "formatted text does not compile: {:?}", again.err());
    let Ok(again) = again else { return };
    let mut requests = choose::requests(&policy, REQUESTS, &digest(data));
    let now = Instant::from_unix_seconds(1_795_426_200);
    requests.extend(now.into_iter().flat_map(|now| policy.test(now).take(4)).map(|outcome| outcome.request));
    let few = policy.model().rules.len() <= FEW && policy.model().groups.len() <= FEW;
    let pair = Pair { policy, among_many: None, tree: parsed.policy };
    for request in requests {
        choose::consistent(&pair.policy, &request);
        let verdict = pair.policy.verdict(&request);
        assert_eq!(again.verdict(&request), verdict, "formatting changed a verdict: {request:?}");
        if few {
            choose::alike(&pair, &request);
        }
    }
}

/// Eight bytes that every byte of the text changes, so that texts beside each other are asked other things.
fn digest(data: &[u8]) -> [u8; 8] {
    let mix = |state: u64, byte: &u8| (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    data.iter().fold(0xcbf2_9ce4_8422_2325, mix).to_le_bytes()
}
