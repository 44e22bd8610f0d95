//! Questions that would take too much work: each says so, and says what costs most.

#![allow(clippy::unwrap_used, reason = "it is a test")]

mod common;

use std::fmt::Write as _;

use common::Folder;

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
}

#[test]
fn questions_about_a_policy() {
    let folder = folder();
    let run = folder.run(&["prove", "a.door"]).exits(1);
    assert!(run.stdout.contains(WHY), "{}", run.stdout);
    let run = folder.run(&["check", "--deep", "a.door"]).exits(1);
    assert!(run.stdout.contains(WHY), "{}", run.stdout);
    let run = folder.run(&["who", "a.door", "GET", "/a"]).exits(1);
    assert!(run.stderr.contains(WHY), "{}", run.stderr);
}

#[test]
fn a_comparison() {
    let folder = folder();
    folder.run(&["diff", "a.door", "b.door"]).exits(2).complains(WHY);
    // Where all rules say the same, nothing needs to be told apart.
    folder.run(&["diff", "a.door", "same.door"]).exits(0).says("equivalent: every request gets the same answer\n", "");
}

#[test]
fn faults() {
    let text = policy("identity.n == 4").replace("assert never anyone to read a from 192.0.2.1\n", "");
    let run = Folder::new().with("a.door", text).run(&["mutate", "a.door"]).exits(1);
    assert!(run.stdout.contains(": not decided: "), "{}", run.stdout);
    assert!(run.stdout.contains(WHY), "{}", run.stdout);
    assert!(run.stdout.trim_end().ends_with(" not decided"), "{}", run.stdout);
}

#[test]
fn a_page() {
    let folder = folder();
    let page = folder.run(&["report", "a.door", "-o", "-"]).exits(0).stdout;
    assert!(page.contains("too complex to be answered exactly"), "{} bytes", page.len());
}
