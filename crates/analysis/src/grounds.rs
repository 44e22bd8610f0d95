//! Why somebody is let in at one cell: what the rules say of one visitor, in their own words, as short as it can be and
//! still exact.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use doorward_model::Policy;
use doorward_model::ids::GroupId;
use doorward_model::rule::{RoomBinding, Rule, Who};
use doorward_syntax::ast::Effect;
use doorward_syntax::print;

use crate::clauses::{conditions, joined};
use crate::diagram::{Diagram, Variable};
use crate::encode::{Encoder, Truth};
use crate::facts::Made;
use crate::paths::Place;
use crate::site::Cell;
use crate::space::{Key, Reader};

/// What must hold, and the rules that say so.
#[derive(Clone, Debug, PartialEq)]
pub struct Ground<'p> {
    /// Conditions of which all must hold, in the words of the rules; none if there is nothing more to ask.
    pub conditions: Vec<String>,
    /// Rules that say so, in the order of the text.
    pub rules: Vec<&'p Rule>,
}

/// The conditions as a rule would have them.
impl fmt::Display for Ground<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&joined(&self.conditions))
    }
}

/// Conditions in words, and what parameters of the path the words speak of.
pub(crate) type Words = (Vec<String>, Vec<(String, usize)>);

/// Why some visitors are let in: some allow holds, and no deny does.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reasons {
    pub(crate) allows: BTreeMap<Words, BTreeSet<usize>>,
    pub(crate) denies: BTreeMap<Words, BTreeSet<usize>>,
    /// Whether they are let in whatever is open.
    pub(crate) always: bool,
}

impl Reasons {
    /// The words alone, without the rules.
    pub(crate) fn words(&self) -> (bool, Vec<Words>, Vec<Words>) {
        let of = |words: &BTreeMap<Words, BTreeSet<usize>>| words.keys().cloned().collect();
        (self.always, of(&self.allows), of(&self.denies))
    }

    /// Adds the rules that say the same of others.
    pub(crate) fn extend(&mut self, other: Self) {
        self.always |= other.always;
        for (all, other) in [(&mut self.allows, other.allows), (&mut self.denies, other.denies)] {
            other.into_iter().for_each(|(words, rules)| all.entry(words).or_default().extend(rules));
        }
    }

    pub(crate) fn allows<'p>(&self, policy: &'p Policy) -> Vec<Ground<'p>> {
        grounds(&self.allows, policy)
    }

    pub(crate) fn denies<'p>(&self, policy: &'p Policy) -> Vec<Ground<'p>> {
        grounds(&self.denies, policy)
    }
}

fn grounds<'p>(all: &BTreeMap<Words, BTreeSet<usize>>, policy: &'p Policy) -> Vec<Ground<'p>> {
    let ground = |((conditions, _), rules): (&Words, &BTreeSet<usize>)| Ground {
        conditions: conditions.clone(),
        rules: rules.iter().filter_map(|rule| policy.rules.get(*rule)).collect(),
    };
    let mut grounds: Vec<Ground<'p>> = all.iter().map(ground).collect();
    grounds.sort_by_key(|ground| ground.rules.first().map(|rule| rule.span));
    grounds
}

/// A rule at one cell: each of its clauses, for all visitors.
struct Statement {
    rule: usize,
    effect: Effect,
    subjects: Diagram,
    // What the rule's subjects are called.
    called: String,
    clauses: Vec<(String, Diagram)>,
    parameters: Vec<(String, usize)>,
}

/// A rule that may hold for one visitor.
struct Candidate {
    rule: usize,
    words: Words,
    holds: Diagram,
}

/// What the rules of one cell say of each visitor.
pub(crate) struct Speaker {
    statements: Vec<Statement>,
    // By what all clauses are to a visitor.
    known: BTreeMap<Vec<Diagram>, Reasons>,
    /// Groups that rules speak of.
    pub(crate) groups: BTreeSet<GroupId>,
}

impl Speaker {
    pub(crate) fn new(encoder: &mut Encoder<'_>, place: &Place, cell: &Cell, made: &Made) -> Self {
        let mut speaker = Self { statements: Vec::new(), known: BTreeMap::new(), groups: BTreeSet::new() };
        let site = encoder.site;
        for entry in cell.entries.first().into_iter().flatten() {
            let Some(reader) = Reader::new(site, place, 0, *entry) else { continue };
            let Some(rule) = reader.policy.rules.get(entry.part) else { continue };
            speaker.groups.extend(&rule.subjects.except.groups);
            if let Who::Listed(members) = &rule.subjects.who {
                speaker.groups.extend(&members.groups);
            }
            let subjects = encoder.subjects(0, &rule.subjects);
            let subjects = made.settle(encoder, subjects);
            let clauses = conditions(encoder, reader, rule);
            let clauses = clauses.into_iter().map(|(text, Truth { yes, no })| {
                let holds = match rule.effect {
                    Effect::Allow => yes,
                    Effect::Deny => encoder.diagrams.not(no),
                };
                (text, made.settle(encoder, holds))
            });
            let clauses = clauses.collect();
            let parameters = rule.room_attributes.iter().zip(&reader.target.bindings);
            let parameters = parameters.filter_map(|(attribute, binding)| match binding {
                RoomBinding::Parameter(segment) => Some((attribute.name.to_string(), *segment)),
                RoomBinding::Attribute { .. } => None,
            });
            speaker.statements.push(Statement {
                rule: entry.part,
                effect: rule.effect,
                subjects,
                called: reader.policy.sources.one_line(reader.policy.clauses(rule).subjects),
                clauses,
                parameters: parameters.collect(),
            });
        }
        speaker
    }

    /// Why a visitor is let in, by the number of the choice; `None` for somebody who never is.
    pub(crate) fn reasons(&mut self, encoder: &mut Encoder<'_>, visitor: usize) -> Option<Reasons> {
        let who = encoder.space.variable(&Key::Visitor)?;
        let at = |encoder: &Encoder<'_>, diagram| encoder.diagrams.child(diagram, who, visitor);
        let all =
            self.statements.iter().flat_map(|it| [it.subjects].into_iter().chain(it.clauses.iter().map(|it| it.1)));
        let key: Vec<Diagram> = all.map(|diagram| at(encoder, diagram)).collect();
        if let Some(known) = self.known.get(&key) {
            return Some(known.clone()).filter(|known| !known.allows.is_empty());
        }
        let (mut allows, mut denies) = (Vec::new(), Vec::new());
        for statement in &self.statements {
            let subjects = at(encoder, statement.subjects);
            let mut conditions = vec![(claimed(encoder, subjects, &statement.called), subjects)];
            conditions.extend(statement.clauses.iter().map(|(text, diagram)| (text.clone(), at(encoder, *diagram))));
            let candidate = candidate(encoder, statement, conditions);
            match statement.effect {
                _ if candidate.holds == Diagram::FALSE => {}
                Effect::Allow => allows.push(candidate),
                Effect::Deny => denies.push(candidate),
            }
        }
        let reasons = least(encoder, allows, denies);
        self.known.insert(key, reasons.clone());
        Some(reasons).filter(|reasons| !reasons.allows.is_empty())
    }
}

/// A rule without the conditions that the others imply.
fn candidate(encoder: &mut Encoder<'_>, statement: &Statement, mut conditions: Vec<(String, Diagram)>) -> Candidate {
    let all = |encoder: &mut Encoder<'_>, conditions: &[(String, Diagram)], but: Option<usize>| {
        let counted = conditions.iter().enumerate().filter(|(index, _)| Some(*index) != but);
        counted.fold(Diagram::TRUE, |all, (_, (_, diagram))| encoder.diagrams.and(all, *diagram))
    };
    let holds = all(encoder, &conditions, None);
    for index in (0..conditions.len()).rev() {
        if all(encoder, &conditions, Some(index)) == holds {
            conditions.remove(index);
        }
    }
    let words: Vec<String> = conditions.into_iter().map(|(text, _)| text).collect();
    let speaks = |name: &str| words.iter().any(|text| text.contains(&format!("room.{name}")));
    let parameters = statement.parameters.iter().filter(|(name, _)| speaks(name)).cloned().collect();
    Candidate { rule: statement.rule, words: (words, parameters), holds }
}

/// As few rules as it takes, those with fewer conditions first.
fn least(encoder: &mut Encoder<'_>, mut allows: Vec<Candidate>, mut denies: Vec<Candidate>) -> Reasons {
    let any = |encoder: &mut Encoder<'_>, list: &[Candidate]| {
        let all: Vec<Diagram> = list.iter().map(|candidate| candidate.holds).collect();
        encoder.diagrams.any(all)
    };
    let (allowed, denied) = (any(encoder, &allows), any(encoder, &denies));
    let permitted = encoder.diagrams.minus(allowed, denied);
    if permitted == Diagram::FALSE {
        return Reasons::default();
    }
    let length = |candidate: &Candidate| (candidate.words.0.len(), candidate.rule);
    allows.sort_by_key(length);
    denies.sort_by_key(length);
    let allows = needed(encoder, allows, |encoder, allowed| encoder.diagrams.minus(allowed, denied) == permitted);
    let allowed = any(encoder, &allows);
    let denies = needed(encoder, denies, |encoder, denied| encoder.diagrams.minus(allowed, denied) == permitted);
    let by_words = |list: Vec<Candidate>| {
        let mut all: BTreeMap<Words, BTreeSet<usize>> = BTreeMap::new();
        list.into_iter().for_each(|candidate| _ = all.entry(candidate.words).or_default().insert(candidate.rule));
        all
    };
    if permitted != Diagram::TRUE {
        return Reasons { allows: by_words(allows), denies: by_words(denies), always: false };
    }
    // Where rules complete each other, no condition is left.
    let rules = allows.iter().map(|candidate| candidate.rule).collect();
    Reasons { allows: BTreeMap::from([(Words::default(), rules)]), denies: BTreeMap::new(), always: true }
}

/// Those that cannot be done without, the last ones being left out first; `enough` is asked of all that are left together.
fn needed(
    encoder: &mut Encoder<'_>,
    list: Vec<Candidate>,
    enough: impl Fn(&mut Encoder<'_>, Diagram) -> bool,
) -> Vec<Candidate> {
    let mut before = vec![Diagram::FALSE];
    for candidate in &list {
        let last = before.last().copied().unwrap_or(Diagram::FALSE);
        before.push(encoder.diagrams.or(last, candidate.holds));
    }
    let mut kept = Vec::new();
    let mut after = Diagram::FALSE;
    for (candidate, before) in list.into_iter().zip(before).rev() {
        let others = encoder.diagrams.or(before, after);
        if !enough(encoder, others) {
            after = encoder.diagrams.or(after, candidate.holds);
            kept.push(candidate);
        }
    }
    kept.reverse();
    kept
}

/// What a visitor must claim, or not claim, to be among a rule's subjects.
fn claimed(encoder: &mut Encoder<'_>, subjects: Diagram, called: &str) -> String {
    let asked: BTreeSet<Variable> = encoder.diagrams.asked(subjects);
    let mut groups = Vec::new();
    let mut any = Diagram::FALSE;
    for variable in asked {
        if let Some(Key::Claim(name)) = encoder.space.key(variable) {
            groups.push(print::name(name));
            let claims = encoder.diagrams.of_values(variable, |value| value == 1);
            any = encoder.diagrams.or(any, claims);
        }
    }
    let groups = groups.join(" or ");
    if subjects == any {
        format!("as a member of {groups}")
    } else if encoder.diagrams.not(any) == subjects {
        format!("not as a member of {groups}")
    } else {
        format!("as one of {called}")
    }
}
