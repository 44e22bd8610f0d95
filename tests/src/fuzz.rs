//! What fuzzing runs: one body a target, the texts that it starts from, and a way to change them.
//!
//! A body takes any bytes and returns, or fails an assertion. The targets of `fuzz/` hand it the bytes of a coverage-guided
//! fuzzer; the test `fuzz_bodies` hands it the seeds and mutations of them, on any toolchain. How to run both, and what
//! they have found, is told in `docs/testing.md`.

mod mutate;
mod seeds;

mod choose;

mod format;
mod policy;

mod path;
mod values;

mod engine;
mod request;

pub use self::mutate::Mutator;

/// One thing to fuzz.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, also that of the cargo-fuzz target.
    pub name: &'static str,
    /// Must return from any bytes: what it finds wrong, it panics about.
    pub body: fn(&[u8]),
    /// Inputs to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// How many mutations the stable runner tries in one round: fifteen to twenty seconds of them.
    pub round: u32,
}

/// Every target, in the order in which a policy comes to a decision.
pub const TARGETS: &[Target] = &[
    Target { name: "policy", body: policy::policy, seeds: seeds::policies, round: 20_000 },
    Target { name: "format", body: format::format, seeds: seeds::policies, round: 24_000 },
    Target { name: "path", body: path::path, seeds: seeds::paths, round: 300_000 },
    Target { name: "values", body: values::values, seeds: seeds::values, round: 400_000 },
    Target { name: "request", body: request::request, seeds: seeds::requests, round: 1_000_000 },
    Target { name: "engine", body: engine::engine, seeds: seeds::engine, round: 15_000 },
];

/// How often bodies have compared the engine with the naive evaluator.
#[derive(Clone, Copy, Debug)]
pub struct Comparisons {
    /// How many requests both were asked.
    pub asked: u64,
    /// For how many of these the naive evaluator had more visitors to try than a body allows it.
    pub left_out: u64,
}

/// The comparisons of all bodies that ran on this thread.
#[must_use]
pub fn comparisons() -> Comparisons {
    choose::comparisons()
}

/// Runs the body of the target of that name.
///
/// # Panics
/// If the body finds something wrong, or there is no such target.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    assert!(target.is_some(), "there is no target `{name}`");
    if let Some(target) = target {
        (target.body)(data);
    }
}
