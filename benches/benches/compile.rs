//! What it costs to read a policy: to parse its text, to check the tree, to compile the tree (checking it), to load it (all
//! of them), and to format it.
//!
//! The policies are two of the examples, and *office* from 10 to 100,000 rules.

#![expect(clippy::unwrap_used, reason = "a benchmark without its data cannot go on")]

use std::fs;
use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use doorward::{Folder, Policy};
use doorward_benches::cpu_time::CpuTime;
use doorward_benches::example;
use doorward_benches::office::{Office, SIZES};

fn examples(criterion: &mut Criterion<CpuTime>) {
    for name in ["office.door", "kubernetes/bootstrap.door", "rbac/hc.door"] {
        let path = example(name);
        let folder = Folder::new(path.parent().unwrap()).unwrap();
        stages(criterion, name, &folder, || fs::read_to_string(&path).unwrap());
    }
}

fn office(criterion: &mut Criterion<CpuTime>) {
    let folder = Folder::new(example(".")).unwrap();
    for rules in SIZES {
        stages(criterion, &format!("office/{rules}"), &folder, || Office::new(rules).door());
    }
}

/// Measures each stage for itself. What a filter leaves out is not even read.
fn stages(criterion: &mut Criterion<CpuTime>, name: &str, folder: &Folder, text: impl Fn() -> String) {
    let mut group = criterion.benchmark_group(name);
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(2));
    let read = || doorward_syntax::parse_named("policy.door", text(), folder);
    group.throughput(Throughput::Bytes(text().len() as u64));
    group.bench_function("parse", |bencher| {
        let text = text();
        bencher.iter(|| doorward_syntax::parse_named("policy.door", black_box(text.clone()), folder));
    });
    group.bench_function("check", |bencher| {
        let parsed = read();
        bencher.iter(|| doorward_model::check(black_box(&parsed.policy), parsed.sources.clone()));
    });
    group.bench_function("compile", |bencher| {
        let parsed = read();
        bencher.iter_batched(|| parsed.clone(), |parsed| Policy::compile(parsed).is_ok(), BatchSize::PerIteration);
    });
    group.bench_function("load", |bencher| {
        let text = text();
        bencher.iter(|| Policy::load("policy.door", black_box(text.clone()), folder).is_ok());
    });
    group.bench_function("format", |bencher| {
        let (parsed, text) = (read(), text());
        bencher.iter(|| parsed.policy.files.first().map(|file| doorward_syntax::print::format(black_box(file), &text)));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = examples, office
}
criterion_main!(benches);
