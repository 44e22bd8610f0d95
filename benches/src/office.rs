//! *Office*: a policy of N rules over rooms, groups and networks that grow with it.
//!
//! | for N rules | number |
//! | --- | --- |
//! | rooms, each with everything below it | N/10, at least 4 |
//! | floors, each holding ten of the rooms | N/100, at least 1 |
//! | groups | N/10, at least 4 |
//! | identities, each in one to three groups | N, at least 16 |
//! | networks | N/20, at least 4 |
//! | blocked networks | as many as rules that deny one |
//!
//! Every fourth group is part of another one. A network has one or two IPv4 prefixes and sometimes an IPv6 one; every
//! sixteenth is a campus that holds others.
//!
//! | of 200 rules | what they say |
//! | --- | --- |
//! | 2 | `deny anyone from BLOCKED` |
//! | 1 | `deny GROUP` |
//! | 8 | `deny GROUP to write ROOM` |
//! | 4 | `allow anyone to read ROOM` |
//! | 4 | `allow authenticated to read ROOM from NETWORK` |
//! | 181 | `allow GROUP to ACTION ROOM`, half of them `from NETWORK`, every tenth on a floor |
//!
//! With [`Terms`] every `allow` also has a condition, and all but those for anyone a level and an age.

mod ask;
mod door;
mod random;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub use self::ask::{ASKS, Ask, Class};
pub use self::random::Random;

/// The sizes that are measured, in rules.
pub const SIZES: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];

/// The levels of assurance, weakest first.
pub const LEVELS: [&str; 3] = ["password", "mfa", "hardware-key"];

/// The methods that requests come with.
pub const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// A site: what a policy names, and its rules.
#[derive(Clone, Debug)]
pub struct Office {
    /// The floors, then the rooms.
    pub places: Vec<Place>,
    /// The groups.
    pub groups: Vec<Group>,
    /// By identity, the groups that list it.
    pub identities: Vec<Vec<usize>>,
    /// The networks, then those that are blocked.
    pub networks: Vec<Network>,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// A floor or a room: everything below a path.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its name in policies: `floor-3` or `room-17`.
    pub name: String,
    /// Its path: `/floor-3` or `/floor-3/room-17`.
    pub path: String,
    /// The floor of a room.
    pub floor: Option<usize>,
}

/// A group of identities.
#[derive(Clone, Debug)]
pub struct Group {
    /// The group that this one is part of; always one with a lower number.
    pub parent: Option<usize>,
    /// The identities that it lists.
    pub members: Vec<usize>,
}

/// A named set of prefixes.
#[derive(Clone, Debug)]
pub struct Network {
    /// Its name in policies: `net-4` or `blocked-4`.
    pub name: String,
    /// Addresses with zero host bits, and their lengths.
    pub prefixes: Vec<(IpAddr, u8)>,
}

/// Who a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Also the anonymous.
    Anyone,
    /// Every known visitor.
    Authenticated,
    /// The members of a group.
    Group(usize),
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// `POST`.
    Open,
    /// `GET`.
    Read,
    /// Any.
    Use,
    /// `POST`, `PUT`, `PATCH`, `DELETE`.
    Write,
}

impl Action {
    /// Its name in policies.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Read => "read",
            Self::Use => "use",
            Self::Write => "write",
        }
    }

    /// Its methods, as indexes into [`METHODS`].
    #[must_use]
    pub fn methods(self) -> &'static [usize] {
        match self {
            Self::Open => &[1],
            Self::Read => &[0],
            Self::Use => &[0, 1, 2, 3, 4],
            Self::Write => &[1, 2, 3, 4],
        }
    }
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Whether it is a `deny`.
    pub denies: bool,
    /// Its subjects.
    pub who: Who,
    /// What it covers.
    pub action: Action,
    /// Where; everywhere if `None`.
    pub place: Option<usize>,
    /// From where; from anywhere if `None`.
    pub network: Option<usize>,
    /// What else it asks for.
    pub terms: Option<Terms>,
}

/// What a rule of the site with conditions asks for beside who, what and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The level, as an index into [`LEVELS`], and the age of the authentication in minutes.
    pub strength: Option<(u8, u32)>,
    /// The circumstances.
    pub condition: Condition,
}

/// Circumstances that a rule asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The hours of the day, in UTC, as a half-open range that does not wrap.
    Hours(u32, u32),
    /// `context.risk` is lower.
    RiskBelow(i64),
}

impl Office {
    /// The site of that many rules.
    #[must_use]
    pub fn new(rules: usize) -> Self {
        Self::generate(rules, false)
    }

    /// The same site with [`Terms`] on every `allow`.
    #[must_use]
    pub fn with_terms(rules: usize) -> Self {
        Self::generate(rules, true)
    }

    /// The groups that an identity is in, also by way of other groups; sorted.
    #[must_use]
    pub fn groups_of(&self, identity: usize) -> Vec<usize> {
        let mut found = Vec::new();
        for &listing in &self.identities[identity] {
            let mut next = Some(listing);
            while let Some(group) = next {
                found.push(group);
                next = self.groups[group].parent;
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// An identity's name.
    #[must_use]
    pub fn identity_name(identity: usize) -> String {
        format!("user-{identity}")
    }

    /// A group's name.
    #[must_use]
    pub fn group_name(group: usize) -> String {
        format!("group-{group}")
    }

    fn generate(size: usize, terms: bool) -> Self {
        let mut random = Random::new(size as u64);
        let places = places((size / 100).max(1), (size / 10).max(4));
        let (identities, groups) = people(size.max(16), (size / 10).max(4), &mut random);
        let mut networks = networks((size / 20).max(4));
        let rules = rules(size, terms, &places, &groups, &mut networks, &mut random);
        Self { places, groups, identities, networks, rules }
    }
}

fn places(floors: usize, rooms: usize) -> Vec<Place> {
    let floor = |floor| Place { name: format!("floor-{floor}"), path: format!("/floor-{floor}"), floor: None };
    let room = |room| {
        let floor = room * floors / rooms;
        let name = format!("room-{room}");
        Place { path: format!("/floor-{floor}/{name}"), name, floor: Some(floor) }
    };
    (0..floors).map(floor).chain((0..rooms).map(room)).collect()
}

fn people(identities: usize, groups: usize, random: &mut Random) -> (Vec<Vec<usize>>, Vec<Group>) {
    let parent = |group: usize| (group % 4 == 1 && group > 1).then_some(group / 2);
    let mut groups: Vec<Group> =
        (0..groups).map(|group| Group { parent: parent(group), members: Vec::new() }).collect();
    let mut listings = Vec::with_capacity(identities);
    for identity in 0..identities {
        let more = random.below(3);
        let mut own = vec![identity % groups.len()];
        own.extend((0..more).map(|_| random.below(groups.len())));
        own.sort_unstable();
        own.dedup();
        for &group in &own {
            groups[group].members.push(identity);
        }
        listings.push(own);
    }
    (listings, groups)
}

fn networks(count: usize) -> Vec<Network> {
    let byte = |number: usize| u8::try_from(number % 256).expect("a byte");
    (0..count)
        .map(|number| {
            let mut prefixes = Vec::new();
            if number % 16 == 0 {
                prefixes.push((IpAddr::V4(Ipv4Addr::new(10, byte(number / 16), 0, 0)), 16));
            } else {
                for at in 0..=number % 2 {
                    let at = 2 * number + at;
                    prefixes.push((IpAddr::V4(Ipv4Addr::new(10, byte(at / 256), byte(at), 0)), 24));
                }
            }
            if number % 8 == 3 {
                let site = u16::try_from(number % 65_536).expect("two bytes");
                prefixes.push((IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, site, 0, 0, 0, 0, 0)), 48));
            }
            Network { name: format!("net-{number}"), prefixes }
        })
        .collect()
}

fn rules(
    size: usize,
    terms: bool,
    places: &[Place],
    groups: &[Group],
    networks: &mut Vec<Network>,
    random: &mut Random,
) -> Vec<Rule> {
    let floors = places.iter().filter(|place| place.floor.is_none()).count();
    let ordinary = networks.len();
    let mut rules = Vec::with_capacity(size);
    for number in 0..size {
        let mut rule = Rule {
            denies: false,
            who: Who::Group(random.below(groups.len())),
            action: [Action::Read, Action::Write, Action::Use, Action::Open][random.weighted(&[10, 5, 3, 2])],
            place: Some(floors + random.below(places.len() - floors)),
            network: random.chance(1, 2).then(|| random.below(ordinary)),
            terms: None,
        };
        let condition = if random.chance(1, 2) {
            Condition::Hours([6, 7, 8][random.below(3)], [17, 18, 20][random.below(3)])
        } else {
            Condition::RiskBelow([30, 50, 70][random.below(3)])
        };
        let strength = (u8::try_from(random.below(LEVELS.len())).expect("few"), [15, 60, 480][random.below(3)]);
        match number % 200 {
            3 | 103 => {
                rule = Rule { denies: true, who: Who::Anyone, action: Action::Use, place: None, ..rule };
                rule.network = Some(networks.len());
                let number = networks.len() - ordinary;
                networks.push(blocked(number, 2 * ordinary, random));
            }
            5 => {
                // The last groups have no parts, so that a `deny` on one of them keeps few people out.
                let last = groups.len() - 1 - random.below(groups.len().div_ceil(4));
                rule = Rule { denies: true, who: Who::Group(last), action: Action::Use, place: None, ..rule };
                rule.network = None;
            }
            number if number % 25 == 7 => {
                rule = Rule { denies: true, action: Action::Write, network: None, ..rule };
            }
            number if number % 50 == 1 => {
                rule = Rule { who: Who::Anyone, action: Action::Read, network: None, ..rule };
            }
            number if number % 50 == 2 => {
                rule = Rule { who: Who::Authenticated, action: Action::Read, ..rule };
                rule.network = Some(random.below(ordinary));
            }
            number if number % 10 == 9 => rule.place = Some(random.below(floors)),
            _ => {}
        }
        if terms && !rule.denies {
            rule.terms = Some(Terms { strength: (rule.who != Who::Anyone).then_some(strength), condition });
        }
        rules.push(rule);
    }
    rules
}

/// Three prefixes outside, and a corner of an office network.
fn blocked(number: usize, corners: usize, random: &mut Random) -> Network {
    let v4 = |bits: u32, length: u8| {
        let mask = u32::MAX << (32 - u32::from(length));
        (IpAddr::V4(Ipv4Addr::from_bits(bits & mask)), length)
    };
    let outside = 0xC610_0000; // 198.16.0.0/12
    let mut prefixes: Vec<_> = [24, 28, 32]
        .into_iter()
        .map(|length| v4(outside | u32::try_from(random.below(1 << 20)).expect("20 bits"), length))
        .collect();
    let corner = u32::try_from(random.below(corners)).expect("few networks");
    prefixes.push(v4(0x0A00_00F0 | corner << 8, 28));
    Network { name: format!("blocked-{number}"), prefixes }
}
