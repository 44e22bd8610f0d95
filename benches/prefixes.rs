//! What it costs to look an address up, in routing tables and in the networks of a small policy, beside other crates and
//! textbook structures.
//!
//! *Independent* look-ups may overlap; of *dependent* ones each waits for the last one's answer. All structures are
//! asked for the longest match, must agree about every address, and print how many bytes a prefix takes them.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark without its data cannot go on")]

#[path = "prefixes/baselines.rs"]
mod baselines;
#[path = "prefixes/tables.rs"]
mod tables;

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use baselines::{Dir24, Dxr, Indexed, intervals, map, report};
use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use doorward_benches::cpu_time::CpuTime;
use doorward_model::address::{AddressClasses, Prefix, PrefixSet};
use ip_network_table::IpNetworkTable;
use ipnet::{Ipv4Net, Ipv6Net};
use iptrie::map::RTrieMap;
use poptrie::Poptrie;
use prefix_trie::PrefixMap;
use tables::Numbers;

/// How many addresses are looked up in turn.
const ADDRESSES: usize = 1 << 17;

/// Both ways of asking, of which the first answers are checked against `expected`.
fn measure<T: Copy + Xor>(
    criterion: &mut Criterion<CpuTime>,
    group: &str,
    name: &str,
    (addresses, expected): (&[T], &[u32]),
    get: impl Fn(T) -> u32,
) {
    for (address, expected) in addresses.iter().zip(expected) {
        assert_eq!(get(*address), *expected, "{name} disagrees");
    }
    let mut group = criterion.benchmark_group(group);
    group.throughput(Throughput::Elements(addresses.len() as u64));
    group.bench_function(format!("{name}/independent"), |bencher| {
        bencher.iter(|| addresses.iter().fold(0_u32, |sum, address| sum.wrapping_add(get(*address))));
    });
    group.bench_function(format!("{name}/dependent"), |bencher| {
        // Nobody but the compiler is fooled: no bit of the last answer goes in.
        let none = black_box(0);
        bencher.iter(|| addresses.iter().fold(0_u32, |last, address| get(address.xor(last & none))));
    });
    group.finish();
}

trait Xor {
    fn xor(self, bits: u32) -> Self;
}

impl Xor for u32 {
    fn xor(self, bits: u32) -> Self {
        self ^ bits
    }
}

impl Xor for u128 {
    fn xor(self, bits: u32) -> Self {
        self ^ Self::from(bits)
    }
}

fn ipv4(criterion: &mut Criterion<CpuTime>) {
    let prefixes = tables::v4();
    let net = |(bits, length): (u32, u8)| Ipv4Net::new(Ipv4Addr::from_bits(bits), length).expect("a length");
    let nets = || prefixes.iter().map(|prefix| net(*prefix)).zip(1_u32..);
    let ranges: Vec<(u32, u32)> = nets().map(|(net, _)| (net.network().to_bits(), net.broadcast().to_bits())).collect();
    let intervals = intervals(&ranges, |last| last.checked_add(1));
    let ours = map(&intervals, &[]);
    let (dir, indexed, dxr) =
        (Dir24::new(&intervals), Indexed::new(&intervals, |bits| (bits >> 16) as usize), Dxr::new(&intervals));
    let trie: PrefixMap<Ipv4Net, u32> = nets().collect();
    let mut table = IpNetworkTable::new();
    let mut patricia = RTrieMap::<Ipv4Net, u32>::with_root(0);
    for (net, value) in nets() {
        table.insert(ip_network::Ipv4Network::new(net.network(), net.prefix_len()).expect("a network"), value);
        patricia.insert(net, value);
    }
    let patricia = patricia.compress();
    let poptrie: Poptrie<(u32, u8), u32> = prefixes.iter().copied().zip(1..).collect();
    report("ipv4 doorward", ours.bytes(), prefixes.len());
    report("ipv4 dir-24-8", dir.bytes(), prefixes.len());
    report("ipv4 indexed", indexed.bytes(), prefixes.len());
    report("ipv4 dxr", dxr.bytes(), prefixes.len());
    report("ipv4 prefix-trie", trie.mem_size(), prefixes.len());

    for (place, addresses) in tables::v4_addresses(&ranges, ADDRESSES) {
        let group = &format!("ipv4 {place}");
        let expected: Vec<u32> = addresses.iter().map(|address| indexed.get(*address)).collect();
        let asked = (&*addresses, &*expected);
        measure(criterion, group, "doorward", asked, |bits| ours.get(IpAddr::V4(Ipv4Addr::from_bits(bits))));
        measure(criterion, group, "dir-24-8", asked, |bits| dir.get(bits));
        measure(criterion, group, "indexed", asked, |bits| indexed.get(bits));
        measure(criterion, group, "dxr", asked, |bits| dxr.get(bits));
        measure(criterion, group, "poptrie", asked, |bits| poptrie.lookup(bits).copied().unwrap_or(0));
        measure(criterion, group, "prefix-trie", asked, |bits| {
            trie.get_lpm(&net((bits, 32))).map_or(0, |(_, value)| *value)
        });
        measure(criterion, group, "ip_network_table", asked, |bits| {
            table.longest_match_ipv4(Ipv4Addr::from_bits(bits)).map_or(0, |(_, value)| *value)
        });
        measure(criterion, group, "iptrie", asked, |bits| *patricia.lookup(&net((bits, 32))).1);
    }
}

fn ipv6(criterion: &mut Criterion<CpuTime>) {
    let prefixes = tables::v6();
    let net = |(bits, length): (u128, u8)| Ipv6Net::new(Ipv6Addr::from_bits(bits), length).expect("a length");
    let nets = || prefixes.iter().map(|prefix| net(*prefix)).zip(1_u32..);
    let ranges: Vec<(u128, u128)> =
        nets().map(|(net, _)| (net.network().to_bits(), net.broadcast().to_bits())).collect();
    let intervals = intervals(&ranges, |last| last.checked_add(1));
    let ours = map(&[], &intervals);
    let indexed = Indexed::new(&intervals, |bits| (bits >> 112) as usize);
    let trie: PrefixMap<Ipv6Net, u32> = nets().collect();
    let mut table = IpNetworkTable::new();
    let mut patricia = RTrieMap::<Ipv6Net, u32>::with_root(0);
    for (net, value) in nets() {
        table.insert(ip_network::Ipv6Network::new(net.network(), net.prefix_len()).expect("a network"), value);
        patricia.insert(net, value);
    }
    let patricia = patricia.compress();
    report("ipv6 doorward", ours.bytes(), prefixes.len());
    report("ipv6 indexed", indexed.bytes(), prefixes.len());
    report("ipv6 prefix-trie", trie.mem_size(), prefixes.len());
    let mut numbers = Numbers(8);
    let mut within = || {
        let (first, last) = ranges[numbers.next() as usize % ranges.len()];
        first + (numbers.wide() & (last - first))
    };
    let within: Vec<u128> = (0..ADDRESSES).map(|_| within()).collect();
    let expected: Vec<u32> = within.iter().map(|address| indexed.get(*address)).collect();
    let (group, asked) = ("ipv6 within prefixes", (&*within, &*expected));
    measure(criterion, group, "doorward", asked, |bits| ours.get(IpAddr::V6(Ipv6Addr::from_bits(bits))));
    measure(criterion, group, "indexed", asked, |bits| indexed.get(bits));
    measure(criterion, group, "prefix-trie", asked, |bits| {
        trie.get_lpm(&net((bits, 128))).map_or(0, |(_, value)| *value)
    });
    measure(criterion, group, "ip_network_table", asked, |bits| {
        table.longest_match_ipv6(Ipv6Addr::from_bits(bits)).map_or(0, |(_, value)| *value)
    });
    measure(criterion, group, "iptrie", asked, |bits| *patricia.lookup(&net((bits, 128))).1);
}

/// The networks of a usual policy, from none to a hundred, beside nothing but a binary search.
fn small(criterion: &mut Criterion<CpuTime>) {
    let mut numbers = Numbers(9);
    for count in [0_usize, 3, 30, 100] {
        let sets: Vec<PrefixSet> = (0..count)
            .map(|_| {
                let base = [0x0a00_0000_u32, 0xac10_0000, 0xc0a8_0000][numbers.next() as usize % 3];
                let address = Ipv4Addr::from_bits(base | numbers.next() as u32 & 0xffff);
                PrefixSet::new(Prefix::around(address.into(), 16 + (numbers.next() % 17) as u8))
            })
            .collect();
        let classes = AddressClasses::new(&sets.iter().collect::<Vec<_>>()).expect("few classes");
        report(&format!("{count} networks"), classes.bytes(), count.max(1));
        let mut edges: Vec<u32> =
            sets.iter().flat_map(|set| set.ranges_v4()).flat_map(|(first, last)| [*first, last + 1]).collect();
        edges.sort_unstable();
        edges.dedup();
        let addresses: Vec<u32> = (0..4096)
            .map(|index| edges.get(index % (edges.len() + 1)).map_or(numbers.next() as u32, |first| first ^ 1))
            .collect();
        let class = |bits: u32| classes.class(IpAddr::V4(Ipv4Addr::from_bits(bits)));
        let expected: Vec<u32> = addresses.iter().map(|bits| class(*bits).0).collect();
        let values: Vec<u32> = edges.iter().map(|bits| class(*bits).0).collect();
        let (group, asked) = (format!("{count} networks"), (&*addresses, &*expected));
        measure(criterion, &group, "doorward", asked, |bits| class(bits).0);
        measure(criterion, &group, "search", asked, |bits| {
            edges.partition_point(|start| *start <= bits).checked_sub(1).map_or(0, |index| values[index])
        });
    }
}

fn build(criterion: &mut Criterion<CpuTime>) {
    let prefixes = tables::v4();
    let all = prefixes.iter().filter_map(|(bits, length)| Prefix::around(Ipv4Addr::from_bits(*bits).into(), *length));
    let all: PrefixSet = all.collect();
    let mut group = criterion.benchmark_group("classes");
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.bench_function("of the whole table as one set", |bencher| {
        bencher.iter(|| AddressClasses::new(&[&all]).expect("two classes"));
    });
    // Every sixteenth prefix is one of the same 1,000 sets.
    let mut lists = vec![Vec::new(); 1_000];
    for (index, (bits, length)) in prefixes.iter().enumerate().step_by(16) {
        lists[index / 16 % 1_000].extend(Prefix::around(Ipv4Addr::from_bits(*bits).into(), *length));
    }
    let sets: Vec<PrefixSet> = lists.into_iter().map(PrefixSet::new).chain([all]).collect();
    let sets: Vec<&PrefixSet> = sets.iter().collect();
    group.bench_function("of a thousand sets beside it", |bencher| {
        bencher.iter_with_large_drop(|| AddressClasses::new(&sets).expect("few classes"));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .with_measurement(CpuTime)
        .sample_size(20)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(500));
    targets = small, ipv6, ipv4, build
}
criterion_main!(benches);
