use std::net::IpAddr;

use super::*;
use crate::address::Prefix;

/// A generator of numbers that is the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % bound
    }

    /// Nested often, since there are few bases; of any length.
    fn prefix(&mut self) -> Prefix {
        const BASES: [&str; 6] = ["0.0.0.0", "10.1.2.3", "255.255.255.255", "2001:db8::7", "::", "ffff::1"];
        let base: IpAddr = BASES[self.below(BASES.len() as u64) as usize].parse().unwrap();
        let length = self.below(if base.is_ipv4() { 33 } else { 129 }) as u8;
        let noise = if self.below(2) == 0 { 0 } else { self.below(1 << 20) };
        let base = match base {
            IpAddr::V4(base) => IpAddr::from((base.to_bits() ^ noise as u32).to_be_bytes()),
            IpAddr::V6(base) => IpAddr::from((base.to_bits() ^ u128::from(noise) << self.below(109)).to_be_bytes()),
        };
        Prefix::around(base, length).unwrap()
    }
}

fn sets(texts: &[&str]) -> Vec<PrefixSet> {
    let prefixes = |text: &str| text.split_whitespace().map(|text| Prefix::parse(text).unwrap()).collect();
    texts.iter().map(|text| prefixes(text)).collect()
}

fn classes(sets: &[PrefixSet]) -> AddressClasses {
    AddressClasses::new(&sets.iter().collect::<Vec<_>>()).unwrap()
}

/// The edges of all ranges and what lies beside them, and the ends of both families.
fn probes(sets: &[PrefixSet]) -> Vec<IpAddr> {
    let v4 = sets.iter().flat_map(|set| set.ranges_v4()).flat_map(|(first, last)| [*first, *last]);
    let v4 = v4.chain([0, u32::MAX]).flat_map(|bits| [bits.wrapping_sub(1), bits, bits.wrapping_add(1)]);
    let v6 = sets.iter().flat_map(|set| set.ranges_v6()).flat_map(|(first, last)| [*first, *last]);
    let v6 = v6.chain([0, u128::MAX]).flat_map(|bits| [bits.wrapping_sub(1), bits, bits.wrapping_add(1)]);
    let v6 = v6.map(|bits| crate::address::canonical(IpAddr::from(bits.to_be_bytes())));
    v4.map(|bits| IpAddr::from(bits.to_be_bytes())).chain(v6).collect()
}

/// Whether classes and their lists are what asking each set says, at every edge.
#[track_caller]
fn check(sets: &[PrefixSet]) {
    let classes = classes(sets);
    let mut seen = std::collections::HashMap::new();
    for address in probes(sets) {
        let expected: Vec<u32> = (0..).zip(sets).filter(|(_, set)| set.contains(address)).map(|(set, _)| set).collect();
        let class = classes.class(address);
        assert_eq!(classes.sets(class), expected, "{address} in {sets:?}");
        assert_eq!(*seen.entry(expected).or_insert(class), class, "{address} in {sets:?}");
    }
    seen.entry(Vec::new()).or_insert(AddressClass(0));
    assert_eq!(seen.len(), classes.len(), "{sets:?}");
    assert_eq!(seen[&Vec::new()], AddressClass(0), "{sets:?}");
}

#[test]
fn classes_agree_with_asking_each_set() {
    let mut numbers = Numbers(1);
    for case in 0..3_000 {
        let most_prefixes = [2, 5, 30, 200][case % 4];
        let sets = (0..numbers.below([3, 8, 70, 5][case / 4 % 4]))
            .map(|_| (0..numbers.below(most_prefixes)).map(|_| numbers.prefix()).collect())
            .collect::<Vec<PrefixSet>>();
        check(&sets);
    }
}

#[test]
fn thousands_of_sets_are_told_apart() {
    let mut numbers = Numbers(2);
    let sets: Vec<PrefixSet> = (0..5_000).map(|_| [numbers.prefix(), numbers.prefix()].into_iter().collect()).collect();
    let classes = classes(&sets);
    for address in probes(&sets[..50]) {
        let expected: Vec<u32> =
            (0..).zip(&sets).filter(|(_, set)| set.contains(address)).map(|(set, _)| set).collect();
        assert_eq!(classes.sets(classes.class(address)), expected, "{address}");
    }
}

#[test]
fn edges_that_meet_make_no_class_between() {
    check(&sets(&["10.0.0.0/9", "10.128.0.0/9"]));
    let far_apart: Vec<PrefixSet> = (0..200u32)
        .map(|set| Prefix::around(IpAddr::from(((set / 2 % 2) << 24).to_be_bytes()), 8).into_iter().collect())
        .collect();
    check(&far_apart);
    assert_eq!(classes(&far_apart).len(), 3);
}

#[test]
fn no_sets_make_one_class() {
    for sets in [Vec::new(), sets(&[""]), sets(&["", ""])] {
        let classes = classes(&sets);
        assert_eq!(classes.len(), 1);
        assert_eq!(classes.class("192.0.2.1".parse().unwrap()), AddressClass(0));
        assert_eq!(classes.class("::".parse().unwrap()), AddressClass(0));
        assert_eq!(classes.sets(AddressClass(0)), [0; 0]);
        assert_eq!(classes.sets(AddressClass(1)), [0; 0]);
    }
}

#[test]
fn classes_are_shared_by_both_families() {
    let sets = sets(&["10.0.0.0/8 2001:db8::/32", "192.0.2.0/24 ::/64"]);
    check(&sets);
    assert_eq!(classes(&sets).len(), 3);
    assert_eq!(classes(&[PrefixSet::all()]).len(), 2);
}

#[test]
fn what_does_not_fit_names_the_costliest_set() {
    // The second set cuts each of the others in two.
    let sets = sets(&[
        "10.0.0.0/16 10.1.0.0/16",
        "10.0.0.0/24 10.1.0.0/24 10.2.0.0/24 10.3.0.0/24",
        "10.2.0.0/16",
        "10.3.0.0/16",
    ]);
    let sets: Vec<&PrefixSet> = sets.iter().collect();
    let needed = AddressClasses::new(&sets).unwrap().members.len();
    assert!(AddressClasses::with_budget(&sets, needed).is_ok());
    for budget in [needed - 1, needed / 2] {
        assert_eq!(AddressClasses::with_budget(&sets, budget).unwrap_err(), TooManyClasses { set: 1 });
    }
    assert_eq!(AddressClasses::with_budget(&sets, 0).unwrap_err(), TooManyClasses { set: 0 });
}
