//! The bodies of the fuzz targets on any toolchain: over their seeds, and over mutations of them.
//!
//! The mutations are the same in each run. `FUZZ_ROUNDS=10` tries ten times as many, the first of them those of one
//! round. A body that fails leaves its input, in the form of a byte string, with the message.

#![allow(clippy::unwrap_used, reason = "a corpus that cannot be written fails the test")]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};
use std::{env, fs};

use doorward_tests::data::root;
use doorward_tests::fuzz::{self, Mutator, TARGETS, Target};

/// No input is longer.
const LONGEST: usize = 64 * 1024;

#[test]
fn policies() {
    check("policy");
}

#[test]
fn layouts() {
    check("format");
}

#[test]
fn paths() {
    check("path");
}

#[test]
fn values() {
    check("values");
}

#[test]
fn requests() {
    check("request");
}

#[test]
fn decisions() {
    check("engine");
}

/// Inputs that a body failed on once, each under what was wrong.
const FOUND: &[(&str, &[u8])] = &[
    // The witness of a 401 had no time of authentication where the age leads to before the first instant.
    ("policy", b"assurance mfa\nallow authenticated with mfa within 99999999999999d\n"),
    // An attribute that is named like no other name was laid out in quotes, which no reference has.
    ("format", b"context has { hours: int }\nallow anyone to read /x when context.36854775808\n"),
];

#[test]
fn what_was_found_stays_mended() {
    for (name, input) in FOUND {
        fuzz::run(name, input);
    }
}

#[test]
fn every_target_is_checked_here_and_built_there() {
    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    let here = fs::read_to_string(root().join("tests/tests/fuzz_bodies.rs")).unwrap();
    for target in TARGETS {
        let name = target.name;
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "fuzz/ does not build `{name}`");
        assert!(here.contains(&format!("check(\"{name}\")")), "`{name}` is not checked");
        assert!(!(target.seeds)().is_empty(), "`{name}` has no seeds");
    }
}

/// Writes the seeds where `cargo fuzz` looks for them.
#[test]
#[ignore = "writes to `fuzz/corpus`"]
fn write_the_corpus() {
    for target in TARGETS {
        let folder = root().join("fuzz/corpus").join(target.name);
        fs::create_dir_all(&folder).unwrap();
        for (number, seed) in (target.seeds)().iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:04}")), seed).unwrap();
        }
    }
}

/// Runs one target's body over its seeds and over as many mutations as `FUZZ_ROUNDS` rounds have.
#[track_caller]
fn check(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let seeds = (target.seeds)();
    let rounds: u32 = env::var("FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1);
    let mut slowest = (Duration::ZERO, Vec::new());
    for seed in &seeds {
        run(target, seed, &mut slowest);
    }
    let mut mutator = Mutator::new(0);
    for _ in 0..target.round.saturating_mul(rounds) {
        run(target, &mutator.mutant(&seeds, LONGEST), &mut slowest);
    }
    let (time, input) = slowest;
    println!("{name}: {} seeds, the slowest input took {time:?}: {}", seeds.len(), shown(&input));
    let fuzz::Comparisons { asked, left_out } = fuzz::comparisons();
    println!("{name}: {asked} comparisons, of which {left_out} had too many visitors to try");
    assert!(left_out * 20 <= asked, "{left_out} of {asked} comparisons are left out");
}

fn run(target: &Target, input: &[u8], slowest: &mut (Duration, Vec<u8>)) {
    let start = Instant::now();
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.body)(input))) {
        eprintln!("`{}` fails on {}", target.name, shown(input));
        resume_unwind(panic);
    }
    let time = start.elapsed();
    if time > slowest.0 {
        *slowest = (time, input.to_vec());
    }
}

/// The bytes as Rust writes them, or the beginning of many.
fn shown(bytes: &[u8]) -> String {
    const MOST: usize = 4096;
    let more = if bytes.len() > MOST { format!("… ({} bytes)", bytes.len()) } else { String::new() };
    format!("b\"{}\"{more}", bytes.get(..MOST).unwrap_or(bytes).escape_ascii())
}
