//! Texts for every kind that tests can tell apart: by the `like` patterns that they fit, and by what they can be.
//!
//! Patterns are automata, which are walked all at once, together with what tells whether a text can be an identity's name or
//! a segment of a path. Each state is reached once, by its shortest text. That is enough: a state without a star before it
//! has one text; every other one stays the same if a letter that no pattern names is put in after a star, or between two
//! rounds of a loop, and stands there any number of times. So a kind has as many texts as are wanted, or those of its states,
//! and no others. What the limit on the length of names alone tells apart is left out.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use doorward_model::expr::Like;
use doorward_model::request::is_identity;
use doorward_syntax::ast::SmolStr;

use crate::limits;
use crate::paths::is_segment;

/// What texts are wanted for: what else than patterns tells them apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Segments of paths.
    pub(super) segments: bool,
    /// Names of identities.
    pub(super) identities: bool,
    /// Whatever there is.
    pub(super) any: bool,
}

impl Wanted {
    /// What a text can be, as far as that matters.
    pub(super) fn class(self, text: &str) -> Class {
        Class { segment: self.segments && is_segment(text), identity: self.identities && is_identity(text) }
    }

    fn admits(self, class: Class) -> bool {
        self.any || class.segment || class.identity
    }

    fn matter(self) -> bool {
        self.segments || self.identities
    }
}

/// What a text can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Class {
    pub(super) segment: bool,
    pub(super) identity: bool,
}

/// A combination of patterns that a text fits, and no others, and what it can be.
pub(super) type Kind = (Vec<bool>, Class);

/// The kind of a text.
pub(super) fn kind(patterns: &[Like], wanted: Wanted, text: &str) -> Kind {
    (patterns.iter().map(|pattern| pattern.matches(text)).collect(), wanted.class(text))
}

/// Texts such that of every kind there are `each` that are not `taken`, unless fewer exist; `None` if that takes more than
/// the steps of a cell, to which it adds its own, or cannot be told: where letters that follow each other are one letter in
/// normal form.
pub(super) fn words(
    patterns: &[Like],
    wanted: Wanted,
    each: usize,
    taken: &dyn Fn(&str) -> bool,
    steps: &mut u64,
) -> Option<Vec<SmolStr>> {
    let search = Search::new(patterns, wanted, steps)?;
    let mut found: BTreeMap<Kind, Found> = BTreeMap::new();
    for word in search.shortest(steps)? {
        let (fits, class) = kind(patterns, wanted, &word);
        if !wanted.admits(class) {
            continue;
        }
        let found = found.entry((fits, class)).or_default();
        if word.contains(search.plain) {
            found.open.get_or_insert(word);
        } else {
            found.closed.push(word);
        }
    }
    let mut words: Vec<SmolStr> = Vec::new();
    for ((_, class), Found { open, closed }) in found {
        let Some(open) = open else {
            words.extend(closed.into_iter().filter(|word| !taken(word)).take(each).map(SmolStr::from));
            continue;
        };
        let enough = words.len() + each;
        let mut number = 0usize;
        while words.len() < enough {
            let word = open.replacen(search.plain, &search.filling(number), 1);
            number += 1;
            // It may have become too long for a name.
            if wanted.class(&word) != class || number > limits::VALUES {
                return None;
            }
            if !taken(&word) {
                words.push(word.into());
            }
        }
    }
    Some(words)
}

/// Texts of one kind.
#[derive(Default)]
struct Found {
    // With a letter that no pattern names, in place of which any text of such letters can stand.
    open: Option<String>,
    // Without one.
    closed: Vec<String>,
}

/// All patterns as one automaton, and the letters that it tells apart.
struct Search {
    letters: Vec<Letter>,
    // By place: whether it stands before a star, and whether a text that has come here fits.
    stars: Vec<u64>,
    start: Vec<u64>,
    wanted: Wanted,
    /// The letter that stands for all that no pattern names.
    plain: char,
    /// All such letters that are tried, the first of which is `plain`.
    plains: Vec<char>,
}

struct Letter {
    letter: char,
    // By place: whether the pattern goes on with that letter.
    places: Vec<u64>,
    shape: Shape,
}

/// How many letters that no pattern names are put in each other's place.
const PLAINS: usize = 24;

impl Search {
    fn new(patterns: &[Like], wanted: Wanted, steps: &mut u64) -> Option<Self> {
        let mut places: Vec<Option<Option<char>>> = Vec::new();
        let mut starts = Vec::new();
        for pattern in patterns {
            starts.push(places.len());
            for (index, piece) in pattern.pieces().iter().enumerate() {
                if index > 0 && places.last() != Some(&Some(None)) {
                    places.push(Some(None));
                }
                places.extend(piece.chars().map(|letter| Some(Some(letter))));
            }
            // The end, from which nothing goes on; without it a star would lead into the next pattern.
            places.push(None);
        }
        let named: BTreeSet<char> = places.iter().flatten().flatten().copied().collect();
        let blocks = places.len().div_ceil(64).max(1);
        let size = u64::try_from((named.len() + 4).saturating_mul(blocks + named.len())).unwrap_or(u64::MAX);
        *steps = steps.saturating_add(size);
        if *steps > limits::CELL_STEPS || wanted.matter() && !are_apart(&named) {
            return None;
        }
        let others = ('a'..='z').rev().chain('0'..='9').chain('A'..='Z').chain('\u{4e00}'..='\u{9fff}');
        let is_plain = |letter: &char| {
            let alone = !named.contains(letter);
            alone
                && named
                    .iter()
                    .all(|named| named.is_ascii() || is_identity(&[*letter, *named].iter().collect::<String>()))
        };
        let plains: Vec<char> = others.filter(is_plain).take(PLAINS).collect();
        let plain = *plains.first()?;
        let mut letters: Vec<char> = vec![plain];
        letters.extend(&named);
        let more = |letters: &mut Vec<char>, candidates: &[char]| {
            let found = candidates.iter().find(|letter| !named.contains(letter));
            letters.extend(found);
        };
        if wanted.identities {
            more(&mut letters, &[' ']);
            more(&mut letters, &['\u{1}']);
        }
        if wanted.segments {
            more(&mut letters, &[';', '#', '\\', '/', '?', '%', '\u{ff0f}', '\u{ff1b}', '\u{1}']);
        }
        let of_places = |asked: Option<char>| {
            let mut bits = vec![0u64; blocks];
            let found = places.iter().enumerate().filter(|(_, place)| **place == Some(asked));
            found.for_each(|(index, _)| set(&mut bits, index));
            bits
        };
        let letters = letters.into_iter().map(|letter| Letter {
            letter,
            places: of_places(Some(letter)),
            shape: Shape::of(letter, plain),
        });
        let mut start = vec![0u64; blocks];
        starts.into_iter().for_each(|index| set(&mut start, index));
        let mut search = Self { letters: letters.collect(), stars: of_places(None), start, wanted, plain, plains };
        search.start = search.closed(search.start.clone());
        Some(search)
    }

    /// One text that leads to each state, a shortest one.
    fn shortest(&self, steps: &mut u64) -> Option<Vec<String>> {
        // How each state was reached: from which one, by which letter.
        let mut reached: Vec<(usize, Option<char>)> = Vec::new();
        let mut known: HashSet<State> = HashSet::new();
        let mut waiting: BTreeMap<usize, Vec<(State, usize, Option<char>)>> = BTreeMap::new();
        let start = State { places: self.start.clone(), shape: Shape::EMPTY };
        waiting.insert(0, vec![(start, 0, None)]);
        let cost = u64::try_from(self.letters.len().saturating_mul(self.stars.len())).unwrap_or(u64::MAX);
        while let Some((length, states)) = waiting.pop_first() {
            for (state, from, by) in states {
                if !known.insert(state.clone()) {
                    continue;
                }
                *steps = steps.saturating_add(cost);
                if *steps > limits::CELL_STEPS {
                    return None;
                }
                let number = reached.len();
                reached.push((from, by));
                for letter in &self.letters {
                    let next = self.onwards(&state, letter);
                    if !known.contains(&next) {
                        let length = length + letter.letter.len_utf8();
                        waiting.entry(length).or_default().push((next, number, Some(letter.letter)));
                    }
                }
            }
        }
        let mut words = Vec::with_capacity(reached.len());
        for (mut from, mut by) in reached.iter().copied() {
            let mut word: Vec<char> = Vec::new();
            while let Some(letter) = by {
                word.push(letter);
                (from, by) = reached.get(from).copied().unwrap_or_default();
            }
            *steps = steps.saturating_add(word.len() as u64);
            if *steps > limits::CELL_STEPS {
                return None;
            }
            words.push(word.into_iter().rev().collect());
        }
        Some(words)
    }

    fn onwards(&self, state: &State, letter: &Letter) -> State {
        let mut places = Vec::with_capacity(state.places.len());
        let mut carried = 0;
        for ((at, asked), star) in state.places.iter().zip(&letter.places).zip(&self.stars) {
            let gone = at & asked;
            places.push(gone << 1 | carried | at & star);
            carried = gone >> 63;
        }
        State { places: self.closed(places), shape: state.shape.and(letter.shape, self.wanted) }
    }

    /// Those places, and what follows a star there.
    fn closed(&self, mut places: Vec<u64>) -> Vec<u64> {
        let mut carried = 0;
        for (at, star) in places.iter_mut().zip(&self.stars) {
            let onwards = *at & star;
            // No star follows a star.
            let passed = onwards << 1 | carried;
            carried = onwards >> 63;
            *at |= passed;
        }
        places
    }

    /// The texts of letters that no pattern names, shortest first.
    fn filling(&self, number: usize) -> String {
        let (mut text, mut number) = (String::new(), number + 1);
        while number > 0 {
            number -= 1;
            text.extend(self.plains.get(number % self.plains.len().max(1)));
            number /= self.plains.len().max(1);
        }
        text
    }
}

fn set(bits: &mut [u64], index: usize) {
    bits.get_mut(index / 64).into_iter().for_each(|block| *block |= 1 << (index % 64));
}

/// Whether letters stay what they are next to each other.
fn are_apart(letters: &BTreeSet<char>) -> bool {
    let spaced = |letter: &char| letter.is_whitespace();
    letters.iter().filter(|second| !second.is_ascii() && !spaced(second)).all(|second| {
        letters
            .iter()
            .filter(|first| !spaced(first))
            .all(|first| is_identity(&[*first, *second].iter().collect::<String>()))
    })
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    places: Vec<u64>,
    shape: Shape,
}

/// What tells whether a text is a name or a segment, and whether it has a letter that no pattern names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Shape {
    empty: bool,
    first_is_space: bool,
    last_is_space: bool,
    last_is_dot: bool,
    // Something that no name has, and no segment.
    control: bool,
    // Something that no segment has.
    reserved: bool,
    plain: bool,
}

impl Shape {
    const EMPTY: Self = Self {
        empty: true,
        first_is_space: false,
        last_is_space: false,
        last_is_dot: false,
        control: false,
        reserved: false,
        plain: false,
    };

    fn of(letter: char, plain: char) -> Self {
        let space = letter.is_whitespace();
        Self {
            empty: false,
            first_is_space: space,
            last_is_space: space,
            last_is_dot: letter == '.',
            control: letter.is_control(),
            reserved: !is_segment(&[plain, letter, plain].iter().collect::<String>()),
            plain: letter == plain,
        }
    }

    /// That of a text that goes on with a letter, as far as it matters.
    fn and(self, letter: Self, wanted: Wanted) -> Self {
        if !wanted.matter() {
            return Self { plain: self.plain || letter.plain, ..Self::EMPTY };
        }
        Self {
            empty: false,
            first_is_space: if self.empty { letter.first_is_space } else { self.first_is_space },
            last_is_space: letter.last_is_space,
            last_is_dot: wanted.segments && letter.last_is_dot,
            control: self.control || letter.control,
            reserved: wanted.segments && (self.reserved || letter.reserved),
            plain: self.plain || letter.plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use doorward_model::expr::Like;

    use super::{Kind, Wanted, kind, words};

    const NAMES: Wanted = Wanted { segments: false, identities: true, any: true };
    const PATHS: Wanted = Wanted { segments: true, identities: false, any: false };

    /// How many kinds of texts there are, one of each of which is found, and more where more are wanted.
    #[track_caller]
    fn check(patterns: &[&str], wanted: Wanted, expected: usize) {
        let likes: Vec<Like> = patterns.iter().map(|pattern| Like::new(pattern)).collect();
        let kinds = |each: usize| -> Vec<Kind> {
            let found = words(&likes, wanted, each, &|_| false, &mut 0).unwrap();
            assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
            found.iter().map(|word| kind(&likes, wanted, word)).collect()
        };
        let found = kinds(1);
        let all: BTreeSet<&Kind> = found.iter().collect();
        assert_eq!((found.len(), all.len()), (expected, expected), "{patterns:?}");
        assert_eq!(kinds(3).iter().collect::<BTreeSet<_>>(), all);
    }

    #[test]
    fn every_combination_of_patterns_has_a_word() {
        check(&[], Wanted::default(), 0);
        check(&[], Wanted { any: true, ..Wanted::default() }, 1);
        // Both ends, one end, no end; and `ab` itself.
        check(&["a*", "*b", "ab", "*"], Wanted { any: true, ..Wanted::default() }, 5);
        check(&["a**b", "a*b"], Wanted { any: true, ..Wanted::default() }, 2);
    }

    #[test]
    fn words_are_told_apart_by_what_they_can_be() {
        check(&[], NAMES, 2);
        check(&["* *"], PATHS, 2);
        check(&[" *"], PATHS, 1);
        check(&["*.", "a*"], PATHS, 2);
        check(&["* *"], NAMES, 4);
        check(&["", "a"], NAMES, 4);
        check(&["*é*", "*e*"], NAMES, 8);
    }

    #[test]
    fn what_is_taken_is_passed_over() {
        let likes = [Like::new("a*"), Like::new("ab")];
        let wanted = Wanted { any: true, ..Wanted::default() };
        let found = words(&likes, wanted, 2, &|word| word.len() < 3, &mut 0).unwrap();
        assert_eq!(found.len(), 4);
        assert!(found.iter().all(|word| word.len() > 2));
    }

    #[test]
    fn much_work_and_doubtful_letters_are_left_alone() {
        let many: Vec<Like> = ('a'..='p').map(|letter| Like::new(&format!("*{letter}0*{letter}1*"))).collect();
        let mut steps = 0;
        assert_eq!(words(&many, Wanted { any: true, ..Wanted::default() }, 1, &|_| false, &mut steps), None);
        assert!(steps < 5_000_000);
        let composed = [Like::new("*e*"), Like::new("*\u{301}*")];
        assert_eq!(words(&composed, NAMES, 1, &|_| false, &mut 0), None);
    }
}
