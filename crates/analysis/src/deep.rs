//! What is useless in a policy, whatever the request: each finding with what proves it and with the mend.

mod conditions; // always true, always false

mod lists; // what there is to leave out of a rule

mod items; // items of lists that change nothing

mod people; // groups and identities

mod rules; // rules that change nothing

use std::collections::BTreeSet;

use doorward_model::Policy;
use doorward_syntax::Diagnostic;

use self::conditions::Conditions;
use self::items::Items;
use self::lists::lists;
use self::people::People;
use self::rules::Rules;
use crate::diagram::Diagram;
use crate::encode::Encoder;
use crate::error::TooComplex;
use crate::paths::Place;
use crate::site::{Part, Site};
use crate::survey::{Group, Survey};
use crate::verdict::Rulings;

/// One cell, with what the rules say there.
struct Look<'l, 's> {
    survey: &'l Survey<'s>,
    group: &'l Group,
    place: &'l Place,
    rulings: &'l Rulings,
    permits: Diagram,
}

/// Finds what could be left out of a policy without any request being answered otherwise, and what is open to nobody.
///
/// Exact, in what [the crate](crate) means by it: what is found changes the status of no request, and nothing of these kinds
/// is missed. The findings are warnings in the order of the text, each with the places that prove it and advice how to mend it. Of several rules that
/// each do what another one does, all are told; the advice holds for one of them at a time.
///
/// # Errors
/// If that takes more work than [`limits`](crate::limits) allow.
///
/// # Example
/// ```
/// let parsed = doorward_syntax::parse("
///     identity alice, bob
///     group staff = alice, bob
///     allow staff to read /wiki/**
///     allow alice to read /wiki/home
/// ");
/// let policy = doorward_model::check(&parsed.policy, parsed.sources).policy.ok_or("a mistake")?;
/// let found = doorward_analysis::deep(&policy)?;
/// assert_eq!(found[0].code, "idle-rule");
/// assert_eq!(found[0].message, "without this rule every request gets the same answer");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn deep(policy: &Policy) -> Result<Vec<Diagnostic>, TooComplex> {
    let lists = lists(policy);
    let lacking: Vec<(usize, Part<'_>)> = lists.iter().filter_map(|item| Some((0, item.part(policy)?))).collect();
    let site = Site::new(&[policy], &lacking);
    let survey = Survey { apart: true, ..Survey::new(&site)? };
    let mut rules = Rules::new(policy);
    let mut items = Items::new(policy, &site, &lists);
    let mut conditions = Conditions::new(policy);
    let mut people = People::new(policy);
    survey.each(
        |group| group.cell.entries.iter().any(|entries| !entries.is_empty()),
        |encoder, group, place| {
            let rulings = encoder.rulings(place, &group.cell, 0)?;
            let permits = rulings.permits(encoder, |_| true);
            let look = Look { survey: &survey, group, place, rulings: &rulings, permits };
            rules.look(encoder, &look);
            items.look(encoder, &look);
            conditions.look(encoder, &look);
            people.look(encoder, &look);
            Ok(())
        },
    )?;
    let idle = rules.idle();
    let mut found = rules.findings(policy);
    found.extend(items.findings(policy, &idle));
    found.extend(conditions.findings(policy));
    found.extend(people.findings(&site));
    found.sort_by_key(|finding| (finding.span.file, finding.span.start));
    Ok(found)
}

impl Look<'_, '_> {
    /// The rules that have something to say here, by index.
    fn rules(&self) -> BTreeSet<usize> {
        let entries = self.rulings.allows.iter().chain(&self.rulings.denies);
        entries.filter(|(_, applies)| *applies != Diagram::FALSE).map(|(entry, _)| entry.part).collect()
    }

    /// Where one of a rule's entries applies.
    fn applies(&self, encoder: &mut Encoder<'_>, rule: usize) -> Diagram {
        let entries = self.rulings.allows.iter().chain(&self.rulings.denies);
        let all: Vec<Diagram> = entries.filter(|(entry, _)| entry.part == rule).map(|(_, diagram)| *diagram).collect();
        encoder.diagrams.any(all)
    }
}

#[cfg(test)]
mod tests;
