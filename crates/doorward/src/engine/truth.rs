//! Kleene's three truth values, and sets of them.
//!
//! A condition about a request is true, false or unknown. While a stronger visitor is sought, parts of the visitor are
//! still open, so a condition has a *set* of truth values that it may take; a set with one member is certain. One
//! representation serves both, so that one evaluator does.

use std::ops::Not;

/// A non-empty set of truth values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Truth(u8);

const FALSE: u8 = 1;
const UNKNOWN: u8 = 2;
const TRUE: u8 = 4;

impl Truth {
    pub(crate) const FALSE: Self = Self(FALSE);
    pub(crate) const UNKNOWN: Self = Self(UNKNOWN);
    pub(crate) const TRUE: Self = Self(TRUE);
    /// True or false, not yet decided.
    pub(crate) const EITHER: Self = Self(TRUE | FALSE);
    /// Nothing is decided.
    pub(crate) const OPEN: Self = Self(TRUE | UNKNOWN | FALSE);

    pub(crate) fn of(value: bool) -> Self {
        if value { Self::TRUE } else { Self::FALSE }
    }

    pub(crate) fn can_be_true(self) -> bool {
        self.0 & TRUE != 0
    }

    pub(crate) fn can_be_false(self) -> bool {
        self.0 & FALSE != 0
    }

    pub(crate) fn is_true(self) -> bool {
        self == Self::TRUE
    }

    pub(crate) fn is_false(self) -> bool {
        self == Self::FALSE
    }

    pub(crate) fn is_unknown(self) -> bool {
        self == Self::UNKNOWN
    }

    /// The values that the lesser of the two can be, false < unknown < true.
    pub(crate) fn and(self, other: Self) -> Self {
        let both = self.0 | other.0;
        let mut set = (self.0 & other.0 & TRUE) | (both & FALSE);
        // The lesser is unknown where one is unknown and the other unknown or true.
        if (self.0 & UNKNOWN != 0 && other.0 & (UNKNOWN | TRUE) != 0)
            || (other.0 & UNKNOWN != 0 && self.0 & (UNKNOWN | TRUE) != 0)
        {
            set |= UNKNOWN;
        }
        Self(set)
    }

    /// The values that the greater of the two can be.
    pub(crate) fn or(self, other: Self) -> Self {
        !((!self).and(!other))
    }
}

impl Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        let swapped = (self.0 & UNKNOWN)
            | if self.0 & TRUE == 0 { 0 } else { FALSE }
            | if self.0 & FALSE == 0 { 0 } else { TRUE };
        Self(swapped)
    }
}

#[cfg(test)]
mod tests {
    use super::Truth;

    #[test]
    fn sets_combine_as_their_members_do() {
        let members = |set: Truth| (0..3u8).filter(move |bit| set.0 & (1 << bit) != 0);
        for left in 1..8 {
            for right in 1..8 {
                let (left, right) = (Truth(left), Truth(right));
                let (mut least, mut greatest) = (0, 0);
                for a in members(left) {
                    for b in members(right) {
                        least |= 1 << a.min(b);
                        greatest |= 1 << a.max(b);
                    }
                }
                assert_eq!(left.and(right), Truth(least));
                assert_eq!(left.or(right), Truth(greatest));
            }
        }
    }
}
