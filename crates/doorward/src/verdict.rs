//! The three answers.

use std::fmt;

/// What a policy says to a request.
///
/// A [`Verdict::Unauthenticated`] is a promise: some stronger authentication of the same visitor would be let in. A
/// [`Verdict::Forbidden`] says that none would. There will never be a fourth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
pub enum Verdict {
    /// Come in.
    Allow,
    /// Not as you stand here; there is a way of authenticating that would let you in.
    Unauthenticated,
    /// No, and authenticating again will not change it.
    Forbidden,
}

impl Verdict {
    /// The HTTP status that tells it: 200, 401 or 403 (RFC 9110 section 15).
    ///
    /// ```
    /// assert_eq!(doorward::Verdict::Unauthenticated.status(), 401);
    /// ```
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Allow => 200,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
        }
    }

    /// Whether it is [`Verdict::Allow`].
    #[must_use]
    pub fn is_allow(self) -> bool {
        self == Self::Allow
    }
}

/// In lower case, as in answers: `allow`, `unauthenticated`, `forbidden`.
impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Allow => "allow",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
        })
    }
}
