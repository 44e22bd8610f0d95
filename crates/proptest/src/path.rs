//! Paths at and beside the patterns of a policy.

use std::collections::BTreeSet;

use doorward_model::pattern::{Pattern, PatternSegment};

use crate::mentions::{Mentions, Node};
use crate::values::Pool;

/// How many wildcards of a pattern get words of their own; those after them repeat these.
pub(crate) const WORDS: usize = 3;

/// What is done to a path that a pattern holds.
#[derive(Clone, Copy, Debug)]
enum Twist {
    Add,
    Case,
    Dot,
    DoubleSlash,
    Drop,
    EncodedSlash,
    EscapedLetter,
    None,
    Query,
    Slash,
    Tail,
}

const TWISTS: [Twist; 20] = [
    Twist::None,
    Twist::None,
    Twist::None,
    Twist::None,
    Twist::None,
    Twist::None,
    Twist::None,
    Twist::None,
    Twist::Tail,
    Twist::Tail,
    Twist::Slash,
    Twist::Slash,
    Twist::Drop,
    Twist::Add,
    Twist::EscapedLetter,
    Twist::Query,
    Twist::Case,
    Twist::DoubleSlash,
    Twist::Dot,
    Twist::EncodedSlash,
];

/// Where the paths of requests come from.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    patterns: Vec<Pattern>,
    /// For wildcards without a name.
    words: Vec<String>,
    /// For each parameter, what rules compare it with.
    parameters: Vec<(Box<str>, Vec<String>)>,
}

impl Paths {
    pub(crate) fn new(patterns: &[Pattern], pool: Pool<'_>, mentions: &Mentions<'_>) -> Self {
        let literals = patterns.iter().flat_map(Pattern::segments).filter_map(|segment| match segment {
            PatternSegment::Literal(text) => Some(text.to_string()),
            PatternSegment::Any | PatternSegment::Parameter(_) => None,
        });
        let mut words: Vec<String> = vec!["x".to_owned()];
        words.extend(literals.collect::<BTreeSet<String>>());
        let names: BTreeSet<&str> = patterns.iter().flat_map(Pattern::parameters).map(|(_, name)| name).collect();
        let parameters = names.into_iter().filter_map(|name| {
            let component = mentions.get(&Node::Room(name.into()))?;
            let texts = pool.texts(component).into_iter().filter(|text| is_segment(text));
            Some((name.into(), texts.collect()))
        });
        let parameters = parameters.collect();
        Self { patterns: patterns.to_vec(), words, parameters }
    }

    /// How many there are to choose from: patterns, words for each wildcard, and twists.
    pub(crate) fn choices(&self) -> Vec<usize> {
        let words =
            self.parameters.iter().map(|(_, words)| words.len()).fold(self.words.len(), |most, len| most.max(len));
        let mut choices = vec![self.patterns.len() + 1];
        choices.extend([2 * words; WORDS]);
        choices.push(TWISTS.len());
        choices
    }

    /// The path of those choices.
    pub(crate) fn path(&self, choices: &[usize]) -> String {
        let (pattern, words, twist) = match choices {
            [pattern, words @ .., twist] => (*pattern, words, TWISTS.get(*twist).copied().unwrap_or(Twist::None)),
            _ => (0, &[][..], Twist::None),
        };
        // The root is always worth a try.
        let Some(pattern) = self.patterns.get(pattern) else { return "/".to_owned() };
        let mut words = words.iter().cycle().copied();
        let mut segments: Vec<String> = Vec::new();
        for segment in pattern.segments() {
            segments.push(match segment {
                PatternSegment::Literal(text) => text.to_string(),
                PatternSegment::Any => pick(&self.words, words.next()),
                PatternSegment::Parameter(name) => {
                    let number = words.next();
                    let own = self.parameters.iter().find(|(parameter, _)| **parameter == **name);
                    match own {
                        // Half of the time a word that rules compare with, else one that patterns have.
                        Some((_, own)) if number.is_some_and(|number| number % 2 == 0) => {
                            pick(own, number.map(|number| number / 2))
                        }
                        _ => pick(&self.words, number),
                    }
                }
            });
        }
        self.twisted(segments, twist, words.next())
    }

    fn twisted(&self, mut segments: Vec<String>, twist: Twist, word: Option<usize>) -> String {
        match twist {
            Twist::Add | Twist::Tail => segments.push(pick(&self.words, word)),
            Twist::Drop => _ = segments.pop(),
            Twist::Case => {
                if let Some(last) = segments.last_mut() {
                    *last = last.to_uppercase();
                }
            }
            _ => {}
        }
        let mut path = raw(&segments);
        match twist {
            Twist::Dot => path.push_str("/."),
            Twist::DoubleSlash => path.insert(0, '/'),
            Twist::EncodedSlash => path.push_str("%2f"),
            Twist::EscapedLetter => {
                if let Some(last) = path.pop().filter(|last| last.is_ascii()) {
                    path.push_str(&format!("%{:02X}", u32::from(last)));
                }
            }
            Twist::Query => path.push_str("?to=/a"),
            Twist::Slash => path.push('/'),
            Twist::Add | Twist::Case | Twist::Drop | Twist::None | Twist::Tail => {}
        }
        path
    }
}

/// The path of those decoded segments, with percent-escapes where they are needed.
pub(crate) fn raw(segments: &[impl AsRef<str>]) -> String {
    let mut path = String::new();
    for segment in segments {
        path.push('/');
        for byte in segment.as_ref().bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@".contains(&byte) {
                path.push(char::from(byte));
            } else {
                path.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    if path.is_empty() { "/".to_owned() } else { path }
}

/// Whether a text can be a segment of an unambiguous path.
pub(crate) fn is_segment(text: &str) -> bool {
    let path = raw(&[text]);
    doorward_model::path::Path::parse(&path).is_ok_and(|path| path.segments() == [text])
}

fn pick(words: &[String], number: Option<usize>) -> String {
    let index = number.unwrap_or(0) % words.len().max(1);
    words.get(index).cloned().unwrap_or_else(|| "x".to_owned())
}
