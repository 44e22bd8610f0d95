//! What a policy declares, by name, and the values of its types.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use doorward_model::{instant::Instant, value};
use doorward_syntax::ast::{
    self, ActionDecl, Answer, AttributeDecl, Conceal, Effect, GroupKind, IdentityKind, Literal, LiteralKind, Name,
    NetworkKind, OriginItem, OriginItemKind, Recorded, RoomDecl, RoomItem, RoomItemKind, Rule, ScalarType,
    StatementKind, TypeExpr,
};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use unicode_normalization::is_nfc;

use crate::fault::Fault;
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
    fault: Option<Fault>,
    pub(crate) rules: Vec<&'a Rule>,
    /// Every declared identity, with what is recorded of it.
    pub(crate) identities: BTreeMap<&'a str, Vec<&'a Recorded>>,
    pub(crate) groups: BTreeMap<&'a str, &'a GroupKind>,
    networks: BTreeMap<&'a str, &'a NetworkKind>,
    actions: BTreeMap<&'a str, BTreeSet<&'a str>>,
    pub(crate) rooms: BTreeMap<&'a str, &'a RoomDecl>,
    pub(crate) identity_schema: Vec<&'a AttributeDecl>,
    pub(crate) context_schema: Vec<&'a AttributeDecl>,
    /// The assurance levels, weakest first; one without a name if none is declared.
    pub(crate) levels: Vec<&'a str>,
    answers: Vec<Answer>,
    pub(crate) conceals: Vec<&'a Conceal>,
    zone: Option<&'a str>,
}

impl<'a> Facts<'a> {
    pub(crate) fn read(policy: &'a ast::Policy, fault: Option<Fault>) -> Self {
        let mut facts = Self { fault, levels: vec![""], ..Self::default() };
        facts.actions.insert("read", BTreeSet::from(["GET"]));
        facts.actions.insert("write", BTreeSet::from(["POST", "PUT", "PATCH", "DELETE"]));
        for statement in policy.statements() {
            match &statement.kind {
                StatementKind::Action(ActionDecl { name, methods }) => {
                    let methods = methods.iter().flatten().map(|method| method.text.as_str()).collect();
                    facts.actions.insert(&name.text, methods);
                }
                StatementKind::Answer(answer) => facts.answers.push(*answer),
                StatementKind::Assurance(levels) => facts.levels = levels.iter().map(|level| &*level.text).collect(),
                StatementKind::Conceal(conceal) => facts.conceals.push(conceal),
                StatementKind::ContextHas(schema) => facts.context_schema.extend(schema),
                StatementKind::Group(group) => drop(facts.groups.insert(&group.name.text, &group.kind)),
                StatementKind::IdentitiesHave(schema) => facts.identity_schema.extend(schema),
                StatementKind::Identity(identity) => {
                    let (IdentityKind::From { names, .. } | IdentityKind::Listed(names)) = &identity.kind;
                    for name in names {
                        facts.identities.entry(&name.text).or_default().extend(&identity.attributes);
                    }
                }
                StatementKind::Network(network) => drop(facts.networks.insert(&network.name.text, &network.kind)),
                StatementKind::Room(room) => drop(facts.rooms.insert(&room.name.text, room)),
                StatementKind::Rule(rule) => facts.rules.push(rule),
                StatementKind::Timezone(zone) => facts.zone = Some(&zone.text),
                StatementKind::Challenge(_) | StatementKind::Include(_) | StatementKind::Test(_) => {}
            }
        }
        // A name in a group's file that is declared nowhere is thereby declared as an identity.
        for kind in facts.groups.values() {
            let GroupKind::From { members, .. } = kind else { continue };
            for member in members.iter().filter(|member| !facts.groups.contains_key(&*member.text)) {
                facts.identities.entry(&member.text).or_default();
            }
        }
        facts
    }

    pub(crate) fn has_fault(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    pub(crate) fn answers(&self, answer: Answer) -> bool {
        self.answers.contains(&answer) && !self.has_fault(Fault::AnswerIgnored)
    }

    /// What stands after an `except`.
    pub(crate) fn except<T>(&self, items: &'a [T]) -> &'a [T] {
        if self.has_fault(Fault::ExceptDropped) { &[] } else { items }
    }

    pub(crate) fn time_zone(&self) -> TimeZone {
        let zone = self.zone.and_then(|zone| TimeZoneDatabase::bundled().get(zone).ok());
        zone.unwrap_or(TimeZone::UTC)
    }

    pub(crate) fn address(&self, address: IpAddr) -> IpAddr {
        if self.has_fault(Fault::MappedAddressNotFolded) { address } else { place::folded(address) }
    }

    /// Whether a visitor of that name who claims those groups is in a group.
    pub(crate) fn is_member(&self, name: &str, claims: &BTreeSet<String>, group: &str) -> bool {
        self.is_member_within(name, claims, group, 0)
    }

    fn is_member_within(&self, name: &str, claims: &BTreeSet<String>, group: &str, depth: usize) -> bool {
        match self.groups.get(group) {
            None => false,
            Some(GroupKind::Claimed) => claims.contains(group),
            Some(GroupKind::From { members, .. } | GroupKind::Listed(members)) => {
                let by_claim = self.has_fault(Fault::ClaimForListedGroup) && claims.contains(group);
                let too_deep = self.has_fault(Fault::NestingOneLevel) && depth > 1;
                by_claim
                    || !too_deep
                        && members.iter().any(|member| match self.groups.contains_key(&*member.text) {
                            true => self.is_member_within(name, claims, &member.text, depth + 1),
                            false => member.text == name,
                        })
            }
        }
    }

    /// The claimed groups that can make somebody a member of a group.
    pub(crate) fn claims_for(&self, group: &'a str) -> BTreeSet<&'a str> {
        match self.groups.get(group) {
            None => BTreeSet::new(),
            Some(GroupKind::Claimed) => BTreeSet::from([group]),
            Some(GroupKind::From { members, .. } | GroupKind::Listed(members)) => {
                members.iter().flat_map(|member| self.claims_for(&member.text)).collect()
            }
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
        names.iter().any(|name| name.text == "use" || name.text == action)
            || match effect {
                Effect::Allow => !asked.is_empty() && asked.is_subset(&held),
                Effect::Deny => !asked.is_disjoint(&held),
            }
    }

    /// The patterns of ROOMS, each with the attributes of the room that it stands for.
    pub(crate) fn patterns(&self, items: &'a [RoomItem]) -> Vec<(&'a str, &'a [AttributeDecl])> {
        let mut patterns = Vec::new();
        for item in items {
            match &item.kind {
                RoomItemKind::Pattern(pattern) => patterns.push((pattern.as_str(), [].as_slice())),
                RoomItemKind::Name(name) => {
                    if let Some(room) = self.rooms.get(&*name.text) {
                        let of_room = self.patterns(&room.patterns).into_iter();
                        patterns.extend(of_room.map(|(pattern, _)| (pattern, room.attributes.as_slice())));
                    }
                }
            }
        }
        patterns
    }

    pub(crate) fn prefixes(&self, items: &[OriginItem]) -> Vec<Prefix> {
        let prefixes = |item: &OriginItem| match &item.kind {
            OriginItemKind::Address(text) => place::prefix(text).into_iter().collect(),
            OriginItemKind::Name(name) => self.network(&name.text),
        };
        items.iter().flat_map(prefixes).collect()
    }

    fn network(&self, name: &str) -> Vec<Prefix> {
        match self.networks.get(name) {
            None => Vec::new(),
            Some(NetworkKind::From { items, .. } | NetworkKind::Listed(items)) => self.prefixes(items),
        }
    }

    /// The prefixes that a literal stands for beside an address.
    pub(crate) fn prefixes_of(&self, literal: &Literal) -> Vec<Prefix> {
        match &literal.kind {
            LiteralKind::Address(text) => place::prefix(text).into_iter().collect(),
            LiteralKind::Name(Name { text, .. }) | LiteralKind::String(text) => self.network(text),
            LiteralKind::Set(literals) => literals.iter().flat_map(|literal| self.prefixes_of(literal)).collect(),
            _ => Vec::new(),
        }
    }

    /// The value of a literal that is one.
    pub(crate) fn literal(&self, literal: &Literal) -> Option<Value> {
        match &literal.kind {
            LiteralKind::Address(text) => text.parse().ok().map(|address| Value::Address(self.address(address))),
            LiteralKind::Bool(value) => Some(Value::Bool(*value)),
            LiteralKind::Int(value) => Some(Value::Int(*value)),
            LiteralKind::Name(Name { text, .. }) | LiteralKind::String(text) => Some(Value::Text(text.to_string())),
            LiteralKind::Set(items) => {
                items.iter().map(|item| self.literal(item)).collect::<Option<_>>().map(Value::Set)
            }
            LiteralKind::Time(text) => Instant::parse(text).ok().map(|time| Value::Time(time.as_nanoseconds())),
            LiteralKind::Days(_) | LiteralKind::Window(_) => None,
        }
    }

    /// What is recorded of a visitor of that name.
    pub(crate) fn recorded(&self, name: &str) -> Values {
        let recorded = self.identities.get(name).into_iter().flatten();
        recorded.filter_map(|entry| Some((entry.name.text.to_string(), self.literal(&entry.value)?))).collect()
    }

    /// The declared attributes among those that a request gives, as values of their types.
    pub(crate) fn typed<'b>(
        &self,
        schema: impl IntoIterator<Item = &'b AttributeDecl>,
        given: &[(std::borrow::Cow<'_, str>, value::Value<'_>)],
    ) -> Values {
        let value = |attribute: &AttributeDecl| {
            let (_, value) = given.iter().find(|(name, _)| **name == *attribute.name.text)?;
            Some((attribute.name.text.to_string(), self.of_type(attribute.ty, value)?))
        };
        schema.into_iter().filter_map(value).collect()
    }

    fn of_type(&self, ty: TypeExpr, given: &value::Value<'_>) -> Option<Value> {
        match given {
            value::Value::Set(items) if ty.set => {
                items.iter().map(|item| self.of_scalar_type(ty.scalar, item)).collect::<Option<_>>().map(Value::Set)
            }
            _ if ty.set => None,
            _ => self.of_scalar_type(ty.scalar, given),
        }
    }

    fn of_scalar_type(&self, ty: ScalarType, given: &value::Value<'_>) -> Option<Value> {
        let time = |time: Instant| Value::Time(time.as_nanoseconds());
        let address = |address| Value::Address(self.address(address));
        match (ty, given) {
            (ScalarType::Address, value::Value::Address(given)) => Some(address(*given)),
            (ScalarType::Address, value::Value::String(text)) => text.parse().ok().map(address),
            (ScalarType::Bool, value::Value::Bool(given)) => Some(Value::Bool(*given)),
            (ScalarType::Int, value::Value::Int(given)) => Some(Value::Int(*given)),
            (ScalarType::Time, value::Value::Time(given)) => Some(time(*given)),
            (ScalarType::Time, value::Value::String(text)) => Instant::parse(text).ok().map(time),
            (ScalarType::Group, value::Value::String(text)) if !self.groups.contains_key(&**text) => None,
            (ScalarType::Identity, value::Value::String(text)) if !is_identity(text) => None,
            (ScalarType::Group | ScalarType::Identity | ScalarType::String, value::Value::String(text)) => {
                Some(Value::Text(text.clone().into_owned()))
            }
            _ => None,
        }
    }

    /// Every age that a rule mentions, in seconds.
    pub(crate) fn ages(&self) -> BTreeSet<u64> {
        let within = |rule: &&Rule| Some(rule.strength.as_ref()?.within.as_ref()?.seconds);
        self.rules.iter().filter_map(within).collect()
    }
}

/// Whether a text could be an identity's name.
pub(crate) fn is_identity(name: &str) -> bool {
    (1..=256).contains(&name.len()) && is_nfc(name) && name.trim() == name && !name.contains(char::is_control)
}

pub(crate) fn nanoseconds(seconds: u64) -> i128 {
    i128::from(seconds) * 1_000_000_000
}
