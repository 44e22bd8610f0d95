//! The texts that fuzzing starts from: what the examples, the tables of cases and the tests' data say.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::data::root;

/// Larger policies slow everything down and hold nothing that smaller ones do not.
const LONGEST: usize = 16 * 1024;

/// Every small policy of the project, valid and not; those that name files, with files behind it.
pub(super) fn policies() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for folder in ["examples", "crates/syntax/test_data", "crates/model/test_data"] {
        files(&root().join(folder), "door", &mut found);
    }
    let mut seeds: Vec<Vec<u8>> = found
        .iter()
        .filter_map(|path| fs::read(path).ok())
        .map(|text| {
            if contains(&text, b"\"") {
                [&*text, b"\x0010.0.0.0/8 # ten\n", b"\x00alice\nbob\n"].concat()
            } else {
                text
            }
        })
        .collect();
    for table in ["status_cases.json", "hostile_inputs.json"] {
        collect(&table_of(table), "policy", &mut seeds);
    }
    seeds.push(Vec::new());
    tidy(seeds)
}

/// The paths of the tables of cases and of the examples.
pub(super) fn paths() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = [
        "/",
        "/wiki",
        "/wiki/",
        "/wiki/home?a=b",
        "/caf%C3%A9/menu",
        "/caf\u{e9}",
        "/e\u{301}",
        "/%2e%2e/x",
        "/a%2Fb",
        "/a;b",
        "/..",
        "//a",
        "/%",
        "/%zz",
        "/%ff",
        "/\u{ff0e}\u{ff0e}",
        "/\u{2100}",
        "/a ",
        "/a.",
        "/%00",
        "/~a/-b_c!$&'()*+,=:@",
    ]
    .map(|path| path.as_bytes().to_vec())
    .into();
    for table in ["status_cases.json", "hostile_inputs.json"] {
        collect(&table_of(table), "room", &mut seeds);
    }
    for line in examples() {
        collect(&line, "room", &mut seeds);
    }
    tidy(seeds)
}

/// Addresses, prefixes, instants, and patterns above texts.
pub(super) fn values() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = [
        "10.0.0.0/8\n10.1.0.0/16\n10.1.2.3\n2001:db8::/32\n2001:db8::1\n::ffff:10.0.0.0/104",
        "192.0.2.1:80\n[2001:db8::1]:443\n[::1]\n::ffff:192.0.2.1\n127.1\n010.0.0.1\nfe80::1%eth0",
        "0.0.0.0/0\n::/0\n255.255.255.255\n10.0.0.1/8\n10.0.0.0/08\n10.0.0.0/33\n::ffff:0:0/96\n::ffff:10.0.0.0/8",
        "10.0.0.0/9\n10.128.0.0/9\n2001:db8::/33\n2001:db8:8000::/33",
        "2027-01-01T00:00Z\n2026-11-23T10:00:00.5+01:00\n-000001-01-01T00:00Z\n9999-12-30T22:00:00.999999999Z",
        "2026-12-31T23:59:60Z\n2027-02-29T00:00Z\n2026-10-25T02:30+02:00\n2026-11-23T24:00Z\n2026-11-23t10:00z",
        "a*b\naxxb\n*\n\n**a**\nbanana\n*an*an*\nbanana\nab\nab",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    for key in ["from", "time", "authenticated_at"] {
        for value in examples().into_iter().chain([table_of("hostile_inputs.json"), table_of("status_cases.json")]) {
            collect(&value, key, &mut seeds);
        }
    }
    tidy(seeds)
}

/// The requests of the tables of cases and of the examples, and one that the tour of the language knows.
pub(super) fn requests() -> Vec<Vec<u8>> {
    let tour = r#"{"subject":{"identity":"alice","assurance":"mfa","authenticated_at":"2026-11-23T09:50:00Z",
        "groups":["oncall"],"attributes":{"department":"it","level":3,"tags":["a","b"],"desk":"10.0.0.9"}},"action":"GET",
        "room":"/docs/7","room_attributes":{"owner":"bob","readers":"staff","secret":false,"frozen":true},
        "from":"::ffff:10.0.0.7","context":{"country":"DE","load":1.5,"x":null},"time":"2026-11-23T10:00:00+01:00"}"#;
    let mut seeds = vec![tour.as_bytes().to_vec()];
    seeds.extend(examples().iter().map(|line| line.to_string().into_bytes()));
    let tables = ["status_cases.json", "hostile_inputs.json"].map(table_of);
    let mut found = Vec::new();
    for table in &tables {
        under(table, "request", &mut found);
    }
    seeds.extend(found.iter().map(|request| match request.get("raw") {
        Some(Value::String(raw)) => raw.clone().into_bytes(),
        _ => request.to_string().into_bytes(),
    }));
    tidy(seeds)
}

/// Bytes that choose policies and requests; each number is another pair.
pub(super) fn engine() -> Vec<Vec<u8>> {
    (0..64_u64).map(|seed| super::Mutator::new(seed).bytes(24)).collect()
}

/// The requests of the examples, one in eight of long tables.
fn examples() -> Vec<Value> {
    let mut found = Vec::new();
    files(&root().join("examples"), "jsonl", &mut found);
    let texts = found.iter().filter_map(|path| fs::read_to_string(path).ok());
    texts
        .flat_map(|text| text.lines().step_by(8).filter_map(|line| serde_json::from_str(line).ok()).collect::<Vec<_>>())
        .collect()
}

fn table_of(name: &str) -> Value {
    let text = fs::read_to_string(root().join("tests/data").join(name)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// Every text under a key, however deep.
fn collect(value: &Value, key: &str, seeds: &mut Vec<Vec<u8>>) {
    let mut found = Vec::new();
    under(value, key, &mut found);
    seeds.extend(found.iter().filter_map(|value| value.as_str()).map(|text| text.as_bytes().to_vec()));
}

/// Every value under a key, however deep.
fn under<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| under(item, key, found)),
        Value::Object(members) => {
            found.extend(members.get(key));
            members.values().for_each(|member| under(member, key, found));
        }
        _ => {}
    }
}

/// The files below a folder with that extension.
fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|each| each == extension) {
            found.push(path);
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// In an order that no file system changes, each once, none of them long.
fn tidy(mut seeds: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    seeds.retain(|seed| seed.len() <= LONGEST);
    seeds.sort_unstable();
    seeds.dedup();
    seeds
}
