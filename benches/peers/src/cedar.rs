//! Cedar: a policy a rule, entities for people, groups, floors and rooms.
//!
//! It is spared the path, since the request names the room, and it reads all entities once.

use std::collections::HashSet;
use std::fmt::Write;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression,
};
use doorward_benches::engine::{Answer, Engine};
use doorward_benches::office::{Action, Ask, METHODS, Office, Rule, Who};

/// Cedar's authorizer with its policies and entities.
pub struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
}

impl Engine for Cedar {
    const NAME: &'static str = "cedar";
    type Source = (String, Office);
    type Asked<'a> = Request;

    fn source(office: &Office) -> (String, Office) {
        let mut text = String::new();
        for rule in &office.rules {
            write_policy(office, rule, &mut text);
        }
        (text, office.clone())
    }

    fn load((text, office): &(String, Office)) -> Self {
        let policies = text.parse().expect("policies");
        let entities = Entities::from_entities(entities(office), None).expect("entities");
        Self { authorizer: Authorizer::new(), policies, entities }
    }

    fn ask<'a>(&'a self, ask: &'a Ask) -> Request {
        let principal = match &ask.identity {
            Some(identity) => uid("User", identity),
            None => uid("Anonymous", "anonymous"),
        };
        let address = RestrictedExpression::new_ip(ask.address.to_string());
        let context = Context::from_pairs([("address".to_owned(), address)]).expect("a context");
        Request::new(principal, uid("Action", ask.method), uid("Room", ask.place()), context, None).expect("a request")
    }

    fn answer(&self, asked: &Request) -> Answer {
        let response = self.authorizer.is_authorized(asked, &self.policies, &self.entities);
        Answer::Allowed(response.decision() == Decision::Allow)
    }
}

fn write_policy(office: &Office, rule: &Rule, out: &mut String) {
    let principal = match rule.who {
        Who::Anyone => "principal".to_owned(),
        Who::Authenticated => "principal is User".to_owned(),
        Who::Group(group) => format!("principal in Group::{:?}", Office::group_name(group)),
    };
    let action = match rule.action {
        Action::Use => "action".to_owned(),
        action => format!("action in Action::{:?}", action.name()),
    };
    let resource =
        rule.place.map_or("resource".to_owned(), |place| format!("resource in Room::{:?}", office.places[place].name));
    let effect = if rule.denies { "forbid" } else { "permit" };
    write!(out, "{effect} ({principal}, {action}, {resource})").expect("a string takes everything");
    if let Some(network) = rule.network {
        let prefixes = office.networks[network].prefixes.iter();
        let tests: Vec<String> = prefixes
            .map(|(address, length)| format!("context.address.isInRange(ip(\"{address}/{length}\"))"))
            .collect();
        write!(out, " when {{ {} }}", tests.join(" || ")).expect("a string takes everything");
    }
    out.push_str(";\n");
}

fn entities(office: &Office) -> Vec<Entity> {
    let mut entities = Vec::new();
    let mut add = |own: EntityUid, parents: HashSet<EntityUid>| entities.push(Entity::new_no_attrs(own, parents));
    let group = |group: &usize| uid("Group", &Office::group_name(*group));
    for (identity, groups) in office.identities.iter().enumerate() {
        add(uid("User", &Office::identity_name(identity)), groups.iter().map(group).collect());
    }
    for (number, part) in office.groups.iter().enumerate() {
        add(group(&number), part.parent.iter().map(group).collect());
    }
    for place in &office.places {
        add(
            uid("Room", &place.name),
            place.floor.iter().map(|floor| uid("Room", &office.places[*floor].name)).collect(),
        );
    }
    for (number, method) in METHODS.iter().enumerate() {
        let holding = [Action::Open, Action::Read, Action::Write].into_iter();
        let holding = holding.filter(|action| action.methods().contains(&number));
        add(uid("Action", method), holding.map(|action| uid("Action", action.name())).collect());
    }
    entities
}

fn uid(kind: &str, name: &str) -> EntityUid {
    let kind: EntityTypeName = kind.parse().expect("a type's name");
    EntityUid::from_type_name_and_id(kind, EntityId::new(name))
}
