//! What both languages can say: a site, its rules and the requests to it, in the words of neither.
//!
//! Names are numbers into the lists below, so that generated things meet often and shrink to the first of each list.

mod condition;

use std::net::IpAddr;

pub use condition::{Condition, Network, Number, Sign, Test, Word};

/// The identities that the policy declares. One needs quotes in Doorward.
pub const DECLARED: [&str; 4] = ["alice", "bob", "carol", "Zoë K"];
/// Everybody who may come: the declared, one whom the policy does not know, and one who is called like a group.
pub const VISITORS: [&str; 6] = ["alice", "bob", "carol", "Zoë K", "eve", "staff"];
/// The groups: first those that the policy lists, then those that a request claims.
pub const GROUPS: [&str; 5] = ["staff", "admins", "ops", "oncall", "guests"];
/// How many of the groups are listed.
pub const LISTED: usize = 3;
/// The networks. Each may hold those after it.
pub const NETWORKS: [&str; 3] = ["office", "branch", "tor"];
/// The rooms.
pub const ROOMS: [&str; 3] = ["wiki", "vault", "lobby"];
/// The strengths of authentication, the weakest first.
pub const LEVELS: [&str; 3] = ["password", "mfa", "key"];
/// The segments of paths. One is not ASCII.
pub const SEGMENTS: [&str; 4] = ["a", "b", "alice", "größe"];
/// The parameters of patterns.
pub const PARAMETERS: [&str; 2] = ["who", "item"];
/// What texts are, in conditions and in attributes: names, segments, and others.
pub const WORDS: [&str; 7] = ["a", "alice", "bob", "größe", "red", "reed", "r*d"];
/// What texts are like, `*` standing for any run of characters.
pub const SHAPES: [&str; 6] = ["*", "r*d", "re*", "*e", "a", "*li*"];
/// What a rule can name: sets of methods, methods, and an action that is none. See [`holds`].
pub const VERBS: [&str; 9] = ["read", "write", "publish", "GET", "POST", "PUT", "PATCH", "DELETE", "archive"];
/// What a request can do. Doorward decides a `HEAD` as a `GET`.
pub const DEEDS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "archive"];

/// The methods that a verb of a rule stands for; none if it stands for itself.
#[must_use]
pub fn holds(verb: &str) -> &'static [&'static str] {
    match verb {
        "read" => &["GET"],
        "write" => &["POST", "PUT", "PATCH", "DELETE"],
        "publish" => &["POST", "PUT"],
        _ => &[],
    }
}

/// A site: who there is, what there is, and the rules.
#[derive(Clone, Debug)]
pub struct Site {
    /// The members of each listed group.
    pub groups: Vec<Vec<Who>>,
    /// What each network holds.
    pub networks: Vec<Vec<Network>>,
    /// What the policy records of each declared identity; none if that is left to the request.
    pub recorded: Vec<Option<Facts>>,
    /// The rooms.
    pub rooms: Vec<Room>,
    /// The rules. The number of a rule is its name.
    pub rules: Vec<Rule>,
}

impl Site {
    /// The patterns that a list of places stands for.
    #[must_use]
    pub fn patterns<'s>(&'s self, places: &'s [Place]) -> Vec<&'s Pattern> {
        let of_place = |place: &'s Place| match place {
            Place::Room(room) => self.rooms[*room].patterns.as_slice(),
            Place::Pattern(pattern) => std::slice::from_ref(pattern),
        };
        places.iter().flat_map(of_place).collect()
    }
}

/// An identity or a group.
#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    /// A declared identity.
    Identity(usize),
    /// A group.
    Group(usize),
}

/// The attributes of a visitor.
#[derive(Clone, Debug)]
pub struct Facts {
    /// A word.
    pub team: usize,
    /// 0 to 3.
    pub clearance: i64,
    /// Yes or no.
    pub trusted: bool,
}

/// A named set of paths.
#[derive(Clone, Debug)]
pub struct Room {
    /// The paths.
    pub patterns: Vec<Pattern>,
    /// Whether it has the attributes of [`Request`], the same in every room that has any.
    pub attributes: bool,
}

/// A set of paths.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The segments. No parameter stands twice.
    pub segments: Vec<Segment>,
    /// Whether any number of segments may follow, also none.
    pub rest: bool,
}

/// One segment of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum Segment {
    /// Any one segment.
    Any,
    /// That segment.
    Literal(usize),
    /// Any one segment, which conditions can name.
    Parameter(usize),
}

/// A rule. What is empty constrains nothing.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Whether it forbids.
    pub forbids: bool,
    /// Whom it is about.
    pub subjects: Subjects,
    /// Whom it is not about.
    pub except_subjects: Vec<Who>,
    /// The level from which it permits, or from which it does not forbid.
    pub level: Option<usize>,
    /// What one does.
    pub verbs: Vec<usize>,
    /// Where.
    pub places: Vec<Place>,
    /// Where not; empty if `places` is.
    pub except_places: Vec<Place>,
    /// From where.
    pub origins: Vec<Network>,
    /// From where not; empty if `origins` is.
    pub except_origins: Vec<Network>,
    /// What must be true.
    pub when: Option<Condition>,
    /// What must be false.
    pub unless: Option<Condition>,
}

/// Whom a rule is about.
#[derive(Clone, Debug)]
pub enum Subjects {
    /// All, also the anonymous.
    Anyone,
    /// All whose name is known.
    Authenticated,
    /// Identities and groups, at least one.
    Some(Vec<Who>),
}

/// A room, or a pattern in the rule itself.
#[derive(Clone, Debug)]
pub enum Place {
    /// A room by name.
    Room(usize),
    /// A pattern.
    Pattern(Pattern),
}

/// One request, in which nothing is missing.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who asks; nobody is the anonymous.
    pub visitor: Option<Visitor>,
    /// What to do.
    pub deed: usize,
    /// The segments of the path.
    pub path: Vec<usize>,
    /// Whether the path is sent with a slash at its end, a query, and escapes where none is needed.
    pub ornate: bool,
    /// From where.
    pub address: IpAddr,
    /// Whether an IPv4 address is sent as the IPv6 address that maps it.
    pub mapped: bool,
    /// What is known of the path.
    pub room: RoomFacts,
    /// What is known of the circumstances.
    pub context: Circumstances,
}

/// A visitor whose name is known.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The name.
    pub name: usize,
    /// The strength of the authentication.
    pub level: usize,
    /// The groups that are claimed; to claim a listed one is idle.
    pub groups: Vec<usize>,
    /// The attributes that are claimed; to claim a recorded one is idle.
    pub facts: Facts,
}

/// The attributes of a path.
#[derive(Clone, Debug)]
pub struct RoomFacts {
    /// Yes or no.
    pub open: bool,
    /// 0 to 3.
    pub rank: i64,
    /// A word.
    pub tag: usize,
    /// Words.
    pub tags: Vec<usize>,
    /// A visitor.
    pub owner: usize,
    /// Visitors.
    pub editors: Vec<usize>,
    /// A group.
    pub readers: usize,
    /// Groups.
    pub circles: Vec<usize>,
}

/// The attributes of the context.
#[derive(Clone, Debug)]
pub struct Circumstances {
    /// Yes or no.
    pub vip: bool,
    /// 0 to 3.
    pub risk: i64,
    /// A word.
    pub country: usize,
    /// An address.
    pub proxy: IpAddr,
}
