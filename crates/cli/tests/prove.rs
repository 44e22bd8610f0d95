//! `doorward prove`: assertions of a policy and of a call, for people and programs.

#![allow(clippy::unwrap_used, reason = "it is a test")]

mod common;

use common::{Folder, Run};
use serde_json::{Value, json};

const POLICY: &str = "\
identity ann, ben
group admins = ann
allow admins to use /vault/**
guests: deny anyone from 10.99.0.0/16
assert only admins to use /vault/**
assert never anyone from 10.99.0.0/16
";

fn prove(arguments: &[&str]) -> Run {
    let folder = Folder::new().with("doors/a.door", POLICY).with("plain.door", "allow anyone to read /\n");
    folder.run(&[&["prove"], arguments].concat())
}

/// What is told of assertions that are asked of the policy.
#[track_caller]
fn check(assertions: &[&str], status: i32, expected: &str) {
    prove(&[&["doors/a.door"], assertions].concat()).exits(status).says(expected, "");
}

#[test]
fn what_holds_and_what_does_not() {
    check(
        &[],
        0,
        "doors/a.door:5: holds: assert only admins to use /vault/**\n  no `allow` lets anybody else in\n\
         doors/a.door:6: holds: assert never anyone from 10.99.0.0/16\n  by: guests\n\
         2 assertions: 2 held, 0 failed\n",
    );
    check(
        &["never ben"],
        0,
        "<assertion>:1: holds: assert never ben\n  no `allow` reaches it\n1 assertion: 1 held, 0 failed\n",
    );
    check(
        &["assert never ben to read /vault from 10.99.0.1"],
        0,
        "<assertion>:1: holds: assert never ben to read /vault from 10.99.0.1\n  no `allow` reaches it\n\
         1 assertion: 1 held, 0 failed\n",
    );
    check(
        &["never ann to read /vault"],
        1,
        "<assertion>:1: fails: assert never ann to read /vault\n  expect 200 ann GET /vault from 203.0.113.9\n\
         \x20 200 allow\n    allowed by: a.door:3: allow admins to use /vault/**\n1 assertion: 0 held, 1 failed\n",
    );
    check(
        &["always admins to use /vault/** from 192.0.2.0/24"],
        0,
        "<assertion>:1: holds: assert always admins to use /vault/** from 192.0.2.0/24\n  by: a.door:3\n\
         1 assertion: 1 held, 0 failed\n",
    );
    check(
        &["never anyone to read / from 192.0.2.1 except 192.0.2.0/24"],
        0,
        "<assertion>:1: holds: assert never anyone to read / from 192.0.2.1 except 192.0.2.0/24\n\
         \x20 there is no request that it is about\n1 assertion: 1 held, 0 failed\n",
    );
}

#[test]
fn several_assertions_of_a_call_are_numbered() {
    check(
        &["never ben", "only admins to use /vault/**"],
        0,
        "<assertion 1>:1: holds: assert never ben\n  no `allow` reaches it\n\
         <assertion 2>:1: holds: assert only admins to use /vault/**\n  no `allow` lets anybody else in\n\
         2 assertions: 2 held, 0 failed\n",
    );
    let run = prove(&["doors/a.door", "never ben", "never bne"]).exits(2);
    assert!(run.stderr.contains("--> <assertion 2>:1:14"), "{}", run.stderr);
    assert!(run.stderr.contains("the assertion cannot be used"), "{}", run.stderr);
    assert_eq!(run.stdout, "");
}

#[test]
fn programs_get_every_assertion_as_data() {
    let run = prove(&["doors/a.door", "--format", "json", "never ann to read /vault", "only admins"]).exits(1);
    let report = run.json().remove(0);
    let counts = ["held", "failed", "undecided"].map(|name| report[name].as_u64().unwrap());
    assert_eq!((counts, &report["policy"]), ([1, 1, 0], &json!("doors/a.door")));
    let [refuted, proved] = report["assertions"].as_array().unwrap().as_slice() else { panic!("{report}") };
    let told = |of: &Value| ["assertion", "kind", "holds", "file", "line"].map(|name| of[name].clone());
    let expected =
        [json!("assert never ann to read /vault"), json!("never"), json!(false), json!("<assertion 1>"), json!(1)];
    assert_eq!(told(refuted), expected);
    let expected = [json!("assert only admins"), json!("only"), json!(true), json!("<assertion 2>"), json!(1)];
    assert_eq!(told(proved), expected);
    let shown = &refuted["counterexample"];
    assert_eq!(shown["expect"], "expect 200 ann GET /vault from 203.0.113.9");
    assert_eq!(shown["request"]["subject"], json!({ "identity": "ann" }));
    assert_eq!(shown["explanation"]["status"], 200);
    assert_eq!((proved.get("counterexample"), proved.get("error")), (None, None));

    let report = prove(&["doors/a.door", "--format", "json"]).exits(0).json().remove(0);
    assert_eq!(report["assertions"][1]["because"], json!(["guests"]));
    let report = prove(&["plain.door", "--format", "json"]).exits(0).json().remove(0);
    let nothing = json!({ "policy": "plain.door", "held": 0, "failed": 0, "undecided": 0, "assertions": [] });
    assert_eq!(report, nothing);
}

#[test]
fn calls_without_an_answer() {
    prove(&["plain.door"])
        .exits(0)
        .says("no assertions: 0 held, 0 failed\n", "doorward: `plain.door` has no assertions\n");
    prove(&["gone.door"]).exits(2).complains("cannot read `gone.door`");
    prove(&[]).exits(2);
    for bad in ["never bne", "allow anyone", "never ben  assert never ann", ""] {
        prove(&["doors/a.door", bad]).exits(2).complains("the assertion cannot be used");
        let error = prove(&["doors/a.door", "--format", "json", bad]).exits(2).json().remove(0);
        assert_eq!(error["error"], "the assertion cannot be used", "{bad}");
        assert_eq!(error["diagnostics"][0]["severity"], "error", "{bad}");
    }
    let broken = Folder::new().with("a.door", "allow eve\n");
    broken.run(&["prove", "a.door"]).exits(1).complains("`a.door` cannot be used: it has 1 error");
}
