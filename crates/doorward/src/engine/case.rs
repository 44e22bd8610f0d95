//! One request before one policy: section by section what the rules say to it.

use std::cell::OnceCell;
use std::fmt;

use doorward_model::address::canonical;
use doorward_model::ids::{LevelId, PatternId, RuleId};
use doorward_model::path::{Ambiguity, Path};
use doorward_model::policy::Conceal;
use doorward_model::{Instant, Known, Policy, Request, Subject, limits};
use doorward_syntax::ast::{Answer, Effect};

use super::Engine;
pub(crate) use super::bare::Bare;
pub(crate) use super::eval::{Circumstances, Clauses, Scene, Strength};
pub(crate) use super::locate::{ClassId, Segments};
pub(crate) use super::origins::Origin;
pub(crate) use super::place::{Place, StepUp};
pub(crate) use super::seek::Found;
use super::slice::SliceRef;
pub(crate) use super::truth::Truth;
pub(crate) use super::value::{Many, Slot, Typed, claimed, recorded};
use super::visitor::AllTraits;
pub(crate) use super::visitor::{Anonymous, Presented, Reading, Visitor};
use crate::verdict::Verdict;

/// Why no rule can be asked about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    Action,
    Groups(usize),
    Path(Ambiguity),
}

impl fmt::Display for Unusable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Action => {
                formatter.write_str("the action is neither a registered HTTP method nor one that the policy declares")
            }
            Self::Groups(count) => {
                write!(
                    formatter,
                    "the request claims {count} groups, and more than {} are not read",
                    limits::CLAIMED_GROUPS
                )
            }
            Self::Path(ambiguity) => write!(formatter, "the path is ambiguous: {ambiguity}"),
        }
    }
}

/// Who asks, read by the policy.
pub(crate) enum Stand<'a> {
    Anonymous,
    Known(Presented<'a>, Strength),
    Rejected,
}

/// What is decided, before any `answer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    Allow,
    /// Somebody stronger would be let in: the same visitor by stepping up, or somebody known.
    Redeemable,
    Forbidden,
}

/// One request before one policy.
pub(crate) struct Case<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) request: &'a Request<'a>,
    pub(crate) stand: Stand<'a>,
    // None for an ambiguous path, which no room holds.
    class: Option<ClassId>,
    /// Where the rules can be asked, or why they cannot.
    pub(crate) place: Result<Place<'a>, Unusable>,
}

/// What the policy says to a request.
pub(crate) fn verdict(policy: &Policy, engine: &Engine, request: &Request<'_>) -> Verdict {
    usual(policy, engine, request)
        .unwrap_or_else(|| examine(policy, engine, request, |case, _| case.stand.verdict(policy, case.finding())))
}

/// The same for a request that is what nearly all are: its action is known, and so is what it claims. `None` for any other.
#[inline]
fn usual(policy: &Policy, engine: &Engine, request: &Request<'_>) -> Option<Verdict> {
    let from = request.address.map(|address| engine.origins.locate(canonical(address)));
    if is_shut(policy, from) {
        return Some(Verdict::Forbidden);
    }
    match engine.locator.plain_class(&request.path) {
        Some(class) => usual_at(policy, engine, request, from, (class, Segments::Plain(&request.path))),
        None => usual_elsewhere(policy, engine, request, from),
    }
}

/// The same at a path that does not mean itself.
#[inline(never)]
fn usual_elsewhere(policy: &Policy, engine: &Engine, request: &Request<'_>, from: Option<Origin>) -> Option<Verdict> {
    match Path::parse(&request.path) {
        Ok(path) => usual_at(policy, engine, request, from, (engine.locator.class(&path), Segments::Read(&path))),
        Err(_) => (!policy.answers(Answer::Unidentified401)).then_some(Verdict::Forbidden),
    }
}

/// The same at a path that has been read.
#[inline]
fn usual_at(
    policy: &Policy,
    engine: &Engine,
    request: &Request<'_>,
    from: Option<Origin>,
    (class, segments): (ClassId, Segments<'_>),
) -> Option<Verdict> {
    let action = policy.action(&request.action)?;
    let circumstances = || Circumstances {
        segments,
        sent_from: &request.address,
        from,
        time: &request.time,
        room_attributes: &request.room_attributes,
        context: &request.context,
    };
    let bare = Bare { engine, found: engine.slices.slice(class, action)?, from: from.as_ref() };
    match &request.subject {
        Subject::Known(known) => {
            let reading = Reading::new(policy, &engine.traits, known)?;
            verdict_of(policy, bare, circumstances, Who::Known(known, &reading))
        }
        Subject::Anonymous => verdict_of(policy, bare, circumstances, Who::Anonymous),
        Subject::Rejected => verdict_of(policy, bare, circumstances, Who::Rejected),
    }
}

/// Whether a request from there is forbidden, whatever it is.
#[inline]
pub(crate) fn is_shut(policy: &Policy, from: Option<Origin>) -> bool {
    from.is_some_and(|from| from.shut) && !policy.answers(Answer::Unidentified401)
}

/// Who asks, looked up.
#[derive(Clone, Copy)]
pub(crate) enum Who<'a> {
    Anonymous,
    Known(&'a Known<'a>, &'a Reading),
    Rejected,
}

/// What the policy says to a request about which no rule can be asked.
pub(crate) fn verdict_without_rules(policy: &Policy, who: Who<'_>) -> Verdict {
    match who {
        Who::Known(..) => told_known(policy, Finding::Forbidden),
        Who::Anonymous | Who::Rejected => told_unidentified(policy, Finding::Forbidden),
    }
}

/// What the policy says where all that a request names has been looked up; `None` if it claims too many groups.
#[inline(always)]
pub(crate) fn verdict_of<'c>(
    policy: &Policy,
    bare: Bare<'_>,
    circumstances: impl FnOnce() -> Circumstances<'c>,
    who: Who<'_>,
) -> Option<Verdict> {
    if let Who::Known(_, reading) = who
        && reading.crowded
    {
        return None;
    }
    let finding = match who {
        _ if !bare.found.slice.bare => None,
        Who::Known(known, reading) => bare.of_known(&Presented::new(policy, &bare.engine.traits, known, reading)),
        Who::Anonymous | Who::Rejected => bare.of_anonymous(),
    };
    let finding = finding.unwrap_or_else(|| Finding::of(policy, bare.engine, bare.found, &circumstances(), who));
    Some(match who {
        Who::Known(..) => told_known(policy, finding),
        Who::Anonymous => told_unidentified(policy, finding),
        Who::Rejected => told_unidentified(policy, finding.of_rejected(policy)),
    })
}

impl Finding {
    /// What the rules say to a visitor; the same to the rejected as to the anonymous.
    #[inline(never)]
    fn of(
        policy: &Policy,
        engine: &Engine,
        found: SliceRef<'_>,
        circumstances: &Circumstances<'_>,
        who: Who<'_>,
    ) -> Self {
        let scene = Scene { policy, circumstances, clock: OnceCell::new() };
        let place = Place { scene, slices: &engine.slices, found, origins: &engine.origins };
        match who {
            Who::Known(known, reading) => {
                let visitor = Presented::new(policy, &engine.traits, known, reading);
                Self::of_known(&place, &visitor, || reading.strength(known, *place.scene.time))
            }
            Who::Anonymous | Who::Rejected => Self::of_anonymous(&place),
        }
    }

    /// What section 4 of the language says to a known visitor, before any `answer`.
    #[inline]
    fn of_known(place: &Place<'_>, visitor: &Presented<'_>, strength: impl Fn() -> Strength) -> Self {
        let tally = place.tally(visitor, strength);
        if tally.permits() {
            Self::Allow
        } else if tally.permits_at_best() {
            Self::Redeemable
        } else {
            Self::Forbidden
        }
    }

    /// The same for the anonymous.
    #[inline]
    fn of_anonymous(place: &Place<'_>) -> Self {
        let reception = place.receive();
        if reception.permits() {
            return Self::Allow;
        }
        let open = !reception.closed() && place.promises();
        if open { Self::Redeemable } else { Self::Forbidden }
    }

    /// What is found for the rejected where this is for the anonymous.
    #[inline]
    fn of_rejected(self, policy: &Policy) -> Self {
        if self == Self::Allow && !policy.answers(Answer::RejectedAsAnonymous) { Self::Redeemable } else { self }
    }
}

/// How a finding is told to a known visitor.
fn told_known(policy: &Policy, finding: Finding) -> Verdict {
    match finding {
        Finding::Allow => Verdict::Allow,
        Finding::Redeemable if !policy.answers(Answer::StepUp403) => Verdict::Unauthenticated,
        Finding::Redeemable | Finding::Forbidden => Verdict::Forbidden,
    }
}

/// How a finding is told to the anonymous and to the rejected.
fn told_unidentified(policy: &Policy, finding: Finding) -> Verdict {
    match finding {
        Finding::Allow => Verdict::Allow,
        Finding::Forbidden if !policy.answers(Answer::Unidentified401) => Verdict::Forbidden,
        Finding::Redeemable | Finding::Forbidden => Verdict::Unauthenticated,
    }
}

/// Reads a request and hands it to `look`.
pub(crate) fn examine<R>(
    policy: &Policy,
    engine: &Engine,
    request: &Request<'_>,
    look: impl FnOnce(&Case<'_>, &Engine) -> R,
) -> R {
    let parsed;
    let found = match engine.locator.plain_class(&request.path) {
        Some(class) => Ok((class, Segments::Plain(&request.path))),
        None => {
            parsed = Path::parse(&request.path);
            parsed.as_ref().map(|path| (engine.locator.class(path), Segments::Read(path))).map_err(|why| *why)
        }
    };
    let class = found.ok().map(|(class, _)| class);
    let reading = match &request.subject {
        Subject::Known(known) => Reading::new(policy, &engine.traits, known),
        Subject::Anonymous | Subject::Rejected => None,
    };
    let stand = Stand::new(policy, &engine.traits, &request.subject, reading.as_ref(), request.time);
    let circumstances = Circumstances {
        segments: found.map_or(Segments::Plain("/"), |(_, segments)| segments),
        sent_from: &request.address,
        from: request.address.map(|address| engine.origins.locate(canonical(address))),
        time: &request.time,
        room_attributes: &request.room_attributes,
        context: &request.context,
    };
    let place = found.map_err(Unusable::Path).and_then(|(class, _)| {
        let action = policy.action(&request.action).ok_or(Unusable::Action)?;
        if let Subject::Known(known) = &request.subject
            && known.groups.len() > limits::CLAIMED_GROUPS
        {
            return Err(Unusable::Groups(known.groups.len()));
        }
        let found = engine.slices.slice(class, action).ok_or(Unusable::Action)?;
        let scene = Scene { policy, circumstances: &circumstances, clock: OnceCell::new() };
        Ok(Place { scene, slices: &engine.slices, found, origins: &engine.origins })
    });
    look(&Case { policy, request, stand, class, place }, engine)
}

impl<'a> Stand<'a> {
    fn new(
        policy: &'a Policy,
        traits: &'a AllTraits,
        subject: &'a Subject<'_>,
        reading: Option<&'a Reading>,
        time: Option<Instant>,
    ) -> Self {
        match (subject, reading) {
            (Subject::Known(known), Some(reading)) => {
                Self::Known(Presented::new(policy, traits, known, reading), reading.strength(known, time))
            }
            (Subject::Anonymous, _) => Self::Anonymous,
            (Subject::Rejected, _) | (Subject::Known(_), None) => Self::Rejected,
        }
    }

    /// What section 4 of the language says, before any `answer`.
    fn finding(&self, place: &Place<'_>) -> Finding {
        match self {
            Self::Known(visitor, strength) => Finding::of_known(place, visitor, || *strength),
            Self::Anonymous => Finding::of_anonymous(place),
            Self::Rejected => Finding::of_anonymous(place).of_rejected(place.scene.policy),
        }
    }

    /// How a finding is told.
    pub(crate) fn verdict(&self, policy: &Policy, finding: Finding) -> Verdict {
        match self {
            Self::Known(..) => told_known(policy, finding),
            Self::Anonymous | Self::Rejected => told_unidentified(policy, finding),
        }
    }
}

impl Case<'_> {
    /// What section 4 of the language says, before any `answer`.
    pub(crate) fn finding(&self) -> Finding {
        self.place.as_ref().map_or(Finding::Forbidden, |place| self.stand.finding(place))
    }

    /// What strength a known visitor lacks who would be let in with more; `None` if nothing else is asked of them.
    pub(crate) fn step_up(&self) -> Option<StepUp> {
        let (Stand::Known(visitor, strength), Ok(place)) = (&self.stand, &self.place) else { return None };
        place.step_up(visitor, strength.level.unwrap_or(LevelId(0)))
    }

    /// The status that an HTTP adapter sends.
    pub(crate) fn http_status(&self, verdict: Verdict, engine: &Engine) -> u16 {
        let concealed = match verdict {
            Verdict::Allow => false,
            Verdict::Forbidden => self.conceals(engine).next().is_some(),
            Verdict::Unauthenticated => self.conceals(engine).any(|conceal| conceal.entirely),
        };
        if concealed { 404 } else { verdict.status() }
    }

    /// The patterns that hold the path, sorted; none for an ambiguous path.
    pub(crate) fn patterns<'c>(&self, engine: &'c Engine) -> &'c [PatternId] {
        self.class.and_then(|class| engine.locator.classes.get(class.0 as usize)).map_or(&[][..], |class| class)
    }

    /// The `conceal` statements that hold the path.
    fn conceals<'c>(&'c self, engine: &'c Engine) -> impl Iterator<Item = &'c Conceal> {
        let class = self.patterns(engine);
        self.policy.conceals.iter().filter(move |conceal| {
            let holds = |patterns: &[_]| patterns.iter().any(|pattern| class.binary_search(pattern).is_ok());
            holds(&conceal.patterns) && !holds(&conceal.except)
        })
    }

    /// The rules that decided, in the order of the policy's text.
    ///
    /// For an allow the allows that apply. For a refusal the denies that apply, and, where it can be redeemed, the allows
    /// that would let the stronger visitor in.
    pub(crate) fn deciding(&self, finding: Finding) -> Vec<RuleId> {
        let Ok(place) = &self.place else { return Vec::new() };
        let anonymous = |effect| place.applying(effect, &Anonymous, Strength::NONE);
        let mut rules = match (&self.stand, finding) {
            (Stand::Known(visitor, strength), Finding::Allow) => place.applying(Effect::Allow, visitor, *strength),
            (Stand::Known(visitor, strength), _) => place.applying(Effect::Deny, visitor, *strength),
            (_, Finding::Allow) => return anonymous(Effect::Allow),
            (_, Finding::Forbidden) => return anonymous(Effect::Deny),
            (_, Finding::Redeemable) => {
                let mut rules = anonymous(Effect::Deny);
                if rules.is_empty() {
                    rules = anonymous(Effect::Allow);
                }
                rules.extend(place.promising());
                rules
            }
        };
        if let (Stand::Known(visitor, _), Finding::Redeemable, Some(step)) = (&self.stand, finding, self.step_up()) {
            rules.extend(place.applying(Effect::Allow, visitor, step.strength()));
        }
        rules.sort_unstable();
        rules.dedup();
        rules
    }
}
