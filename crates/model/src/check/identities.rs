//! The attributes that the policy records of identities.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use doorward_syntax::ast::Recorded;
use doorward_syntax::{Diagnostic, Span};

use super::Checker;
use super::literal::{Identities, same_value};
use super::report::{DidYouMean, tick_name};
use crate::expr::Value;
use crate::ids::AttributeId;
use crate::policy::RecordedList;

impl<'a> Checker<'a> {
    pub(super) fn recorded_attributes(&mut self) {
        for (decl, identities) in std::mem::take(&mut self.declared.recorded) {
            let attributes = self.record(&decl.attributes);
            let span = decl.attributes.first().map_or(Span::default(), |recorded| recorded.name.span);
            if !self.spend(attributes.len().saturating_mul(identities.len()), span) {
                return;
            }
            let attributes = RecordedList::from(attributes);
            for id in identities {
                if let Some(identity) = self.policy.identities.get_mut(id.index()) {
                    identity.attributes = attributes.clone();
                    self.used.identity(id);
                }
            }
        }
    }

    /// The attributes and values between the braces, sorted.
    fn record(&mut self, recorded: &[Recorded]) -> Vec<(AttributeId, Value)> {
        let mut values: HashMap<AttributeId, (Option<Value>, Span)> = HashMap::new();
        for Recorded { name, value } in recorded {
            let Some(id) = self.policy.identity_attribute_names.get(name.text.as_str()).copied() else {
                self.unknown_identity_attribute(name.span, &name.text);
                continue;
            };
            let Some(ty) = self.policy.identity_attributes.get(id.index()).map(|attribute| attribute.ty) else {
                continue;
            };
            let value = self.value(value, ty, &format!("`identity.{}`", name.text), Identities::Declared);
            match values.entry(id) {
                Entry::Vacant(entry) => {
                    entry.insert((value, name.span));
                }
                Entry::Occupied(first) => {
                    let (first, place) = first.get();
                    let diagnostic = match (first, &value) {
                        (Some(first), Some(value)) if same_value(first, value) => {
                            let message = format!("attribute {} is recorded twice", tick_name(name));
                            Diagnostic::warning("repeated-item", name.span, message)
                        }
                        (Some(_), Some(_)) => {
                            let message = format!("attribute {} is recorded two ways", tick_name(name));
                            Diagnostic::error("contradiction", name.span, message)
                                .with_help("an attribute has one value; of several values it can be a set")
                        }
                        _ => continue,
                    };
                    self.report.add(diagnostic.with_related(*place, "recorded here already"));
                }
            }
        }
        let mut values: Vec<(AttributeId, Value)> =
            values.into_iter().filter_map(|(id, (value, _))| Some((id, value?))).collect();
        values.sort_unstable_by_key(|(id, _)| *id);
        values
    }

    pub(super) fn unknown_identity_attribute(&mut self, span: Span, text: &str) {
        let message = format!("unknown attribute `{text}` of identities");
        let diagnostic = Diagnostic::error("unknown-attribute", span, message);
        let names = self.policy.identity_attributes.iter().map(|attribute| &*attribute.name);
        let nearest = self.report.nearest(text, names);
        self.report.add(match nearest {
            Some(_) => diagnostic.did_you_mean(nearest),
            None if text == "name" => diagnostic.with_help("`identity.name` is the visitor's name, always"),
            None => diagnostic.with_help("declare it: `identities have { … }`"),
        });
    }

    pub(super) fn unknown_context_attribute(&mut self, span: Span, text: &str) {
        let message = format!("unknown attribute `{text}` of the context");
        let diagnostic = Diagnostic::error("unknown-attribute", span, message);
        let names = self.policy.context_attributes.iter().map(|attribute| &*attribute.name);
        let nearest = self.report.nearest(text, names);
        self.report.add(match nearest {
            Some(_) => diagnostic.did_you_mean(nearest),
            None => diagnostic.with_help("declare it: `context has { … }`"),
        });
    }
}
