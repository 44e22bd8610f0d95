//! One request before one policy: section by section what the rules say to it.

use std::fmt;

use doorward_model::ids::{LevelId, PatternId, RuleId};
use doorward_model::path::{Ambiguity, Path};
use doorward_model::policy::Conceal;
use doorward_model::{Policy, Request, Subject, limits};
use doorward_syntax::ast::{Answer, Effect};

use super::Engine;
pub(crate) use super::eval::{Clauses, Scene, Strength};
use super::locate::ClassId;
pub(crate) use super::seek::Found;
use super::seek::Search;
use super::slice::Covering;
pub(crate) use super::truth::Truth;
pub(crate) use super::value::{Many, Slot, Typed, claimed, recorded};
pub(crate) use super::visitor::{Anonymous, Presented, Visitor};
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
        Strength { level: Some(self.level), age: self.max_age.map(super::eval::nanoseconds) }
    }
}

/// What is decided, before any `answer`.
pub(crate) enum Finding {
    Allow,
    /// Somebody stronger would be let in: the same visitor by stepping up, or somebody known.
    Redeemable(Option<StepUp>),
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

/// The scene and the rules that cover it.
pub(crate) struct Place<'a> {
    pub(crate) scene: Scene<'a>,
    covering: Covering<'a>,
}

/// Reads a request and hands it to `look`.
pub(crate) fn examine<R>(
    policy: &Policy,
    engine: &Engine,
    request: &Request<'_>,
    look: impl FnOnce(&Case<'_>, &Engine) -> R,
) -> R {
    let path = Path::parse(&request.path);
    let class = path.as_ref().ok().map(|path| engine.locator.class(path));
    let place = match (&path, class) {
        (Ok(path), Some(class)) => place(policy, engine, request, path, class),
        (Ok(_), None) => Err(Unusable::Action),
        (Err(ambiguity), _) => Err(Unusable::Path(*ambiguity)),
    };
    let stand = match &request.subject {
        Subject::Anonymous => Stand::Anonymous,
        Subject::Rejected => Stand::Rejected,
        Subject::Known(known) => match Presented::new(policy, known) {
            None => Stand::Rejected,
            Some(presented) => {
                // An authentication later than the request has no known age.
                let age = request.time.zip(known.authenticated_at).and_then(|(now, then)| now.nanoseconds_since(then));
                let strength = Strength { level: Some(presented.level()), age };
                Stand::Known(presented, strength)
            }
        },
    };
    look(&Case { policy, request, stand, class, place }, engine)
}

fn place<'a>(
    policy: &'a Policy,
    engine: &'a Engine,
    request: &'a Request<'a>,
    path: &'a Path<'a>,
    class: ClassId,
) -> Result<Place<'a>, Unusable> {
    let action = policy.action(&request.action).ok_or(Unusable::Action)?;
    if let Subject::Known(known) = &request.subject
        && known.groups.len() > limits::CLAIMED_GROUPS
    {
        return Err(Unusable::Groups(known.groups.len()));
    }
    let covering = engine.slices.covering(class, action).ok_or(Unusable::Action)?;
    Ok(Place { scene: Scene::new(policy, request, path), covering })
}

impl<'a> Place<'a> {
    /// The rules that cover the room and the action.
    pub(crate) fn rules(&self) -> impl Iterator<Item = (RuleId, Clauses<'_>)> {
        self.covering.rules().filter_map(|entry| {
            let (rule, target) = entry.resolve(self.scene.policy)?;
            Some((entry.rule, Clauses { scene: &self.scene, rule, target }))
        })
    }

    /// Whether an allow applies and no deny does.
    pub(crate) fn permits(&self, visitor: &impl Visitor, strength: Strength) -> bool {
        let mut allowed = false;
        for (_, clauses) in self.rules() {
            match clauses.rule.effect {
                Effect::Allow if allowed => {}
                Effect::Allow => allowed = clauses.all(visitor, strength).is_true(),
                Effect::Deny => {
                    if !clauses.all(visitor, strength).is_false() {
                        return false;
                    }
                }
            }
        }
        allowed
    }

    /// The rules of one effect that apply: allows that are true, denies that are not false.
    pub(crate) fn applying(&self, effect: Effect, visitor: &impl Visitor, strength: Strength) -> Vec<RuleId> {
        self.rules()
            .filter(|(_, clauses)| clauses.rule.effect == effect)
            .filter(|(_, clauses)| {
                let truth = clauses.all(visitor, strength);
                if effect == Effect::Allow { truth.is_true() } else { !truth.is_false() }
            })
            .map(|(id, _)| id)
            .collect()
    }

    /// The least strength, from `floor` up, with which the visitor would be let in.
    ///
    /// More strength never hurts, so the lowest level that does with a fresh authentication is found first, and then the
    /// longest of the ages that rules mention.
    pub(crate) fn step_up(&self, visitor: &impl Visitor, floor: LevelId) -> Option<StepUp> {
        let fresh = self.scene.time.map(|_| 0);
        if !self.permits(visitor, Strength::greatest(&self.scene)) {
            return None;
        }
        let level = (floor.0..self.scene.policy.levels.len().try_into().unwrap_or(u32::MAX))
            .map(LevelId)
            .find(|level| self.permits(visitor, Strength { level: Some(*level), age: fresh }))?;
        if self.permits(visitor, Strength { level: Some(level), age: None }) {
            return Some(StepUp { level, max_age: None });
        }
        let mut ages: Vec<u64> =
            self.rules().filter_map(|(_, clauses)| clauses.rule.strength).filter_map(|needed| needed.within).collect();
        ages.sort_unstable_by(|left, right| right.cmp(left));
        ages.dedup();
        let max_age =
            ages.into_iter().find(|&age| self.permits(visitor, StepUp { level, max_age: Some(age) }.strength()));
        Some(StepUp { level, max_age })
    }

    /// The search for somebody who would be let in, unless it is plain that nobody would.
    pub(crate) fn search(&self) -> Option<Search<'_>> {
        Search::new(&self.scene, self.covering.free, self.rules())
    }
}

impl Case<'_> {
    /// What section 4 of the language says, before any `answer`.
    pub(crate) fn finding(&self) -> Finding {
        let Ok(place) = &self.place else { return Finding::Forbidden };
        match &self.stand {
            Stand::Known(visitor, strength) => {
                if place.permits(visitor, *strength) {
                    return Finding::Allow;
                }
                let floor = strength.level.unwrap_or(LevelId(0));
                place.step_up(visitor, floor).map_or(Finding::Forbidden, |step| Finding::Redeemable(Some(step)))
            }
            Stand::Anonymous if place.permits(&Anonymous, Strength::NONE) => Finding::Allow,
            Stand::Rejected if place.permits(&Anonymous, Strength::NONE) => {
                if self.policy.answers(Answer::RejectedAsAnonymous) {
                    Finding::Allow
                } else {
                    Finding::Redeemable(None)
                }
            }
            Stand::Anonymous | Stand::Rejected => {
                if place.search().is_some_and(|search| search.find(None).is_some()) {
                    Finding::Redeemable(None)
                } else {
                    Finding::Forbidden
                }
            }
        }
    }

    /// How a finding is told.
    pub(crate) fn verdict(&self, finding: &Finding) -> Verdict {
        match (finding, &self.stand) {
            (Finding::Allow, _) => Verdict::Allow,
            (Finding::Redeemable(_), Stand::Known(..)) if self.policy.answers(Answer::StepUp403) => Verdict::Forbidden,
            (Finding::Redeemable(_), _) => Verdict::Unauthenticated,
            (Finding::Forbidden, Stand::Known(..)) => Verdict::Forbidden,
            (Finding::Forbidden, _) if self.policy.answers(Answer::Unidentified401) => Verdict::Unauthenticated,
            (Finding::Forbidden, _) => Verdict::Forbidden,
        }
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
    pub(crate) fn deciding(&self, finding: &Finding) -> Vec<RuleId> {
        let Ok(place) = &self.place else { return Vec::new() };
        let mut rules = match (&self.stand, finding) {
            (Stand::Known(visitor, strength), Finding::Allow) => place.applying(Effect::Allow, visitor, *strength),
            (_, Finding::Allow) => place.applying(Effect::Allow, &Anonymous, Strength::NONE),
            (Stand::Known(visitor, strength), Finding::Redeemable(step)) => {
                let mut rules = place.applying(Effect::Deny, visitor, *strength);
                if let Some(step) = step {
                    rules.extend(place.applying(Effect::Allow, visitor, step.strength()));
                }
                rules
            }
            (_, Finding::Redeemable(_)) => {
                let mut rules = place.applying(Effect::Deny, &Anonymous, Strength::NONE);
                if place.permits(&Anonymous, Strength::NONE) {
                    rules.extend(place.applying(Effect::Allow, &Anonymous, Strength::NONE));
                }
                if let Some(search) = place.search() {
                    rules.extend(search.allows().into_iter().filter(|rule| search.find(Some(*rule)).is_some()));
                }
                rules
            }
            (Stand::Known(visitor, strength), Finding::Forbidden) => place.applying(Effect::Deny, visitor, *strength),
            (_, Finding::Forbidden) => place.applying(Effect::Deny, &Anonymous, Strength::NONE),
        };
        rules.sort_unstable();
        rules.dedup();
        rules
    }
}
