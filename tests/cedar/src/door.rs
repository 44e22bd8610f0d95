//! A site and a request in Doorward's words.

use std::net::IpAddr;

use doorward::{Known, Subject, Value};

use crate::site::{
    Condition, DECLARED, DEEDS, GROUPS, LEVELS, LISTED, NETWORKS, Network, Number, PARAMETERS, Pattern, Place, ROOMS,
    Request, Rule, SEGMENTS, SHAPES, Segment, Site, Subjects, Test, VERBS, VISITORS, WORDS, Who, Word, holds,
};

/// The policy as text. Rule 0 is labelled `r0`, and so on.
#[must_use]
pub fn policy(site: &Site) -> String {
    let mut text = format!("assurance {}\n", LEVELS.join(" < "));
    text += "identities have { team: string, clearance: int, trusted: bool }\n";
    text += "context has { vip: bool, risk: int, country: string, proxy: address }\n";
    for (name, recorded) in DECLARED.iter().zip(&site.recorded) {
        text += &match recorded {
            None => format!("identity {name:?}\n"),
            Some(facts) => format!(
                "identity {name:?} {{ team: {:?}, clearance: {}, trusted: {} }}\n",
                WORDS[facts.team], facts.clearance, facts.trusted
            ),
        };
    }
    for (name, members) in GROUPS.iter().zip(&site.groups) {
        text += &format!("group {name} = {}\n", list(members, who));
    }
    for name in &GROUPS[LISTED..] {
        text += &format!("group {name} claimed\n");
    }
    for (name, items) in NETWORKS.iter().zip(&site.networks) {
        text += &format!("network {name} = {}\n", list(items, network));
    }
    text += &format!("action publish is {}\naction archive\n", holds("publish").join(", "));
    for (name, room) in ROOMS.iter().zip(&site.rooms) {
        text += &format!("room {name} at {}", list(&room.patterns, pattern));
        if room.attributes {
            text += " has { open: bool, rank: int, tag: string, tags: set of string, owner: identity, \
                     editors: set of identity, readers: group, circles: set of group }";
        }
        text += "\n";
    }
    for (number, rule) in site.rules.iter().enumerate() {
        text += &format!("r{number}: {}\n", self::rule(rule));
    }
    text
}

fn rule(rule: &Rule) -> String {
    let mut text = String::from(if rule.forbids { "deny " } else { "allow " });
    text += &match &rule.subjects {
        Subjects::Anyone => "anyone".to_owned(),
        Subjects::Authenticated => "authenticated".to_owned(),
        Subjects::Some(some) => list(some, who),
    };
    text += &except(&rule.except_subjects, who);
    if let Some(level) = rule.level {
        text += &format!(" {} {}", if rule.forbids { "without" } else { "with" }, LEVELS[level]);
    }
    if !rule.verbs.is_empty() || !rule.places.is_empty() {
        text += " to ";
        text +=
            &if rule.verbs.is_empty() { "use".to_owned() } else { list(&rule.verbs, |verb| VERBS[*verb].to_owned()) };
    }
    if !rule.places.is_empty() {
        text += &format!(" {}{}", list(&rule.places, place), except(&rule.except_places, place));
    }
    if !rule.origins.is_empty() {
        text += &format!(" from {}{}", list(&rule.origins, network), except(&rule.except_origins, network));
    }
    if let Some(when) = &rule.when {
        text += &format!(" when {}", condition(when));
    }
    if let Some(unless) = &rule.unless {
        text += &format!(" unless {}", condition(unless));
    }
    text
}

fn list<T>(items: &[T], item: impl Fn(&T) -> String) -> String {
    items.iter().map(item).collect::<Vec<_>>().join(", ")
}

fn except<T>(items: &[T], item: impl Fn(&T) -> String) -> String {
    if items.is_empty() { String::new() } else { format!(" except {}", list(items, item)) }
}

fn who(who: &Who) -> String {
    match who {
        Who::Identity(identity) => format!("{:?}", DECLARED[*identity]),
        Who::Group(group) => GROUPS[*group].to_owned(),
    }
}

fn network(network: &Network) -> String {
    match network {
        Network::Named(network) => NETWORKS[*network].to_owned(),
        Network::Prefix(address, bits) => format!("{address}/{bits}"),
    }
}

fn place(place: &Place) -> String {
    match place {
        Place::Room(room) => ROOMS[*room].to_owned(),
        Place::Pattern(inline) => pattern(inline),
    }
}

fn pattern(pattern: &Pattern) -> String {
    let mut text = String::new();
    for segment in &pattern.segments {
        text += &match segment {
            Segment::Any => "/*".to_owned(),
            Segment::Literal(literal) => format!("/{}", SEGMENTS[*literal]),
            Segment::Parameter(parameter) => format!("/{{{}}}", PARAMETERS[*parameter]),
        };
    }
    text += if pattern.rest { "/**" } else { "" };
    match text.as_str() {
        "" => "/".to_owned(),
        ascii if ascii.is_ascii() => text,
        _ => format!("{text:?}"),
    }
}

fn condition(condition: &Condition) -> String {
    match condition {
        Condition::And(left, right) => format!("({} and {})", self::condition(left), self::condition(right)),
        Condition::Not(inner) => format!("not ({})", self::condition(inner)),
        Condition::Or(left, right) => format!("({} or {})", self::condition(left), self::condition(right)),
        Condition::Test(test) => self::test(test),
    }
}

fn test(test: &Test) -> String {
    match test {
        Test::AddressIsProxy => "address == context.proxy".to_owned(),
        Test::AddressIn(of) => format!("address in {}", network(of)),
        Test::Among(of, words) => format!("{} in {{ {} }}", word(of), list(words, |of| format!("{:?}", WORDS[*of]))),
        Test::InCircles => "identity in room.circles".to_owned(),
        Test::InEditors => "identity in room.editors".to_owned(),
        Test::InGroup(group) => format!("identity in {}", GROUPS[*group]),
        Test::InReaders => "identity in room.readers".to_owned(),
        Test::Is(identity) => format!("identity == {:?}", DECLARED[*identity]),
        Test::IsOwner => "identity == room.owner".to_owned(),
        Test::Like(of, shape) => format!("{} like {:?}", word(of), SHAPES[*shape]),
        Test::Open => "room.open".to_owned(),
        Test::Order(left, sign, right) => format!("{} {} {}", number(left), sign.0, number(right)),
        Test::OwnerIs(identity) => format!("room.owner == {:?}", DECLARED[*identity]),
        Test::ProxyIn(of) => format!("context.proxy in {}", network(of)),
        Test::Same(left, true, right) => format!("{} == {}", word(left), word(right)),
        Test::Same(left, false, right) => format!("{} != {}", word(left), word(right)),
        Test::Tagged(of) => format!("{} in room.tags", word(of)),
        Test::Trusted => "identity.trusted".to_owned(),
        Test::Vip => "context.vip".to_owned(),
    }
}

fn word(word: &Word) -> String {
    match word {
        Word::Country => "context.country".to_owned(),
        Word::Literal(literal) => format!("{:?}", WORDS[*literal]),
        Word::Name => "identity.name".to_owned(),
        Word::Parameter(parameter) => format!("room.{}", PARAMETERS[*parameter]),
        Word::Tag => "room.tag".to_owned(),
        Word::Team => "identity.team".to_owned(),
    }
}

fn number(number: &Number) -> String {
    match number {
        Number::Clearance => "identity.clearance".to_owned(),
        Number::Literal(literal) => literal.to_string(),
        Number::Rank => "room.rank".to_owned(),
        Number::Risk => "context.risk".to_owned(),
    }
}

/// The request as Doorward is asked: everything that the visitor claims, the path as it is sent.
#[must_use]
pub fn request(request: &Request) -> doorward::Request<'static> {
    let subject = match &request.visitor {
        None => Subject::Anonymous,
        Some(visitor) => {
            let mut known = Known::new(VISITORS[visitor.name])
                .assurance(LEVELS[visitor.level])
                .attribute("team", WORDS[visitor.facts.team])
                .attribute("clearance", visitor.facts.clearance)
                .attribute("trusted", visitor.facts.trusted);
            for group in &visitor.groups {
                known = known.group(GROUPS[*group]);
            }
            known.into()
        }
    };
    let address = match request.address {
        IpAddr::V4(address) if request.mapped => address.to_ipv6_mapped().into(),
        address => address,
    };
    let names =
        |of: &[usize], names: &[&'static str]| -> Value<'static> { of.iter().map(|name| names[*name]).collect() };
    doorward::Request::new(subject, DEEDS[request.deed], path(request))
        .address(address)
        .room_attribute("open", request.room.open)
        .room_attribute("rank", request.room.rank)
        .room_attribute("tag", WORDS[request.room.tag])
        .room_attribute("tags", names(&request.room.tags, &WORDS))
        .room_attribute("owner", VISITORS[request.room.owner])
        .room_attribute("editors", names(&request.room.editors, &VISITORS))
        .room_attribute("readers", GROUPS[request.room.readers])
        .room_attribute("circles", names(&request.room.circles, &GROUPS))
        .context("vip", request.context.vip)
        .context("risk", request.context.risk)
        .context("country", WORDS[request.context.country])
        .context("proxy", request.context.proxy)
}

fn path(request: &Request) -> String {
    let mut path = String::new();
    for segment in &request.path {
        path += "/";
        if request.ornate {
            path.extend(SEGMENTS[*segment].bytes().map(|byte| format!("%{byte:02X}")));
        } else {
            path += SEGMENTS[*segment];
        }
    }
    if path.is_empty() || request.ornate {
        path += "/";
    }
    if request.ornate {
        path += "?page=/2";
    }
    path
}
