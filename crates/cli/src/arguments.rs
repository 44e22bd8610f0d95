//! The arguments of the command, and what `--help` says of them.

mod people;

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use doorward::Instant;

use crate::help;
use crate::request::{self, Binding};

pub(crate) use self::people::{About, Given, What, Who};

/// Access policies that tell 401 from 403
///
/// Checks, formats, tests and asks policies written in the Doorward language.
#[derive(Debug, Parser)]
#[command(name = "doorward", version, after_long_help = help::DOORWARD)]
pub(crate) struct Arguments {
    /// Whether to color what is written
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true,
        display_order = 900
    )]
    #[arg(
        long_help = "Whether to color what is written: auto (on a terminal, unless NO_COLOR is set), always or never"
    )]
    pub(crate) color: When,

    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for people
    Human,
    /// One JSON object a line
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CoverageFormat {
    /// What the tests leave out, for people
    Text,
    /// One JSON object a line for each policy
    Json,
    /// A tracefile, as `genhtml` and editors read it
    Lcov,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Say what is wrong with policies
    ///
    /// Reads each policy with all the files that it names, and says everything that is wrong with it, where, and how to
    /// mend it.
    #[command(after_long_help = help::CHECK)]
    Check(Check),

    /// Lay out policies in the one canonical way
    ///
    /// Rewrites the named files in place, not those that they include. Comments stay, and no verdict changes. A file that
    /// has a mistake is left alone; one that is laid out already is not touched.
    #[command(after_long_help = help::FMT)]
    Fmt(Fmt),

    /// Answer requests: 200, 401 or 403
    ///
    /// Answers one request given as arguments, in the order of an `expect` line, or a file of requests.
    #[command(after_long_help = help::DECIDE, override_usage = help::DECIDE_USAGE)]
    Decide(Decide),

    /// Answer requests, and say why
    ///
    /// Says what decided, which rules came near and what they missed by, who would be let in, and what was missing from
    /// the request or ignored.
    #[command(after_long_help = help::EXPLAIN, override_usage = help::EXPLAIN_USAGE)]
    Explain(Explain),

    /// Draw a policy as one page: who gets which answer where, and why
    ///
    /// Writes a page of HTML that needs nothing else: a matrix of visitors and rooms for a choice of action, address,
    /// strength and time, each answer with its explanation; groups and paths as trees; rules, tests and findings.
    #[command(after_long_help = help::REPORT)]
    Report(Report),

    /// Run the tests that policies carry
    ///
    /// Decides each `expect` line of each `test` block, and explains every answer that is not the expected one.
    #[command(after_long_help = help::TEST)]
    Test(Test),

    /// Tell what changes from one policy to another
    ///
    /// Compares the two on every request there is, and groups what is answered otherwise by how, and by which rules.
    #[command(after_long_help = help::DIFF)]
    Diff(Diff),

    /// Prove what policies assert of all requests
    ///
    /// Finds out of each `assert` line whether it holds of every request that it is about, and shows a request if not.
    #[command(after_long_help = help::PROVE)]
    Prove(Prove),

    /// Say who can do something, somewhere
    ///
    /// Says of every visitor that there could be what they get, grouped, with what it depends on. What is not given stays
    /// open, the time too, and comes back as a condition.
    #[command(after_long_help = help::WHO, override_usage = help::WHO_USAGE)]
    Who(Who),

    /// Say what a visitor can do, and where
    ///
    /// Says in which rooms a visitor is let in to do what, grouped, with what it depends on. What is not given stays open, the
    /// time too, and comes back as a condition.
    #[command(after_long_help = help::WHAT, override_usage = help::WHAT_USAGE)]
    What(What),

    /// Tell which small faults in a policy nothing would notice
    ///
    /// Makes one small fault after another, and finds out whether a test or an assertion fails with it, whether it makes no
    /// difference to any request, or whether it survives.
    #[command(after_long_help = help::MUTATE)]
    Mutate(Mutate),

    /// Write a completion script for a shell
    #[command(after_long_help = help::COMPLETIONS)]
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Policy files; `-` is the standard input
    #[arg(required = true, value_name = "POLICY", value_hint = ValueHint::FilePath)]
    pub(crate) policies: Vec<PathBuf>,

    /// Let warnings fail the check, too
    #[arg(long)]
    pub(crate) deny_warnings: bool,

    /// Look for what changes no answer to any request, too, and for rooms and people that nothing is open to
    #[arg(long)]
    pub(crate) deep: bool,

    /// How to write the findings
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Fmt {
    /// Policy files; `-` formats the standard input to the standard output
    #[arg(required = true, value_name = "POLICY", value_hint = ValueHint::FilePath)]
    pub(crate) policies: Vec<PathBuf>,

    /// Write nothing; list the files that are laid out otherwise, and exit with 1 if there are any
    #[arg(long)]
    pub(crate) check: bool,

    /// Write to the standard output instead of the files
    #[arg(long, conflicts_with = "check")]
    pub(crate) stdout: bool,

    /// How to write what was done
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Decide {
    #[command(flatten)]
    pub(crate) question: Question,

    /// Exit with 0 for 200, 3 for 401 and 4 for 403
    #[arg(long, conflicts_with = "requests")]
    pub(crate) exit_code: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) question: Question,
}

#[derive(Debug, Args)]
pub(crate) struct Question {
    /// The policy file; `-` is the standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) policy: PathBuf,

    #[command(flatten)]
    pub(crate) request: Option<Single>,

    /// Answer a file of requests, one JSON object a line; `-` is the standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(conflicts_with = "Single")]
    pub(crate) requests: Option<PathBuf>,

    /// How to write the answers; `human` unless a file of requests is answered, then `json`
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
}

/// One request, as an `expect` line says it.
#[derive(Debug, Args)]
#[group(id = "Single")]
pub(crate) struct Single {
    /// Who asks: `anonymous`, `rejected` or a name
    #[arg(required = false, required_unless_present = "requests", requires = "path")]
    pub(crate) subject: String,

    /// An HTTP method, or an action that the policy declares
    #[arg(required = false, required_unless_present = "requests", value_name = "ACTION")]
    pub(crate) action: String,

    /// The path, as it was sent
    #[arg(required = false, required_unless_present = "requests", value_name = "PATH")]
    pub(crate) path: String,

    /// The visitor's address
    #[arg(long, value_name = "ADDRESS", value_parser = request::address)]
    pub(crate) from: Option<IpAddr>,

    /// The assurance level; without --age the visitor authenticated at the time of the request
    #[arg(long, value_name = "LEVEL")]
    pub(crate) with: Option<String>,

    /// How long ago the visitor authenticated, such as 90s, 15m, 2h or 7d
    #[arg(long, value_name = "DURATION", value_parser = request::duration)]
    pub(crate) age: Option<u64>,

    /// Groups that the visitor claims, separated by commas
    #[arg(long = "in", value_name = "GROUP", value_delimiter = ',')]
    pub(crate) groups: Vec<String>,

    /// The time of the request, such as 2026-11-23T10:00+01:00; now if it is not given
    #[arg(long, value_name = "INSTANT", value_parser = request::instant)]
    pub(crate) at: Option<Instant>,

    /// An attribute: identity.NAME=VALUE, room.NAME=VALUE or context.NAME=VALUE
    #[arg(long = "where", value_name = "ATTR=VALUE", value_parser = request::binding)]
    pub(crate) bindings: Vec<Binding>,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The policy file as it was; `-` is the standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) old: PathBuf,

    /// The policy file as it is now
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) new: PathBuf,

    /// Exit with 1 only if something is allowed that was not
    #[arg(long)]
    pub(crate) deny_widening: bool,

    /// How to write the changes
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: DiffFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// Text for people
    Human,
    /// One JSON object
    Json,
    /// A comment for a code review
    Markdown,
}

#[derive(Debug, Args)]
pub(crate) struct Prove {
    /// The policy file; `-` is the standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) policy: PathBuf,

    /// Assertions in place of the policy's own, such as 'never anyone from tor'
    pub(crate) assertions: Vec<String>,

    /// How to write the results
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// The policy file; `-` is the standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) policy: PathBuf,

    /// The file to write the page to; `-` is the standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Mutate {
    /// The policy file; `-` is the standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) policy: PathBuf,

    /// List the mutants, and judge none
    #[arg(long)]
    pub(crate) list: bool,

    /// How to write the results
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Test {
    /// Policy files; `-` is the standard input
    #[arg(required = true, value_name = "POLICY", value_hint = ValueHint::FilePath)]
    pub(crate) policies: Vec<PathBuf>,

    /// Let a policy without tests fail, too
    #[arg(long)]
    pub(crate) require_tests: bool,

    /// Tell which rules and clauses the tests exercise; `text` if no format is given
    #[arg(long, value_enum, value_name = "FORMAT")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "text")]
    pub(crate) coverage: Option<CoverageFormat>,

    /// Write what the tests exercise to that file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "coverage")]
    pub(crate) coverage_to: Option<PathBuf>,

    /// How to write the results
    #[arg(long, value_enum, default_value = "human")]
    pub(crate) format: Format,
}
