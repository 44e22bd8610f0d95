//! `doorward who`: who can do something, somewhere.

use std::io;

use doorward_analysis::{Register, TooComplex, WhoQuestion};

use super::inquire::{Inquiry, inquire};
use crate::Streams;
use crate::arguments::{Given, Who};
use crate::exit::Exit;
use crate::questions::facts;
use crate::rows::{Answer, who_rows};

pub(crate) fn run(arguments: &Who, streams: &mut Streams<'_>) -> io::Result<Exit> {
    inquire(&arguments.policy, &arguments.about, arguments, streams)
}

impl Inquiry for Who {
    type Question<'q> = WhoQuestion<'q>;

    fn question<'q>(&'q self, given: &'q Given) -> Result<WhoQuestion<'q>, String> {
        let (action, path) = (self.action.as_deref(), self.path.as_deref());
        Ok(WhoQuestion {
            action: action.unwrap_or_default().into(),
            path: path.unwrap_or_default().into(),
            facts: facts(given)?,
        })
    }

    fn answer(&self, register: &Register<'_>, question: &WhoQuestion<'_>) -> Result<Answer, TooComplex> {
        Ok(who_rows(register.policy(), register.who(question)?, self.about.list))
    }
}
