//! Policy files, read and compiled.

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use doorward::{Diagnostic, Folder, LoadError, Loader, Policy, PolicyError, Sources};
use doorward_syntax::limits::POLICY_BYTES;
use doorward_syntax::{Parsed, parse_named};

use crate::Streams;

/// How the standard input is called where a file has a name.
pub(crate) const STDIN: &str = "<stdin>";

const MISSING: &str = "there is no such file";

/// Whether a path means the standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A file that cannot be read or written: the call is wrong, rather than the policy.
#[derive(Debug)]
pub(crate) struct FileError {
    shown: String,
    verb: &'static str,
    reason: String,
}

impl FileError {
    pub(crate) fn read(path: &Path, reason: impl fmt::Display) -> Self {
        Self { shown: shown(path), verb: "read", reason: reason.to_string() }
    }

    /// One that cannot be opened for reading.
    pub(crate) fn open(path: &Path, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::read(path, MISSING),
            _ => Self::read(path, error),
        }
    }

    pub(crate) fn write(path: &Path, reason: impl fmt::Display) -> Self {
        Self { shown: shown(path), verb: "write", reason: reason.to_string() }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "cannot {} `{}`: {}", self.verb, self.shown, self.reason)
    }
}

/// The root file of a policy, before anything else is read.
pub(crate) struct Root {
    /// How the call named it.
    pub(crate) shown: String,
    /// Its own name.
    pub(crate) name: String,
    /// The folder that it is in; empty for the one in which the command runs.
    pub(crate) folder: PathBuf,
    loader: Folder,
    /// Its text, unless it can be read but is no text of a policy.
    text: Result<String, LoadError>,
}

impl Root {
    /// Reads that file, or the standard input.
    ///
    /// # Errors
    /// If it cannot be opened or read.
    pub(crate) fn read(path: &Path, streams: &mut Streams<'_>) -> Result<Self, FileError> {
        let because = |error| FileError::read(path, reason(&error));
        let (name, folder, loader, text) = if is_stdin(path) {
            let input = streams.stdin.take().ok_or_else(|| FileError::read(path, "it has been read already"))?;
            (STDIN.to_owned(), PathBuf::new(), Folder::new(".").map_err(because)?, text_of(input, path)?)
        } else {
            let Some(name) = path.file_name() else { return Err(FileError::read(path, "it is a folder")) };
            let name = name.to_str().ok_or_else(|| FileError::read(path, "its name is not UTF-8"))?.to_owned();
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            let loader = Folder::new(&folder).map_err(because)?;
            let text = loader.load(&name, POLICY_BYTES);
            (name, folder, loader, text)
        };
        match text {
            Ok(_) | Err(LoadError::TooLong | LoadError::NotUtf8 { .. }) => {
                Ok(Self { shown: shown(path), name, folder, loader, text })
            }
            Err(error) => Err(because(error)),
        }
    }

    /// The file's own tree and findings; no other file is read.
    pub(crate) fn parse_alone(self) -> Parsed {
        self.parse_with(&EmptyFiles)
    }

    /// Parses the policy with all the files that it names.
    pub(crate) fn parse(mut self) -> ParsedPolicy {
        let (shown, folder) = (std::mem::take(&mut self.shown), std::mem::take(&mut self.folder));
        let loader = self.loader.clone();
        ParsedPolicy { shown, folder, parsed: self.parse_with(&loader) }
    }

    /// Compiles the policy with all the files that it names.
    pub(crate) fn compile(self) -> Compiled {
        match self.text {
            Ok(text) => {
                let outcome = Policy::load(&self.name, text, &self.loader);
                Compiled { shown: self.shown, folder: self.folder, outcome }
            }
            Err(error) => Self { text: Err(error), ..self }.parse().compile(),
        }
    }

    fn parse_with(self, loader: &dyn Loader) -> Parsed {
        match self.text {
            Ok(text) => parse_named(&self.name, text, loader),
            Err(error) => doorward_syntax::parse_file(&self.name, &Failed(error)),
        }
    }
}

/// The tree and findings of a text alone; no other file is read.
pub(crate) fn parse_alone(name: &str, text: String) -> Parsed {
    parse_named(name, text, &EmptyFiles)
}

/// A policy that was read with its files.
#[derive(Clone)]
pub(crate) struct ParsedPolicy {
    /// How the call named it.
    pub(crate) shown: String,
    /// The folder that its root is in; empty for the one in which the command runs.
    pub(crate) folder: PathBuf,
    pub(crate) parsed: Parsed,
}

impl ParsedPolicy {
    pub(crate) fn compile(self) -> Compiled {
        Compiled { shown: self.shown, folder: self.folder, outcome: Policy::compile(self.parsed) }
    }
}

/// A policy that was compiled, or why it cannot be used.
pub(crate) struct Compiled {
    /// How the call named it.
    pub(crate) shown: String,
    /// The folder that its root is in; empty for the one in which the command runs.
    pub(crate) folder: PathBuf,
    pub(crate) outcome: Result<Policy, PolicyError>,
}

impl Compiled {
    pub(crate) fn diagnostics(&self) -> &[Diagnostic] {
        self.outcome.as_ref().map_or_else(PolicyError::diagnostics, Policy::warnings)
    }

    pub(crate) fn sources(&self) -> &Sources {
        self.outcome.as_ref().map_or_else(PolicyError::sources, Policy::sources)
    }
}

/// Every file, each empty: for a look at one file alone.
struct EmptyFiles;

impl Loader for EmptyFiles {
    fn resolve(&self, _from: &str, path: &str) -> Result<String, LoadError> {
        Ok(path.to_owned())
    }

    fn load(&self, _name: &str, _limit: usize) -> Result<String, LoadError> {
        Ok(String::new())
    }
}

/// A root that is no text, for the same reason each time.
struct Failed(LoadError);

impl Loader for Failed {
    fn resolve(&self, _from: &str, _path: &str) -> Result<String, LoadError> {
        Err(self.0.clone())
    }

    fn load(&self, _name: &str, _limit: usize) -> Result<String, LoadError> {
        Err(self.0.clone())
    }
}

/// The text of a stream of at most [`POLICY_BYTES`]; no more is ever read.
fn text_of(input: impl Read, path: &Path) -> Result<Result<String, LoadError>, FileError> {
    let most = u64::try_from(POLICY_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    input.take(most).read_to_end(&mut bytes).map_err(|error| FileError::read(path, error))?;
    if bytes.len() > POLICY_BYTES {
        return Ok(Err(LoadError::TooLong));
    }
    Ok(String::from_utf8(bytes).map_err(|error| LoadError::NotUtf8 { offset: error.utf8_error().valid_up_to() }))
}

fn reason(error: &LoadError) -> String {
    match error {
        LoadError::Missing => MISSING.to_owned(),
        LoadError::Unreadable(reason) => reason.clone(),
        _ => "it cannot be opened".to_owned(),
    }
}

fn shown(path: &Path) -> String {
    if is_stdin(path) { STDIN.to_owned() } else { path.display().to_string() }
}
