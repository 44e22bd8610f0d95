//! Sites and requests to them: small, so that rules meet, and with nothing missing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

use crate::site::{
    Circumstances, Condition, DECLARED, DEEDS, Facts, GROUPS, LEVELS, LISTED, NETWORKS, Network, Number, PARAMETERS,
    Pattern, Place, ROOMS, Request, Room, RoomFacts, Rule, SEGMENTS, SHAPES, Segment, Sign, Site, Subjects, Test,
    VERBS, VISITORS, Visitor, WORDS, Who, Word,
};

/// Addresses at and beside the edges of the prefixes that are made of them.
const ADDRESSES: [&str; 10] = [
    "10.1.2.3",
    "10.1.2.4",
    "10.1.3.0",
    "10.255.255.255",
    "11.0.0.0",
    "192.168.0.1",
    "2001:db8::1",
    "2001:db8:0:1::",
    "2001:db9::",
    "::1",
];

/// A site, and so many requests to it.
pub fn any_trial(requests: usize) -> impl Strategy<Value = (Site, Vec<Request>)> {
    (any_site(), vec(any_request(), requests))
}

/// A site with one to eight rules.
pub fn any_site() -> impl Strategy<Value = Site> {
    let groups = vec(vec(who(), 1..4), LISTED);
    let networks = vec(vec(network(), 1..3), NETWORKS.len());
    let recorded = vec(weighted(0.6, facts()), DECLARED.len());
    (groups, networks, recorded, vec(room(), ROOMS.len()), vec(rule(), 1..=8)).prop_map(
        |(mut groups, mut networks, recorded, rooms, rules)| {
            for (own, members) in groups.iter_mut().enumerate() {
                for member in members {
                    if let Who::Group(group) = member {
                        *group = own + 1 + *group % (GROUPS.len() - own - 1);
                    }
                }
            }
            for (own, items) in networks.iter_mut().enumerate() {
                for item in items {
                    if let Network::Named(network) = item {
                        *item = match NETWORKS.len() - own - 1 {
                            0 => Network::Prefix(Ipv4Addr::UNSPECIFIED.into(), 0),
                            below => Network::Named(own + 1 + *network % below),
                        };
                    }
                }
            }
            let mut site = Site { groups, networks, recorded, rooms, rules: Vec::new() };
            site.rules = rules.into_iter().map(|rule| fitted(rule, &site)).collect();
            site
        },
    )
}

/// The rule without what the language would refuse: tests of an identity where the anonymous may come, and tests of
/// attributes and parameters that some of its patterns lack.
fn fitted(mut rule: Rule, site: &Site) -> Rule {
    let anonymous = matches!(rule.subjects, Subjects::Anyone);
    let attributes = !rule.places.is_empty()
        && rule.places.iter().all(|place| matches!(place, Place::Room(room) if site.rooms[*room].attributes));
    let patterns = site.patterns(&rule.places);
    let fits = |test: &Test| {
        let lacking =
            patterns.iter().any(|pattern| !test.within(pattern)) || (patterns.is_empty() && test.of_parameter());
        let refused = (anonymous && test.of_visitor()) || (!attributes && test.of_room()) || lacking;
        !refused
    };
    let when = rule.when.take().and_then(|condition| condition.pruned(&fits));
    let unless = rule.unless.take().and_then(|condition| condition.pruned(&fits));
    if rule.places.is_empty() {
        rule.except_places.clear();
    }
    if rule.origins.is_empty() {
        rule.except_origins.clear();
    }
    Rule { when, unless, ..rule }
}

/// A request in which nothing is missing.
pub fn any_request() -> impl Strategy<Value = Request> {
    let path = vec(0..SEGMENTS.len(), 0..4);
    let circumstances = (any::<bool>(), 0..4i64, word(), address());
    (
        weighted(0.85, visitor()),
        0..DEEDS.len(),
        path,
        any::<bool>(),
        address(),
        any::<bool>(),
        room_facts(),
        circumstances,
    )
        .prop_map(|(visitor, deed, path, ornate, address, mapped, room, (vip, risk, country, proxy))| Request {
            visitor,
            deed,
            path,
            ornate,
            address,
            mapped,
            room,
            context: Circumstances { vip, risk, country, proxy },
        })
}

fn visitor() -> impl Strategy<Value = Visitor> {
    (0..VISITORS.len(), 0..LEVELS.len(), vec(0..GROUPS.len(), 0..3), facts())
        .prop_map(|(name, level, groups, facts)| Visitor { name, level, groups, facts })
}

fn facts() -> impl Strategy<Value = Facts> {
    (word(), 0..4i64, any::<bool>()).prop_map(|(team, clearance, trusted)| Facts { team, clearance, trusted })
}

fn room_facts() -> impl Strategy<Value = RoomFacts> {
    let one = (any::<bool>(), 0..4i64, word(), 0..VISITORS.len(), 0..GROUPS.len());
    let many = (vec(word(), 0..3), vec(0..VISITORS.len(), 0..4), vec(0..GROUPS.len(), 0..3));
    (one, many).prop_map(|((open, rank, tag, owner, readers), (tags, editors, circles))| RoomFacts {
        open,
        rank,
        tag,
        tags,
        owner,
        editors,
        readers,
        circles,
    })
}

fn room() -> impl Strategy<Value = Room> {
    (vec(pattern(), 1..3), prop::bool::weighted(0.8)).prop_map(|(patterns, attributes)| Room { patterns, attributes })
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let segment = prop_oneof![
        3 => (0..SEGMENTS.len()).prop_map(Segment::Literal),
        2 => (0..PARAMETERS.len()).prop_map(Segment::Parameter),
        1 => Just(Segment::Any),
    ];
    (vec(segment, 0..3), prop::bool::weighted(0.7)).prop_map(|(mut segments, rest)| {
        if let [Segment::Parameter(first), Segment::Parameter(second)] = segments.as_mut_slice() {
            *second = 1 - *first;
        }
        Pattern { segments, rest }
    })
}

fn rule() -> impl Strategy<Value = Rule> {
    let subjects = prop_oneof![
        2 => Just(Subjects::Anyone),
        2 => Just(Subjects::Authenticated),
        4 => vec(who(), 1..3).prop_map(Subjects::Some),
    ];
    let subjects = (subjects, few(0.3, who()), weighted(0.25, 0..LEVELS.len()));
    let verbs = few(0.5, 0..VERBS.len());
    let places = (few(0.8, place()), few(0.3, place()));
    let origins = (few(0.35, network()), few(0.4, network()));
    let conditions = (weighted(0.5, condition()), weighted(0.25, condition()));
    (prop::bool::weighted(0.4), subjects, verbs, places, origins, conditions).prop_map(
        |(forbids, (subjects, except_subjects, level), verbs, places, origins, (when, unless))| Rule {
            forbids,
            subjects,
            except_subjects,
            level,
            verbs,
            places: places.0,
            except_places: places.1,
            origins: origins.0,
            except_origins: origins.1,
            when,
            unless,
        },
    )
}

/// One or two, as often as that; else none.
fn few<S: Strategy>(often: f64, of: S) -> impl Strategy<Value = Vec<S::Value>>
where
    S::Value: Clone,
{
    weighted(often, vec(of, 1..3)).prop_map(Option::unwrap_or_default)
}

fn who() -> impl Strategy<Value = Who> {
    prop_oneof![(0..DECLARED.len()).prop_map(Who::Identity), (0..GROUPS.len()).prop_map(Who::Group)]
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![4 => (0..ROOMS.len()).prop_map(Place::Room), 1 => pattern().prop_map(Place::Pattern)]
}

fn address() -> impl Strategy<Value = IpAddr> {
    select(&ADDRESSES[..]).prop_map(|text| text.parse().expect("an address"))
}

fn network() -> impl Strategy<Value = Network> {
    let v4 = select(&[0u8, 8, 15, 16, 24, 29, 31, 32][..]);
    let v6 = select(&[0u8, 16, 31, 32, 48, 64, 127, 128][..]);
    let prefix = (address(), v4, v6).prop_map(|(address, v4, v6)| match address {
        IpAddr::V4(address) => {
            let kept = u32::MAX.checked_shl(32 - u32::from(v4)).unwrap_or(0);
            Network::Prefix(Ipv4Addr::from_bits(address.to_bits() & kept).into(), v4)
        }
        IpAddr::V6(address) => {
            let kept = u128::MAX.checked_shl(128 - u32::from(v6)).unwrap_or(0);
            Network::Prefix(Ipv6Addr::from_bits(address.to_bits() & kept).into(), v6)
        }
    });
    prop_oneof![prefix, (0..NETWORKS.len()).prop_map(Network::Named)]
}

fn condition() -> impl Strategy<Value = Condition> {
    test().prop_map(Condition::Test).prop_recursive(2, 4, 2, |inner| {
        let pair = || (inner.clone().prop_map(Box::new), inner.clone().prop_map(Box::new));
        prop_oneof![
            pair().prop_map(|(left, right)| Condition::And(left, right)),
            inner.clone().prop_map(|inner| Condition::Not(Box::new(inner))),
            pair().prop_map(|(left, right)| Condition::Or(left, right)),
        ]
    })
}

fn test() -> impl Strategy<Value = Test> {
    let flags = select(&[Test::Open, Test::Trusted, Test::Vip][..]);
    let visitors = select(&[Test::InCircles, Test::InEditors, Test::InReaders, Test::IsOwner][..]);
    let networks = prop_oneof![
        Just(Test::AddressIsProxy),
        network().prop_map(Test::AddressIn),
        network().prop_map(Test::ProxyIn),
    ];
    let identities = prop_oneof![
        (0..GROUPS.len()).prop_map(Test::InGroup),
        (0..DECLARED.len()).prop_map(Test::Is),
        (0..DECLARED.len()).prop_map(Test::OwnerIs),
    ];
    let words = prop_oneof![
        (attribute_word(), vec(word(), 1..4)).prop_map(|(of, words)| Test::Among(of, words)),
        (fixed_word(), 0..SHAPES.len()).prop_map(|(of, shape)| Test::Like(of, shape)),
        attribute_word().prop_map(Test::Tagged),
        (attribute_word(), any::<bool>(), other_word()).prop_map(|(left, same, right)| Test::Same(left, same, right)),
    ];
    prop_oneof![1 => flags, 1 => visitors, 1 => networks, 1 => identities, 2 => words, 1 => order()]
}

fn order() -> impl Strategy<Value = Test> {
    let fixed = || select(&[Number::Rank, Number::Risk][..]);
    let any = prop_oneof![fixed(), (0..4i64).prop_map(Number::Literal), Just(Number::Clearance)];
    let sign = || select(&["==", "!=", "<", "<=", ">", ">="][..]).prop_map(Sign);
    let other = prop_oneof![fixed(), (0..4i64).prop_map(Number::Literal)];
    prop_oneof![
        (fixed(), sign(), any).prop_map(|(left, sign, right)| Test::Order(left, sign, right)),
        (sign(), other).prop_map(|(sign, right)| Test::Order(Number::Clearance, sign, right)),
    ]
}

fn word() -> impl Strategy<Value = usize> {
    0..WORDS.len()
}

/// A word that is the same whoever asks.
fn fixed_word() -> impl Strategy<Value = Word> {
    prop_oneof![Just(Word::Country), Just(Word::Tag), (0..PARAMETERS.len()).prop_map(Word::Parameter)]
}

fn attribute_word() -> impl Strategy<Value = Word> {
    prop_oneof![2 => fixed_word(), 1 => Just(Word::Name), 1 => Just(Word::Team)]
}

/// A word to compare with another one; two of the visitor's are never compared.
fn other_word() -> impl Strategy<Value = Word> {
    prop_oneof![fixed_word(), word().prop_map(Word::Literal)]
}
