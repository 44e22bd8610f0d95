//! What changes from one policy to another.

use std::collections::{BTreeMap, BTreeSet};

use doorward_model::rule::Rule;
use doorward_model::{Policy, Request};
use doorward_syntax::ast::{Effect, SmolStr};

use crate::diagram::{Diagram, Join};
use crate::encode::Encoder;
use crate::equals::Equals;
use crate::error::TooComplex;
use crate::paths::Place;
use crate::site::{Cell, Site};
use crate::space::{Choice, Key};
use crate::survey::{Group, Survey};
use crate::verdict::{Answered, Rulings};

/// All that changes from one policy to another; nothing if the two give every request the same status.
#[derive(Clone, Debug)]
pub struct Diff<'p> {
    /// What is newly allowed first, then what is no longer, then other changes.
    pub changes: Vec<Change<'p>>,
}

/// Requests whose answer changes in one way, for one reason.
#[derive(Clone, Debug)]
pub struct Change<'p> {
    /// The answer of the first policy.
    pub before: Answered,
    /// The answer of the second policy.
    pub after: Answered,
    /// Rules of the first policy that the second one has no equal of here; empty where other statements differ.
    pub old_rules: Vec<&'p Rule>,
    /// Rules of the second policy that the first one has no equal of here.
    pub new_rules: Vec<&'p Rule>,
    /// The smallest such request.
    pub request: Request<'static>,
    /// Declared identities who can make such a request, by name, sorted.
    pub identities: Vec<SmolStr>,
    /// Whether there are such requests without credentials that are valid.
    pub unidentified: bool,
    /// Whether there are such requests of visitors whom no policy declares.
    pub undeclared: bool,
    /// Where, by the names of rooms, or by patterns, sorted.
    pub rooms: Vec<String>,
    /// What is done there, sorted.
    pub actions: Vec<SmolStr>,
}

impl Diff<'_> {
    /// Whether every request gets the same status, over HTTP too.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether something is allowed that was not.
    #[must_use]
    pub fn widens(&self) -> bool {
        self.changes.iter().any(|change| change.after == Answered::Allow)
    }
}

/// Compares two policies on every request there is.
///
/// Exact, in what [the crate](crate) means by it: without a change, every request gets the same status, over HTTP too; and
/// each change has a request that shows it. Challenges and explanations are not compared.
///
/// # Errors
/// If that takes more work than [`limits`](crate::limits) allow.
pub fn diff<'p>(before: &'p Policy, after: &'p Policy) -> Result<Diff<'p>, TooComplex> {
    let site = Site::new(&[before, after], &[]);
    let survey = Survey::new(&site)?;
    let mut found: BTreeMap<(u8, u8, Vec<usize>, Vec<usize>), Region> = BTreeMap::new();
    let equals = Equals::new(&site);
    survey.each(
        |group| !equals.alike(&group.cell),
        |encoder, group, place| {
            let rulings = [0, 1].map(|policy| encoder.rulings(place, &group.cell, policy));
            let [old, new] = rulings;
            let rulings = [old?, new?];
            let [old, new] = [0usize, 1].map(|index| answered(encoder, &rulings, index, &group.cell));
            if old == new {
                return Ok(());
            }
            let pairs = encoder.diagrams.join(Join::Pair, old, new);
            let unequal = unequal(&rulings);
            for (left, right) in pairs_of(encoder.diagrams.codes(pairs)) {
                let wanted = left * 8 + right;
                let mut codes = [0; 64];
                codes.get_mut(usize::from(wanted)).into_iter().for_each(|code| *code = 1);
                let region = encoder.diagrams.recode(pairs, &codes);
                let [old_rules, new_rules] = responsible(encoder, &unequal, region, left, right);
                let cost = encoder.price(region);
                let key = (left, right, old_rules, new_rules);
                let entry = found.entry(key).or_default();
                entry.add(&survey, encoder, group, place, region, cost);
            }
            Ok(())
        },
    )?;
    let rules = |policy: &'p Policy, list: Vec<usize>| -> Vec<&'p Rule> {
        list.into_iter().filter_map(|index| policy.rules.get(index)).collect()
    };
    let changes = found.into_iter().filter_map(|((left, right, old, new), region)| {
        Some(Change {
            before: Answered::of_code(left)?,
            after: Answered::of_code(right)?,
            old_rules: rules(before, old),
            new_rules: rules(after, new),
            request: region.request.map(|(_, request)| request)?,
            identities: region.identities.iter().filter_map(|it| Some(site.people.get(*it)?.name.clone())).collect(),
            unidentified: region.unidentified,
            undeclared: region.undeclared,
            rooms: region.rooms.into_iter().collect(),
            actions: region.actions.into_iter().collect(),
        })
    });
    let mut changes: Vec<Change<'p>> = changes.collect();
    for change in &mut changes {
        change.identities.sort_unstable();
    }
    changes.sort_by_key(|change| match (change.before, change.after) {
        (_, Answered::Allow) => 0,
        (Answered::Allow, _) => 1,
        _ => 2,
    });
    Ok(Diff { changes })
}

fn answered(encoder: &mut Encoder<'_>, rulings: &[Rulings; 2], index: usize, cell: &Cell) -> Diagram {
    let Some(ruling) = rulings.get(index) else { return Diagram::FALSE };
    let permits = ruling.permits(encoder, |_| true);
    encoder.answered(index, permits, cell.conceals.get(index).copied().unwrap_or_default())
}

/// The pairs of codes that differ.
fn pairs_of(codes: u64) -> impl Iterator<Item = (u8, u8)> {
    (0..64u8)
        .filter(move |code| codes >> code & 1 == 1)
        .map(|code| (code / 8, code % 8))
        .filter(|(old, new)| old != new)
}

/// A rule that the other policy has no equal of: one that applies to the same requests.
struct Unequal {
    policy: usize,
    rule: usize,
    effect: Effect,
    applies: Diagram,
}

fn unequal(rulings: &[Rulings; 2]) -> Vec<Unequal> {
    let mut unequal = Vec::new();
    for (policy, (own, other)) in [(0, (&rulings[0], &rulings[1])), (1, (&rulings[1], &rulings[0]))] {
        for (effect, own, other) in
            [(Effect::Allow, &own.allows, &other.allows), (Effect::Deny, &own.denies, &other.denies)]
        {
            let known: BTreeSet<Diagram> = other.iter().map(|(_, diagram)| *diagram).collect();
            let without = own.iter().filter(|(_, diagram)| *diagram != Diagram::FALSE && !known.contains(diagram));
            unequal.extend(without.map(|(entry, diagram)| Unequal {
                policy,
                rule: entry.part,
                effect,
                applies: *diagram,
            }));
        }
    }
    unequal
}

/// The rules behind a change, by policy: of those without an equal the ones that speak for it where it happens; all of
/// them where that tells nothing.
fn responsible(encoder: &mut Encoder<'_>, unequal: &[Unequal], region: Diagram, old: u8, new: u8) -> [Vec<usize>; 2] {
    let allow = Answered::Allow.code();
    let speaks = |rule: &Unequal| match (old == allow, new == allow) {
        (false, true) => (rule.policy == 1) == (rule.effect == Effect::Allow),
        (true, false) => (rule.policy == 0) == (rule.effect == Effect::Allow),
        _ => true,
    };
    let mut chosen: Vec<&Unequal> = Vec::new();
    for rule in unequal.iter().filter(|rule| speaks(rule)) {
        if old != allow && new != allow || encoder.diagrams.and(rule.applies, region) != Diagram::FALSE {
            chosen.push(rule);
        }
    }
    if chosen.is_empty() {
        chosen = unequal.iter().collect();
    }
    [0, 1].map(|policy| {
        let rules: BTreeSet<usize> = chosen.iter().filter(|rule| rule.policy == policy).map(|rule| rule.rule).collect();
        rules.into_iter().collect()
    })
}

/// What is found of a change so far.
#[derive(Default)]
struct Region {
    request: Option<(u64, Request<'static>)>,
    // By number.
    identities: BTreeSet<usize>,
    unidentified: bool,
    undeclared: bool,
    rooms: BTreeSet<String>,
    actions: BTreeSet<SmolStr>,
}

impl Region {
    fn add(
        &mut self,
        survey: &Survey<'_>,
        encoder: &Encoder<'_>,
        group: &Group,
        place: &Place,
        region: Diagram,
        cost: u64,
    ) {
        if self.request.as_ref().is_none_or(|(known, _)| cost < *known) {
            let request = encoder.witness(region, place, survey.action(group), &|code| code == 1);
            self.request = request.map(|request| (cost, request));
        }
        let touched = encoder.visitors(region);
        self.unidentified |= touched.iter().any(|choice| !matches!(choice, Choice::Known(_)));
        let mut classes: BTreeSet<u32> = BTreeSet::new();
        for choice in touched {
            let Choice::Known(index) = choice else { continue };
            let Some(visitor) = encoder.space.crowd.visitors.get(*index) else { continue };
            match visitor.person {
                Some(_) => _ = classes.insert(visitor.class),
                None => self.undeclared = true,
            }
        }
        if !classes.is_empty() {
            let people = 0..survey.site.people.len();
            let class = |person: &usize| encoder.space.crowd.class_of(u32::try_from(*person).unwrap_or(u32::MAX));
            self.identities.extend(people.filter(|person| classes.contains(&class(person))));
        }
        for (place, kind) in &group.at {
            if let Some(place) = survey.places.get(*place) {
                self.rooms.extend(survey.site.rooms(place));
            }
            let kind = survey.site.kinds.get(*kind);
            self.actions.extend(kind.into_iter().flat_map(|kind| kind.members.iter().cloned()));
        }
    }
}

impl Encoder<'_> {
    /// The choices of the visitor for which it is true somewhere.
    pub(crate) fn visitors(&self, diagram: Diagram) -> Vec<&Choice> {
        let Some(variable) = self.space.variable(&Key::Visitor) else { return Vec::new() };
        let choices = self.space.choices(variable).iter();
        match self.diagrams.split(diagram) {
            // The visitor is asked for first, if at all.
            Some((asked, children)) if asked == variable => {
                choices.zip(children).filter(|(_, child)| **child != Diagram::FALSE).map(|(choice, _)| choice).collect()
            }
            _ if diagram == Diagram::FALSE => Vec::new(),
            _ => choices.collect(),
        }
    }
}
