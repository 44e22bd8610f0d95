//! `doorward who` and `doorward what`.

#![allow(clippy::unwrap_used, reason = "it is a test")]

mod common;

use common::Folder;

const POLICY: &str = r#"
assurance password < mfa
identity ann, bea, cid
group staff = ann, bea
network office = 10.0.0.0/8
wiki: allow staff to read /wiki from office
safe: allow ann with mfa to use /safe
conceal /safe
"#;

const REST: &str = "403  everything else, told as 404 where it is concealed\n";

fn folder() -> Folder {
    Folder::new().with("a.door", POLICY)
}

#[test]
fn answers_for_people() {
    let folder = folder();
    folder.run(&["who", "a.door", "GET", "/wiki"]).exits(0).says(
        "200  staff\n       from office  (wiki)\n401  anonymous, rejected, if logging in would help\n\
         403  authenticated except staff\n403  otherwise\n",
        "",
    );
    folder
        .run(&["who", "a.door", "PUT", "/safe", "--with", "password"])
        .exits(0)
        .says("401  ann\n401  anonymous, rejected\n403  authenticated except ann, told as 404\n", "");
    folder.run(&["who", "a.door", "GET", "/wiki", "--from", "10.0.0.7", "--list"]).exits(0).says(
        "200  staff  (wiki)\n       ann, bea\n401  anonymous, rejected\n\
         403  authenticated except staff\n       cid\n",
        "",
    );
    folder
        .run(&["what", "a.door", "bea"])
        .exits(0)
        .says(&format!("200  read /wiki\n       from office  (wiki)\n{REST}"), "");
    folder.run(&["what", "a.door", "cid"]).exits(0).says(REST, "");
}

#[test]
fn what_denies_everywhere_is_told_once() {
    let policy = "identity ann\nnetwork tor = 192.0.2.0/24\nallow ann to read /a\n\
        no-tor: deny anyone from tor\nallow ann to use /b when time in 08:00..18:00\n";
    let folder = Folder::new().with("one.door", policy);
    folder.run(&["what", "one.door", "ann"]).exits(0).says(
        "200  read /a  (one.door:3)\n200  use /b\n       when time in 08:00..18:00  (one.door:5)\n     \
         everywhere unless no-tor denies: from tor\n403  everything else\n",
        "",
    );
    let answer = folder.run(&["what", "one.door", "ann", "--format", "json"]).exits(0).json().remove(0);
    for row in [0, 1] {
        assert_eq!(answer["rows"][row]["unless"][0]["rules"], serde_json::json!(["no-tor"]));
    }
}

#[test]
fn answers_for_programs() {
    let run = folder().run(&["who", "a.door", "GET", "/wiki", "--format", "json", "--list"]).exits(0);
    let row = &run.json()[0]["rows"][0];
    assert_eq!(row["status"], 200);
    assert_eq!(row["who"]["text"], "staff");
    assert_eq!(row["who"]["names"], serde_json::json!(["ann", "bea"]));
    assert_eq!(row["if"], serde_json::json!([{"conditions": ["from office"], "rules": ["wiki"]}]));
    assert_eq!(row["expect"], "expect 200 ann GET /wiki from 10.0.0.1");
    assert_eq!(row["request"]["subject"]["identity"], "ann");
}

#[test]
fn questions_come_by_the_line() {
    let folder = folder();
    let lines = "{\"action\":\"GET\",\"room\":\"/wiki\"}\n\n[]\n{\"action\":\"GET\"}\n";
    let run = folder.run_on(lines, &["who", "a.door", "--questions", "-"]).exits(1);
    let answers = run.json();
    assert_eq!(answers.len(), 4);
    assert_eq!(answers[0]["rows"][0]["who"]["text"], "staff");
    assert_eq!(answers[1]["error"], "the line is empty");
    assert_eq!(answers[2]["error"], "a question is a JSON object");
    assert_eq!(answers[3]["error"], "missing field `room`");
    let line = "{\"subject\":{\"identity\":\"ann\",\"assurance\":\"mfa\"}}\n";
    let run = folder.run_on(line, &["what", "a.door", "--questions", "-"]).exits(0);
    assert_eq!(run.json()[0]["rows"][0]["actions"], serde_json::json!(["use"]));
    let run = folder.run_on(line, &["what", "a.door", "--questions", "-", "--format", "human"]).exits(0);
    assert!(run.stdout.starts_with("200  use /safe  (safe)\n"), "{}", run.stdout);
}

#[test]
fn what_the_policy_does_not_declare_is_noted() {
    let folder = folder();
    let noted = |arguments: &[&str], names: &[&str]| {
        let run = folder.run(arguments).exits(0);
        let notes: String = names.iter().map(|name| format!("doorward: note: the policy declares {name}\n")).collect();
        assert_eq!(run.stderr, notes);
    };
    noted(&["who", "a.door", "GETT", "/wiki"], &["no action `GETT`"]);
    noted(&["who", "a.door", "HEAD", "/wiki", "--with", "mfa"], &[]);
    noted(&["who", "a.door", "GET", "/wiki", "--with", "mfaa"], &["no level `mfaa`"]);
    noted(&["who", "a.door", "GET", "/wiki", "--in", "staff"], &["no claimed group `staff`"]);
    let attributes = ["room.nope", "context.nope", "identity.nope"].map(|name| format!("{name}=1"));
    let [room, context, identity] = &attributes;
    noted(
        &["who", "a.door", "GET", "/wiki", "--where", room, "--where", context, "--where", identity],
        &["no attribute `identity.nope`", "no attribute `context.nope`", "no attribute `room.nope`"],
    );
    noted(&["what", "a.door", "anne", "--format", "json"], &["no identity `anne`"]);
    noted(&["what", "a.door", "anonymous"], &[]);
}

#[test]
fn logging_in_helps_only_who_is_not_known() {
    let policy = "assurance low < mfa\nallow anyone to read /x\n\
        allow authenticated with mfa to use /{who} when identity.name == room.who\n";
    let folder = Folder::new().with("zoe.door", policy);
    folder.run(&["who", "zoe.door", "PUT", "/zoe"]).exits(0).says(
        "200  zoe\n       with mfa  (zoe.door:3)\n401  anonymous, rejected\n\
         401  zoe, if a stronger authentication would help\n403  authenticated except zoe\n",
        "",
    );
}

#[test]
fn what_is_concealed_is_not_told_of_everything() {
    let policy = "identity ann\nanswer unidentified 401\nconceal /a entirely\nallow ann to read /a, /b\n";
    let folder = Folder::new().with("one.door", policy);
    folder
        .run(&["what", "one.door", "anonymous"])
        .exits(0)
        .says("401  read /b\n401  read /a, told as 404\n401  everything else, told as 404 where it is concealed\n", "");
    let open = policy.replace(" entirely", "");
    let folder = Folder::new().with("one.door", open);
    folder.run(&["what", "one.door", "anonymous"]).exits(0).says("401  read /a, /b\n401  everything else\n", "");
}

#[test]
fn a_room_is_named_if_all_of_it_is_meant() {
    let policy = "identity bob, ann\nroom home at /home/{user}/**\nroom secret at /home/bob/secret\n\
        room wiki at /wiki/**, /notes/**\nown: allow authenticated to use home when identity.name == room.user\n\
        no: deny anyone to use secret\nnotes: allow authenticated to use /notes/**\n";
    let folder = Folder::new().with("one.door", policy);
    folder
        .run(&["what", "one.door", "bob"])
        .exits(0)
        .says("200  use home at /home/bob/**, wiki at /notes/**  (own, notes)\n403  everything else\n", "");
    folder.run(&["what", "one.door", "ann"]).exits(0).says(
        "200  use wiki at /notes/**  (notes)\n200  use home except /home/bob/**\n       \
         when identity.name == room.user  (own)\n403  everything else\n",
        "",
    );
    let answer = folder.run(&["what", "one.door", "ann", "--format", "json"]).exits(0).json().remove(0);
    assert_eq!(answer["rows"][1]["rooms"], serde_json::json!(["home except /home/bob/**"]));
}

#[track_caller]
fn wrong(arguments: &[&str], complaint: &str) {
    folder().run(arguments).exits(2).complains(complaint);
}

#[test]
fn questions_that_are_none() {
    wrong(&["who", "a.door"], "<ACTION>");
    wrong(&["who", "a.door", "GET"], "<PATH>");
    wrong(&["who", "a.door", "GET", "/", "--questions", "x"], "cannot be used with");
    wrong(&["who", "a.door", "--questions", "x", "--from", "10.0.0.7"], "cannot be used with");
    wrong(&["who", "a.door", "--questions", "x", "--format", "human"], "there is no such file");
    wrong(&["who", "a.door", "GET", "/", "--where", "room.a=1", "--where", "room.a=2"], "gives `a` twice");
    wrong(&["what", "a.door"], "<SUBJECT>");
    wrong(&["what", "a.door", " ann"], "can be nobody's name");
    wrong(&["what", "a.door", "rejected"], "the rejected have no name");
    wrong(&["what", "a.door", "anonymous", "--with", "mfa"], "is not a known visitor");
}
