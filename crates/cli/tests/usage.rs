//! Calls that are wrong, colours, and readers who go away.

#![allow(clippy::unwrap_used, reason = "it is a test")]

mod common;

use std::io::Read as _;
use std::process::Stdio;

use common::{Folder, Run};

const POLICY: &str = "assurance password < mfa identity alice group g claimed allow alice with mfa to read /\n";

fn folder() -> Folder {
    Folder::new().with("a.door", POLICY).with("bad.door", "alow anyone\n")
}

#[track_caller]
fn wrong(arguments: &[&str], complaint: &str) {
    folder().run(arguments).exits(2).complains(complaint);
}

#[test]
fn calls_without_a_verb_show_the_help() {
    wrong(&[], "Usage: doorward");
    wrong(&["open"], "unrecognized subcommand 'open'");
    for verb in
        ["check", "completions", "decide", "diff", "explain", "fmt", "mutate", "prove", "report", "test", "what", "who"]
    {
        wrong(&[verb], "Usage: doorward");
    }
}

#[test]
fn arguments_that_do_not_fit() {
    let decide = |more: &[&'static str]| [&["decide", "a.door", "alice", "GET", "/"], more].concat();
    wrong(&["decide", "a.door"], "<SUBJECT>");
    wrong(&["decide", "a.door", "alice"], "<ACTION>");
    wrong(&["decide", "a.door", "alice", "GET"], "<PATH>");
    wrong(&decide(&["--requests", "x"]), "cannot be used with");
    wrong(&["decide", "a.door", "--requests", "x", "--from", "10.0.0.7"], "cannot be used with");
    wrong(&["decide", "a.door", "--requests", "x", "--exit-code"], "cannot be used with");
    wrong(&decide(&["--from", "010.0.0.1"]), "an address is IPv4 or IPv6");
    wrong(&decide(&["--at", "2026-11-23"]), "'--at <INSTANT>'");
    wrong(&decide(&["--age", "1.5h"]), "a duration is a number and a unit");
    wrong(&decide(&["--where", "owner=bob"]), "an attribute begins with `identity.`, `room.` or `context.`");
    wrong(&decide(&["--where", "room.owner"]), "there is no `=`");
    wrong(&decide(&["--where", "room.owner={bob"]), "the set has no `}`");
    wrong(&decide(&["--where", "room.owner=bob", "--where", "room.owner=bob"]), "gives `owner` twice");
    wrong(&decide(&["--format", "yaml"]), "invalid value 'yaml'");
    wrong(&["fmt", "a.door", "--check", "--stdout"], "cannot be used with");
}

#[test]
fn only_known_visitors_claim() {
    for (argument, value) in [("--with", "mfa"), ("--age", "1m"), ("--in", "g"), ("--where", "identity.a=1")] {
        for subject in ["anonymous", "rejected"] {
            wrong(&["decide", "a.door", subject, "GET", "/", argument, value], "is not a known visitor");
        }
    }
    wrong(&["decide", "a.door", " alice", "GET", "/"], "can be nobody's name");
    wrong(&["decide", "a.door", "", "GET", "/"], "can be nobody's name");
}

#[test]
fn what_is_wrong_with_a_call_is_data_too() {
    let answer = |arguments: &[&str]| {
        let run = folder().run(arguments).exits(2);
        assert_eq!(run.stderr, "");
        run.json().remove(0)["error"].as_str().unwrap().to_owned()
    };
    assert_eq!(answer(&["check", "x.door", "--format", "json"]), "cannot read `x.door`: there is no such file");
    assert_eq!(answer(&["decide", "a.door", "--requests", "x"]), "cannot read `x`: there is no such file");
    assert!(answer(&["decide", "a.door", "", "GET", "/", "--format", "json"]).contains("can be nobody's name"));
}

#[test]
fn the_standard_input_is_read_once() {
    let folder = folder();
    folder.run_on(POLICY, &["check", "-"]).exits(0);
    folder.run_on(POLICY, &["check", "-", "-"]).exits(2);
    let run = folder.run_on(POLICY, &["decide", "-", "--requests", "-"]).exits(2);
    assert_eq!(run.json()[0]["error"], "cannot read `<stdin>`: it has been read already");
}

#[test]
fn colours_only_where_they_are_wanted() {
    let folder = folder();
    let colored = |run: &Run| run.stdout.contains('\x1b') || run.stderr.contains('\x1b');
    let decide = ["decide", "a.door", "alice", "GET", "/"];
    for arguments in [&decide[..], &["check", "bad.door"], &["test", "a.door"], &["explain", "a.door", "x", "GET", "/"]]
    {
        let with = |when| [&["--color", when], arguments].concat();
        assert!(!colored(&folder.run(arguments)), "{arguments:?}");
        assert!(!colored(&folder.run(&with("never"))), "{arguments:?}");
        assert!(colored(&folder.run(&with("always"))), "{arguments:?}");
        let asked = Run::of(folder.command().args(with("always")).env("NO_COLOR", "1"), b"");
        assert!(colored(&asked), "a call outweighs the environment: {arguments:?}");
    }
    assert!(!colored(&folder.run(&["--color", "always", "decide", "a.door", "alice", "GET", "/", "--format", "json"])));
}

#[test]
fn readers_may_go_away() {
    let requests = "{\"subject\": \"anonymous\", \"action\": \"GET\", \"room\": \"/\"}\n".repeat(20_000);
    let folder = folder().with("requests", requests);
    let mut child = folder
        .command()
        .args(["decide", "a.door", "--requests", "requests"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut some = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut some).unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), &*said), (Some(141), ""));
}

#[test]
fn scripts_for_shells() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = folder().run(&["completions", shell]).exits(0);
        assert!(run.stdout.contains("requests") && run.stderr.is_empty(), "{shell}");
    }
    assert!(folder().run(&["--version"]).exits(0).stdout.starts_with("doorward "));
}
