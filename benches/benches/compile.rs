//! What it costs to read a policy: text to tree, tree to checked policy, and both to a ready engine; and to format it.

#![expect(clippy::unwrap_used, reason = "a benchmark without its data cannot go on")]

use std::fs;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use doorward::{Folder, Policy};
use doorward_benches::example;

fn stages(criterion: &mut Criterion) {
    for name in ["office.door", "kubernetes/bootstrap.door"] {
        let path = example(name);
        let text = fs::read_to_string(&path).unwrap();
        let folder = Folder::new(path.parent().unwrap()).unwrap();
        let parsed = doorward_syntax::parse_named("policy.door", text.clone(), &folder);
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function("parse", |bencher| {
            bencher.iter(|| doorward_syntax::parse_named("policy.door", black_box(text.clone()), &folder));
        });
        group.bench_function("check", |bencher| {
            bencher.iter(|| doorward_model::check(black_box(&parsed.policy), parsed.sources.clone()));
        });
        group.bench_function("compile", |bencher| {
            bencher.iter(|| Policy::load("policy.door", black_box(text.clone()), &folder).is_ok());
        });
        group.bench_function("format", |bencher| {
            bencher.iter(|| {
                parsed.policy.files.first().map(|file| doorward_syntax::print::format(black_box(file), &text))
            });
        });
        group.finish();
    }
}

criterion_group!(benches, stages);
criterion_main!(benches);
