//! The limits of policies: fixed, counted in steps and sizes rather than time, the same in every build.

/// How deep parentheses, braces and `not` may nest in one statement.
pub const NESTING: usize = 64;

/// How many tests the conditions of one statement may have, joined by `and` and `or`.
pub const TESTS: usize = 65_536;

/// How many bytes a policy may have with all its files: 64 MiB.
pub const POLICY_BYTES: usize = 64 * 1024 * 1024;

/// How many files a policy may have, those read by `include` and by `from "FILE"` together.
pub const FILES: usize = 1024;

/// How many statements a policy may have with all its files, and so how many rules.
pub const STATEMENTS: usize = 1_000_000;

/// How many findings are reported before the rest is only counted.
pub const DIAGNOSTICS: usize = 200;
