//! Lists by number, one after another: what would be as many small vectors otherwise, which are slow to make and leave the
//! memory in pieces.

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
        let mut ends = vec![0_u32; count];
        visit(&mut |number, _| ends.get_mut(number).into_iter().for_each(|count| *count += 1));
        // First where each begins, which is moved on with each item.
        let mut sum = 0;
        for end in &mut ends {
            sum += std::mem::replace(end, sum);
        }
        let mut items = vec![blank; sum as usize];
        visit(&mut |number, item| {
            let Some(end) = ends.get_mut(number) else { return };
            if let Some(place) = items.get_mut(*end as usize) {
                *place = item;
                *end += 1;
            }
        });
        Self { items, ends }
    }

    /// The same lists of what is made of each item, in their order.
    pub(crate) fn map<U>(self, make: impl FnMut(T) -> U) -> Grouped<U> {
        Grouped { items: self.items.into_iter().map(make).collect(), ends: self.ends }
    }

    /// The items of a number.
    pub(crate) fn of(&self, number: usize) -> &[T] {
        let start = number.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let end = self.ends.get(number).copied().unwrap_or_default();
        self.items.get(start as usize..end as usize).unwrap_or_default()
    }

    /// How many numbers there are.
    pub(crate) fn count(&self) -> usize {
        self.ends.len()
    }
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
        assert_eq!(grouped.count(), 5);
    }
}
