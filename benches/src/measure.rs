//! How an engine is measured, the same for each.
//!
//! Names are `office/RULES/ENGINE`, `office by answer/RULES/ENGINE/WHO-STATUS`, `office with terms/RULES/ENGINE` and
//! `office load/RULES/ENGINE`; what a filter leaves out is not even made. One iteration is one decision; requests are taken
//! in turn, in random order.

use std::cell::OnceCell;
use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput};

use crate::cpu_time::CpuTime;
use crate::engine::{Engine, assert_agrees};
use crate::office::{Ask, Class, Office};
use crate::plain::Plain;

/// A site with its requests.
#[derive(Debug)]
pub struct Scene {
    /// The site.
    pub office: Office,
    /// Its requests, with the answers of hand-written code.
    pub asks: Vec<Ask>,
}

impl Scene {
    /// The scene without terms.
    #[must_use]
    pub fn new(rules: usize) -> Self {
        Self::of(Office::new(rules))
    }

    /// The scene with terms.
    #[must_use]
    pub fn with_terms(rules: usize) -> Self {
        Self::of(Office::with_terms(rules))
    }

    fn of(office: Office) -> Self {
        let asks = office.asks(&Plain::new(&office));
        Self { office, asks }
    }
}

/// A scene that is made when it is first asked for.
#[derive(Debug)]
pub struct Stage {
    rules: usize,
    terms: bool,
    scene: OnceCell<Scene>,
}

impl Stage {
    /// The stage without terms.
    #[must_use]
    pub fn new(rules: usize) -> Self {
        Self { rules, terms: false, scene: OnceCell::new() }
    }

    /// The stage with terms.
    #[must_use]
    pub fn with_terms(rules: usize) -> Self {
        Self { rules, terms: true, scene: OnceCell::new() }
    }

    fn scene(&self) -> &Scene {
        let make = if self.terms { Scene::with_terms } else { Scene::new };
        self.scene.get_or_init(|| make(self.rules))
    }

    fn name(&self) -> &'static str {
        if self.terms { "office with terms" } else { "office" }
    }

    /// Loads an engine and checks that it answers as hand-written code does.
    fn cast<E: Engine>(&self, pace: Pace) -> E {
        let scene = self.scene();
        let engine = E::load(&E::source(&scene.office));
        let checked = match pace {
            Pace::Quick => scene.asks.len(),
            Pace::Slow(requests) => requests.min(scene.asks.len()),
        };
        assert_agrees(&engine, scene.asks.iter().take(checked));
        println!("{}/{}/{} agrees on {checked} of {} requests", self.name(), self.rules, E::NAME, scene.asks.len());
        engine
    }
}

/// How long an engine takes, which says how often it can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Every request is checked, and then measured as usual.
    Quick,
    /// That many requests are checked, and few samples are taken.
    Slow(usize),
}

/// Measures an engine: decisions on all requests, decisions by who asks and what the answer is, and loading. What is slow
/// is measured on all requests alone.
pub fn engine<E: Engine>(criterion: &mut Criterion<CpuTime>, stage: &Stage, pace: Pace) {
    let cell = OnceCell::new();
    let engine = || cell.get_or_init(|| stage.cast::<E>(pace));
    let mut group = criterion.benchmark_group(format!("{}/{}", stage.name(), stage.rules));
    set_pace(&mut group, pace);
    run(&mut group, E::NAME, engine, || stage.scene().asks.iter());
    group.finish();
    if pace != Pace::Quick {
        return;
    }

    let mut group = criterion.benchmark_group(format!("{} by answer/{}/{}", stage.name(), stage.rules, E::NAME));
    set_pace(&mut group, pace);
    for (anonymous, status) in [(false, 200), (true, 200), (true, 401), (true, 403), (false, 403)] {
        // Only where rules have terms is there a known visitor who lacks no more than strength.
        let who = if anonymous { "anonymous" } else { "known" };
        let asks = || stage.scene().asks.iter().filter(|ask| ask.class() == Class { anonymous, status });
        run(&mut group, &format!("{who}-{status}"), engine, asks);
    }
    if stage.terms {
        let asks = || stage.scene().asks.iter().filter(|ask| ask.class() == Class { anonymous: false, status: 401 });
        run(&mut group, "known-401", engine, asks);
    }
    group.finish();

    let mut group = criterion.benchmark_group(format!("{} load/{}", stage.name(), stage.rules));
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_secs(2));
    group.bench_function(E::NAME, |bencher| {
        let source = E::source(&stage.scene().office);
        bencher.iter_with_large_drop(|| E::load(black_box(&source)));
    });
    group.finish();
}

fn run<'a, E: Engine + 'a, I: Iterator<Item = &'a Ask>>(
    group: &mut BenchmarkGroup<'_, CpuTime>,
    id: &str,
    engine: impl Fn() -> &'a E,
    asks: impl Fn() -> I,
) {
    group.throughput(Throughput::Elements(1));
    group.bench_function(id, |bencher| {
        let engine = engine();
        let asked = engine.ask_all(asks());
        let mut asked = asked.iter().cycle();
        bencher.iter(|| asked.next().map(|asked| engine.answer(black_box(asked))));
    });
}

fn set_pace(group: &mut BenchmarkGroup<'_, CpuTime>, pace: Pace) {
    match pace {
        Pace::Quick => {
            group.sample_size(30).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
        }
        Pace::Slow(_) => {
            group.sampling_mode(SamplingMode::Flat).sample_size(10);
            group.warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_secs(1));
        }
    }
}
