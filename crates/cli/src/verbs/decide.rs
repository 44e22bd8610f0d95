//! `doorward decide`: what policies say to requests.

use std::io::{self, Write};

use doorward::{Policy, Request, Verdict};

use super::ask::{Ask, ask};
use crate::Streams;
use crate::answers::{decision_json, decision_line, decision_text};
use crate::arguments::Decide;
use crate::exit::Exit;

pub(crate) fn run(arguments: &Decide, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let mut asked = Decisions { verdict: Verdict::Allow };
    let exit = ask(&arguments.question, &mut asked, streams)?;
    Ok(match asked.verdict {
        _ if exit != Exit::Fine || !arguments.exit_code => exit,
        Verdict::Allow => Exit::Fine,
        Verdict::Unauthenticated => Exit::Unauthenticated,
        Verdict::Forbidden => Exit::Forbidden,
    })
}

struct Decisions {
    /// The last.
    verdict: Verdict,
}

impl Ask for Decisions {
    fn json(&mut self, policy: &Policy, request: &Request<'_>, stream: &mut dyn Write) -> io::Result<()> {
        let decision = policy.decide(request);
        self.verdict = decision.verdict;
        decision_json(stream, &decision)
    }

    fn one(&mut self, policy: &Policy, request: &Request<'_>, stream: &mut dyn Write, color: bool) -> io::Result<()> {
        let decision = policy.decide(request);
        self.verdict = decision.verdict;
        decision_text(stream, &decision, color)
    }

    fn line(&mut self, policy: &Policy, request: &Request<'_>, stream: &mut dyn Write, color: bool) -> io::Result<()> {
        decision_line(stream, request, &policy.decide(request), color)
    }
}
