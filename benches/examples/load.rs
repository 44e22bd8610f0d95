//! What it costs to load a large policy: the time and the memory, for one size in one process.
//!
//! `load office 100000` is *office*; `load rules 100000` has that many rules beside a tenth as many groups, rooms and
//! identities; `load all 100000` has 100,000 identities, 10,000 groups nested ten deep, 10,000 rooms and a list of 500,000
//! prefixes beside its rules. A policy is loaded as programs load it, by `Policy::load`; `load rules 100000 to engine` parses
//! all of it before it is checked, as tools do that want its tree, and tells of each stage up to the one after the word `to`:
//! `parse`, `check` or `engine`. Without arguments all sizes are measured, each in a process of its own.

#![expect(clippy::unwrap_used, reason = "a measurement without its data cannot go on")]

use std::fmt::Write as _;
use std::time::Instant;
use std::{env, fs, process};

use doorward::{MemoryFiles, Policy};
use doorward_benches::office::Office;
use doorward_model::check_owned;
use doorward_syntax::{Severity, parse_named};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [] => {
            for rules in ["10", "100", "1000", "10000", "100000"] {
                again(&["office", rules]);
                again(&["rules", rules]);
            }
            again(&["all", "100000"]);
        }
        [kind, rules] => load(kind, rules.parse().unwrap(), "policy"),
        [kind, rules, "to", last] => load(kind, rules.parse().unwrap(), last),
        _ => process::exit(2),
    }
}

/// Measures in a new process.
fn again(arguments: &[&str]) {
    assert!(process::Command::new(env::current_exe().unwrap()).args(arguments).status().unwrap().success());
}

fn load(kind: &str, rules: usize, last: &str) {
    let (text, files) = policy(kind, rules);
    println!("{kind} {rules}: {} KiB of rules and declarations", text.len() / 1024);
    let mut stages = Stages::new();
    if last == "policy" {
        let policy = Policy::load("policy.door", text, &files);
        stages.end("policy");
        assert!(policy.is_ok());
        return;
    }
    let parsed = parse_named("policy.door", text, &files);
    stages.end("parse");
    assert!(!parsed.has_errors(), "{:?}", parsed.diagnostics.first());
    if last == "parse" {
        return;
    }
    if last == "engine" {
        let policy = Policy::compile(parsed);
        stages.end("check and engine");
        drop(files);
        stages.end("without files");
        assert!(policy.is_ok());
        return;
    }
    let checked = check_owned(parsed.policy, parsed.sources);
    stages.end("check");
    let errors: Vec<_> = checked.diagnostics.iter().filter(|each| each.severity == Severity::Error).collect();
    assert!(checked.policy.is_some(), "{errors:?}");
    println!("  {} warnings", checked.diagnostics.len());
}

/// Tells what each stage took.
struct Stages {
    wall: Instant,
    processor: u64,
}

impl Stages {
    fn new() -> Self {
        let stages = Self { wall: Instant::now(), processor: processor_time() };
        stages.memory("start", 0.0, 0.0);
        stages
    }

    fn end(&mut self, stage: &str) {
        let wall = self.wall.elapsed().as_secs_f64() * 1e3;
        let processor = processor_time().saturating_sub(self.processor) as f64 / 1e6;
        self.memory(stage, processor, wall);
        *self = Self { wall: Instant::now(), processor: processor_time() };
    }

    fn memory(&self, stage: &str, processor: f64, wall: f64) {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mebibytes = |key: &str| {
            let line = status.lines().find(|line| line.starts_with(key));
            let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
            number.unwrap_or_default() / 1024.0
        };
        let (resident, most) = (mebibytes("VmRSS"), mebibytes("VmHWM"));
        println!("  {stage:<18} {processor:9.2} ms ({wall:9.2} by the clock), {resident:7.1} MiB, at most {most:7.1}");
    }
}

/// The nanoseconds that this process has had a processor, which other processes do not add to.
fn processor_time() -> u64 {
    let text = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or_default()
}

/// A generated policy, the same for the same arguments.
fn policy(kind: &str, rules: usize) -> (String, MemoryFiles) {
    if kind == "office" {
        return (Office::new(rules).door(), MemoryFiles::new());
    }
    let all = kind == "all";
    let groups = if all { 10_000 } else { (rules / 10).max(10) };
    let (rooms, networks) = (groups, (groups / 10).max(10));
    let members = if all { 10 } else { 1 };
    let mut text = String::new();
    for group in 0..groups {
        let people: Vec<String> = (0..members).map(|each| format!("u{}", group * members + each)).collect();
        let people = people.join(", ");
        // Ten groups form a chain.
        let nested = if group % 10 < 9 { format!(", g{}", group + 1) } else { String::new() };
        writeln!(text, "identity {people}\ngroup g{group} = {people}{nested}\nroom room{group} at /s/{group}/**")
            .unwrap();
    }
    for network in 0..networks {
        let (high, low) = (network / 200, network % 200);
        let more = if network % 3 == 2 { format!(", n{}", network - 1) } else { String::new() };
        writeln!(text, "network n{network} = 10.{high}.{low}.0/24, 2001:db8:{network:x}::/48{more}").unwrap();
    }
    let mut files = MemoryFiles::new();
    if all {
        writeln!(text, "network blocked from \"blocked.txt\"\ndeny anyone from blocked").unwrap();
        let mut blocked = String::new();
        for prefix in 0..500_000_u32 {
            let [.., a, b, c] = prefix.to_be_bytes();
            writeln!(blocked, "{}.{b}.{c}.0/24", 20 + 3 * u32::from(a)).unwrap();
        }
        files = files.with("blocked.txt", blocked);
    }
    for rule in 0..rules {
        let mixed = rule.wrapping_mul(2_654_435_761) >> 7;
        let (group, room, network) = (rule % groups, mixed % rooms, (mixed >> 8) % networks);
        match rule % 20 {
            0 => writeln!(text, "deny g{group} from n{network}"),
            1..=6 => {
                let other = (group + 7) % groups;
                writeln!(
                    text,
                    "rule-{rule}: allow g{group}, g{other} to read room{room} from n{network} when time in 08:00..18:00"
                )
            }
            _ => writeln!(text, "allow g{group} to read, write /r/{rule}/** from n{network}"),
        }
        .unwrap();
    }
    (text, files)
}
