//! *Office* at every size, decided by Doorward and by hand-written code. The peers have a bench of the same name.

use criterion::{Criterion, criterion_group, criterion_main};
use doorward_benches::cpu_time::CpuTime;
use doorward_benches::engine::{Doorward, DoorwardPrepared, DoorwardWithTerms, HandWritten, HandWrittenPrepared};
use doorward_benches::measure::{Pace, Stage, engine};
use doorward_benches::office::SIZES;

fn without_terms(criterion: &mut Criterion<CpuTime>) {
    for stage in SIZES.map(Stage::new) {
        engine::<Doorward>(criterion, &stage, Pace::Quick);
        engine::<DoorwardPrepared>(criterion, &stage, Pace::Quick);
        engine::<HandWritten>(criterion, &stage, Pace::Quick);
        engine::<HandWrittenPrepared>(criterion, &stage, Pace::Quick);
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
    targets = without_terms, with_terms
}
criterion_main!(benches);
