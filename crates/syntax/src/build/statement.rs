//! Statements other than rules and tests.

use doorward_grammar::Rule;
use pest::iterators::{Pair, Pairs};

use super::{Builder, next_if};
use crate::ast::{
    ActionDecl, Answer, AttributeDecl, Challenge, Conceal, GroupDecl, GroupKind, IdentityDecl, IdentityKind,
    NetworkDecl, NetworkKind, Recorded, RoomDecl, ScalarType, Statement, StatementKind, TypeExpr,
};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::suggest;

/// The types, as they are written.
const TYPES: [(&str, ScalarType); 7] = [
    ("address", ScalarType::Address),
    ("bool", ScalarType::Bool),
    ("group", ScalarType::Group),
    ("identity", ScalarType::Identity),
    ("int", ScalarType::Int),
    ("string", ScalarType::String),
    ("time", ScalarType::Time),
];

impl Builder<'_> {
    /// A statement, from a pair of the rule `statement`; nothing after a finding. Files that it names are not read.
    pub(crate) fn statement(&mut self, pair: Pair<'_, Rule>) -> Option<Statement> {
        let span = self.span(&pair);
        let pair = pair.into_inner().next()?;
        let kind = match pair.as_rule() {
            Rule::assertion => StatementKind::Assertion(Box::new(self.assertion(pair)?)),
            Rule::rule_decl => StatementKind::Rule(Box::new(self.rule(pair)?)),
            rule => {
                let mut pairs = pair.into_inner();
                // The word that begins the statement.
                pairs.next()?;
                self.kind(rule, pairs)?
            }
        };
        Some(Statement { kind, span })
    }

    fn kind(&mut self, rule: Rule, mut pairs: Pairs<'_, Rule>) -> Option<StatementKind> {
        Some(match rule {
            Rule::action_decl => {
                let name = self.name(&pairs.next()?);
                let methods = next_if(&mut pairs, &[Rule::kw_is]).map(|_| self.names(&mut pairs));
                StatementKind::Action(ActionDecl { name, methods })
            }
            Rule::answer => StatementKind::Answer(match pairs.next()?.as_rule() {
                Rule::kw_rejected => Answer::RejectedAsAnonymous,
                Rule::kw_step_up => Answer::StepUp403,
                Rule::kw_unidentified => Answer::Unidentified401,
                _ => return None,
            }),
            Rule::assurance => {
                let mut levels = Vec::new();
                for pair in pairs.filter(|pair| pair.as_rule() != Rule::weaker) {
                    levels.push(self.name(&pair));
                }
                StatementKind::Assurance(levels)
            }
            Rule::challenge => {
                let scheme = self.name(&pairs.next()?);
                let realm = pairs.nth(1).map(|realm| self.text(&realm));
                StatementKind::Challenge(Challenge { scheme, realm })
            }
            Rule::conceal => {
                let rooms = self.rooms(pairs.next()?);
                StatementKind::Conceal(Conceal { rooms, entirely: pairs.next().is_some() })
            }
            Rule::context_has => StatementKind::ContextHas(self.schema(pairs.nth(1)?)?),
            Rule::group_decl => StatementKind::Group(self.group(pairs)?),
            Rule::identities_have => StatementKind::IdentitiesHave(self.schema(pairs.nth(1)?)?),
            Rule::identity_decl => StatementKind::Identity(self.identity(pairs)?),
            Rule::include => StatementKind::Include(self.text(&pairs.next()?)),
            Rule::network_decl => StatementKind::Network(self.network(pairs)?),
            Rule::room_decl => StatementKind::Room(self.room_decl(pairs)?),
            Rule::timezone => {
                let zone = pairs.next()?;
                StatementKind::Timezone(self.name(&zone))
            }
            _ => return None,
        })
    }

    fn group(&mut self, mut pairs: Pairs<'_, Rule>) -> Option<GroupDecl> {
        let name = self.name(&pairs.next()?);
        let source = pairs.next()?;
        let kind = match source.as_rule() {
            Rule::kw_claimed => GroupKind::Claimed,
            Rule::from_file => GroupKind::From { path: self.text(&source.into_inner().nth(1)?), members: Vec::new() },
            _ => GroupKind::Listed(self.names(&mut pairs)),
        };
        Some(GroupDecl { name, kind })
    }

    fn identity(&mut self, mut pairs: Pairs<'_, Rule>) -> Option<IdentityDecl> {
        let kind = match next_if(&mut pairs, &[Rule::from_file]) {
            Some(source) => IdentityKind::From { path: self.text(&source.into_inner().nth(1)?), names: Vec::new() },
            None => IdentityKind::Listed(self.names(&mut pairs)),
        };
        let mut attributes = Vec::new();
        for pair in pairs.flat_map(Pair::into_inner).filter(|pair| pair.as_rule() == Rule::recorded) {
            let mut inner = pair.into_inner();
            let name = self.attribute_name(&inner.next()?);
            attributes.push(Recorded { name, value: self.literal(&inner.nth(1)?)? });
        }
        Some(IdentityDecl { kind, attributes })
    }

    fn network(&mut self, mut pairs: Pairs<'_, Rule>) -> Option<NetworkDecl> {
        let name = self.name(&pairs.next()?);
        let source = pairs.next()?;
        let kind = match source.as_rule() {
            Rule::from_file => NetworkKind::From { path: self.text(&source.into_inner().nth(1)?), items: Vec::new() },
            _ => NetworkKind::Listed(self.origin_items(&mut pairs)),
        };
        Some(NetworkDecl { name, kind })
    }

    fn room_decl(&mut self, mut pairs: Pairs<'_, Rule>) -> Option<RoomDecl> {
        let name = self.name(&pairs.next()?);
        pairs.next()?;
        let mut patterns = Vec::new();
        while let Some(pair) = next_if(&mut pairs, &[Rule::path, Rule::quoted, Rule::comma]) {
            if pair.as_rule() != Rule::comma {
                patterns.push(self.pattern(&pair));
            }
        }
        let attributes = match pairs.nth(1) {
            Some(schema) => self.schema(schema)?,
            None => Vec::new(),
        };
        Some(RoomDecl { name, patterns, attributes })
    }

    fn schema(&mut self, pair: Pair<'_, Rule>) -> Option<Vec<AttributeDecl>> {
        let mut attributes = Vec::new();
        for pair in pair.into_inner().filter(|pair| pair.as_rule() == Rule::attribute) {
            let mut inner = pair.into_inner();
            let name = self.attribute_name(&inner.next()?);
            let optional = next_if(&mut inner, &[Rule::optional]).is_some();
            let colon = inner.next()?;
            let set = next_if(&mut inner, &[Rule::kw_set]);
            let start = set.as_ref().or(inner.peek().as_ref()).map_or(self.span(&colon), |pair| self.span(pair));
            next_if(&mut inner, &[Rule::kw_of]);
            let scalar = inner.next()?;
            let span = start.to(self.span(&scalar));
            let scalar = self.scalar_type(&scalar)?;
            attributes.push(AttributeDecl { name, optional, ty: TypeExpr { scalar, set: set.is_some(), span } });
        }
        Some(attributes)
    }

    fn scalar_type(&mut self, pair: &Pair<'_, Rule>) -> Option<ScalarType> {
        let word = pair.as_str();
        let scalar = scalar_type(word);
        if scalar.is_some() {
            return scalar;
        }
        self.report(unknown_type(self.span(pair), word));
        None
    }
}

/// The type that is written so.
pub(crate) fn scalar_type(word: &str) -> Option<ScalarType> {
    TYPES.iter().find(|(name, _)| *name == word).map(|(_, scalar)| *scalar)
}

fn unknown_type(span: Span, word: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error("unknown-type", span, format!("unknown type `{word}`"));
    // What the types are called elsewhere.
    let elsewhere = match word {
        "boolean" | "Boolean" => Some("bool"),
        "integer" | "Integer" | "number" | "long" | "i64" => Some("int"),
        "str" | "text" | "String" => Some("string"),
        "date" | "datetime" | "instant" | "timestamp" => Some("time"),
        "ip" | "ipaddr" => Some("address"),
        "user" => Some("identity"),
        "list" | "array" => {
            return diagnostic.with_help("write `set of` and the type of the elements");
        }
        _ => None,
    };
    match elsewhere.or_else(|| suggest::nearest(word, TYPES.iter().map(|(name, _)| *name))) {
        Some(name) => diagnostic.with_help(format!("did you mean `{name}`?")).with_replacement(name),
        None => diagnostic.with_help(
            "the types are `bool`, `int`, `string`, `time`, `address`, `identity`, `group` and `set of` one",
        ),
    }
}
