//! A policy that may lie in several files.

use std::collections::BTreeMap;
use std::fmt;

use doorward::{Policy, PolicyError};
use doorward_syntax::{MemoryFiles, Parsed, parse_named};

/// The text of a policy, and of the files that it names.
///
/// Prints as the files would stand in a folder, one after the other.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PolicyText {
    /// The policy itself, which is `policy.door`.
    pub text: String,
    /// The other files by their paths relative to it: policies, which end in `.door`, and lists.
    pub files: BTreeMap<String, String>,
}

impl PolicyText {
    /// Reads the policy with its files.
    #[must_use]
    pub fn parse(&self) -> Parsed {
        let files = self.files.iter().fold(MemoryFiles::new(), |files, (name, text)| files.with(name, text));
        parse_named("policy.door", self.text.clone(), &files)
    }

    /// Compiles the policy with its files.
    ///
    /// # Errors
    /// As [`Policy::compile`].
    pub fn compile(&self) -> Result<Policy, PolicyError> {
        Policy::compile(self.parse())
    }

    /// The same with every text of a policy changed, and the lists as they were.
    #[must_use]
    pub fn map(&self, mut change: impl FnMut(&str) -> String) -> Self {
        let mut files = self.files.clone();
        files.iter_mut().filter(|(name, _)| name.ends_with(".door")).for_each(|(_, text)| *text = change(text));
        Self { text: change(&self.text), files }
    }
}

impl From<String> for PolicyText {
    fn from(text: String) -> Self {
        Self { text, files: BTreeMap::new() }
    }
}

impl fmt::Display for PolicyText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)?;
        self.files.iter().try_for_each(|(name, text)| write!(formatter, "\n# the file {name}\n{text}"))
    }
}

impl fmt::Debug for PolicyText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\n{self}")
    }
}
