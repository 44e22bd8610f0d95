//! The items of a rule's lists one by one, as the text has them, each resolved.
//!
//! A checked rule keeps what its lists come to, since that is what decisions need. Who asks which item does what has the
//! rule read again.

use std::sync::Arc;

use doorward_syntax::ast::{self, Name, OriginItem, OriginItemKind, RoomItem, RoomItemKind};
use doorward_syntax::{Span, rule_at};

use crate::address::{Prefix, PrefixSet};
use crate::ids::{ActionId, PatternId};
use crate::pattern::Pattern;
use crate::policy::Policy;
use crate::rule::{Member, Rule};

/// One item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item<T> {
    /// What it stands for.
    pub what: T,
    /// Where it stands.
    pub span: Span,
}

/// A list: what is in it, and what is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T> {
    /// Its items; none if the clause is left out.
    pub items: Vec<Item<T>>,
    /// Those after `except`.
    pub except: Vec<Item<T>>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { items: Vec::new(), except: Vec::new() }
    }
}

/// The lists of a rule, in the order of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Items {
    /// SUBJECTS; `anyone` and `authenticated` are no items.
    pub subjects: List<Member>,
    /// ACTIONS; `None` for `use`.
    pub actions: Vec<Item<Option<ActionId>>>,
    /// ROOMS, each with its patterns.
    pub rooms: List<Vec<PatternId>>,
    /// ORIGINS.
    pub origins: List<Arc<PrefixSet>>,
}

impl Policy {
    /// The items of the lists of a rule of this policy.
    ///
    /// It costs about as much as checking the rule did.
    #[must_use]
    pub fn items(&self, rule: &Rule) -> Items {
        let Some(read) = rule_at(&self.sources, rule.span) else { return Items::default() };
        let subjects = match &read.subjects.who {
            ast::Who::Listed(names) => names.as_slice(),
            ast::Who::Anyone | ast::Who::Authenticated => &[],
        };
        let (target, origins) = (read.target.as_ref(), read.origins.as_ref());
        let rooms = target.and_then(|target| target.rooms.as_ref());
        let patterns: Vec<PatternId> = rule.targets.iter().filter_map(|target| target.pattern).collect();
        Items {
            subjects: List {
                items: each(subjects, |name| Some((self.member_named(name)?, name.span))),
                except: each(&read.subjects.except, |name| Some((self.member_named(name)?, name.span))),
            },
            actions: each(target.map_or(&[], |target| &target.actions), |name| {
                let any = name.text == "use" && !name.quoted;
                let id = if any { None } else { Some(self.action_names.get(&name.text).copied()?) };
                Some((id, name.span))
            }),
            rooms: List {
                items: each(rooms.map_or(&[], |rooms| &rooms.items), |item| self.room(item, &patterns)),
                except: each(rooms.map_or(&[], |rooms| &rooms.except), |item| self.room(item, &rule.except_rooms)),
            },
            origins: List {
                items: each(origins.map_or(&[], |origins| &origins.items), |item| self.origin(item)),
                except: each(origins.map_or(&[], |origins| &origins.except), |item| self.origin(item)),
            },
        }
    }

    fn member_named(&self, name: &Name) -> Option<Member> {
        let group = self.group(&name.text).map(Member::Group);
        group.or_else(|| self.identity(&name.text).map(Member::Identity))
    }

    /// `among` are the patterns of the whole list.
    fn room(&self, item: &RoomItem, among: &[PatternId]) -> Option<(Vec<PatternId>, Span)> {
        let patterns = match &item.kind {
            RoomItemKind::Name(name) => {
                self.rooms.iter().find(|room| name.text == *room.name).map(|room| room.patterns.clone())?
            }
            RoomItemKind::Pattern(text) => {
                let pattern = Pattern::parse(text).ok()?;
                let is_it = |id: &PatternId| self.patterns.get(id.index()) == Some(&pattern);
                among.iter().copied().filter(is_it).take(1).collect()
            }
        };
        Some((patterns, item.span))
    }

    /// Addresses are tried before names, also between quotes.
    fn origin(&self, item: &OriginItem) -> Option<(Arc<PrefixSet>, Span)> {
        let (OriginItemKind::Address(text) | OriginItemKind::Name(Name { text, .. })) = &item.kind;
        let addresses = match Prefix::parse(text) {
            Ok(prefix) => Arc::new(PrefixSet::new([prefix])),
            Err(_) => {
                let network = self.networks.iter().find(|network| *text == *network.name)?;
                Arc::clone(&network.addresses)
            }
        };
        Some((addresses, item.span))
    }
}

/// What is not known is left out, which does not happen in a policy in which nothing is wrong.
fn each<T, I>(list: &[I], of: impl Fn(&I) -> Option<(T, Span)>) -> Vec<Item<T>> {
    list.iter().filter_map(of).map(|(what, span)| Item { what, span }).collect()
}

#[cfg(test)]
mod tests {
    use super::{Item, Policy};

    const POLICY: &str = r#"
        identity ann, ben
        group staff = ann
        network office = 10.0.0.0/8, inner
        network inner = 192.0.2.0/24
        action open is POST
        room wiki at /wiki/**, /w
        room "/news" at /news
    "#;

    fn texts<T>(policy: &Policy, items: &[Item<T>], told: impl Fn(&T) -> String) -> Vec<String> {
        items.iter().map(|item| format!("{}: {}", policy.sources.slice(item.span), told(&item.what))).collect()
    }

    /// Checks the lists of one rule, each item as its text and what it stands for.
    #[track_caller]
    fn check(rule: &str, expected: &[&str]) {
        let parsed = doorward_syntax::parse(&format!("{POLICY}{rule}"));
        let policy = crate::check(&parsed.policy, parsed.sources).policy.unwrap_or_default();
        let rule = policy.rules.first().unwrap();
        let items = policy.items(rule);
        let patterns = |ids: &Vec<_>| {
            let texts = ids.iter().map(|id: &crate::ids::PatternId| policy.patterns[id.index()].to_string());
            texts.collect::<Vec<_>>().join(" ")
        };
        let mut found = Vec::new();
        for list in [&items.subjects.items, &items.subjects.except] {
            found.extend(texts(&policy, list, |member| format!("{member:?}")));
        }
        found.extend(texts(&policy, &items.actions, |id| {
            id.map_or("any".to_owned(), |id| policy.actions[id.index()].name.to_string())
        }));
        for list in [&items.rooms.items, &items.rooms.except] {
            found.extend(texts(&policy, list, patterns));
        }
        for list in [&items.origins.items, &items.origins.except] {
            found.extend(texts(&policy, list, |set| format!("{} ranges", set.ranges_v4().len())));
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn items_are_what_they_are_called() {
        check("allow anyone", &[]);
        check(
            "allow staff, ben except ann to open, GET, \"read\"",
            &[
                "staff: Group(GroupId(0))",
                "ben: Identity(IdentityId(1))",
                "ann: Identity(IdentityId(0))",
                "open: open",
                "GET: GET",
                "\"read\": read",
            ],
        );
        check(
            "deny anyone to use wiki, /x, \"/news\" except /wiki/{page}",
            &["use: any", "wiki: /wiki/** /w", "/x: /x", "\"/news\": /news", "/wiki/{page}: /wiki/{page}"],
        );
        check(
            "allow ann from office, \"10.0.0.7\" except inner # those\n, 10.1.0.0/16",
            &[
                "ann: Identity(IdentityId(0))",
                "office: 2 ranges",
                "\"10.0.0.7\": 1 ranges",
                "inner: 1 ranges",
                "10.1.0.0/16: 1 ranges",
            ],
        );
    }
}
