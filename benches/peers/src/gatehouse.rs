//! Gatehouse: a checker a room, with a policy a rule of that room and its floor.
//!
//! Its policies are closures, and what they capture is prepared by hand: sorted groups, ranges of addresses, one veto for
//! all blocked networks and one for all suspended groups. It is spared every name: a request comes with its groups.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use doorward_benches::engine::{Answer, Engine};
use doorward_benches::office::{Ask, METHODS, Office, Rule, Who};
use gatehouse::{EvaluationSession, PermissionChecker, PolicyBuilder, PolicyDomain};

/// A checker by room.
pub struct Gatehouse {
    checkers: HashMap<String, PermissionChecker<Rooms>>,
    nowhere: PermissionChecker<Rooms>,
    groups: HashMap<String, Arc<[usize]>>,
}

/// Visitors, methods, and an address as the context.
struct Rooms;

impl PolicyDomain for Rooms {
    type Subject = Visitor;
    type Action = usize;
    type Resource = ();
    type Context = IpAddr;
}

/// A visitor's groups, sorted; none if anonymous.
struct Visitor(Option<Arc<[usize]>>);

/// A request: the checker of its room, who, the method, and from where.
pub struct Asked<'a> {
    checker: &'a PermissionChecker<Rooms>,
    visitor: Visitor,
    method: usize,
    address: IpAddr,
}

impl Engine for Gatehouse {
    const NAME: &'static str = "gatehouse";
    type Source = Office;
    type Asked<'a> = Asked<'a>;

    fn source(office: &Office) -> Office {
        office.clone()
    }

    fn load(office: &Office) -> Self {
        let everywhere = || office.rules.iter().filter(|rule| rule.place.is_none());
        let blocked = everywhere().filter_map(|rule| rule.network);
        let blocked = Arc::new(Ranges::new(blocked.flat_map(|network| &office.networks[network].prefixes)));
        let suspended: Arc<HashSet<usize>> = Arc::new(everywhere().filter_map(group).collect());
        let mut by_place = vec![Vec::new(); office.places.len()];
        for rule in &office.rules {
            if let Some(place) = rule.place {
                by_place[place].push(rule);
            }
        }
        let checker = |rules: &mut dyn Iterator<Item = &Rule>| {
            let mut checker = PermissionChecker::named("office");
            let blocked = Arc::clone(&blocked);
            let veto = PolicyBuilder::<Rooms>::new("blocked").context(move |address| blocked.contains(*address));
            checker.add_veto(veto.build_veto());
            let suspended = Arc::clone(&suspended);
            let veto = PolicyBuilder::<Rooms>::new("suspended").subjects(move |Visitor(groups)| {
                groups.iter().flat_map(|own| &**own).any(|own| suspended.contains(own))
            });
            checker.add_veto(veto.build_veto());
            for rule in rules {
                add(&mut checker, office, rule);
            }
            checker
        };
        let rooms = office.places.iter().enumerate().map(|(index, place)| {
            let floor = place.floor.iter().flat_map(|floor| &by_place[*floor]);
            (place.name.clone(), checker(&mut by_place[index].iter().chain(floor).copied()))
        });
        let groups = (0..office.identities.len())
            .map(|identity| (Office::identity_name(identity), office.groups_of(identity).into()));
        Self { checkers: rooms.collect(), nowhere: checker(&mut std::iter::empty()), groups: groups.collect() }
    }

    fn ask<'a>(&'a self, ask: &'a Ask) -> Asked<'a> {
        Asked {
            checker: self.checkers.get(ask.place()).unwrap_or(&self.nowhere),
            visitor: Visitor(ask.identity.as_ref().and_then(|identity| self.groups.get(identity)).cloned()),
            method: METHODS.iter().position(|method| *method == ask.method).expect("one of the five"),
            address: ask.address,
        }
    }

    fn answer(&self, asked: &Asked<'_>) -> Answer {
        let session = EvaluationSession::shared_empty();
        let bound = asked.checker.bind(session, &asked.visitor, &asked.method, &asked.address);
        Answer::Allowed(pollster::block_on(bound.check(&())).is_granted())
    }
}

fn add(checker: &mut PermissionChecker<Rooms>, office: &Office, rule: &Rule) {
    let (who, action) = (rule.who, rule.action);
    let network = rule.network.map(|network| Ranges::new(&office.networks[network].prefixes));
    let policy = PolicyBuilder::<Rooms>::new("rule").when(move |Visitor(groups), method, (), address| {
        let is_subject = match (who, groups) {
            (Who::Anyone, _) => true,
            (_, None) => false,
            (Who::Authenticated, Some(_)) => true,
            (Who::Group(group), Some(groups)) => groups.binary_search(&group).is_ok(),
        };
        is_subject
            && action.methods().contains(method)
            && network.as_ref().is_none_or(|network| network.contains(*address))
    });
    if rule.denies {
        checker.add_veto(policy.build_veto());
    } else {
        checker.add_policy(policy.build());
    }
}

fn group(rule: &Rule) -> Option<usize> {
    match rule.who {
        Who::Group(group) => Some(group),
        Who::Anyone | Who::Authenticated => None,
    }
}

/// First and last addresses, sorted, and the furthest last so far: ranges may overlap.
struct Ranges(Vec<(IpAddr, IpAddr)>);

impl Ranges {
    fn new<'a>(prefixes: impl IntoIterator<Item = &'a (IpAddr, u8)>) -> Self {
        let mut ranges: Vec<(IpAddr, IpAddr)> = prefixes
            .into_iter()
            .map(|&(first, length)| match first {
                IpAddr::V4(address) => {
                    let hosts = u32::MAX.checked_shr(length.into()).unwrap_or(0);
                    (first, IpAddr::V4((address.to_bits() | hosts).into()))
                }
                IpAddr::V6(address) => {
                    let hosts = u128::MAX.checked_shr(length.into()).unwrap_or(0);
                    (first, IpAddr::V6((address.to_bits() | hosts).into()))
                }
            })
            .collect();
        ranges.sort_unstable();
        let mut merged: Vec<(IpAddr, IpAddr)> = Vec::new();
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(before) if first <= before.1 => before.1 = before.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        Self(merged)
    }

    fn contains(&self, address: IpAddr) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= address);
        after.checked_sub(1).is_some_and(|at| address <= self.0[at].1)
    }
}
