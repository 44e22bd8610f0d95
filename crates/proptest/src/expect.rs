//! Requests as `expect` lines, with the verdict that a policy gives them.

use doorward::Policy;
use doorward_model::{Request, expect};

/// A request with the verdict that a policy gives it, as an `expect` line for a `test` block of that policy.
///
/// What the line can say and what not, [`doorward_model::expect::expect_line`] tells.
///
/// ```
/// use doorward::{Policy, Request, Subject};
///
/// let policy = Policy::parse("
///     group oncall claimed
///     network office = 10.0.0.0/8
///     allow oncall to read /wiki/** from office
/// ")?;
/// let request = Request::new(Subject::known("Zoë").group("oncall"), "GET", "/wiki/a b").address([10, 0, 0, 7].into());
/// let line = doorward_proptest::expect_line(&policy, &request);
/// assert_eq!(line, r#"expect 200 "Zoë" GET "/wiki/a b" from 10.0.0.7 in oncall"#);
/// # Ok::<(), doorward::PolicyError>(())
/// ```
#[must_use]
pub fn expect_line(policy: &Policy, request: &Request<'_>) -> String {
    expect::expect_line(policy.model(), request, policy.verdict(request).status())
}
