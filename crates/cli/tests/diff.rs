//! `doorward diff`: what changes from one policy to another, for people, programs and reviews.

#![allow(clippy::unwrap_used, reason = "it is a test")]

mod common;

use common::{Folder, Run};
use serde_json::json;

const OLD: &str = "\
identity ann, ben
room wiki at /wiki
allow ann, ben to read wiki
";

/// Compares the old policy with a new one.
fn diff(new: &str, options: &[&str]) -> Run {
    let folder = Folder::new().with("old.door", OLD).with("sub/new.door", new);
    folder.run(&[&["diff", "old.door", "sub/new.door"], options].concat())
}

/// Checks what is told of two policies, and how it ends, as it is and with `--deny-widening`.
#[track_caller]
fn check(new: &str, [status, denying]: [i32; 2], expected: &str) {
    diff(new, &[]).exits(status).says(expected, "");
    diff(new, &["--deny-widening"]).exits(denying).says(expected, "");
}

const SAME: &str = "equivalent: every request gets the same status\n";

#[test]
fn equivalent_policies() {
    check(OLD, [0, 0], SAME);
    check(&OLD.replace("allow ann, ben to", "allow ben, ann to"), [0, 0], SAME);
    let report = diff(OLD, &["--format", "json"]).exits(0).json().remove(0);
    let expected = json!({
        "old": "old.door", "new": "sub/new.door", "equivalent": true, "widens": false, "same_challenges": true,
        "changes": []
    });
    assert_eq!(report, expected);
}

#[test]
fn other_challenges_are_told_and_are_no_change() {
    let new = format!("challenge Basic realm \"x\"\n{OLD}");
    let expected = "equivalent: every request gets the same status; a 401 offers other challenges\n";
    check(&new, [0, 0], expected);
    let report = diff(&new, &["--format", "json"]).exits(0).json().remove(0);
    assert_eq!((&report["equivalent"], &report["same_challenges"]), (&json!(true), &json!(false)));
}

#[test]
fn changes_of_either_kind() {
    check(
        &OLD.replace("allow ann, ben", "w: allow ann"),
        [1, 0],
        "200 to 403: without old.door:3\n  who:   1 identity (ben)\n  where: 1 room (wiki)\n  what:  2 actions (GET, read)\n  \
         expect 403 ben GET /wiki\n1 change: 0 newly allowed, 1 no longer allowed, 0 refused otherwise\n",
    );
    check(
        &OLD.replace("allow ann, ben to read", "w: allow ann, ben to use"),
        [1, 1],
        "403 to 200: with w (sub/new.door:3)\n  who:   2 identities (ann, ben)\n  where: 1 room (wiki)\n  \
         what:  38 actions (ACL, BASELINE-CONTROL, BIND, …)\n  expect 200 ann POST /wiki\n\
         403 to 401: with w (sub/new.door:3)\n  who:   visitors without valid credentials\n  \
         where: 1 room (wiki)\n  what:  38 actions (ACL, BASELINE-CONTROL, BIND, …)\n  \
         expect 401 anonymous POST /wiki\n\
         2 changes: 1 newly allowed, 0 no longer allowed, 1 refused otherwise\n",
    );
    check(
        &format!("conceal wiki\n{OLD}"),
        [1, 0],
        "403 to 403 told as 404: by other statements than rules\n  who:   2 identities (ann, ben), visitors without valid credentials, visitors who are not declared\n  \
         where: 1 room (wiki)\n  what:  every action\n  expect 403 anonymous POST /wiki\n\
         1 change: 0 newly allowed, 0 no longer allowed, 1 refused otherwise\n",
    );
}

#[test]
fn programs_get_every_change_as_data() {
    let new = OLD.replace("allow ann, ben", "w: allow ann");
    let report = diff(&new, &["--format", "json"]).exits(1).json().remove(0);
    assert_eq!((&report["equivalent"], &report["widens"]), (&json!(false), &json!(false)));
    let [change] = report["changes"].as_array().unwrap().as_slice() else { panic!("{report}") };
    assert_eq!(change["change"], "200 to 403");
    let numbers = ["before", "after", "before_http", "after_http"].map(|name| change[name].as_u64().unwrap());
    assert_eq!(numbers, [200, 403, 200, 403]);
    let lists = ["identities", "rooms", "actions", "new_rules"].map(|name| change[name].clone());
    assert_eq!(lists, [json!(["ben"]), json!(["wiki"]), json!(["GET", "read"]), json!([])]);
    assert_eq!((&change["unidentified"], &change["undeclared"]), (&json!(false), &json!(false)));
    let old = &change["old_rules"][0];
    assert_eq!((&old["file"], &old["line"]), (&json!("old.door"), &json!(3)));
    assert_eq!(change["expect"], "expect 403 ben GET /wiki");
    assert_eq!(change["request"]["room"], "/wiki");
    diff(&new, &["--format", "json", "--deny-widening"]).exits(0);
    let wider = OLD.replace("to read", "to use");
    let report = diff(&wider, &["--format", "json", "--deny-widening"]).exits(1).json().remove(0);
    assert_eq!(report["widens"], true);
}

#[test]
fn a_table_for_a_comment() {
    let start = "**Policy change**, `old.door` to `sub/new.door`: ";
    let same = diff(OLD, &["--format", "markdown"]).exits(0);
    assert_eq!(same.stdout, format!("{start}equivalent: every request gets the same status.\n"));
    let new = OLD.replace("allow ann, ben", "w: allow ann");
    let run = diff(&new, &["--format", "markdown"]).exits(1);
    let expected = format!(
        "{start}1 change: 0 newly allowed, 1 no longer allowed, 0 refused otherwise.\n\n\
         | change | rules | who | where | a request that shows it |\n| --- | --- | --- | --- | --- |\n\
         | **200 to 403** | without `old.door:3` | 1 identity (`ben`) | 1 room (`wiki`) | `expect 403 ben GET /wiki` |\n"
    );
    assert_eq!(run.stdout, expected);
    diff(&new, &["--format", "markdown", "--deny-widening"]).exits(0);
}

/// Checks the cells of a table's one row that tell who and where, and the request, if only that visitor or room is new.
#[track_caller]
fn check_cells(new: &str, expected: &[&str]) {
    let table = diff(&format!("{OLD}{new}"), &["--format", "markdown"]).exits(1).stdout;
    for cell in expected {
        assert!(table.contains(cell), "{cell} in {table}");
    }
}

#[test]
fn names_stay_names_in_a_table() {
    check_cells(
        "identity \"a`b\" w: allow \"a`b\" to read wiki",
        &["| 1 identity (``a`b``) |", "| ``expect 200 \"a`b\" GET /wiki`` |"],
    );
    check_cells("identity \"``\" w: allow \"``\" to read wiki", &["(``` `` ```)"]);
    check_cells("identity \"a|b\" w: allow \"a|b\" to read wiki", &[r"(`a\|b`)"]);
    check_cells("identity \"<b>\" w: allow \"<b>\" to read wiki", &["(`<b>`)"]);
    check_cells("w: allow ann to read /a/**, /b/**", &["2 rooms (`/a/**`, `/b/**`)", "| with `w (sub/new.door:4)` |"]);
}

#[test]
fn calls_without_an_answer() {
    let folder = Folder::new().with("old.door", OLD).with("bad.door", "allow eve\n");
    folder.run(&["diff", "old.door", "gone.door"]).exits(2).complains("cannot read `gone.door`");
    for pair in [["old.door", "bad.door"], ["bad.door", "old.door"]] {
        let run = folder.run(&[&["diff"], &pair[..]].concat()).exits(2);
        run.complains("`bad.door` cannot be used: it has 1 error");
        let error = folder.run(&[&["diff", "--format", "json"], &pair[..]].concat()).exits(2).json().remove(0);
        assert_eq!(error["error"], "`bad.door` cannot be used: it has 1 error");
    }
    folder.run(&["diff", "old.door"]).exits(2);
    folder.run(&["diff", "old.door", "old.door", "--format", "html"]).exits(2);
}
