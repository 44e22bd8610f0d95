//! Doorward beside Cedar: one neutral description of a site, told in both languages, decides alike.
//!
//! [`generate::any_trial`] makes a [`site::Site`] and requests to it. [`door`] tells both in Doorward's words, [`cedar`] in
//! Cedar's, and [`compare::Trial::run`] decides each request twice. Neither telling knows the other, and neither evaluates
//! anything. `README.md` says what the two have in common.

pub mod site;

pub mod generate;

pub mod cedar;
pub mod door;

pub mod compare;
