//! `doorward decide` and `doorward explain`.

#![allow(clippy::unwrap_used, reason = "it is a test")]

mod common;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use common::{Folder, Run};
use serde_json::json;

const POLICY: &str = r#"
    challenge Bearer realm "hq"
    assurance password < mfa
    identity alice, bob
    group admins = alice
    group oncall claimed
    network office = 10.0.0.0/8
    room doc at /docs/{id} has { owner: identity, tags: set of string, size: int, open?: bool }
    identities have { department?: string }
    context has { country?: string }

    front:  allow anyone to read /
    vault:  allow admins with mfa within 15m to read /vault from office
    status: allow oncall to write /status
    doc:    allow authenticated to read doc when identity == room.owner and "a, b" in room.tags and room.size < 7
    labs:   allow authenticated to read /labs when identity.department == "it" and context.country == "DE"
    night:  allow authenticated to read /night when time in 22:00..06:00
    bob:    deny bob to write /status because "bob reads only"
    conceal /secret
"#;

fn folder() -> Folder {
    Folder::new().with("a.door", POLICY)
}

#[track_caller]
fn check(arguments: &str, expected: &str) {
    let arguments: Vec<&str> = ["decide", "a.door"].into_iter().chain(arguments.split_whitespace()).collect();
    folder().run(&arguments).exits(0).says(&format!("{expected}\n"), "");
}

#[track_caller]
fn answers(requests: impl AsRef<[u8]>, status: i32) -> Vec<serde_json::Value> {
    let run = folder().run_on(requests, &["decide", "a.door", "--requests", "-"]).exits(status);
    assert_eq!(run.stderr, "");
    run.json()
}

#[test]
fn verdicts_for_people() {
    check("anonymous GET /", "200 allow (front)");
    check("anonymous PUT /", "403 forbidden (nothing allows it)");
    check(
        "anonymous GET /vault --from 10.0.0.7",
        "401 unauthenticated (vault)\n  WWW-Authenticate: Bearer realm=\"hq\"",
    );
    check(
        "rejected GET /vault --from 10.0.0.7",
        "401 unauthenticated (vault)\n  WWW-Authenticate: Bearer realm=\"hq\", error=\"invalid_token\"",
    );
    check("bob PUT /status --in oncall", "403 forbidden (bob)\n  because: bob reads only");
    check("bob GET /secret", "403 forbidden, told as 404 (nothing allows it)");
}

#[test]
fn arguments_make_the_request() {
    let step_up = "401 unauthenticated (vault)\n  WWW-Authenticate: Bearer realm=\"hq\", \
                   error=\"insufficient_user_authentication\", acr_values=\"mfa\", max_age=\"900\"";
    check("alice GET /vault --from 10.0.0.7 --with mfa", "200 allow (vault)");
    check("alice GET /vault --from ::ffff:10.0.0.7 --with mfa --age 15m", "200 allow (vault)");
    check("alice GET /vault --from 10.0.0.7 --with mfa --age 16m", step_up);
    check("alice GET /vault --from 10.0.0.7 --with password", step_up);
    check("alice GET /vault --from 10.0.0.7 --age 1m", step_up);
    check("alice GET /vault --with mfa", "403 forbidden (nothing allows it)");
    check("zoe PUT /status --in x,oncall", "200 allow (status)");
    check("zoe PUT /status --in x --in oncall", "200 allow (status)");
    check("zoe GET /night --at 2026-11-23T23:00Z", "200 allow (night)");
    check("zoe GET /night --at 2026-11-23T23:00-08:00", "403 forbidden (nothing allows it)");
    check("zoe GET /labs --where identity.department=it --where context.country=DE", "200 allow (labs)");
    check(
        "zoe GET /labs --where identity.department=it --where context.country=FR",
        "403 forbidden (nothing allows it)",
    );
    check("\"anonymous\" PUT /status --in oncall", "200 allow (status)");
    let doc = ["decide", "a.door", "zoe", "GET", "/docs/7", "--where", "room.owner=zoe", "--where", "room.size=-3"];
    let tagged = [&doc[..], &["--where", "room.tags={ c, \"a, b\" }"]].concat();
    folder().run(&tagged).exits(0).says("200 allow (doc)\n", "");
    folder().run(&doc).exits(0).says("403 forbidden (nothing allows it)\n", "");
}

#[test]
fn verdicts_as_exit_statuses() {
    for (path, status) in [("/", 0), ("/vault", 3), ("/x", 4)] {
        let arguments = ["decide", "a.door", "anonymous", "GET", path, "--from", "10.0.0.7"];
        folder().run(&arguments).exits(0);
        folder().run(&[&arguments[..], &["--exit-code"]].concat()).exits(status);
    }
}

#[test]
fn one_answer_as_data() {
    let run = folder()
        .run(&[
            "decide", "a.door", "alice", "GET", "/vault", "--from", "10.0.0.7", "--with", "password", "--format",
            "json",
        ])
        .exits(0);
    let expected = json!({
        "verdict": "unauthenticated",
        "status": 401,
        "http_status": 401,
        "rules": ["vault"],
        "challenges": [{
            "scheme": "Bearer",
            "realm": "hq",
            "error": "insufficient_user_authentication",
            "acr_values": "mfa",
            "max_age": 900,
        }],
        "www_authenticate":
            [r#"Bearer realm="hq", error="insufficient_user_authentication", acr_values="mfa", max_age="900""#],
    });
    assert_eq!(run.json(), [expected]);
}

#[test]
fn requests_are_answered_in_order() {
    let requests = [
        r#"{"subject": "anonymous", "action": "GET", "room": "/"}"#,
        r#"{"subject": {"identity": "alice", "assurance": "mfa", "authenticated_at": "2026-11-23T09:50:00Z"},
            "action": "GET", "room": "/vault", "from": "10.0.0.7", "time": "2026-11-23T10:00:00Z"}"#,
        r#"{"subject": {"identity": "zoe", "groups": ["oncall"]}, "action": "PUT", "room": "/status"}"#,
        r#"{"subject": {"identity": "bob", "groups": ["oncall"]}, "action": "PUT", "room": "/status"}"#,
    ];
    let requests = requests.map(|request| request.replace('\n', " ")).join("\n");
    let answered: Vec<_> = answers(&requests, 0).iter().map(|answer| answer["status"].clone()).collect();
    assert_eq!(answered, [200, 200, 200, 403]);
    let run =
        folder().with("requests", &requests).run(&["decide", "a.door", "--requests", "requests", "--format", "human"]);
    run.exits(0).says(
        "200  anonymous GET / (front)\n\
         200  alice GET /vault from 10.0.0.7 (vault)\n\
         200  zoe PUT /status (status)\n\
         403  bob PUT /status (bob)\n",
        "",
    );
    assert_eq!(answers("", 0).len(), 0);
}

#[test]
fn lines_that_are_no_requests_are_answered_in_their_place() {
    let good = r#"{"subject": "anonymous", "action": "GET", "room": "/"}"#;
    let cases = [
        ("", "the line is empty"),
        ("  ", "the line is empty"),
        ("nonsense", "a request is a JSON object"),
        (r#"{"subject": "anonymous", "action": "GET"}"#, "missing field `room`"),
        (
            r#"{"subject": "anonymous", "subject": "rejected", "action": "GET", "room": "/"}"#,
            "duplicate field `subject`",
        ),
        (r#"{"subject": "anonymous", "action": "GET", "room": "/", "form": "10.0.0.7"}"#, "unknown field `form`"),
        (r#"{"subject": "anonymous", "action": "GET", "room": "/", "from": "10.0.0.777"}"#, "malformed address"),
        (r#"{"subject": "anonymous", "action": "GET", "room": "/", "time": "10:00"}"#, "instant"),
        (r#"{"subject": "alice", "action": "GET", "room": "/"}"#, "unknown subject"),
        (
            r#"{"subject": {"identity": "a", "identity": "b"}, "action": "GET", "room": "/"}"#,
            "duplicate field `identity`",
        ),
        (r#"{"subject": {"identity": "a", "age": 1}, "action": "GET", "room": "/"}"#, "unknown field `age`"),
        (
            r#"{"subject": "anonymous", "action": "GET", "room": "/", "context": {"a": 1, "a": 2}}"#,
            "duplicate attribute `a`",
        ),
        (r#"{"subject": "anonymous", "action": "GET", "room": "/"} {}"#, "trailing characters"),
        (r#"["anonymous", "GET", "/"]"#, "a request is a JSON object"),
        (r#"{"subject": ["alice"], "action": "GET", "room": "/"}"#, "invalid type"),
        ("{", "EOF while parsing an object"),
    ];
    for (line, error) in cases {
        let found = answers(format!("{good}\n{line}\n{good}\n"), 1);
        assert_eq!(found.len(), 3, "{line}");
        assert_eq!((&found[0]["status"], &found[2]["status"]), (&json!(200), &json!(200)), "{line}");
        let said = found[1]["error"].as_str().unwrap();
        assert!(said.contains(error) && !said.contains(" at line "), "{line}: {said}");
        assert_eq!(found[1]["line"], 2, "{line}");
    }
    let run = folder().run_on(format!("x\n{good}"), &["decide", "a.door", "--requests", "-", "--format", "human"]);
    run.exits(1).says("error  line 1: a request is a JSON object\n200  anonymous GET / (front)\n", "");
}

#[test]
fn hostile_lines() {
    let good = br#"{"subject": "anonymous", "action": "GET", "room": "/"}"#;
    let deep = [b"{\"context\": ".repeat(100_000), b"[".repeat(100_000)].concat();
    for line in [b"\xff\xfe".to_vec(), vec![0; 100], deep, vec![b'x'; 5 << 20], b"[".repeat(1 << 20)] {
        let found = answers([&line, &b"\n"[..], good].concat(), 1);
        assert_eq!(found.len(), 2);
        assert!(found[0]["error"].is_string());
        assert_eq!(found[1]["status"], 200);
    }
    let long = answers([vec![b' '; (1 << 20) + 1], good.to_vec()].concat(), 1);
    assert_eq!(long, [json!({ "error": "the line is longer than 1 MiB", "line": 1 })]);
    let fits = [vec![b' '; (1 << 20) - good.len()], good.to_vec(), b"\r\n".to_vec()].concat();
    assert_eq!(answers(fits, 0).len(), 1);
}

#[test]
fn whoever_waits_for_an_answer_gets_it() {
    let folder = folder();
    let mut child = folder
        .command()
        .args(["decide", "a.door", "--requests", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..3 {
        stdin.write_all(b"{\"subject\": \"anonymous\", \"action\": \"GET\", \"room\": \"/\"}\n").unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        assert!(answer.contains("\"allow\""), "{answer}");
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn policies_that_cannot_be_used_answer_nothing() {
    let folder = folder().with("bad.door", "alow anyone\n");
    for verb in ["decide", "explain"] {
        let run = folder.run(&[verb, "bad.door", "alice", "GET", "/"]).exits(1);
        run.complains("doorward: `bad.door` cannot be used: it has 1 error\n");
        let run = folder.run_on("{}", &[verb, "bad.door", "--requests", "-"]).exits(1);
        let answers = run.json();
        assert_eq!((answers.len(), &*run.stderr), (1, ""));
        assert_eq!(answers[0]["error"], "`bad.door` cannot be used: it has 1 error");
        assert_eq!(answers[0]["diagnostics"][0]["replacement"], "allow");
        folder.run(&[verb, "gone.door", "alice", "GET", "/"]).exits(2).complains("cannot read `gone.door`");
        folder.run(&[verb, "a.door", "--requests", ".", "--format", "human"]).exits(2).complains("it is a folder");
    }
}

#[test]
fn explanations() {
    let arguments = ["explain", "a.door", "alice", "GET", "/vault", "--from", "10.0.0.7", "--with", "password"];
    let run = folder().run(&arguments).exits(0);
    assert!(run.stdout.starts_with("401 unauthenticated\n"), "{}", run.stdout);
    assert!(run.stdout.contains("vault (a.door:") && run.stdout.contains("`with mfa within 15m`"), "{}", run.stdout);

    let explained = folder().run(&[&arguments[..], &["--format", "json"]].concat()).exits(0).json().remove(0);
    assert_eq!(explained["rules"], json!(["vault"]));
    assert_eq!(explained["witness"]["subject"]["assurance"], "mfa");
    assert_eq!(explained["near_misses"][0]["failures"][0]["clause"], "strength");
    assert_eq!(explained["www_authenticate"].as_array().unwrap().len(), 1);

    let requests = "{\"subject\": \"anonymous\", \"action\": \"GET\", \"room\": \"/\"}\nx\n";
    let run = folder().run_on(requests, &["explain", "a.door", "--requests", "-"]).exits(1);
    assert_eq!(run.json().len(), 2);
    let run = folder().run_on(requests, &["explain", "a.door", "--requests", "-", "--format", "human"]).exits(1);
    assert!(run.stdout.starts_with("anonymous GET /\n200 allow\n"), "{}", run.stdout);
    assert!(run.stdout.ends_with("error  line 2: a request is a JSON object\n"), "{}", run.stdout);
}

#[test]
fn what_a_request_says_does_not_reach_the_terminal() {
    let request =
        r#"{"subject": {"identity": "a\u202e\u009b31m"}, "action": "\u001b[31m", "room": "/\u001b[31m", "\u001b": 1}"#;
    let requests = format!("{request}\n{}", request.replace(r#", "\u001b": 1"#, ""));
    for verb in ["decide", "explain"] {
        let run: Run = folder().run_on(&requests, &[verb, "a.door", "--requests", "-", "--format", "human"]);
        assert!(!run.stdout.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{}", run.stdout);
    }
}
