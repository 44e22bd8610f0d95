//! `doorward mutate` finds every survivor that was planted in a policy with deliberately thin tests, and no other.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a table that cannot be read fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use doorward_cli::{Exit, Surroundings};
use doorward_tests::data::root;
use serde_json::Value;

/// Judges all mutants of a policy; `-` is the input.
fn mutate(policy: &str, input: &str, format: &str) -> (Exit, String) {
    let surroundings = Surroundings::default();
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let arguments = ["doorward", "mutate", policy, "--format", format];
    let exit = doorward_cli::run(arguments, &surroundings, Box::new(input.as_bytes()), &mut stdout, &mut stderr);
    assert_eq!(String::from_utf8(stderr).unwrap(), "");
    (exit, String::from_utf8(stdout).unwrap())
}

/// The survivors of a policy, each as its line and what it is.
fn survivors(policy: &str) -> BTreeSet<String> {
    let (exit, report) = mutate("-", policy, "json");
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["undecided"], 0);
    let of = |outcome: &str| -> BTreeSet<String> {
        let all = report["by_mutant"].as_array().unwrap().iter().filter(|mutant| mutant["outcome"] == outcome);
        all.map(|mutant| format!("{}: {}", mutant["line"], mutant["mutant"].as_str().unwrap())).collect()
    };
    // Ann is staff, and stands beside it.
    assert_eq!(of("equivalent"), ["4: drop `ann`", "8: drop `ann`"].map(str::to_owned).into());
    // No expectation asks for Ben's files.
    assert!(of("killed_by_assertion").contains("10: drop `except ben`"));
    let survivors = of("survivor");
    assert_eq!(exit == Exit::Fine, survivors.is_empty());
    survivors
}

/// Expectations by their letters, and survivors with the letters of those that kill them.
fn planted() -> (BTreeMap<String, String>, BTreeMap<String, BTreeSet<String>>) {
    let (mut expectations, mut survivors) = (BTreeMap::new(), BTreeMap::new());
    let text = fs::read_to_string(root().join("tests/data/mutation/thin.planted")).unwrap();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.split_once(": expect ") {
            Some((letter, rest)) => drop(expectations.insert(letter.to_owned(), format!("expect {rest}"))),
            None => {
                let (mutant, killers) = line.rsplit_once(" / ").unwrap();
                survivors.insert(mutant.to_owned(), killers.split(' ').map(str::to_owned).collect());
            }
        }
    }
    (expectations, survivors)
}

/// Judges the policy with those of the expectations.
#[track_caller]
fn check(with: &BTreeSet<&String>) {
    let (expectations, planted) = planted();
    let policy = fs::read_to_string(root().join("tests/data/mutation/thin.door")).unwrap();
    let more: Vec<&str> = with.iter().map(|letter| expectations[*letter].as_str()).collect();
    let expected = planted.iter().filter(|(_, killers)| !killers.iter().any(|letter| with.contains(letter)));
    let expected: BTreeSet<String> = expected.map(|(mutant, _)| mutant.clone()).collect();
    assert_eq!(survivors(&format!("{policy}test \"more\" {{ {} }}\n", more.join(" "))), expected, "with {with:?}");
}

#[test]
fn every_planted_survivor_is_found_and_no_other() {
    check(&BTreeSet::new());
}

#[test]
fn each_expectation_kills_what_it_should() {
    let (expectations, _) = planted();
    check(&expectations.keys().collect());
    for letter in expectations.keys() {
        check(&BTreeSet::from([letter]));
        check(&expectations.keys().filter(|other| *other != letter).collect());
    }
}

#[test]
fn the_lines_that_are_told_kill_all_survivors() {
    let mut policy = fs::read_to_string(root().join("tests/data/mutation/thin.door")).unwrap();
    let (exit, told) = mutate("-", &policy, "human");
    assert_eq!(exit, Exit::FellShort);
    let lines: Vec<&str> = told.lines().filter(|line| line.starts_with("  expect ")).collect();
    policy.push_str(&format!("test \"told\" {{\n{}\n}}\n", lines.join("\n")));
    assert_eq!(survivors(&policy), BTreeSet::new());
}

#[test]
fn the_tests_of_the_tour_notice_every_fault() {
    let office = root().join("examples/office.door").display().to_string();
    let (exit, told) = mutate(&office, "", "human");
    assert_eq!(exit, Exit::Fine, "{told}");
}
