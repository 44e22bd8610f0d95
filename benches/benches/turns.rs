//! What matters most, in turns: two that are compared take turns of a millisecond or so, so that a machine that is slow for a
//! while is slow for both. Prints the median of each, and the median of how many times the other's time the first took.
//!
//! Words that are given name what is measured: a number of rules, `v4` or `terms`; without any, all is.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark without its data cannot go on")]

#[path = "../prefixes/baselines.rs"]
#[expect(dead_code, reason = "not all are compared here")]
mod baselines;
#[path = "../prefixes/tables.rs"]
#[expect(dead_code, reason = "not all are compared here")]
mod tables;

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};

use baselines::{Dir24, Indexed, intervals, map};
use criterion::measurement::Measurement as _;
use doorward_benches::cpu_time::CpuTime;
use doorward_benches::engine::{
    Doorward, DoorwardPrepared, DoorwardWithTerms, Engine, HandWritten, HandWrittenPrepared, assert_agrees,
};
use doorward_benches::measure::Scene;
use doorward_benches::office::{Ask, SIZES};
use ipnet::Ipv4Net;
use prefix_trie::PrefixMap;

/// How many turns each has.
const TURNS: usize = 101;

/// How many decisions a turn takes, at least.
const DECISIONS: usize = 16_384;

/// How many addresses are looked up in turn.
const ADDRESSES: usize = 1 << 17;

/// Something that is done so many times, and how long that took in nanoseconds.
type Turn<'a> = Box<dyn FnMut() -> f64 + 'a>;

fn main() {
    // Cargo says `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |word: &str| words.is_empty() || words.iter().any(|other| other == word);
    for rules in SIZES.into_iter().filter(|rules| wanted(&rules.to_string())) {
        office(rules, wanted("terms"));
    }
    if wanted("v4") {
        addresses();
    }
}

fn office(rules: usize, with_terms: bool) {
    let scene = Scene::new(rules);
    let all = |_: &&Ask| true;
    let [first, second] = [Doorward::load(&Doorward::source(&scene.office)), Doorward::load(&scene.office.door())];
    let hand = HandWritten::load(&scene.office);
    compare(
        &format!("{rules} rules, from strings"),
        "hand-written",
        decide(&first, &scene, all),
        decide(&hand, &scene, all),
    );
    let prepared = DoorwardPrepared::load(&scene.office.door());
    let hand = HandWrittenPrepared::load(&scene.office);
    compare(
        &format!("{rules} rules, prepared"),
        "hand-written",
        decide(&prepared, &scene, all),
        decide(&hand, &scene, all),
    );
    for status in [401, 403] {
        let of = |status| move |ask: &&Ask| ask.identity.is_none() && ask.status == status;
        let name = format!("{rules} rules, {status} to the anonymous");
        compare(&name, "200", decide(&first, &scene, of(status)), decide(&second, &scene, of(200)));
    }
    let of = |status| move |ask: &&Ask| ask.identity.is_some() && ask.status == status;
    let name = format!("{rules} rules, 403 to the known");
    compare(&name, "200", decide(&first, &scene, of(403)), decide(&second, &scene, of(200)));
    if with_terms {
        let other = Scene::with_terms(rules);
        let terms = DoorwardWithTerms::load(&other.office.door());
        compare(
            &format!("{rules} rules, with terms"),
            "without",
            decide(&terms, &other, all),
            decide(&first, &scene, all),
        );
    }
}

/// Decides those requests again and again.
fn decide<'a, E: Engine>(engine: &'a E, scene: &'a Scene, which: impl Fn(&&'a Ask) -> bool) -> Turn<'a> {
    assert_agrees(engine, &scene.asks);
    let asked = engine.ask_all(scene.asks.iter().filter(which));
    let rounds = DECISIONS.div_ceil(asked.len().max(1));
    Box::new(move || {
        let start = CpuTime.start();
        for _ in 0..rounds {
            asked.iter().for_each(|asked| {
                black_box(engine.answer(black_box(asked)));
            });
        }
        CpuTime.end(start).as_nanos() as f64 / (rounds * asked.len()) as f64
    })
}

fn addresses() {
    let prefixes = tables::v4();
    let net = |(bits, length): (u32, u8)| Ipv4Net::new(Ipv4Addr::from_bits(bits), length).expect("a length");
    let nets: Vec<Ipv4Net> = prefixes.iter().map(|prefix| net(*prefix)).collect();
    let ranges: Vec<(u32, u32)> = nets.iter().map(|net| (net.network().to_bits(), net.broadcast().to_bits())).collect();
    let intervals = intervals(&ranges, |last| last.checked_add(1));
    let ours = map(&intervals, &[]);
    let (dir, indexed) = (Dir24::new(&intervals), Indexed::new(&intervals, |bits| (bits >> 16) as usize));
    let trie: PrefixMap<Ipv4Net, u32> = nets.into_iter().zip(1..).collect();
    let of_ours = |bits: u32| ours.get(IpAddr::V4(Ipv4Addr::from_bits(bits)));
    let of_trie = |bits: u32| trie.get_lpm(&net((bits, 32))).map_or(0, |(_, value)| *value);
    for (place, addresses) in &tables::v4_addresses(&ranges, ADDRESSES) {
        assert!(addresses.iter().all(|bits| of_ours(*bits) == of_trie(*bits)), "they agree");
        for waits in [false, true] {
            let how = if waits { "each waiting for the last" } else { "independent" };
            let name = format!("addresses {place}, {how}");
            compare(&name, "DIR-24-8", look(addresses, waits, of_ours), look(addresses, waits, |bits| dir.get(bits)));
            compare(
                &name,
                "indexed",
                look(addresses, waits, of_ours),
                look(addresses, waits, |bits| indexed.get(bits)),
            );
            compare(&name, "prefix-trie", look(addresses, waits, of_ours), look(addresses, waits, of_trie));
        }
    }
}

/// Looks all addresses up.
fn look<'a>(addresses: &'a [u32], waits: bool, get: impl Fn(u32) -> u32 + 'a) -> Turn<'a> {
    // Nobody but the compiler is fooled: no bit of the last answer goes in.
    let none = black_box(0);
    Box::new(move || {
        let start = CpuTime.start();
        let sum = if waits {
            addresses.iter().fold(0, |last, bits| get(bits ^ (last & none)))
        } else {
            addresses.iter().fold(0_u32, |sum, bits| sum.wrapping_add(get(*bits)))
        };
        black_box(sum);
        CpuTime.end(start).as_nanos() as f64 / addresses.len() as f64
    })
}

/// Lets both take turns, and prints how long they took. Of two turns of one the second counts: the first one fetches what the
/// other has driven out of the caches.
fn compare(what: &str, other: &str, mut ours: Turn<'_>, mut theirs: Turn<'_>) {
    let second = |turn: &mut dyn FnMut() -> f64| {
        turn();
        turn()
    };
    let turns: Vec<[f64; 2]> = (0..TURNS).map(|_| [second(&mut ours), second(&mut theirs)]).collect();
    let median = |of: &dyn Fn(&[f64; 2]) -> f64| {
        let mut all: Vec<f64> = turns.iter().map(of).collect();
        all.sort_unstable_by(f64::total_cmp);
        all[TURNS / 2]
    };
    let (ours, theirs) = (median(&|turn| turn[0]), median(&|turn| turn[1]));
    let ratio = median(&|turn| turn[0] / turn[1]);
    println!("{what}: {ours:.1} ns, {other} {theirs:.1} ns, {ratio:.2} times");
}
