//! Where included files come from: the one door between a policy and the outside.

use std::collections::BTreeMap;

/// Reads the files that a policy names.
///
/// A path is given as the policy wrote it together with the name of the file that wrote it. The loader answers with a
/// *canonical name*: two paths that mean the same file must give the same name, since including a file twice is once.
/// A loader must never read outside the root policy's folder, links resolved.
pub trait Loader {
    /// The canonical name of `path`, as written in the file with canonical name `from`.
    ///
    /// # Errors
    /// If the path leads outside the root folder, or cannot be resolved.
    fn resolve(&self, from: &str, path: &str) -> Result<String, LoadError>;

    /// The text of the file with that canonical name.
    ///
    /// # Errors
    /// If it is missing, unreadable, longer than `limit` bytes, or not UTF-8.
    fn load(&self, name: &str, limit: usize) -> Result<String, LoadError>;
}

/// Why a file could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadError {
    /// There is no such file.
    Missing,
    /// The path leads outside the root policy's folder.
    Outside,
    /// The file has more bytes than are left of [`limits::POLICY_BYTES`](crate::limits::POLICY_BYTES).
    TooLong,
    /// The file is not UTF-8; the offset is that of the first byte that is not.
    NotUtf8 {
        /// Bytes before the first that is wrong.
        offset: usize,
    },
    /// Anything else, in the operating system's words.
    Unreadable(String),
    /// This loader has no files at all.
    Unsupported,
}

/// A loader without files, for policies that stand alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Loader for NoFiles {
    fn resolve(&self, _from: &str, _path: &str) -> Result<String, LoadError> {
        Err(LoadError::Unsupported)
    }

    fn load(&self, _name: &str, _limit: usize) -> Result<String, LoadError> {
        Err(LoadError::Unsupported)
    }
}

/// Files in memory, by names with `/` between folders.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles {
    files: BTreeMap<String, String>,
}

impl MemoryFiles {
    /// No files yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one file more, or another text for it.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.files.insert(name.into(), text.into());
        self
    }
}

impl Loader for MemoryFiles {
    fn resolve(&self, from: &str, path: &str) -> Result<String, LoadError> {
        if path.starts_with('/') {
            return Err(LoadError::Outside);
        }
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut parts: Vec<&str> = Vec::new();
        for part in folder.split('/').chain(path.split('/')) {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop().ok_or(LoadError::Outside)?;
                }
                part => parts.push(part),
            }
        }
        Ok(parts.join("/"))
    }

    fn load(&self, name: &str, limit: usize) -> Result<String, LoadError> {
        let text = self.files.get(name).ok_or(LoadError::Missing)?;
        if text.len() > limit { Err(LoadError::TooLong) } else { Ok(text.clone()) }
    }
}
