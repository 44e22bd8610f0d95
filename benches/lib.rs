//! Where the benchmarks find their policies.

use std::path::PathBuf;

/// An example's file.
#[must_use]
pub fn example(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples").join(path)
}
