//! Where segments lead: the table that walking a path looks into, once a segment.

use std::hash::{BuildHasher, RandomState};

/// From one state by a segment to another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge<'a> {
    pub(crate) from: u32,
    pub(crate) segment: &'a str,
    pub(crate) to: u32,
}

/// All edges, found by state and segment.
#[derive(Debug)]
pub(crate) struct Edges {
    // Where the hash says, or else at the next place that was free. Never more than half of the places are taken, so that
    // a free one is soon met.
    places: Box<[Place]>,
    // The texts of long segments, one after another.
    texts: Box<[u8]>,
    // Drawn by lot, so that nobody can write a policy whose edges are all in one place.
    seed: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    key: Key,
    to: u32,
    // Where the text of a long segment begins.
    start: u32,
}

// Two of them share a cache line.
const _: () = assert!(size_of::<Place>() == 32);

/// A state and a segment, this in two words and a length: all of it if it is short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Key {
    head: u64,
    tail: u64,
    // 0 for a free place, since no segment is empty.
    length: u32,
    from: u32,
}

/// Longer segments are not in their keys.
const SHORT: u32 = 16;

impl Key {
    #[inline]
    fn new(from: u32, segment: &[u8]) -> Self {
        let length = u32::try_from(segment.len()).unwrap_or(u32::MAX);
        // The first and the last bytes overlap, or meet, unless the segment is long.
        let (head, tail) = if let (Some(head), Some(tail)) = (segment.first_chunk(), segment.last_chunk()) {
            (u64::from_le_bytes(*head), u64::from_le_bytes(*tail))
        } else if let (Some(head), Some(tail)) = (segment.first_chunk(), segment.last_chunk()) {
            (u64::from(u32::from_le_bytes(*head)), u64::from(u32::from_le_bytes(*tail)))
        } else {
            (segment.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0)
        };
        Self { head, tail, length, from }
    }

    #[inline]
    fn hash(self, seed: u64) -> usize {
        let left = self.head ^ seed;
        let right = self.tail ^ seed.rotate_left(32) ^ u64::from(self.from) << 32 ^ u64::from(self.length);
        let product = u128::from(left) * u128::from(right | 1);
        // The halves of a product together depend on all bits of both factors.
        ((product >> 64) as u64 ^ product as u64) as usize
    }
}

impl Edges {
    /// A table of edges no two of which are from the same state by the same segment.
    pub(crate) fn new(edges: &[Edge<'_>]) -> Self {
        let size = (edges.len() * 2).next_power_of_two().max(2);
        let mut places = vec![Place::default(); size];
        let mut texts = Vec::new();
        let seed = RandomState::new().hash_one(size);
        for edge in edges {
            let key = Key::new(edge.from, edge.segment.as_bytes());
            let start = u32::try_from(texts.len()).unwrap_or(u32::MAX);
            if key.length > SHORT {
                texts.extend_from_slice(edge.segment.as_bytes());
            }
            let mut at = key.hash(seed) & (size - 1);
            while let Some(place) = places.get_mut(at) {
                if place.key.length == 0 {
                    *place = Place { key, to: edge.to, start };
                    break;
                }
                at = (at + 1) & (size - 1);
            }
        }
        Self { places: places.into(), texts: texts.into(), seed }
    }

    /// Where a segment leads from a state.
    #[inline]
    pub(crate) fn find(&self, from: u32, segment: &[u8]) -> Option<u32> {
        let key = Key::new(from, segment);
        let mut at = key.hash(self.seed);
        loop {
            let place = self.places.get(at & (self.places.len() - 1))?;
            if place.key == key && (key.length <= SHORT || self.text(place) == Some(segment)) {
                return Some(place.to);
            }
            if place.key.length == 0 {
                return None;
            }
            at = at.wrapping_add(1);
        }
    }

    #[cold]
    fn text(&self, place: &Place) -> Option<&[u8]> {
        let start = place.start as usize;
        self.texts.get(start..start.checked_add(place.key.length as usize)?)
    }
}

#[cfg(test)]
mod tests {
    use super::{Edge, Edges};

    #[test]
    fn each_segment_leads_where_it_was_said_to() {
        let texts: Vec<String> = (1..40).flat_map(|length| ["a", "b"].map(|text| text.repeat(length))).collect();
        let edges: Vec<Edge<'_>> = (0..3)
            .flat_map(|from| {
                texts.iter().zip(0..).map(move |(segment, number)| Edge { from, segment, to: from * 1000 + number })
            })
            .collect();
        let table = Edges::new(&edges);
        for edge in &edges {
            assert_eq!(table.find(edge.from, edge.segment.as_bytes()), Some(edge.to));
        }
        for (from, segment) in [(3, "a"), (0, "c"), (0, "ab"), (0, "aaaaaaaabaaaaaaaa"), (1, "\0"), (1, "a\0")] {
            assert_eq!(table.find(from, segment.as_bytes()), None, "{segment}");
        }
        assert_eq!(Edges::new(&[]).find(0, b"a"), None);
    }
}
