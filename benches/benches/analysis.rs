//! What it costs to ask about all requests, and how that grows: with the rules, the identities and the prefixes of a policy.
//!
//! `prove` is one assertion, `diff` compares with the same policy less its last rule, `deep` looks for all that is useless;
//! `who` asks about one room and `what` about one visitor, of a register that is ready. Policies are read and checked before
//! anything is measured. Data sets that are not beside the checkout are skipped, and it is said.

#![expect(clippy::unwrap_used, reason = "a benchmark without its data cannot go on")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};
use doorward::Policy;
use doorward_analysis::{Facts, Register, WhatQuestion, WhoQuestion, deep, diff, prove};
use doorward_benches::cpu_time::CpuTime;
use doorward_benches::example;
use doorward_benches::office::Office;
use doorward_tests::data::{shared, unpack};
use doorward_tests::rbac;

const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];

/// Measures the questions of a policy; `assertion` is one more line of it, and `less` the policy without something.
fn questions(criterion: &mut Criterion<CpuTime>, name: &str, text: &str, assertion: &str, less: &str) {
    let mut group = criterion.benchmark_group(name);
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_secs(1));
    group.bench_function("prove", |bencher| {
        let policy = Policy::parse(&format!("{text}\nassert {assertion}\n")).unwrap();
        let model = policy.model();
        let assertion = model.assertions.first().unwrap();
        bencher.iter(|| prove(black_box(model), assertion).unwrap().holds());
    });
    group.bench_function("diff", |bencher| {
        let (one, other) = (Policy::parse(text).unwrap(), Policy::parse(less).unwrap());
        bencher.iter(|| diff(black_box(one.model()), other.model()).unwrap().changes.len());
    });
    group.bench_function("deep", |bencher| {
        let policy = Policy::parse(text).unwrap();
        bencher.iter(|| deep(black_box(policy.model())).unwrap().len());
    });
    // One of the rooms and one of the people, in the middle.
    group.bench_function("who", |bencher| {
        let policy = Policy::parse(text).unwrap();
        let patterns = &policy.model().patterns;
        let path = patterns.get(patterns.len() / 2).unwrap().to_string().replace("/**", "/x").into();
        let (register, facts) = (Register::new(policy.model()), Facts::default());
        let question = WhoQuestion { action: "GET".into(), path, facts };
        bencher.iter(|| register.who(black_box(&question)).unwrap().rows.len());
    });
    group.bench_function("what", |bencher| {
        let policy = Policy::parse(text).unwrap();
        let people = &policy.model().identities;
        let name = people.get(people.len() / 2).map_or("somebody", |identity| identity.name.as_str());
        let (register, facts) = (Register::new(policy.model()), Facts::default());
        let question = WhatQuestion { identity: Some(name.into()), facts };
        bencher.iter(|| register.what(black_box(&question)).unwrap().rows.len());
    });
    group.finish();
}

/// The text without its last rule.
fn without_last_rule(text: &str) -> String {
    let end = text.rfind("\nallow ").unwrap_or(text.len());
    let (before, rule) = text.split_at(end);
    let rest = rule.split_inclusive('\n').skip(2).collect::<String>();
    format!("{before}\n{rest}")
}

fn rules(criterion: &mut Criterion<CpuTime>) {
    for size in SIZES {
        let text = Office::new(size).door();
        let less = without_last_rule(&text);
        questions(criterion, &format!("rules/{size}"), &text, "never anyone to use /nowhere/**", &less);
    }
}

/// Ten rules for as many groups of all identities.
fn identities(criterion: &mut Criterion<CpuTime>) {
    for size in SIZES {
        let mut text = String::new();
        for first in (0..size).step_by(10) {
            let names: Vec<String> = (first..size.min(first + 10)).map(|number| format!("u{number}")).collect();
            writeln!(text, "identity {}", names.join(", ")).unwrap();
        }
        for group in 0..10 {
            let names: Vec<String> = (group..size).step_by(group + 1).map(|number| format!("u{number}")).collect();
            let names = if names.is_empty() { "u0".to_owned() } else { names.join(", ") };
            writeln!(text, "group g{group} = {names}").unwrap();
        }
        for group in 0..10 {
            writeln!(text, "allow g{group} to read /r{}/**", group % 3).unwrap();
        }
        let less = without_last_rule(&text);
        questions(criterion, &format!("identities/{size}"), &text, "never anyone to write /r0/**", &less);
    }
}

/// Three networks of so many prefixes in all, some within others.
fn prefixes(criterion: &mut Criterion<CpuTime>) {
    for size in SIZES {
        let mut text = String::new();
        for network in 0..3usize {
            let prefix = |number: usize| format!("{}.{}.{}.0/24", 10 + network, number / 256 % 256, number % 256);
            let list: Vec<String> = (0..size.div_ceil(3)).map(|number| prefix(number * 2)).collect();
            writeln!(text, "network n{network} = {}", list.join(", ")).unwrap();
        }
        text.push_str("allow authenticated to read /a/** from n0, n1\nallow anyone to read /a/b from n1, n2\n");
        text.push_str("deny anyone from n2\nallow authenticated to read /b/** from n0\n");
        let less = without_last_rule(&text);
        questions(criterion, &format!("prefixes/{size}"), &text, "never anyone from n2", &less);
    }
}

/// The role models that grant the same, the tour's own assertions, and the roles of Kubernetes.
fn real(criterion: &mut Criterion<CpuTime>) {
    let mut group = criterion.benchmark_group("real");
    group.sampling_mode(SamplingMode::Flat).sample_size(10).measurement_time(Duration::from_secs(2));
    for name in ["hc", "domino", "fire1", "emea", "apj", "customer"] {
        let paths = ["obmd", "org_row"].map(|algorithm| shared(&format!("data/rbac/{name}_roles_{algorithm}.txt.gz")));
        let [Some(one), Some(other)] = paths else { continue };
        group.bench_function(format!("diff/{name}"), |bencher| {
            let [one, other] = [&one, &other].map(|path| Policy::parse(&rbac::policy(&unpack(path))).unwrap());
            bencher.iter(|| assert!(diff(one.model(), other.model()).unwrap().is_empty()));
        });
    }
    group.bench_function("prove/office", |bencher| {
        let policy = Policy::from_file(example("office.door")).unwrap();
        let model = policy.model();
        bencher.iter(|| model.assertions.iter().all(|assertion| prove(model, assertion).unwrap().holds()));
    });
    group.bench_function("deep/kubernetes", |bencher| {
        let policy = Policy::from_file(example("kubernetes/bootstrap.door")).unwrap();
        bencher.iter(|| deep(policy.model()).unwrap().len());
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = rules, identities, prefixes, real
}
criterion_main!(benches);
