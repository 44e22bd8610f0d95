//! Questions that would take too much work: each says so, and says what costs most.

#![allow(clippy::unwrap_used, reason = "it is a test")]

mod common;

use common::Folder;

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
        .with("a.door", POLICY)
        .with("same.door", POLICY.replace("room.o in office", "(room.o in office)"))
        .with("b.door", POLICY.replace("\"mine\"", "\"yours\""))
        .with("claims.door", format!("{POLICY}assert never anyone to read a from 192.0.2.1\n"))
}

#[test]
fn questions_about_a_policy() {
    let folder = folder();
    for arguments in [&["prove", "claims.door"][..], &["check", "--deep", "a.door"]] {
        let run = folder.run(arguments).exits(1);
        assert!(run.stdout.contains(WHY), "{}", run.stdout);
    }
    for arguments in [&["who", "a.door", "GET", "/x/y"][..], &["what", "a.door", "ann"]] {
        let run = folder.run(arguments).exits(1);
        assert!(run.stderr.contains(WHY), "{}", run.stderr);
    }
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
    let run = folder().run(&["mutate", "a.door"]).exits(1);
    assert!(
        run.stdout.contains(&format!(": not decided: drop `when room.o == \"mine\"`\n  {WHY}\n")),
        "{}",
        run.stdout
    );
    assert!(run.stdout.trim_end().ends_with(" not decided"), "{}", run.stdout);
}

#[test]
fn a_page() {
    let page = folder().run(&["report", "a.door", "-o", "-"]).exits(0).stdout;
    assert!(page.contains("too complex to be answered exactly"), "{} bytes", page.len());
}
