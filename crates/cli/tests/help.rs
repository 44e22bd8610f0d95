//! The examples in the help, run.
//!
//! `DOORWARD_BLESS=1 cargo test -p doorward-cli --test help` writes what came out into the texts.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "it is a test")]

mod common;

use std::path::Path;
use std::process::Command;

use common::{DOORWARD, Folder, Run};

const VERBS: [&str; 12] =
    ["check", "completions", "decide", "diff", "explain", "fmt", "mutate", "prove", "report", "test", "what", "who"];

fn texts() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/help")
}

/// A text with what its examples really give: below each command, up to the next one or to a line that stands further out.
fn replay(text: &str, folder: &Folder) -> String {
    let mut replayed = String::new();
    let mut lines = text.lines().peekable();
    let mut status = 0;
    while let Some(line) = lines.next() {
        replayed.push_str(&format!("{line}\n"));
        let Some(command) = line.strip_prefix("  $ ") else { continue };
        let mut script = command.to_owned();
        // A command goes on in lines that stand further in.
        while let Some(more) = lines.peek().and_then(|line| line.strip_prefix("    ")).filter(|_| unfinished(&script)) {
            replayed.push_str(&format!("    {more}\n"));
            script.push_str(&format!("\n{more}"));
            lines.next();
        }
        while lines.peek().is_some_and(|line| line.is_empty() || line.starts_with("  ") && !line.starts_with("  $ ")) {
            lines.next();
        }
        let path = format!("{}:/usr/bin:/bin", Path::new(DOORWARD).parent().unwrap().display());
        let script = format!("exec 2>&1; (exit {status}); {script}");
        let run = Run::of(
            Command::new("sh").args(["-c", &script]).current_dir(folder.at("")).env("PATH", path).env("NO_COLOR", "1"),
            b"",
        );
        status = run.status;
        for line in run.stdout.lines() {
            replayed.push_str(format!("  {line}").trim_end());
            replayed.push('\n');
        }
        if lines.peek().is_some() {
            replayed.push('\n');
        }
    }
    replayed
}

/// Whether a command goes on in the next line.
fn unfinished(script: &str) -> bool {
    script.ends_with('|') || !script.matches('\'').count().is_multiple_of(2)
}

#[track_caller]
fn check(name: &str, help: &[&str]) {
    let policy = std::fs::read(texts().join("front.door")).unwrap();
    let folder = Folder::new().with("front.door", policy);
    let file = texts().join(format!("{name}.txt"));
    let text = std::fs::read_to_string(&file).unwrap();
    let replayed = replay(&text, &folder);
    if std::env::var_os("DOORWARD_BLESS").is_some() {
        std::fs::write(file, &replayed).unwrap();
    } else {
        assert_eq!(text, replayed);
        assert!(folder.run(help).exits(0).stdout.contains(text.trim_end()));
    }
}

#[test]
fn the_examples_are_real() {
    check("doorward", &["help"]);
    check("doorward", &["--help"]);
    for verb in VERBS {
        check(verb, &["help", verb]);
        check(verb, &[verb, "--help"]);
    }
}

#[test]
fn texts_fit_a_page() {
    for verb in VERBS {
        let text = std::fs::read_to_string(texts().join(format!("{verb}.txt"))).unwrap();
        let long = text.lines().find(|line| !line.starts_with("  ") && line.chars().count() > 125);
        assert_eq!(long, None, "{verb}");
        assert_eq!(text.trim_end().len() + 1, text.len(), "{verb}");
    }
}

#[test]
fn every_verb_has_an_example() {
    for verb in VERBS {
        let text = std::fs::read_to_string(texts().join(format!("{verb}.txt"))).unwrap();
        assert!(text.contains(&format!("doorward {verb} ")), "{verb}");
    }
}

#[test]
fn the_policy_of_the_examples_is_laid_out() {
    let policy = std::fs::read(texts().join("front.door")).unwrap();
    let folder = Folder::new().with("front.door", policy);
    folder.run(&["fmt", "--check", "front.door"]).exits(0).says("", "");
    folder.run(&["check", "--deny-warnings", "front.door"]).exits(0);
}
