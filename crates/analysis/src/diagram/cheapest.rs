//! The cheapest way through a diagram.

use hashbrown::HashMap;

use super::{Diagram, Diagrams, Variable};

impl Diagrams {
    /// The cheapest choice of values that leads to a leaf that is `wanted`, and what it costs; variables that are not
    /// listed do not matter. `None` if there is none.
    pub(crate) fn cheapest(
        &self,
        diagram: Diagram,
        cost: &dyn Fn(Variable, usize) -> u64,
        wanted: &dyn Fn(u8) -> bool,
    ) -> Option<(u64, Vec<(Variable, usize)>)> {
        let mut known = HashMap::default();
        let total = self.price(diagram, cost, wanted, &mut known)?;
        let mut chosen = Vec::new();
        let mut at = diagram;
        while let Some((variable, children)) = self.split(at) {
            let value = known.get(&at).copied().flatten().map(|(_, value)| value)?;
            chosen.push((variable, value));
            at = children.get(value).copied()?;
        }
        Some((total, chosen))
    }

    fn price(
        &self,
        diagram: Diagram,
        cost: &dyn Fn(Variable, usize) -> u64,
        wanted: &dyn Fn(u8) -> bool,
        known: &mut HashMap<Diagram, Option<(u64, usize)>, foldhash::fast::RandomState>,
    ) -> Option<u64> {
        let Some((variable, children)) = self.split(diagram) else {
            return diagram.code().filter(|code| wanted(*code)).map(|_| 0);
        };
        if let Some(known) = known.get(&diagram) {
            return known.map(|(price, _)| price);
        }
        let mut best: Option<(u64, usize)> = None;
        for (value, child) in children.iter().enumerate() {
            let Some(price) = self.price(*child, cost, wanted, known) else { continue };
            let price = price.saturating_add(cost(variable, value));
            if best.is_none_or(|(least, _)| price < least) {
                best = Some((price, value));
            }
        }
        known.insert(diagram, best);
        best.map(|(price, _)| price)
    }
}
