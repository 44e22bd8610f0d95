//! What the benchmarks measure: the examples, and *office*, a policy of any size with its requests.
//!
//! [`office`] is generated from a fixed seed, so that every engine and every run sees the same rules; [`plain`] is what a
//! programmer would write by hand for that one policy.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "generated data is whole, or there is no measuring"
)]

use std::path::PathBuf;

pub mod cpu_time;
pub mod document;
pub mod engine;
pub mod measure;
pub mod office;
pub mod plain;

/// An example's file.
#[must_use]
pub fn example(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples").join(path)
}
