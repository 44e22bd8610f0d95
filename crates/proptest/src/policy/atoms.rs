//! The tests that expressions are made of: every operator with every kind of operand that fits it.

use std::sync::LazyLock;

/// Tests by kind, so that each kind is drawn as often as another.
pub(super) type Kinds = Vec<Vec<String>>;

/// Whose value an operand is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Base {
    /// The visitor's: not with another of the visitor's, and never in a rule for anyone.
    Visitor,
    /// The room's: only in a rule with `docs` alone.
    Room,
    /// The request's.
    Request,
}

/// One type: the operands of it, its sets, and what is written for it.
struct Family {
    scalars: &'static [(Base, &'static str)],
    sets: &'static [(Base, &'static str)],
    literals: &'static [&'static str],
    ordered: bool,
}

use Base::{Request, Room, Visitor};

const FAMILIES: [Family; 7] = [
    Family {
        scalars: &[
            (Visitor, "identity.dept"),
            (Visitor, "identity.name"),
            (Room, "room.id"),
            (Room, "room.topic"),
            (Request, "context.country"),
        ],
        sets: &[(Visitor, "identity.tags"), (Room, "room.names"), (Request, "context.words")],
        literals: &["\"it\"", "\"DE\"", "\"1\"", "\"alice\""],
        ordered: false,
    },
    Family {
        scalars: &[(Visitor, "identity.age"), (Room, "room.rank"), (Request, "context.load")],
        sets: &[(Visitor, "identity.ids"), (Room, "room.ranks")],
        literals: &["18", "3", "-1"],
        ordered: true,
    },
    Family {
        scalars: &[(Visitor, "identity.vip"), (Room, "room.secret"), (Request, "context.flag")],
        sets: &[],
        literals: &["true", "false"],
        ordered: false,
    },
    Family {
        scalars: &[(Visitor, "identity.desk"), (Room, "room.peer"), (Request, "address")],
        sets: &[(Request, "context.peers")],
        literals: &["10.1.0.9", "2001:db8::1"],
        ordered: false,
    },
    Family {
        scalars: &[(Visitor, "identity.hired"), (Room, "room.due"), (Request, "context.since"), (Request, "time")],
        sets: &[],
        literals: &["2026-11-23T09:00Z", "2026-10-25T02:00+01:00"],
        ordered: true,
    },
    Family {
        scalars: &[(Visitor, "identity.lead"), (Room, "room.readers"), (Request, "context.crew")],
        sets: &[(Visitor, "identity.teams"), (Room, "room.circles")],
        literals: &["outer", "listed", "claim-a"],
        ordered: false,
    },
    Family {
        scalars: &[(Visitor, "identity"), (Visitor, "identity.boss"), (Room, "room.owner"), (Request, "context.who")],
        sets: &[(Visitor, "identity.mates"), (Room, "room.editors"), (Request, "context.guests")],
        literals: &["alice", "bob"],
        ordered: false,
    },
];

/// The tests that a rule can use: of the visitor unless it concerns anyone, of the room where it has `docs` alone.
pub(super) fn atoms(visitor: bool, room: bool) -> &'static Kinds {
    static ALL: LazyLock<[Kinds; 4]> = LazyLock::new(|| {
        [(false, false), (false, true), (true, false), (true, true)].map(|(visitor, room)| kinds(visitor, room))
    });
    let [neither, of_room, of_visitor, both] = &*ALL;
    match (visitor, room) {
        (false, false) => neither,
        (false, true) => of_room,
        (true, false) => of_visitor,
        (true, true) => both,
    }
}

fn kinds(visitor: bool, room: bool) -> Kinds {
    let usable = |base: Base| match base {
        Visitor => visitor,
        Room => room,
        Request => true,
    };
    let (mut equal, mut order, mut literal_sets, mut attribute_sets) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for family in &FAMILIES {
        let scalars: Vec<_> = family.scalars.iter().filter(|(base, _)| usable(*base)).collect();
        for (index, (base, left)) in scalars.iter().enumerate() {
            for literal in family.literals {
                equal.push(format!("{left} == {literal}"));
                equal.push(format!("{left} != {literal}"));
                if family.ordered {
                    order.extend(["<", "<=", ">", ">="].map(|op| format!("{left} {op} {literal}")));
                }
            }
            // An address is in a network rather than in a set, and a flag in neither.
            if !matches!(family.literals, ["true", ..] | ["10.1.0.9", ..]) {
                literal_sets.push(format!("{left} in {{ {} }}", family.literals.join(", ")));
            }
            let fits = |other: Base| usable(other) && (*base != Visitor || other != Visitor);
            for (other, right) in scalars.iter().skip(index + 1).filter(|(other, _)| fits(*other)) {
                equal.push(format!("{left} {} {right}", if *other == Room { "!=" } else { "==" }));
                if family.ordered {
                    order.extend(["<", ">="].map(|op| format!("{left} {op} {right}")));
                }
            }
            for (_, set) in family.sets.iter().filter(|(other, _)| fits(*other)) {
                attribute_sets.push(format!("{left} in {set}"));
            }
        }
        for (_, set) in family.sets.iter().filter(|(base, _)| usable(*base)) {
            attribute_sets.extend(family.literals.iter().map(|literal| format!("{literal} in {set}")));
        }
    }
    let mut all = vec![equal, order, literal_sets, attribute_sets];
    all.push(strings(&["time in 08:00..18:00", "time in 22:00..06:00", "time in 17:30..24:00"]));
    all.push(strings(&["day in mon..fri", "day in tue..sat", "day in fri..mon", "day in sun"]));
    let mut like =
        strings(&["context.country like \"D*\"", "context.country like \"*E*\"", "context.country like \"* *\""]);
    let mut has = strings(&["context has country", "not context has flag", "context has load"]);
    let mut flags = strings(&["context.flag", "true", "false"]);
    let mut since = strings(&["time - context.since <= 30m", "time - context.since > 2h"]);
    let mut networks = strings(&["address in sub", "address in { net, 192.0.2.7 }", "address in ::ffff:10.1.0.0/112"]);
    if visitor {
        has.extend(strings(&["identity has dept", "identity has age", "not identity has vip"]));
        flags.extend(strings(&["identity.vip", "not identity.vip"]));
        since.extend(strings(&["time - identity.hired <= 7d", "time - identity.hired == 90s"]));
        networks.push("identity.desk in net".to_owned());
        all.push(strings(&[
            "identity in outer",
            "identity in { listed, claim-c }",
            "identity in claim-a",
            "identity in \"top crew\"",
            "identity in { alice, carol }",
            "identity in context.crew",
        ]));
    }
    if room {
        like.extend(strings(&["room.id like \"*1\"", "room.topic like \"i*t\"", "room.id like \"* *\""]));
        has.extend(strings(&["room has secret", "room has owner"]));
        flags.extend(strings(&["room.secret", "not room.secret"]));
        since.extend(strings(&["time - room.due <= 30m", "time - room.due < 7d"]));
        networks.push("room.peer in net".to_owned());
    }
    if visitor && room {
        all.push(strings(&["identity in room.readers", "identity in room.circles"]));
        // Patterns that tell visitors apart through what equals them.
        all.push(strings(&[
            "(identity.name == room.topic and room.topic like \"*o*\")",
            "(room.id == identity.name and room.id like \"* *\")",
        ]));
    }
    all.extend([like, has, flags, since, networks]);
    all
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
