//! Statements other than rules and tests to pieces.

use crate::ast::{
    Answer, AttributeDecl, GroupKind, IdentityKind, NetworkKind, Recorded, Statement, StatementKind, Text, TypeExpr,
};

use super::piece::{BLOCK, Builder, FILL, HARD};
use super::word;

impl Builder<'_> {
    /// A statement, which begins a line.
    pub(super) fn statement(&mut self, statement: &Statement) {
        self.seek(statement.span);
        self.break_at(HARD, 0);
        match &statement.kind {
            StatementKind::Action(action) => {
                self.keyword("action");
                self.node(word::placed_name(&action.name), action.name.span);
                if let Some(methods) = &action.methods {
                    self.word("is");
                    self.names(methods);
                }
            }
            StatementKind::Answer(answer) => self.answer(*answer),
            StatementKind::Assertion(assertion) => self.assertion(assertion),
            StatementKind::Assurance(levels) => {
                self.keyword("assurance");
                for (index, level) in levels.iter().enumerate() {
                    if index > 0 {
                        self.break_at(FILL, 4).word("<");
                    }
                    self.node(word::placed_name(level), level.span);
                }
            }
            StatementKind::Challenge(challenge) => {
                self.keyword("challenge");
                self.node(word::placed_name(&challenge.scheme), challenge.scheme.span);
                if let Some(realm) = &challenge.realm {
                    self.word("realm");
                    self.text(realm);
                }
            }
            StatementKind::Conceal(conceal) => {
                self.keyword("conceal");
                self.rooms(&conceal.rooms);
                if conceal.entirely {
                    self.word("entirely");
                }
            }
            StatementKind::ContextHas(attributes) => {
                self.keyword("context");
                self.word("has");
                self.attributes(attributes);
            }
            StatementKind::Group(group) => {
                self.keyword("group");
                self.node(word::placed_name(&group.name), group.name.span);
                match &group.kind {
                    GroupKind::Claimed => self.word("claimed"),
                    GroupKind::From { path, .. } => self.from(path),
                    GroupKind::Listed(members) => {
                        self.word("=");
                        self.names(members);
                    }
                }
            }
            StatementKind::IdentitiesHave(attributes) => {
                self.keyword("identities");
                self.word("have");
                self.attributes(attributes);
            }
            StatementKind::Identity(identity) => {
                self.keyword("identity");
                match &identity.kind {
                    IdentityKind::From { path, .. } => self.from(path),
                    IdentityKind::Listed(names) => self.names(names),
                }
                if !identity.attributes.is_empty() {
                    self.recorded(&identity.attributes);
                }
            }
            StatementKind::Include(path) => {
                self.keyword("include");
                self.text(path);
            }
            StatementKind::Network(network) => {
                self.keyword("network");
                self.node(word::placed_name(&network.name), network.name.span);
                match &network.kind {
                    NetworkKind::From { path, .. } => self.from(path),
                    NetworkKind::Listed(items) => {
                        self.word("=");
                        self.origin_items(items);
                    }
                }
            }
            StatementKind::Room(room) => {
                self.keyword("room");
                self.node(word::placed_name(&room.name), room.name.span);
                self.word("at");
                self.room_items(&room.patterns);
                if !room.attributes.is_empty() {
                    self.word("has");
                    self.attributes(&room.attributes);
                }
            }
            StatementKind::Rule(rule) => self.rule(rule),
            StatementKind::Test(test) => self.test(test),
            StatementKind::Timezone(zone) => {
                self.keyword("timezone");
                self.node(word::zone(zone), zone.span);
            }
        }
    }

    /// A text in double quotes.
    pub(super) fn text(&mut self, text: &Text) {
        self.node(word::string(&text.value), text.span);
    }

    /// The word that a statement begins with; what goes on in a further line is indented.
    pub(super) fn keyword(&mut self, keyword: &str) {
        self.word(keyword);
        self.indent = 4;
    }

    fn answer(&mut self, answer: Answer) {
        self.keyword("answer");
        let words: &[&str] = match answer {
            Answer::RejectedAsAnonymous => &["rejected", "as", "anonymous"],
            Answer::StepUp403 => &["step-up", "403"],
            Answer::Unidentified401 => &["unidentified", "401"],
        };
        for word in words {
            self.word(word);
        }
    }

    fn from(&mut self, path: &Text) {
        self.word("from");
        self.text(path);
    }

    fn attributes(&mut self, attributes: &[AttributeDecl]) {
        self.block(attributes, |builder, attribute| {
            builder.node(word::placed_name(&attribute.name), attribute.name.span);
            if attribute.optional {
                builder.glue("?");
            }
            builder.glue(":");
            builder.ty(attribute.ty);
        });
    }

    fn recorded(&mut self, attributes: &[Recorded]) {
        self.block(attributes, |builder, attribute| {
            builder.node(word::placed_name(&attribute.name), attribute.name.span);
            builder.glue(":");
            builder.literal(&attribute.value);
        });
    }

    /// Items in braces: in one line, or each in its own.
    fn block<T>(&mut self, items: &[T], mut build: impl FnMut(&mut Self, &T)) {
        self.indent = 0;
        self.word("{");
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.glue(",");
            }
            self.break_at(BLOCK, 4);
            build(self, item);
        }
        if items.is_empty() {
            self.tight();
        } else {
            self.break_at(BLOCK, 0);
        }
        self.close(4);
    }

    fn ty(&mut self, ty: TypeExpr) {
        self.indent = 8;
        if ty.set {
            self.word("set");
            self.word("of");
        }
        self.word(word::scalar(ty.scalar));
    }
}
