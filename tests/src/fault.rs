//! Deliberate mistakes of the oracle: it is shown another policy or another request than the engine.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

use doorward::{Request, Subject};
use doorward_syntax::Span;
use doorward_syntax::ast::{
    Answer, Effect, Expr, ExprKind, GroupDecl, GroupKind, LiteralKind, Name, OperandKind, Policy, Rule, Statement,
    StatementKind,
};

/// One way to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No `answer` statement counts.
    AnswerIgnored,
    /// A visitor who claims a listed group is in it.
    ClaimForListedGroup,
    /// A deny does not apply while the address is unknown and it asks for one.
    DenySkippedWhenUnknown,
    /// Nothing after `except` counts.
    ExceptDropped,
    /// An IPv4-mapped IPv6 address is another address.
    MappedAddressNotFolded,
    /// A group's groups count, but not the groups of those.
    NestingOneLevel,
    /// A trailing slash is a segment of its own.
    TrailingSlashSignificant,
    /// Whoever is not identified gets a 401 wherever they are not allowed.
    UnidentifiedAlways401,
    /// A window of time holds its end too.
    WindowClosedAtEnd,
    /// Any age of the authentication will do.
    WithinIgnored,
}

impl Fault {
    /// Every fault there is.
    pub const ALL: [Self; 10] = [
        Self::AnswerIgnored,
        Self::ClaimForListedGroup,
        Self::DenySkippedWhenUnknown,
        Self::ExceptDropped,
        Self::MappedAddressNotFolded,
        Self::NestingOneLevel,
        Self::TrailingSlashSignificant,
        Self::UnidentifiedAlways401,
        Self::WindowClosedAtEnd,
        Self::WithinIgnored,
    ];

    /// The policy and the request to which the right answer is the wrong one to those.
    #[must_use]
    pub fn planted<'r>(self, policy: &Policy, request: &Request<'r>) -> (Policy, Request<'r>) {
        let (mut planted, mut asked) = (policy.clone(), request.clone());
        match self {
            Self::AnswerIgnored => planted.files.iter_mut().for_each(|file| {
                file.statements.retain(|statement| !matches!(statement.kind, StatementKind::Answer(_)));
            }),
            Self::ClaimForListedGroup => {
                // A visitor of a group's name would be taken for that group, and a group for its own member.
                if let Subject::Known(known) = &request.subject
                    && listed(&mut planted).all(|(group, _)| *group != *known.identity)
                {
                    for (group, members) in listed(&mut planted) {
                        if known.groups.iter().any(|claimed| **claimed == *group) {
                            members.push(Name {
                                text: known.identity.as_ref().into(),
                                quoted: true,
                                span: Span::default(),
                            });
                        }
                    }
                }
            }
            Self::DenySkippedWhenUnknown if request.address.is_none() => {
                planted
                    .files
                    .iter_mut()
                    .for_each(|file| file.statements.retain(|statement| !asks_for_address(statement)));
            }
            Self::ExceptDropped => rules(&mut planted).for_each(|rule| {
                rule.subjects.except.clear();
                rule.target.iter_mut().flat_map(|target| &mut target.rooms).for_each(|rooms| rooms.except.clear());
                rule.origins.iter_mut().for_each(|origins| origins.except.clear());
            }),
            Self::MappedAddressNotFolded => {
                if let Some(IpAddr::V6(address)) = request.address
                    && let Some(mapped) = address.to_ipv4_mapped()
                {
                    let other = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0).to_bits() | u128::from(mapped.to_bits());
                    asked.address = Some(Ipv6Addr::from_bits(other).into());
                }
            }
            Self::NestingOneLevel => {
                let groups: Vec<(String, Vec<Name>)> =
                    listed(&mut policy.clone()).map(|(group, members)| (group.to_owned(), members.clone())).collect();
                let members_of = |name: &Name| groups.iter().find(|(group, _)| *group == name.text);
                for (_, members) in listed(&mut planted) {
                    let inner = members.iter().flat_map(|member| match members_of(member) {
                        Some((_, inner)) => inner.iter().filter(|name| members_of(name).is_none()).cloned().collect(),
                        None => vec![member.clone()],
                    });
                    *members = inner.collect();
                }
            }
            Self::TrailingSlashSignificant => {
                let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
                if path.len() > 1 && path.ends_with('/') {
                    asked.path = Cow::Owned(format!("{path}-?{query}"));
                }
            }
            Self::UnidentifiedAlways401 => {
                let kind = StatementKind::Answer(Answer::Unidentified401);
                let statement = Statement { kind, span: Span::default() };
                planted.files.iter_mut().for_each(|file| file.statements.push(statement.clone()));
            }
            Self::WindowClosedAtEnd => {
                rules(&mut planted)
                    .flat_map(|rule| rule.when.iter_mut().chain(&mut rule.unless))
                    .for_each(|condition| lengthen(condition));
            }
            Self::WithinIgnored => {
                rules(&mut planted).flat_map(|rule| &mut rule.strength).for_each(|strength| strength.within = None);
            }
            Self::DenySkippedWhenUnknown => {}
        }
        (planted, asked)
    }
}

fn statements(policy: &mut Policy) -> impl Iterator<Item = &mut StatementKind> {
    policy.files.iter_mut().flat_map(|file| &mut file.statements).map(|statement| &mut statement.kind)
}

fn rules(policy: &mut Policy) -> impl Iterator<Item = &mut Rule> {
    statements(policy).filter_map(|kind| if let StatementKind::Rule(rule) = kind { Some(&mut **rule) } else { None })
}

/// Every group that is not claimed, with its members.
fn listed(policy: &mut Policy) -> impl Iterator<Item = (&str, &mut Vec<Name>)> {
    statements(policy).filter_map(|kind| match kind {
        StatementKind::Group(GroupDecl {
            name,
            kind: GroupKind::Listed(members) | GroupKind::From { members, .. },
        }) => Some((&*name.text, members)),
        _ => None,
    })
}

fn asks_for_address(statement: &Statement) -> bool {
    matches!(&statement.kind, StatementKind::Rule(rule) if rule.effect == Effect::Deny && rule.origins.is_some())
}

/// Makes every window a minute longer.
fn lengthen(expr: &mut Expr) {
    match &mut expr.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter_mut().for_each(lengthen),
        ExprKind::Not(inner) | ExprKind::Paren(inner) => lengthen(inner),
        ExprKind::In { right, .. } => {
            if let OperandKind::Literal(literal) = &mut right.kind
                && let LiteralKind::Window(window) = &mut literal.kind
            {
                window.end += 1;
            }
        }
        _ => {}
    }
}
