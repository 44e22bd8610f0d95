//! What is measured is what it is said to be: Doorward and hand-written code agree, and requests are mixed as documented.

use doorward_benches::engine::{Doorward, DoorwardWithTerms, Engine, HandWritten, HandWrittenPrepared, assert_agrees};
use doorward_benches::measure::Scene;
use doorward_benches::office::{ASKS, Ask, Office};

fn agrees<E: Engine>(scene: &Scene) {
    assert_agrees(&E::load(&E::source(&scene.office)), &scene.asks);
}

fn count(scene: &Scene, is: impl Fn(&Ask) -> bool) -> usize {
    scene.asks.iter().filter(|ask| is(ask)).count()
}

#[test]
fn engines_agree() {
    for rules in [10, 100, 1_000] {
        let scene = Scene::new(rules);
        assert_eq!(scene.office.rules.len(), rules);
        agrees::<Doorward>(&scene);
        agrees::<HandWritten>(&scene);
        agrees::<HandWrittenPrepared>(&scene);
        let scene = Scene::with_terms(rules);
        agrees::<DoorwardWithTerms>(&scene);
        agrees::<HandWrittenPrepared>(&scene);
    }
}

#[test]
fn half_is_allowed_and_a_third_is_anonymous() {
    let scene = Scene::new(100);
    assert_eq!(count(&scene, Ask::is_allowed), ASKS / 2);
    assert_eq!(count(&scene, |ask| ask.identity.is_none()), ASKS / 3);
    assert_eq!(count(&scene, |ask| ask.status == 401), 800);
}

#[test]
fn with_terms_every_allow_has_a_condition() {
    let office = Office::with_terms(1_000);
    assert!(office.rules.iter().all(|rule| rule.denies != rule.terms.is_some()));
    let step_up = count(&Scene::with_terms(1_000), |ask| ask.identity.is_some() && ask.status == 401);
    assert_eq!(step_up, 400);
}
