//! Inputs behind real bypasses of access control, restated as policies and requests of the language.
//!
//! `data/hostile_inputs.json` has one row for each; `also` holds more checks of the same row, which take from it what
//! they leave out. Long texts are recipes: `{"gen": ["/", {"repeat": "a/", "times": 100000}]}` is a text, and
//! `{"each": "g", "times": 3}` the list `["g0", "g1", "g2"]`. `{"raw": "…"}` is a request's line as it stands.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a row that is not whole fails the test")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use doorward::{Policy, PolicyError, Request};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    kind: String,
    policy: Value,
    request: Option<Value>,
    expect: Expect,
    note: String,
    #[serde(default)]
    also: Vec<Check>,
}

/// One more check; what is `None` is the row's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    policy: Option<Value>,
    request: Option<Value>,
    expect: Expect,
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    /// The verdict's status.
    status: Option<u16>,
    /// The policy does not load: the code of some finding, or text that the error shows.
    load_error: Option<String>,
    /// With `load_error`: the line of some finding.
    line: Option<usize>,
    /// The line is no request, if `true`.
    request_error: Option<bool>,
    /// The answer is that to this request.
    same_as: Option<Value>,
    /// The policy loads with a warning of this code.
    warning: Option<String>,
    /// One of these is true.
    either: Option<Vec<Expect>>,
}

#[test]
fn every_input_is_answered_as_it_says() {
    let mut failures = Vec::new();
    for row in rows() {
        let request = row.request.as_ref();
        failures.extend(check(&row.policy, request, &row.expect).err().map(|why| format!("{}: {why}", row.id)));
        for (index, more) in row.also.iter().enumerate() {
            let policy = more.policy.as_ref().unwrap_or(&row.policy);
            let answer = check(policy, more.request.as_ref().or(request), &more.expect);
            let note = more.note.as_deref().unwrap_or("");
            failures.extend(answer.err().map(|why| format!("{}, also {index} ({note}): {why}", row.id)));
        }
    }
    assert!(failures.is_empty(), "{} checks fail:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn rows_are_whole() {
    let mut seen = BTreeSet::new();
    for row in rows() {
        assert!(seen.insert(row.id.clone()), "{} stands twice", row.id);
        assert!(row.id.starts_with(&row.kind), "{} is no {}", row.id, row.kind);
        assert!(!row.note.is_empty(), "{} has no note", row.id);
    }
}

#[test]
fn every_input_of_the_shared_corpus_is_restated() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/hostile_inputs.json");
    let Ok(text) = fs::read_to_string(shared) else {
        // The harness hides what a passing test prints, but not what is written to the stream itself.
        writeln!(io::stderr(), "skipped: ../shared/corpus not present").unwrap();
        return;
    };
    let theirs: Vec<Value> = serde_json::from_str(&text).unwrap();
    let ours: BTreeSet<String> = rows().into_iter().map(|row| row.id).collect();
    let missing: Vec<&str> =
        theirs.iter().filter_map(|row| row["id"].as_str()).filter(|id| !ours.contains(*id)).collect();
    assert!(missing.is_empty(), "not restated: {}", missing.join(", "));
}

fn rows() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/hostile_inputs.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn check(policy: &Value, request: Option<&Value>, expect: &Expect) -> Result<(), String> {
    if let Some(cases) = &expect.either {
        let mut failures = Vec::new();
        for case in cases {
            match check(policy, request, case) {
                Ok(()) => return Ok(()),
                Err(why) => failures.push(why),
            }
        }
        return Err(failures.join("; nor: "));
    }
    let text = expanded(policy);
    let text = text.as_str().ok_or("the policy is no text")?;
    let policy = match (Policy::parse(text), &expect.load_error) {
        (Err(error), Some(part)) => return load_error(&error, part, expect.line),
        (Err(error), None) => return Err(format!("the policy does not load:\n{}", short(&error.to_string()))),
        (Ok(_), Some(part)) => return Err(format!("loads, without the error `{part}`:\n{}", short(text))),
        (Ok(policy), None) => policy,
    };
    if let Some(code) = &expect.warning {
        let codes: Vec<&str> = policy.warnings().iter().map(|warning| warning.code).collect();
        return if codes.contains(&code.as_str()) { Ok(()) } else { Err(format!("no `{code}` in {codes:?}")) };
    }
    let request = request.ok_or("there is no request")?;
    match (status(&policy, request), expect.request_error) {
        (Err(_), Some(true)) => Ok(()),
        (Err(error), _) => Err(format!("no request: {error}: {}", short(&line(request)))),
        (Ok(status), Some(true)) => Err(format!("{status} instead of an error: {}", short(&line(request)))),
        (Ok(answer), _) => {
            let wanted = match &expect.same_as {
                Some(other) => status(&policy, other)?,
                None => expect.status.ok_or("nothing is expected")?,
            };
            let complaint = || format!("{answer} instead of {wanted}\n{}  {}", short(text), short(&line(request)));
            if answer == wanted { Ok(()) } else { Err(complaint()) }
        }
    }
}

fn load_error(error: &PolicyError, part: &str, line: Option<usize>) -> Result<(), String> {
    let shown = error.to_string();
    if !shown.contains(part) && !error.diagnostics().iter().any(|diagnostic| diagnostic.code == part) {
        return Err(format!("another error than `{part}`:\n{}", short(&shown)));
    }
    match line {
        Some(line) if !shown.contains(&format!(":{line}:")) => {
            Err(format!("another line than {line}:\n{}", short(&shown)))
        }
        _ => Ok(()),
    }
}

fn status(policy: &Policy, request: &Value) -> Result<u16, String> {
    let line = line(request);
    let request: Request<'_> = serde_json::from_str(&line).map_err(|error| error.to_string())?;
    Ok(policy.decide(&request).status)
}

fn line(request: &Value) -> String {
    match request.get("raw") {
        Some(raw) => raw.as_str().unwrap().to_owned(),
        None => expanded(request).to_string(),
    }
}

fn expanded(value: &Value) -> Value {
    let times = value.get("times").and_then(Value::as_u64);
    match value {
        Value::Object(object) => {
            if let Some(Value::Array(parts)) = object.get("gen") {
                Value::String(parts.iter().map(part).collect())
            } else if let (Some(Value::String(each)), Some(times)) = (object.get("each"), times) {
                (0..times).map(|index| format!("{each}{index}")).collect()
            } else {
                Value::Object(object.iter().map(|(name, value)| (name.clone(), expanded(value))).collect())
            }
        }
        Value::Array(items) => items.iter().map(expanded).collect(),
        other => other.clone(),
    }
}

fn part(part: &Value) -> String {
    match part {
        Value::String(text) => text.clone(),
        _ => part["repeat"].as_str().unwrap().repeat(usize::try_from(part["times"].as_u64().unwrap()).unwrap()),
    }
}

/// The text, or the beginning of a long one.
fn short(text: &str) -> String {
    let start: String = text.chars().take(1200).collect();
    if start.len() < text.len() { format!("{start}… ({} bytes)", text.len()) } else { start }
}
