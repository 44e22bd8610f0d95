//! Small random policies over a few names that collide, and requests at the edges that they mention.
//!
//! What a policy declares is mostly fixed; who is in which group, what is recorded, and above all the rules vary.

use std::fmt::{self, Write as _};

use doorward::{Instant, Request, Subject, Value};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// The text of a policy. Each rule is labelled `r0`, `r1`, … in the order of the text.
pub fn policy() -> impl Strategy<Value = String> {
    let members = (
        subsequence(vec!["alice", "bob", "carol"], 0..=2),
        subsequence(vec!["alice", "bob", "inner", "claim-a"], 1..=3),
        subsequence(vec!["carol", "claim-b", "bob"], 1..=2),
    );
    let recorded = (
        select(vec!["", " { dept: \"it\" }", " { lead: outer, vip: false }"]),
        select(vec!["", " { dept: \"hr\", age: 30 }", " { vip: true, boss: alice }"]),
        select(vec!["", " { tags: { \"x\" } }", " { desk: 10.1.0.9, ids: { 3 } }"]),
    );
    let answers = subsequence(
        vec![
            "answer unidentified 401",
            "answer rejected as anonymous",
            "answer step-up 403",
            "conceal /a/**",
            "conceal docs, /b except /b/x entirely",
        ],
        0..=2,
    );
    let answers = prop_oneof![3 => Just(Vec::new()), 1 => answers];
    (members, recorded, answers, vec(rule(), 1..7)).prop_map(|((listed, outer, inner), recorded, answers, rules)| {
        let mut text = HEAD.to_owned();
        let listed = if listed.is_empty() { vec!["carol"] } else { listed };
        let _ = writeln!(text, "group listed = {}", listed.join(", "));
        let _ = writeln!(text, "group outer = {}", outer.join(", "));
        let _ = writeln!(text, "group inner = {}", inner.join(", "));
        let (alice, bob, carol) = recorded;
        let _ = writeln!(text, "identity alice{alice}\nidentity bob{bob}\nidentity carol{carol}");
        for line in &answers {
            let _ = writeln!(text, "{line}");
        }
        for (number, rule) in rules.iter().enumerate() {
            let _ = writeln!(text, "r{number}: {rule}");
        }
        text
    })
}

const HEAD: &str = r#"timezone Europe/Berlin
assurance low < mid < high
group claim-a claimed
group claim-b claimed
group claim-c claimed
network net = 10.0.0.0/8, 2001:db8::/32
network sub = 10.1.0.0/16
action open is POST
action edit is write, open
action go
room docs at /docs/{id} has { owner: identity, readers: group, editors: set of identity, circles: set of group, names: set of string, secret?: bool, rank: int, peer?: address, due: time, dept?: string }
room home at /home/{user}/**
room pair at /*/b
room deep at /a/**, /a/b
identities have { dept?: string, age: int, vip?: bool, tags: set of string, ids?: set of int, desk?: address, hired?: time, lead?: group, boss?: identity }
context has { country?: string, load: int, flag?: bool, peers: set of address, who?: identity }
"#;

fn rule() -> impl Strategy<Value = String> {
    (any::<bool>(), prop_oneof![2 => Just(true), 5 => Just(false)]).prop_flat_map(|(plain, deny)| {
        let anyone = prop_oneof![1 => Just(true), 3 => Just(false)];
        anyone.prop_flat_map(move |anyone| {
            let place = place();
            (
                subjects(anyone),
                option::weighted(0.35, strength(deny)),
                option::weighted(if plain { 0.5 } else { 0.9 }, (actions(), option::weighted(0.8, place))),
                option::weighted(0.25, origins()),
            )
                .prop_flat_map(move |(subjects, strength, target, origins)| {
                    let docs = target.as_ref().is_some_and(|(_, place)| matches!(place, Some((true, _))));
                    let weight = if plain { 0.1 } else { 0.5 };
                    (option::weighted(weight, expr(anyone, docs)), option::weighted(weight / 2.0, expr(anyone, docs)))
                        .prop_map(move |(when, unless)| {
                            let mut text = format!("{} {subjects}", if deny { "deny" } else { "allow" });
                            for part in [strength.as_deref(), origins].into_iter().flatten() {
                                let _ = write!(text, " {part}");
                            }
                            if let Some((actions, place)) = &target {
                                let _ = write!(text, " to {actions}");
                                if let Some((_, rooms)) = place {
                                    let _ = write!(text, " {rooms}");
                                }
                            }
                            if let Some(when) = when {
                                let _ = write!(text, " when {when}");
                            }
                            if let Some(unless) = unless {
                                let _ = write!(text, " unless {unless}");
                            }
                            text
                        })
                })
        })
    })
}

fn subjects(anyone: bool) -> BoxedStrategy<String> {
    let names = vec!["alice", "bob", "listed", "outer", "inner", "claim-a", "claim-b"];
    let except = prop_oneof![
        2 => Just(String::new()),
        1 => subsequence(names.clone(), 1..=2).prop_map(|names| format!(" except {}", names.join(", "))),
    ];
    let who = if anyone {
        Just("anyone".to_owned()).boxed()
    } else {
        prop_oneof![
            1 => Just("authenticated".to_owned()),
            3 => subsequence(names, 1..=3).prop_map(|names| names.join(", ")),
        ]
        .boxed()
    };
    (who, except).prop_map(|(who, except)| who + &except).boxed()
}

fn strength(deny: bool) -> impl Strategy<Value = String> {
    let level =
        select(vec!["low", "mid", "high", "any within 15m", "mid within 15m", "high within 1h", "low within 7d"]);
    level.prop_map(move |level| format!("{} {level}", if deny { "without" } else { "with" }))
}

fn actions() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => Just("use".to_owned()),
        3 => subsequence(vec!["read", "write", "open", "edit", "go", "GET", "POST", "PUT"], 1..=3).prop_map(|list| list.join(", ")),
    ]
}

/// Whether the rooms are `docs` alone, whose attributes may then be used, and the text.
fn place() -> impl Strategy<Value = (bool, String)> {
    let items = vec!["docs", "home", "pair", "deep", "/", "/a", "/a/*", "/{x}/b", "/**", "/docs/**"];
    let except = prop_oneof![
        3 => Just(String::new()),
        1 => subsequence(vec!["/a/b", "/docs/1", "pair", "home"], 1..=2).prop_map(|list| format!(" except {}", list.join(", "))),
    ];
    prop_oneof![
        2 => except.clone().prop_map(|except| (true, format!("docs{except}"))),
        3 => (subsequence(items, 1..=3), except).prop_map(|(items, except)| (false, items.join(", ") + &except)),
    ]
}

fn origins() -> impl Strategy<Value = &'static str> {
    select(vec![
        "from net",
        "from net except sub",
        "from sub, 192.0.2.7",
        "from 0.0.0.0/0 except net",
        "from ::ffff:10.1.0.0/112",
        "from 2001:db8::/33",
    ])
}

fn expr(anyone: bool, docs: bool) -> BoxedStrategy<String> {
    let mut atoms = vec![
        "time in 08:00..18:00",
        "time in 22:00..06:00",
        "day in mon..fri",
        "day in sat..mon",
        "time < 2026-11-23T09:00Z",
        "context.country == \"DE\"",
        "context.country in { \"DE\", \"FR\" }",
        "context.country like \"D*\"",
        "context has country",
        "context.load > 3",
        "context.flag",
        "address in sub",
        "address in context.peers",
        "true",
        "false",
    ];
    if !anyone {
        atoms.extend([
            "identity in outer",
            "identity in { listed, claim-c }",
            "identity in claim-a",
            "identity == alice",
            "identity != bob",
            "identity in { alice, carol }",
            "identity.name == \"bob\"",
            "identity.name in { \"zoe\", \"alice\" }",
            "identity == context.who",
            "identity.dept == \"it\"",
            "identity.dept != \"it\"",
            "identity.dept == context.country",
            "identity.dept in { \"it\", \"hr\" }",
            "identity has dept",
            "identity.age >= 18",
            "identity.age < 30",
            "identity.age == context.load",
            "identity.vip",
            "identity.vip == false",
            "\"x\" in identity.tags",
            "context.country in identity.tags",
            "3 in identity.ids",
            "identity.desk in net",
            "identity.desk == address",
            "time - identity.hired <= 7d",
            "time - identity.hired > 30m",
            "identity.hired < 2026-11-01T00:00Z",
            "identity.lead == outer",
            "identity.lead in { outer, listed }",
            "identity.boss == alice",
        ]);
    }
    if docs {
        atoms.extend([
            "room.secret",
            "room has secret",
            "room.rank >= context.load",
            "room.id == \"1\"",
            "room.id like \"*1\"",
            "room.peer in net",
            "time - room.due <= 30m",
            "room.dept == \"it\"",
        ]);
        if !anyone {
            atoms.extend([
                "identity == room.owner",
                "identity != room.owner",
                "identity in room.readers",
                "identity in room.editors",
                "identity in room.circles",
                "identity.name in room.names",
                "identity.name == room.id",
                "identity.dept == room.dept",
                "identity.age > room.rank",
                "identity.lead == room.readers",
                "identity.boss == room.owner",
                "room.id in identity.tags",
            ]);
        }
    }
    let atom = select(atoms).prop_map(str::to_owned);
    atom.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..=3).prop_map(|parts| format!("({})", parts.join(" and "))),
            vec(inner.clone(), 2..=3).prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.prop_map(|part| format!("not ({part})")),
        ]
    })
    .boxed()
}

/// A request that shows itself as a line of JSON, as the command line reads it.
#[derive(Clone)]
pub struct Asked(pub Request<'static>);

impl fmt::Debug for Asked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&serde_json::to_string(&self.0).map_err(|_| fmt::Error)?)
    }
}

/// A request at or beside the edges that the policies mention.
pub fn request() -> impl Strategy<Value = Asked> {
    let action = select(vec![
        "GET", "GET", "POST", "PUT", "HEAD", "DELETE", "read", "write", "open", "edit", "go", "get", "OPTIONS",
    ]);
    let path = select(vec![
        "/",
        "/a",
        "/a/",
        "/a/b",
        "/a/c",
        "/a/b/c",
        "/x/b",
        "/docs/1",
        "/docs/alice",
        "/docs/11",
        "/docs/b",
        "/home/bob",
        "/home/b",
        "/home/alice/x",
        "/docs/%31",
        "/docs/1?x=/a",
        "/docs//1",
        "/b",
        "/b/x",
        "/docs",
    ]);
    let address = option::weighted(
        0.8,
        select(vec![
            "10.0.0.1",
            "10.1.0.0",
            "10.1.255.255",
            "10.2.0.0",
            "11.0.0.0",
            "192.0.2.7",
            "::ffff:10.1.2.3",
            "2001:db8::1",
            "2001:db8:8000::",
        ]),
    );
    let time = option::weighted(
        0.85,
        select(vec![
            "2026-11-23T09:00Z",
            "2026-11-23T06:59:59Z",
            "2026-11-23T07:00Z",
            "2026-11-23T17:00Z",
            "2026-11-21T23:30Z",
            "2026-11-22T04:59Z",
            "2026-11-01T00:00Z",
            "2026-10-25T00:30Z",
        ]),
    );
    (subject(), action, path, address, time, room_attributes(), context()).prop_map(
        |(subject, action, path, address, time, room_attributes, context)| {
            let time = time.and_then(|time| Instant::parse(time).ok());
            let mut request = Request::new(subject_at(subject, time), action, path);
            request.address = address.and_then(|address| address.parse().ok());
            request.time = time;
            request.room_attributes = room_attributes;
            request.context = context;
            Asked(request)
        },
    )
}

type SubjectParts = (Subject<'static>, Option<i64>);

/// Puts the time of authentication so many seconds before the request's; before a fixed one if it has none.
fn subject_at((mut subject, age): SubjectParts, time: Option<Instant>) -> Subject<'static> {
    if let (Subject::Known(known), Some(age)) = (&mut subject, age) {
        let time = time.or_else(|| Instant::parse("2026-11-23T09:00Z").ok());
        known.authenticated_at = time.and_then(|time| {
            if age < 0 { time.plus_seconds(age.unsigned_abs()) } else { time.minus_seconds(age.unsigned_abs()) }
        });
    }
    subject
}

fn subject() -> impl Strategy<Value = SubjectParts> {
    let known = (
        select(vec!["alice", "bob", "carol", "zoe", "1", "b", "nobody", " x"]),
        option::weighted(0.7, select(vec!["low", "mid", "high", "none"])),
        option::weighted(0.7, select(vec![0, 899, 900, 901, 3600, 3601, 604_800, 604_801, -1])),
        subsequence(vec!["claim-a", "claim-b", "claim-c", "listed", "unheard"], 0..=3),
        attributes(vec![
            ("dept", vec!["it".into(), "hr".into(), "DE".into(), Value::Int(3)]),
            ("age", vec![Value::Int(17), Value::Int(18), Value::Int(30), "18".into()]),
            ("vip", vec![true.into(), false.into()]),
            ("tags", vec![set(&["x"]), set(&["DE", "1"]), set(&[])]),
            (
                "ids",
                vec![
                    [3i64, 4].into_iter().collect(),
                    [4i64].into_iter().collect(),
                    Value::Set(vec![Value::Int(3), true.into()]),
                ],
            ),
            ("desk", vec!["10.0.0.9".into(), "10.1.0.0".into(), "::ffff:10.0.0.1".into(), "nowhere".into()]),
            ("hired", vec!["2026-11-23T08:30:00Z".into(), "2026-11-16T09:00Z".into(), "2030-01-01T00:00Z".into()]),
            ("lead", vec!["outer".into(), "listed".into(), "unheard".into()]),
            ("boss", vec!["alice".into(), "bob".into()]),
            ("secret", vec![true.into()]),
        ]),
    )
        .prop_map(|(name, level, age, groups, attributes)| {
            let mut known = Subject::known(name);
            known.assurance = level.map(Into::into);
            known.groups = groups.into_iter().map(Into::into).collect();
            known.attributes = attributes;
            (Subject::Known(known), age)
        });
    prop_oneof![
        3 => Just((Subject::Anonymous, None)),
        1 => Just((Subject::Rejected, None)),
        5 => known,
    ]
}

fn room_attributes() -> impl Strategy<Value = doorward::Attributes<'static>> {
    attributes(vec![
        ("owner", vec!["alice".into(), "bob".into(), "zoe".into(), "".into()]),
        ("readers", vec!["outer".into(), "claim-c".into(), "unheard".into()]),
        ("editors", vec![set(&["bob", "zoe"]), set(&[])]),
        ("circles", vec![set(&["listed", "claim-a"]), set(&["inner"]), set(&["outer", "unheard"])]),
        ("names", vec![set(&["carol", "b"]), set(&["alice"])]),
        ("secret", vec![true.into(), false.into()]),
        ("rank", vec![Value::Int(3), Value::Int(18), Value::Int(i64::MAX)]),
        ("peer", vec!["10.1.0.0".into(), "192.0.2.1".into()]),
        ("due", vec!["2026-11-23T08:30:00Z".into(), "2026-11-23T08:29:59Z".into(), "2027-01-01T00:00Z".into()]),
        ("dept", vec!["it".into(), "hr".into()]),
        ("id", vec!["1".into()]),
    ])
}

fn context() -> impl Strategy<Value = doorward::Attributes<'static>> {
    attributes(vec![
        ("country", vec!["DE".into(), "FR".into(), "it".into()]),
        ("load", vec![Value::Int(3), Value::Int(4), Value::Int(18)]),
        ("flag", vec![true.into(), false.into()]),
        ("peers", vec![set(&["10.1.0.0", "2001:db8::1"]), set(&["nowhere"])]),
        ("who", vec!["alice".into(), "zoe".into()]),
        ("unheard", vec![true.into()]),
    ])
}

fn set(texts: &[&'static str]) -> Value<'static> {
    texts.iter().copied().collect()
}

/// Each attribute is left out, or one of its values.
fn attributes(table: Vec<(&'static str, Vec<Value<'static>>)>) -> impl Strategy<Value = doorward::Attributes<'static>> {
    let each: Vec<_> = table
        .into_iter()
        .map(|(name, values)| {
            option::weighted(0.7, select(values)).prop_map(move |value| value.map(|value| (name.into(), value)))
        })
        .collect();
    each.prop_map(|attributes| attributes.into_iter().flatten().collect())
}
