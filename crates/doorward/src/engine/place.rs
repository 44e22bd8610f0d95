//! What the rules of one slice say to a visitor, in one pass over those that may concern them.

use std::ops::ControlFlow;

use doorward_model::ids::{LevelId, RuleId};
use doorward_syntax::ast::Effect;
use smallvec::SmallVec;

use super::bucket::Keys;
use super::eval::{Clauses, Scene, Strength, highest, nanoseconds, reached};
use super::origins::Origins;
use super::promise::Term;
use super::record::{OF_ANYONE, OF_KNOWN, Record};
use super::seek::Search;
use super::slice::{Detail, Slice, Slices};
use super::truth::Truth;
use super::visitor::{Anonymous, Somebody, Visitor};

/// The scene of a request, and the rules that cover it.
pub(crate) struct Place<'a> {
    pub(crate) scene: Scene<'a>,
    pub(crate) slices: &'a Slices,
    pub(crate) slice: &'a Slice,
    pub(crate) detail: &'a Detail,
    pub(crate) origins: &'a Origins,
}

/// The least strength that would do for a visitor who lacks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StepUp {
    /// The lowest level.
    pub(crate) level: LevelId,
    /// The greatest age in seconds, if any age limit is left to keep at that level.
    pub(crate) max_age: Option<u64>,
}

impl StepUp {
    pub(crate) fn strength(self) -> Strength {
        Strength { level: Some(self.level), age: self.max_age.map(nanoseconds) }
    }
}

/// What the rules say to a known visitor.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    allowed: bool,
    denied: bool,
    // The same with the greatest strength.
    allowed_at_best: bool,
    denied_at_best: bool,
}

impl Tally {
    /// Whether an allow applies and no deny does.
    pub(crate) fn permits(self) -> bool {
        self.allowed && !self.denied
    }

    /// The same with the greatest strength.
    pub(crate) fn permits_at_best(self) -> bool {
        self.allowed_at_best && !self.denied_at_best
    }
}

/// What the rules say to the anonymous.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reception {
    allowed: bool,
    denied: bool,
    /// A deny applies to every known visitor, however strong.
    pub(crate) closed: bool,
}

impl Reception {
    /// Whether an allow applies and no deny does.
    pub(crate) fn permits(self) -> bool {
        self.allowed && !self.denied
    }
}

/// A rule that applies if only the strength is right, and what strength it asks for.
#[derive(Clone, Copy)]
struct Met {
    effect: Effect,
    strength: Option<u32>,
}

impl<'a> Place<'a> {
    /// The rules that cover the room and the action; some of them perhaps more than once.
    pub(crate) fn rules(&self) -> impl Iterator<Item = (RuleId, Clauses<'_>)> {
        let Slice { everywhere, here, .. } = self.slice;
        let records = self.slices.pool.all(*everywhere).chain(self.slices.pool.all(*here));
        records.filter_map(|record| Some((record.entry.rule, self.clauses(record)?)))
    }

    fn clauses(&self, record: &Record) -> Option<Clauses<'_>> {
        let (rule, target) = record.entry.resolve(self.scene.policy)?;
        Some(Clauses { scene: &self.scene, rule, target })
    }

    /// Visits the records that may concern a visitor, and perhaps others; of those that are listed only such as have a bit
    /// of the signature. It is told whether all that follow are listed for rooms of this class: denies, then allows.
    #[inline]
    fn scan(
        &self,
        visitor: &impl Keys,
        signature: u64,
        mut visit: impl FnMut(&Record, bool) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Slice { everywhere, here, .. } = *self.slice;
        let pool = &self.slices.pool;
        let from = self.scene.from;
        let mut first = |record: &Record| visit(record, false);
        if pool.is_indexed(everywhere) {
            if from.is_none_or(|from| from.leads_everywhere()) {
                pool.by_origin(everywhere, self.origins, from, &mut first)?;
            }
            if visitor.lead_everywhere() {
                pool.by_visitor(everywhere, visitor, &mut first)?;
            }
        }
        let meant = |record: &&Record| record.signature & signature != 0;
        pool.listed(everywhere).iter().filter(meant).try_for_each(&mut first)?;
        if pool.is_indexed(here) {
            pool.by_origin(here, self.origins, from, &mut first)?;
            pool.by_visitor(here, visitor, &mut first)?;
        }
        pool.listed(here).iter().filter(meant).try_for_each(|record| visit(record, true))
    }

    /// Whether the visitor is among a rule's subjects.
    pub(crate) fn concerns(&self, record: &Record, visitor: &impl Visitor) -> bool {
        if visitor.signature() & record.signature == 0 {
            return false;
        }
        if record.everybody() {
            return true;
        }
        match record.group() {
            Some(group) => visitor.is_in(group).is_true(),
            None => self.clauses(record).is_some_and(|clauses| clauses.subjects(visitor).is_true()),
        }
    }

    /// Whether all but the subjects and the strength holds.
    pub(crate) fn circumstances(&self, record: &Record, visitor: &impl Visitor) -> Truth {
        let origins = match (record.origin(), self.scene.from) {
            (None, _) => Truth::TRUE,
            (Some(_), None) => Truth::UNKNOWN,
            (Some(origin), Some(from)) => Truth::of(self.origins.holds(&self.scene, origin, from)),
        };
        if !record.conditional() || origins.is_false() {
            return origins;
        }
        let Some(clauses) = self.clauses(record) else { return Truth::UNKNOWN };
        let truth = origins.and(clauses.when(visitor));
        if truth.is_false() { truth } else { truth.and(clauses.unless(visitor)) }
    }

    /// What a rule's strength clause says of a strength.
    fn strength(&self, record: &Record, strength: Strength) -> Truth {
        let effect = if record.denies() { Effect::Deny } else { Effect::Allow };
        self.strength_of(effect, record.strength(), strength)
    }

    fn strength_of(&self, effect: Effect, needed: Option<u32>, strength: Strength) -> Truth {
        match needed.and_then(|needed| self.slices.strengths.get(needed as usize)) {
            None => Truth::TRUE,
            Some(needed) if effect == Effect::Allow => reached(*needed, strength),
            Some(needed) => !reached(*needed, strength),
        }
    }

    /// What the rules say to a known visitor.
    pub(crate) fn tally(&self, visitor: &(impl Visitor + Keys), now: Strength) -> Tally {
        let best = Strength::greatest(&self.scene);
        let mut tally = Tally::default();
        // What it stops early for cannot be changed by what is left.
        let _ = self.scan(visitor, visitor.signature(), |record, last| {
            if !self.concerns(record, visitor) {
                return ControlFlow::Continue(());
            }
            let truth = self.circumstances(record, visitor);
            if record.denies() {
                if !truth.is_false() {
                    tally.denied |= !self.strength(record, now).is_false();
                    tally.denied_at_best |= !self.strength(record, best).is_false();
                }
                if tally.denied_at_best {
                    return ControlFlow::Break(());
                }
            } else if truth.is_true() {
                tally.allowed |= self.strength(record, now).is_true();
                tally.allowed_at_best |= self.strength(record, best).is_true();
                if last && tally.permits() {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        });
        tally
    }

    /// What the rules say to the anonymous.
    pub(crate) fn receive(&self) -> Reception {
        let best = Strength::greatest(&self.scene);
        let mut reception = Reception::default();
        let everybody = OF_ANYONE | OF_KNOWN;
        let _ = self.scan(&Anonymous, everybody, |record, last| {
            if !record.unlisted() {
                return ControlFlow::Continue(());
            }
            let truth = self.circumstances(record, &Anonymous);
            if record.denies() {
                if record.anyone() && !truth.is_false() {
                    reception.denied |= !self.strength(record, Strength::NONE).is_false();
                }
                if record.everybody() && !self.strength(record, best).is_false() {
                    let truth = if record.personal() { self.circumstances(record, &Somebody) } else { truth };
                    reception.closed |= !truth.can_be_false();
                }
                if reception.denied && reception.closed {
                    return ControlFlow::Break(());
                }
            } else if record.anyone() && truth.is_true() {
                reception.allowed |= self.strength(record, Strength::NONE).is_true();
                if last && reception.permits() {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        });
        reception
    }

    /// The rules of one effect that apply, sorted: allows that are true, denies that are not false.
    pub(crate) fn applying(&self, effect: Effect, visitor: &(impl Visitor + Keys), strength: Strength) -> Vec<RuleId> {
        let mut rules = Vec::new();
        let _ = self.scan(visitor, visitor.signature(), |record, _| {
            if record.denies() == (effect == Effect::Deny) && self.concerns(record, visitor) {
                let truth = self.circumstances(record, visitor).and(self.strength(record, strength));
                if if effect == Effect::Allow { truth.is_true() } else { !truth.is_false() } {
                    rules.push(record.entry.rule);
                }
            }
            ControlFlow::Continue(())
        });
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    /// The least strength, from `floor` up, with which the visitor would be let in.
    ///
    /// More strength never hurts, so the lowest level that does with a fresh authentication is found first, and then the
    /// longest of the ages that rules mention.
    pub(crate) fn step_up(&self, visitor: &(impl Visitor + Keys), floor: LevelId) -> Option<StepUp> {
        let mut met: SmallVec<[Met; 16]> = SmallVec::new();
        let _ = self.scan(visitor, visitor.signature(), |record, _| {
            if self.concerns(record, visitor) {
                let truth = self.circumstances(record, visitor);
                let (effect, counts) =
                    if record.denies() { (Effect::Deny, !truth.is_false()) } else { (Effect::Allow, truth.is_true()) };
                if counts {
                    met.push(Met { effect, strength: record.strength() });
                }
            }
            ControlFlow::Continue(())
        });
        let permits = |strength: Strength| {
            let applies = |met: &Met| {
                let truth = self.strength_of(met.effect, met.strength, strength);
                if met.effect == Effect::Allow { truth.is_true() } else { !truth.is_false() }
            };
            let (mut allowed, mut denied) = (false, false);
            for met in met.iter().filter(|met| applies(met)) {
                allowed |= met.effect == Effect::Allow;
                denied |= met.effect == Effect::Deny;
            }
            allowed && !denied
        };
        let fresh = self.scene.time.map(|_| 0);
        let level = (floor.0..=highest(self.scene.policy).0)
            .map(LevelId)
            .find(|level| permits(Strength { level: Some(*level), age: fresh }))?;
        if permits(Strength { level: Some(level), age: None }) {
            return Some(StepUp { level, max_age: None });
        }
        let strengths = met.iter().filter_map(|met| self.slices.strengths.get(met.strength? as usize));
        let mut ages: SmallVec<[u64; 16]> = strengths.filter_map(|needed| needed.within).collect();
        ages.sort_unstable_by(|left, right| right.cmp(left));
        ages.dedup();
        let max_age = ages.into_iter().find(|&age| permits(StepUp { level, max_age: Some(age) }.strength()));
        Some(StepUp { level, max_age })
    }

    /// The search for somebody who would be let in, unless it is plain that nobody would.
    pub(crate) fn search(&self) -> Option<Search<'_>> {
        let names = self.detail.names(self.scene.policy, self.slice, &self.slices.pool);
        Search::new(&self.scene, &self.detail.free, names, self.rules())
    }

    /// Whether some known visitor would be let in with the greatest strength, if no deny applies to them all.
    pub(crate) fn promises(&self) -> bool {
        let promise = self.slice.promise;
        if !self.is_settled() {
            return self.search().is_some_and(|search| search.find(None).is_some());
        }
        self.slices.promises.terms(promise, &self.slices.pool).any(|term| self.keeps(term))
            || promise.partial && self.search().is_some_and(|search| search.find(None).is_some())
    }

    /// The allows by which known visitors would be let in.
    pub(crate) fn promising(&self) -> Vec<RuleId> {
        let promise = self.slice.promise;
        let mut rules = Vec::new();
        if self.receive().closed {
            return rules;
        }
        if self.is_settled() {
            let terms = self.slices.promises.terms(promise, &self.slices.pool).filter(|term| self.keeps(*term));
            rules.extend(terms.map(|term| term.allow.entry.rule));
            if !promise.partial {
                return rules;
            }
        }
        if let Some(search) = self.search() {
            let open = search.allows().into_iter().filter(|rule| !rules.contains(rule));
            let found: Vec<RuleId> = open.filter(|rule| search.find(Some(*rule)).is_some()).collect();
            rules.extend(found);
        }
        rules
    }

    /// Whether the terms of the slice's promise count for this request.
    fn is_settled(&self) -> bool {
        let promise = self.slice.promise;
        !(promise.aged && self.scene.time.is_none())
            && self.slices.promises.doubtful(promise).all(|deny| self.circumstances(deny, &Somebody).is_false())
    }

    fn keeps(&self, term: Term) -> bool {
        self.circumstances(&term.allow, &Somebody).is_true()
            && self.slices.promises.denies(term).iter().all(|deny| self.circumstances(deny, &Somebody).is_false())
    }
}
