//! The one way in which a question has no answer.

/// To answer a question exactly would take more work than is allowed.
///
/// The budgets are counted in steps and sizes, and so are the same on every machine: see [`limits`](crate::limits).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too complex to be answered exactly: {construct} tell too much apart")]
pub struct TooComplex {
    construct: String,
}

impl TooComplex {
    /// `construct` is what costs most, in the plural.
    pub(crate) fn new(construct: impl Into<String>) -> Self {
        Self { construct: construct.into() }
    }

    /// What costs most, in the words of the policy.
    #[must_use]
    pub fn construct(&self) -> &str {
        &self.construct
    }
}
