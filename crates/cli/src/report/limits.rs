//! Bounds: a page of any policy is made in a bounded time and has a bounded size.

use super::cells::count;
use super::choices::Choices;
use super::rooms::Room;
use super::visitors::Visitor;

/// At most how many requests are decided for one page.
const DECISIONS: usize = 200_000;

/// Leaves out choices, those first that tell least, until all that is left can be decided.
pub(super) fn reduce(choices: &mut Choices, rooms: &mut Vec<Room>, visitors: &[Visitor], limits: &mut Vec<String>) {
    let total = |choices: &Choices, rooms: &[Room]| -> usize {
        rooms.iter().flat_map(|room| visitors.iter().map(|visitor| count(choices, room, visitor))).sum()
    };
    let all = total(choices, rooms);
    if all <= DECISIONS {
        return;
    }
    let lengths = |choices: &Choices| {
        let Choices { times, origins, strengths, ages, actions, .. } = choices;
        [times.len(), origins.len(), strengths.len(), ages.len(), actions.len()]
    };
    let kept = (rooms.len(), lengths(choices));
    for least in [6, 4, 3, 2, 1] {
        let steps: [fn(&mut Choices, usize); 5] = [
            |choices, least| choices.times.truncate(least),
            |choices, least| choices.ages.truncate(least),
            |choices, least| choices.strengths.truncate(least),
            |choices, least| choices.origins.truncate(least),
            |choices, least| choices.actions.truncate(least),
        ];
        for step in steps {
            if total(choices, rooms) > DECISIONS {
                step(choices, least);
            }
        }
    }
    while total(choices, rooms) > DECISIONS && rooms.len() > 1 {
        rooms.pop();
    }
    let left = (rooms.len(), lengths(choices));
    let lists = ["times", "origins", "assurance levels", "ages of an authentication", "kinds of actions"];
    let fewer = lists.iter().zip(kept.1.iter().zip(&left.1)).filter(|(_, (kept, left))| left < kept);
    let mut told: Vec<String> = fewer.map(|(name, (kept, left))| format!("{left} of {kept} {name}")).collect();
    if left.0 < kept.0 {
        told.push(format!("{} of {} rooms and patterns", left.0, kept.0));
    }
    limits.push(format!(
        "All choices together would be {all} requests, more than {DECISIONS}: the page has {}.",
        told.join(", ")
    ));
}
