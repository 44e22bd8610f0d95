//! Disputes over statuses, taken from public reports and restated as small policies: what the engine answers to each.
//!
//! A row agrees with its source by default, by one statement that its policy holds, or not at all; `disputed` rows have
//! no right answer, and pin what the engine says.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a row that is not whole fails the test")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use doorward::{Policy, Request};
use serde::Deserialize;
use serde_json::Value;

/// At least 95 of a hundred undisputed rows agree.
const AGREEMENT_PERCENT: usize = 95;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    source: String,
    situation: String,
    policy: String,
    request: Value,
    expected: Option<u16>,
    by: String,
    answers: Option<u16>,
    reason: Option<String>,
    otherwise: Option<Otherwise>,
}

/// The same policy asked in the way that the source did not mean.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Otherwise {
    request: Value,
    status: u16,
    why: String,
}

#[test]
fn every_row_is_answered_as_it_says() {
    let mut failures = Vec::new();
    for row in rows() {
        let wanted = row.answers.or(row.expected);
        let Some(wanted) = wanted else {
            failures.push(format!("{}: says neither `expected` nor `answers`", row.id));
            continue;
        };
        failures.extend(check(&row.policy, &row.request, wanted).err().map(|why| format!("{}: {why}", row.id)));
        if let Some(other) = &row.otherwise {
            let answer = check(&row.policy, &other.request, other.status);
            failures.extend(answer.err().map(|why| format!("{}, otherwise ({}): {why}", row.id, other.why)));
        }
    }
    assert!(failures.is_empty(), "{} rows differ:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn a_statement_that_decides_a_row_is_needed() {
    let mut failures = Vec::new();
    for row in rows().iter().filter(|row| row.by.starts_with("answer ") || row.by.starts_with("conceal ")) {
        let without: String =
            row.policy.lines().filter(|line| line.trim() != row.by).map(|line| format!("{line}\n")).collect();
        if without.len() == row.policy.len() {
            failures.push(format!("{}: the policy has no line `{}`", row.id, row.by));
        } else if row.expected == status(&without, &row.request).ok() {
            failures.push(format!("{}: the answer is the same without `{}`", row.id, row.by));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn nearly_all_undisputed_rows_agree() {
    let rows = rows();
    let undisputed: Vec<&Row> = rows.iter().filter(|row| row.expected.is_some()).collect();
    let agreeing = undisputed.iter().filter(|row| row.by != "disagrees").count();
    assert!(
        agreeing * 100 >= undisputed.len() * AGREEMENT_PERCENT,
        "{agreeing} of {} undisputed rows agree",
        undisputed.len()
    );
}

#[test]
fn rows_are_whole() {
    let mut seen = BTreeSet::new();
    for row in rows() {
        assert!(seen.insert(row.id.clone()), "{} stands twice", row.id);
        assert!(row.source.starts_with("https://"), "{} has no source", row.id);
        assert!(row.situation.ends_with('.'), "{} does not state its situation in a sentence", row.id);
        match row.by.split(' ').next() {
            Some("default") => assert!(row.expected.is_some() && row.answers.is_none(), "{}", row.id),
            Some("answer" | "conceal") => assert!(row.expected.is_some() && row.reason.is_some(), "{}", row.id),
            Some("disagrees") => {
                assert!(row.reason.is_some(), "{} does not say why", row.id);
                assert!(row.answers.is_some() && row.answers != row.expected, "{}", row.id);
            }
            Some("disputed") => assert!(row.expected.is_none() && row.answers.is_some(), "{}", row.id),
            _ => panic!("{}: unknown `by`: {}", row.id, row.by),
        }
    }
}

#[test]
fn every_undisputed_case_of_the_shared_corpus_is_restated() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/status_cases.json");
    let Ok(text) = fs::read_to_string(shared) else {
        // The harness hides what a passing test prints, but not what is written to the stream itself.
        writeln!(io::stderr(), "skipped: ../shared/corpus not present").unwrap();
        return;
    };
    let theirs: Vec<Value> = serde_json::from_str(&text).unwrap();
    let ours = rows();
    let mut failures = Vec::new();
    for case in theirs.iter().filter(|case| case["expected_basis"] != "disputed") {
        let id = case["id"].as_str().unwrap();
        match ours.iter().find(|row| row.id == id) {
            None => failures.push(format!("{id} is not restated")),
            Some(row) if row.expected.map(|status| status.to_string()).as_deref() != case["expected"].as_str() => {
                failures.push(format!("{id} settled on {}, restated as {:?}", case["expected"], row.expected));
            }
            Some(_) => {}
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn rows() -> Vec<Row> {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/status_cases.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn check(policy: &str, request: &Value, wanted: u16) -> Result<(), String> {
    let answer = status(policy, request)?;
    if answer == wanted { Ok(()) } else { Err(format!("{answer} instead of {wanted}\n{policy}  {request}")) }
}

/// The status that is sent: under `conceal` it is not the verdict's.
fn status(policy: &str, request: &Value) -> Result<u16, String> {
    let policy = Policy::parse(policy).map_err(|error| format!("the policy does not load:\n{error}"))?;
    let line = request.to_string();
    let request: Request<'_> = serde_json::from_str(&line).map_err(|error| format!("no request: {error}: {line}"))?;
    Ok(policy.decide(&request).http_status)
}
