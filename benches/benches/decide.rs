//! What a decision costs, from strings: the example policies before their request tables, by verdict.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark without its data cannot go on")]

use std::fs;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use doorward::{Policy, Request, Verdict};
use doorward_benches::cpu_time::CpuTime;
use doorward_benches::example;

/// The verdict alone, for each policy and each verdict that its table asks for; the time is that of the whole table.
fn verdicts(criterion: &mut Criterion<CpuTime>) {
    for name in [
        "office",
        "authzen/gateway",
        "authzen/todo",
        "authelia/network-acl",
        "authelia/standalone",
        "kubernetes/bootstrap",
        "rbac/domino",
        "rbac/hc",
    ] {
        let path = example(name);
        let policy = Policy::from_file(path.with_extension("door")).unwrap_or_else(|error| panic!("{error}"));
        let text = fs::read_to_string(path.with_extension("requests.jsonl")).unwrap();
        let requests: Vec<Request<'_>> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mut group = criterion.benchmark_group(name);
        for verdict in [Verdict::Allow, Verdict::Unauthenticated, Verdict::Forbidden] {
            let requests: Vec<&Request<'_>> =
                requests.iter().filter(|request| policy.verdict(request) == verdict).collect();
            if requests.is_empty() {
                continue;
            }
            group.throughput(Throughput::Elements(requests.len() as u64));
            group.bench_function(verdict.to_string(), |bencher| {
                bencher.iter(|| requests.iter().map(|request| black_box(policy.verdict(request)).status()).max());
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = verdicts
}
criterion_main!(benches);
