//! Loads each engine at each size in a process of its own, and tells how long that took and what it holds.
//!
//! ```text
//! cargo run --release --manifest-path benches/peers/Cargo.toml --bin processes [-- RULES …]
//! ```
//!
//! Each line of `target/processes.jsonl` is one process: the processor time from source to engine, the bytes of the heap
//! that the engine keeps, the most that loading took beyond its source, and the resident set of the whole process, which
//! also holds the source and what made it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::{env, fs};

use cpu_time::ThreadTime;
use doorward_benches::engine::{Doorward, Engine, HandWritten};
use doorward_benches::office::{Office, SIZES};
use doorward_peers::{Casbin, Cedar, Gatehouse, Regorus};
use peak_alloc::PeakAlloc;
use serde_json::json;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

const ENGINES: [&str; 6] = ["doorward", "hand-written", "gatehouse", "regorus", "cedar", "casbin"];

/// How often each engine is loaded; odd.
const RUNS: usize = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [engine, rules] = arguments.as_slice()
        && ENGINES.contains(&engine.as_str())
    {
        println!("{}", one(engine, rules.parse().expect("a number of rules")));
        return ExitCode::SUCCESS;
    }
    let asked: Vec<usize> = arguments.iter().map(|rules| rules.parse().expect("a number of rules")).collect();
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target"), Into::into);
    fs::create_dir_all(&target).expect("the target folder");
    let mut out = fs::File::create(target.join("processes.jsonl")).expect("a file in the target folder");
    for rules in SIZES.into_iter().filter(|rules| asked.is_empty() || asked.contains(rules)) {
        for engine in ENGINES.into_iter().flat_map(|engine| [engine; RUNS]) {
            let own = env::current_exe().expect("this program");
            let run = Command::new(own).args([engine, &rules.to_string()]).output().expect("a process");
            assert!(run.status.success(), "{engine} at {rules} rules: {}", String::from_utf8_lossy(&run.stderr));
            print!("{}", String::from_utf8_lossy(&run.stdout));
            out.write_all(&run.stdout).expect("a file in the target folder");
        }
    }
    ExitCode::SUCCESS
}

fn one(engine: &str, rules: usize) -> serde_json::Value {
    match engine {
        "doorward" => load::<Doorward>(rules),
        "hand-written" => load::<HandWritten>(rules),
        "gatehouse" => load::<Gatehouse>(rules),
        "regorus" => load::<Regorus>(rules),
        "cedar" => load::<Cedar>(rules),
        _ => load::<Casbin>(rules),
    }
}

fn load<E: Engine>(rules: usize) -> serde_json::Value {
    let source = E::source(&Office::new(rules));
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    let start = ThreadTime::now();
    let engine = E::load(&source);
    let elapsed = start.elapsed();
    let (after, most) = (HEAP.current_usage(), HEAP.peak_usage());
    let told = json!({
        "engine": E::NAME,
        "rules": rules,
        "load_ns": u64::try_from(elapsed.as_nanos()).expect("less than centuries"),
        "heap_bytes": after.saturating_sub(before),
        "most_heap_bytes": most.saturating_sub(before),
        "resident_kib": status("VmRSS:"),
        "most_resident_kib": status("VmHWM:"),
    });
    drop(engine);
    told
}

/// A line of the process' status, in KiB; none where there is no `/proc`.
fn status(name: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    text.lines().find_map(|line| line.strip_prefix(name))?.trim().strip_suffix(" kB")?.parse().ok()
}
