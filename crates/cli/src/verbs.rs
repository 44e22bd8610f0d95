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
pub(crate) mod what;
pub(crate) mod who;

mod ask; // what `decide` and `explain` share
mod inquire; // what `who` and `what` share
