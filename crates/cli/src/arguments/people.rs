//! The arguments of `who` and `what`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueHint};
use doorward::Instant;

use super::Format;
use crate::request::{self, Binding};

#[derive(Debug, Args)]
pub(crate) struct Who {
    /// The policy file; `-` is the standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) policy: PathBuf,

    /// An HTTP method, or an action that the policy declares
    #[arg(required_unless_present = "questions", conflicts_with = "questions", requires = "path")]
    pub(crate) action: Option<String>,

    /// The path, as it would be sent
    #[arg(required_unless_present = "questions")]
    pub(crate) path: Option<String>,

    #[command(flatten)]
    pub(crate) about: About,
}

#[derive(Debug, Args)]
pub(crate) struct What {
    /// The policy file; `-` is the standard input
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) policy: PathBuf,

    /// Who: `anonymous` or a name
    #[arg(required_unless_present = "questions", conflicts_with = "questions")]
    pub(crate) subject: Option<String>,

    #[command(flatten)]
    pub(crate) about: About,
}

/// What is known of the requests that a question is about, and how it is answered.
#[derive(Debug, Args)]
pub(crate) struct About {
    #[command(flatten)]
    pub(crate) given: Given,

    /// Answer a file of questions, one JSON object a line; `-` is the standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "Given")]
    pub(crate) questions: Option<PathBuf>,

    /// List every name, room and rule
    #[arg(long)]
    pub(crate) list: bool,

    /// How to write the answers; `human` unless a file of questions is answered, then `json`
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
}

#[derive(Debug, Args)]
#[group(id = "Given", multiple = true)]
pub(crate) struct Given {
    /// The visitor's address
    #[arg(long, value_name = "ADDRESS", value_parser = request::address)]
    pub(crate) from: Option<IpAddr>,

    /// The assurance level
    #[arg(long, value_name = "LEVEL")]
    pub(crate) with: Option<String>,

    /// How long ago the visitor authenticated, such as 90s, 15m, 2h or 7d
    #[arg(long, value_name = "DURATION", value_parser = request::duration)]
    pub(crate) age: Option<u64>,

    /// Groups that the visitor claims, and no others, separated by commas
    #[arg(long = "in", value_name = "GROUP", value_delimiter = ',')]
    pub(crate) groups: Option<Vec<String>>,

    /// The time of the request, such as 2026-11-23T10:00+01:00
    #[arg(long, value_name = "INSTANT", value_parser = request::instant)]
    pub(crate) at: Option<Instant>,

    /// An attribute: identity.NAME=VALUE, room.NAME=VALUE or context.NAME=VALUE
    #[arg(long = "where", value_name = "ATTR=VALUE", value_parser = request::binding)]
    pub(crate) bindings: Vec<Binding>,
}
