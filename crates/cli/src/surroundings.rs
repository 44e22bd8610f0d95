//! What a process is surrounded by, as values: whether streams are terminals, what colours are wanted, what time it is.

use std::io::IsTerminal as _;
use std::time::SystemTime;

use doorward::Instant;

use crate::arguments::When;

/// What surrounds a run of the command, so that a test can surround it with something else.
///
/// The default is a run between pipes, by the system's clock.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Surroundings {
    /// Whether a person sees the standard output.
    pub stdout_is_terminal: bool,
    /// Whether a person sees the standard error.
    pub stderr_is_terminal: bool,
    /// Whether the environment asks for no colours, by `NO_COLOR` or `TERM=dumb`.
    pub no_color: bool,
    /// What time it is; asked for each request that does not say.
    pub now: fn() -> Instant,
}

impl Surroundings {
    /// Those of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let _ = anstyle_query::windows::enable_ansi_colors();
        Self {
            stdout_is_terminal: std::io::stdout().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
            no_color: anstyle_query::no_color() || !anstyle_query::term_supports_ansi_color(),
            now: system_time,
        }
    }

    /// Whether a stream takes colours.
    pub(crate) fn color(&self, when: When, is_terminal: bool) -> bool {
        match when {
            When::Always => true,
            When::Auto => is_terminal && !self.no_color,
            When::Never => false,
        }
    }

    /// Whether a person waits for output that goes elsewhere.
    pub(crate) fn shows_progress(&self) -> bool {
        self.stderr_is_terminal && !self.stdout_is_terminal
    }
}

impl Default for Surroundings {
    fn default() -> Self {
        Self { stdout_is_terminal: false, stderr_is_terminal: false, no_color: false, now: system_time }
    }
}

/// The system's time. A clock that is set beyond the year 9999 reads as its end.
fn system_time() -> Instant {
    Instant::try_from(SystemTime::now()).unwrap_or(Instant::MAX)
}
