//! All the answers: every visitor in every room for every choice that can make a difference, explained by the engine.

use std::collections::HashMap;
use std::hash::Hash;

use doorward::{Explanation, Failure, Known, Note, Policy, Request, Verdict};
use serde::Serialize;

use super::choices::{Choices, Moment};
use super::proof::Numbers;
use super::rooms::{Room, Varies};
use super::visitors::Visitor;

/// The answers that occur, each once, by number; what they are made of by number, too.
#[derive(Default, Serialize)]
pub(super) struct Answers {
    pub(super) texts: Vec<String>,
    /// Rules, each with what is to be said of it.
    pub(super) reasons: Vec<(usize, Vec<Text>)>,
    pub(super) answers: Vec<Answer>,
    /// How many requests were decided.
    pub(super) decided: usize,
}

/// An explanation. There are thousands of them, so names are short where they are written.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Answer {
    #[serde(rename = "s")]
    status: u16,
    /// What is sent over HTTP, if it is another status.
    #[serde(rename = "h", skip_serializing_if = "Option::is_none")]
    http: Option<u16>,
    /// Whether something that was not stated keeps a rule from being plainly true or false: 1 or 0.
    #[serde(rename = "o", skip_serializing_if = "is_zero")]
    open: u8,
    /// The rules that decided, each with what is unknown of it.
    #[serde(rename = "r", skip_serializing_if = "Vec::is_empty")]
    rules: Vec<Reason>,
    /// The rules that came near, each with what they missed by.
    #[serde(rename = "n", skip_serializing_if = "Vec::is_empty")]
    near: Vec<Reason>,
    #[serde(rename = "w", skip_serializing_if = "Option::is_none")]
    witness: Option<Text>,
    #[serde(rename = "c", skip_serializing_if = "Vec::is_empty")]
    challenges: Vec<Text>,
    #[serde(rename = "x", skip_serializing_if = "Vec::is_empty")]
    notes: Vec<Text>,
}

/// The number of a text.
type Text = u32;

/// The number of a reason.
type Reason = u32;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes what it asks about by reference")]
fn is_zero(value: &u8) -> bool {
    *value == 0
}

impl Answers {
    /// Asks the engine, and writes the numbers of its answers into the rooms.
    pub(super) fn of(
        policy: &Policy,
        numbers: &Numbers<'_>,
        choices: &Choices,
        rooms: &mut [Room],
        visitors: &[Visitor],
    ) -> Self {
        let mut table = Table::default();
        for room in rooms {
            room.cells = visitors
                .iter()
                .map(|visitor| {
                    let mut cells = Vec::new();
                    each(choices, room, visitor, |request| {
                        let answer = table.answer(numbers, &policy.explain(request));
                        cells.push(table.answers.number(answer));
                    });
                    cells
                })
                .collect();
        }
        let decided = table.decided;
        let Table { texts, reasons, answers, .. } = table;
        Self { texts: texts.entries, reasons: reasons.entries, answers: answers.entries, decided }
    }
}

/// How many requests [`each`] makes.
pub(super) fn count(choices: &Choices, room: &Room, visitor: &Visitor) -> usize {
    let of = |varies: bool, length: usize| if varies { length.max(1) } else { 1 };
    let varies = room.varies;
    choices.actions.len()
        * of(varies.origin, choices.origins.len())
        * of(varies.strength && visitor.known, choices.strengths.len())
        * of(varies.age && visitor.known, choices.ages.len())
        * times(choices, varies).len()
        * of(varies.facts, choices.facts.len())
}

/// Every request of a visitor to a room, the last choice varying fastest; the page counts in the same order.
fn each(choices: &Choices, room: &Room, visitor: &Visitor, mut ask: impl FnMut(&Request<'_>)) {
    let varies = room.varies;
    for action in &choices.actions {
        for origin in some(varies.origin, &choices.origins) {
            for strength in some(varies.strength && visitor.known, &choices.strengths) {
                for age in some(varies.age && visitor.known, &choices.ages) {
                    for time in times(choices, varies) {
                        for facts in some(varies.facts, &choices.facts) {
                            let subject = visitor.who.subject(|known| Known {
                                assurance: strength.value.clone().map(Into::into),
                                authenticated_at: time.value.and_then(|time| time.minus_seconds(age.value)),
                                ..known
                            });
                            let mut request = Request::new(subject, &*action.value, &*room.raw);
                            request.address = origin.value;
                            request.time = time.value;
                            if facts.value {
                                request.room_attributes.clone_from(&room.facts.room);
                                request.context.clone_from(&room.facts.context);
                            }
                            ask(&request);
                        }
                    }
                }
            }
        }
    }
}

/// All choices if they can make a difference, else the first.
fn some<T>(varies: bool, choices: &[T]) -> &[T] {
    if varies { choices } else { choices.get(..1).unwrap_or(choices) }
}

/// All times; the first and that which is unknown, if only ages matter; else the first.
fn times(choices: &Choices, varies: Varies) -> Vec<&Moment> {
    let times = &choices.times;
    match (times.as_slice(), varies) {
        (_, Varies { time: true, .. }) => times.iter().collect(),
        ([first, .., last], Varies { age: true, .. }) => vec![first, last],
        (times, _) => times.first().into_iter().collect(),
    }
}

/// Things by number, each once.
struct Numbered<T> {
    entries: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Numbered<T> {
    fn number(&mut self, entry: T) -> u32 {
        if let Some(number) = self.numbers.get(&entry) {
            return *number;
        }
        let number = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.entries.push(entry.clone());
        self.numbers.insert(entry, number);
        number
    }
}

#[derive(Default)]
struct Table {
    texts: Numbered<String>,
    reasons: Numbered<(usize, Vec<Text>)>,
    answers: Numbered<Answer>,
    decided: usize,
}

impl Table {
    fn answer(&mut self, numbers: &Numbers<'_>, explanation: &Explanation<'_>) -> Answer {
        self.decided += 1;
        let decision = &explanation.decision;
        let (deciding, near) = (&explanation.deciding, &explanation.near_misses);
        let doubts = deciding.iter().flat_map(|rule| &rule.unknown);
        let unknown = doubts.chain(near.iter().flat_map(|miss| &miss.failures)).any(|failure| failure.unknown);
        let unstated = explanation.notes.iter().any(|note| matches!(note, Note::Missing(_)));
        let refused = decision.verdict != Verdict::Allow;
        Answer {
            status: decision.status,
            http: (decision.http_status != decision.status).then_some(decision.http_status),
            open: u8::from(refused && unknown && unstated),
            rules: deciding
                .iter()
                .filter_map(|rule| self.reason(numbers, (&rule.rule, &rule.text), &rule.unknown))
                .collect(),
            near: near
                .iter()
                .filter_map(|miss| self.reason(numbers, (&miss.rule, &miss.text), &miss.failures))
                .collect(),
            witness: explanation.witness.as_ref().map(|witness| self.text(witness)),
            challenges: decision.challenges.iter().map(|challenge| self.text(challenge)).collect(),
            notes: explanation.notes.iter().map(|note| self.text(note)).collect(),
        }
    }

    fn reason(&mut self, numbers: &Numbers<'_>, rule: (&str, &str), failures: &[Failure]) -> Option<Reason> {
        let number = numbers.of(rule.0, rule.1)?;
        let told = failures.iter().map(|failure| self.text(failure)).collect();
        Some(self.reasons.number((number, told)))
    }

    fn text(&mut self, text: &impl ToString) -> Text {
        self.texts.number(text.to_string())
    }
}
