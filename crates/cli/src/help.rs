//! The examples in the help. A test runs each of them.

pub(crate) const DOORWARD: &str = include_str!("help/doorward.txt");
pub(crate) const CHECK: &str = include_str!("help/check.txt");
pub(crate) const COMPLETIONS: &str = include_str!("help/completions.txt");
pub(crate) const DECIDE: &str = include_str!("help/decide.txt");
pub(crate) const DIFF: &str = include_str!("help/diff.txt");
pub(crate) const EXPLAIN: &str = include_str!("help/explain.txt");
pub(crate) const FMT: &str = include_str!("help/fmt.txt");
pub(crate) const MUTATE: &str = include_str!("help/mutate.txt");
pub(crate) const PROVE: &str = include_str!("help/prove.txt");
pub(crate) const REPORT: &str = include_str!("help/report.txt");
pub(crate) const TEST: &str = include_str!("help/test.txt");
pub(crate) const WHAT: &str = include_str!("help/what.txt");
pub(crate) const WHO: &str = include_str!("help/who.txt");

// Usages as clap would write them, if it knew that one call has two shapes.
pub(crate) const DECIDE_USAGE: &str = "doorward decide [OPTIONS] <POLICY> <SUBJECT> <ACTION> <PATH>
       doorward decide [OPTIONS] <POLICY> --requests <FILE>";
pub(crate) const EXPLAIN_USAGE: &str = "doorward explain [OPTIONS] <POLICY> <SUBJECT> <ACTION> <PATH>
       doorward explain [OPTIONS] <POLICY> --requests <FILE>";
pub(crate) const WHAT_USAGE: &str = "doorward what [OPTIONS] <POLICY> <SUBJECT>
       doorward what [OPTIONS] <POLICY> --questions <FILE>";
pub(crate) const WHO_USAGE: &str = "doorward who [OPTIONS] <POLICY> <ACTION> <PATH>
       doorward who [OPTIONS] <POLICY> --questions <FILE>";
