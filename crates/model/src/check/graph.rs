//! Cycles among things that hold one another.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};

/// An order in which everything comes after what it holds, and the cycles that stand in its way.
pub(super) struct Layers {
    /// Every node once. A node comes after all that its edges lead to, unless they are on one cycle.
    pub(super) order: Vec<usize>,
    /// One cycle of each knot of nodes that reach one another: its nodes, each with an edge to the next and the last
    /// with one to the first.
    pub(super) cycles: Vec<Vec<usize>>,
}

/// Orders the nodes `0..edges.len()`, in time proportional to nodes and edges and without recursion.
///
/// An edge to a node that is out of range is none.
pub(super) fn layers(edges: &[Vec<usize>]) -> Layers {
    let knots = knots(edges);
    let mut cycles = Vec::new();
    for knot in &knots {
        if let Some(cycle) = cycle(edges, knot) {
            cycles.push(cycle);
        }
    }
    Layers { order: knots.into_iter().flatten().collect(), cycles }
}

/// What Tarjan's algorithm knows of a node.
#[derive(Clone, Copy, Default)]
struct Node {
    /// When it was first met, from 1; 0 before.
    index: usize,
    /// The earliest node on the current path that it is known to reach.
    low: usize,
    /// Whether its knot is not complete yet.
    waiting: bool,
}

/// The strongly connected components, each after all that its edges lead to (Tarjan's algorithm).
fn knots(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut nodes = vec![Node::default(); edges.len()];
    let mut knots = Vec::new();
    let mut waiting: Vec<usize> = Vec::new();
    let mut met = 0;
    for root in 0..edges.len() {
        let mut path: Vec<(usize, usize)> = vec![(root, 0)];
        if nodes.get(root).is_none_or(|node| node.index != 0) {
            continue;
        }
        while let Some((at, next)) = path.last_mut() {
            let at = *at;
            if *next == 0 {
                met += 1;
                if let Some(node) = nodes.get_mut(at) {
                    *node = Node { index: met, low: met, waiting: true };
                }
                waiting.push(at);
            }
            let target = edges.get(at).and_then(|edges| edges.get(*next)).copied();
            *next += 1;
            if let Some(target) = target {
                match nodes.get(target).copied() {
                    Some(node) if node.index == 0 => path.push((target, 0)),
                    Some(node) if node.waiting => lower(&mut nodes, at, node.index),
                    _ => {}
                }
                continue;
            }
            path.pop();
            let Some(node) = nodes.get(at).copied() else { continue };
            if let Some((parent, _)) = path.last() {
                lower(&mut nodes, *parent, node.low);
            }
            if node.low == node.index {
                let mut knot = Vec::new();
                while let Some(member) = waiting.pop() {
                    if let Some(node) = nodes.get_mut(member) {
                        node.waiting = false;
                    }
                    knot.push(member);
                    if member == at {
                        break;
                    }
                }
                knots.push(knot);
            }
        }
    }
    knots
}

fn lower(nodes: &mut [Node], at: usize, to: usize) {
    if let Some(node) = nodes.get_mut(at) {
        node.low = node.low.min(to);
    }
}

/// A shortest cycle through the first declared node of a knot, if there is a cycle.
fn cycle(edges: &[Vec<usize>], knot: &[usize]) -> Option<Vec<usize>> {
    let start = knot.iter().copied().min()?;
    let own = |node: usize| edges.get(node).into_iter().flatten().copied();
    if knot.len() == 1 {
        return own(start).any(|target| target == start).then(|| vec![start]);
    }
    // From the start breadth first, within the knot, until an edge leads back.
    let members: HashSet<usize> = knot.iter().copied().collect();
    let mut came_from: HashMap<usize, usize> = HashMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for target in own(node).filter(|target| members.contains(target)) {
            if target == start {
                let mut cycle = vec![node];
                while let Some(before) = cycle.last().and_then(|last| came_from.get(last)) {
                    cycle.push(*before);
                }
                cycle.reverse();
                return Some(cycle);
            }
            if let Entry::Vacant(entry) = came_from.entry(target) {
                entry.insert(node);
                queue.push_back(target);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::layers;

    #[track_caller]
    fn check(edges: &[&[usize]], order: &[usize], cycles: &[&[usize]]) {
        let edges: Vec<Vec<usize>> = edges.iter().map(|targets| targets.to_vec()).collect();
        let layers = layers(&edges);
        assert_eq!(layers.order, order);
        assert_eq!(layers.cycles, cycles);
    }

    #[test]
    fn what_is_held_comes_first() {
        check(&[&[1, 2], &[2], &[]], &[2, 1, 0], &[]);
        check(&[&[], &[0], &[7]], &[0, 1, 2], &[]);
    }

    #[test]
    fn each_knot_gives_one_cycle() {
        check(&[&[0]], &[0], &[&[0]]);
        check(&[&[1], &[2], &[1, 0]], &[2, 1, 0], &[&[0, 1, 2]]);
        check(&[&[1], &[0], &[3], &[2, 0]], &[1, 0, 3, 2], &[&[0, 1], &[2, 3]]);
    }

    #[test]
    fn long_chains_need_no_stack() {
        let mut edges: Vec<Vec<usize>> = (1..200_000).map(|next| vec![next]).collect();
        edges.push(vec![0]);
        assert_eq!(layers(&edges).cycles[0].len(), 200_000);
    }
}
