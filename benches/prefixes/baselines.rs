//! What look-ups are measured against: textbook structures, as plain as their authors describe them.

use doorward_model::address::IntervalMap;

/// A number for every IPv4 address in one look, or two: an entry for each /24, and 256 more where that is too coarse.
pub(crate) struct Dir24 {
    routes: Vec<u32>,
    longer: Vec<u32>,
}

impl Dir24 {
    pub(crate) fn new(intervals: &[(u32, u32)]) -> Self {
        let (mut routes, mut longer) = (Vec::with_capacity(1 << 24), Vec::new());
        let (mut rest, mut value) = (intervals, 0);
        for block in 0..1 << 24 {
            let (here, after) = rest.split_at(rest.iter().take_while(|(start, _)| start >> 8 <= block).count());
            rest = after;
            match here {
                [] => routes.push(value),
                [(start, only)] if start % 256 == 0 => {
                    value = *only;
                    routes.push(value);
                }
                _ => {
                    routes.push((1 << 31) | (longer.len() as u32 / 256));
                    for address in block << 8..=(block << 8 | 255) {
                        value = here.iter().find(|(start, _)| *start == address).map_or(value, |(_, value)| *value);
                        longer.push(value);
                    }
                }
            }
        }
        Self { routes, longer }
    }

    #[inline]
    pub(crate) fn get(&self, address: u32) -> u32 {
        let entry = self.routes[(address >> 8) as usize];
        if entry >> 31 == 0 { entry } else { self.longer[(entry << 8 | address & 255) as usize] }
    }

    pub(crate) fn bytes(&self) -> usize {
        4 * (self.routes.len() + self.longer.len())
    }
}

/// Binary search among the interval starts that have the same upper 16 bits.
pub(crate) struct Indexed<T> {
    index: Vec<u32>,
    starts: Vec<T>,
    values: Vec<u32>,
    upper: fn(T) -> usize,
}

impl<T: Copy + Ord + Default> Indexed<T> {
    pub(crate) fn new(intervals: &[(T, u32)], upper: fn(T) -> usize) -> Self {
        let zero = Some((T::default(), 0)).filter(|_| intervals.first().is_none_or(|(start, _)| *start > T::default()));
        let (starts, values): (Vec<T>, Vec<u32>) = zero.into_iter().chain(intervals.iter().copied()).unzip();
        let index = (0..=1 << 16).map(|block| starts.partition_point(|start| upper(*start) < block) as u32).collect();
        Self { index, starts, values, upper }
    }

    #[inline]
    pub(crate) fn get(&self, address: T) -> u32 {
        let block = (self.upper)(address);
        let (from, to) = (self.index[block] as usize, self.index[block + 1] as usize);
        self.values[from + self.starts[from..to].partition_point(|start| *start <= address) - 1]
    }

    pub(crate) fn bytes(&self) -> usize {
        4 * self.index.len() + (size_of::<T>() + 4) * self.starts.len()
    }
}

/// The other design that was tried: an index of the upper 20 bits, then a search among the low 12 of each step.
///
/// A run's length, steps and numbers lie beside each other, so that most are in one line of the cache.
pub(crate) struct Dxr {
    /// The number of a block, or, with the top bit set, where its run begins.
    index: Vec<u32>,
    /// Of each run how many numbers it has, the low bits of all steps but the first, and two halves of each number.
    runs: Vec<u16>,
}

impl Dxr {
    pub(crate) fn new(intervals: &[(u32, u32)]) -> Self {
        let (mut index, mut runs) = (Vec::with_capacity(1 << 20), Vec::new());
        let (mut rest, mut value) = (intervals, 0);
        for block in 0..1 << 20 {
            let (here, after) = rest.split_at(rest.iter().take_while(|(start, _)| start >> 12 <= block).count());
            rest = after;
            let before =
                Some((block << 12, value)).filter(|(first, _)| here.first().is_none_or(|(start, _)| start > first));
            let run: Vec<(u32, u32)> = before.into_iter().chain(here.iter().copied()).collect();
            value = run[run.len() - 1].1;
            if run.len() == 1 {
                index.push(value);
                continue;
            }
            index.push((1 << 31) | runs.len() as u32);
            runs.push(run.len() as u16);
            runs.extend(run[1..].iter().map(|(start, _)| (start % 4096) as u16));
            runs.extend(run.iter().flat_map(|(_, value)| [*value as u16, (value >> 16) as u16]));
        }
        Self { index, runs }
    }

    #[inline]
    pub(crate) fn get(&self, address: u32) -> u32 {
        let entry = self.index[(address >> 12) as usize];
        if entry >> 31 == 0 {
            return entry;
        }
        let run = &self.runs[(entry & !(1 << 31)) as usize..];
        let count = run[0] as usize;
        let passed = run[1..count].partition_point(|low| u32::from(*low) <= address % 4096);
        let halves = &run[count + 2 * passed..];
        u32::from(halves[0]) | u32::from(halves[1]) << 16
    }

    pub(crate) fn bytes(&self) -> usize {
        4 * self.index.len() + 2 * self.runs.len()
    }
}

/// The intervals of a table of prefixes, each its own value: what longest prefix match says.
///
/// Prefixes are ranges here, sorted, the wider first; values count from 1.
pub(crate) fn intervals<T: Copy + Ord>(ranges: &[(T, T)], after: fn(T) -> Option<T>) -> Vec<(T, u32)> {
    fn put<T: Copy + Eq>(intervals: &mut Vec<(T, u32)>, start: T, value: u32) {
        intervals.pop_if(|(last, _)| *last == start);
        intervals.push((start, value));
    }
    let (mut intervals, mut open) = (Vec::new(), Vec::<(T, u32)>::new());
    for ((first, last), value) in ranges.iter().zip(1..) {
        while let Some((end, _)) = open.pop_if(|(end, _)| *end < *first) {
            let start = after(end).expect("another range follows");
            put(&mut intervals, start, open.last().map_or(0, |(_, value)| *value));
        }
        put(&mut intervals, *first, value);
        open.push((*last, value));
    }
    while let Some((end, _)) = open.pop() {
        if let Some(start) = after(end) {
            put(&mut intervals, start, open.last().map_or(0, |(_, value)| *value));
        }
    }
    intervals
}

/// Prints what a structure takes.
pub(crate) fn report(name: &str, bytes: usize, prefixes: usize) {
    println!("{name}: {bytes} bytes, {:.2} a prefix", bytes as f64 / prefixes as f64);
}

pub(crate) fn map(v4: &[(u32, u32)], v6: &[(u128, u32)]) -> IntervalMap {
    IntervalMap::new(v4, v6).expect("intervals are sorted")
}
