//! Who could be let in: for each slice, answered when the policy is compiled.
//!
//! An anonymous visitor gets a 401 if somebody with the greatest strength would be let in. By an allow that asks nothing
//! about the visitor beyond SUBJECTS, somebody is let in where the allow's own address and condition hold and there is one
//! of its subjects to whom no deny applies. Denies that concern everybody are the same for all subjects; what is left are
//! those that list subjects or except some, and which of these concern somebody is known without any request. So an allow
//! becomes one *term* for each smallest set of such denies among its subjects, most often the empty one.
//!
//! Rules whose conditions ask about the visitor, and claimed groups that both help and hurt, are left to
//! [`seek`](super::seek).

mod promiser;

use std::ops::Range;

use smallvec::SmallVec;

use super::bucket::Pool;
use super::condition::Conditions;
use super::origins::{Origin, OriginId};
use super::record::Record;

pub(crate) use self::promiser::{Everywhere, Promiser};

/// Among more terms than this nobody looks for those that others make needless.
const COMPARED: usize = 64;

/// Somebody is let in by this rule where it holds and none of these denies does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Term<'p> {
    pub(crate) allow: &'p Record,
    pub(crate) denies: &'p [Record],
}

/// The terms of all slices.
///
/// There are about as many as there are records, so a term is no more than the position of its allow in the [`Pool`], and
/// what else there is to say of the few that have denies is kept apart.
#[derive(Debug, Default)]
pub(crate) struct Promises {
    // Positions in the pool, or, from `HINDERED` on, in the next list.
    terms: Vec<u32>,
    hindered: Vec<Hindered>,
    denies: Vec<Record>,
    commons: Vec<Common>,
}

/// What the rules of every room add to the promises of many slices.
#[derive(Clone, Copy, Debug)]
struct Common {
    terms: Span,
    // How many of them are needed to know whether any holds: these come first.
    needed: u32,
    // Denies whose conditions ask about the visitor: unless each is false whoever asks, terms say nothing.
    doubtful: Span,
}

/// The first number that stands for a term with denies.
const HINDERED: u32 = 1 << 31;

/// A term with denies.
#[derive(Clone, Copy, Debug)]
struct Hindered {
    allow: u32,
    denies: Span,
}

/// A part of [`Promises`].
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn is_empty(self) -> bool {
        self.start >= self.end
    }
}

/// Who could be let in under the rules of one slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Promise {
    // The number of what the rules of every room add.
    common: u32,
    here: Span,
    // As in `Common`.
    needed: u32,
    doubtful: Span,
    // A bit for each origin of a term, which may stand for several; all bits if a term has no origin.
    origins: u32,
    // Whether a term asks for nothing.
    certain: bool,
    // Whether any deny is doubtful.
    doubts: bool,
    /// Whether some allows have no terms.
    pub(crate) partial: bool,
    /// Whether an age is asked for, so that without a time the terms say nothing.
    pub(crate) aged: bool,
}

impl Promise {
    /// Whether denies ask about the visitor.
    pub(crate) fn has_doubts(self) -> bool {
        self.doubts
    }

    /// Whether a term holds wherever the terms count.
    pub(crate) fn certain(self) -> bool {
        self.certain
    }

    /// Whether a term may hold at an address, as far as can be told without a look at any.
    #[inline]
    pub(crate) fn may_hold(self, from: Option<&Origin>) -> bool {
        self.origins == u32::MAX || from.is_some_and(|from| from.bits() & self.origins != 0)
    }
}

impl Promises {
    /// Terms of a promise one of which holds if any does.
    pub(crate) fn needed<'p>(&'p self, pool: &'p Pool, promise: Promise) -> impl Iterator<Item = Term<'p>> {
        let first = |span: Span, count: u32| {
            let all = self.slice(span);
            all.get(..count as usize).unwrap_or(all)
        };
        let common = self.common(promise).map_or(&[][..], |common| first(common.terms, common.needed));
        let numbers = common.iter().chain(first(promise.here, promise.needed));
        numbers.filter_map(|number| self.term(pool, *number))
    }

    /// The terms of a promise.
    pub(crate) fn terms<'p>(&'p self, pool: &'p Pool, promise: Promise) -> impl Iterator<Item = Term<'p>> {
        let common = self.common(promise).map(|common| common.terms);
        common.into_iter().chain([promise.here]).flat_map(|span| self.of(pool, span))
    }

    fn common(&self, promise: Promise) -> Option<Common> {
        self.commons.get(promise.common as usize).copied()
    }

    fn of<'p>(&'p self, pool: &'p Pool, span: Span) -> impl Iterator<Item = Term<'p>> {
        self.slice(span).iter().filter_map(|number| self.term(pool, *number))
    }

    #[inline]
    fn term<'p>(&'p self, pool: &'p Pool, number: u32) -> Option<Term<'p>> {
        let Some(hindered) = number.checked_sub(HINDERED) else {
            return Some(Term { allow: pool.record(number)?, denies: &[] });
        };
        let Hindered { allow, denies } = *self.hindered.get(hindered as usize)?;
        Some(Term { allow: pool.record(allow)?, denies: self.denies(denies) })
    }

    fn push(&mut self, allow: u32, denies: &[Record]) {
        if denies.is_empty() && allow < HINDERED {
            self.terms.push(allow);
            return;
        }
        let start = number(self.denies.len());
        self.denies.extend_from_slice(denies);
        let denies = Span { start, end: number(self.denies.len()) };
        self.terms.push(HINDERED.saturating_add(number(self.hindered.len())));
        self.hindered.push(Hindered { allow, denies });
    }

    /// The bits of the origins of terms, and whether one of them asks for nothing.
    fn reach(&self, pool: &Pool, span: Span) -> (u32, bool) {
        self.of(pool, span).fold((0, false), |(origins, certain), Term { allow, denies }| {
            let plain = allow.origin().is_none() && !allow.conditional() && denies.is_empty();
            (origins | allow.origin().map_or(u32::MAX, OriginId::bit), certain || plain)
        })
    }

    /// Puts terms first from which all others follow, and tells how many these are.
    fn arrange(&mut self, pool: &Pool, conditions: &Conditions, span: Span) -> u32 {
        let terms: SmallVec<[(u32, Term<'_>); 16]> = match self.slice(span) {
            numbers if numbers.len() > COMPARED => return u32::MAX,
            numbers => numbers.iter().filter_map(|number| Some((*number, self.term(pool, *number)?))).collect(),
        };
        let needless = |at: usize, term: Term<'_>| {
            // Of two that follow from each other the first is needed.
            terms.iter().enumerate().any(|(other_at, (_, other))| {
                at != other_at
                    && follows(conditions, *other, term)
                    && (other_at < at || !follows(conditions, term, *other))
            })
        };
        let (mut needed, mut rest): (SmallVec<[u32; 16]>, SmallVec<[u32; 16]>) = (SmallVec::new(), SmallVec::new());
        for (at, (number, term)) in terms.iter().enumerate() {
            if needless(at, *term) { &mut rest } else { &mut needed }.push(*number);
        }
        drop(terms);
        let count = u32::try_from(needed.len()).unwrap_or(u32::MAX);
        let places = self.terms.get_mut(range(span)).into_iter().flatten();
        for (place, number) in places.zip(needed.into_iter().chain(rest)) {
            *place = number;
        }
        count
    }

    fn slice(&self, span: Span) -> &[u32] {
        self.terms.get(range(span)).unwrap_or_default()
    }

    fn denies(&self, span: Span) -> &[Record] {
        self.denies.get(range(span)).unwrap_or_default()
    }

    /// The denies of a promise that must all be false for its terms to count.
    pub(crate) fn doubtful(&self, promise: Promise) -> impl Iterator<Item = &Record> {
        let common = self.common(promise).map(|common| common.doubtful);
        common.into_iter().chain([promise.doubtful]).flat_map(|span| self.denies(span))
    }

    fn shrink(&mut self) {
        self.terms.shrink_to_fit();
        self.hindered.shrink_to_fit();
        self.denies.shrink_to_fit();
        self.commons.shrink_to_fit();
    }
}

/// Whether one term holds wherever another does.
fn follows(conditions: &Conditions, term: Term<'_>, from: Term<'_>) -> bool {
    let condition = !term.allow.conditional()
        || (term.allow.condition().zip(from.allow.condition()))
            .is_some_and(|(condition, from)| conditions.follows(condition, from));
    let origin = term.allow.origin().is_none() || term.allow.origin() == from.allow.origin();
    let entries = |denies| <[Record]>::iter(denies).map(|deny| deny.entry);
    condition && origin && (term.denies.is_empty() || entries(term.denies).eq(entries(from.denies)))
}

fn range(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
