use super::{as_request, expectations, read, summary};
use crate::{Fault, decide, decide_with_fault};
use doorward_syntax::{NoFiles, parse};

/// Each fault with a policy and a request that it decides wrongly: the right outcome, then the wrong one.
const CASES: [(Fault, &str, &str, &str, &str); 10] = [
    (
        Fault::AlwaysUnauthenticatedIfAnonymous,
        "allow authenticated to read from 10.0.0.0/8",
        "anonymous GET / from 192.0.2.1",
        "403 []",
        "401 []",
    ),
    (Fault::AnswerIgnored, "answer unidentified 401", "anonymous GET /", "401 []", "403 []"),
    (
        Fault::ClaimForListedGroup,
        "identity alice group staff = alice allow staff to read",
        "zoe GET / in staff",
        "403 []",
        "200 [0]",
    ),
    (
        Fault::DenySkippedWhenUnknown,
        "allow anyone to read deny anyone from 192.0.2.1",
        "anonymous GET /",
        "403 [1]",
        "200 [0]",
    ),
    (
        Fault::ExceptDropped,
        "identity alice allow authenticated except alice to read",
        "alice GET /",
        "403 []",
        "200 [0]",
    ),
    (
        Fault::MappedAddressNotFolded,
        "allow anyone to read from 10.0.0.0/8",
        "anonymous GET / from ::ffff:10.0.0.1",
        "200 [0]",
        "403 []",
    ),
    (
        Fault::NestingOneLevel,
        "identity alice group a = b group b = c group c = alice allow a to read",
        "alice GET /",
        "200 [0]",
        "403 []",
    ),
    (Fault::TrailingSlashSignificant, "allow anyone to read /a", "anonymous GET /a/", "200 [0]", "403 []"),
    (
        Fault::WindowClosedAtEnd,
        "allow anyone to read when time in 08:00..10:00",
        "anonymous GET / at 2026-11-23T10:00Z",
        "403 []",
        "200 [0]",
    ),
    (
        Fault::WithinIgnored,
        "assurance low < high allow authenticated with high within 1h to read",
        "zoe GET / with high 2h old",
        "401 [0] high 3600s",
        "200 [0]",
    ),
];

#[test]
fn every_fault_is_wrong_somewhere() {
    assert_eq!(CASES.map(|(fault, ..)| fault), Fault::ALL);
    for (fault, policy, request, right, wrong) in CASES {
        let policy = read(policy, &NoFiles);
        let test = parse(&format!("test \"case\" {{ expect 200 {request} }}"));
        let request = as_request(expectations(&test.policy)[0]);
        assert_eq!(summary(decide(&policy, &request)), right, "{fault:?}");
        assert_eq!(summary(decide_with_fault(&policy, &request, fault)), wrong, "{fault:?}");
    }
}
