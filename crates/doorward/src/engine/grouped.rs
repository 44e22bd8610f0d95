//! Lists by number, one after another: what would be as many small vectors otherwise, which are slow to make and leave the
//! memory in pieces.

use std::ops::Range;

/// A list for each of some numbers, from 0.
#[derive(Debug)]
pub(crate) struct Grouped<T> {
    items: Vec<T>,
    // By number, where its items end; they begin where those of the number before end.
    ends: Vec<u32>,
}

impl<T: Copy> Grouped<T> {
    /// The lists of what `visit` hands out, each item with its number, in the order in which it does. It is called twice
    /// and must do the same both times; `blank` fills places until they are taken.
    pub(crate) fn new(count: usize, blank: T, visit: impl Fn(&mut dyn FnMut(usize, T))) -> Self {
        Self::counted(count, blank, |add| visit(&mut |number, _| add(number)), &visit)
    }

    /// The same, where the numbers alone are sooner known than the items.
    pub(crate) fn counted(
        count: usize,
        blank: T,
        numbers: impl FnOnce(&mut dyn FnMut(usize)),
        items: impl FnOnce(&mut dyn FnMut(usize, T)),
    ) -> Self {
        let mut ends = vec![0_u32; count];
        numbers(&mut |number| ends.get_mut(number).into_iter().for_each(|count| *count += 1));
        // First where each begins, which is moved on with each item.
        let mut sum = 0;
        for end in &mut ends {
            sum += std::mem::replace(end, sum);
        }
        let mut list = vec![blank; sum as usize];
        items(&mut |number, item| {
            let Some(end) = ends.get_mut(number) else { return };
            if let Some(place) = list.get_mut(*end as usize) {
                *place = item;
                *end += 1;
            }
        });
        Self { items: list, ends }
    }

    /// All items, list after list, and where the lists begin and end among them.
    pub(crate) fn into_parts(self) -> (Vec<T>, Ends) {
        (self.items, Ends(self.ends))
    }

    /// The items of a number.
    pub(crate) fn of(&self, number: usize) -> &[T] {
        let (start, end) = range(&self.ends, number);
        self.items.get(start as usize..end as usize).unwrap_or_default()
    }
}

/// Where lists begin and end that stand one after another.
pub(crate) struct Ends(Vec<u32>);

impl Ends {
    /// The places of the items of a number.
    pub(crate) fn of(&self, number: usize) -> Range<u32> {
        let (start, end) = range(&self.0, number);
        start..end
    }

    /// How many numbers there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

fn range(ends: &[u32], number: usize) -> (u32, u32) {
    let Some(end) = ends.get(number).copied() else { return (0, 0) };
    (number.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0), end)
}

#[cfg(test)]
mod tests {
    use super::Grouped;

    #[test]
    fn each_list_has_its_items_in_order() {
        let items = [(2, 'a'), (0, 'b'), (2, 'c'), (4, 'd'), (9, 'e')];
        let grouped = Grouped::new(5, ' ', |add| items.iter().for_each(|(number, item)| add(*number, *item)));
        let lists: Vec<String> = (0..6).map(|number| grouped.of(number).iter().collect()).collect();
        assert_eq!(lists, ["b", "", "ac", "", "d", ""]);
        let (items, ends) = grouped.into_parts();
        assert_eq!(items, ['b', 'a', 'c', 'd']);
        assert_eq!([ends.of(0), ends.of(1), ends.of(2), ends.of(5)], [0..1, 1..1, 1..3, 0..0]);
        assert_eq!(ends.count(), 5);
    }
}
