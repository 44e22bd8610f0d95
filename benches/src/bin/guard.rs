//! Counts the instructions of ten decisions and a compilation, and compares them with the record in `guard.json`.
//!
//! ```text
//! cargo run --release -p doorward-benches --bin guard              # fails if one needs 3 % more than recorded
//! cargo run --release -p doorward-benches --bin guard -- --bless   # records what is counted
//! ```
//!
//! Callgrind counts each case in processes of its own, and no more of them than the rounds. Hash tables are seeded anew in
//! each process, which moves counts by up to 1 %, so the count is the median of several. Counts depend on the compiler, the C
//! library and the processor: where these are not the recorded ones, nothing fails.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use doorward::{Instant, Policy, Request, Subject};
use doorward_benches::example;
use doorward_benches::office::{Class, Office};
use doorward_benches::plain::Plain;
use serde_json::json;

/// How much more than recorded a case may take, in percent.
const TOLERANCE: f64 = 3.0;

/// How often each case is counted; odd.
const COUNTS: usize = 5;

const CASES: [&str; 11] = [
    "allow, a group from a network",
    "allow, a level, an age and the hours",
    "allow, an attribute of the room",
    "unauthenticated, anonymous",
    "unauthenticated, a step up",
    "forbidden, a denied network",
    "forbidden, an ambiguous path",
    "allow, 262 rules of Kubernetes",
    "unauthenticated, anonymous, 1,000 rules",
    "forbidden, known, 1,000 rules",
    "compile, the office of the examples",
];

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<ExitCode, Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["run", case, rounds] => {
            run(case, rounds.parse()?)?;
            Ok(ExitCode::SUCCESS)
        }
        [] => guard(false),
        ["--bless"] => guard(true),
        _ => Err("usage: guard [--bless]".into()),
    }
}

fn guard(bless: bool) -> Result<ExitCode, Failure> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("SKIPPED: there is no valgrind, so no instructions were counted");
        return Ok(ExitCode::SUCCESS);
    }
    let mut counts = BTreeMap::new();
    for case in CASES {
        let mut counted = (0..COUNTS).map(|_| count(case)).collect::<Result<Vec<u64>, _>>()?;
        counted.sort_unstable();
        let median = counted.get(COUNTS / 2).copied().unwrap_or_default();
        let spread = counted.last().zip(counted.first()).map_or(0.0, |(most, least)| percent(*least, *most));
        println!("{median:>12}  {case} (spread {spread:.2} %)");
        counts.insert(case, median);
    }
    let compiler = compiler()?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("guard.json");
    if bless {
        let record = json!({ "compiler": compiler, "instructions": counts });
        fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&record)?))?;
        println!("recorded for {compiler}");
        return Ok(ExitCode::SUCCESS);
    }
    compare(&serde_json::from_str(&fs::read_to_string(&path)?)?, &compiler, &counts)
}

fn compare(record: &serde_json::Value, compiler: &str, counts: &BTreeMap<&str, u64>) -> Result<ExitCode, Failure> {
    let recorded = |case: &str| record.pointer(&format!("/instructions/{case}")).and_then(serde_json::Value::as_u64);
    let (mut grown, mut shrunk) = (String::new(), String::new());
    for (case, count) in counts {
        let before = recorded(case).ok_or_else(|| format!("`{case}` is not recorded: run with --bless"))?;
        let change = percent(before, *count);
        let told = if change > TOLERANCE {
            &mut grown
        } else if change < -TOLERANCE {
            &mut shrunk
        } else {
            continue;
        };
        writeln!(told, "  {case}: {before} -> {count} ({change:+.1} %)")?;
    }
    if !shrunk.is_empty() {
        print!("fewer instructions than recorded; --bless would keep it so:\n{shrunk}");
    }
    let known = record.get("compiler").and_then(serde_json::Value::as_str).unwrap_or_default();
    if known != compiler {
        println!("NOT COMPARED: recorded with {known}, counted with {compiler}\n{grown}");
        return Ok(ExitCode::SUCCESS);
    }
    if grown.is_empty() {
        println!("no case needs {TOLERANCE} % more instructions than recorded");
        return Ok(ExitCode::SUCCESS);
    }
    print!("more instructions than recorded; if that is meant, run with --bless and say why:\n{grown}");
    Ok(ExitCode::FAILURE)
}

/// By how much the second number is more than the first, in percent.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn percent(before: u64, after: u64) -> f64 {
    (after as f64 / before.max(1) as f64 - 1.0) * 100.0
}

/// The instructions of one round of a case.
fn count(case: &str) -> Result<u64, Failure> {
    let rounds = if case.starts_with("compile") { 4 } else { 1_000 };
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*counted_rounds*"])
        .arg(env::current_exe()?)
        .args(["run", case, &rounds.to_string()])
        .output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("`{case}` failed:\n{told}").into());
    }
    let collected = told.lines().find_map(|line| line.split_once("Collected :")).map(|(_, count)| count.trim());
    let counted: u64 = collected.ok_or("valgrind tells no count")?.parse()?;
    if counted < rounds {
        return Err("valgrind did not find the rounds".into());
    }
    Ok(counted / rounds)
}

/// The compiler, the C library and the processor that counts depend on.
fn compiler() -> Result<String, Failure> {
    let rustc = env::var_os("RUSTC").map_or_else(|| PathBuf::from("rustc"), PathBuf::from);
    let version = String::from_utf8(Command::new(rustc).arg("--version").output()?.stdout)?;
    // The C library brings the copying and comparing of memory.
    let library = Command::new("getconf").arg("GNU_LIBC_VERSION").output().map(|output| output.stdout);
    let library = String::from_utf8(library.unwrap_or_default())?;
    // It chooses its instructions by the processor.
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let about = |name: &str| {
        let line = processors.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_once(':')).map_or("?", |(_, value)| value.trim()).to_owned()
    };
    let processor = format!("{} {}/{}", about("model name"), about("cpu family"), about("model\t"));
    Ok(format!("{}, {}, {processor}, {}", version.trim(), library.trim(), env::consts::OS))
}

/// One case, so many times.
fn run(case: &str, rounds: u64) -> Result<(), Failure> {
    if case.starts_with("compile") {
        Policy::from_file(example("office.door"))?;
        counted_rounds(rounds, &mut || drop(black_box(Policy::from_file(black_box(example("office.door"))))));
        return Ok(());
    }
    if case.ends_with("1,000 rules") {
        let office = Office::new(1_000);
        let asks = office.asks(&Plain::new(&office));
        let class =
            Class { anonymous: case.contains("anonymous"), status: if case.contains("forbidden") { 403 } else { 401 } };
        // Where a name stands in a table is drawn by lot for each process, which hundreds of them even out.
        let requests: Vec<_> =
            asks.iter().filter(|ask| ask.class() == class).take(500).map(|ask| ask.request()).collect();
        decide(&Policy::parse(&office.door())?, &requests, rounds, class.status)
    } else if case.contains("Kubernetes") {
        let text = fs::read_to_string(example("kubernetes/bootstrap.requests.jsonl"))?;
        let policy = Policy::from_file(example("kubernetes/bootstrap.door"))?;
        let mut requests = text.lines().map(serde_json::from_str::<Request<'_>>).collect::<Result<Vec<_>, _>>()?;
        requests.retain(|request| policy.verdict(request).is_allow());
        decide(&policy, &requests, rounds, 200)
    } else {
        let (request, status) = tour(case)?;
        decide(&Policy::from_file(example("office.door"))?, &[request], rounds, status)
    }
}

/// A request to the office of the examples, and the status that it gets.
fn tour(case: &str) -> Result<(Request<'static>, u16), Failure> {
    let (office, elsewhere) = ("10.0.0.7".parse()?, "203.0.113.9".parse()?);
    let at = Instant::parse("2026-11-23T10:00+01:00")?;
    let carol = |level: &'static str| Subject::known("carol").assurance(level).authenticated_at(at);
    let wiki = |subject: Subject<'static>| Request::new(subject, "GET", "/wiki/home").at(at);
    Ok(match case {
        "allow, a group from a network" => (wiki(Subject::known("alice").into()).address(office), 200),
        "allow, a level, an age and the hours" => {
            (Request::new(carol("mfa"), "POST", "/vault/7").address(office).at(at), 200)
        }
        "allow, an attribute of the room" => {
            let request = Request::new(Subject::known("bob"), "GET", "/docs/7").address(elsewhere).at(at);
            (request.room_attribute("owner", "bob").room_attribute("readers", "admins"), 200)
        }
        "unauthenticated, anonymous" => (wiki(Subject::Anonymous).address(office), 401),
        "unauthenticated, a step up" => {
            (Request::new(carol("password"), "POST", "/vault/7").address(office).at(at), 401)
        }
        "forbidden, a denied network" => (wiki(Subject::Anonymous).address("192.0.2.17".parse()?), 403),
        "forbidden, an ambiguous path" => {
            (Request::new(Subject::known("alice"), "GET", "/wiki/../vault/7").address(office).at(at), 403)
        }
        other => return Err(format!("there is no case `{other}`").into()),
    })
}

/// Decides the requests in turn.
fn decide(policy: &Policy, requests: &[Request<'_>], rounds: u64, status: u16) -> Result<(), Failure> {
    for request in requests {
        let told = policy.verdict(request).status();
        if told != status {
            return Err(format!("{told} instead of {status}").into());
        }
    }
    let mut turn = requests.iter().cycle();
    counted_rounds(rounds, &mut || {
        black_box(turn.next().map(|request| policy.verdict(black_box(request))));
    });
    Ok(())
}

/// The rounds. Callgrind knows them by the name of this function.
#[inline(never)]
fn counted_rounds(rounds: u64, round: &mut dyn FnMut()) {
    for _ in 0..rounds {
        round();
    }
}
