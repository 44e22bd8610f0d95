//! *Office* written by hand: what a programmer would do who knows that one policy, has a day, and needs no other.
//!
//! It knows what Doorward must find out: that a path is at most a floor and a room, that all levels and conditions have one
//! of three shapes, that a rule asks for one group at most, that nobody claims anything. So it splits a path into its first
//! two segments and looks them up; it decodes nothing, refuses no ambiguous spelling, reads no query, folds no IPv4-mapped
//! address and checks no name. Whether somebody else could enter is worked out beforehand for each rule and method, since
//! here it depends on nothing else.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::ops::Range;

use crate::office::{Ask, Condition, LEVELS, METHODS, Office, Terms, Who};

const ANYONE: u32 = u32::MAX;
const AUTHENTICATED: u32 = u32::MAX - 1;
const ANYWHERE: u32 = u32::MAX;
const NO_TERMS: u32 = u32::MAX;

/// The policy, ready to decide.
#[derive(Debug)]
pub struct Plain {
    identities: HashMap<String, u32>,
    visitors: Vec<Visitor>,
    // A floor's or a room's path without a trailing slash; slot 0 is nowhere.
    places: HashMap<String, u32>,
    // By place and then by method.
    slots: Vec<Slot>,
    entries: Vec<Entry>,
    denied: Vec<u32>,
    terms: Vec<Terms>,
    v4: Ranges<u32>,
    v6: Ranges<u128>,
    origins: Vec<Origin>,
}

/// A request whose names have been looked up.
#[derive(Clone, Copy, Debug)]
pub struct Prepared<'a> {
    // An identity that is not declared has the last number, and no groups.
    visitor: Option<u32>,
    slot: u32,
    origin: u32,
    ask: &'a Ask,
}

#[derive(Debug)]
struct Visitor {
    blocked: bool,
    groups: Box<[u32]>,
}

#[derive(Debug)]
struct Origin {
    blocked: bool,
    networks: Box<[u32]>,
}

#[derive(Debug)]
struct Slot {
    entries: Range<u32>,
    denied: Range<u32>,
}

/// An `allow` for one method at one place.
#[derive(Clone, Copy, Debug)]
struct Entry {
    group: u32,
    network: u32,
    terms: u32,
    // Whether there is an identity that the rule lets in and no `deny` here keeps out.
    hope: bool,
}

/// Adjoining ranges of addresses: the first of each, and its origin.
#[derive(Debug)]
struct Ranges<T> {
    starts: Vec<T>,
    origins: Vec<u32>,
}

impl<T: Ord> Ranges<T> {
    fn find(&self, address: &T) -> u32 {
        self.origins[self.starts.partition_point(|start| start <= address) - 1]
    }
}

impl Plain {
    /// Reads the rules of a site.
    #[must_use]
    pub fn new(office: &Office) -> Self {
        let mut plain = Self {
            identities: HashMap::new(),
            visitors: Vec::new(),
            places: HashMap::new(),
            slots: Vec::new(),
            entries: Vec::new(),
            denied: Vec::new(),
            terms: Vec::new(),
            v4: Ranges { starts: Vec::new(), origins: Vec::new() },
            v6: Ranges { starts: Vec::new(), origins: Vec::new() },
            origins: Vec::new(),
        };
        plain.read_people(office);
        plain.read_networks(office);
        plain.read_places(office);
        plain
    }

    /// The status for a request as it comes: 200, 401 or 403.
    #[must_use]
    pub fn status(&self, ask: &Ask) -> u16 {
        self.status_of(&self.prepare(ask))
    }

    /// Looks the names of a request up.
    #[must_use]
    pub fn prepare<'a>(&self, ask: &'a Ask) -> Prepared<'a> {
        let unknown = number(self.visitors.len() - 1);
        let visitor = ask.identity.as_ref().map(|identity| self.identities.get(identity).copied().unwrap_or(unknown));
        let slot = self.place(&ask.path) * number(METHODS.len()) + method(ask.method);
        let origin = match ask.address {
            IpAddr::V4(address) => self.v4.find(&address.to_bits()),
            IpAddr::V6(address) => self.v6.find(&address.to_bits()),
        };
        Prepared { visitor, slot, origin, ask }
    }

    /// The status for a prepared request.
    #[must_use]
    pub fn status_of(&self, prepared: &Prepared<'_>) -> u16 {
        let origin = &self.origins[prepared.origin as usize];
        if origin.blocked {
            return 403;
        }
        let slot = &self.slots[prepared.slot as usize];
        let entries = &self.entries[slot.entries.start as usize..slot.entries.end as usize];
        let open = entries.iter().filter(|entry| {
            (entry.network == ANYWHERE || origin.networks.contains(&entry.network)) && self.holds(entry, prepared.ask)
        });
        let mut helps = false;
        match prepared.visitor {
            None => {
                for entry in open {
                    if entry.group == ANYONE {
                        return 200;
                    }
                    helps |= entry.hope;
                }
            }
            Some(visitor) => {
                let visitor = &self.visitors[visitor as usize];
                let denied = &self.denied[slot.denied.start as usize..slot.denied.end as usize];
                if visitor.blocked || denied.iter().any(|group| visitor.groups.contains(group)) {
                    return 403;
                }
                for entry in open {
                    if entry.group >= AUTHENTICATED || visitor.groups.contains(&entry.group) {
                        if self.is_strong(entry, prepared.ask) {
                            return 200;
                        }
                        helps = true;
                    }
                }
            }
        }
        if helps { 401 } else { 403 }
    }

    /// The deepest place that holds a path: its first two segments, or else its first one.
    fn place(&self, path: &str) -> u32 {
        let after = |start: usize| path[start..].find('/').map_or(path.len(), |at| start + at);
        let floor = after(1);
        let room = if floor < path.len() { after(floor + 1) } else { floor };
        self.places.get(&path[..room]).or_else(|| self.places.get(&path[..floor])).copied().unwrap_or(0)
    }

    fn holds(&self, entry: &Entry, ask: &Ask) -> bool {
        entry.terms == NO_TERMS
            || match self.terms[entry.terms as usize].condition {
                Condition::Hours(from, to) => {
                    (i64::from(from) * 3600..i64::from(to) * 3600).contains(&ask.circumstances.now.rem_euclid(86_400))
                }
                Condition::RiskBelow(bound) => ask.circumstances.risk < bound,
            }
    }

    fn is_strong(&self, entry: &Entry, ask: &Ask) -> bool {
        if entry.terms == NO_TERMS {
            return true;
        }
        let Some((least, minutes)) = self.terms[entry.terms as usize].strength else { return true };
        let level = LEVELS.iter().position(|level| *level == ask.circumstances.level).unwrap_or(0);
        let age = ask.circumstances.now - ask.circumstances.authenticated_at;
        level >= usize::from(least) && age <= i64::from(minutes) * 60
    }

    fn read_people(&mut self, office: &Office) {
        let denied: Vec<u32> =
            office.rules.iter().filter(|rule| rule.denies && rule.place.is_none()).filter_map(group).collect();
        for identity in 0..office.identities.len() {
            self.identities.insert(Office::identity_name(identity), number(identity));
            let groups: Box<[u32]> = office.groups_of(identity).into_iter().map(number).collect();
            self.visitors.push(Visitor { blocked: groups.iter().any(|group| denied.contains(group)), groups });
        }
        self.visitors.push(Visitor { blocked: false, groups: Box::new([]) });
    }

    fn read_networks(&mut self, office: &Office) {
        let mut ends: [Vec<(u128, bool, u32)>; 2] = [Vec::new(), Vec::new()];
        for (index, network) in office.networks.iter().enumerate() {
            for &(address, length) in &network.prefixes {
                let (first, width, family) = match address {
                    IpAddr::V4(address) => (u128::from(address.to_bits()), 32, 0),
                    IpAddr::V6(address) => (address.to_bits(), 128, 1),
                };
                let next = first + (1 << (width - u32::from(length)));
                ends[family].extend([(first, true, number(index)), (next, false, number(index))]);
            }
        }
        let blocked: BTreeSet<u32> =
            office.rules.iter().filter(|rule| rule.denies).filter_map(|rule| rule.network.map(number)).collect();
        let [mut v4, mut v6] = ends;
        for (start, origin) in self.sweep(&mut v4, &blocked) {
            // What follows the last address is no address.
            if let Ok(start) = u32::try_from(start) {
                self.v4.starts.push(start);
                self.v4.origins.push(origin);
            }
        }
        for (start, origin) in self.sweep(&mut v6, &blocked) {
            self.v6.starts.push(start);
            self.v6.origins.push(origin);
        }
    }

    /// From where prefixes begin and end to ranges that lie in the same networks. A prefix may be listed twice.
    fn sweep(&mut self, ends: &mut [(u128, bool, u32)], blocked: &BTreeSet<u32>) -> Vec<(u128, u32)> {
        ends.sort_unstable();
        let mut open: Vec<u32> = Vec::new();
        let mut ranges = vec![(0, self.origin(&open, blocked))];
        for together in ends.chunk_by(|left, right| left.0 == right.0) {
            for &(_, opens, network) in together {
                if opens {
                    open.push(network);
                } else if let Some(at) = open.iter().position(|other| *other == network) {
                    open.swap_remove(at);
                }
            }
            ranges.push((together[0].0, self.origin(&open, blocked)));
        }
        ranges
    }

    fn origin(&mut self, open: &[u32], blocked: &BTreeSet<u32>) -> u32 {
        let is_blocked = open.iter().any(|network| blocked.contains(network));
        self.origins.push(Origin { blocked: is_blocked, networks: open.into() });
        number(self.origins.len() - 1)
    }

    fn read_places(&mut self, office: &Office) {
        let mut members = vec![Vec::new(); office.groups.len()];
        for (identity, visitor) in self.visitors.iter().enumerate().filter(|(_, visitor)| !visitor.blocked) {
            visitor.groups.iter().for_each(|&group| members[group as usize].push(identity));
        }
        let mut by_place = vec![Vec::new(); office.places.len()];
        for rule in &office.rules {
            if let Some(place) = rule.place {
                by_place[place].push(rule);
            }
        }
        let nowhere = Slot { entries: 0..0, denied: 0..0 };
        self.slots.extend(
            (0..METHODS.len()).map(|_| Slot { entries: nowhere.entries.clone(), denied: nowhere.denied.clone() }),
        );
        for (index, place) in office.places.iter().enumerate() {
            self.places.insert(place.path.clone(), number(index + 1));
            for method in 0..METHODS.len() {
                let here = || {
                    let all =
                        by_place[index].iter().chain(place.floor.map(|floor| &by_place[floor]).into_iter().flatten());
                    all.filter(move |rule| rule.action.methods().contains(&method))
                };
                let (entries, denied) = (number(self.entries.len()), number(self.denied.len()));
                self.denied.extend(here().filter(|rule| rule.denies).filter_map(|rule| group(rule)));
                for rule in here().filter(|rule| !rule.denies) {
                    let free = |&identity: &usize| {
                        let groups = &self.visitors[identity].groups;
                        !self.denied[denied as usize..].iter().any(|group| groups.contains(group))
                    };
                    let (group, hope) = match rule.who {
                        Who::Anyone => (ANYONE, false),
                        Who::Authenticated => (AUTHENTICATED, true),
                        Who::Group(group) => (number(group), members[group].iter().any(free)),
                    };
                    let network = rule.network.map_or(ANYWHERE, number);
                    let terms = rule.terms.map_or(NO_TERMS, |terms| self.terms_number(terms));
                    self.entries.push(Entry { group, network, terms, hope });
                }
                self.slots.push(Slot {
                    entries: entries..number(self.entries.len()),
                    denied: denied..number(self.denied.len()),
                });
            }
        }
    }

    fn terms_number(&mut self, terms: Terms) -> u32 {
        let known = self.terms.iter().position(|known| *known == terms);
        number(known.unwrap_or_else(|| {
            self.terms.push(terms);
            self.terms.len() - 1
        }))
    }
}

fn group(rule: &crate::office::Rule) -> Option<u32> {
    match rule.who {
        Who::Group(group) => Some(number(group)),
        Who::Anyone | Who::Authenticated => None,
    }
}

/// The index of a method in [`METHODS`].
fn method(method: &str) -> u32 {
    match method {
        "GET" => 0,
        "POST" => 1,
        "PUT" => 2,
        "PATCH" => 3,
        "DELETE" => 4,
        _ => unreachable!("requests come with one of the five"),
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than 2^32")
}
