//! Path patterns: sets of paths, as rooms and rules write them.
//!
//! Comes in: a pattern as a policy spells it, quotes already undone. Goes out: its segments, all of which some
//! unambiguous path has. How many patterns are matched at once is the engine's business.

use std::borrow::Cow;
use std::fmt;

use doorward_syntax::ast::SmolStr;
use unicode_normalization::UnicodeNormalization;

use crate::limits;
use crate::path::{Ambiguity, check_segment, decode};

/// A set of paths: literal segments, wildcards for one segment, and perhaps one for all the rest.
///
/// ```
/// use doorward_model::path::Path;
/// use doorward_model::pattern::Pattern;
///
/// let pattern = Pattern::parse("/home/{user}/**")?;
/// assert!(pattern.matches(Path::parse("/home/alice").unwrap().segments()));
/// assert!(pattern.matches(Path::parse("/home/alice/a/b/").unwrap().segments()));
/// assert!(!pattern.matches(Path::parse("/home").unwrap().segments()));
/// assert_eq!(pattern.parameter("user"), Some(1));
/// # Ok::<(), doorward_model::pattern::PatternError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    // INVARIANT: at most `limits::PATH_SEGMENTS`, literals pass `check_segment`, no parameter's name comes twice.
    segments: Vec<PatternSegment>,
    tail: bool,
}

impl Pattern {
    /// Reads a pattern such as `/`, `/wiki/**` or `/vault/{drawer}`. A trailing slash means nothing.
    ///
    /// # Errors
    ///
    /// If it does not start with `/`, mixes a wildcard with text, uses `**` before its end, names a parameter badly or
    /// twice, is written with escapes or a query, or has a segment that no unambiguous path has.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.len() > limits::PATH_BYTES {
            return Err(PatternError::TooLong);
        }
        let inner = text.strip_prefix('/').ok_or_else(|| PatternError::NoSlash { text: text.into() })?;
        if text.contains('%') {
            return Err(PatternError::Escaped { text: text.into() });
        }
        if text.contains('?') {
            return Err(PatternError::Query { text: text.into() });
        }
        if inner.is_empty() {
            return Ok(Self { segments: Vec::new(), tail: false });
        }
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        let (inner, tail) = match inner.strip_suffix("**") {
            Some("") => return Ok(Self { segments: Vec::new(), tail: true }),
            Some(before) => before.strip_suffix('/').map_or((inner, false), |before| (before, true)),
            None => (inner, false),
        };
        let mut segments = Vec::new();
        for segment in inner.split('/') {
            if segments.len() == limits::PATH_SEGMENTS {
                return Err(PatternError::TooManySegments);
            }
            segments.push(PatternSegment::parse(segment, text)?);
        }
        segments.shrink_to_fit();
        let pattern = Self { segments, tail };
        match pattern.repeated_parameter() {
            Some(name) => Err(PatternError::RepeatedParameter { name: name.into() }),
            None => Ok(pattern),
        }
    }

    /// The segments, `**` aside; none for `/` and `/**`.
    #[must_use]
    pub fn segments(&self) -> &[PatternSegment] {
        &self.segments
    }

    /// Whether any number of segments may follow: the pattern ends with `**`.
    #[must_use]
    pub fn tail(&self) -> bool {
        self.tail
    }

    /// The index, from 0, of the segment that is the parameter of that name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<usize> {
        self.parameters().find(|(_, parameter)| *parameter == name).map(|(index, _)| index)
    }

    /// The parameters, each with its segment's index from 0, in the order of the text.
    pub fn parameters(&self) -> impl Iterator<Item = (usize, &str)> {
        self.segments.iter().enumerate().filter_map(|(index, segment)| match segment {
            PatternSegment::Parameter(name) => Some((index, &**name)),
            PatternSegment::Any | PatternSegment::Literal(_) => None,
        })
    }

    /// Whether the path with those decoded segments is in the set.
    #[must_use]
    pub fn matches(&self, path: &[Cow<'_, str>]) -> bool {
        let fits = if self.tail { path.len() >= self.segments.len() } else { path.len() == self.segments.len() };
        fits && self.segments.iter().zip(path).all(|(segment, text)| segment.matches(text))
    }

    /// Whether some path is in both sets, limits on a path's length aside.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let fits = match (self.tail, other.tail) {
            (true, true) => true,
            (true, false) => other.segments.len() >= self.segments.len(),
            (false, true) => self.segments.len() >= other.segments.len(),
            (false, false) => self.segments.len() == other.segments.len(),
        };
        fits && self.segments.iter().zip(&other.segments).all(|(left, right)| left.overlaps(right))
    }

    /// Whether every path of `other` is in this set too.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let fits = match (self.tail, other.tail) {
            (true, _) => other.segments.len() >= self.segments.len(),
            (false, true) => false,
            (false, false) => self.segments.len() == other.segments.len(),
        };
        fits && self.segments.iter().zip(&other.segments).all(|(left, right)| left.covers(right))
    }

    fn repeated_parameter(&self) -> Option<&str> {
        let mut names: Vec<&str> = self.parameters().map(|(_, name)| name).collect();
        names.sort_unstable();
        names.windows(2).find_map(|pair| match pair {
            [first, second] if first == second => Some(*first),
            _ => None,
        })
    }
}

/// As policies write it: without a trailing slash.
impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            write!(formatter, "/{segment}")?;
        }
        match (self.tail, self.segments.is_empty()) {
            (true, _) => formatter.write_str("/**"),
            (false, true) => formatter.write_str("/"),
            (false, false) => Ok(()),
        }
    }
}

/// One segment of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PatternSegment {
    /// `*`: any one segment.
    Any,
    /// That text, decoded, byte for byte.
    Literal(SmolStr),
    /// `{name}`: any one segment, which rules can test as `room.name`.
    Parameter(SmolStr),
}

impl PatternSegment {
    fn parse(text: &str, pattern: &str) -> Result<Self, PatternError> {
        if text == "*" {
            return Ok(Self::Any);
        }
        if text == "**" {
            return Err(PatternError::InnerTail { pattern: pattern.into() });
        }
        if let Some(name) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'))
            && !name.contains(['{', '}'])
        {
            return match is_attribute_name(name) {
                true => Ok(Self::Parameter(name.into())),
                false => Err(PatternError::ParameterName { name: name.into() }),
            };
        }
        if text.contains(['*', '{', '}']) {
            return Err(PatternError::PartialWildcard { segment: text.into(), pattern: pattern.into() });
        }
        match check_segment(text) {
            Ok(()) => Ok(Self::Literal(text.into())),
            Err(reason) => Err(PatternError::Unreachable { segment: text.into(), pattern: pattern.into(), reason }),
        }
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any | Self::Parameter(_) => true,
            Self::Literal(literal) => **literal == *text,
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Literal(left), Self::Literal(right)) => left == right,
            _ => true,
        }
    }

    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Literal(left), Self::Literal(right)) => left == right,
            (Self::Literal(_), _) => false,
            _ => true,
        }
    }
}

impl fmt::Display for PatternSegment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => formatter.write_str("*"),
            Self::Literal(text) => formatter.write_str(text),
            Self::Parameter(name) => write!(formatter, "{{{name}}}"),
        }
    }
}

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// It is written with percent-escapes.
    #[error("a pattern is written decoded, without `%`")]
    Escaped {
        /// The pattern.
        text: Box<str>,
    },
    /// `**` stands before the end.
    #[error("`**` can only be the last segment of a pattern")]
    InnerTail {
        /// The pattern.
        pattern: Box<str>,
    },
    /// It does not start with `/`.
    #[error("a pattern starts with `/`")]
    NoSlash {
        /// The pattern.
        text: Box<str>,
    },
    /// A parameter's name is no attribute name.
    #[error("`{{{name}}}` does not name a parameter: an ASCII letter, then letters, digits, `-` or `_`")]
    ParameterName {
        /// The name.
        name: Box<str>,
    },
    /// A segment mixes a wildcard with other text.
    #[error("`{segment}` mixes a wildcard with other text, but a wildcard is a whole segment")]
    PartialWildcard {
        /// The segment.
        segment: Box<str>,
        /// The pattern.
        pattern: Box<str>,
    },
    /// It goes on after the path.
    #[error("a pattern is a path, and `?` ends a path")]
    Query {
        /// The pattern.
        text: Box<str>,
    },
    /// Two parameters have one name.
    #[error("the parameter `{{{name}}}` stands twice in the pattern")]
    RepeatedParameter {
        /// The name.
        name: Box<str>,
    },
    /// It has more than [`limits::PATH_BYTES`].
    #[error("a pattern has at most {} bytes", limits::PATH_BYTES)]
    TooLong,
    /// It has more than [`limits::PATH_SEGMENTS`].
    #[error("a pattern has at most {} segments", limits::PATH_SEGMENTS)]
    TooManySegments,
    /// A path with such a segment is ambiguous.
    #[error("no unambiguous path matches `{pattern}`: {reason}")]
    Unreachable {
        /// The segment.
        segment: Box<str>,
        /// The pattern.
        pattern: Box<str>,
        /// Why such a path is ambiguous.
        reason: Ambiguity,
    },
}

impl PatternError {
    /// A text that is a pattern and probably what was meant, to put in place of the whole pattern.
    #[must_use]
    pub fn mend(&self) -> Option<String> {
        let candidate = match self {
            Self::Escaped { text } => decode(text).ok()?.into_owned(),
            Self::InnerTail { pattern } => {
                let end = pattern.find("**")?;
                format!("{}**", pattern.get(..end)?)
            }
            Self::NoSlash { text } => format!("/{text}"),
            Self::Query { text } => text.split('?').next()?.to_owned(),
            Self::PartialWildcard { segment, pattern } => {
                let whole = if segment.contains('*') { "*".to_owned() } else { parameter_for(segment)? };
                replace_segment(pattern, segment, &whole)
            }
            Self::Unreachable { segment, pattern, reason } => match reason {
                Ambiguity::EmptySegment => collapse_slashes(pattern),
                Ambiguity::NotNormal => pattern.nfc().collect(),
                Ambiguity::Compatible(_) => replace_segment(pattern, segment, &segment.nfkc().collect::<String>()),
                Ambiguity::LastDot => replace_segment(pattern, segment, segment.trim_end_matches('.')),
                Ambiguity::OuterSpace => replace_segment(pattern, segment, segment.trim()),
                Ambiguity::Reserved(mark) => replace_segment(pattern, segment, segment.split(*mark).next()?),
                _ => return None,
            },
            Self::ParameterName { .. } | Self::RepeatedParameter { .. } | Self::TooLong | Self::TooManySegments => {
                return None;
            }
        };
        // A mend that needs mending again would lead nowhere.
        Pattern::parse(&candidate).is_ok().then_some(candidate)
    }

    /// Advice beyond [`mend`](Self::mend), where there is some: how to say what the pattern cannot.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::PartialWildcard { segment, .. } if segment.contains('*') && !segment.contains(['{', '}', '"']) => {
                Some(format!("name the segment, as in `{{part}}`, and add `when room.part like \"{segment}\"`"))
            }
            Self::PartialWildcard { .. } => Some("name a whole segment, as in `/{part}/`".to_owned()),
            _ => None,
        }
    }
}

/// Whether an attribute, and so a parameter, can have that name: an ASCII letter, then letters, digits, `-` and `_`.
#[must_use]
pub fn is_attribute_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// `{name}` for the first such part of a segment like `v{name}`.
fn parameter_for(segment: &str) -> Option<String> {
    let (_, rest) = segment.split_once('{')?;
    let (name, _) = rest.split_once('}')?;
    Some(format!("{{{name}}}"))
}

/// The pattern with another text for a segment; as it is if nothing would be left of that one.
fn replace_segment(pattern: &str, segment: &str, replacement: &str) -> String {
    let replacement = if replacement.is_empty() { segment } else { replacement };
    let segments: Vec<&str> = pattern.split('/').map(|each| if each == segment { replacement } else { each }).collect();
    segments.join("/")
}

fn collapse_slashes(pattern: &str) -> String {
    let segments: Vec<&str> = pattern.split('/').filter(|segment| !segment.is_empty()).collect();
    format!("/{}", segments.join("/"))
}

#[cfg(test)]
mod tests;
