//! The `doorward` command as a function: [`run`].
//!
//! Comes in: arguments, the standard streams and what else a process is surrounded by. Goes out: text or JSON on the
//! streams, formatted files, and an [`Exit`]. What a policy means is not known here; that is the `doorward` crate's.

mod arguments;
mod help;

mod exit;
mod surroundings;

mod policies; // policy files, read and compiled

mod findings; // what is wrong with them, for people and programs

mod lines;
mod request; // one request from arguments
mod values;

mod answers; // decisions and explanations, for people and programs

mod proofs; // assertions, proved or refuted

mod coverage; // what tests exercise, for people and programs

mod report; // a page about a policy

mod questions; // about people, from arguments and from JSON
mod rows; // answers to them, for people and programs

mod verbs;

use std::ffi::OsString;
use std::io::{ErrorKind, Read, Write};

use clap::{CommandFactory, Parser};

use crate::arguments::{Arguments, Verb};

pub use crate::exit::Exit;
pub use crate::surroundings::Surroundings;

/// What a verb reads from and writes to.
struct Streams<'a> {
    /// The standard input, until somebody takes it.
    stdin: Option<Box<dyn Read + 'a>>,
    stdout: &'a mut dyn Write,
    stderr: &'a mut dyn Write,
    color: Colors,
    surroundings: &'a Surroundings,
}

/// Which of the streams take colours.
#[derive(Clone, Copy)]
struct Colors {
    stdout: bool,
    stderr: bool,
}

/// Runs the command with these arguments, the program's name first.
///
/// All that it has to say goes to `stdout` and `stderr`; a reader of `stdout` that goes away ends it quietly.
///
/// # Example
/// ```
/// use doorward_cli::{Exit, Surroundings, run};
///
/// let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
/// let policy = "allow anyone to read /".as_bytes();
/// let arguments = ["doorward", "decide", "-", "anonymous", "GET", "/"];
/// let exit = run(arguments, &Surroundings::default(), Box::new(policy), &mut stdout, &mut stderr);
/// assert_eq!(exit, Exit::Fine);
/// assert_eq!(String::from_utf8(stdout).unwrap(), "200 allow (<stdin>:1)\n");
/// ```
pub fn run<'a, A: Into<OsString> + Clone>(
    arguments: impl IntoIterator<Item = A>,
    surroundings: &'a Surroundings,
    stdin: Box<dyn Read + 'a>,
    stdout: &'a mut dyn Write,
    stderr: &'a mut dyn Write,
) -> Exit {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error, surroundings, stdout, stderr),
    };
    let color = Colors {
        stdout: surroundings.color(arguments.color, surroundings.stdout_is_terminal),
        stderr: surroundings.color(arguments.color, surroundings.stderr_is_terminal),
    };
    let mut streams = Streams { stdin: Some(stdin), stdout, stderr, color, surroundings };
    let result = dispatch(&arguments.verb, &mut streams).and_then(|exit| streams.stdout.flush().map(|()| exit));
    match result {
        Ok(exit) => exit,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Exit::Unread,
        Err(error) => {
            // If that cannot be said either, the status says it alone.
            let _ = writeln!(streams.stderr, "doorward: {error}");
            Exit::Misused
        }
    }
}

fn dispatch(verb: &Verb, streams: &mut Streams<'_>) -> std::io::Result<Exit> {
    match verb {
        Verb::Check(arguments) => verbs::check::run(arguments, streams),
        Verb::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "doorward", &mut script);
            streams.stdout.write_all(&script)?;
            Ok(Exit::Fine)
        }
        Verb::Decide(arguments) => verbs::decide::run(arguments, streams),
        Verb::Diff(arguments) => verbs::diff::run(arguments, streams),
        Verb::Explain(arguments) => verbs::explain::run(arguments, streams),
        Verb::Fmt(arguments) => verbs::fmt::run(arguments, streams),
        Verb::Mutate(arguments) => verbs::mutate::run(arguments, streams),
        Verb::Prove(arguments) => verbs::prove::run(arguments, streams),
        Verb::Report(arguments) => verbs::report::run(arguments, streams),
        Verb::Test(arguments) => verbs::test::run(arguments, streams),
        Verb::What(arguments) => verbs::what::run(arguments, streams),
        Verb::Who(arguments) => verbs::who::run(arguments, streams),
    }
}

/// Help that was asked for, or what is wrong with the call.
fn usage<'a>(
    error: &clap::Error,
    surroundings: &Surroundings,
    stdout: &'a mut dyn Write,
    stderr: &'a mut dyn Write,
) -> Exit {
    let asked_for = !error.use_stderr();
    let is_terminal = if asked_for { surroundings.stdout_is_terminal } else { surroundings.stderr_is_terminal };
    let text = error.render();
    let text =
        if surroundings.color(arguments::When::Auto, is_terminal) { text.ansi().to_string() } else { text.to_string() };
    let stream = if asked_for { stdout } else { stderr };
    match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
        Err(_) => Exit::Unread,
        Ok(()) if asked_for => Exit::Fine,
        Ok(()) => Exit::Misused,
    }
}
