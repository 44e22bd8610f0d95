//! The documents do what they say: every fenced block of `README.md` and `docs/` is run.
//!
//! A block's info string says what it is. `door` is a policy: it checks without a finding other than that something is
//! unused, and its `test` blocks pass, in the engine and in the naive evaluator. `door,error:CODE` and
//! `door,warning:CODE` give that finding and no other; a `text` block right after shows it. `file:NAME` makes the block a
//! file for the rest of the document, `excerpt:PATH` says that all its lines stand in that file, and `fails` that some
//! expectation is not met. In a `console` block each `$ doorward …` (or `$ cargo run … -- …`) is run and its output
//! compared. Rust is run as doctests, by the examples.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a document that cannot be read fails the test")]

use std::fs;
use std::path::{Path, PathBuf};

use doorward::{Diagnostic, Instant, MemoryFiles, Policy, Severity, limits as requests};
use doorward_analysis::limits as questions;
use doorward_cli::Surroundings;
use doorward_syntax::render::{Style, render};
use doorward_syntax::{limits, parse_named, words};
use doorward_tests::data::root;

fn now() -> Instant {
    Instant::parse("2026-11-23T10:00+01:00").unwrap()
}

/// A fenced block.
struct Block {
    /// `README.md:12`, for messages.
    place: String,
    /// The first word of the info string.
    language: String,
    /// What follows it, between commas.
    options: Vec<(String, String)>,
    text: String,
    /// Whether only empty lines stand between it and the block before.
    follows: bool,
}

impl Block {
    fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The documents: the README, the map of the crates, and everything in `docs/`.
fn documents() -> Vec<PathBuf> {
    let mut found = vec![root().join("README.md"), root().join("crates/README.md"), root().join("CHANGELOG.md")];
    let docs = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    found.extend(docs.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    found.sort();
    found
}

fn blocks(path: &Path) -> Vec<Block> {
    let text = fs::read_to_string(path).unwrap();
    let name = path.strip_prefix(root()).unwrap().display().to_string();
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    let mut follows = false;
    for (number, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => {
                blocks.extend(open.take());
                follows = true;
            }
            (Some(info), None) => {
                let mut words = info.trim().split(',');
                let language = words.next().unwrap_or("").to_owned();
                let options = words.map(|word| word.split_once(':').unwrap_or((word, "")));
                open = Some(Block {
                    place: format!("{name}:{}", number + 1),
                    language,
                    options: options.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
                    text: String::new(),
                    follows,
                });
            }
            (None, Some(block)) => block.text.extend([line, "\n"]),
            (None, None) => follows &= line.trim().is_empty(),
        }
    }
    assert!(open.is_none(), "{name}: a block has no end");
    blocks
}

#[test]
fn policies_do_what_the_documents_say() {
    let (mut expectations, mut wrong) = (0, Vec::new());
    for document in documents() {
        let mut files = MemoryFiles::new();
        let blocks = blocks(&document);
        for (index, block) in blocks.iter().enumerate() {
            if block.language == "door" {
                let shown = blocks.get(index + 1).filter(|next| next.language == "text" && next.follows);
                match check(block, &files, shown) {
                    Ok(count) => expectations += count,
                    Err(reason) => wrong.push(format!("{}: {reason}", block.place)),
                }
            }
            if let Some(name) = block.option("file") {
                files = files.with(name, &*block.text);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(expectations >= 150, "only {expectations} verdicts are claimed");
}

/// Checks one policy, and counts the verdicts that it claims.
fn check(block: &Block, files: &MemoryFiles, shown: Option<&Block>) -> Result<usize, String> {
    let parsed = parse_named("policy.door", block.text.clone(), files);
    let tree = parsed.policy.clone();
    let (policy, error) = match Policy::compile(parsed) {
        Ok(policy) => (Some(policy), None),
        Err(error) => (None, Some(error)),
    };
    let (found, sources) = match (&policy, &error) {
        (Some(policy), _) => (policy.warnings(), policy.sources()),
        (None, Some(error)) => (error.diagnostics(), error.sources()),
        (None, None) => unreachable!(),
    };
    let told: Vec<Diagnostic> = found
        .iter()
        .filter(|each| is_error(each) || policy.is_some() && !each.code.starts_with("unused-"))
        .cloned()
        .collect();
    let text = render(&told, sources, Style::Plain);
    let codes: Vec<(&str, bool)> = told.iter().map(|each| (each.code, is_error(each))).collect();
    let expected = block.option("error").map(|code| (code, true));
    let expected = expected.or(block.option("warning").map(|code| (code, false)));
    if codes != expected.into_iter().collect::<Vec<_>>() {
        return Err(format!("found {codes:?}\n{text}"));
    }
    if let (Some(block), Some(_)) = (shown, expected)
        && block.text.trim_end() != text.trim_end()
    {
        return Err(format!("what is shown differs from\n{text}"));
    }
    if let Some(path) = block.option("excerpt") {
        let whole: Vec<String> = fs::read_to_string(root().join(path)).unwrap().lines().map(plain).collect();
        if let Some(line) = block.text.lines().map(plain).find(|line| !whole.contains(line)) {
            return Err(format!("`{line}` is not in {path}"));
        }
    }
    let Some(policy) = policy else { return Ok(0) };
    if block.option("fails").is_some() {
        let failed = policy.test(now()).any(|outcome| !outcome.passed());
        return if failed { Ok(0) } else { Err("every expectation is met".to_owned()) };
    }
    let outcomes: Vec<_> = policy.test(now()).collect();
    for outcome in &outcomes {
        let said = &outcome.expectation.text;
        if !outcome.passed() {
            return Err(format!("{said}\n{}", policy.explain(&outcome.request)));
        }
        let naive = doorward_oracle::decide(&tree, &outcome.request).map(|outcome| outcome.status);
        if naive != Some(outcome.expectation.status) {
            return Err(format!("{said}: the naive evaluator says {naive:?}"));
        }
    }
    Ok(outcomes.len())
}

fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Error
}

/// A line without its comment, and with single spaces.
fn plain(line: &str) -> String {
    let code = line.split('#').next().unwrap_or("");
    code.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn commands_print_what_the_documents_say() {
    let (mut count, mut wrong) = (0, Vec::new());
    for document in documents() {
        let folder = tempfile::tempdir().unwrap();
        for block in blocks(&document) {
            if let Some(name) = block.option("file") {
                fs::write(folder.path().join(name), &block.text).unwrap();
            }
            if block.language == "console" {
                count += console(&block, folder.path(), &mut wrong);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(count >= 8, "only {count} commands are shown");
}

/// Runs the commands of a block that are ours, and counts them.
fn console(block: &Block, folder: &Path, wrong: &mut Vec<String>) -> usize {
    let mut count = 0;
    let text = block.text.replace("\\\n", " ");
    for part in text.split("$ ").skip(1) {
        let (command, output) = part.split_once('\n').unwrap_or((part, ""));
        let mut words = split(command);
        match words.first().map(String::as_str) {
            Some("doorward") => {}
            Some("cargo") if words.contains(&"--".to_owned()) => {
                let dashes = words.iter().position(|word| word == "--").unwrap();
                words.drain(1..=dashes);
            }
            _ => continue,
        }
        count += 1;
        // Files are named as seen from the document's folder or from the checkout's root; the command is run elsewhere.
        let mut prefixes = Vec::new();
        for word in words.iter_mut().skip(1) {
            if let Some(place) = [folder.to_owned(), root()].iter().find(|place| place.join(&*word).is_file()) {
                *word = place.join(&*word).display().to_string();
                prefixes.push(format!("{}/", place.display()));
            }
        }
        let mut surroundings = Surroundings::default();
        surroundings.now = now;
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        doorward_cli::run(&words, &surroundings, Box::new(&b""[..]), &mut stdout, &mut stderr);
        let mut told = String::from_utf8([stdout, stderr].concat()).unwrap();
        for prefix in prefixes {
            told = told.replace(&prefix, "");
        }
        if output.trim_end() != told.trim_end() {
            wrong.push(format!("{}:\n$ {command}\n{told}", block.place));
        }
    }
    count
}

/// The words of a command line; quotes of either kind hold one together.
fn split(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted: Option<char> = None;
    for character in command.trim().chars() {
        match character {
            '"' | '\'' if quoted == Some(character) => quoted = None,
            '"' | '\'' if quoted.is_none() => quoted = Some(character),
            ' ' if quoted.is_none() => words.push(String::new()),
            character => words.last_mut().unwrap().push(character),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn links_lead_somewhere() {
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap_or("");
            if !path.is_empty() && !path.starts_with("https://") {
                let target = document.parent().unwrap().join(path);
                assert!(target.exists(), "{}: {link}", document.display());
            }
        }
    }
}

#[test]
fn the_reference_tells_the_limits() {
    let reference = fs::read_to_string(root().join("docs/language.md")).unwrap();
    let bytes = |bytes: usize| format!("{} KiB", bytes / 1024);
    let rows = [
        ("Nesting of parentheses, braces and `not`", limits::NESTING.to_string()),
        ("A policy with all its files", format!("{} MiB", limits::POLICY_BYTES / 1024 / 1024)),
        ("Files of a policy", grouped(limits::FILES)),
        ("Findings shown of one policy, by severity", limits::DIAGNOSTICS.to_string()),
        ("Groups that a request claims", grouped(requests::CLAIMED_GROUPS)),
        ("An identity's name", format!("{} bytes", requests::IDENTITY_BYTES)),
        ("A request's path", bytes(requests::PATH_BYTES)),
        ("Segments of a request's path", requests::PATH_SEGMENTS.to_string()),
        ("Elements of a set in a request", grouped(requests::SET_ELEMENTS)),
        ("States and rules of the table over all room patterns", grouped(requests::ROOM_CLASSES)),
        ("Entries of all lists once resolved", grouped(requests::RESOLVED)),
        (
            "Combinations that rules meeting on one request may test",
            format!("2^{}", requests::FREE_COMBINATIONS.ilog2()),
        ),
    ];
    for (what, limit) in rows {
        let row = format!("| {what} | {limit} |");
        assert!(reference.contains(&row), "{row}");
    }
}

#[test]
fn the_bounds_of_questions_are_told() {
    let document = fs::read_to_string(root().join("docs/analysis.md")).unwrap();
    let steps = |steps: u64| usize::try_from(steps).unwrap();
    let rows = [
        ("Steps for one room and action", steps(questions::CELL_STEPS)),
        ("Steps for a question", steps(questions::STEPS)),
        ("Classes of paths that patterns tell apart", questions::PLACES),
        (
            "Pairs of such a class and a kind of action, and entries of the lists of rules that cover them",
            questions::CELLS,
        ),
        ("Variables of one room and action", questions::VARIABLES),
        ("Values of one variable", questions::VALUES),
        ("Values of all variables of one room and action", questions::ALL_VALUES),
        ("Items of a list that are looked at one by one", questions::ITEMS),
    ];
    for (what, limit) in rows {
        let row = format!("| {what} | {} |", grouped(limit));
        assert!(document.contains(&row), "{row}");
    }
}

fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[test]
fn the_reference_lists_the_reserved_words() {
    let reference = fs::read_to_string(root().join("docs/language.md")).unwrap();
    let listed = reference.split("<!-- reserved words -->").nth(1).expect("the list is marked");
    let listed: Vec<&str> = listed.split_whitespace().map(|word| word.trim_matches('`')).collect();
    assert_eq!(listed, words::RESERVED);
}
