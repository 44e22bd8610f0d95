//! The formatter over a folder of cases, and over their texts with comments and line ends thrown in.
//!
//! A case is `NAME.door` and what it becomes, `NAME.fmt`; `UPDATE_EXPECT=1` writes the latter anew.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::ast::File;
use crate::{LoadError, Loader, parse_named};

/// A loader by which every file is there and says nothing.
struct EmptyFiles;

impl Loader for EmptyFiles {
    fn resolve(&self, _from: &str, path: &str) -> Result<String, LoadError> {
        Ok(path.to_owned())
    }

    fn load(&self, _name: &str, _limit: usize) -> Result<String, LoadError> {
        Ok(String::new())
    }
}

/// The file that a text says; the test fails if the text has a mistake.
#[track_caller]
fn read(text: &str) -> File {
    let parsed = parse_named("case.door", text.to_owned(), &EmptyFiles);
    assert!(!parsed.has_errors(), "{:#?}\n{text}", parsed.diagnostics);
    parsed.policy.files.into_iter().next().unwrap()
}

#[track_caller]
fn formatted(text: &str) -> String {
    format(&read(text), text)
}

/// Checks what holds of every text and gives its formatted form.
#[track_caller]
fn check(text: &str) -> String {
    let before = read(text);
    let formatted = format(&before, text);
    let after = read(&formatted);
    assert_eq!(meaning(&before), meaning(&after), "the tree changed:\n{text}\n---\n{formatted}");
    assert_eq!(comments(&before), comments(&after), "the comments changed:\n{text}\n---\n{formatted}");
    assert_eq!(formatted, format(&after, &formatted), "not idempotent:\n{text}");
    assert!(formatted.lines().all(|line| line.trim_end() == line), "white space at a line's end:\n{formatted}");
    assert!(!formatted.contains('\r') && !formatted.contains("\n\n\n"), "{formatted:?}");
    assert!(formatted.is_empty() || formatted.ends_with('\n') && !formatted.ends_with("\n\n"), "{formatted:?}");
    formatted
}

/// The statements without places, and without the quotes around names.
fn meaning(file: &File) -> String {
    let tree = format!("{:#?}", file.statements);
    let mut kept = String::new();
    let mut span = false;
    for line in tree.lines() {
        let line = line.trim();
        if line.ends_with("Span {") {
            span = true;
        } else if span {
            // A span ends with the second closing brace, that of the file's number being a parenthesis.
            span = line != "},";
        } else if !line.starts_with("quoted: ") {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

fn comments(file: &File) -> Vec<&str> {
    let mut texts: Vec<&str> = file.comments.iter().map(|comment| comment.text.as_str()).collect();
    texts.sort_unstable();
    texts
}

fn cases(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("test_data").join(folder);
    let mut paths: Vec<PathBuf> = match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.unwrap().path()).collect(),
        Err(_) => Vec::new(),
    };
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "door"));
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn cases_become_what_stands_beside_them() {
    let cases = cases("fmt");
    assert!(cases.len() > 5);
    for (path, text) in cases {
        let formatted = check(&text);
        let beside = path.with_extension("fmt");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&beside, &formatted).unwrap();
        }
        let expected = fs::read_to_string(&beside).unwrap();
        assert_eq!(formatted, expected, "{}", path.display());
    }
}

#[test]
fn valid_policies_keep_their_meaning() {
    for (_, text) in cases("ok") {
        check(&text);
    }
}

#[test]
fn line_ends_and_a_byte_order_mark_make_no_difference() {
    for (path, text) in cases("fmt") {
        let expected = formatted(&text);
        let windows = text.replace('\n', "\r\n");
        assert_eq!(check(&windows), expected, "{}", path.display());
        assert_eq!(check(&format!("\u{feff}{text}")), expected, "{}", path.display());
        assert_eq!(check(text.trim_end()), expected, "{}", path.display());
    }
}

#[test]
fn only_lines_without_a_place_to_break_are_too_long() {
    for (path, text) in cases("fmt") {
        for line in formatted(&text).lines().filter(|line| !line.contains(['#', '"'])) {
            assert!(line.chars().count() <= 100, "{}: {line}", path.display());
        }
    }
}

#[test]
fn statements_print_alone() {
    for (path, text) in cases("fmt") {
        let file = read(&text);
        let alone: String = file.statements.iter().map(|one| statement(one) + "\n").collect();
        assert_eq!(meaning(&read(&alone)), meaning(&file), "{}", path.display());
    }
}

#[test]
fn rules_print_in_one_line() {
    let file = read("a: deny \"b\" # c\n because \"d\" when x.y or (true) to use");
    let [crate::ast::Statement { kind: crate::ast::StatementKind::Rule(rule), .. }] = file.statements.as_slice() else {
        panic!("{file:?}");
    };
    assert_eq!(rule_line(rule), "a: deny b to use when x.y or (true) because \"d\"");
    assert_eq!(expr(rule.when.as_ref().unwrap()), "x.y or (true)");
}

#[test]
fn assertions_print_in_one_line() {
    let text = "assert # c\n never \"b\" when x.y # d\n with any # e\n within 60m to use \"/a\"";
    let file = read(text);
    let [crate::ast::Statement { kind: crate::ast::StatementKind::Assertion(assertion), .. }] =
        file.statements.as_slice()
    else {
        panic!("{file:?}");
    };
    assert_eq!(assertion_line(assertion, text), "assert never b with any within 60m to use \"/a\" when x.y");
}

#[test]
fn lengths_of_time_take_the_greatest_unit() {
    for (seconds, expected) in [(0, "0s"), (59, "59s"), (60, "1m"), (5400, "90m"), (7200, "2h"), (604_800, "7d")] {
        assert_eq!(duration(seconds), expected);
    }
}

/// What is thrown in between two tokens.
fn noise() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just(" "),
        Just("\n"),
        Just("\r\n"),
        Just("\n\n\n"),
        Just(" # beside\n"),
        Just(" #\n"),
        Just("\n# own\n"),
        Just("\n\n# apart\n\n# again\n"),
        Just(" # beside\r\n # own\r\n"),
    ]
}

/// The offsets at which white space and comments may stand: around words, signs and texts.
fn boundaries(text: &str) -> Vec<usize> {
    let mut offsets = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '#' => rest.find('\n').map_or(rest.len(), |end| end + 1),
            ',' | '(' | ')' | '{' | '}' => 1,
            c if c.is_whitespace() => c.len_utf8(),
            '/' => rest.find(|c: char| c.is_whitespace() || ",()\"#".contains(c)).unwrap_or(rest.len()),
            '"' => {
                let mut escaped = false;
                let inner = rest[1..].find(|c| {
                    let end = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    end
                });
                // What is directly before a colon is a label.
                let end = inner.map_or(rest.len(), |inner| inner + 2);
                end + rest[end..].len() - rest[end..].trim_start_matches([':', '?']).len()
            }
            _ => rest.find(|c: char| c.is_whitespace() || ",(){}\"#".contains(c)).unwrap_or(rest.len()),
        };
        offsets.push(text.len() - rest.len());
        rest = &rest[length..];
    }
    offsets.push(text.len());
    offsets
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn comments_may_stand_anywhere(case in any::<Index>(), noise in prop::collection::vec((any::<Index>(), noise()), 0..12)) {
        let cases: Vec<_> = cases("fmt").into_iter().chain(cases("ok")).collect();
        let (_, text) = case.get(&cases);
        let boundaries = boundaries(text);
        let mut noise: Vec<_> = noise.iter().map(|(at, noise)| (*at.get(&boundaries), *noise)).collect();
        noise.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let mut noisy = text.clone();
        for (at, noise) in noise {
            noisy.insert_str(at, noise);
        }
        check(&noisy);
    }
}
