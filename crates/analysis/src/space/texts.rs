//! Texts that the keys of one component can have.
//!
//! Whatever a request says can be said with these: put in place of each text that nothing mentions one of the same kind, and
//! different ones in place of different ones. Every test answers the same then, and so does every visitor that there could
//! be, since each text that can be a visitor's name is the name of one.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use doorward_model::expr::Like;
use doorward_model::types::Type;
use doorward_syntax::ast::{ScalarType, SmolStr};

use super::words::{Kind, Wanted, kind, words};
use super::{Component, Datum, Key, Uses};
use crate::error::TooComplex;
use crate::paths::{Place, Segment, fresh};
use crate::site::Site;

/// Finds the texts of one cell.
pub(super) struct Texts<'t, 's> {
    site: &'t Site<'s>,
    place: &'t Place,
    uses: &'t Uses<'t>,
    /// How much work that has been.
    pub(super) steps: Cell<u64>,
    // By the first key of a component.
    known: RefCell<BTreeMap<Key, BTreeSet<SmolStr>>>,
}

impl<'t, 's> Texts<'t, 's> {
    pub(super) fn new(site: &'t Site<'s>, place: &'t Place, uses: &'t Uses<'t>) -> Self {
        Self { site, place, uses, steps: Cell::new(0), known: RefCell::default() }
    }

    /// The texts that a component is compared with, and enough of every other kind; declared people are left out.
    ///
    /// # Errors
    /// If `like` patterns tell too many of them apart.
    pub(super) fn of(&self, key: &Key, component: &Component<'_>) -> Result<BTreeSet<SmolStr>, TooComplex> {
        let first = component.keys.first().unwrap_or(key);
        if let Some(known) = self.known.borrow().get(first) {
            return Ok(known.clone());
        }
        let (patterns, wanted, each) = (self.patterns(key, component), self.wanted(key, component), component.each());
        let mut texts: BTreeSet<SmolStr> = component.constants.iter().filter_map(text).collect();
        // A text that no test mentions, but that something else is called: it is used if it is of a kind of its own.
        let mut mentioned: BTreeSet<SmolStr> = BTreeSet::new();
        let segments = component.keys.iter().chain([key]).filter_map(|key| self.segment(key));
        if !patterns.is_empty() {
            mentioned.extend(
                segments
                    .clone()
                    .flat_map(|segment| match segment {
                        Segment::Literal(_) => &[],
                        Segment::Other(not) => not.as_slice(),
                    })
                    .cloned(),
            );
        }
        let groups = self.groups();
        if !patterns.is_empty() || self.reads(key, component, ScalarType::Group) {
            mentioned.extend(groups.iter().cloned());
        }
        let mut counts: BTreeMap<(Vec<bool>, Kind), usize> = BTreeMap::new();
        let all = component.sought || component.keys.iter().chain([key]).any(|key| self.uses.groups_of.contains(key));
        for name in mentioned {
            // What one policy declares may be no group to another.
            let declared: Vec<bool> = self.site.policies.iter().map(|policy| policy.group(&name).is_some()).collect();
            let whole = all && declared.contains(&true);
            let count = counts.entry((declared, kind(&patterns, wanted, &name))).or_default();
            if !texts.contains(&name) && (*count < each || whole) {
                *count += 1;
                texts.insert(name);
            }
        }
        let people = component.keys.contains(&Key::Visitor);
        let taken = |text: &str| {
            texts.contains(text)
                || groups.contains(text)
                || people && self.site.names.contains(text)
                || segments.clone().any(|segment| !segment.admits(text))
        };
        let mut steps = self.steps.get();
        let mut more: Vec<SmolStr> = Vec::new();
        if patterns.is_empty() {
            // Any text that nothing names is as good as any other, as long as it is one where names are meant.
            more.extend(fresh_texts(taken, each));
        }
        if !patterns.is_empty() || wanted.identities && wanted.any {
            let found = words(&patterns, wanted, each, &taken, &mut steps);
            let found = found.ok_or_else(|| TooComplex::new(format!("the `like` patterns on {}", key.told())))?;
            more.extend(found.into_iter().filter(|word| !patterns.is_empty() || !wanted.class(word).identity));
        }
        self.steps.set(steps);
        texts.extend(more);
        self.known.borrow_mut().insert(first.clone(), texts.clone());
        Ok(texts)
    }

    /// The patterns that any key of a component is tested with.
    pub(super) fn patterns(&self, key: &Key, component: &Component<'_>) -> Vec<Like> {
        let keys: BTreeSet<&Key> = component.keys.iter().chain([key]).collect();
        let patterns: BTreeSet<&String> =
            keys.into_iter().filter_map(|key| self.uses.likes.get(key)).flatten().collect();
        patterns.into_iter().map(|pattern| Like::new(pattern)).collect()
    }

    fn wanted(&self, key: &Key, component: &Component<'_>) -> Wanted {
        Wanted {
            segments: component.keys.iter().chain([key]).any(|key| matches!(key, Key::Parameter(_))),
            identities: component.keys.contains(&Key::Visitor) || self.reads(key, component, ScalarType::Identity),
            any: component.keys.iter().chain([key]).any(|key| {
                !matches!(key, Key::Parameter(_)) && self.reads(key, &Component::default(), ScalarType::String)
            }),
        }
    }

    /// Whether any key of a component is read as that type.
    fn reads(&self, key: &Key, component: &Component<'_>, scalar: ScalarType) -> bool {
        component
            .keys
            .iter()
            .chain([key])
            .any(|key| self.uses.types.get(key).is_some_and(|types| types.contains(&Type::Scalar(scalar))))
    }

    /// The groups that any policy declares.
    pub(super) fn groups(&self) -> BTreeSet<SmolStr> {
        self.site.policies.iter().flat_map(|policy| &policy.groups).map(|group| (&*group.name).into()).collect()
    }

    fn segment(&self, key: &Key) -> Option<&'t Segment> {
        match key {
            Key::Parameter(index) => self.place.segments.get(*index),
            _ => None,
        }
    }
}

/// Texts that are not taken, all of which can be a segment, an identity's name, a text.
pub(super) fn fresh_texts(taken: impl Fn(&str) -> bool, count: usize) -> Vec<SmolStr> {
    let mut texts: Vec<SmolStr> = Vec::new();
    for _ in 0..count {
        texts.push(fresh("someone", |text| taken(text) || texts.iter().any(|known| known == text)));
    }
    texts
}

pub(super) fn text(value: &Datum) -> Option<SmolStr> {
    match value {
        Datum::Text(text) => Some(text.clone()),
        _ => None,
    }
}
