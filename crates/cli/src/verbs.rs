//! The verbs, each a function from its arguments to an exit.

pub(crate) mod check;
pub(crate) mod decide;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod mutate;
pub(crate) mod prove;
pub(crate) mod report;
pub(crate) mod test;

mod ask; // what `decide` and `explain` share
