//! What comes before the rules: names, attributes, settings.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::spread::Lists;

/// The attributes that identities have, as declared.
const IDENTITY_ATTRIBUTES: [&str; 11] = [
    "dept?: string",
    "age: int",
    "vip?: bool",
    "tags: set of string",
    "ids?: set of int",
    "desk?: address",
    "hired?: time",
    "lead?: group",
    "boss?: identity",
    "teams?: set of group",
    "mates?: set of identity",
];

/// The attributes that the context has, as declared.
const CONTEXT_ATTRIBUTES: [&str; 9] = [
    "country?: string",
    "load: int",
    "flag?: bool",
    "peers: set of address",
    "who?: identity",
    "crew: group",
    "since?: time",
    "words: set of string",
    "guests?: set of identity",
];

/// The attributes that the room `docs` has, as declared.
const ROOM_ATTRIBUTES: [&str; 11] = [
    "owner: identity",
    "readers: group",
    "editors: set of identity",
    "circles: set of group",
    "names: set of string",
    "secret?: bool",
    "rank: int",
    "ranks?: set of int",
    "peer?: address",
    "due: time",
    "topic?: string",
];

/// Everything that could be declared; what is, depends on what mentions it.
#[derive(Clone, Debug)]
pub(super) struct Declarations {
    settings: Vec<&'static str>,
    zone: &'static str,
    listed: Vec<&'static str>,
    outer: Vec<&'static str>,
    inner: Vec<&'static str>,
    recorded: [&'static str; 4],
}

pub(super) fn declarations() -> impl Strategy<Value = Declarations> {
    let members = (
        subsequence(vec!["carol", "alice", "bob"], 1..=2),
        subsequence(vec!["inner", "alice", "bob", "claim-a"], 1..=3),
        subsequence(vec!["carol", "bob", "claim-b"], 1..=2),
    );
    let recorded = (
        select(vec!["", " { dept: \"it\" }", " { lead: outer, vip: false }", " { age: 18, teams: { listed } }"]),
        select(vec!["", " { dept: \"hr\", age: 30 }", " { vip: true, boss: alice }", " { hired: 2026-11-16T09:00Z }"]),
        select(vec!["", " { tags: { \"x\" } }", " { desk: 10.1.0.9, ids: { 3 } }", " { mates: { alice, bob } }"]),
        select(vec!["", " { age: 17 }"]),
    );
    let settings = subsequence(
        vec![
            "answer unidentified 401",
            "answer rejected as anonymous",
            "answer step-up 403",
            "conceal /a/**",
            "conceal docs, /b except /b/x entirely",
            "challenge Bearer realm \"the \\\"house\\\"\"\nchallenge DPoP",
            "challenge Basic",
        ],
        0..=3,
    );
    let settings = prop_oneof![1 => Just(Vec::new()), 2 => settings].prop_map(|mut settings: Vec<&str>| {
        // One statement each.
        if settings.iter().filter(|line| line.starts_with("challenge")).count() > 1 {
            settings.pop();
        }
        settings
    });
    let zone =
        select(vec!["", "timezone Europe/Berlin\n", "timezone Asia/Kathmandu\n", "timezone \"America/New_York\"\n"]);
    (settings, zone, members, recorded).prop_map(|(settings, zone, (listed, outer, inner), recorded)| Declarations {
        settings,
        zone,
        listed,
        outer,
        inner,
        recorded: recorded.into(),
    })
}

/// One declaration: what it declares, and its text.
struct Declaration {
    names: Vec<&'static str>,
    text: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Context,
    Identity,
    Room,
    Statement,
}

impl Declarations {
    /// The text of the declarations: all of them, or those that `body` and each other mention.
    pub(super) fn before(&self, body: &str, everything: bool, lists: &Lists) -> String {
        let mut mentioning = body.to_owned();
        for line in &self.settings {
            mentioning.push_str(line);
            mentioning.push('\n');
        }
        let mut wanted: Vec<Declaration> = Vec::new();
        let mut rest = self.all(lists);
        loop {
            let (now, later): (Vec<_>, Vec<_>) = rest.into_iter().partition(|declaration| {
                everything || declaration.names.iter().any(|name| mentions(&mentioning, name))
            });
            rest = later;
            if now.is_empty() {
                break;
            }
            for declaration in &now {
                mentioning.push_str(&declaration.text);
                mentioning.push('\n');
            }
            wanted.extend(now);
        }
        let part = |kind: Kind| {
            let parts = wanted.iter().filter(move |declaration| declaration.kind == kind);
            parts.map(|declaration| declaration.text.as_str()).collect::<Vec<_>>().join(", ")
        };
        let mut text = String::from(self.zone);
        for declaration in wanted.iter().filter(|declaration| declaration.kind == Kind::Statement) {
            text.push_str(&declaration.text);
            if declaration.names == ["docs"] {
                let attributes = part(Kind::Room);
                if !attributes.is_empty() {
                    text.push_str(&format!(" has {{ {attributes} }}"));
                }
            }
            text.push('\n');
        }
        for (keyword, kind) in [("identities have", Kind::Identity), ("context has", Kind::Context)] {
            let attributes = part(kind);
            if !attributes.is_empty() {
                text.push_str(&format!("{keyword} {{ {attributes} }}\n"));
            }
        }
        for line in &self.settings {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// The files that declarations can name instead of their lists. `erin` is declared by nothing else.
    pub(super) fn lists(&self) -> [(&'static str, String); 3] {
        let members = self.inner.iter().filter(|member| !member.starts_with("claim"));
        let members: String = members.map(|member| format!("{member}\n")).collect();
        [
            ("people.txt", "# who works here\nZoë W\n\ndave # at night\n".to_owned()),
            ("inner.txt", members + "erin\n"),
            ("net.txt", "10.0.0.0/8\n2001:db8::/32 # ours\n".to_owned()),
        ]
    }

    fn all(&self, lists: &Lists) -> Vec<Declaration> {
        let statement =
            |names: &[&'static str], text: String| Declaration { names: names.to_vec(), text, kind: Kind::Statement };
        let listed = format!("= {}", self.inner.join(", "));
        let inner = if lists.group { "from \"inner.txt\"" } else { &listed };
        let people = if lists.identities { "from \"people.txt\"" } else { "\"Zoë W\", dave" };
        let net = if lists.network { "from \"net.txt\"" } else { "= 10.0.0.0/8, 2001:db8::/32" };
        let [alice, bob, carol, zoe] = self.recorded;
        let mut all = vec![
            statement(&["low", "mid", "high"], "assurance low < mid < high".to_owned()),
            statement(&["alice"], format!("identity alice{alice}")),
            statement(&["bob"], format!("identity bob{bob}")),
            statement(&["carol"], format!("identity carol{carol}")),
            statement(&["Zoë W", "dave"], format!("identity {people}{zoe}")),
            statement(&["claim-a"], "group claim-a claimed".to_owned()),
            statement(&["claim-b"], "group claim-b claimed".to_owned()),
            statement(&["claim-c"], "group claim-c claimed".to_owned()),
            statement(&["listed"], format!("group listed = {}", self.listed.join(", "))),
            statement(&["top crew"], "group \"top crew\" = outer, dave".to_owned()),
            statement(&["outer"], format!("group outer = {}", self.outer.join(", "))),
            statement(&["inner"], format!("group inner {inner}")),
            statement(&["all"], "network all = net, 192.0.2.7".to_owned()),
            statement(&["net"], format!("network net {net}")),
            statement(&["sub"], "network sub = 10.1.0.0/16".to_owned()),
            statement(&["edit"], "action edit is write, open".to_owned()),
            statement(&["open"], "action open is POST".to_owned()),
            statement(&["go"], "action go".to_owned()),
            statement(&["docs"], "room docs at /docs/{id}".to_owned()),
            statement(&["home"], "room home at /home/{user}/**".to_owned()),
            statement(&["pair"], "room pair at /*/b".to_owned()),
            statement(&["deep"], "room deep at /a/**, /a/b".to_owned()),
            statement(&["odd one"], "room \"odd one\" at \"/é t/{x}\"".to_owned()),
        ];
        for (kind, attributes) in [
            (Kind::Identity, IDENTITY_ATTRIBUTES.as_slice()),
            (Kind::Context, CONTEXT_ATTRIBUTES.as_slice()),
            (Kind::Room, ROOM_ATTRIBUTES.as_slice()),
        ] {
            all.extend(attributes.iter().map(|text| {
                let name = text.split(['?', ':']).next().unwrap_or(text);
                Declaration { names: vec![name], text: (*text).to_owned(), kind }
            }));
        }
        all
    }
}

/// Whether a text has that name as a whole word.
fn mentions(text: &str, name: &str) -> bool {
    let of_a_name = |character: char| character.is_alphanumeric() || character == '-';
    text.match_indices(name).any(|(start, _)| {
        let before = text.get(..start).and_then(|before| before.chars().next_back());
        let after = text.get(start + name.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(of_a_name) && !after.is_some_and(of_a_name)
    })
}
