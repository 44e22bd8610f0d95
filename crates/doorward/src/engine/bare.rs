//! Slices whose rules are bare: they ask for nothing but names, groups and addresses.
//!
//! Most slices of most policies are. What [`place`](super::place) asks such rules is asked here without a scene, which a
//! condition or a strength would need, in one pass over a few numbers; the answers are the same.

use super::Engine;
use super::bucket::{Bucket, Keys as _};
use super::case::Finding;
use super::origins::{Origin, OriginId};
use super::promise::Promise;
use super::record::Record;
use super::slice::SliceRef;
use super::visitor::{Presented, Visitor as _};

/// A bare slice, and where a request comes from, if that is known.
pub(crate) struct Bare<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) found: SliceRef<'a>,
    pub(crate) from: Option<&'a Origin>,
}

/// What rules say to the anonymous.
#[derive(Clone, Copy, Default)]
struct Reception {
    allowed: bool,
    denied: bool,
    /// Whether no known visitor is let in.
    closed: bool,
}

impl Bare<'_> {
    /// What the rules say to a known visitor; `None` where the address or the visitor may lead to rules that are not listed.
    #[inline]
    pub(crate) fn of_known(&self, visitor: &Presented<'_>) -> Option<Finding> {
        let (everywhere, here) = (*self.found.everywhere, self.found.slice.here);
        if self.leads_elsewhere(visitor.lead_everywhere()) {
            return None;
        }
        let signature = visitor.signature();
        let concerns = |record: &&Record| {
            record.signature & signature != 0
                && (record.sure() || record.group().is_some_and(|group| visitor.is_in(group).is_true()))
        };
        let mut allowed = false;
        for record in self.listed(everywhere).filter(concerns) {
            if !record.denies() {
                allowed |= self.applies_surely(record);
            } else if self.applies_perhaps(record) {
                return Some(Finding::Forbidden);
            }
        }
        for record in self.listed(here).filter(concerns) {
            if !record.denies() {
                // Behind an allow stand no denies.
                if allowed || self.applies_surely(record) {
                    return Some(Finding::Allow);
                }
            } else if self.applies_perhaps(record) {
                return Some(Finding::Forbidden);
            }
        }
        Some(if allowed { Finding::Allow } else { Finding::Forbidden })
    }

    /// The same to the anonymous.
    #[inline]
    pub(crate) fn of_anonymous(&self) -> Option<Finding> {
        let (everywhere, slice) = (*self.found.everywhere, self.found.slice);
        let promise = slice.promise;
        if self.leads_elsewhere(false) || promise.partial {
            return None;
        }
        let mut reception = self.receive(everywhere, Reception::default());
        if slice.public {
            reception = self.receive(slice.here, reception);
        }
        if reception.denied {
            return Some(Finding::Forbidden);
        }
        if reception.allowed {
            return Some(Finding::Allow);
        }
        let open = !reception.closed
            && (promise.certain() || promise.may_hold(self.from) && (slice.sharp || self.keeps_term(promise)));
        Some(if open { Finding::Redeemable } else { Finding::Forbidden })
    }

    /// Whether a term of the slice's promise holds.
    #[inline(never)]
    fn keeps_term(&self, promise: Promise) -> bool {
        let slices = &self.engine.slices;
        slices
            .promises
            .needed(&slices.pool, promise)
            .any(|term| self.applies_surely(term.allow) && !term.denies.iter().any(|deny| self.applies_perhaps(deny)))
    }

    /// What the rules of a bucket say to the anonymous, after others.
    #[inline]
    fn receive(&self, bucket: Bucket, before: Reception) -> Reception {
        let Reception { mut allowed, mut denied, mut closed } = before;
        for record in self.listed(bucket).filter(|record| record.unlisted()) {
            if !record.denies() {
                allowed |= record.anyone() && self.applies_surely(record);
            } else if self.applies_perhaps(record) {
                denied |= record.anyone();
                closed = true;
            }
        }
        Reception { allowed, denied, closed }
    }

    /// Whether there are rules that are not listed, to some of which the address or the visitor may lead.
    #[inline]
    fn leads_elsewhere(&self, visitor_leads: bool) -> bool {
        let pool = &self.engine.slices.pool;
        let origin_leads = || self.from.is_none_or(Origin::leads_everywhere);
        pool.is_indexed(self.found.slice.here)
            || pool.is_indexed(*self.found.everywhere) && (visitor_leads || origin_leads())
    }

    #[inline]
    fn listed(&self, bucket: Bucket) -> impl Iterator<Item = &Record> {
        self.engine.slices.pool.listed(bucket)
    }

    /// Whether a rule's addresses hold the request's.
    #[inline]
    fn applies_surely(&self, record: &Record) -> bool {
        match self.from {
            Some(from) => self.engine.origins.lists(record.addresses(), from) == Some(true),
            None => record.addresses() == OriginId::ANYWHERE,
        }
    }

    /// The same, or it is not known whether they do.
    #[inline]
    fn applies_perhaps(&self, record: &Record) -> bool {
        self.from.is_none_or(|from| self.engine.origins.lists(record.addresses(), from) != Some(false))
    }
}
