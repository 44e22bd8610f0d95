//! Every policy under `examples/`: it checks, its `test` blocks pass, and its request table is decided as expected, by the
//! engine and by the naive evaluator, as written and as formatted.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test without its data fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use doorward::{Folder, Instant, Policy, Request, Subject};
use doorward_tests::data::{root, shared, unpack};
use doorward_tests::rbac;

fn now() -> Instant {
    Instant::parse("2026-11-23T10:00+01:00").unwrap()
}

/// Every policy of the examples.
fn policies() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("examples")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "door") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(found.len() >= 15, "{found:?}");
    found
}

fn load(path: &Path) -> Policy {
    Policy::from_file(path).unwrap_or_else(|error| panic!("{}:\n{error}", path.display()))
}

/// The requests of a policy's table, each with the status that is due.
fn table(policy: &Path) -> Vec<(Request<'static>, u16)> {
    let requests = fs::read_to_string(policy.with_extension("requests.jsonl")).unwrap_or_default();
    let expected = fs::read_to_string(policy.with_extension("expected")).unwrap_or_default();
    assert_eq!(requests.lines().count(), expected.lines().count(), "{}", policy.display());
    requests
        .lines()
        .zip(expected.lines())
        .map(|(request, status)| (serde_json::from_str(request).unwrap(), status.trim().parse().unwrap()))
        .collect()
}

#[track_caller]
fn check(path: &Path, policy: &Policy, table: &[(Request<'_>, u16)]) {
    let wrong: Vec<String> = table
        .iter()
        .filter(|(request, status)| policy.decide(request).status != *status)
        .map(|(request, status)| {
            format!("{}: expected {status}\n{}", serde_json::to_string(request).unwrap(), policy.explain(request))
        })
        .collect();
    assert!(wrong.is_empty(), "{}: {} wrong\n{}", path.display(), wrong.len(), wrong.join("\n"));
}

#[test]
fn tables_are_decided_as_expected() {
    let mut rows = 0;
    for path in policies() {
        let table = table(&path);
        rows += table.len();
        check(&path, &load(&path), &table);
    }
    assert!(rows >= 1_500, "{rows}");
}

#[test]
fn formatted_policies_decide_alike() {
    for path in policies() {
        let text = fs::read_to_string(&path).unwrap();
        let folder = Folder::new(path.parent().unwrap()).unwrap();
        let parsed = doorward_syntax::parse_named("policy.door", text.clone(), &folder);
        let formatted = doorward_syntax::print::format(&parsed.policy.files[0], &text);
        let policy = Policy::load("policy.door", formatted, &folder).unwrap_or_else(|error| panic!("{error}"));
        check(&path, &policy, &table(&path));
    }
}

#[test]
fn the_naive_evaluator_agrees() {
    for path in policies().into_iter().filter(|path| !path.ends_with("bootstrap.door")) {
        let folder = Folder::new(path.parent().unwrap()).unwrap();
        let parsed = doorward_syntax::parse_file(path.file_name().unwrap().to_str().unwrap(), &folder);
        for (request, status) in table(&path) {
            if let Some(outcome) = doorward_oracle::decide(&parsed.policy, &request) {
                assert_eq!(outcome.status, status, "{}: {request:?}", path.display());
            }
        }
    }
}

#[test]
fn test_blocks_pass() {
    for path in policies() {
        let policy = load(&path);
        for outcome in policy.test(now()) {
            let explanation = policy.explain(&outcome.request);
            assert!(outcome.passed(), "{}: {}\n{explanation}", path.display(), outcome.expectation.text);
        }
    }
    let tour = load(&root().join("examples/office.door"));
    assert!(tour.test(now()).count() >= 25);
}

/// Decides every pair of a user and a permission.
fn check_pairs(policy: &Policy, grants: &str) {
    let grants = rbac::grants(grants);
    let granted: BTreeSet<String> = grants.values().flatten().cloned().collect();
    for (user, allowed) in &grants {
        for permission in &granted {
            let path = format!("/p/{}", permission.trim_start_matches('p'));
            let verdict = policy.verdict(&Request::new(Subject::known(user.as_str()), "GET", path));
            let due = if allowed.contains(permission) { 200 } else { 403 };
            assert_eq!(verdict.status(), due, "{user} {permission}");
        }
    }
}

#[test]
fn every_pair_of_hc_and_domino_is_decided_as_granted() {
    for name in ["hc", "domino"] {
        let path = root().join("examples/rbac").join(name).with_extension("door");
        check_pairs(&load(&path), &fs::read_to_string(path.with_extension("grants")).unwrap());
    }
}

#[test]
fn every_pair_of_customer_is_decided_as_granted() {
    let (Some(roles), Some(grants)) =
        (shared("data/rbac/customer_roles_obmd.txt.gz"), shared("data/rbac/customer_upa.tsv.gz"))
    else {
        return;
    };
    let policy = Policy::parse(&rbac::policy(&unpack(&roles))).unwrap_or_else(|error| panic!("{error}"));
    let grants: String = unpack(&grants).lines().filter_map(|line| line.split_once('\t')).fold(
        String::new(),
        |text, (user, permission)| {
            let number = |text: &str| text.trim_start_matches(|letter: char| !letter.is_ascii_digit()).to_owned();
            text + &format!("u{}\tp{}\n", number(user), number(permission))
        },
    );
    let all = rbac::grants(&grants);
    assert_eq!((all.len(), all.values().map(BTreeSet::len).sum::<usize>()), (10_021, 45_427));
    check_pairs(&policy, &grants);
}
