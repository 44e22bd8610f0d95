//! `doorward what`: what a visitor can do, and where.

use std::io;

use doorward_analysis::{Register, TooComplex, WhatQuestion};

use super::inquire::{Inquiry, inquire};
use crate::Streams;
use crate::arguments::{Given, What};
use crate::exit::Exit;
use crate::questions::{facts, identity};
use crate::rows::{Answer, what_rows};

pub(crate) fn run(arguments: &What, streams: &mut Streams<'_>) -> io::Result<Exit> {
    inquire(&arguments.policy, &arguments.about, arguments, streams)
}

impl Inquiry for What {
    type Question<'q> = WhatQuestion<'q>;

    fn question<'q>(&'q self, given: &'q Given) -> Result<WhatQuestion<'q>, String> {
        let identity = identity(self.subject.as_deref().unwrap_or_default())?;
        let facts = facts(given)?;
        if identity.is_none() && (given.with.is_some() || given.age.is_some() || given.groups.is_some()) {
            return Err("`anonymous` is not a known visitor: leave out `--with`, `--age` and `--in`".to_owned());
        }
        Ok(WhatQuestion { identity: identity.map(Into::into), facts })
    }

    fn answer(&self, register: &Register<'_>, question: &WhatQuestion<'_>) -> Result<Answer, TooComplex> {
        Ok(what_rows(register.policy(), register.what(question)?, self.about.list))
    }
}
