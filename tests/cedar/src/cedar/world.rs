//! Requests as Cedar entities and requests: who is in which group, which action and path is below which, and what is known
//! of each.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request as CedarRequest, RestrictedExpression,
};

use super::Slip;
use crate::site::{DECLARED, DEEDS, GROUPS, LISTED, Request, SEGMENTS, Site, VERBS, VISITORS, WORDS, Who, holds};

type Attributes = HashMap<String, RestrictedExpression>;

/// The request: the visitor, or the one principal that stands for the anonymous; the method that decides; the path.
#[must_use]
pub fn request(request: &Request, slip: Option<Slip>) -> CedarRequest {
    let action = match DEEDS[request.deed] {
        "HEAD" if slip != Some(Slip::HeadIsNoGet) => "GET",
        deed => deed,
    };
    let address = match request.address {
        IpAddr::V4(address) if request.mapped && slip == Some(Slip::MappedIsApart) => {
            // Cedar reads no IPv6 address with dots.
            let [high, low] = [address.to_bits() >> 16, address.to_bits() & 0xffff];
            format!("::ffff:{high:x}:{low:x}")
        }
        address => address.to_string(),
    };
    let context = [
        ("address", RestrictedExpression::new_ip(address)),
        ("proxy", RestrictedExpression::new_ip(request.context.proxy.to_string())),
        ("vip", RestrictedExpression::new_bool(request.context.vip)),
        ("risk", RestrictedExpression::new_long(request.context.risk)),
        ("country", word(request.context.country)),
    ];
    let context = Context::from_pairs(context.map(|(name, value)| (name.to_owned(), value))).expect("a context");
    CedarRequest::new(principal(request), uid("Action", action), path(&request.path), context, None).expect("a request")
}

/// The entities that a request needs: its principal and its path with what is above them, the groups and the actions.
#[must_use]
pub fn entities(site: &Site, request: &Request, slip: Option<Slip>) -> Entities {
    let mut entities = vec![visitor(site, request, slip)];
    let nests = |group: usize, member: usize| {
        slip != Some(Slip::ForgetNesting) && group < LISTED && site.groups[group].contains(&Who::Group(member))
    };
    for (member, name) in GROUPS.iter().enumerate() {
        let parents = (0..LISTED).filter(|group| nests(*group, member)).map(self::group);
        entities.push(Entity::new_no_attrs(uid("Group", name), parents.collect()));
    }
    for name in VERBS.iter().chain(&DEEDS).collect::<HashSet<_>>() {
        let parents = VERBS.iter().filter(|verb| holds(verb).contains(name)).map(|verb| uid("Action", verb));
        entities.push(Entity::new_no_attrs(uid("Action", name), parents.collect()));
    }
    for above in 0..request.path.len() {
        let parents = above.checked_sub(1).map(|depth| path(&request.path[..depth]));
        entities.push(Entity::new_no_attrs(path(&request.path[..above]), parents.into_iter().collect()));
    }
    entities.push(resource(request));
    Entities::from_entities(entities, None).expect("entities")
}

fn visitor(site: &Site, request: &Request, slip: Option<Slip>) -> Entity {
    let Some(visitor) = &request.visitor else {
        return Entity::new_no_attrs(principal(request), HashSet::new());
    };
    let declared = DECLARED.iter().position(|name| *name == VISITORS[visitor.name]);
    let listed =
        (0..LISTED).filter(|group| declared.is_some_and(|own| site.groups[*group].contains(&Who::Identity(own))));
    let claims = visitor.groups.iter().copied();
    let claimed = claims.filter(|group| *group >= LISTED || slip == Some(Slip::ListedIsClaimed));
    let recorded = declared.and_then(|own| site.recorded[own].as_ref()).filter(|_| slip != Some(Slip::ClaimsWin));
    let facts = recorded.unwrap_or(&visitor.facts);
    let attributes = attributes([
        ("name", RestrictedExpression::new_string(VISITORS[visitor.name].to_owned())),
        ("level", RestrictedExpression::new_long(i64::try_from(visitor.level).expect("few levels"))),
        ("team", word(facts.team)),
        ("clearance", RestrictedExpression::new_long(facts.clearance)),
        ("trusted", RestrictedExpression::new_bool(facts.trusted)),
    ]);
    Entity::new(principal(request), attributes, listed.chain(claimed).map(group).collect()).expect("a visitor")
}

fn resource(request: &Request) -> Entity {
    let room = &request.room;
    let user = |name: &usize| RestrictedExpression::new_entity_uid(uid("User", VISITORS[*name]));
    let group = |name: &usize| RestrictedExpression::new_entity_uid(self::group(*name));
    let mut attributes = attributes([
        ("open", RestrictedExpression::new_bool(room.open)),
        ("rank", RestrictedExpression::new_long(room.rank)),
        ("tag", word(room.tag)),
        ("tags", RestrictedExpression::new_set(room.tags.iter().map(|tag| word(*tag)))),
        ("owner", user(&room.owner)),
        ("editors", RestrictedExpression::new_set(room.editors.iter().map(user))),
        ("readers", group(&room.readers)),
        ("circles", RestrictedExpression::new_set(room.circles.iter().map(group))),
        ("depth", RestrictedExpression::new_long(i64::try_from(request.path.len()).expect("a short path"))),
    ]);
    for (at, segment) in request.path.iter().enumerate() {
        let segment = RestrictedExpression::new_string(SEGMENTS[*segment].to_owned());
        attributes.insert(format!("segment{at}"), segment);
    }
    let parents = request.path.len().checked_sub(1).map(|depth| path(&request.path[..depth]));
    Entity::new(path(&request.path), attributes, parents.into_iter().collect()).expect("a path")
}

fn principal(request: &Request) -> EntityUid {
    match &request.visitor {
        None => uid("Anonymous", "anonymous"),
        Some(visitor) => uid("User", VISITORS[visitor.name]),
    }
}

fn group(group: usize) -> EntityUid {
    uid("Group", GROUPS[group])
}

fn path(segments: &[usize]) -> EntityUid {
    let segments: Vec<&str> = segments.iter().map(|segment| SEGMENTS[*segment]).collect();
    uid("Path", &format!("/{}", segments.join("/")))
}

fn uid(of_type: &str, name: &str) -> EntityUid {
    let of_type: EntityTypeName = of_type.parse().expect("a type's name");
    EntityUid::from_type_name_and_id(of_type, EntityId::new(name))
}

fn word(word: usize) -> RestrictedExpression {
    RestrictedExpression::new_string(WORDS[word].to_owned())
}

fn attributes<const N: usize>(pairs: [(&str, RestrictedExpression); N]) -> Attributes {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
