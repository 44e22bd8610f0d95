//! Classes of addresses, over the real lists of providers, blocklists and routes.

#![expect(clippy::unwrap_used, reason = "a test without its data cannot go on")]

use std::fs::{self, File};
use std::io::Read;
use std::net::IpAddr;

use doorward_model::address::{AddressClasses, Prefix, PrefixSet, canonical};
use doorward_tests::data::shared;
use flate2::read::GzDecoder;

/// The prefixes at the beginning of each line.
fn prefixes(text: &str) -> PrefixSet {
    let lines = text.lines().map(|line| line.split(['#', ';', '\t']).next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty()).map(|line| Prefix::parse(line).unwrap()).collect()
}

/// The routes of a family, or `None` where the tables are missing.
fn routes(name: &str) -> Option<PrefixSet> {
    let mut text = String::new();
    GzDecoder::new(File::open(shared(&format!("data/prefixes/{name}"))?).unwrap()).read_to_string(&mut text).unwrap();
    Some(prefixes(&text))
}

/// The edges of every range, what lies beside them, and a point inside.
fn probes(set: &PrefixSet) -> impl Iterator<Item = IpAddr> {
    let v4 = set.ranges_v4().iter().flat_map(|(first, last)| {
        let middle = first + (last - first) / 2;
        [first.wrapping_sub(1), *first, middle, *last, last.wrapping_add(1)]
            .map(|bits| IpAddr::from(bits.to_be_bytes()))
    });
    let v6 = set.ranges_v6().iter().flat_map(|(first, last)| {
        let middle = first + (last - first) / 2;
        [first.wrapping_sub(1), *first, middle, *last, last.wrapping_add(1)]
            .map(|bits| IpAddr::from(bits.to_be_bytes()))
    });
    v4.chain(v6).map(canonical)
}

/// Whether the classes say of every `step`th probe which sets hold it.
#[track_caller]
fn check(sets: &[&PrefixSet], step: usize) {
    let classes = AddressClasses::new(sets).unwrap();
    let mut asked = 0;
    for address in sets.iter().flat_map(|set| probes(set)).step_by(step) {
        let expected: Vec<u32> = (0..).zip(sets).filter(|(_, set)| set.contains(address)).map(|(set, _)| set).collect();
        assert_eq!(classes.sets(classes.class(address)), expected, "{address}");
        asked += 1;
    }
    assert!(asked > 0 && classes.len() > 1);
}

#[test]
fn named_lists_are_told_apart() {
    let Some(folder) = shared("data/prefixes/named") else { return };
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let lists: Vec<PrefixSet> = files.iter().map(|file| prefixes(&fs::read_to_string(file).unwrap())).collect();
    check(&lists.iter().collect::<Vec<_>>(), 7);
}

#[test]
fn half_a_million_routes_are_told_apart_beside_blocklists() {
    let (Some(v4), Some(v6)) = (routes("bgp_v4_20140513.dat.gz"), routes("bgp_v6_20151101.tsv.gz")) else { return };
    let blocked = |level| fs::read_to_string(shared(&format!("data/prefixes/named/ipsum_level{level}.txt")).unwrap());
    let blocked = [2, 3, 5].map(|level| prefixes(&blocked(level).unwrap()));
    check(&[&v4, &v6, &blocked[0], &blocked[1], &blocked[2]], 5);
}
