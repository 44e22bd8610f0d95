//! Questions that would take too much work: each says so, says what costs most, and ends alike.

#![allow(clippy::unwrap_used, reason = "it is a test")]

mod common;

use common::Folder;
use serde_json::json;

const WHY: &str = "too complex to be answered exactly: two different types of `room.o` tell too much apart";

/// A policy in which one thing is a text to one rule and an address to another, on the same path.
const POLICY: &str = r#"
network office = 10.0.0.0/8
room a at /x/** has { o: string }
room b at /x/y has { o: address }
allow authenticated to read a when room.o == "mine"
allow authenticated to read b when room.o in office
"#;

fn folder() -> Folder {
    Folder::new()
        .with("a.door", format!("{POLICY}assert never anyone to read a from 192.0.2.1\n"))
        .with("same.door", POLICY.replace("room.o in office", "(room.o in office)"))
        .with("b.door", POLICY.replace("\"mine\"", "\"yours\""))
        .with("plain.door", POLICY)
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
    let assertion = format!("a.door:7: not found out: assert never anyone to read a from 192.0.2.1\n  {WHY}\n");
    let proved = format!("{assertion}1 assertion: 0 held, 0 failed, 1 not found out\n");
    check(&folder, &["prove", "a.door"], &proved, "");
    let tested = format!("{assertion}\n0 passed, 0 failed, 1 not found out\n");
    check(&folder, &["test", "a.door"], &tested, "");
    let checked = "a.door: 2 rules, 2 rooms, no identities, no groups, no expectations; no errors, no warnings\n";
    let useless = format!("doorward: what is useless in `a.door` is {WHY}\n");
    check(&folder, &["check", "--deep", "a.door"], checked, &useless);
    check(&folder, &["who", "a.door", "GET", "/x/y"], "", &why);
    check(&folder, &["diff", "a.door", "b.door"], "", &why);
    check(&folder, &["diff", "--deny-widening", "--format", "markdown", "a.door", "b.door"], "", &why);
    check(&folder, &["mutate", "plain.door"], " not decided\n", "");
    // Where all rules say the same, nothing needs to be told apart.
    folder
        .run(&["diff", "plain.door", "same.door"])
        .exits(0)
        .says("equivalent: every request gets the same status\n", "");
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
