//! How much of what is generated is really compared: what always gives up passes every comparison.

use doorward_proptest::policy::PolicyText;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestCaseError;

use crate::compare::{policies, seeded};

/// Of how many comparisons that there could have been how many there were.
#[derive(Clone, Copy, Debug, Default)]
pub struct Share {
    all: usize,
    compared: usize,
}

impl Share {
    /// What a comparison takes; without it, there is one less.
    pub fn need<T>(&mut self, given: Option<T>) -> Option<T> {
        self.all += usize::from(given.is_none());
        given
    }

    /// Counts a comparison.
    pub fn done(&mut self) {
        self.all += 1;
        self.compared += 1;
    }

    /// Checks that there were many, and that they are no smaller a part of all.
    ///
    /// # Panics
    /// If there were too few.
    #[track_caller]
    pub fn at_least(self, percent: usize) {
        let Self { all, compared } = self;
        assert!(compared >= 30 && compared * 100 >= all * percent, "{compared} of {all} are compared");
    }
}

/// Judges so many generated policies, the same ones each time.
///
/// # Panics
/// If one fails.
#[expect(clippy::panic, reason = "a policy that fails fails the test")]
pub fn over(count: u32, mut judge: impl FnMut(&PolicyText, u64) -> Result<(), TestCaseError>) {
    let mut runner = seeded(1);
    for _ in 0..count {
        let (text, seed) = match policies().new_tree(&mut runner) {
            Ok(tree) => tree.current(),
            Err(reason) => panic!("no policy: {reason}"),
        };
        if let Err(error) = judge(&text, seed) {
            panic!("{error}\n{text}");
        }
    }
}
