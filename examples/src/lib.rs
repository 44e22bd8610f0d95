//! Policies with their request tables, and programs that embed one.
//!
//! Policies lie beside this folder; `src/bin` has the programs. Nothing is exported: the library is here for the
//! README, whose Rust runs as its doctests.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
