//! The sets of path patterns that one path fits together.

use std::collections::BTreeSet;

use doorward_model::Policy;
use doorward_model::ids::PatternId;
use doorward_model::path::Path;
use doorward_model::pattern::{Pattern, PatternSegment};

use super::{MOST_CLASSES, TooMany};
use crate::path::{is_segment, raw};

/// All paths that fit the same patterns, and one of them.
#[derive(Clone, Debug)]
pub(super) struct RoomClass {
    /// Sorted.
    patterns: Vec<PatternId>,
    /// Decoded; each is a text that nothing names unless a pattern asks for it.
    pub(super) segments: Vec<String>,
    all: Vec<Pattern>,
}

impl RoomClass {
    pub(super) fn holds(&self, pattern: PatternId) -> bool {
        self.patterns.binary_search(&pattern).is_ok()
    }

    /// Those of the texts that can stand at a place of the path without leaving the class, and the one that stands there.
    pub(super) fn fitting(&self, place: usize, texts: Vec<String>) -> Vec<String> {
        let mut fitting: Vec<String> = self.segments.get(place).cloned().into_iter().collect();
        for text in texts {
            let mut segments = self.segments.clone();
            let Some(segment) = segments.get_mut(place) else { continue };
            segment.clone_from(&text);
            if !fitting.contains(&text) && is_segment(&text) && matching(&self.all, &segments) == self.patterns {
                fitting.push(text);
            }
        }
        fitting
    }
}

/// Every class of paths, those of few segments first.
///
/// It walks all patterns at once, segment by segment: to each text that a pattern still in question asks for, and to one
/// that none asks for.
pub(super) fn rooms(policy: &Policy) -> Result<Vec<RoomClass>, TooMany> {
    let patterns = &policy.patterns;
    let deepest = patterns.iter().map(|pattern| pattern.segments().len()).max().unwrap_or(0);
    let fresh = fresh(patterns);
    let mut found: Vec<RoomClass> = Vec::new();
    let mut seen: BTreeSet<Vec<PatternId>> = BTreeSet::new();
    // Paths that lead to different sets of patterns in question, each with that set.
    let mut level: Vec<(Vec<String>, Vec<usize>)> = vec![(Vec::new(), (0..patterns.len()).collect())];
    for depth in 0..=deepest + 1 {
        for (path, _) in &level {
            let matched = matching(patterns, path);
            if seen.insert(matched.clone()) {
                let segments = plain(patterns, &matched, path, &fresh);
                found.push(RoomClass { patterns: matched, segments, all: patterns.clone() });
            }
        }
        let mut next: Vec<(Vec<String>, Vec<usize>)> = Vec::new();
        let mut sets: BTreeSet<Vec<usize>> = BTreeSet::new();
        for (path, alive) in &level {
            let literals = alive.iter().filter_map(|index| match patterns.get(*index)?.segments().get(depth)? {
                PatternSegment::Literal(text) => Some(text.to_string()),
                PatternSegment::Any | PatternSegment::Parameter(_) => None,
            });
            let literals: BTreeSet<String> = literals.collect();
            for text in std::iter::once(fresh.clone()).chain(literals) {
                let alive: Vec<usize> = alive
                    .iter()
                    .copied()
                    .filter(|index| patterns.get(*index).is_some_and(|it| goes_on(it, depth, &text)))
                    .collect();
                if sets.insert(alive.clone()) {
                    next.push((path.iter().cloned().chain([text]).collect(), alive));
                }
            }
        }
        level = next;
        let count = u64::try_from(found.len() + level.len()).unwrap_or(u64::MAX);
        if count > MOST_CLASSES / 10 {
            return Err(TooMany { at_least: count });
        }
    }
    Ok(found)
}

/// Whether a pattern can still fit a path that has that text at that place.
fn goes_on(pattern: &Pattern, depth: usize, text: &str) -> bool {
    match pattern.segments().get(depth) {
        Some(PatternSegment::Literal(literal)) => **literal == *text,
        Some(PatternSegment::Any | PatternSegment::Parameter(_)) => true,
        None => pattern.tail(),
    }
}

fn matching(patterns: &[Pattern], segments: &[String]) -> Vec<PatternId> {
    let path = raw(segments);
    let Ok(path) = Path::parse(&path) else { return Vec::new() };
    let matching = patterns.iter().enumerate().filter(|(_, pattern)| pattern.matches(path.segments()));
    matching.map(|(index, _)| PatternId::from_index(index)).collect()
}

/// The path with a text that nothing names wherever no pattern that it fits asks for one.
fn plain(patterns: &[Pattern], matched: &[PatternId], path: &[String], fresh: &str) -> Vec<String> {
    let asked = |place: usize| {
        matched
            .iter()
            .filter_map(|id| patterns.get(id.index()))
            .any(|pattern| matches!(pattern.segments().get(place), Some(PatternSegment::Literal(_))))
    };
    path.iter().enumerate().map(|(place, text)| if asked(place) { text.clone() } else { fresh.to_owned() }).collect()
}

fn fresh(patterns: &[Pattern]) -> String {
    let mut fresh = "other".to_owned();
    let literals: BTreeSet<&str> = patterns
        .iter()
        .flat_map(Pattern::segments)
        .filter_map(|segment| if let PatternSegment::Literal(text) = segment { Some(&**text) } else { None })
        .collect();
    while literals.contains(fresh.as_str()) {
        fresh.push('-');
    }
    fresh
}
