//! Decision diagrams over variables with finitely many values each.
//!
//! Comes in: how many values each variable has. Goes out: diagrams, each a function from one value for each variable to a
//! small number, kept so that equal functions are the same diagram. What the variables stand for is not known here. Work is
//! counted in steps; beyond the budget every operation gives [`Diagram::FALSE`] at once, and [`Diagrams::is_spent`] tells.

mod cheapest;

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashTable};

/// A function of the variables, in the [`Diagrams`] that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Diagram(u32);

/// Leaves have numbers below this one.
const LEAVES: u32 = 64;

impl Diagram {
    pub(crate) const FALSE: Self = Self(0);
    pub(crate) const TRUE: Self = Self(1);

    /// The function that is `code`, below 64, whatever the variables are.
    pub(crate) const fn leaf(code: u8) -> Self {
        Self(code as u32 % LEAVES)
    }

    pub(crate) const fn of(truth: bool) -> Self {
        if truth { Self::TRUE } else { Self::FALSE }
    }

    /// The value, if it is the same whatever the variables are.
    pub(crate) fn code(self) -> Option<u8> {
        u8::try_from(self.0).ok().filter(|code| u32::from(*code) < LEAVES)
    }
}

/// The number of a variable, from 0. Diagrams ask lower numbers first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Variable(pub(crate) u32);

/// What two diagrams can be joined by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Join {
    /// Both are true.
    And,
    /// The left code unless it is 0, else the right one. Of truth values: one of them is true.
    First,
    /// The left one is true and the right one is not.
    Minus,
    /// Eight times the left code and the right one, both below 8.
    Pair,
}

impl Join {
    /// The result, where it is known without looking further.
    fn at_once(self, left: Diagram, right: Diagram) -> Option<Diagram> {
        use Diagram as D;
        match self {
            Self::And if left == D::FALSE || right == D::FALSE => Some(D::FALSE),
            Self::And if left == D::TRUE || left == right => Some(right),
            Self::And if right == D::TRUE => Some(left),
            Self::First if left == D::FALSE || left == right => Some(right),
            Self::First if right == D::FALSE || left.code().is_some() => Some(left),
            Self::Minus if left == D::FALSE || right == D::TRUE || left == right => Some(D::FALSE),
            Self::Minus if right == D::FALSE => Some(left),
            Self::Pair => Some(D::leaf(left.code()?.checked_mul(8)?.checked_add(right.code()?)?)),
            // Only of truth values is nothing known yet.
            Self::And | Self::First | Self::Minus => match (left.code(), right.code()) {
                (Some(left), Some(right)) => Some(D::of(left != 0 && (right != 0) == (self == Self::And))),
                _ => None,
            },
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Node {
    variable: Variable,
    start: u32,
}

/// Diagrams over the same variables.
#[derive(Debug)]
pub(crate) struct Diagrams {
    // By variable: how many values it has.
    widths: Vec<u32>,
    // INVARIANT: the children of a node are `children[start..start + width]`, not all the same, and ask later variables.
    nodes: Vec<Node>,
    children: Vec<Diagram>,
    unique: HashTable<u32>,
    joined: HashMap<(Join, Diagram, Diagram), Diagram, foldhash::fast::RandomState>,
    hasher: foldhash::fast::FixedState,
    steps: u64,
    budget: u64,
}

impl Diagrams {
    /// Over variables with so many values each, at most so many steps of work.
    pub(crate) fn new(widths: Vec<u32>, budget: u64) -> Self {
        Self {
            widths,
            nodes: Vec::new(),
            children: Vec::new(),
            unique: HashTable::new(),
            joined: HashMap::default(),
            hasher: foldhash::fast::FixedState::default(),
            steps: 0,
            budget,
        }
    }

    /// How much work was done.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    /// Counts work that is done elsewhere; false if there is more to do than the budget allows.
    pub(crate) fn spend(&mut self, steps: u64) -> bool {
        self.steps = self.steps.saturating_add(steps);
        !self.is_spent()
    }

    /// Whether there was more to do than the budget allows, so that diagrams may be wrong.
    pub(crate) fn is_spent(&self) -> bool {
        self.steps > self.budget
    }

    pub(crate) fn width(&self, variable: Variable) -> u32 {
        self.widths.get(variable.0 as usize).copied().unwrap_or(1)
    }

    /// The function that asks a variable first; `children` are by its values.
    pub(crate) fn node(&mut self, variable: Variable, children: &[Diagram]) -> Diagram {
        use std::hash::BuildHasher as _;
        let Some((first, rest)) = children.split_first() else { return Diagram::FALSE };
        if rest.iter().all(|child| child == first) {
            return *first;
        }
        self.steps = self.steps.saturating_add(children.len() as u64);
        if self.is_spent() {
            return Diagram::FALSE;
        }
        let hash = self.hasher.hash_one((variable, children));
        let Self { nodes, children: all, unique, hasher, widths, .. } = self;
        let of = |index: u32| -> (Variable, &[Diagram]) {
            let Some(node) = nodes.get(index as usize) else { return (variable, &[]) };
            let width = widths.get(node.variable.0 as usize).copied().unwrap_or(1);
            (node.variable, all.get(node.start as usize..(node.start + width) as usize).unwrap_or_default())
        };
        if let Some(&known) = unique.find(hash, |index| of(*index) == (variable, children)) {
            return Diagram(known + LEAVES);
        }
        let index = number(nodes.len());
        unique.insert_unique(hash, index, |index| hasher.hash_one(of(*index)));
        nodes.push(Node { variable, start: number(all.len()) });
        all.extend_from_slice(children);
        Diagram(index + LEAVES)
    }

    /// The function that is true for the values of one variable that `holds` is.
    pub(crate) fn of_values(&mut self, variable: Variable, holds: impl Fn(usize) -> bool) -> Diagram {
        let children: Vec<Diagram> =
            (0..self.width(variable) as usize).map(|value| Diagram::of(holds(value))).collect();
        self.node(variable, &children)
    }

    /// The variable that is asked first, and what follows each of its values; `None` for a leaf.
    pub(crate) fn split(&self, diagram: Diagram) -> Option<(Variable, &[Diagram])> {
        let node = self.nodes.get(diagram.0.checked_sub(LEAVES)? as usize)?;
        let end = node.start + self.width(node.variable);
        Some((node.variable, self.children.get(node.start as usize..end as usize)?))
    }

    /// What follows a value of a variable that no earlier one is asked before.
    pub(crate) fn child(&self, diagram: Diagram, variable: Variable, value: usize) -> Diagram {
        match self.split(diagram) {
            Some((asked, children)) if asked == variable => children.get(value).copied().unwrap_or(diagram),
            _ => diagram,
        }
    }

    pub(crate) fn and(&mut self, left: Diagram, right: Diagram) -> Diagram {
        self.join(Join::And, left, right)
    }

    pub(crate) fn or(&mut self, left: Diagram, right: Diagram) -> Diagram {
        self.join(Join::First, left, right)
    }

    /// Where the left one is true and the right one is not.
    pub(crate) fn minus(&mut self, left: Diagram, right: Diagram) -> Diagram {
        self.join(Join::Minus, left, right)
    }

    pub(crate) fn not(&mut self, diagram: Diagram) -> Diagram {
        self.minus(Diagram::TRUE, diagram)
    }

    /// Where one of them is true.
    pub(crate) fn any(&mut self, diagrams: impl IntoIterator<Item = Diagram>) -> Diagram {
        let mut all: Vec<Diagram> = diagrams.into_iter().collect();
        all.sort_unstable();
        all.dedup();
        // By halves, so that what is joined stays small for as long as it can.
        while all.len() > 1 {
            all = all
                .chunks(2)
                .map(|pair| match pair {
                    [left, right] => self.or(*left, *right),
                    [one, ..] => *one,
                    [] => Diagram::FALSE,
                })
                .collect();
        }
        all.first().copied().unwrap_or(Diagram::FALSE)
    }

    pub(crate) fn join(&mut self, join: Join, left: Diagram, right: Diagram) -> Diagram {
        if let Some(result) = join.at_once(left, right) {
            return result;
        }
        let key = match join {
            Join::And if right < left => (join, right, left),
            _ => (join, left, right),
        };
        if let Some(&known) = self.joined.get(&key) {
            return known;
        }
        self.steps = self.steps.saturating_add(1);
        if self.is_spent() {
            return Diagram::FALSE;
        }
        let tops = [left, right].into_iter().filter_map(|diagram| self.split(diagram).map(|(variable, _)| variable));
        let Some(variable) = tops.min() else { return Diagram::FALSE };
        let width = self.width(variable) as usize;
        let mut children = Vec::with_capacity(width);
        for value in 0..width {
            let (left, right) = (self.child(left, variable, value), self.child(right, variable, value));
            children.push(self.join(join, left, right));
        }
        let result = self.node(variable, &children);
        self.joined.insert(key, result);
        result
    }

    /// The function with other codes for its own; a code beyond the table becomes 0.
    pub(crate) fn recode(&mut self, diagram: Diagram, codes: &[u8]) -> Diagram {
        let leaf = |code: u8| Diagram::leaf(codes.get(usize::from(code)).copied().unwrap_or(0));
        self.rebuild(diagram, &mut HashMap::default(), &leaf, &|_, _| Step::Keep)
    }

    /// The function where variables are what `fixed` says: the index of a value.
    pub(crate) fn fix(&mut self, diagram: Diagram, fixed: impl Fn(Variable) -> Option<usize>) -> Diagram {
        let step = |_: &Self, variable| fixed(variable).map_or(Step::Keep, Step::Take);
        self.rebuild(diagram, &mut HashMap::default(), &Diagram::leaf, &step)
    }

    /// Whether there are values for some variables for which it is true; `among` are the values of a variable that may be
    /// chosen, `None` for one that stays.
    pub(crate) fn exists<'v>(&mut self, diagram: Diagram, among: impl Fn(Variable) -> Option<&'v [usize]>) -> Diagram {
        let step = |_: &Self, variable| among(variable).map_or(Step::Keep, |values| Step::Choose(values.to_vec()));
        self.rebuild(diagram, &mut HashMap::default(), &Diagram::leaf, &step)
    }

    fn rebuild(
        &mut self,
        diagram: Diagram,
        known: &mut HashMap<Diagram, Diagram, foldhash::fast::RandomState>,
        leaf: &dyn Fn(u8) -> Diagram,
        step: &dyn Fn(&Self, Variable) -> Step,
    ) -> Diagram {
        if let Some(code) = diagram.code() {
            return leaf(code);
        }
        if let Some(&known) = known.get(&diagram) {
            return known;
        }
        self.steps = self.steps.saturating_add(1);
        let Some((variable, children)) = self.split(diagram).filter(|_| !self.is_spent()) else {
            return Diagram::FALSE;
        };
        let children = children.to_vec();
        let result = match step(self, variable) {
            Step::Keep => {
                let children: Vec<Diagram> =
                    children.into_iter().map(|child| self.rebuild(child, known, leaf, step)).collect();
                self.node(variable, &children)
            }
            Step::Take(value) => {
                let child = children.get(value).or(children.first()).copied().unwrap_or(Diagram::FALSE);
                self.rebuild(child, known, leaf, step)
            }
            Step::Choose(values) => {
                let mut chosen: Vec<Diagram> =
                    values.into_iter().filter_map(|value| children.get(value)).copied().collect();
                chosen.sort_unstable();
                chosen.dedup();
                let rebuilt: Vec<Diagram> =
                    chosen.into_iter().map(|child| self.rebuild(child, known, leaf, step)).collect();
                self.any(rebuilt)
            }
        };
        known.insert(diagram, result);
        result
    }

    /// The variables that it depends on.
    pub(crate) fn asked(&self, diagram: Diagram) -> BTreeSet<Variable> {
        let mut seen = HashMap::<Diagram, (), foldhash::fast::RandomState>::default();
        let (mut asked, mut open) = (BTreeSet::new(), vec![diagram]);
        while let Some(diagram) = open.pop() {
            if let Some((variable, children)) = self.split(diagram)
                && seen.insert(diagram, ()).is_none()
            {
                asked.insert(variable);
                open.extend(children);
            }
        }
        asked
    }

    /// Every code that it has, as a set of bits.
    pub(crate) fn codes(&self, diagram: Diagram) -> u64 {
        let mut seen = HashMap::<Diagram, (), foldhash::fast::RandomState>::default();
        let (mut codes, mut open) = (0u64, vec![diagram]);
        while let Some(diagram) = open.pop() {
            match (diagram.code(), self.split(diagram)) {
                (Some(code), _) => codes |= 1 << code,
                (None, Some((_, children))) if seen.insert(diagram, ()).is_none() => open.extend(children),
                _ => {}
            }
        }
        codes
    }
}

/// What becomes of a variable when a diagram is rebuilt.
enum Step {
    Choose(Vec<usize>),
    Keep,
    Take(usize),
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX - LEAVES)
}

#[cfg(test)]
mod tests {
    use super::{Diagram, Diagrams, Join, Variable};

    const A: Variable = Variable(0);
    const B: Variable = Variable(1);

    fn diagrams() -> Diagrams {
        Diagrams::new(vec![3, 2], 10_000)
    }

    #[test]
    fn equal_functions_are_the_same_diagram() {
        let mut diagrams = diagrams();
        let a = diagrams.of_values(A, |value| value == 1);
        let b = diagrams.of_values(B, |value| value == 0);
        let (left, right) = (diagrams.and(a, b), diagrams.and(b, a));
        assert_eq!(left, right);
        let (not_a, not_b) = (diagrams.not(a), diagrams.not(b));
        let either = diagrams.or(not_a, not_b);
        assert_eq!(diagrams.not(left), either);
        assert_eq!(diagrams.minus(a, not_b), left);
        assert_eq!(diagrams.or(a, not_a), Diagram::TRUE);
        assert_eq!(diagrams.any([a, b, not_a]), Diagram::TRUE);
    }

    #[test]
    fn variables_can_be_chosen_and_fixed() {
        let mut diagrams = diagrams();
        let a = diagrams.of_values(A, |value| value == 1);
        let b = diagrams.of_values(B, |value| value == 0);
        let both = diagrams.and(a, b);
        assert_eq!(diagrams.exists(both, |variable| (variable == A).then_some(&[0, 1][..])), b);
        assert_eq!(diagrams.exists(both, |variable| (variable == A).then_some(&[0, 2][..])), Diagram::FALSE);
        assert_eq!(diagrams.fix(both, |variable| (variable == B).then_some(0)), a);
    }

    #[test]
    fn codes_pair_and_the_first_that_is_not_0_counts() {
        let mut diagrams = diagrams();
        let a = diagrams.of_values(A, |value| value == 1);
        let two = diagrams.recode(a, &[0, 2]);
        let all = diagrams.join(Join::First, two, Diagram::leaf(3));
        let pairs = diagrams.join(Join::Pair, all, two);
        assert_eq!(diagrams.codes(pairs), 1 << (2 * 8 + 2) | 1 << (3 * 8));
        let dear = |_: Variable, value: usize| value as u64;
        assert_eq!(diagrams.cheapest(pairs, &dear, &|code| code == 24), Some((0, vec![(A, 0)])));
        assert_eq!(diagrams.cheapest(pairs, &dear, &|code| code == 18), Some((1, vec![(A, 1)])));
        assert_eq!(diagrams.cheapest(pairs, &dear, &|code| code == 7), None);
    }

    #[test]
    fn work_beyond_the_budget_is_not_done() {
        let mut diagrams = Diagrams::new(vec![2; 40], 100);
        let parity = (0..40).fold(Diagram::FALSE, |parity, number| {
            let bit = diagrams.of_values(Variable(number), |value| value == 1);
            let (with, without) = (diagrams.minus(parity, bit), diagrams.minus(bit, parity));
            diagrams.or(with, without)
        });
        assert!(diagrams.is_spent());
        assert_eq!(parity, Diagram::FALSE);
    }
}
