//! Runs the command in a folder of its own.

#![allow(dead_code, reason = "each suite uses its own part")]
#![allow(clippy::unwrap_used, reason = "it is a test")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The command's path.
pub(crate) const DOORWARD: &str = env!("CARGO_BIN_EXE_doorward");

/// A folder to run the command in.
pub(crate) struct Folder(TempDir);

/// What a run came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// The exit status.
    pub(crate) status: i32,
    /// The standard output.
    pub(crate) stdout: String,
    /// The standard error.
    pub(crate) stderr: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn with(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        std::fs::create_dir_all(self.at(name).parent().unwrap()).unwrap();
        std::fs::write(self.at(name), text).unwrap();
        self
    }

    pub(crate) fn at(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.at(name)).unwrap()
    }

    /// Runs the command without input.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_on("", arguments)
    }

    /// Runs the command with that input.
    #[track_caller]
    pub(crate) fn run_on(&self, input: impl AsRef<[u8]>, arguments: &[&str]) -> Run {
        Run::of(self.command().args(arguments), input.as_ref())
    }

    /// The command, in this folder and without colours in its environment.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(DOORWARD);
        command.current_dir(self.0.path()).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command
    }
}

impl Run {
    #[track_caller]
    pub(crate) fn of(command: &mut Command, input: &[u8]) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let output: Output = std::thread::scope(|scope| {
            // A command that reads no input closes it.
            scope.spawn(move || drop(stdin.write_all(input)));
            child.wait_with_output().unwrap()
        });
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The same if that was the exit status.
    #[track_caller]
    pub(crate) fn exits(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// The same if that is all that it wrote.
    #[track_caller]
    pub(crate) fn says(self, stdout: &str, stderr: &str) -> Self {
        assert_eq!((&*self.stdout, &*self.stderr), (stdout, stderr));
        self
    }

    /// The same if it wrote that among other things to the standard error, and nothing to the standard output.
    #[track_caller]
    pub(crate) fn complains(self, part: &str) -> Self {
        assert!(self.stderr.contains(part), "{part:?} in {}", self.stderr);
        assert_eq!(self.stdout, "");
        self
    }

    /// The standard output as lines of JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Vec<serde_json::Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
