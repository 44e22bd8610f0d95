//! What the rules of one slice say to a visitor, in one pass over those that may concern them.

use std::ops::ControlFlow;

use doorward_model::ids::{LevelId, RuleId};
use doorward_syntax::ast::Effect;
use smallvec::SmallVec;

use super::bucket::{Bucket, Keys};
use super::eval::{Clauses, Scene, Strength, highest, nanoseconds, reached};
use super::origins::{Origin, Origins};
use super::promise::Term;
use super::record::Record;
use super::seek::Search;
use super::slice::{SliceRef, Slices};
use super::truth::Truth;
use super::visitor::{Anonymous, Somebody, Visitor};

/// The scene of a request, and the rules that cover it.
pub(crate) struct Place<'a> {
    pub(crate) scene: Scene<'a>,
    pub(crate) slices: &'a Slices,
    pub(crate) found: SliceRef<'a>,
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

/// What rules say to a known visitor, or to the anonymous.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally(
    // Which of the bits below are so. One number stays in a register where four truth values do not.
    u8,
);

const ALLOWED: u8 = 1;
const DENIED: u8 = 2;
// With the greatest strength. To the anonymous: every known visitor, however strong.
const ALLOWED_AT_BEST: u8 = 4;
const DENIED_AT_BEST: u8 = 8;

impl Tally {
    /// What a rule says that is so true.
    #[inline]
    fn of(record: &Record, truth: Truth) -> Self {
        if record.denies() {
            Self(if truth.is_false() { 0 } else { DENIED | DENIED_AT_BEST })
        } else {
            Self(if truth.is_true() { ALLOWED | ALLOWED_AT_BEST } else { 0 })
        }
    }

    /// Whether an allow applies and no deny does.
    pub(crate) fn permits(self) -> bool {
        self.0 & (ALLOWED | DENIED) == ALLOWED
    }

    /// The same with the greatest strength.
    pub(crate) fn permits_at_best(self) -> bool {
        self.0 & (ALLOWED_AT_BEST | DENIED_AT_BEST) == ALLOWED_AT_BEST
    }

    /// Whether a deny applies with the greatest strength; to the anonymous, to every known visitor, however strong.
    pub(crate) fn closed(self) -> bool {
        self.0 & DENIED_AT_BEST != 0
    }

    /// Whether nothing could change what is decided.
    fn is_denied(self) -> bool {
        self.0 & (DENIED | DENIED_AT_BEST) == DENIED | DENIED_AT_BEST
    }

    fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Which rules are asked.
#[derive(Clone, Copy)]
enum Area {
    Everywhere,
    Here,
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
        let SliceRef { everywhere, slice, .. } = self.found;
        let records = self.slices.pool.all(*everywhere).chain(self.slices.pool.all(slice.here));
        records.filter_map(|record| Some((record.entry.rule, self.clauses(record)?)))
    }

    fn clauses(&self, record: &Record) -> Option<Clauses<'_>> {
        let (rule, target) = record.entry.resolve(self.scene.policy)?;
        Some(Clauses { scene: &self.scene, rule, target })
    }

    /// Visits the records that may concern a visitor, and perhaps others.
    fn scan(&self, visitor: &(impl Visitor + Keys), mut visit: impl FnMut(&Record)) {
        for area in [Area::Everywhere, Area::Here] {
            let _ = self.led(area, visitor, &mut |record| {
                visit(record);
                ControlFlow::Continue(())
            });
            self.listed(area).for_each(&mut visit);
        }
    }

    fn bucket(&self, area: Area) -> Bucket {
        match area {
            Area::Everywhere => *self.found.everywhere,
            Area::Here => self.found.slice.here,
        }
    }

    /// The rules of an area that are listed, denies first.
    #[inline]
    fn listed(&self, area: Area) -> impl Iterator<Item = &'a Record> + use<'a> {
        self.slices.pool.listed(self.bucket(area))
    }

    /// Whether there are others, and the address or the visitor may lead to some of them.
    #[inline]
    fn leads(&self, area: Area, visitor: &impl Keys) -> bool {
        self.slices.pool.is_indexed(self.bucket(area)) && (self.origin_leads(area) || visitor_leads(area, visitor))
    }

    fn origin_leads(&self, area: Area) -> bool {
        match area {
            Area::Everywhere => self.scene.from.as_ref().is_none_or(Origin::leads_everywhere),
            Area::Here => true,
        }
    }

    /// Visits those of the others to which the address or the visitor lead.
    fn led(
        &self,
        area: Area,
        visitor: &impl Keys,
        visit: &mut impl FnMut(&Record) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let (bucket, pool) = (self.bucket(area), &self.slices.pool);
        if self.origin_leads(area) {
            pool.by_origin(bucket, self.origins, self.scene.from, visit)?;
        }
        if visitor_leads(area, visitor) {
            pool.by_visitor(bucket, visitor, visit)?;
        }
        ControlFlow::Continue(())
    }

    /// Whether the visitor is among a rule's subjects.
    pub(crate) fn concerns(&self, record: &Record, visitor: &impl Visitor) -> bool {
        visitor.signature() & record.signature != 0 && self.concerns_known(record, visitor)
    }

    /// The same where signatures do not rule it out.
    #[inline]
    fn concerns_known(&self, record: &Record, visitor: &impl Visitor) -> bool {
        if record.sure() {
            return true;
        }
        match record.group() {
            Some(group) => visitor.is_in(group).is_true(),
            None => self.clauses(record).is_some_and(|clauses| clauses.subjects(visitor).is_true()),
        }
    }

    /// Whether a rule's addresses hold the request's.
    #[inline]
    fn addresses(&self, record: &Record) -> Truth {
        match &self.scene.from {
            Some(from) => Truth::of(self.origins.holds(&self.scene, record.addresses(), from)),
            None if record.origin().is_none() => Truth::TRUE,
            None => Truth::UNKNOWN,
        }
    }

    /// Whether all but the subjects and the strength holds.
    #[inline]
    pub(crate) fn circumstances(&self, record: &Record, visitor: &impl Visitor) -> Truth {
        let origins = self.addresses(record);
        if !record.conditional() || origins.is_false() { origins } else { origins.and(self.condition(record, visitor)) }
    }

    /// Whether a rule's condition holds.
    #[inline]
    fn condition(&self, record: &Record, visitor: &impl Visitor) -> Truth {
        match record.condition() {
            Some(condition) => self.slices.conditions.holds(condition, &self.scene),
            None => self.written_condition(record, visitor),
        }
    }

    /// The same, as it is written.
    #[inline(never)]
    fn written_condition(&self, record: &Record, visitor: &impl Visitor) -> Truth {
        let Some(clauses) = self.clauses(record) else { return Truth::UNKNOWN };
        let truth = clauses.when(visitor);
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

    /// What the rules say to a known visitor, whose strength is found out where a rule asks for it.
    ///
    /// What it stops early for cannot be changed by what is left.
    pub(crate) fn tally(&self, visitor: &(impl Visitor + Keys), now: impl Fn() -> Strength) -> Tally {
        let signature = visitor.signature();
        let mut tally = Tally::default();
        if self.leads(Area::Everywhere, visitor) {
            tally = self.tally_led(Area::Everywhere, visitor, &now);
            if tally.closed() {
                return tally;
            }
        }
        for record in self.listed(Area::Everywhere) {
            if record.signature & signature != 0 {
                tally = tally.and(self.weigh(record, visitor, &now));
                if tally.closed() {
                    return tally;
                }
            }
        }
        if self.leads(Area::Here, visitor) {
            tally = tally.and(self.tally_led(Area::Here, visitor, &now));
            if tally.closed() {
                return tally;
            }
        }
        for record in self.listed(Area::Here) {
            if record.signature & signature != 0 {
                tally = tally.and(self.weigh(record, visitor, &now));
                // Behind an allow stand no denies.
                if tally.closed() || !record.denies() && tally.permits() {
                    break;
                }
            }
        }
        tally
    }

    #[inline(never)]
    fn tally_led(&self, area: Area, visitor: &(impl Visitor + Keys), now: &impl Fn() -> Strength) -> Tally {
        let mut tally = Tally::default();
        let _ = self.led(area, visitor, &mut |record| {
            if record.signature & visitor.signature() != 0 {
                tally = tally.and(self.weigh(record, visitor, now));
            }
            if tally.closed() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        tally
    }

    /// What one rule says to a known visitor with whose signature its own has something in common.
    #[inline(always)]
    fn weigh(&self, record: &Record, visitor: &impl Visitor, now: &impl Fn() -> Strength) -> Tally {
        if record.plain() { Tally::of(record, self.addresses(record)) } else { self.weigh_terms(record, visitor, now) }
    }

    /// The same for one that asks for more than addresses.
    #[inline(never)]
    fn weigh_terms(&self, record: &Record, visitor: &impl Visitor, now: &impl Fn() -> Strength) -> Tally {
        if !self.concerns_known(record, visitor) {
            return Tally::default();
        }
        let tally = Tally::of(record, self.circumstances(record, visitor));
        if record.strength().is_none() || tally.0 == 0 {
            return tally;
        }
        let at = |strength: Strength| Tally::of(record, self.strength(record, strength));
        let now = at(now()).0 & (ALLOWED | DENIED);
        let at_best = at(Strength::greatest(&self.scene)).0 & (ALLOWED_AT_BEST | DENIED_AT_BEST);
        Tally(now | at_best)
    }

    /// What the rules say to the anonymous.
    ///
    /// What it stops early for cannot be changed by what is left.
    pub(crate) fn receive(&self) -> Tally {
        let mut tally = Tally::default();
        if self.leads(Area::Everywhere, &Anonymous) {
            tally = self.receive_led(Area::Everywhere);
        }
        for record in self.listed(Area::Everywhere).filter(|record| record.unlisted()) {
            tally = tally.and(self.receive_by(record));
        }
        if tally.is_denied() || !self.found.slice.public {
            return tally;
        }
        if self.leads(Area::Here, &Anonymous) {
            tally = tally.and(self.receive_led(Area::Here));
        }
        for record in self.listed(Area::Here).filter(|record| record.unlisted()) {
            tally = tally.and(self.receive_by(record));
            // Behind an allow stand no denies.
            if tally.is_denied() || !record.denies() && tally.permits() {
                break;
            }
        }
        tally
    }

    #[inline(never)]
    fn receive_led(&self, area: Area) -> Tally {
        let mut tally = Tally::default();
        let _ = self.led(area, &Anonymous, &mut |record| {
            if record.unlisted() {
                tally = tally.and(self.receive_by(record));
            }
            if tally.is_denied() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        tally
    }

    /// What a rule that lists nobody says to the anonymous.
    #[inline(always)]
    fn receive_by(&self, record: &Record) -> Tally {
        if !record.plain() {
            return self.receive_by_terms(record);
        }
        let counts = if record.anyone() { ALLOWED | DENIED | DENIED_AT_BEST } else { DENIED_AT_BEST };
        Tally(Tally::of(record, self.addresses(record)).0 & counts)
    }

    /// The same for one that asks for more than addresses.
    #[inline(never)]
    fn receive_by_terms(&self, record: &Record) -> Tally {
        let truth = self.circumstances(record, &Anonymous);
        if !record.denies() {
            let allows = record.anyone() && truth.is_true() && self.strength(record, Strength::NONE).is_true();
            return Tally(if allows { ALLOWED } else { 0 });
        }
        let denied = record.anyone() && !truth.is_false() && !self.strength(record, Strength::NONE).is_false();
        let closed = record.everybody() && !self.strength(record, Strength::greatest(&self.scene)).is_false() && {
            let truth = if record.personal() { self.circumstances(record, &Somebody) } else { truth };
            !truth.can_be_false()
        };
        Tally(if denied { DENIED } else { 0 } | if closed { DENIED_AT_BEST } else { 0 })
    }

    /// The rules of one effect that apply, sorted: allows that are true, denies that are not false.
    pub(crate) fn applying(&self, effect: Effect, visitor: &(impl Visitor + Keys), strength: Strength) -> Vec<RuleId> {
        let mut rules = Vec::new();
        self.scan(visitor, |record| {
            if record.denies() == (effect == Effect::Deny) && self.concerns(record, visitor) {
                let truth = self.circumstances(record, visitor).and(self.strength(record, strength));
                if if effect == Effect::Allow { truth.is_true() } else { !truth.is_false() } {
                    rules.push(record.entry.rule);
                }
            }
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
        self.scan(visitor, |record| {
            if self.concerns(record, visitor) {
                let truth = self.circumstances(record, visitor);
                let (effect, counts) =
                    if record.denies() { (Effect::Deny, !truth.is_false()) } else { (Effect::Allow, truth.is_true()) };
                if counts {
                    met.push(Met { effect, strength: record.strength() });
                }
            }
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
        let detail = self.slices.detail(self.found)?;
        let names = detail.names(self.scene.policy, self.found, &self.slices.pool);
        Search::new(&self.scene, &detail.free, names, self.rules())
    }

    /// Whether some known visitor would be let in with the greatest strength, if no deny applies to them all.
    pub(crate) fn promises(&self) -> bool {
        let promise = self.found.slice.promise;
        let finds = || self.search().is_some_and(|search| search.find(None).is_some());
        if !self.is_settled() {
            return finds();
        }
        promise.certain()
            || promise.may_hold(self.scene.from.as_ref())
                && self.slices.promises.needed(&self.slices.pool, promise).any(|term| self.keeps(term))
            || promise.partial && finds()
    }

    /// The allows by which known visitors would be let in.
    pub(crate) fn promising(&self) -> Vec<RuleId> {
        let promise = self.found.slice.promise;
        let mut rules = Vec::new();
        if self.receive().closed() {
            return rules;
        }
        if self.is_settled() {
            let terms = self.slices.promises.terms(&self.slices.pool, promise).filter(|term| self.keeps(*term));
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
    #[inline]
    fn is_settled(&self) -> bool {
        let promise = self.found.slice.promise;
        !(promise.aged && self.scene.time.is_none())
            && (!promise.has_doubts()
                || self.slices.promises.doubtful(promise).all(|deny| self.circumstances(deny, &Somebody).is_false()))
    }

    fn keeps(&self, term: Term<'_>) -> bool {
        self.circumstances(term.allow, &Somebody).is_true()
            && term.denies.iter().all(|deny| self.circumstances(deny, &Somebody).is_false())
    }
}

fn visitor_leads(area: Area, visitor: &impl Keys) -> bool {
    match area {
        Area::Everywhere => visitor.lead_everywhere(),
        Area::Here => true,
    }
}
