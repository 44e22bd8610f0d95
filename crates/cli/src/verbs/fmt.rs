//! `doorward fmt`: policies in their canonical layout.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use doorward_syntax::{FileId, Parsed, print};
use serde::Serialize;

use crate::Streams;
use crate::arguments::{Fmt, Format};
use crate::exit::Exit;
use crate::findings::{json_line, tell_broken, tell_file};
use crate::policies::{FileError, Root, is_stdin, parse_alone};

/// What became of one file.
#[derive(Serialize)]
struct Report<'a> {
    policy: &'a str,
    /// Whether it was laid out otherwise.
    differs: bool,
    /// Its canonical layout, unless it is in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

pub(crate) fn run(arguments: &Fmt, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let mut exit = Exit::Fine;
    for path in &arguments.policies {
        exit = exit.max(match Root::read(path, streams) {
            Ok(root) => one(path, root, arguments, streams)?,
            Err(error) => tell_file(streams, arguments.format, &error)?,
        });
    }
    Ok(exit)
}

fn one(path: &Path, root: Root, arguments: &Fmt, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let (shown, name, folder) = (root.shown.clone(), root.name.clone(), root.folder.clone());
    let parsed = root.parse_alone();
    let broken = |streams: &mut Streams<'_>, what: &str| {
        let error = format!("`{shown}` is left as it is: {what}");
        tell_broken(streams, arguments.format, &error, (&parsed.diagnostics, &parsed.sources, &folder))
    };
    if parsed.has_errors() {
        return broken(streams, "it has mistakes");
    }
    let Some(formatted) = verified(&parsed, &name) else {
        return broken(streams, "its layout would not read back as the same");
    };
    let differs = formatted != parsed.sources.text(FileId(0));
    let shows = !arguments.check && (arguments.stdout || is_stdin(path));
    let writes = !arguments.check && !shows && differs;
    if writes && let Err(error) = replace(path, &formatted) {
        return tell_file(streams, arguments.format, &FileError::write(path, error));
    }
    match arguments.format {
        Format::Human if shows => streams.stdout.write_all(formatted.as_bytes())?,
        Format::Human if arguments.check && differs => writeln!(streams.stdout, "{shown}")?,
        Format::Human if writes => writeln!(streams.stdout, "formatted {shown}")?,
        Format::Human => {}
        Format::Json => {
            let text = shows.then_some(&*formatted);
            json_line(streams.stdout, &Report { policy: &shown, differs, text })?;
        }
    }
    Ok(Exit::fine_if(!(arguments.check && differs)))
}

/// The canonical text of a file without errors, if it reads back without errors and is its own canonical text.
///
/// It always should. Since it takes the place of a person's work, this is looked at rather than believed.
fn verified(parsed: &Parsed, name: &str) -> Option<String> {
    let formatted = canonical(parsed)?;
    let again = parse_alone(name, formatted.clone());
    (!again.has_errors() && canonical(&again)? == formatted).then_some(formatted)
}

fn canonical(parsed: &Parsed) -> Option<String> {
    parsed.policy.files.first().map(|file| print::format(file, parsed.sources.text(file.id)))
}

/// Puts a text in the place of a file's, all at once: whoever reads the file sees the one or the other. Links stay links,
/// and permissions stay as they are.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    // To rename over a file needs no leave to write to it, so that is asked for here.
    drop(OpenOptions::new().write(true).open(&path)?);
    let permissions = fs::metadata(&path)?.permissions();
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".doorward-").suffix(".tmp").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(permissions)?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}
