//! How the command ends.

use std::process::ExitCode;

/// How the command ended; its number is the exit status. Of several, the greater one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// 0: all is well; for `decide --exit-code`, the request is allowed.
    Fine = 0,
    /// 1: a policy, a test or a line of requests falls short.
    FellShort = 1,
    /// 2: the call is wrong, or a file that it names cannot be read or written.
    Misused = 2,
    /// 3: under `decide --exit-code`, the verdict is 401.
    Unauthenticated = 3,
    /// 4: under `decide --exit-code`, the verdict is 403.
    Forbidden = 4,
    /// 141: whoever read the output went away before its end, as shells report it.
    Unread = 141,
}

impl Exit {
    /// `Fine` or `FellShort`.
    pub(crate) fn fine_if(fine: bool) -> Self {
        if fine { Self::Fine } else { Self::FellShort }
    }

    /// The exit status.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
