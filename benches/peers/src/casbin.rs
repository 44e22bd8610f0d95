//! Casbin: a line a rule and prefix, roles for groups and actions, a deny override.
//!
//! It reads paths as text. It has no networks of several prefixes, so a rule with one is that many lines.

use std::fmt::Write;

use casbin::rhai::Dynamic;
use casbin::{CoreApi, DefaultModel, Enforcer, StringAdapter};
use doorward_benches::engine::{Answer, Engine};
use doorward_benches::office::{Action, Ask, METHODS, Office, Who};

/// What is cheap comes first: the matcher stops at the first test that fails.
const MODEL: &str = r#"
[request_definition]
r = sub, obj, act, ip

[policy_definition]
p = sub, obj, act, ip, eft

[role_definition]
g = _, _
g2 = _, _

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = keyMatch(r.obj, p.obj) && (p.act == "use" || g2(r.act, p.act)) && (p.sub == "anyone" || g(r.sub, p.sub)) && (p.ip == "*" || ipMatch(r.ip, p.ip))
"#;

/// Casbin's enforcer, which caches nothing but who has which role.
pub struct Casbin(Enforcer);

impl Engine for Casbin {
    const NAME: &'static str = "casbin";
    type Source = String;
    type Asked<'a> = Vec<Dynamic>;

    fn source(office: &Office) -> String {
        let mut text = String::new();
        for rule in &office.rules {
            let subject = match rule.who {
                Who::Anyone => "anyone".to_owned(),
                Who::Authenticated => "authenticated".to_owned(),
                Who::Group(group) => Office::group_name(group),
            };
            let object = rule.place.map_or("*".to_owned(), |place| format!("{}/*", office.places[place].path));
            let effect = if rule.denies { "deny" } else { "allow" };
            let mut line = |prefix: &str| {
                writeln!(text, "p, {subject}, {object}, {}, {prefix}, {effect}", rule.action.name())
                    .expect("a string takes everything");
            };
            match rule.network {
                None => line("*"),
                Some(network) => {
                    for (address, length) in &office.networks[network].prefixes {
                        line(&format!("{address}/{length}"));
                    }
                }
            }
        }
        let mut role = |kind: &str, of: &str, is: &str| {
            writeln!(text, "{kind}, {of}, {is}").expect("a string takes everything");
        };
        for (identity, groups) in office.identities.iter().enumerate() {
            let name = Office::identity_name(identity);
            groups.iter().for_each(|group| role("g", &name, &Office::group_name(*group)));
            role("g", &name, "authenticated");
        }
        for (number, group) in office.groups.iter().enumerate() {
            if let Some(parent) = group.parent {
                role("g", &Office::group_name(number), &Office::group_name(parent));
            }
        }
        for action in [Action::Open, Action::Read, Action::Write] {
            action.methods().iter().for_each(|method| role("g2", METHODS[*method], action.name()));
        }
        text
    }

    fn load(source: &String) -> Self {
        pollster::block_on(async {
            let model = DefaultModel::from_str(MODEL).await.expect("a model");
            Self(Enforcer::new(model, StringAdapter::new(source)).await.expect("policies"))
        })
    }

    fn ask<'a>(&'a self, ask: &'a Ask) -> Vec<Dynamic> {
        let subject = ask.identity.as_deref().unwrap_or("anonymous");
        let text = |text: &str| Dynamic::from(text.to_owned());
        vec![text(subject), text(&ask.path), text(ask.method), text(&ask.address.to_string())]
    }

    fn answer(&self, asked: &Vec<Dynamic>) -> Answer {
        Answer::Allowed(self.0.enforce(asked.clone()).expect("an answer"))
    }
}
