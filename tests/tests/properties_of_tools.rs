//! What holds between the parts: parser and printer, checker and engine, decisions and explanations, requests and their
//! texts, a policy and its classes of requests.

use std::borrow::Cow;
use std::collections::BTreeSet;

use doorward::{Clause, Instant, Policy, Request, Subject, Verdict};
use doorward_proptest::policy::{PolicyText, policy_with_files};
use doorward_proptest::{classes, expect_line, json};
use doorward_syntax::ast::{Name, Rule, Who};
use doorward_syntax::{Span, print};
use doorward_tests::compare::{Pair, config, for_requests, policies};
use doorward_tests::rewrite::{meaning, with_rule};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError};

/// How many requests each policy is tried with.
const REQUESTS: u32 = 12;

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

fn read(text: &PolicyText) -> Result<Option<Pair>, TestCaseError> {
    Pair::read(text).map_err(TestCaseError::fail)
}

/// Whether rules are asked about a known visitor: a name that is no identity's makes one rejected.
fn is_known(subject: &Subject<'_>) -> bool {
    matches!(subject, Subject::Known(known) if doorward::is_identity(&known.identity))
}

/// The rule without the clauses that failed, for the visitor before it; `None` where that is no rule.
fn repaired(rule: &Rule, failed: &[Clause], subject: &Subject<'_>) -> Option<Rule> {
    let mut rule = rule.clone();
    for clause in failed {
        match clause {
            Clause::Action => {
                let target = rule.target.as_mut()?;
                target.actions = vec![Name { text: "use".into(), quoted: false, span: Span::default() }];
            }
            Clause::Origins => rule.origins = None,
            Clause::Strength => rule.strength = None,
            Clause::Subjects => {
                rule.subjects.who = if is_known(subject) { Who::Authenticated } else { Who::Anyone };
                rule.subjects.except.clear();
            }
            Clause::Unless => rule.unless = None,
            Clause::When => rule.when = None,
            _ => return None,
        }
    }
    Some(rule)
}

/// What a policy says to a request, its words aside.
type Answer<'p> = (Verdict, u16, Vec<Cow<'p, str>>);

fn answer<'p>(policy: &'p Policy, request: &Request<'_>) -> Answer<'p> {
    let decision = policy.decide(request);
    (decision.verdict, decision.http_status, decision.rules)
}

proptest! {
    #![proptest_config(config())]

    /// What `explain` tells is what `decide` says.
    #[test]
    fn explanations_agree_with_decisions((source, seed) in policies()) {
        let Some(Pair { policy, .. }) = read(&source)? else { return Ok(()) };
        for_requests(&policy, seed, REQUESTS, |request| {
            let (decision, explanation) = (policy.decide(request), policy.explain(request));
            ensure(explanation.decision == decision, || format!("{decision:?}\n{explanation:?}"))?;
            let deciding: Vec<_> = explanation.deciding.iter().map(|rule| rule.rule.clone()).collect();
            ensure(deciding == decision.rules, || format!("{deciding:?}\n{decision:?}"))?;
            ensure(policy.verdict(request) == decision.verdict, || format!("{decision:?}"))?;
            let entered = decision.verdict == Verdict::Allow;
            ensure(!entered || explanation.near_misses.is_empty() && explanation.witness.is_none(), || {
                format!("{explanation:?}")
            })?;
            // No denies where it is allowed, and no rule both decides and misses.
            let denied = explanation.deciding.iter().any(|rule| rule.effect == "deny");
            ensure(!(entered && denied), || format!("{explanation:?}"))?;
            ensure(explanation.near_misses.iter().all(|miss| !miss.failures.is_empty()), || format!("{explanation:?}"))
        })?;
    }

    /// A near miss applies once the clauses that it is said to miss by are taken away, and not before.
    #[test]
    fn near_misses_can_be_repaired((source, seed) in policies()) {
        let Some(Pair { policy, tree, .. }) = read(&source)? else { return Ok(()) };
        for_requests(&policy, seed, 6, |request| {
            let explanation = policy.explain(request);
            // A rule's number in the order of the text: unlabelled rules have other names once the text is printed anew.
            let model = policy.model();
            let number = |name: &str| model.rules.iter().position(|rule| *model.rule_name(rule) == *name);
            for miss in &explanation.near_misses {
                let Some(number) = number(&miss.rule) else { return Err(format!("no rule is named {}", miss.rule)) };
                let failed: Vec<Clause> = miss.failures.iter().map(|failure| failure.clause).collect();
                let whole = with_rule(&source, &tree, number, |rule| repaired(rule, &failed, &request.subject));
                let Ok(Some(Pair { policy: mended, .. })) = Pair::read(&whole) else {
                    // An allow for anyone may not ask for the identity, and the mend may leave too much to claim.
                    continue;
                };
                let after = mended.explain(request);
                let mended_model = mended.model();
                let name = mended_model.rules.get(number).map(|rule| mended_model.rule_name(rule)).unwrap_or_default();
                let misses = after.near_misses.iter().any(|miss| miss.rule == name);
                ensure(!misses, || format!("`{name}` still misses: {after}\nin\n{whole}"))?;
                let open = after.decision.verdict == Verdict::Allow;
                let denied = after.deciding.iter().any(|rule| rule.effect == "deny");
                let rejected = !is_known(&request.subject) && request.subject != Subject::Anonymous;
                ensure(open || denied || rejected, || format!("`{name}` does not apply: {after}\nin\n{whole}"))?;
            }
            Ok(())
        })?;
    }

    /// Printing and reading again changes nothing but places and needless quotes.
    #[test]
    fn a_printed_policy_reads_the_same((source, _) in policies()) {
        let tree = |text: &str| doorward_syntax::parse(text).policy;
        let before = meaning(&source.parse().policy);
        // Statement by statement, and as `fmt` does it.
        let printed = source.map(|text| tree(text).statements().map(|one| print::statement(one) + "\n").collect());
        let formatted = source.map(|text| print::format(&tree(text).files[0], text));
        for rewritten in [printed, formatted] {
            let again = rewritten.parse();
            prop_assert!(!again.has_errors(), "{:?}\n{rewritten}", again.diagnostics);
            prop_assert_eq!(&before, &meaning(&again.policy), "{}", rewritten);
        }
    }

    /// What the checker accepts the engine compiles, but for the limits that are documented.
    #[test]
    fn what_is_checked_compiles(
        source in policy_with_files(1..12),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 1..4usize), 0..3),
    ) {
        // Whole words go missing or come twice, so that some of the results are still policies.
        let mut words: Vec<&str> = source.text.split_inclusive([' ', '\n']).collect();
        for (place, count) in cuts {
            let at = place.index(words.len());
            let end = (at + count).min(words.len());
            if count == 1 {
                words.insert(at, words[at]);
            } else if end - at < words.len() {
                words.drain(at..end);
            }
        }
        let source = PolicyText { text: words.concat(), files: source.files.clone() };
        let parsed = source.parse();
        if parsed.has_errors() {
            return Ok(());
        }
        let checked = doorward_model::check(&parsed.policy, parsed.sources.clone());
        let compiled = Policy::compile(parsed);
        match (checked.policy, compiled) {
            (Some(_), Ok(_)) | (None, Err(_)) => {}
            (None, Ok(_)) => prop_assert!(false, "compiled and not checked\n{source}"),
            (Some(_), Err(error)) => {
                let limits = ["too-many-free-tests", "too-many-room-classes"];
                let limited = error.diagnostics().iter().any(|found| limits.contains(&found.code));
                prop_assert!(limited, "{error}");
            }
        }
    }

    /// A request as JSON is read as the same request, whoever writes it.
    #[test]
    fn requests_survive_json((source, seed) in policies()) {
        let Some(Pair { policy, .. }) = read(&source)? else { return Ok(()) };
        for_requests(&policy, seed, REQUESTS, |request| {
            let ours: serde_json::Value = serde_json::from_str(&json(request)).map_err(|error| error.to_string())?;
            let theirs = serde_json::to_value(request).map_err(|error| error.to_string())?;
            ensure(ours == theirs, || format!("{ours}\n{theirs}"))?;
            let back: Request<'static> = serde_json::from_str(&json(request)).map_err(|error| error.to_string())?;
            ensure(policy.decide(&back) == policy.decide(request), || format!("{back:?}"))?;
            // Addresses are folded when they are read; all else comes back as it was.
            let again = serde_json::to_value(&back).map_err(|error| error.to_string())?;
            let folded = |mut value: serde_json::Value| {
                if let Some(from) = value.get_mut("from") {
                    *from = serde_json::Value::Null;
                }
                value
            };
            ensure(folded(again.clone()) == folded(theirs), || again.to_string())
        })?;
    }

    /// A request as an `expect` line, put into a `test` block of its policy, passes.
    #[test]
    fn requests_survive_as_expectations((source, seed) in policies()) {
        let Some(Pair { policy, .. }) = read(&source)? else { return Ok(()) };
        for_requests(&policy, seed, 6, |request| {
            let line = expect_line(&policy, request);
            if line.starts_with('#') || line.contains("  # but") {
                return Ok(());
            }
            let text = format!("{}\ntest \"pasted\" {{\n    {line}\n}}", source.text);
            let tested = PolicyText { text, ..source.clone() }.compile().map_err(|error| error.to_string())?;
            let now = request.time.unwrap_or(Instant::MAX);
            let outcome = tested.test(now).last().ok_or("no expectation was read")?;
            ensure(outcome.passed(), || format!("got {} for {:?}", outcome.verdict, outcome.request))
        })?;
    }
}

proptest! {
    #![proptest_config(Config { cases: 500, max_global_rejects: u32::MAX, ..config() })]

    /// Random requests get no answer that no representative of a class gets.
    #[test]
    fn classes_leave_nothing_out(source in policy_with_files(1..=2), seed in any::<u64>()) {
        let Some(Pair { policy, .. }) = read(&source)? else { return Ok(()) };
        let Some(classes) = classes(&policy).ok().filter(|classes| classes.count() <= 3_000) else {
            return Err(TestCaseError::reject("too many classes to try them all"));
        };
        let mut count = 0;
        let mut answers: BTreeSet<Answer<'_>> = BTreeSet::new();
        for asked in classes.iter() {
            count += 1;
            answers.insert(answer(&policy, &asked));
        }
        prop_assert_eq!(count, classes.count());
        for_requests(&policy, seed, 200, |request| {
            let answer = answer(&policy, request);
            ensure(answers.contains(&answer), || format!("{answer:?} of {} classes", classes.count()))
        })?;
    }
}
