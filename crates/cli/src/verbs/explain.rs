//! `doorward explain`: why policies say what they say.

use std::io::{self, Write};

use doorward::{Policy, Request};

use super::ask::{Ask, ask};
use crate::Streams;
use crate::answers::{explanation_json, explanation_text, request_text};
use crate::arguments::Explain;
use crate::exit::Exit;

pub(crate) fn run(arguments: &Explain, streams: &mut Streams<'_>) -> io::Result<Exit> {
    ask(&arguments.question, &mut Explanations { first: true }, streams)
}

struct Explanations {
    /// Whether none has been written yet.
    first: bool,
}

impl Ask for Explanations {
    fn json(&mut self, policy: &Policy, request: &Request<'_>, stream: &mut dyn Write) -> io::Result<()> {
        explanation_json(stream, &policy.explain(request))
    }

    fn one(&mut self, policy: &Policy, request: &Request<'_>, stream: &mut dyn Write, color: bool) -> io::Result<()> {
        explanation_text(stream, &policy.explain(request), color)
    }

    fn line(&mut self, policy: &Policy, request: &Request<'_>, stream: &mut dyn Write, color: bool) -> io::Result<()> {
        if !std::mem::take(&mut self.first) {
            stream.write_all(b"\n")?;
        }
        writeln!(stream, "{}", request_text(request))?;
        explanation_text(stream, &policy.explain(request), color)
    }
}
