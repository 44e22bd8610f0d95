//! A decision allocates nothing, from strings and from prepared parts, but for the exceptions that are named here.

#![expect(clippy::unwrap_used, reason = "a test without its data fails")]

use std::fs;
use std::path::PathBuf;

use allocation_counter::measure;
use doorward::{Policy, PreparedRequest, Request, Subject};
use doorward_benches::example;
use doorward_benches::measure::Scene;

/// Requests of the anonymous to the examples that need a search for somebody who could be let in, since rules ask for more
/// of the visitor than their SUBJECTS: the policy, the action and the path.
const SEARCHED: [(&str, &str, &str); 3] = [
    ("office.door", "DELETE", "/home/frank/old"),
    ("office.door", "DELETE", "/home/mallory/old"),
    ("office.door", "GET", "/ledger/2026"),
];

/// How often a request is decided.
const ROUNDS: u64 = 3;

/// How many blocks are allocated while a request is decided from strings, and from prepared parts.
fn allocated(policy: &Policy, request: &Request<'_>) -> [u64; 2] {
    let subject = policy.subject(request.subject.clone());
    let (room, action) = (policy.room(&request.path), policy.action(&request.action));
    let parts = PreparedRequest::new(&subject, action, &room, policy.origin(request.address))
        .context(&request.context)
        .room_attributes(&request.room_attributes);
    let parts = request.time.map_or(parts, |time| parts.at(time));
    let verdict = policy.verdict(request);
    let from_strings = measure(|| (0..ROUNDS).for_each(|_| assert_eq!(policy.verdict(request), verdict)));
    let from_parts = measure(|| (0..ROUNDS).for_each(|_| assert_eq!(policy.verdict_of(&parts), verdict)));
    [from_strings.count_total, from_parts.count_total]
}

/// The policies of the examples with their request tables.
fn tables() -> Vec<(PathBuf, Vec<Request<'static>>)> {
    let mut found = Vec::new();
    let mut folders = vec![example("")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "door")
                && let Ok(text) = fs::read_to_string(path.with_extension("requests.jsonl"))
            {
                found.push((path, text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()));
            }
        }
    }
    assert!(found.len() >= 15);
    found
}

#[test]
fn decisions_of_the_examples_allocate_nothing() {
    let mut searched = Vec::new();
    for (path, requests) in tables() {
        let policy = Policy::from_file(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for request in &requests {
            let Request { subject, action, path, .. } = request;
            let known = matches!(subject, Subject::Known(_));
            let [from_strings, from_parts] = allocated(&policy, request);
            let is_searched = |&&(policy, of, at): &&(&str, &str, &str)| policy == name && of == action && at == path;
            if let Some(case) = SEARCHED.iter().find(is_searched).filter(|_| !known) {
                assert!(from_strings > 0 && from_parts > 0, "{case:?} needs no search any more");
                searched.push(*case);
                continue;
            }
            assert_eq!(from_parts, 0, "{name}: {request:?}");
            // To decode escapes, and to say why a path is ambiguous, its segments are listed.
            let listed = path.contains('%') || path.contains("//") || path.contains("/../");
            assert_eq!(from_strings > 0, listed, "{name}: {request:?}");
        }
    }
    searched.sort_unstable();
    searched.dedup();
    assert_eq!(searched, SEARCHED);
}

#[test]
fn decisions_of_the_office_allocate_nothing() {
    for rules in [10, 100, 1_000] {
        for terms in [false, true] {
            let scene = if terms { Scene::with_terms(rules) } else { Scene::new(rules) };
            let policy = Policy::parse(&scene.office.door()).unwrap();
            for ask in &scene.asks {
                let request = if terms { ask.request_with_terms() } else { ask.request() };
                assert_eq!(allocated(&policy, &request), [0, 0], "{rules} rules: {ask:?}");
            }
        }
    }
}
