//! Policies in files: a loader that serves one folder and never reads outside it.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Component, Path, PathBuf};

use doorward_syntax::limits::POLICY_BYTES;
use doorward_syntax::{LoadError, Loader, Parsed};

/// Serves the files of one folder and below, links resolved.
///
/// The canonical name of a file is its path from the folder, with `/` between folders.
#[derive(Clone, Debug)]
pub struct Folder {
    // INVARIANT: absolute, links resolved. `Folder::new` enforces it.
    root: PathBuf,
}

impl Folder {
    /// The folder at that path.
    ///
    /// # Errors
    /// If there is no such folder.
    pub fn new(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        let path = path.as_ref();
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        Ok(Self { root: path.canonicalize().map_err(|error| cause(&error))? })
    }
}

impl Loader for Folder {
    fn resolve(&self, from: &str, path: &str) -> Result<String, LoadError> {
        let mut place = self.root.clone();
        if let Some((folder, _)) = from.rsplit_once('/') {
            place.push(folder);
        }
        if Path::new(path).components().any(|part| matches!(part, Component::Prefix(_) | Component::RootDir)) {
            return Err(LoadError::Outside);
        }
        let found = place.join(path).canonicalize().map_err(|error| cause(&error))?;
        let inside = found.strip_prefix(&self.root).map_err(|_| LoadError::Outside)?;
        let parts: Option<Vec<&str>> = inside.components().map(|part| part.as_os_str().to_str()).collect();
        Ok(parts.ok_or_else(|| LoadError::Unreadable("its name is not UTF-8".to_owned()))?.join("/"))
    }

    fn load(&self, name: &str, limit: usize) -> Result<String, LoadError> {
        read(&self.root.join(name), limit)
    }
}

/// Parses the policy in a file; a file that cannot be read is one finding.
#[must_use]
pub fn parse_file(path: &Path) -> Parsed {
    let shown = path.display().to_string();
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        let error = LoadError::Unreadable("its name is not UTF-8, or it has none".to_owned());
        return doorward_syntax::parse_file(&shown, &Absent(error));
    };
    match path.parent().map_or_else(|| Folder::new("."), Folder::new) {
        Ok(folder) => doorward_syntax::parse_file(name, &folder),
        Err(error) => doorward_syntax::parse_file(&shown, &Absent(error)),
    }
}

/// The name, the text and the folder of a policy's file; nothing if one of them cannot be had.
pub(crate) fn open(path: &Path) -> Option<(String, String, Folder)> {
    let name = path.file_name()?.to_str()?;
    let folder = Folder::new(path.parent().unwrap_or(Path::new(""))).ok()?;
    let text = folder.load(name, POLICY_BYTES).ok()?;
    Some((name.to_owned(), text, folder))
}

/// A folder that cannot be opened.
struct Absent(LoadError);

impl Loader for Absent {
    fn resolve(&self, _from: &str, _path: &str) -> Result<String, LoadError> {
        Err(self.0.clone())
    }

    fn load(&self, _name: &str, _limit: usize) -> Result<String, LoadError> {
        Err(self.0.clone())
    }
}

/// The text of a file of at most `limit` bytes. Only that much is ever read.
fn read(path: &Path, limit: usize) -> Result<String, LoadError> {
    let file = File::open(path).map_err(|error| cause(&error))?;
    let metadata = file.metadata().map_err(|error| cause(&error))?;
    if metadata.is_dir() {
        return Err(LoadError::Unreadable("it is a folder".to_owned()));
    }
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    // Room for all, and to see that no more comes, so that a file is read at once.
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(limit).min(limit) + 1);
    file.take(most).read_to_end(&mut bytes).map_err(|error| cause(&error))?;
    if bytes.len() > limit {
        return Err(LoadError::TooLong);
    }
    String::from_utf8(bytes).map_err(|error| LoadError::NotUtf8 { offset: error.utf8_error().valid_up_to() })
}

fn cause(error: &std::io::Error) -> LoadError {
    match error.kind() {
        ErrorKind::NotFound => LoadError::Missing,
        _ => LoadError::Unreadable(error.to_string()),
    }
}
