//! Every cell of a site, cells that nothing tells apart once.

use doorward_model::rule::RoomBinding;
use hashbrown::{HashMap, HashSet};

use crate::encode::Encoder;
use crate::error::TooComplex;
use crate::limits;
use crate::paths::Place;
use crate::site::{Cell, Concealment, Entries, Site};
use crate::space::{Space, Uses};

/// Cells with the same parts, and where they are.
pub(crate) struct Group {
    /// One of them, the first.
    pub(crate) cell: Cell,
    /// All of them, as places and kinds of actions.
    pub(crate) at: Vec<(usize, usize)>,
}

/// All there is to ask about.
pub(crate) struct Survey<'s> {
    pub(crate) site: &'s Site<'s>,
    pub(crate) places: Vec<Place>,
    pub(crate) groups: Vec<Group>,
    /// Whether members of lists are told apart from each other.
    pub(crate) apart: bool,
}

impl<'s> Survey<'s> {
    /// # Errors
    /// If there are too many places, or rules that meet there.
    pub(crate) fn new(site: &'s Site<'s>) -> Result<Self, TooComplex> {
        let mut places = site.places()?;
        places.push(Place::ambiguous());
        let mut groups: Vec<Group> = Vec::new();
        let mut known: HashMap<Signature, usize, foldhash::fast::RandomState> = HashMap::default();
        let mut lists: HashSet<Entries, foldhash::fast::RandomState> = HashSet::default();
        let mut kept = places.len().saturating_mul(site.kinds.len());
        for (number, place) in places.iter().enumerate() {
            for kind in 0..site.kinds.len() {
                let mut cell = site.cell(number, place, kind);
                for entries in &mut cell.entries {
                    let list = lists.get_or_insert_with(&*entries, |entries| {
                        kept = kept.saturating_add(entries.len());
                        entries.clone()
                    });
                    entries.clone_from(list);
                }
                if kept > limits::CELLS {
                    return Err(TooComplex::new("the rules that meet in each room"));
                }
                let signature = Signature {
                    place: reads_path(site, &cell).then_some(number),
                    entries: cell.entries.clone(),
                    conceals: cell.conceals.clone(),
                };
                match known.get(&signature).and_then(|index| groups.get_mut(*index)) {
                    Some(group) => group.at.push((number, kind)),
                    None => {
                        known.insert(signature, groups.len());
                        groups.push(Group { cell, at: vec![(number, kind)] });
                    }
                }
            }
        }
        Ok(Self { site, places, groups, apart: false })
    }

    /// Looks at each group of cells that `counts`, with all that varies there.
    ///
    /// # Errors
    /// If one of them, or all together, take more than the budget.
    pub(crate) fn each(
        &self,
        counts: impl Fn(&Group) -> bool,
        mut look: impl FnMut(&mut Encoder<'_>, &Group, &Place) -> Result<(), TooComplex>,
    ) -> Result<(), TooComplex> {
        let mut steps = 0u64;
        for group in self.groups.iter().filter(|group| counts(group)) {
            let Some(place) = self.places.get(group.cell.place) else { continue };
            let mut uses = Uses::of(self.site, place, &group.cell);
            uses.apart = self.apart;
            let space = Space::new(self.site, place, &uses, None)?;
            let mut encoder = Encoder::new(self.site, &space, limits::CELL_STEPS);
            look(&mut encoder, group, place)?;
            encoder.within_budget(&group.cell)?;
            steps = steps.saturating_add(encoder.diagrams.steps());
            if steps > limits::STEPS {
                return Err(TooComplex::new("the rooms and actions of the question"));
            }
        }
        Ok(())
    }

    /// The name of the action that stands for a group of cells.
    pub(crate) fn action(&self, group: &Group) -> &str {
        self.site.kinds.get(group.cell.kind).map_or("", |kind| kind.name.as_str())
    }
}

#[derive(PartialEq, Eq, Hash)]
struct Signature {
    // Where parts read a segment of the path, places are told apart by what it may be.
    place: Option<usize>,
    entries: Vec<Entries>,
    conceals: Vec<Concealment>,
}

fn reads_path(site: &Site<'_>, cell: &Cell) -> bool {
    cell.entries.iter().enumerate().any(|(policy, entries)| {
        entries.iter().any(|entry| {
            let target = site.part(policy, entry.part).and_then(|part| part.targets.get(entry.target));
            target.is_some_and(|target| {
                target.bindings.iter().any(|binding| matches!(binding, RoomBinding::Parameter(_)))
            })
        })
    })
}
