//! Where the data lies.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// The checkout's root.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file beside the checkout that not everybody has. Says loudly on standard error if it is not there.
#[must_use]
pub fn shared(path: &str) -> Option<PathBuf> {
    let found = root().join("../shared").join(path);
    if found.exists() {
        Some(found)
    } else {
        // The harness hides what a passing test prints by `eprintln!`.
        let told = format!("SKIPPED: ../shared/{path} is not beside this checkout; what needs it was not tested\n");
        let _ = io::stderr().write_all(told.as_bytes());
        None
    }
}

/// The text in a gzip file.
///
/// # Panics
/// If it cannot be read.
#[must_use]
#[expect(clippy::expect_used, reason = "a test that cannot read its data fails")]
pub fn unpack(path: &Path) -> String {
    let mut text = String::new();
    let file = std::fs::File::open(path).expect("the file can be opened");
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("the file is gzip and UTF-8");
    text
}
