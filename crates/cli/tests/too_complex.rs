//! Questions that would take too much work: each says so, says what costs most, and ends alike.

#![allow(clippy::unwrap_used, reason = "it is a test")]

mod common;

use std::fmt::Write as _;

use common::Folder;
use serde_json::json;

const WHY: &str = "too complex to be answered exactly: the tests of `identity.n` tell too much apart";

/// A policy in which ten thousand numbers have to be told apart, on the condition.
fn policy(condition: &str) -> String {
    let mut text =
        String::from("identities have { n?: int }\nroom a at /a\nassert never anyone to read a from 192.0.2.1\n");
    writeln!(text, "odd: allow authenticated to read a when {condition}").unwrap();
    for number in 0..10_100 {
        writeln!(text, "identity u{number} {{ n: {} }}", number * 2).unwrap();
    }
    text
}

fn folder() -> Folder {
    Folder::new()
        .with("a.door", policy("identity.n == 4"))
        .with("same.door", policy("(identity.n == 4)"))
        .with("b.door", policy("identity.n == 6"))
        .with("plain.door", policy("identity.n == 4").replace("assert never anyone to read a from 192.0.2.1\n", ""))
}

/// Checks that a call ends with 1, as every verb does, and what the last lines are of what it writes.
#[track_caller]
fn check(folder: &Folder, arguments: &[&str], stdout: &str, stderr: &str) {
    let run = folder.run(arguments).exits(1);
    assert!(run.stdout.ends_with(stdout), "{}", run.stdout);
    assert!(run.stderr.ends_with(stderr), "{}", run.stderr);
    assert!(!stderr.is_empty() || run.stderr.is_empty(), "{}", run.stderr);
}

#[test]
fn every_verb_ends_alike() {
    let folder = folder();
    let why = format!("doorward: {WHY}\n");
    let assertion = format!("a.door:3: not found out: assert never anyone to read a from 192.0.2.1\n  {WHY}\n");
    let proved = format!("{assertion}1 assertion: 0 held, 0 failed, 1 not found out\n");
    check(&folder, &["prove", "a.door"], &proved, "");
    let tested = format!("{assertion}\n0 passed, 0 failed, 1 not found out\n");
    check(&folder, &["test", "a.door"], &tested, "");
    let checked = "a.door: 1 rule, 1 room, 10100 identities, no groups, no expectations; no errors, no warnings\n";
    let useless = format!("doorward: what is useless in `a.door` is {WHY}\n");
    check(&folder, &["check", "--deep", "a.door"], checked, &useless);
    check(&folder, &["who", "a.door", "GET", "/a"], "", &why);
    check(&folder, &["diff", "a.door", "b.door"], "", &why);
    check(&folder, &["diff", "--deny-widening", "--format", "markdown", "a.door", "b.door"], "", &why);
    check(&folder, &["mutate", "plain.door"], " not decided\n", "");
    // Where all rules say the same, nothing needs to be told apart.
    folder.run(&["diff", "a.door", "same.door"]).exits(0).says("equivalent: every request gets the same status\n", "");
    folder.run(&["check", "a.door"]).exits(0);
}

#[test]
fn programs_get_it_as_data() {
    let folder = folder();
    let json = |arguments: &[&str]| {
        let run = folder.run(&[arguments, &["--format", "json"]].concat()).exits(1);
        assert_eq!(run.stderr, "");
        run.json().remove(0)
    };
    for verb in ["prove", "test"] {
        let report = json(&[verb, "a.door"]);
        assert_eq!((&report["failed"], &report["undecided"]), (&json!(0), &json!(1)));
        let assertion = &report["assertions"][0];
        assert_eq!((&assertion["holds"], &assertion["error"]), (&json!(false), &json!(WHY)));
    }
    assert_eq!(json(&["diff", "a.door", "b.door"]), json!({ "error": WHY }));
    let report = json(&["check", "--deep", "a.door"]);
    let told = ["ok", "errors", "diagnostics", "too_complex"].map(|name| report[name].clone());
    assert_eq!(told, [json!(false), json!(0), json!([]), json!(WHY)]);
    let report = json(&["mutate", "plain.door"]);
    assert_eq!(report["by_mutant"][0]["because"], WHY);
}

#[test]
fn a_page() {
    let folder = folder();
    let page = folder.run(&["report", "a.door", "-o", "-"]).exits(0).stdout;
    assert!(page.contains(&format!("\"too_complex\":\"{WHY}\"")), "{} bytes", page.len());
}
