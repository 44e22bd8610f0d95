//! Role models that grant the same are the same policy, and a change of one grant is found, with whom and what it touches.

#![allow(clippy::panic, clippy::unwrap_used, reason = "it is a test")]

use std::collections::BTreeSet;

use doorward::{Policy, Request, Subject};
use doorward_analysis::{Answered, diff};
use doorward_tests::data::{shared, unpack};
use doorward_tests::rbac::{self, granted};

fn policy(text: &str) -> Policy {
    Policy::parse(&rbac::policy(text)).unwrap_or_else(|error| panic!("{error}"))
}

/// Role files of one data set, by algorithm.
fn models(name: &str) -> Vec<String> {
    let files = ["obmd", "org_row", "optimal_cover", "fastMin"].map(|algorithm| {
        let path = format!("data/rbac/{name}_roles_{algorithm}.txt.gz");
        (name != "customer" || ["obmd", "org_row"].contains(&algorithm)).then(|| shared(&path)).flatten()
    });
    files.into_iter().flatten().map(|path| unpack(&path)).collect()
}

#[track_caller]
fn check_equal(name: &str) {
    let models: Vec<Policy> = models(name).iter().map(|text| policy(text)).collect();
    for (index, one) in models.iter().enumerate() {
        for other in models.iter().skip(index + 1) {
            let found = diff(one.model(), other.model()).unwrap();
            assert!(found.is_empty(), "{name}: {:?}", found.changes.first());
        }
    }
}

#[test]
fn models_of_the_same_grants_are_equivalent() {
    for name in ["hc", "domino", "fire1", "apj", "emea", "customer"] {
        check_equal(name);
    }
}

/// The roles with one user of one of them gone; another one for each number.
fn planted(text: &str, number: usize) -> String {
    let users = text.lines().filter(|line| line.trim_start().starts_with("users:")).count();
    let mut seen = 0;
    let lines = text.lines().map(|line| {
        if !line.trim_start().starts_with("users:") {
            return line.to_owned();
        }
        seen += 1;
        let Some((key, list)) = line.split_once(':').filter(|_| seen - 1 == number % users) else {
            return line.to_owned();
        };
        let mut numbers: Vec<&str> = list.split(',').map(str::trim).filter(|number| !number.is_empty()).collect();
        // A group without members could not be written.
        if numbers.len() > 1 {
            numbers.remove(number / users % numbers.len());
        }
        format!("{key}: {}", numbers.join(","))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn check_planted(name: &str, changes: usize) {
    let models = models(name);
    let Some(text) = models.first() else { return };
    let before = policy(text);
    let old = granted(text);
    // Many changes change nothing, since other roles grant the same.
    let mut some = 0;
    for number in 0.. {
        if some == changes {
            break;
        }
        let changed = planted(text, number);
        let new = granted(&changed);
        let lost: BTreeSet<&(String, String)> = old.difference(&new).collect();
        if lost.is_empty() && number % 8 != 0 {
            continue;
        }
        some += usize::from(!lost.is_empty());
        let after = policy(&changed);
        let found = diff(before.model(), after.model()).unwrap();
        let narrowed = found.changes.iter().filter(|change| change.before == Answered::Allow);
        let narrowed: Vec<_> = narrowed.collect();
        assert_eq!(narrowed.is_empty(), lost.is_empty(), "{name} {number}");
        assert!(!found.widens());
        let mut told = BTreeSet::new();
        for change in narrowed {
            let request: &Request<'_> = &change.request;
            let Subject::Known(known) = &request.subject else { panic!("{request:?}") };
            let room = request.path.trim_start_matches("/p/");
            assert!(lost.contains(&(known.identity.to_string(), format!("p{room}"))), "{request:?}");
            assert_eq!(before.decide(request).status, 200);
            assert_eq!(after.decide(request).status, change.after.status());
            for user in &change.identities {
                told.extend(change.rooms.iter().map(|room| (user.to_string(), room.clone())));
            }
        }
        // Nobody and nothing is left out.
        assert!(lost.iter().all(|pair| told.contains(*pair)), "{name} {number}");
    }
}

#[test]
fn a_planted_change_is_found() {
    check_planted("hc", 40);
    check_planted("domino", 40);
    check_planted("fire1", 12);
    check_planted("emea", 4);
    check_planted("apj", 3);
    check_planted("customer", 1);
}
