//! Rego, by Regorus and its virtual machine: a few rules over data that is indexed by hand.
//!
//! Rules are found by room, method and group, blocked addresses by their first two bytes, and the groups of each identity
//! are closed beforehand. It is spared the path: the request names the room and the two bytes.

use std::cell::RefCell;
use std::net::IpAddr;

use doorward_benches::engine::{Answer, Engine};
use doorward_benches::office::{Ask, METHODS, Office, Who};
use regorus::Value;
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::RegoVM;
use serde_json::{Map, json};

const POLICY: &str = r#"
package office

import rego.v1

default allow := false

allow if {
    granted
    not data.suspended[input.identity]
    not denied
    not blocked
}

granted if {
    some group in data.groups[input.identity]
    some network in data.allowed[input.room][input.method][group]
    within(network)
}

within(network) if network == "anywhere"

within(network) if {
    some prefix in data.networks[network]
    net.cidr_contains(prefix, input.address)
}

denied if {
    some group in data.groups[input.identity]
    data.denied[input.room][input.method][group]
}

blocked if {
    some prefix in data.blocked[input.block]
    net.cidr_contains(prefix, input.address)
}
"#;

/// Regorus' virtual machine with the policy and its data.
pub struct Regorus(RefCell<RegoVM>);

impl Engine for Regorus {
    const NAME: &'static str = "regorus";
    type Source = String;
    type Asked<'a> = Value;

    fn source(office: &Office) -> String {
        data(office).to_string()
    }

    fn load(source: &String) -> Self {
        let data = Value::from_json_str(source).expect("data");
        let mut engine = regorus::Engine::new();
        engine.add_policy("office.rego".to_owned(), POLICY.to_owned()).expect("a policy");
        engine.add_data(data.clone()).expect("data");
        let compiled = engine.compile_with_entrypoint(&"data.office.allow".into()).expect("a policy");
        let program = Compiler::compile_from_policy(&compiled, &["data.office.allow"]).expect("a program");
        let mut machine = RegoVM::new();
        machine.load_program(program);
        machine.set_data(data).expect("data");
        machine.set_max_instructions(usize::MAX);
        Self(RefCell::new(machine))
    }

    fn ask<'a>(&'a self, ask: &'a Ask) -> Value {
        let input = json!({
            "identity": ask.identity.as_deref().unwrap_or("anonymous"),
            "room": ask.place(),
            "method": ask.method,
            "address": ask.address.to_string(),
            "block": block(ask.address),
        });
        Value::from_json_str(&input.to_string()).expect("an input")
    }

    fn answer(&self, asked: &Value) -> Answer {
        let mut machine = self.0.borrow_mut();
        machine.set_input(asked.clone());
        Answer::Allowed(machine.execute().expect("an answer") == Value::Bool(true))
    }
}

/// The first two bytes of an address; all blocked prefixes are longer.
fn block(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            format!("{first}.{second}")
        }
        IpAddr::V6(address) => format!("{:x}", address.segments()[0]),
    }
}

fn data(office: &Office) -> serde_json::Value {
    let mut by_place = vec![Vec::new(); office.places.len()];
    let (mut blocked, mut suspended): (Map<_, _>, Vec<usize>) = Default::default();
    for rule in &office.rules {
        match (rule.place, rule.network, rule.who) {
            (Some(place), ..) => by_place[place].push(rule),
            (None, Some(network), _) => {
                for (address, length) in &office.networks[network].prefixes {
                    push(&mut blocked, &block(*address), format!("{address}/{length}"));
                }
            }
            (None, None, Who::Group(group)) => suspended.push(group),
            (None, None, who) => unreachable!("nobody denies {who:?} everywhere"),
        }
    }
    let (mut allowed, mut denied) = (Map::new(), Map::new());
    for (index, place) in office.places.iter().enumerate() {
        let (mut allowed_here, mut denied_here) = (Map::new(), Map::new());
        for (number, method) in METHODS.iter().enumerate() {
            let (mut networks, mut groups) = (Map::new(), Map::new());
            let rules = by_place[index].iter().chain(place.floor.iter().flat_map(|floor| &by_place[*floor]));
            for rule in rules.filter(|rule| rule.action.methods().contains(&number)) {
                let who = match rule.who {
                    Who::Anyone => "anyone".to_owned(),
                    Who::Authenticated => "authenticated".to_owned(),
                    Who::Group(group) => Office::group_name(group),
                };
                if rule.denies {
                    groups.insert(who, true.into());
                } else {
                    let network = rule.network.map_or("anywhere", |network| &office.networks[network].name);
                    push(&mut networks, &who, network.to_owned());
                }
            }
            allowed_here.insert((*method).to_owned(), networks.into());
            denied_here.insert((*method).to_owned(), groups.into());
        }
        allowed.insert(place.name.clone(), allowed_here.into());
        denied.insert(place.name.clone(), denied_here.into());
    }
    let (mut groups, mut out) = (Map::new(), Map::new());
    groups.insert("anonymous".to_owned(), json!(["anyone"]));
    for identity in 0..office.identities.len() {
        let own = office.groups_of(identity);
        if own.iter().any(|group| suspended.contains(group)) {
            out.insert(Office::identity_name(identity), true.into());
        }
        let names = ["anyone".to_owned(), "authenticated".to_owned()].into_iter();
        let names: Vec<String> = names.chain(own.into_iter().map(Office::group_name)).collect();
        groups.insert(Office::identity_name(identity), names.into());
    }
    let networks: Map<_, _> = office
        .networks
        .iter()
        .map(|network| {
            let prefixes = network.prefixes.iter();
            let prefixes: Vec<String> = prefixes.map(|(address, length)| format!("{address}/{length}")).collect();
            (network.name.clone(), prefixes.into())
        })
        .collect();
    json!({
        "allowed": allowed,
        "blocked": blocked,
        "denied": denied,
        "groups": groups,
        "networks": networks,
        "suspended": out,
    })
}

fn push(map: &mut Map<String, serde_json::Value>, key: &str, item: String) {
    let list = map.entry(key).or_insert_with(|| json!([]));
    list.as_array_mut().expect("a list").push(item.into());
}
