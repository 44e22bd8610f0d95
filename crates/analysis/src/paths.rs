//! The classes of paths that patterns can tell apart.
//!
//! Comes in: patterns, of one policy or of several. Goes out: for each set of patterns that one path can fit, a place with
//! what its segments may be. It walks all patterns at once, segment by segment: to each text that one of those still in
//! question asks for, and to any other text.

use std::collections::{BTreeMap, BTreeSet};

use doorward_model::limits::{PATH_BYTES, PATH_SEGMENTS};
use doorward_model::path::Path;
use doorward_model::pattern::{Pattern, PatternSegment};
use doorward_syntax::ast::SmolStr;

use crate::limits;

/// Paths that fit the same patterns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// By index from 0 over all patterns, sorted.
    pub(crate) patterns: Vec<usize>,
    /// What each segment is, as far as the patterns tell.
    pub(crate) segments: Vec<Segment>,
    /// Whether it stands for all ambiguous paths, which no pattern holds.
    pub(crate) ambiguous: bool,
}

impl Place {
    /// That of all ambiguous paths.
    pub(crate) fn ambiguous() -> Self {
        Self { patterns: Vec::new(), segments: Vec::new(), ambiguous: true }
    }

    /// One of its paths, as sent; `chosen` are texts of segments by index.
    pub(crate) fn path(&self, chosen: &BTreeMap<usize, SmolStr>) -> String {
        if self.ambiguous {
            return "//".to_owned();
        }
        let texts = self.segments.iter().enumerate();
        let segments: Vec<SmolStr> =
            texts.map(|(index, segment)| chosen.get(&index).cloned().unwrap_or_else(|| segment.sample())).collect();
        raw(&segments)
    }
}

/// What a segment of a path may be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Segment {
    Literal(SmolStr),
    /// Any text but these, sorted.
    Other(Vec<SmolStr>),
}

impl Segment {
    /// The text, or one that it may be and that nothing names.
    pub(crate) fn sample(&self) -> SmolStr {
        match self {
            Self::Literal(text) => text.clone(),
            Self::Other(not) => fresh("other", |text| not.iter().any(|literal| literal == text)),
        }
    }

    /// Whether it may be that text, which [can be a segment](is_segment).
    pub(crate) fn admits(&self, text: &str) -> bool {
        match self {
            Self::Literal(literal) => literal == text,
            Self::Other(not) => !not.iter().any(|literal| literal == text),
        }
    }
}

/// The stem, or the stem with a number, such that it is not taken.
pub(crate) fn fresh(stem: &str, taken: impl Fn(&str) -> bool) -> SmolStr {
    let mut text = SmolStr::from(stem);
    let mut number = 1u64;
    while taken(&text) {
        number += 1;
        text = format!("{stem}-{number}").into();
    }
    text
}

/// The path of those decoded segments, with percent-escapes where they are usual; without, where it is too long with them.
pub(crate) fn raw(segments: &[impl AsRef<str>]) -> String {
    let mut path = String::new();
    for segment in segments {
        path.push('/');
        for character in segment.as_ref().chars() {
            if !character.is_ascii() || character.is_ascii_alphanumeric() || "-._~!$&'()*+,=:@".contains(character) {
                path.push(character);
            } else {
                path.push_str(&format!("%{:02X}", u32::from(character)));
            }
        }
    }
    if path.len() > PATH_BYTES {
        // No character that a segment may have needs to be escaped.
        path.clear();
        segments.iter().for_each(|segment| path.extend(["/", segment.as_ref()]));
    }
    if path.is_empty() { "/".to_owned() } else { path }
}

/// Whether a text can be a segment of an unambiguous path.
pub(crate) fn is_segment(text: &str) -> bool {
    let path = raw(&[text]);
    Path::parse(&path).is_ok_and(|path| path.segments() == [text])
}

/// Every class of paths, those of few segments first; `None` if there are too many. `watched` are the segments, as
/// pattern and index, whose text matters beyond whether the pattern fits: parameters that rules test.
pub(crate) fn places(patterns: &[&Pattern], watched: &BTreeSet<(usize, usize)>) -> Option<Vec<Place>> {
    let mut watched_of: Vec<Vec<usize>> = vec![Vec::new(); patterns.len()];
    for (pattern, segment) in watched {
        watched_of.get_mut(*pattern)?.push(*segment);
    }
    let mut found: BTreeMap<(Vec<usize>, Constraints), Vec<Segment>> = BTreeMap::new();
    let mut order: Vec<(Vec<usize>, Constraints)> = Vec::new();
    let mut level = vec![State { alive: (0..patterns.len()).collect(), segments: Vec::new() }];
    for depth in 0..=PATH_SEGMENTS {
        for state in &level {
            let fits = |index: &usize| patterns.get(*index).is_some_and(|pattern| fits(pattern, depth));
            let matched: Vec<usize> = state.alive.iter().copied().filter(fits).collect();
            let constraints = state.constraints(&matched, &watched_of);
            let sample: Vec<SmolStr> = state.segments.iter().map(Segment::sample).collect();
            // A path may be too long for its patterns to be met at all.
            if Path::parse(&raw(&sample)).is_ok() && !found.contains_key(&(matched.clone(), constraints.clone())) {
                order.push((matched.clone(), constraints.clone()));
                found.insert((matched, constraints), state.segments.clone());
            }
        }
        let mut next: Vec<State> = Vec::new();
        let mut seen: BTreeSet<(Vec<usize>, Constraints)> = BTreeSet::new();
        for state in level {
            // Where all patterns that are left end with `**`, whatever follows fits the same ones.
            if state.alive.iter().all(|index| patterns.get(*index).is_none_or(|it| is_past(it, depth))) && depth > 0 {
                continue;
            }
            for state in state.onwards(patterns, depth) {
                if seen.insert((state.alive.clone(), state.constraints(&state.alive, &watched_of))) {
                    next.push(state);
                }
            }
            if order.len() + next.len() > limits::PLACES {
                return None;
            }
        }
        if next.is_empty() {
            break;
        }
        level = next;
    }
    let places = order.into_iter().filter_map(|key| {
        let segments = found.remove(&key)?;
        Some(Place { patterns: key.0, segments, ambiguous: false })
    });
    Some(places.collect())
}

/// What watched segments may be, by index.
type Constraints = Vec<(usize, Segment)>;

/// Paths so far, and the patterns that they may still come to fit.
struct State {
    alive: Vec<usize>,
    segments: Vec<Segment>,
}

impl State {
    fn constraints(&self, of: &[usize], watched_of: &[Vec<usize>]) -> Constraints {
        let watched: BTreeSet<usize> =
            of.iter().filter_map(|pattern| watched_of.get(*pattern)).flatten().copied().collect();
        watched.into_iter().filter_map(|index| Some((index, self.segments.get(index)?.clone()))).collect()
    }

    /// The states one segment further on.
    fn onwards(&self, patterns: &[&Pattern], depth: usize) -> Vec<Self> {
        let mut literals: BTreeMap<&SmolStr, Vec<usize>> = BTreeMap::new();
        let mut whatever: Vec<usize> = Vec::new();
        for index in &self.alive {
            let Some(pattern) = patterns.get(*index) else { continue };
            match pattern.segments().get(depth) {
                Some(PatternSegment::Literal(text)) => literals.entry(text).or_default().push(*index),
                Some(PatternSegment::Any | PatternSegment::Parameter(_)) => whatever.push(*index),
                None if pattern.tail() => whatever.push(*index),
                None => {}
            }
        }
        let not: Vec<SmolStr> = literals.keys().map(|text| (*text).clone()).collect();
        let mut states = vec![self.and(whatever.clone(), Segment::Other(not))];
        for (text, mut alive) in literals {
            alive.extend_from_slice(&whatever);
            alive.sort_unstable();
            states.push(self.and(alive, Segment::Literal(text.clone())));
        }
        states
    }

    fn and(&self, alive: Vec<usize>, segment: Segment) -> Self {
        let segments = self.segments.iter().cloned().chain([segment]).collect();
        Self { alive, segments }
    }
}

fn fits(pattern: &Pattern, length: usize) -> bool {
    if pattern.tail() { length >= pattern.segments().len() } else { length == pattern.segments().len() }
}

/// Whether a pattern of paths that long asks nothing about what follows.
fn is_past(pattern: &Pattern, length: usize) -> bool {
    pattern.tail() && length >= pattern.segments().len()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use doorward_model::pattern::Pattern;

    use super::places;

    /// The places of those patterns, each as a sample path and the patterns that hold it.
    fn check(patterns: &[&str], watched: &[(usize, usize)], expected: &[(&str, &[usize])]) {
        let patterns: Vec<Pattern> = patterns.iter().map(|text| Pattern::parse(text).unwrap()).collect();
        let watched: BTreeSet<(usize, usize)> = watched.iter().copied().collect();
        let found = places(&patterns.iter().collect::<Vec<_>>(), &watched).unwrap();
        let found: Vec<(String, Vec<usize>)> =
            found.iter().map(|place| (place.path(&BTreeMap::new()), place.patterns.clone())).collect();
        let expected: Vec<(String, Vec<usize>)> =
            expected.iter().map(|(path, patterns)| ((*path).to_owned(), patterns.to_vec())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn each_set_of_patterns_that_meet_is_a_place() {
        check(&[], &[], &[("/", &[])]);
        check(&["/**"], &[], &[("/", &[0])]);
        check(&["/wiki/**", "/wiki/{page}"], &[], &[("/", &[]), ("/wiki", &[0]), ("/wiki/other", &[0, 1])]);
        check(&["/a", "/other"], &[], &[("/", &[]), ("/a", &[0]), ("/other", &[1])]);
    }

    #[test]
    fn a_watched_segment_tells_apart_what_else_it_may_be() {
        check(&["/{user}", "/bob/x"], &[], &[("/", &[]), ("/other", &[0]), ("/bob/x", &[1])]);
        check(&["/{user}", "/bob/x"], &[(0, 0)], &[("/", &[]), ("/other", &[0]), ("/bob", &[0]), ("/bob/x", &[1])]);
    }
}
