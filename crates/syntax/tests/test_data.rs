//! Every policy in `test_data` with what is said about it: a tree's outline for those in `ok`, findings for `err`.
//!
//! With `UPDATE_EXPECT=1` in the environment, the expected texts are written anew instead of compared.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its data fails")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use doorward_syntax::render::{Style, render};
use doorward_syntax::{MemoryFiles, Parsed, parse_named};

/// The policies of a folder, in order.
fn policies(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("test_data").join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "door"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

/// The files that policies of the corpus may name.
fn files() -> MemoryFiles {
    MemoryFiles::new()
        .with("more.door", "include \"root.door\"\nidentity zoe\nallow zoe to\n")
        .with("good.door", "identity zoe\n")
        .with("tor-exits.txt", "# exits\n203.0.113.7\n 2001:db8::/32 # a prefix\n\n")
        .with("names.txt", "carol\nDave Ó Briain # a name as it is\n")
        .with("bad-names.txt", "carol\n\"dave\"\ne\u{301}va\nx\u{202e}y\n")
}

fn parsed(path: &Path) -> Parsed {
    let name = path.file_name().unwrap().to_str().unwrap();
    let text = fs::read_to_string(path).unwrap();
    // Controls are written as `<U+202E>` in the corpus, so that nothing deceives who reads it.
    let mut real = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("<U+") {
        let (digits, after) = after.split_once('>').unwrap();
        real.push_str(before);
        real.push(char::from_u32(u32::from_str_radix(digits, 16).unwrap()).unwrap());
        rest = after;
    }
    real.push_str(rest);
    parse_named(name, real, &files())
}

#[track_caller]
fn check(path: &Path, actual: &str) {
    let expected_path = path.with_extension("txt");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&expected_path, actual).unwrap();
    }
    let expected = fs::read_to_string(&expected_path).unwrap_or_default();
    assert_eq!(actual, expected, "{}", path.display());
}

#[test]
fn good_policies_are_read() {
    for path in policies("ok") {
        let parsed = parsed(&path);
        let findings = render(&parsed.diagnostics, &parsed.sources, Style::Plain);
        assert_eq!(findings, "", "{}", path.display());
        let mut outline = String::new();
        for statement in parsed.policy.statements() {
            let position = parsed.sources.position(statement.span);
            let kind = format!("{:?}", statement.kind);
            let kind: String = kind.chars().take_while(|character| character.is_alphanumeric()).collect();
            let text = parsed.sources.slice(statement.span);
            writeln!(outline, "{}:{} {kind} {text:?}", parsed.sources.file_line(statement.span), position.column)
                .unwrap();
        }
        check(&path, &outline);
    }
}

#[test]
fn bad_policies_are_refused() {
    for path in policies("err") {
        let parsed = parsed(&path);
        assert!(parsed.has_errors(), "{}", path.display());
        check(&path, &render(&parsed.diagnostics, &parsed.sources, Style::Plain));
    }
}
