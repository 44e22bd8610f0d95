//! `doorward mutate`: small faults that nothing would notice.

#![allow(clippy::unwrap_used, reason = "it is a test")]

mod common;

use common::Folder;
use serde_json::json;

const POLICY: &str = "\
identity eve, kim
allow eve, kim to read /
test \"eve\" { expect 200 eve GET / }
";

fn folder() -> Folder {
    Folder::new().with("doors/a.door", POLICY)
}

#[test]
fn survivors_are_told_with_a_line_that_kills_them() {
    let expected = "\
doors/a.door:2:12: nothing notices: drop `kim`
  expect 200 kim GET /
  gets 403 then

doors/a.door: 4 mutants: 3 killed by tests, 0 by assertions, 0 equivalent, 1 survive
";
    folder().run(&["mutate", "doors/a.door"]).exits(1).says(expected, "");
    let killed = format!("{POLICY}test \"kim\" {{ expect 200 kim GET / }}\n");
    folder().with("b.door", killed).run(&["mutate", "b.door"]).exits(0);
    let asserted = format!("{POLICY}assert always kim to read /\n");
    let told = folder().with("b.door", asserted).run(&["mutate", "b.door"]).exits(0).stdout;
    assert_eq!(told, "b.door: 4 mutants: 3 killed by tests, 1 by assertions, 0 equivalent, 0 survive\n");
}

#[test]
fn programs_get_every_mutant_as_data() {
    let report = folder().run(&["mutate", "doors/a.door", "--format", "json"]).exits(1).json().remove(0);
    let counts = ["mutants", "killed_by_tests", "killed_by_assertions", "equivalent", "survivors", "undecided"];
    assert_eq!(counts.map(|name| report[name].as_u64().unwrap()), [4, 3, 0, 0, 1, 0]);
    let outcomes: Vec<&str> =
        report["by_mutant"].as_array().unwrap().iter().map(|mutant| mutant["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["killed_by_test", "killed_by_test", "killed_by_test", "survivor"]);
    let (killed, survivor) = (&report["by_mutant"][1], &report["by_mutant"][3]);
    assert_eq!((&killed["written"], &killed["instead"]), (&json!("allow"), &json!("deny")));
    assert_eq!((&killed["expectation"], &killed["got"]), (&json!("expect 200 eve GET /"), &json!(403)));
    assert_eq!(killed["by"]["line"], 3);
    assert_eq!((&survivor["status"], &survivor["mutant_status"]), (&json!(200), &json!(403)));
    assert_eq!(survivor["request"]["subject"], json!({ "identity": "kim" }));
}

#[test]
fn mutants_are_listed_without_being_judged() {
    let expected = "\
a.door:2:1: drop `deny eve to read /never`
a.door:2:1: `allow` instead of `deny`
";
    let folder = Folder::new().with("a.door", "identity eve\ndeny eve to read /never\n");
    folder.run(&["mutate", "--list", "a.door"]).exits(0).says(expected, "");
    let report = folder.run(&["mutate", "--list", "a.door", "--format", "json"]).exits(0).json().remove(0);
    assert_eq!(report["by_mutant"][1]["mutant"], "`allow` instead of `deny`");
    assert_eq!(report["by_mutant"][1].get("outcome"), None);
}

#[test]
fn a_policy_that_falls_short_is_not_mutated() {
    let folder = Folder::new()
        .with("fails.door", "allow anyone to read / test \"x\" { expect 403 anonymous GET / }")
        .with("refuted.door", "allow anyone to read / assert never anyone to read /")
        .with("broken.door", "allow eve");
    folder.run(&["mutate", "fails.door"]).exits(1).complains("`fails.door` fails 1 expectation as it is");
    folder.run(&["mutate", "refuted.door"]).exits(1).complains("does not keep `assert never anyone to read /`");
    folder.run(&["mutate", "broken.door"]).exits(1).complains("`broken.door` cannot be used: it has 1 error");
    let error = folder.run(&["mutate", "fails.door", "--format", "json"]).exits(1).json().remove(0);
    assert!(error["error"].as_str().unwrap().contains("as it is"));
    folder.run(&["mutate", "missing.door"]).exits(2);
    folder.run(&["mutate"]).exits(2);
}
