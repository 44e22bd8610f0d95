//! One request before one policy: section by section what the rules say to it.

use std::cell::OnceCell;
use std::fmt;

use doorward_model::address::canonical;
use doorward_model::ids::{LevelId, PatternId, RuleId};
use doorward_model::path::{Ambiguity, Path, plain};
use doorward_model::policy::Conceal;
use doorward_model::{Instant, Policy, Request, Subject, limits};
use doorward_syntax::ast::{Answer, Effect};

use super::Engine;
pub(crate) use super::eval::{Clauses, Scene, Strength};
use super::locate::{ClassId, Segments};
pub(crate) use super::place::{Place, StepUp};
pub(crate) use super::seek::Found;
pub(crate) use super::truth::Truth;
pub(crate) use super::value::{Many, Slot, Typed, claimed, recorded};
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

/// Reads a request and hands it to `look`.
pub(crate) fn examine<R>(
    policy: &Policy,
    engine: &Engine,
    request: &Request<'_>,
    look: impl FnOnce(&Case<'_>, &Engine) -> R,
) -> R {
    let parsed;
    let plain =
        plain(&request.path).and_then(|inner| Some((Segments::Plain(inner), engine.locator.plain_class(inner)?)));
    let found = match plain {
        Some(found) => Ok(found),
        None => {
            parsed = Path::parse(&request.path);
            parsed.as_ref().map(|path| (Segments::Read(path), engine.locator.class(path))).map_err(|why| *why)
        }
    };
    let class = found.ok().map(|(_, class)| class);
    let reading = match &request.subject {
        Subject::Known(known) => Reading::new(policy, &engine.traits, known),
        Subject::Anonymous | Subject::Rejected => None,
    };
    let stand = Stand::new(policy, &request.subject, reading.as_ref(), request.time);
    let place = found.map_err(Unusable::Path).and_then(|(segments, class)| {
        let action = policy.action(&request.action).ok_or(Unusable::Action)?;
        let scene = Scene {
            policy,
            segments,
            from: request.address.map(|address| engine.origins.locate(canonical(address))),
            time: request.time,
            room_attributes: &request.room_attributes,
            context: &request.context,
            clock: OnceCell::new(),
        };
        engine.place(class, action, &request.subject, scene)
    });
    look(&Case { policy, request, stand, class, place }, engine)
}

impl<'a> Stand<'a> {
    pub(crate) fn new(
        policy: &'a Policy,
        subject: &'a Subject<'_>,
        reading: Option<&'a Reading>,
        time: Option<Instant>,
    ) -> Self {
        match (subject, reading) {
            (Subject::Known(known), Some(reading)) => {
                let presented = Presented::new(policy, known, reading);
                // An authentication later than the request has no known age.
                let age = time.zip(known.authenticated_at).and_then(|(now, then)| now.nanoseconds_since(then));
                let strength = Strength { level: Some(presented.level()), age };
                Self::Known(presented, strength)
            }
            (Subject::Anonymous, _) => Self::Anonymous,
            (Subject::Rejected, _) | (Subject::Known(_), None) => Self::Rejected,
        }
    }

    /// What section 4 of the language says, before any `answer`.
    pub(crate) fn finding(&self, place: &Place<'_>) -> Finding {
        match self {
            Self::Known(visitor, strength) => {
                let tally = place.tally(visitor, *strength);
                if tally.permits() {
                    Finding::Allow
                } else if tally.permits_at_best() {
                    Finding::Redeemable
                } else {
                    Finding::Forbidden
                }
            }
            Self::Anonymous | Self::Rejected => {
                let reception = place.receive();
                if !reception.permits() {
                    let open = !reception.closed && place.promises();
                    if open { Finding::Redeemable } else { Finding::Forbidden }
                } else if matches!(self, Self::Anonymous) || place.scene.policy.answers(Answer::RejectedAsAnonymous) {
                    Finding::Allow
                } else {
                    Finding::Redeemable
                }
            }
        }
    }

    /// How a finding is told.
    pub(crate) fn verdict(&self, policy: &Policy, finding: Finding) -> Verdict {
        match (finding, self) {
            (Finding::Allow, _) => Verdict::Allow,
            (Finding::Redeemable, Self::Known(..)) if policy.answers(Answer::StepUp403) => Verdict::Forbidden,
            (Finding::Redeemable, _) => Verdict::Unauthenticated,
            (Finding::Forbidden, Self::Known(..)) => Verdict::Forbidden,
            (Finding::Forbidden, _) if policy.answers(Answer::Unidentified401) => Verdict::Unauthenticated,
            (Finding::Forbidden, _) => Verdict::Forbidden,
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
