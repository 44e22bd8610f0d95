//! Checked `test` blocks.

use doorward_syntax::Span;

use crate::instant::Instant;
use crate::request::{Request, Subject};

/// A checked `test` block.
#[derive(Clone, Debug, PartialEq)]
pub struct TestBlock {
    /// Its name.
    pub name: Box<str>,
    /// What it expects, in the order of the text.
    pub expectations: Vec<Expectation>,
}

/// A checked expectation: a request and the status that it should get.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// 200, 401 or 403.
    pub status: u16,
    /// The expectation, on one line, as `fmt` writes it.
    pub text: Box<str>,
    /// Where it stands.
    pub span: Span,
    /// The request, complete but for `age`; its time is that after `at`, if given.
    pub request: Request<'static>,
    /// How many seconds before the request's time a known subject authenticated.
    pub age: Option<u64>,
}

impl Expectation {
    /// The request, its time being `now` unless the expectation says `at`.
    #[must_use]
    pub fn request(&self, now: Instant) -> Request<'static> {
        let mut request = self.request.clone();
        let time = *request.time.get_or_insert(now);
        if let (Subject::Known(known), Some(age)) = (&mut request.subject, self.age) {
            known.authenticated_at = time.minus_seconds(age);
        }
        request
    }
}
