//! `doorward check --deep`: what is useless whatever the request, beside what a glance at the text tells.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "it is a test")]

mod common;

use common::{Folder, Run};
use serde_json::{Value, json};

const MAZE: &str = "\
identity ann, ben
group staff = ann, ben
room wiki at /wiki/**
room attic at /attic
allow staff to read wiki
closed: deny anyone to use attic
";

fn run(text: &str, options: &[&str]) -> Run {
    let folder = Folder::new().with("sub/a.door", text);
    folder.run(&[&["check", "--deep", "sub/a.door"], options].concat())
}

/// Checks the findings about a policy, in order: the code of each, and the text that it is about.
#[track_caller]
fn check(text: &str, expected: &[(&str, &str)]) {
    let report = run(text, &["--format", "json"]).exits(0).json().remove(0);
    let told: Vec<(String, &str)> = report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let at = |index: usize| usize::try_from(finding["bytes"][index].as_u64().unwrap()).unwrap();
            (finding["code"].as_str().unwrap().to_owned(), &text[at(0)..at(1)])
        })
        .collect();
    let told: Vec<(&str, &str)> = told.iter().map(|(code, text)| (&**code, *text)).collect();
    assert_eq!(told, expected);
}

#[test]
fn findings_for_people() {
    let expected = "\
warning: nobody can enter the room `attic`
 --> sub/a.door:4:6
  |
4 | room attic at /attic
  |      ^^^^^
  |
  = help: allow somebody, or drop the room

warning: nothing that this rule denies is allowed
 --> sub/a.door:6:1
  |
6 | closed: deny anyone to use attic
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: drop the rule, or keep it as a safeguard

sub/a.door: 2 rules, 2 rooms, 2 identities, 1 group, no expectations; no errors, 2 warnings
";
    run(MAZE, &[]).exits(0).says(expected, "");
    run(MAZE, &["--deny-warnings"]).exits(1).says(expected, "");
    let fine = "identity ann\nallow ann to read /\n";
    run(fine, &["--deny-warnings"]).exits(0);
}

#[test]
fn findings_for_programs() {
    let report = run(MAZE, &["--format", "json", "--deny-warnings"]).exits(1).json().remove(0);
    let numbers = ["ok", "errors", "warnings"].map(|name| report[name].clone());
    assert_eq!(numbers, [json!(false), json!(0), json!(2)]);
    let told = |finding: &Value| ["severity", "code", "file", "line"].map(|name| finding[name].clone());
    let expected = [json!("warning"), json!("idle-deny"), json!("sub/a.door"), json!(6)];
    assert_eq!(told(&report["diagnostics"][1]), expected);
    assert_eq!(report.get("too_complex"), None);
    check(MAZE, &[("closed-room", "attic"), ("idle-deny", "closed: deny anyone to use attic")]);
}

#[test]
fn a_glance_hides_only_what_it_tells_itself() {
    // The second rule is seen to be useless by its text.
    check(
        "identity ann\nallow authenticated to read /\nallow ann to read /",
        &[("shadowed-rule", "allow ann to read /")],
    );
    // What a test does where nothing is known is another thing than that it says the same elsewhere.
    check(
        "context has { m?: int }\nallow anyone to read /\ndeny anyone to read / when context.m <= 9223372036854775807",
        &[
            ("overridden-rule", "allow anyone to read /"),
            ("unguarded-test", "context.m <= 9223372036854775807"),
            ("settled-condition", "context.m <= 9223372036854775807"),
        ],
    );
}

#[test]
fn a_policy_with_errors_is_only_glanced_at() {
    let run = run("allow eve to read /\nroom attic at /attic\n", &[]).exits(1);
    assert!(run.stdout.contains("unknown") && !run.stdout.contains("nobody can enter"), "{}", run.stdout);
}
