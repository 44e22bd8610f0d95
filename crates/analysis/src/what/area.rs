//! Sets of places, in the words of the policy.
//!
//! Comes in: some of the places of a site. Goes out: areas that hold these and no others. A room's name stands for every place
//! that goes by it; where only some of them are meant, patterns say which.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use doorward_model::pattern::Pattern;
use doorward_syntax::ast::SmolStr;
use doorward_syntax::print;
use doorward_syntax::words::is_bare_path;

use crate::paths::{Place, Segment};
use crate::people::listed;
use crate::site::Site;

/// Some of the paths that a policy tells apart: `wiki`, `wiki at /notes/**`, `home except /home/bob/**`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Area {
    /// Names of rooms, and patterns that no room has. It is about the paths that are in all of these and, of patterns that
    /// hold each other, in no closer one; `other paths` are those that no pattern of the policy holds.
    pub rooms: Vec<String>,
    /// Patterns, as they are without quotes. If there are any, it is about the paths alone that fit all of these …
    pub at: Vec<String>,
    /// … and in any case about none that fits one of these.
    pub except: Vec<String>,
}

impl Area {
    /// In words, of exceptions no more than `most`; how many are left out is said.
    #[must_use]
    pub fn told(&self, most: usize) -> String {
        let mut text = self.rooms.join(" and ");
        if !self.at.is_empty() {
            let at: Vec<String> = self.at.iter().map(|pattern| quoted(pattern)).collect();
            text.push_str(&format!(" at {}", at.join(" and ")));
        }
        if !self.except.is_empty() {
            let except: Vec<String> = self.except.iter().map(|pattern| quoted(pattern)).collect();
            text.push_str(&format!(" except {}", listed(&except, most)));
        }
        text
    }
}

impl fmt::Display for Area {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.told(usize::MAX))
    }
}

/// A pattern as a policy would write it.
fn quoted(pattern: &str) -> String {
    let bare = pattern.chars().all(|letter| "*{}".contains(letter) || is_bare_path(&format!("/{letter}")));
    if bare { pattern.to_owned() } else { print::string(pattern) }
}

/// The places of a site, by what people call them.
pub(super) struct Atlas<'s> {
    site: &'s Site<'s>,
    places: &'s [Place],
    watched: BTreeMap<usize, Vec<usize>>,
    // By place: the closest patterns that hold it, and what it is called.
    closest: Vec<Vec<usize>>,
    calls: Vec<Vec<String>>,
    // By what they are called: places.
    called: BTreeMap<Vec<String>, Vec<usize>>,
}

impl<'s> Atlas<'s> {
    pub(super) fn new(site: &'s Site<'s>, places: &'s [Place]) -> Self {
        let mut watched: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        site.watched().into_iter().for_each(|(pattern, index)| watched.entry(pattern).or_default().push(index));
        let closest = places.iter().map(|place| site.closest(place)).collect();
        let calls: Vec<Vec<String>> = places.iter().map(|place| site.rooms(place)).collect();
        let mut called: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
        for (number, names) in calls.iter().enumerate() {
            called.entry(names.clone()).or_default().push(number);
        }
        Self { site, places, watched, closest, calls, called }
    }

    /// Areas that hold just these places; none for everywhere.
    pub(super) fn areas(&self, of: &BTreeSet<usize>) -> Vec<Area> {
        if self.places.iter().enumerate().all(|(number, place)| place.ambiguous || of.contains(&number)) {
            return Vec::new();
        }
        let mut areas = Vec::new();
        let names: BTreeSet<&Vec<String>> = of.iter().filter_map(|number| self.calls.get(*number)).collect();
        for names in names {
            let Some(all) = self.called.get(names) else { continue };
            if all.iter().all(|number| of.contains(number)) {
                areas.push(Area { rooms: names.clone(), ..Area::default() });
            } else {
                self.some(names, all, of, &mut areas);
            }
        }
        areas.sort_unstable();
        areas
    }

    /// Some of the places that go by one name, by the patterns that hold them.
    fn some(&self, names: &[String], all: &[usize], of: &BTreeSet<usize>, areas: &mut Vec<Area>) {
        let mut groups: BTreeMap<&[usize], Vec<usize>> = BTreeMap::new();
        for number in all {
            let closest = self.closest.get(*number).map_or(&[][..], Vec::as_slice);
            groups.entry(closest).or_default().push(*number);
        }
        for (patterns, group) in &groups {
            let (inside, outside): (Vec<usize>, Vec<usize>) = group.iter().partition(|number| of.contains(number));
            if inside.is_empty() {
                continue;
            }
            // What fits these patterns may fit others too, by which it goes by the same name.
            let others = groups.iter().filter(|(_, group)| !group.iter().all(|number| of.contains(number)));
            let apart = others.filter_map(|(others, _)| self.apart(patterns, others));
            let apart: BTreeSet<String> = apart.collect();
            let base = Area { rooms: names.to_vec(), at: Vec::new(), except: apart.into_iter().collect() };
            let plain = self.fitted(patterns, &BTreeMap::new());
            let named = |at: &[String]| groups.len() == 1 && at == plain || at == names;
            let literal: Option<Vec<String>> = outside.iter().map(|number| self.only(patterns, *number)).collect();
            if let Some(literal) = literal {
                let at = if named(&plain) { Vec::new() } else { plain.clone() };
                let except: BTreeSet<String> = base.except.into_iter().chain(literal).collect();
                areas.push(Area { at, except: except.into_iter().collect(), ..base });
                continue;
            }
            for number in inside {
                let mut area = self.narrowed(patterns, number, base.clone());
                if named(&area.at) {
                    area.at.clear();
                }
                areas.push(area);
            }
        }
    }

    /// A pattern that none of the paths fit whose closest patterns are these, but those that have `others` as their closest
    /// ones; `None` if none of the latter fits these.
    fn apart(&self, patterns: &[usize], others: &[usize]) -> Option<String> {
        let own = || patterns.iter().filter_map(|index| self.site.pattern(*index));
        let mut all = others.iter().filter_map(|index| self.site.pattern(*index));
        // Of what fits a pattern, one that holds it cannot be a closest one.
        let meets = |other: &Pattern| own().all(|own| own.overlaps(other) && (own.covers(other) || !other.covers(own)));
        if patterns == others || !all.all(meets) {
            return None;
        }
        let pattern = others.iter().find(|index| !patterns.contains(index))?;
        self.site.pattern(*pattern).map(ToString::to_string)
    }

    /// The segments of a place whose text rules read, by index.
    fn read(&self, number: usize) -> BTreeMap<usize, &'s Segment> {
        let Some(place) = self.places.get(number) else { return BTreeMap::new() };
        let indexes = place.patterns.iter().filter_map(|pattern| self.watched.get(pattern)).flatten();
        indexes.filter_map(|index| Some((*index, place.segments.get(*index)?))).collect()
    }

    /// The one pattern that holds, of the paths of those patterns, just those of one place; `None` if there is none.
    fn only(&self, patterns: &[usize], number: usize) -> Option<String> {
        let read = self.read(number);
        let texts: Option<BTreeMap<usize, SmolStr>> =
            read.into_iter().map(|(index, segment)| Some((index, literal(segment)?))).collect();
        let texts = texts?;
        let last = texts.keys().next_back()?;
        let mut all = patterns.iter().filter_map(|index| self.site.pattern(*index));
        let pattern = all.find(|pattern| pattern.segments().len() > *last)?;
        Some(with_texts(pattern, &texts))
    }

    /// An area, and of it one place.
    fn narrowed(&self, patterns: &[usize], number: usize, base: Area) -> Area {
        let read = self.read(number);
        let texts: BTreeMap<usize, SmolStr> =
            read.iter().filter_map(|(index, segment)| Some((*index, literal(segment)?))).collect();
        let mut area = Area { at: self.fitted(patterns, &texts), ..base };
        for (index, segment) in read {
            let Segment::Other(not) = segment else { continue };
            let mut all = patterns.iter().filter_map(|pattern| self.site.pattern(*pattern));
            let Some(pattern) = all.find(|pattern| pattern.segments().len() > index) else { continue };
            for text in not {
                let mut texts = texts.clone();
                texts.insert(index, text.clone());
                area.except.push(with_texts(pattern, &texts));
            }
        }
        area
    }

    /// Patterns with texts in some of their segments.
    fn fitted(&self, patterns: &[usize], texts: &BTreeMap<usize, SmolStr>) -> Vec<String> {
        let patterns = patterns.iter().filter_map(|index| self.site.pattern(*index));
        let fitted: BTreeSet<String> = patterns.map(|pattern| with_texts(pattern, texts)).collect();
        fitted.into_iter().collect()
    }
}

fn literal(segment: &Segment) -> Option<SmolStr> {
    match segment {
        Segment::Literal(text) => Some(text.clone()),
        Segment::Other(_) => None,
    }
}

/// A pattern with texts in some of its segments, by index.
fn with_texts(pattern: &Pattern, texts: &BTreeMap<usize, SmolStr>) -> String {
    let mut text = String::new();
    for (index, segment) in pattern.segments().iter().enumerate() {
        let chosen = texts.get(&index).map_or_else(|| segment.to_string(), ToString::to_string);
        text.push_str(&format!("/{chosen}"));
    }
    if pattern.tail() {
        text.push_str("/**");
    }
    if text.is_empty() { "/".to_owned() } else { text }
}
