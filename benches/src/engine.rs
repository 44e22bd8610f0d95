//! What every engine has to do to be measured, and the two that need no peers: Doorward and hand-written code.

use std::collections::HashMap;
use std::rc::Rc;

use doorward::{Policy, PreparedAction, PreparedOrigin, PreparedRequest, PreparedRoom, PreparedSubject, Request};

use crate::office::{Ask, Office};
use crate::plain::{Plain, Prepared};

/// An engine that decides requests to one site.
pub trait Engine: Sized {
    /// What reports call it.
    const NAME: &'static str;

    /// What it reads: a policy's text and whatever it wants beside it, made from the site before any measuring.
    type Source;

    /// A request, made before any measuring.
    type Asked<'a>
    where
        Self: 'a;

    /// Renders the site for this engine.
    fn source(office: &Office) -> Self::Source;

    /// Reads the source, up to the point where requests can be decided.
    fn load(source: &Self::Source) -> Self;

    /// Renders a request.
    fn ask<'a>(&'a self, ask: &'a Ask) -> Self::Asked<'a>;

    /// Renders many requests.
    fn ask_all<'a>(&'a self, asks: impl Iterator<Item = &'a Ask>) -> Vec<Self::Asked<'a>> {
        asks.map(|ask| self.ask(ask)).collect()
    }

    /// Decides.
    fn answer(&self, asked: &Self::Asked<'_>) -> Answer;
}

/// What an engine says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes or no: it knows of no difference between 401 and 403.
    Allowed(bool),
    /// 200, 401 or 403.
    Status(u16),
}

impl Answer {
    /// Whether it is right about a request, as far as it goes.
    #[must_use]
    pub fn agrees(self, ask: &Ask) -> bool {
        match self {
            Self::Allowed(allowed) => allowed == ask.is_allowed(),
            Self::Status(status) => status == ask.status,
        }
    }
}

/// Checks that an engine answers as hand-written code does.
///
/// # Panics
/// On the first request that it answers otherwise.
pub fn assert_agrees<'a, E: Engine>(engine: &'a E, asks: impl IntoIterator<Item = &'a Ask>) {
    for ask in asks {
        let answer = engine.answer(&engine.ask(ask));
        assert!(answer.agrees(ask), "{} says {answer:?} to {ask:?}", E::NAME);
    }
}

/// Doorward, from a request as it comes: strings and an address.
#[derive(Debug)]
pub struct Doorward(Policy);

impl Engine for Doorward {
    const NAME: &'static str = "doorward";
    type Source = String;
    type Asked<'a> = Request<'a>;

    fn source(office: &Office) -> String {
        office.door()
    }

    fn load(source: &String) -> Self {
        Self(Policy::parse(source).unwrap_or_else(|error| panic!("{error}")))
    }

    fn ask<'a>(&'a self, ask: &'a Ask) -> Request<'a> {
        ask.request()
    }

    fn answer(&self, asked: &Request<'_>) -> Answer {
        Answer::Status(self.0.verdict(asked).status())
    }
}

/// Doorward where rules have terms: the requests also say how the visitor authenticated, when, and how risky it is.
#[derive(Debug)]
pub struct DoorwardWithTerms(Doorward);

impl Engine for DoorwardWithTerms {
    const NAME: &'static str = "doorward";
    type Source = String;
    type Asked<'a> = Request<'a>;

    fn source(office: &Office) -> String {
        Doorward::source(office)
    }

    fn load(source: &String) -> Self {
        Self(Doorward::load(source))
    }

    fn ask<'a>(&'a self, ask: &'a Ask) -> Request<'a> {
        ask.request_with_terms()
    }

    fn answer(&self, asked: &Request<'_>) -> Answer {
        self.0.answer(asked)
    }
}

/// Doorward, once the parts of a request have been looked up. Requests of the same visitor share a subject, as those of a
/// session would, and requests for the same path a room, as those of a route would: the hand-written code keeps one entry
/// for each visitor and place, too.
#[derive(Debug)]
pub struct DoorwardPrepared(Policy);

/// What has been looked up of a request.
#[derive(Debug)]
pub struct Parts<'a> {
    subject: Rc<PreparedSubject<'a>>,
    action: PreparedAction<'a>,
    room: Rc<PreparedRoom<'a>>,
    origin: PreparedOrigin,
}

impl Engine for DoorwardPrepared {
    const NAME: &'static str = "doorward-prepared";
    type Source = String;
    type Asked<'a> = Parts<'a>;

    fn source(office: &Office) -> String {
        office.door()
    }

    fn load(source: &String) -> Self {
        Self(Doorward::load(source).0)
    }

    fn ask<'a>(&'a self, ask: &'a Ask) -> Parts<'a> {
        Parts {
            subject: Rc::new(self.0.subject(ask.request().subject)),
            action: self.0.action(ask.method),
            room: Rc::new(self.0.room(&ask.path)),
            origin: self.0.origin(Some(ask.address)),
        }
    }

    fn ask_all<'a>(&'a self, asks: impl Iterator<Item = &'a Ask>) -> Vec<Parts<'a>> {
        let (mut subjects, mut rooms) = (HashMap::new(), HashMap::new());
        asks.map(|ask| {
            let fresh = self.ask(ask);
            let subject = Rc::clone(subjects.entry(&ask.identity).or_insert(fresh.subject));
            let room = Rc::clone(rooms.entry(&ask.path).or_insert(fresh.room));
            Parts { subject, room, ..fresh }
        })
        .collect()
    }

    fn answer(&self, asked: &Parts<'_>) -> Answer {
        let request = PreparedRequest::new(&asked.subject, asked.action, &asked.room, asked.origin);
        Answer::Status(self.0.verdict_of(&request).status())
    }
}

/// Hand-written code, from a request as it comes.
#[derive(Debug)]
pub struct HandWritten(Plain);

impl Engine for HandWritten {
    const NAME: &'static str = "hand-written";
    type Source = Office;
    type Asked<'a> = &'a Ask;

    fn source(office: &Office) -> Office {
        office.clone()
    }

    fn load(source: &Office) -> Self {
        Self(Plain::new(source))
    }

    fn ask<'a>(&'a self, ask: &'a Ask) -> &'a Ask {
        ask
    }

    fn answer(&self, asked: &&Ask) -> Answer {
        Answer::Status(self.0.status(asked))
    }
}

/// Hand-written code, once the names of a request have been looked up.
#[derive(Debug)]
pub struct HandWrittenPrepared(Plain);

impl Engine for HandWrittenPrepared {
    const NAME: &'static str = "hand-written-prepared";
    type Source = Office;
    type Asked<'a> = Prepared<'a>;

    fn source(office: &Office) -> Office {
        office.clone()
    }

    fn load(source: &Office) -> Self {
        Self(Plain::new(source))
    }

    fn ask<'a>(&'a self, ask: &'a Ask) -> Prepared<'a> {
        self.0.prepare(ask)
    }

    fn answer(&self, asked: &Prepared<'_>) -> Answer {
        Answer::Status(self.0.status_of(asked))
    }
}
