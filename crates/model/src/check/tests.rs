//! The suite in `test_data`: policies with what is said of them beside.
//!
//! `ok` says nothing, `warn` gives a policy and warnings, `err` gives none. `UPDATE_EXPECT=1` rewrites what is expected.

use std::fs;
use std::path::{Path, PathBuf};

use doorward_syntax::render::{Style, render};
use doorward_syntax::{MemoryFiles, Severity, parse_named};

use super::check;
use crate::policy::Policy;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("test_data").join(name)
}

fn texts(folder: &Path) -> Vec<(String, PathBuf, String)> {
    let mut texts: Vec<(String, PathBuf, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path.clone(), fs::read_to_string(path).unwrap()))
        .collect();
    texts.sort();
    texts
}

fn suite(name: &str, fits: fn(usize, usize) -> bool) {
    let files = texts(&folder("files")).into_iter();
    let loader = files.fold(MemoryFiles::new(), |loader, (name, _, text)| loader.with(name, text));
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut wrong = Vec::new();
    for (file, path, text) in texts(&folder(name)).into_iter().filter(|(file, ..)| file.ends_with(".door")) {
        let parsed = parse_named(&file, text, &loader);
        let said = render(&parsed.diagnostics, &parsed.sources, Style::Plain);
        assert!(!parsed.has_errors(), "{name}/{file} cannot be read:\n{said}");
        let checked = check(&parsed.policy, parsed.sources.clone());
        let errors = checked.diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
        let said = render(&checked.diagnostics, &parsed.sources, Style::Plain);
        let expected_path = path.with_extension("txt");
        if update && !said.is_empty() {
            fs::write(&expected_path, &said).unwrap();
        }
        let expected = fs::read_to_string(&expected_path).unwrap_or_default();
        let sound = fits(errors, checked.diagnostics.len() - errors) && checked.policy.is_some() == (errors == 0);
        if said != expected || !sound {
            wrong.push(format!("--- {name}/{file}\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sound_policies_are_left_in_peace() {
    suite("ok", |errors, warnings| errors == 0 && warnings == 0);
}

#[test]
fn useless_text_is_warned_of() {
    suite("warn", |errors, warnings| errors == 0 && warnings > 0);
}

#[test]
fn mistakes_are_told() {
    suite("err", |errors, _| errors > 0);
}

#[track_caller]
fn sound(text: &str) -> Policy {
    let parsed = doorward_syntax::parse(text);
    assert!(!parsed.has_errors(), "{}", render(&parsed.diagnostics, &parsed.sources, Style::Plain));
    let checked = check(&parsed.policy, parsed.sources.clone());
    checked.policy.unwrap_or_else(|| panic!("{}", render(&checked.diagnostics, &parsed.sources, Style::Plain)))
}
