//! Requests: any bytes are a request or none; what is one survives being written, and gets one answer.

use std::sync::LazyLock;

use doorward::{Policy, Request, Subject, Verdict, is_identity, limits, parse_file};

use super::choose;
use crate::compare::Pair;
use crate::data::root;

/// The policy of the office, which tests nearly all that a request can say.
static OFFICE: LazyLock<Pair> = LazyLock::new(office);

#[expect(clippy::expect_used, reason = "an example that does not compile fails every test")]
fn office() -> Pair {
    let parsed = parse_file(&root().join("examples/office.door"));
    let tree = parsed.policy.clone();
    Pair { policy: Policy::compile(parsed).expect("it compiles"), among_many: None, tree }
}

/// The body of the target `request`.
pub(super) fn request(data: &[u8]) {
    let Ok(request) = serde_json::from_slice::<Request<'_>>(data) else { return };
    let text = serde_json::to_string(&request);
    assert!(text.is_ok(), "a request cannot be written: {request:?}");
    let Ok(text) = text else { return };
    let again = serde_json::from_str::<Request<'_>>(&text);
    assert_eq!(again.as_ref().ok(), Some(&request), "{text} is {again:?}");

    choose::consistent(&OFFICE.policy, &request);
    choose::alike(&OFFICE, &request);
    if let Subject::Known(known) = &request.subject
        && (!is_identity(&known.identity) || known.groups.len() > limits::CLAIMED_GROUPS)
    {
        assert_ne!(OFFICE.policy.verdict(&request), Verdict::Allow, "{text}");
    }
}
