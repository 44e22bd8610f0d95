//! The statements that stand once: assurance, challenges, the time zone, attribute schemas, answers.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use doorward_syntax::ast::{self, Answer, AttributeDecl, Name, StatementKind};
use doorward_syntax::{Diagnostic, Span};

use super::Checker;
use super::report::{DidYouMean, duplicate, tick_name};
use crate::ids::{AttributeId, LevelId};
use crate::policy::{Attribute, Challenge, Level, Names};
use crate::types::Type;
use crate::zone::Zone;

/// Where single-valued statements stand for the first time.
#[derive(Default)]
struct First {
    assurance: Option<Span>,
    context: Option<Span>,
    identities: Option<Span>,
    timezone: Option<Span>,
    answers: Vec<(Answer, Span)>,
    challenges: HashMap<(String, Option<String>), Span>,
}

impl<'a> Checker<'a> {
    pub(super) fn settings(&mut self) {
        let mut first = First::default();
        for statement in self.ast.statements() {
            let span = statement.span;
            match &statement.kind {
                StatementKind::Answer(answer) => self.answer(*answer, span, &mut first),
                StatementKind::Assurance(levels) => self.assurance(levels, span, &mut first.assurance),
                StatementKind::Challenge(challenge) => self.challenge(challenge, span, &mut first),
                StatementKind::ContextHas(attributes) => self.context_has(attributes, span, &mut first.context),
                StatementKind::IdentitiesHave(attributes) => {
                    self.identities_have(attributes, span, &mut first.identities);
                }
                StatementKind::Timezone(name) => self.timezone(name, span, &mut first.timezone),
                _ => {}
            }
        }
        if self.policy.levels.is_empty() {
            self.policy.levels.push(Level { name: "".into() });
        }
        if self.policy.challenges.is_empty() {
            self.policy.challenges.push(Challenge { scheme: "Bearer".into(), realm: None });
        }
    }

    fn stands_once(&mut self, what: &str, span: Span, first: &mut Option<Span>) -> bool {
        match first {
            Some(first) => {
                self.report.add(duplicate("duplicate-statement", &format!("{what} stands"), span, *first));
                false
            }
            None => {
                *first = Some(span);
                true
            }
        }
    }

    fn answer(&mut self, answer: Answer, span: Span, first: &mut First) {
        match first.answers.iter().find(|(known, _)| *known == answer) {
            Some((_, first)) => {
                let what = format!("{} stands", self.quote(span));
                self.report.add(duplicate("duplicate-statement", &what, span, *first));
            }
            None => {
                first.answers.push((answer, span));
                self.policy.answers.push(answer);
            }
        }
    }

    fn assurance(&mut self, levels: &[Name], span: Span, first: &mut Option<Span>) {
        if !self.stands_once("`assurance`", span, first) {
            return;
        }
        let mut spans: HashMap<&str, Span> = HashMap::new();
        for level in levels {
            match spans.entry(&level.text) {
                Entry::Occupied(first) => {
                    let what = format!("level {} stands", tick_name(level));
                    self.report.add(duplicate("duplicate-declaration", &what, level.span, *first.get()));
                }
                Entry::Vacant(entry) => {
                    entry.insert(level.span);
                    let id = LevelId::from_index(self.policy.levels.len());
                    self.policy.levels.push(Level { name: level.text.as_str().into() });
                    self.policy.level_names.insert(level.text.as_str().into(), id);
                }
            }
        }
    }

    fn challenge(&mut self, challenge: &ast::Challenge, span: Span, first: &mut First) {
        let scheme = &challenge.scheme;
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if scheme.text.is_empty() || !scheme.text.bytes().all(token) {
            let message = format!("{} is no authentication scheme", self.quote(scheme.span));
            let help = "a scheme is an HTTP token, such as `Bearer`, `Basic` or `DPoP`: letters, digits and signs";
            self.report.add(Diagnostic::error("bad-scheme", scheme.span, message).with_help(help));
        }
        if let Some(realm) = &challenge.realm
            && !realm.value.is_ascii()
        {
            let message = format!("realm {} is not ASCII", self.quote(realm.span));
            let help = "a header field holds ASCII; many clients show other characters wrongly";
            self.report.add(Diagnostic::warning("realm-not-ascii", realm.span, message).with_help(help));
        }
        let realm = challenge.realm.as_ref().map(|realm| realm.value.clone());
        match first.challenges.entry((scheme.text.to_ascii_lowercase(), realm)) {
            Entry::Occupied(first) => {
                let what = format!("{} stands", self.quote(span));
                self.report.add(duplicate("duplicate-statement", &what, span, *first.get()));
            }
            Entry::Vacant(entry) => {
                let realm = entry.key().1.as_deref().map(Into::into);
                entry.insert(span);
                self.policy.challenges.push(Challenge { scheme: scheme.text.as_str().into(), realm });
            }
        }
    }

    fn timezone(&mut self, name: &Name, span: Span, first: &mut Option<Span>) {
        if !self.stands_once("`timezone`", span, first) {
            return;
        }
        match Zone::named(&name.text) {
            Some(zone) => self.policy.zone = zone,
            None => {
                let names = Zone::names();
                let nearest = self.report.nearest(&name.text, names.iter().map(String::as_str));
                let diagnostic =
                    Diagnostic::error("unknown-zone", name.span, format!("unknown time zone `{}`", name.text));
                self.report.add(match nearest {
                    Some(nearest) => {
                        diagnostic.with_help(format!("did you mean `{nearest}`?")).with_replacement(nearest)
                    }
                    None => diagnostic.with_help("zones have IANA names, such as `Europe/Berlin` or `UTC`"),
                });
            }
        }
    }

    fn context_has(&mut self, attributes: &[AttributeDecl], span: Span, first: &mut Option<Span>) {
        if self.stands_once("`context has`", span, first) {
            let (attributes, names) = self.schema(attributes, "the context");
            self.policy.context_attributes = attributes;
            self.policy.context_attribute_names = names;
        }
    }

    fn identities_have(&mut self, attributes: &[AttributeDecl], span: Span, first: &mut Option<Span>) {
        if !self.stands_once("`identities have`", span, first) {
            return;
        }
        for attribute in attributes.iter().filter(|attribute| attribute.name.text == "name") {
            let message = "`name` is no attribute that identities can have";
            let help = "`identity.name` is the visitor's name, always; name the attribute otherwise";
            self.report.add(Diagnostic::error("bad-attribute", attribute.name.span, message).with_help(help));
        }
        let (attributes, names) = self.schema(attributes, "identities");
        self.policy.identity_attributes = attributes;
        self.policy.identity_attribute_names = names;
    }

    /// Reads a schema; `whose` says in messages who has the attributes.
    pub(super) fn schema(&mut self, decls: &[AttributeDecl], whose: &str) -> (Vec<Attribute>, Names<AttributeId>) {
        let mut attributes: Vec<Attribute> = Vec::new();
        let mut names: Names<AttributeId> = Names::default();
        for decl in decls {
            let name = &decl.name;
            match names.entry(name.text.as_str().into()) {
                Entry::Occupied(first) => {
                    let first = attributes.get(first.get().index()).map_or(name.span, |attribute| attribute.span);
                    let what = format!("attribute {} of {whose} is declared", tick_name(name));
                    self.report.add(duplicate("duplicate-declaration", &what, name.span, first));
                }
                Entry::Vacant(entry) => {
                    entry.insert(AttributeId::from_index(attributes.len()));
                    attributes.push(Attribute {
                        name: name.text.as_str().into(),
                        ty: if decl.ty.set { Type::Set(decl.ty.scalar) } else { Type::Scalar(decl.ty.scalar) },
                        optional: decl.optional,
                        span: name.span,
                    });
                }
            }
        }
        (attributes, names)
    }

    /// The level of that name; an error if none is declared.
    pub(super) fn level_named(&mut self, name: &Name) -> Option<LevelId> {
        if let Some(id) = self.policy.level_names.get(name.text.as_str()) {
            return Some(*id);
        }
        let diagnostic = self.of_another_kind(name.span, &name.text, "an assurance level").unwrap_or_else(|| {
            let names = self.policy.levels.iter().map(|level| &*level.name).filter(|name| !name.is_empty());
            let nearest = self.report.nearest(&name.text, names);
            let message = format!("unknown assurance level `{}`", name.text);
            let diagnostic = Diagnostic::error("unknown-level", name.span, message);
            if nearest.is_some() {
                diagnostic.did_you_mean(nearest)
            } else if self.policy.level_names.is_empty() {
                diagnostic.with_help("declare the levels, weakest first: `assurance password < mfa`")
            } else {
                let levels: Vec<&str> = self.policy.levels.iter().map(|level| &*level.name).take(8).collect();
                diagnostic.with_help(format!("the levels are `{}`", levels.join("` < `")))
            }
        });
        self.report.add(diagnostic);
        None
    }
}
