//! What a policy declares, by name, and the values of its types.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use doorward_model::{instant::Instant, request, value};
use doorward_syntax::ast::{
    self, Answer, AttributeDecl, Conceal, Effect, GroupKind, IdentityKind, Literal, LiteralKind, Name, NetworkKind,
    OriginItem, OriginItemKind, Recorded, RoomDecl, RoomItem, RoomItemKind, Rule, ScalarType, StatementKind, TypeExpr,
};
use unicode_normalization::is_nfc;

use crate::place::{self, Prefix};

/// The methods that a request may come with.
const METHODS: &str = "ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT CONNECT COPY DELETE GET LABEL LINK LOCK MERGE \
    MKACTIVITY MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE OPTIONS ORDERPATCH PATCH POST PROPFIND PROPPATCH PUT \
    QUERY REBIND REPORT SEARCH TRACE UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL";

/// A value of a known type. Texts are strings, identities and groups alike; times are nanoseconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    Address(IpAddr),
    Bool(bool),
    Int(i64),
    Set(Vec<Value>),
    Text(String),
    Time(i128),
}

/// Values by the attribute's name. What is missing, or was of the wrong type, is not there.
pub(crate) type Values = BTreeMap<String, Value>;

/// What the statements other than rules declare, and the rules.
#[derive(Default)]
pub(crate) struct Facts<'a> {
    pub(crate) rules: Vec<&'a Rule>,
    /// Every declared identity, with what is recorded of it.
    pub(crate) identities: BTreeMap<&'a str, Vec<&'a Recorded>>,
    /// Every group with its members; `None` if it is claimed.
    pub(crate) groups: BTreeMap<&'a str, Option<&'a [Name]>>,
    /// Every network with its addresses, prefixes and networks.
    networks: BTreeMap<&'a str, Vec<&'a str>>,
    actions: BTreeMap<&'a str, Vec<&'a str>>,
    rooms: BTreeMap<&'a str, &'a RoomDecl>,
    pub(crate) identity_schema: Vec<AttributeDecl>,
    pub(crate) context_schema: Vec<AttributeDecl>,
    /// The assurance levels, weakest first; one without a name if none is declared.
    pub(crate) levels: Vec<&'a str>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) conceals: Vec<&'a Conceal>,
    pub(crate) zone: Option<&'a str>,
}

impl<'a> Facts<'a> {
    pub(crate) fn read(policy: &'a ast::Policy) -> Self {
        let mut facts = Self { levels: vec![""], ..Self::default() };
        facts.actions.insert("read", vec!["GET"]);
        facts.actions.insert("write", vec!["POST", "PUT", "PATCH", "DELETE"]);
        for statement in policy.statements() {
            facts.add(&statement.kind);
        }
        // A name in a group's file that is declared nowhere is thereby declared as an identity.
        for member in facts.groups.values().copied().flatten().flatten() {
            if !facts.groups.contains_key(&*member.text) {
                facts.identities.entry(&member.text).or_default();
            }
        }
        facts
    }

    fn add(&mut self, statement: &'a StatementKind) {
        match statement {
            StatementKind::Action(action) => {
                let methods = action.methods.iter().flatten().map(|method| &*method.text).collect();
                self.actions.insert(&action.name.text, methods);
            }
            StatementKind::Answer(answer) => self.answers.push(*answer),
            StatementKind::Assurance(levels) => self.levels = levels.iter().map(|level| &*level.text).collect(),
            StatementKind::Conceal(conceal) => self.conceals.push(conceal),
            StatementKind::ContextHas(schema) => self.context_schema.extend(schema.iter().cloned()),
            StatementKind::Group(group) => {
                let members = match &group.kind {
                    GroupKind::Claimed => None,
                    GroupKind::From { members, .. } | GroupKind::Listed(members) => Some(&**members),
                };
                self.groups.insert(&group.name.text, members);
            }
            StatementKind::IdentitiesHave(schema) => self.identity_schema.extend(schema.iter().cloned()),
            StatementKind::Identity(identity) => {
                let (IdentityKind::From { names, .. } | IdentityKind::Listed(names)) = &identity.kind;
                for name in names {
                    self.identities.entry(&name.text).or_default().extend(&identity.attributes);
                }
            }
            StatementKind::Network(network) => {
                let (NetworkKind::From { items, .. } | NetworkKind::Listed(items)) = &network.kind;
                self.networks.insert(&network.name.text, items.iter().map(origin).collect());
            }
            StatementKind::Room(room) => drop(self.rooms.insert(&room.name.text, room)),
            StatementKind::Rule(rule) => self.rules.push(rule),
            StatementKind::Timezone(zone) => self.zone = Some(&zone.text),
            StatementKind::Assertion(_)
            | StatementKind::Challenge(_)
            | StatementKind::Include(_)
            | StatementKind::Test(_) => {}
        }
    }

    /// Whether a visitor of that name who claims those groups is in a group.
    pub(crate) fn is_member(&self, name: &str, claims: &BTreeSet<String>, group: &str) -> bool {
        match self.groups.get(group) {
            None => false,
            Some(None) => claims.contains(group),
            Some(Some(members)) => members.iter().any(|member| match self.groups.contains_key(&*member.text) {
                true => self.is_member(name, claims, &member.text),
                false => member.text == name,
            }),
        }
    }

    pub(crate) fn is_action(&self, action: &str) -> bool {
        self.actions.contains_key(action) || METHODS.split(' ').any(|method| method == action)
    }

    /// The methods that an action stands for, directly and through other actions; a method stands for itself.
    fn methods<'b>(&'b self, action: &'b str) -> BTreeSet<&'b str> {
        match self.actions.get(action) {
            None => BTreeSet::from([action]),
            Some(held) => held.iter().flat_map(|held| self.methods(held)).collect(),
        }
    }

    /// Whether a rule that names those actions covers a request for that one.
    pub(crate) fn covers(&self, names: &[Name], effect: Effect, action: &str) -> bool {
        let held: BTreeSet<&str> = names.iter().flat_map(|name| self.methods(&name.text)).collect();
        let asked = self.methods(action);
        let by_methods = match effect {
            Effect::Allow => !asked.is_empty() && asked.is_subset(&held),
            Effect::Deny => !asked.is_disjoint(&held),
        };
        by_methods || names.iter().any(|name| name.text == "use" || name.text == action)
    }

    /// The patterns of ROOMS, each with the attributes of the room that it stands for.
    pub(crate) fn patterns(&self, items: &'a [RoomItem]) -> Vec<(&'a str, &'a [AttributeDecl])> {
        let patterns = |item: &'a RoomItem| match &item.kind {
            RoomItemKind::Pattern(pattern) => vec![(pattern.as_str(), [].as_slice())],
            RoomItemKind::Name(name) => {
                let room = self.rooms.get(&*name.text).into_iter();
                let all =
                    room.flat_map(|room| self.patterns(&room.patterns).into_iter().map(|of| (of.0, &*room.attributes)));
                all.collect()
            }
        };
        items.iter().flat_map(patterns).collect()
    }

    /// Whether an address, a prefix or a network of that text holds an address. Addresses are tried before names.
    pub(crate) fn holds(&self, origin: &str, address: IpAddr) -> bool {
        self.prefixes(origin).into_iter().any(|(first, last)| first <= address && address <= last)
    }

    pub(crate) fn prefixes(&self, origin: &str) -> Vec<Prefix> {
        match place::prefix(origin) {
            Some(prefix) => vec![prefix],
            None => self.networks.get(origin).into_iter().flatten().flat_map(|origin| self.prefixes(origin)).collect(),
        }
    }

    /// What is recorded of a visitor of that name.
    pub(crate) fn recorded(&self, name: &str) -> Values {
        let recorded = self.identities.get(name).into_iter().flatten();
        recorded.filter_map(|entry| Some((entry.name.text.to_string(), literal(&entry.value)?))).collect()
    }

    /// The declared attributes among those that a request gives, as values of their types.
    pub(crate) fn typed(&self, schema: &[AttributeDecl], given: &request::Attributes<'_>) -> Values {
        let value = |attribute: &AttributeDecl| {
            let (_, value) = given.iter().find(|(name, _)| **name == *attribute.name.text)?;
            Some((attribute.name.text.to_string(), self.of_type(attribute.ty, value)?))
        };
        schema.iter().filter_map(value).collect()
    }

    fn of_type(&self, ty: TypeExpr, given: &value::Value<'_>) -> Option<Value> {
        use value::Value as Given;
        match (ty.scalar, given) {
            (_, Given::Set(items)) if ty.set => {
                let element = TypeExpr { set: false, ..ty };
                items.iter().map(|item| self.of_type(element, item)).collect::<Option<_>>().map(Value::Set)
            }
            _ if ty.set => None,
            (ScalarType::Address, Given::Address(given)) => Some(Value::Address(given.to_canonical())),
            (ScalarType::Address, Given::String(text)) => address(text),
            (ScalarType::Bool, Given::Bool(given)) => Some(Value::Bool(*given)),
            (ScalarType::Int, Given::Int(given)) => Some(Value::Int(*given)),
            (ScalarType::Time, Given::Time(given)) => Some(Value::Time(given.as_nanoseconds())),
            (ScalarType::Time, Given::String(text)) => time(text),
            (ScalarType::Group, Given::String(text)) if !self.groups.contains_key(&**text) => None,
            (ScalarType::Identity, Given::String(text)) if !is_identity(text) => None,
            (ScalarType::Group | ScalarType::Identity | ScalarType::String, Given::String(text)) => {
                Some(Value::Text(text.clone().into_owned()))
            }
            _ => None,
        }
    }
}

pub(crate) fn origin(item: &OriginItem) -> &str {
    let (OriginItemKind::Address(text) | OriginItemKind::Name(Name { text, .. })) = &item.kind;
    text
}

/// The texts in a literal: of names, strings, addresses and prefixes.
pub(crate) fn texts(literal: &Literal) -> Vec<&str> {
    match &literal.kind {
        LiteralKind::Address(text) | LiteralKind::Name(Name { text, .. }) | LiteralKind::String(text) => vec![text],
        LiteralKind::Set(items) => items.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// The value of a literal that is one.
pub(crate) fn literal(literal: &Literal) -> Option<Value> {
    match &literal.kind {
        LiteralKind::Address(text) => address(text),
        LiteralKind::Bool(value) => Some(Value::Bool(*value)),
        LiteralKind::Int(value) => Some(Value::Int(*value)),
        LiteralKind::Name(Name { text, .. }) | LiteralKind::String(text) => Some(Value::Text(text.to_string())),
        LiteralKind::Set(items) => items.iter().map(self::literal).collect::<Option<_>>().map(Value::Set),
        LiteralKind::Time(text) => time(text),
        LiteralKind::Days(_) | LiteralKind::Window(_) => None,
    }
}

fn address(text: &str) -> Option<Value> {
    text.parse::<IpAddr>().ok().map(|address| Value::Address(address.to_canonical()))
}

fn time(text: &str) -> Option<Value> {
    Instant::parse(text).ok().map(|time| Value::Time(time.as_nanoseconds()))
}

/// Whether a text could be an identity's name.
pub(crate) fn is_identity(name: &str) -> bool {
    (1..=256).contains(&name.len()) && is_nfc(name) && name.trim() == name && !name.contains(char::is_control)
}

pub(crate) fn nanoseconds(seconds: u64) -> i128 {
    i128::from(seconds) * 1_000_000_000
}
