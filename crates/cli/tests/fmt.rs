//! `doorward fmt`.

#![allow(clippy::unwrap_used, reason = "it is a test")]

mod common;

use common::Folder;
use serde_json::json;

const LOOSE: &str = "identity   alice\n\n\n\nallow alice   to read /wiki # the wiki\n";
const NEAT: &str = "identity alice\n\nallow alice to read /wiki # the wiki\n";
const BROKEN: &str = "identity   alice\nalow alice\n";

#[test]
fn files_are_laid_out_in_place() {
    let folder = Folder::new().with("a.door", LOOSE).with("b.door", NEAT);
    folder.run(&["fmt", "a.door", "b.door"]).exits(0).says("formatted a.door\n", "");
    assert_eq!((folder.read("a.door"), folder.read("b.door")), (NEAT.to_owned(), NEAT.to_owned()));
    folder.run(&["fmt", "a.door", "b.door"]).exits(0).says("", "");
    assert_eq!(std::fs::read_dir(folder.at("")).unwrap().count(), 2, "no other file is left behind");
}

#[test]
fn a_look_writes_nothing() {
    let folder = Folder::new().with("a.door", LOOSE).with("b.door", NEAT);
    folder.run(&["fmt", "--check", "a.door", "b.door"]).exits(1).says("a.door\n", "");
    folder.run(&["fmt", "--check", "b.door"]).exits(0).says("", "");
    folder.run(&["fmt", "--stdout", "a.door"]).exits(0).says(NEAT, "");
    folder.run_on(LOOSE, &["fmt", "-"]).exits(0).says(NEAT, "");
    folder.run_on(LOOSE, &["fmt", "--check", "-"]).exits(1).says("<stdin>\n", "");
    assert_eq!(folder.read("a.door"), LOOSE);
}

#[test]
fn broken_files_are_left_alone() {
    let folder = Folder::new().with("sub/a.door", BROKEN).with("b.door", LOOSE);
    let run = folder.run(&["fmt", "sub/a.door", "b.door"]).exits(1);
    assert!(run.stderr.contains("--> sub/a.door:2:1"), "{}", run.stderr);
    assert!(run.stderr.ends_with("doorward: `sub/a.door` is left as it is: it has mistakes\n"), "{}", run.stderr);
    assert_eq!((folder.read("sub/a.door"), folder.read("b.door")), (BROKEN.to_owned(), NEAT.to_owned()));
    folder.run(&["fmt", "--check", "sub/a.door"]).exits(1).complains("it has mistakes");
    folder.run(&["fmt", "--stdout", "sub/a.door"]).exits(1).complains("it has mistakes");
    folder.run_on(BROKEN, &["fmt", "-"]).exits(1).complains("`<stdin>` is left as it is");
    folder.run(&["fmt", "gone.door"]).exits(2).complains("cannot read `gone.door`: there is no such file");
}

#[test]
fn what_a_file_includes_is_not_its_layout() {
    let text = "include \"gone.door\"\ngroup g from \"gone.txt\"\nallow ghosts to read /\n";
    let folder = Folder::new().with("a.door", text).with("b.door", "include \"c.door\"\n").with("c.door", LOOSE);
    folder.run(&["fmt", "a.door", "b.door"]).exits(0);
    assert_eq!((folder.read("a.door"), folder.read("c.door")), (text.to_owned(), LOOSE.to_owned()));
}

#[test]
fn what_was_done_is_data_too() {
    let folder = Folder::new().with("a.door", LOOSE).with("bad.door", BROKEN);
    let reports = |arguments: &[&str], status| folder.run(arguments).exits(status).json();
    assert_eq!(
        reports(&["fmt", "--format", "json", "--stdout", "a.door"], 0),
        [json!({ "policy": "a.door", "differs": true, "text": NEAT })]
    );
    assert_eq!(
        reports(&["fmt", "--format", "json", "--check", "a.door"], 1),
        [json!({ "policy": "a.door", "differs": true })]
    );
    let both = reports(&["fmt", "--format", "json", "bad.door", "a.door"], 1);
    assert_eq!(both[0]["diagnostics"][0]["code"], "unknown-statement");
    assert_eq!(both[1], json!({ "policy": "a.door", "differs": true }));
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay() {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = Folder::new().with("real/a.door", LOOSE);
    fs::set_permissions(folder.at("real/a.door"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real/a.door", folder.at("link.door")).unwrap();
    folder.run(&["fmt", "link.door"]).exits(0);
    assert!(fs::symlink_metadata(folder.at("link.door")).unwrap().is_symlink());
    assert_eq!(folder.read("real/a.door"), NEAT);
    assert_eq!(fs::metadata(folder.at("real/a.door")).unwrap().permissions().mode() & 0o777, 0o640);
}
