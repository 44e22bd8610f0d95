//! `doorward check` and `doorward test`, and files that nobody would write.

#![allow(clippy::unwrap_used, reason = "it is a test")]

mod common;

use common::Folder;
use serde_json::json;

const GOOD: &str = "identity alice\nroom wiki at /wiki/**\nallow alice to read wiki\n";
const WARNED: &str = "identity alice, bob\nallow alice, alice to read /wiki\n";

/// Ten mistakes, one a line.
const TEN: &str = r#"identiy mallory
identity alice
group staff = alice, bbo
network office = 10.0.0.1/8
room wiki at /wiki/**/x
allow stafff to read /a
allow staff to raed /b
deny anyone from ofice
allow staff with mfa to read /c
context has { a: strng }
test "x" { expect 404 alice GET / }
"#;

#[test]
fn good_policies_pass() {
    let folder = Folder::new().with("sub/a.door", GOOD);
    folder
        .run(&["check", "sub/a.door"])
        .exits(0)
        .says("sub/a.door: 1 rule, 1 room, 1 identity, no groups, no expectations; no errors, no warnings\n", "");
    let report = folder.run(&["check", "sub/a.door", "--format", "json"]).exits(0).json().remove(0);
    let contents = json!({ "rules": 1, "rooms": 1, "identities": 1, "groups": 0, "expectations": 0 });
    let expected = json!({
        "policy": "sub/a.door", "ok": true, "errors": 0, "warnings": 0, "contents": contents, "diagnostics": []
    });
    assert_eq!(report, expected);
}

#[test]
fn warnings_fail_only_where_they_are_denied() {
    let folder = Folder::new().with("a.door", WARNED);
    assert!(folder.run(&["check", "a.door"]).exits(0).stdout.contains("no errors, "));
    folder.run(&["check", "a.door", "--deny-warnings"]).exits(1);
    let report = folder.run(&["check", "a.door", "--deny-warnings", "--format", "json"]).exits(1).json().remove(0);
    assert_eq!((&report["ok"], &report["diagnostics"][0]["severity"]), (&json!(false), &json!("warning")));
}

#[test]
fn every_mistake_is_told() {
    let folder = Folder::new().with("sub/ten.door", TEN);
    let run = folder.run(&["check", "sub/ten.door"]).exits(1);
    assert!(run.stdout.contains("--> sub/ten.door:3:22"), "{}", run.stdout);
    assert!(run.stdout.ends_with("sub/ten.door: 10 errors, no warnings\n"), "{}", run.stdout);

    let report = folder.run(&["check", "sub/ten.door", "--format", "json"]).exits(1).json().remove(0);
    let diagnostics = report["diagnostics"].as_array().unwrap();
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic["severity"] == "error");
    let lines: Vec<_> = errors.map(|diagnostic| diagnostic["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [1, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    let typo = diagnostics.iter().find(|diagnostic| diagnostic["line"] == 6).unwrap();
    assert_eq!(typo["file"], "sub/ten.door");
    assert_eq!((&typo["column"], &typo["end"]), (&json!(7), &json!({ "line": 6, "column": 13 })));
    assert_eq!((&typo["replacement"], &typo["help"]), (&json!("staff"), &json!("did you mean `staff`?")));
    let bytes = typo["bytes"].as_array().unwrap();
    assert_eq!(&TEN[bytes[0].as_u64().unwrap() as usize..bytes[1].as_u64().unwrap() as usize], "stafff");
}

#[test]
fn one_file_does_not_hide_another() {
    let folder = Folder::new().with("a.door", GOOD).with("bad.door", "alow\n");
    let run = folder.run(&["check", "gone.door", "bad.door", "a.door"]).exits(2);
    assert_eq!(run.stderr, "doorward: cannot read `gone.door`: there is no such file\n");
    assert!(run.stdout.contains("\nbad.door: 1 error, no warnings\na.door: 1 rule"), "{}", run.stdout);
}

#[test]
fn files_that_are_no_policies() {
    let folder = Folder::new()
        .with("sub/x", "")
        .with("random", (0..5000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<_>>())
        .with("zero", [0; 5000])
        .with("cut", &GOOD[..GOOD.len() - 8])
        .with("cut-text", "allow anyone because \"never end")
        .with("cut-test", "test \"x\" { expect 200 alice GET ")
        .with("latin", b"# caf\xe9\n")
        .with("deep", format!("allow anyone when {}1", "(".repeat(100_000)))
        .with("not", format!("allow anyone when {}true", "not ".repeat(100_000)))
        .with("empty", "");
    folder.run(&["check", "sub"]).exits(2).complains("it is a folder");
    folder.run(&["check", ".."]).exits(2).complains("it is a folder");
    folder.run(&["check", "empty"]).exits(0);
    for name in ["random", "zero", "cut-text", "cut-test", "latin", "deep", "not"] {
        for verb in ["check", "test", "fmt"] {
            let before = std::fs::read(folder.at(name)).unwrap();
            let run = folder.run(&[verb, name]).exits(1);
            assert!(run.stdout.len() + run.stderr.len() < 200_000, "{verb} {name}");
            assert_eq!(std::fs::read(folder.at(name)).unwrap(), before, "{name}");
        }
    }
    folder.run(&["check", "cut"]).exits(1);
}

#[test]
fn files_of_64_mebibytes() {
    let most = 64 << 20;
    let line = b"# a long comment, which is most of what a long policy is, and nobody reads it at all\n";
    let mut text = line.repeat(most / line.len() + 1);
    text.truncate(most);
    let folder = Folder::new().with("most", &text);
    folder.run(&["check", "most"]).exits(0);
    text.push(b'\n');
    let folder = folder.with("more", &text);
    let run = folder.run(&["check", "more"]).exits(1);
    assert!(run.stdout.contains("longer than 64 MiB"), "{}", run.stdout);
    folder.run_on(&text, &["check", "-"]).exits(1);
}

#[cfg(unix)]
#[test]
fn nothing_outside_the_folder_is_read() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new()
        .with("secret", "identity hidden\n")
        .with("sub/a.door", "include \"link.door\"\n")
        .with("sub/b.door", "include \"../secret\"\n")
        .with("sub/c.door", "group g from \"link.door\"\n")
        .with("sub/d.door", "include \"deeper/../inside.door\" include \"inside.door\" include \"good.door\"\n")
        .with("sub/deeper/x", "")
        .with("sub/inside.door", GOOD);
    symlink("../secret", folder.at("sub/link.door")).unwrap();
    symlink("inside.door", folder.at("sub/good.door")).unwrap();
    symlink("sub/inside.door", folder.at("root.door")).unwrap();
    for name in ["sub/a.door", "sub/b.door", "sub/c.door"] {
        let run = folder.run(&["check", name]).exits(1);
        assert!(run.stdout.contains("leads outside the folder of the policy"), "{}", run.stdout);
        assert!(!run.stdout.contains("hidden"), "{}", run.stdout);
    }
    assert!(folder.run(&["check", "sub/d.door"]).exits(0).stdout.contains("1 rule, 1 room, 1 identity"));
    folder.run(&["check", "root.door"]).exits(0);
}

#[test]
fn included_files_that_cannot_be_read() {
    let folder = Folder::new()
        .with("sub/x", "")
        .with("a.door", "include \"sub\"\ninclude \"gone\"\ninclude \"/etc\"\ninclude \"bad.door\"\n")
        .with("bad.door", b"\xff");
    let report = folder.run(&["check", "a.door", "--format", "json"]).exits(1).json().remove(0);
    let diagnostics = report["diagnostics"].as_array().unwrap();
    let codes: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["file-unreadable", "file-missing", "file-outside", "file-not-utf8"]);
}

#[test]
fn files_are_named_from_where_the_command_runs() {
    let folder = Folder::new().with("sub/a.door", "include \"b/c.door\"\n").with("sub/b/c.door", "\nalow\n");
    let run = folder.run(&["check", "sub/a.door"]).exits(1);
    assert!(run.stdout.contains("--> sub/b/c.door:2:1"), "{}", run.stdout);
    let report = folder.run(&["check", "sub/a.door", "--format", "json"]).exits(1).json().remove(0);
    assert_eq!(report["diagnostics"][0]["file"], "sub/b/c.door");
}

const TESTED: &str = r#"identity alice
allow alice to read /
test "front" {
    expect 200 alice GET /
    expect 401 anonymous GET /
}
"#;

#[test]
fn tests_that_pass() {
    let folder = Folder::new().with("a.door", TESTED).with("b.door", TESTED);
    folder.run(&["test", "a.door"]).exits(0).says("2 passed, 0 failed\n", "");
    folder.run(&["test", "a.door", "b.door"]).exits(0).says("4 passed, 0 failed\n", "");
    let report = folder.run(&["test", "a.door", "--format", "json"]).exits(0).json().remove(0);
    assert_eq!(report, json!({ "policy": "a.door", "passed": 2, "failed": 0, "undecided": 0, "failures": [] }));
}

#[test]
fn tests_that_fail_are_explained() {
    let folder = Folder::new().with("sub/a.door", TESTED.replace("200 alice GET", "200 alice PUT"));
    let run = folder.run(&["test", "sub/a.door"]).exits(1);
    let start = "sub/a.door:4: expected 200, got 403, in test \"front\"\n  expect 200 alice PUT /\n  403 forbidden\n";
    assert!(run.stdout.starts_with(start), "{}", run.stdout);
    assert!(run.stdout.ends_with("\n\n1 passed, 1 failed\n"), "{}", run.stdout);
    let report = folder.run(&["test", "sub/a.door", "--format", "json"]).exits(1).json().remove(0);
    let failure = &report["failures"][0];
    assert_eq!((&failure["file"], &failure["line"], &failure["column"]), (&json!("sub/a.door"), &json!(4), &json!(5)));
    assert_eq!((&failure["expected"], &failure["got"]), (&json!(200), &json!(403)));
    assert_eq!(failure["explanation"]["verdict"], "forbidden");
}

#[test]
fn policies_without_tests() {
    let folder = Folder::new().with("a.door", GOOD).with("b.door", TESTED);
    folder.run(&["test", "a.door"]).exits(0).says("0 passed, 0 failed\n", "doorward: `a.door` has no tests\n");
    folder.run(&["test", "--require-tests", "b.door", "a.door"]).exits(1);
    folder.run(&["test", "b.door", "gone.door"]).exits(2);
    folder.run(&["test", "b.door", "--require-tests"]).exits(0);
}
