//! Questions about all requests that a policy can get, answered exactly and with evidence.
//!
//! Comes in: checked policies. Goes out: whether something holds of every request, and if not, a smallest request that
//! shows otherwise. How a single request is decided fast is the engine's business, which is not used here: each can judge
//! the other.
//!
//! Requests are divided into cells, by the patterns that hold a path and by what covers an action. At one cell, finitely
//! many variables with finitely many values stand for all that rules there can tell apart, and the answer to every request
//! is one decision diagram over them, in which the stronger visitors of section 4 have been quantified away. To ask a
//! question is to compare diagrams.
//!
//! Where an answer is called exact, it is of every request there is, with three exceptions: requests that claim more than
//! 1,024 groups, sets of more than 1,024 elements, and what the limits on a path's length alone tell apart.

mod paths; // which places there are

mod site; // one policy, or two, cell by cell

mod space; // what can vary at one cell

mod diagram;

mod encode; // what rules say, as diagrams

mod verdict;

mod witness;

mod survey; // every cell

mod prove;

mod equals; // which rules of two policies say the same

mod diff;

mod deep; // what is useless

mod coverage; // what the tests of a policy exercise

mod mutants; // small faults

mod facts; // what a question knows

mod people; // who somebody is, in words

mod clauses;

mod grounds; // why somebody is let in

mod register; // a policy, made ready for questions about people

mod who;

mod what;

mod error;

pub mod limits;

pub use crate::coverage::{Clause, ClauseCoverage, Coverage, RuleCoverage, Seen, Statuses, Verdicts};
pub use crate::deep::deep;
pub use crate::diff::{Change, Diff, diff};
pub use crate::error::TooComplex;
pub use crate::facts::Facts;
pub use crate::grounds::Ground;
pub use crate::mutants::{Mutant, mutants, telling_line};
pub use crate::people::{Part, People, listed};
pub use crate::prove::{Proof, prove};
pub use crate::register::Register;
pub use crate::verdict::Answered;
pub use crate::what::{Area, What, WhatQuestion, WhatRow, what};
pub use crate::who::{Who, WhoQuestion, WhoRow, who};
