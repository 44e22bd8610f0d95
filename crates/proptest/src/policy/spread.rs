//! How a policy is spread over files, and what its `test` block expects.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Expectations, right or wrong. What they mention is declared.
const EXPECTATIONS: [&str; 6] = [
    "expect 401 anonymous read /a from 192.0.2.7",
    "expect 200 alice GET /docs/1 from 10.1.0.9 with high 5m old at 2026-11-23T10:00Z",
    "expect 403 rejected POST /home/bob/x/ at 2026-10-25T02:30+02:00",
    "expect 200 \"Zoë W\" go /a/b in claim-a, claim-b where context.country = \"DE\", identity.vip = true",
    "expect 403 bob PUT /docs/1 where room.secret = false, room.readers = outer",
    "expect 403 nobody DELETE \"/é t/1?x=1\" with mid",
];

/// What is not written in the policy itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Spread {
    pub(super) include: Option<Include>,
    pub(super) lists: Lists,
    expectations: Vec<&'static str>,
}

/// What the included policy holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Include {
    Declarations,
    Rules,
}

/// Which declarations have their lists in files.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    pub(super) identities: bool,
    pub(super) group: bool,
    pub(super) network: bool,
}

pub(super) fn spread() -> impl Strategy<Value = Spread> {
    let often = || prop::bool::weighted(0.6);
    let lists = (often(), often(), often());
    let lists = lists.prop_map(|(identities, group, network)| Lists { identities, group, network });
    (
        option::weighted(0.4, select(vec![Include::Rules, Include::Declarations])),
        lists,
        option::weighted(0.35, subsequence(EXPECTATIONS.to_vec(), 1..=3)),
    )
        .prop_map(|(include, lists, expectations)| Spread {
            include,
            lists,
            expectations: expectations.unwrap_or_default(),
        })
}

impl Spread {
    /// The `test` block, if there is anything to expect.
    pub(super) fn tests(&self) -> String {
        match self.expectations.as_slice() {
            [] => String::new(),
            expectations => format!("test \"generated\" {{\n    {}\n}}\n", expectations.join("\n    ")),
        }
    }
}
