//! `doorward test --coverage`: what the tests of policies exercise.

#![allow(clippy::unwrap_used, reason = "it is a test")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::Folder;
use serde_json::json;

const POLICY: &str = r#"include "more.door"
identity alice, bob
room wiki at /wiki/** has { frozen: bool }
reads: allow alice
    # Only from the office.
    to read wiki
    from 10.0.0.0/8
allow bob to write wiki when room.frozen and address in 10.0.0.0/8
deny bob to read /never allow alice to read /other
test "wiki" {
    expect 200 alice GET /wiki from 10.0.0.7
    expect 401 anonymous GET /wiki from 10.0.0.7
    expect 401 rejected GET /wiki from 10.0.0.7
    expect 403 bob PUT /wiki where room.frozen = false
}
"#;

const MORE: &str = "outside: allow anyone to read /outside\n";

fn folder() -> Folder {
    Folder::new().with("doors/a.door", POLICY).with("doors/more.door", MORE)
}

#[test]
fn what_is_left_out_is_told() {
    let expected = "\
doors/a.door: 1 of 5 rules applied, 3 of 13 clauses seen true and false
  expected: 1 × 200, 2 × 401 (anonymous 1, rejected 1, step-up 0), 1 × 403
doors/a.door:4: reads: applied 1 ×; expected there: 1 × 200, 2 × 401
  `from 10.0.0.0/8` was never false
doors/a.door:8: never applied; expected there: 1 × 403
  `bob` was never false
  `when room.frozen and address in 10.0.0.0/8` was never true
  `room.frozen` was never true
  `address in 10.0.0.0/8` was neither true nor false
doors/a.door:9: no expectation is about its actions and rooms
doors/a.door:9: no expectation is about its actions and rooms
doors/more.door:1: outside: no expectation is about its actions and rooms
4 passed, 0 failed
";
    let told = folder().run(&["test", "--coverage", "doors/a.door"]).exits(0).stdout;
    assert_eq!(told, expected);
}

#[test]
fn a_policy_without_rules_has_no_share_of_them() {
    let told = Folder::new().run_on("", &["test", "--coverage", "-"]).exits(0).stdout;
    assert!(told.starts_with("<stdin>: no rules, no clauses\n"), "{told}");
}

#[test]
fn programs_get_the_same_as_data() {
    let folder = folder();
    let run = folder.run(&["test", "--coverage=json", "doors/a.door"]).exits(0);
    assert_eq!(run.stderr, "4 passed, 0 failed\n");
    let coverage = run.json().remove(0);
    assert_eq!(coverage["rules"], json!({ "all": 5, "applied": 1 }));
    let expected = json!({
        "allowed": 1, "unauthenticated": { "anonymous": 1, "rejected": 1, "step_up": 0 }, "forbidden": 1
    });
    assert_eq!(coverage["expected"], expected);
    let rule = &coverage["by_rule"][0];
    assert_eq!((&rule["rule"], &rule["covered"], &rule["applied"]), (&json!("reads"), &json!(3), &json!(1)));
    let subjects = &rule["clauses"][0];
    assert_eq!((&subjects["text"], &subjects["true"], &subjects["false"]), (&json!("alice"), &json!(1), &json!(2)));
    // Beside results as data it stands in them.
    let report = folder.run(&["test", "--coverage", "--format", "json", "doors/a.door"]).exits(0).json().remove(0);
    assert_eq!((&report["passed"], &report["coverage"]), (&json!(4), &coverage));
    let report = folder.run(&["test", "--format", "json", "doors/a.door"]).exits(0).json().remove(0);
    assert_eq!(report.get("coverage"), None);
}

/// What a tracefile says of one file.
#[derive(Debug, Default)]
struct Record {
    lines: BTreeMap<u32, u64>,
    functions: BTreeMap<String, (u32, Option<u64>)>,
    branches: BTreeMap<(u32, u32, u32), Option<u64>>,
}

/// Reads a tracefile as `geninfo` describes it; every sum must be right.
fn tracefile(text: &str) -> BTreeMap<String, Record> {
    let mut files = BTreeMap::new();
    let mut open: Option<(String, Record)> = None;
    let mut sums: BTreeMap<&str, usize> = BTreeMap::new();
    for line in text.lines() {
        if line == "end_of_record" {
            let (name, record) = open.take().unwrap();
            let counted = |list: Vec<bool>| (list.len(), list.iter().filter(|hit| **hit).count());
            let lines = counted(record.lines.values().map(|hits| *hits > 0).collect());
            let functions = counted(record.functions.values().map(|(_, hits)| hits.unwrap() > 0).collect());
            let branches = counted(record.branches.values().map(|taken| taken.unwrap_or(0) > 0).collect());
            for (found, hit, (all, some)) in [("LF", "LH", lines), ("FNF", "FNH", functions), ("BRF", "BRH", branches)]
            {
                assert_eq!((sums.remove(found), sums.remove(hit)), (Some(all), Some(some)), "{found} of {name}");
            }
            assert!(files.insert(name, record).is_none());
            continue;
        }
        let (key, value) = line.split_once(':').unwrap();
        let fields: Vec<&str> = value.split(',').collect();
        match (key, open.as_mut()) {
            ("TN", None) => assert_eq!(value, ""),
            ("SF", None) => open = Some((value.to_owned(), Record::default())),
            ("DA", Some((_, record))) => {
                let [line, hits] = fields[..] else { unreachable!("{line}") };
                assert!(record.lines.insert(line.parse().unwrap(), hits.parse().unwrap()).is_none());
            }
            ("FN", Some((_, record))) => {
                let [line, name] = fields[..] else { unreachable!("{line}") };
                assert!(record.functions.insert(name.to_owned(), (line.parse().unwrap(), None)).is_none());
            }
            ("FNDA", Some((_, record))) => {
                let [hits, name] = fields[..] else { unreachable!("{line}") };
                record.functions.get_mut(name).unwrap().1 = Some(hits.parse().unwrap());
            }
            ("BRDA", Some((_, record))) => {
                let [line, block, branch, taken] = fields[..] else { unreachable!("{line}") };
                let key = (line.parse().unwrap(), block.parse().unwrap(), branch.parse().unwrap());
                let taken = (taken != "-").then(|| taken.parse().unwrap());
                assert!(record.branches.insert(key, taken).is_none());
            }
            ("LF" | "LH" | "FNF" | "FNH" | "BRF" | "BRH", Some(_)) => {
                assert!(sums.insert(key, value.parse().unwrap()).is_none());
            }
            _ => unreachable!("{line}"),
        }
    }
    assert!(open.is_none());
    files
}

#[test]
fn a_tracefile_has_rules_as_functions_and_clauses_as_branches() {
    let folder = folder();
    let run = folder.run(&["test", "--coverage=lcov", "--coverage-to", "trace", "doors/a.door"]).exits(0);
    run.says("4 passed, 0 failed\n", "");
    let text = folder.read("trace");
    let files = tracefile(&text);
    assert_eq!(files.keys().collect::<Vec<_>>(), ["doors/a.door", "doors/more.door"]);
    let own = &files["doors/a.door"];
    // The comment's line is none; the two rules on one line count together.
    assert_eq!(own.lines, BTreeMap::from([(4, 1), (6, 1), (7, 1), (8, 0), (9, 0)]));
    assert_eq!(own.functions["reads"], (4, Some(1)));
    assert_eq!(own.functions.keys().map(String::as_str).collect::<BTreeSet<_>>().len(), 4);
    let at = |line: u32| -> Vec<Option<u64>> {
        own.branches.iter().filter(|((at, _, _), _)| *at == line).map(|(_, taken)| *taken).collect()
    };
    // `alice` is true once and false twice; `from` is never false.
    assert_eq!((at(4), at(7)), (vec![Some(1), Some(2)], vec![Some(3), Some(0)]));
    // Of a rule that is never reached only `to` is known.
    assert_eq!(at(9), [None, None, Some(0), Some(4), None, None, Some(0), Some(4)]);
    // The same goes to the standard output, and what people read elsewhere.
    let run = folder.run(&["test", "--coverage=lcov", "doors/a.door"]).exits(0);
    run.says(&text, "4 passed, 0 failed\n");
}

#[test]
fn wrong_calls_are_told() {
    let folder = folder();
    folder.run(&["test", "--coverage-to", "trace", "doors/a.door"]).exits(2);
    folder.run(&["test", "--coverage=html", "doors/a.door"]).exits(2);
    folder.run(&["test", "--coverage=lcov", "--format", "json", "doors/a.door"]).exits(2);
    folder.run(&["test", "--coverage=lcov", "--coverage-to", "no/such/folder", "doors/a.door"]).exits(2);
}
