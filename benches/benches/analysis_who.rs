//! What it costs to say who may do something, and what somebody may do, where ten thousand people have three hundred roles.
//!
//! The policy is the role model of *customer*, read and checked before anything is measured. `register` is what a policy is
//! made ready by, once; `who` and `what` are one question each, of a register that is ready, every room and every hundredth
//! visitor in turn; `who at once` makes the register, too.

#![expect(clippy::unwrap_used, reason = "a benchmark without its data cannot go on")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use doorward::Policy;
use doorward_analysis::{Facts, Register, WhatQuestion, WhoQuestion};
use doorward_benches::cpu_time::CpuTime;
use doorward_tests::data::{shared, unpack};
use doorward_tests::rbac;

fn customer(criterion: &mut Criterion<CpuTime>) {
    let Some(path) = shared("data/rbac/customer_roles_obmd.txt.gz") else { return };
    let policy = Policy::parse(&rbac::policy(&unpack(&path))).unwrap();
    let model = policy.model();
    let rooms = model.rooms.iter().map(|room| WhoQuestion {
        action: "GET".into(),
        path: room.name.replacen('p', "/p/", 1).into(),
        facts: Facts::default(),
    });
    let visitors = model
        .identities
        .iter()
        .step_by(100)
        .map(|identity| WhatQuestion { identity: Some(identity.name.as_str().into()), facts: Facts::default() });
    let register = Register::new(model);
    let mut group = criterion.benchmark_group("customer");
    group.sample_size(20);
    group.bench_function("register", |bencher| bencher.iter(|| Register::new(black_box(model))));
    group.bench_function("who", |bencher| {
        let mut asked = rooms.clone().cycle();
        bencher.iter(|| register.who(&asked.next().unwrap()).unwrap());
    });
    group.bench_function("who at once", |bencher| {
        let mut asked = rooms.clone().cycle();
        bencher.iter(|| doorward_analysis::who(model, &asked.next().unwrap()).unwrap());
    });
    group.bench_function("what", |bencher| {
        let mut asked = visitors.clone().cycle();
        bencher.iter(|| register.what(&asked.next().unwrap()).unwrap());
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = customer
}
criterion_main!(benches);
