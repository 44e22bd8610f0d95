//! What always holds, by the language's reference: eight properties over generated policies and the requests that matter
//! to them.

use doorward::{Policy, Request, Subject, Verdict};
use doorward_model::expr::{Expr, TestKind};
use doorward_proptest::policy::{PolicyText, policy_with_files, with_comments};
use doorward_syntax::ast::{Answer, Effect};
use doorward_syntax::{Parsed, print};
use doorward_tests::compare::{Pair, config, for_requests, policies};
use doorward_tests::rewrite::{rules, text, turned, with_rule};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// How many requests each policy is tried with.
const REQUESTS: u32 = 12;

/// Fails with two verdicts that do not go together.
fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

/// A policy that was rewritten from one without errors. Only what a visitor could claim may have become too much.
fn rewritten(text: &PolicyText) -> Result<Option<Policy>, TestCaseError> {
    Ok(Pair::read(text).map_err(TestCaseError::fail)?.map(|pair| pair.policy))
}

fn read(text: &PolicyText) -> Result<Option<Pair>, TestCaseError> {
    Pair::read(text).map_err(TestCaseError::fail)
}

/// The strongest that the visitor can be: the highest level, authenticated at the request's time.
fn strongest(policy: &Policy, request: &Request<'static>) -> Request<'static> {
    let mut stronger = request.clone();
    if let Subject::Known(known) = &mut stronger.subject {
        known.assurance = policy.model().levels.last().map(|level| level.name.to_string().into());
        known.authenticated_at = request.time;
    }
    stronger
}

fn asks_for_absence(policy: &Policy) -> bool {
    fn has(expr: &Expr) -> bool {
        match expr {
            Expr::All(parts) | Expr::Any(parts) => parts.iter().any(has),
            Expr::Not(inner) => has(inner),
            Expr::Test(test) => matches!(test.kind, TestKind::Has(_)),
        }
    }
    policy.model().rules.iter().flat_map(|rule| rule.when.iter().chain(&rule.unless)).any(|condition| has(condition))
}

/// The request without one thing that can be left out, for each such thing, and without all of them.
fn lessened(request: &Request<'static>) -> Vec<Request<'static>> {
    let mut less = Vec::new();
    let mut without = |change: &dyn Fn(&mut Request<'static>)| {
        let mut lessened = request.clone();
        change(&mut lessened);
        less.push(lessened);
    };
    without(&|request| request.address = None);
    for index in 0..request.room_attributes.len() {
        without(&|request| _ = request.room_attributes.remove(index));
    }
    for index in 0..request.context.len() {
        without(&|request| _ = request.context.remove(index));
    }
    if let Subject::Known(known) = &request.subject {
        let change = |request: &mut Request<'static>, change: &dyn Fn(&mut doorward::Known<'static>)| {
            if let Subject::Known(known) = &mut request.subject {
                change(known);
            }
        };
        without(&|request| change(request, &|known| known.assurance = None));
        without(&|request| change(request, &|known| known.authenticated_at = None));
        for index in 0..known.attributes.len() {
            without(&|request| change(request, &|known| _ = known.attributes.remove(index)));
        }
    }
    let mut bare = request.clone();
    bare.address = None;
    bare.room_attributes.clear();
    bare.context.clear();
    if let Subject::Known(known) = &mut bare.subject {
        known.assurance = None;
        known.authenticated_at = None;
        known.attributes.clear();
    }
    less.push(bare);
    less
}

proptest! {
    #![proptest_config(config())]

    /// A 401 has a witness, who is let in; a 403 has none, and nobody that is drawn for it is let in either.
    #[test]
    fn a_401_is_a_promise((text, seed) in policies()) {
        let Some(Pair { policy, .. }) = read(&text)? else { return Ok(()) };
        let plain = policy.model().answers.iter().all(|answer| *answer == Answer::RejectedAsAnonymous);
        let absence = asks_for_absence(&policy);
        let mut others: Vec<Subject<'static>> = Vec::new();
        for_requests(&policy, seed, REQUESTS, |request| {
            let explanation = policy.explain(request);
            let verdict = explanation.decision.verdict;
            if let Some(witness) = &explanation.witness {
                let stronger = Request { subject: witness.subject.clone(), ..request.clone() };
                ensure(policy.verdict(&stronger) == Verdict::Allow, || format!("{witness:?} is not let in"))?;
            }
            if plain {
                let promised = verdict == Verdict::Unauthenticated;
                ensure(promised == explanation.witness.is_some(), || format!("{verdict}: {:?}", explanation.witness))?;
            }
            if plain && verdict == Verdict::Forbidden {
                ensure(policy.verdict(&strongest(&policy, request)) != Verdict::Allow, || "strength helps".to_owned())?;
                // A visitor who lacks a required attribute is none that there could be, and only `has` tells.
                if !absence && !matches!(request.subject, Subject::Known(_)) {
                    for subject in &others {
                        let other = strongest(&policy, &Request { subject: subject.clone(), ..request.clone() });
                        ensure(policy.verdict(&other) != Verdict::Allow, || format!("{subject:?} is let in"))?;
                    }
                }
            }
            others.push(request.subject.clone());
            Ok(())
        })?;
    }

    /// What is left out never opens a door, unless a rule asks for absence.
    #[test]
    fn doors_are_closed((text, seed) in policies()) {
        let Some(Pair { policy, .. }) = read(&text)? else { return Ok(()) };
        let empty = Policy::parse("").map_err(|error| TestCaseError::fail(error.to_string()))?;
        let absence = asks_for_absence(&policy);
        for_requests(&policy, seed, REQUESTS, |request| {
            ensure(empty.verdict(request) == Verdict::Forbidden, || "the empty policy lets in".to_owned())?;
            if absence || policy.verdict(request) == Verdict::Allow {
                return Ok(());
            }
            lessened(request).iter().try_for_each(|less| {
                ensure(policy.verdict(less) != Verdict::Allow, || format!("let in as {}", doorward_proptest::json(less)))
            })
        })?;
    }

    /// One more deny lets nobody in, and one more allow keeps nobody out.
    #[test]
    fn a_deny_never_opens_and_an_allow_never_closes((source, seed) in policies(), which in any::<prop::sample::Index>()) {
        let Some(Pair { policy: with, tree, .. }) = read(&source)? else { return Ok(()) };
        let count = rules(&tree).count();
        let number = which.index(count);
        let Some(effect) = rules(&tree).nth(number).map(|rule| rule.effect) else { return Ok(()) };
        let Some(without) = rewritten(&with_rule(&source, &tree, number, |_| None))? else { return Ok(()) };
        for_requests(&with, seed, REQUESTS, |request| {
            let (before, after) = (without.verdict(request), with.verdict(request));
            let holds = match effect {
                Effect::Allow => before != Verdict::Allow || after == Verdict::Allow,
                Effect::Deny => after != Verdict::Allow || before == Verdict::Allow,
            };
            ensure(holds, || format!("rule {number} turns {before} into {after}"))
        })?;
    }

    /// The order of statements and of the items of lists changes nothing.
    #[test]
    fn order_is_nothing((source, seed) in policies(), turn in 0..12usize) {
        let Some(Pair { policy, tree, .. }) = read(&source)? else { return Ok(()) };
        let turned_text = turned(&source, &tree, turn);
        let Some(turned) = rewritten(&turned_text)? else { return Ok(()) };
        for_requests(&policy, seed, REQUESTS, |request| {
            let (left, right) = (policy.decide(request), turned.decide(request));
            let same = left.verdict == right.verdict
                && left.http_status == right.http_status
                && left.challenges == right.challenges
                && left.rules.len() == right.rules.len();
            ensure(same, || format!("{left:?}\n{right:?}\n{turned_text}"))
        })?;
    }

    /// A higher level or a fresher authentication never loses access.
    #[test]
    fn stepping_up_never_hurts((text, seed) in policies()) {
        let Some(Pair { policy, .. }) = read(&text)? else { return Ok(()) };
        let levels = &policy.model().levels;
        for_requests(&policy, seed, REQUESTS, |request| {
            let Subject::Known(known) = &request.subject else { return Ok(()) };
            if policy.verdict(request) != Verdict::Allow {
                return Ok(());
            }
            let own = known.assurance.as_ref().and_then(|level| policy.model().level_names.get(&**level).copied());
            let age = request.time.zip(known.authenticated_at).and_then(|(now, then)| now.nanoseconds_since(then));
            for level in levels.iter().skip(own.map_or(0, |level| level.index())) {
                for share in [1, 2, 1_000_000] {
                    let mut stronger = known.clone();
                    stronger.assurance = Some(level.name.to_string().into());
                    let fresher = age.zip(request.time).and_then(|(age, now)| {
                        let age = i128::try_from(age / share).ok()?;
                        doorward::Instant::from_nanoseconds(now.as_nanoseconds() - age)
                    });
                    stronger.authenticated_at = fresher.or(request.time);
                    let stronger = Request { subject: Subject::Known(stronger), ..request.clone() };
                    ensure(policy.verdict(&stronger) == Verdict::Allow, || doorward_proptest::json(&stronger))?;
                }
            }
            Ok(())
        })?;
    }

    /// Formatting is idempotent, keeps every comment, and changes no decision.
    #[test]
    fn formatted_text_is_faithful(
        (source, seed) in policies(),
        places in prop::collection::vec(prop::bool::weighted(0.2), 1..40),
    ) {
        let source = source.map(|text| with_comments(text, &places));
        let parsed = source.parse();
        prop_assert!(!parsed.has_errors(), "{:?}\n{source}", parsed.diagnostics);
        let format = |text: &str| print::format(&doorward_syntax::parse(text).policy.files[0], text);
        let formatted = source.map(format);
        let again = formatted.parse();
        prop_assert!(!again.has_errors(), "{:?}\n{formatted}", again.diagnostics);
        prop_assert_eq!(&formatted.map(format), &formatted);
        let comments = |parsed: &Parsed| {
            let comments = parsed.policy.files.iter().flat_map(|file| &file.comments);
            let mut comments: Vec<String> = comments.map(|comment| comment.text.clone()).collect();
            comments.sort();
            comments
        };
        prop_assert_eq!(comments(&parsed), comments(&again), "{}", formatted);
        let (Some(before), Some(after)) = (read(&source)?, read(&formatted)?) else { return Ok(()) };
        for_requests(&before.policy, seed, REQUESTS, |request| {
            let (left, right) = (before.policy.decide(request), after.policy.decide(request));
            let same = left.verdict == right.verdict && left.http_status == right.http_status;
            ensure(same && left.because == right.because, || format!("{left:?}\n{right:?}\n{formatted}"))
        })?;
    }

    /// An IPv4 address and its IPv4-mapped IPv6 form decide alike.
    #[test]
    fn mapped_addresses_are_the_same((text, seed) in policies()) {
        let Some(Pair { policy, .. }) = read(&text)? else { return Ok(()) };
        for_requests(&policy, seed, REQUESTS, |request| {
            let mapped = match request.address.map(|address| address.to_canonical()) {
                Some(std::net::IpAddr::V4(v4)) => std::net::IpAddr::V6(v4.to_ipv6_mapped()),
                _ => return Ok(()),
            };
            let plain = Request { address: Some(mapped.to_canonical()), ..request.clone() };
            let mapped = Request { address: Some(mapped), ..request.clone() };
            ensure(policy.decide(&plain) == policy.decide(&mapped), || format!("{:?}", policy.decide(&mapped)))?;
            let (left, right) = (policy.explain(&plain), policy.explain(&mapped));
            ensure(left == right, || format!("{left:?}\n{right:?}"))
        })?;
    }

    /// Broken policies are told apart from whole ones, and broken requests are decided: nothing panics.
    #[test]
    fn everything_gets_an_answer(
        source in policy_with_files(1..=6),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4),
        path in any::<String>(),
        action in any::<String>(),
        name in any::<String>(),
    ) {
        let mut characters: Vec<char> = source.text.chars().collect();
        for (from, to) in cuts {
            let (from, to) = (from.index(characters.len()), to.index(characters.len()));
            let piece: Vec<char> = characters[from.min(to)..from.max(to)].iter().take(20).copied().collect();
            if from < to {
                characters.splice(from..(from + piece.len()), std::iter::empty());
            } else {
                characters.splice(from..from, piece);
            }
            if characters.is_empty() {
                break;
            }
        }
        let broken = PolicyText { text: characters.into_iter().collect(), ..source.clone() };
        let policy = broken.compile().or_else(|_| source.compile());
        let Ok(policy) = policy else { return Ok(()) };
        let request = Request::new(Subject::known(name), action, path);
        prop_assert_eq!(policy.explain(&request).decision, policy.decide(&request));
    }
}

/// Statements print one by one to a text that reads as the same policy.
#[test]
fn statements_print_one_by_one() {
    let tree = doorward_syntax::parse("allow anyone to read / # here\ndeny anyone from 10.0.0.0/8").policy;
    assert_eq!(text(tree.statements()), "allow anyone to read /\ndeny anyone from 10.0.0.0/8\n");
}
