//! The routing tables, from beside the checkout or generated, and addresses to look up.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use doorward_model::address::Prefix;
use flate2::read::GzDecoder;

/// How many prefixes have each length, in a table of May 2014 (IPv4) and of November 2015 (IPv6) from RouteViews.
const LENGTHS_V4: &[(u8, u32)] = &[
    (8, 16),
    (9, 12),
    (10, 30),
    (11, 90),
    (12, 259),
    (13, 487),
    (14, 974),
    (15, 1726),
    (16, 13017),
    (17, 7050),
    (18, 11917),
    (19, 24936),
    (20, 35828),
    (21, 37624),
    (22, 57782),
    (23, 47385),
    (24, 270_023),
    (25, 918),
    (26, 1060),
    (27, 537),
    (28, 138),
    (29, 292),
    (30, 331),
    (31, 20),
    (32, 169),
];
const LENGTHS_V6: &[(u8, u32)] = &[
    (20, 19),
    (24, 23),
    (28, 105),
    (29, 859),
    (30, 171),
    (32, 7262),
    (33, 313),
    (34, 213),
    (35, 251),
    (36, 1099),
    (38, 276),
    (40, 1221),
    (42, 388),
    (44, 1274),
    (46, 570),
    (48, 12142),
    (56, 224),
    (64, 785),
    (126, 318),
    (128, 67),
];

/// Numbers that are the same in each run.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub(crate) fn wide(&mut self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }
}

/// The IPv4 prefixes as bits and length, sorted.
pub(crate) fn v4() -> Vec<(u32, u8)> {
    let real = real("bgp_v4_20140513.dat.gz").map(|prefixes| {
        let bits = |prefix: &Prefix| match prefix.network() {
            std::net::IpAddr::V4(address) => Some((address.to_bits(), prefix.length())),
            std::net::IpAddr::V6(_) => None,
        };
        prefixes.iter().filter_map(bits).collect::<Vec<_>>()
    });
    sorted(real.unwrap_or_else(|| {
        generated(LENGTHS_V4, |numbers, length| {
            // Unicast addresses, of which a third is used, lie below 224.0.0.0.
            let bits = (numbers.next() % (223 << 24)) as u32 + (1 << 24);
            bits & u32::MAX << (32 - length)
        })
    }))
}

/// Addresses to look up, drawn from all and from within prefixes, which are ranges.
pub(crate) fn v4_addresses(ranges: &[(u32, u32)], count: usize) -> [(&'static str, Vec<u32>); 2] {
    let mut numbers = Numbers(7);
    let anywhere = (0..count).map(|_| numbers.next() as u32).collect();
    let mut within = || {
        let (first, last) = ranges[numbers.next() as usize % ranges.len()];
        first + (numbers.next() as u32 & (last - first))
    };
    [("anywhere", anywhere), ("within prefixes", (0..count).map(|_| within()).collect())]
}

/// The IPv6 prefixes as bits and length, sorted.
pub(crate) fn v6() -> Vec<(u128, u8)> {
    let real = real("bgp_v6_20151101.tsv.gz").map(|prefixes| {
        let bits = |prefix: &Prefix| match prefix.network() {
            std::net::IpAddr::V4(_) => None,
            std::net::IpAddr::V6(address) => Some((address.to_bits(), prefix.length())),
        };
        prefixes.iter().filter_map(bits).collect::<Vec<_>>()
    });
    sorted(real.unwrap_or_else(|| {
        generated(LENGTHS_V6, |numbers, length| {
            let registries = [0x2001, 0x2400, 0x2600, 0x2800, 0x2a00, 0x2c00];
            let upper = registries[(numbers.next() % 6) as usize] + numbers.next() % 16;
            let bits = u128::from(upper) << 112 | numbers.wide() >> 16;
            bits & u128::MAX << (128 - length)
        })
    }))
}

fn real(name: &str) -> Option<Vec<Prefix>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/prefixes").join(name);
    let Ok(file) = File::open(&path) else {
        eprintln!("GENERATED: {name} is not beside this checkout; a table with the same lengths takes its place");
        return None;
    };
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).expect("the table is text");
    let prefixes = text.lines().filter(|line| !line.starts_with(';'));
    let prefixes = prefixes.filter_map(|line| line.split_once('\t'));
    Some(prefixes.map(|(prefix, _)| Prefix::parse(prefix).expect("the table has prefixes")).collect())
}

fn generated<T>(lengths: &[(u8, u32)], network: impl Fn(&mut Numbers, u8) -> T) -> Vec<(T, u8)> {
    let mut numbers = Numbers(1);
    let all = lengths.iter().flat_map(|(length, count)| (0..*count).map(move |_| *length));
    all.map(|length| (network(&mut numbers, length), length)).collect()
}

fn sorted<T: Ord>(mut prefixes: Vec<(T, u8)>) -> Vec<(T, u8)> {
    prefixes.sort_unstable();
    prefixes.dedup();
    prefixes
}
