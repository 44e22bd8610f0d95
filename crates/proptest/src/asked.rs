//! A drawn request, and how it prints.

use std::fmt;
use std::ops::Deref;

use doorward::Policy;
use doorward_model::Request;

use crate::expect::expect_line;
use crate::json::json;

/// A request to a policy. It is used as the [`Request`] that it holds, and prints as an `expect` line and as JSON.
#[derive(Clone)]
pub struct Asked<'p> {
    policy: &'p Policy,
    request: Request<'static>,
}

impl<'p> Asked<'p> {
    pub(crate) fn new(policy: &'p Policy, request: Request<'static>) -> Self {
        Self { policy, request }
    }

    /// The request itself.
    #[must_use]
    pub fn into_request(self) -> Request<'static> {
        self.request
    }
}

impl Deref for Asked<'_> {
    type Target = Request<'static>;

    fn deref(&self) -> &Request<'static> {
        &self.request
    }
}

/// The `expect` line with the verdict that the policy gives, and below it the request as JSON.
impl fmt::Debug for Asked<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}\n{}", expect_line(self.policy, &self.request), json(&self.request))
    }
}
