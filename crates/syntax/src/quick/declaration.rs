//! Declarations, and what else is said once in a policy.

use super::Reader;
use crate::ast::{
    ActionDecl, AttributeDecl, Challenge, Conceal, GroupDecl, GroupKind, IdentityDecl, IdentityKind, Name, NetworkDecl,
    NetworkKind, Recorded, RoomDecl, StatementKind, Text, TypeExpr,
};
use crate::build::scalar_type;
use crate::lex::TokenKind;
use crate::words;

impl Reader<'_> {
    /// A statement that is no rule, its first word read.
    pub(super) fn declaration(&mut self, word: &str) -> Option<StatementKind> {
        Some(match word {
            "action" => {
                let name = self.name()?;
                let methods = if self.take_if("is") { Some(self.list(Self::name)?) } else { None };
                StatementKind::Action(ActionDecl { name, methods })
            }
            "assurance" => {
                let mut levels = vec![self.name()?];
                while self.take_if("<") {
                    levels.push(self.name()?);
                }
                StatementKind::Assurance(levels)
            }
            "challenge" => {
                let scheme = self.name()?;
                let realm = if self.take_if("realm") { Some(self.quoted()?) } else { None };
                StatementKind::Challenge(Challenge { scheme, realm })
            }
            "conceal" => {
                let rooms = self.rooms()?;
                StatementKind::Conceal(Conceal { rooms, entirely: self.take_if("entirely") })
            }
            "context" if self.take_if("has") => StatementKind::ContextHas(self.schema()?),
            "group" => {
                let name = self.name()?;
                let kind = match self.file()? {
                    Some(path) => GroupKind::From { path, members: Vec::new() },
                    None if self.take_if("claimed") => GroupKind::Claimed,
                    None => GroupKind::Listed(self.take_if("=").then(|| self.list(Self::name))??),
                };
                StatementKind::Group(GroupDecl { name, kind })
            }
            "identities" if self.take_if("have") => StatementKind::IdentitiesHave(self.schema()?),
            "identity" => {
                let kind = match self.file()? {
                    Some(path) => IdentityKind::From { path, names: Vec::new() },
                    None => IdentityKind::Listed(self.list(Self::name)?),
                };
                let attributes = if self.next.is_some() { self.braced(Self::recorded)? } else { Vec::new() };
                StatementKind::Identity(IdentityDecl { kind, attributes })
            }
            "include" => StatementKind::Include(self.quoted()?),
            "network" => {
                let name = self.name()?;
                let kind = match self.file()? {
                    Some(path) => NetworkKind::From { path, items: Vec::new() },
                    None => NetworkKind::Listed(self.take_if("=").then(|| self.list(Self::origin))??),
                };
                StatementKind::Network(NetworkDecl { name, kind })
            }
            "room" => {
                let name = self.name()?;
                let patterns = self.take_if("at").then(|| self.list(Self::pattern))??;
                let attributes = if self.take_if("has") { self.schema()? } else { Vec::new() };
                StatementKind::Room(RoomDecl { name, patterns, attributes })
            }
            "timezone" => StatementKind::Timezone(self.zone()?),
            _ => return None,
        })
    }

    /// The path after `from`; nothing within if the word is not next.
    fn file(&mut self) -> Option<Option<Text>> {
        if self.take_if("from") { self.quoted().map(Some) } else { Some(None) }
    }

    fn schema(&mut self) -> Option<Vec<AttributeDecl>> {
        self.braced(|reader| {
            let name = reader.attribute()?;
            let optional = reader.take_if("?");
            let start = reader.take_if(":").then_some(reader.next?.start)?;
            let set = reader.take_if("set");
            if set && !reader.take_if("of") {
                return None;
            }
            let scalar = scalar_type(reader.word()?)?;
            reader.take();
            Some(AttributeDecl { name, optional, ty: TypeExpr { scalar, set, span: reader.span(start) } })
        })
    }

    fn recorded(&mut self) -> Option<Recorded> {
        let name = self.attribute()?;
        let value = self.take_if(":").then(|| self.literal())??;
        Some(Recorded { name, value })
    }

    /// The name of a time zone, which may have slashes.
    fn zone(&mut self) -> Option<Name> {
        let token = self.next?;
        if token.kind != TokenKind::Word {
            return self.name();
        }
        let rest = self.text.get(token.start..self.end)?;
        let is_zone = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/');
        if !rest.bytes().all(is_zone) || words::is_reserved(token.text(self.text)) {
            return None;
        }
        while self.take().is_some() {}
        Some(Name { text: rest.into(), quoted: false, span: self.span(token.start) })
    }
}
