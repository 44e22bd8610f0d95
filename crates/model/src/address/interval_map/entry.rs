//! What a slot leads to, in 32 bits.

/// A number stands for itself. Else the top bit is set, and five bits and an index follow. These bits are the binary
/// logarithm of a run's length, rounded up, since what follows a run are the steps of later slots, which no key of this
/// slot has passed; or all are set for a table, or all but the lowest for what is the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry(u32);

pub(super) enum Target {
    /// A number, or the caller's.
    Own,
    Run {
        index: usize,
        length: usize,
    },
    Table(usize),
}

// Indexes fit: a table has at most two steps for each of `MOST_INTERVALS`, which are 2^24, and one more for the slot of each.
impl Entry {
    const DEEP: u32 = 1 << 31;
    const KIND_SHIFT: u32 = 26;
    const INDEX: u32 = (1 << Self::KIND_SHIFT) - 1;
    const KINDS: u32 = 31;
    const TABLE: u32 = 31;
    const CALLERS: u32 = 30;

    pub(super) const fn number(number: u32) -> Self {
        Self(number)
    }

    pub(super) fn run(index: usize, length: usize) -> Self {
        Self::deep(length.next_power_of_two().trailing_zeros(), index)
    }

    pub(super) fn table(index: usize) -> Self {
        Self::deep(Self::TABLE, index)
    }

    /// Of no meaning for a table.
    pub(super) fn callers(index: usize) -> Self {
        Self::deep(Self::CALLERS, index)
    }

    fn deep(kind: u32, index: usize) -> Self {
        Self(Self::DEEP | kind << Self::KIND_SHIFT | index as u32 & Self::INDEX)
    }

    pub(super) fn from_bytes(bytes: [u8; size_of::<Self>()]) -> Self {
        Self(u32::from_ne_bytes(bytes))
    }

    pub(super) fn to_bytes(self) -> [u8; size_of::<Self>()] {
        self.0.to_ne_bytes()
    }

    /// The number itself, if it is one.
    #[inline]
    pub(super) fn bits(self) -> u32 {
        self.0
    }

    #[inline]
    pub(super) fn is_number(self) -> bool {
        self.0 & Self::DEEP == 0
    }

    /// The number that it is, or else the caller's index.
    #[inline]
    pub(super) fn own(self) -> Result<u32, usize> {
        if self.is_number() { Ok(self.0) } else { Err((self.0 & Self::INDEX) as usize) }
    }

    #[inline]
    pub(super) fn target(self) -> Target {
        if self.is_number() {
            return Target::Own;
        }
        let index = (self.0 & Self::INDEX) as usize;
        match self.0 >> Self::KIND_SHIFT & Self::KINDS {
            Self::TABLE => Target::Table(index),
            Self::CALLERS => Target::Own,
            logarithm => Target::Run { index, length: 1 << logarithm },
        }
    }
}
