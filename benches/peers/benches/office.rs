//! *Office* at every size, decided by Doorward, by hand-written code and by the peers.
//!
//! Casbin, which tries every rule for every request, is left out from 100,000 rules on unless `DOORWARD_BENCH_ALL` is set.

use criterion::{Criterion, criterion_group, criterion_main};
use doorward_benches::cpu_time::CpuTime;
use doorward_benches::engine::{Doorward, DoorwardPrepared, DoorwardWithTerms, HandWritten, HandWrittenPrepared};
use doorward_benches::measure::{Pace, Stage, engine};
use doorward_benches::office::SIZES;
use doorward_peers::{Casbin, Cedar, Gatehouse, Regorus};

fn office(criterion: &mut Criterion<CpuTime>) {
    for rules in SIZES {
        let stage = Stage::new(rules);
        engine::<Doorward>(criterion, &stage, Pace::Quick);
        engine::<DoorwardPrepared>(criterion, &stage, Pace::Quick);
        engine::<HandWritten>(criterion, &stage, Pace::Quick);
        engine::<HandWrittenPrepared>(criterion, &stage, Pace::Quick);
        engine::<Gatehouse>(criterion, &stage, Pace::Quick);
        engine::<Regorus>(criterion, &stage, Pace::Quick);
        engine::<Cedar>(criterion, &stage, if rules < 10_000 { Pace::Quick } else { Pace::Slow(400) });
        if rules < 100_000 || std::env::var_os("DOORWARD_BENCH_ALL").is_some() {
            engine::<Casbin>(criterion, &stage, if rules < 1_000 { Pace::Quick } else { Pace::Slow(400) });
        }
    }
}

fn with_terms(criterion: &mut Criterion<CpuTime>) {
    for stage in SIZES.map(Stage::with_terms) {
        engine::<DoorwardWithTerms>(criterion, &stage, Pace::Quick);
        engine::<HandWritten>(criterion, &stage, Pace::Quick);
        engine::<HandWrittenPrepared>(criterion, &stage, Pace::Quick);
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = office, with_terms
}
criterion_main!(benches);
