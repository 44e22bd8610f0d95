//! Who may do something, and what somebody may do: what is told of everybody is what the engine decides, and the conditions
//! that are told, read as rules, decide the same. What somebody is said to be let in to is where the engine lets them in.

use std::borrow::Cow;
use std::collections::BTreeSet;

use doorward::{Policy, Request, Subject};
use doorward_analysis::{
    Answered, Area, Facts, Ground, Part, People, WhatQuestion, WhatRow, Who, WhoQuestion, WhoRow, what, who,
};
use doorward_model::Policy as Model;
use doorward_model::ids::ActionId;
use doorward_model::path::Path;
use doorward_model::pattern::Pattern;
use doorward_model::request::is_identity;
use doorward_proptest::policy::PolicyText;
use doorward_syntax::ast::{self, SmolStr};
use doorward_syntax::print;
use doorward_tests::compare::{Pair, config_of, for_requests, lets_in, policies};
use doorward_tests::rewrite::with_rules;
use doorward_tests::share::{Share, over};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

/// How many requests each policy is tried with.
const REQUESTS: u32 = 12;

fn asked<'r>(request: &Request<'r>, facts: Facts<'r>) -> WhoQuestion<'r> {
    WhoQuestion { action: request.action.clone(), path: request.path.clone(), facts }
}

/// Whether a visitor is among people, by what is said of them.
fn is_among(policy: &Policy, people: &People, subject: &Subject<'_>) -> bool {
    let holds = |part: &Part| match (part, subject) {
        (Part::Anyone, Subject::Rejected) => false,
        (Part::Anyone, _) | (Part::Anonymous, Subject::Anonymous) | (Part::Rejected, Subject::Rejected) => true,
        (Part::Authenticated, Subject::Known(_)) => true,
        (Part::Identity(name), Subject::Known(known)) => **name == *known.identity,
        (Part::Group(name) | Part::Listed(name), Subject::Known(known)) => {
            let model = policy.model();
            let identity = model.identity(&known.identity).and_then(|id| model.identities.get(id.index()));
            let group = model.group(name);
            identity.zip(group).is_some_and(|(identity, group)| identity.groups.contains(&group))
        }
        _ => false,
    };
    people.who.iter().any(holds) && !people.except.iter().any(holds)
}

/// What is said of people is who they are.
fn are_told(policy: &Policy, people: &People) -> bool {
    let told = |name: &str| is_among(policy, people, &Subject::Known(doorward::Known::new(name)));
    let listed = |name: &str| people.identities.iter().any(|known| *known == name);
    policy.model().identities.iter().all(|identity| told(&identity.name) == listed(&identity.name))
        && told("nobody whom anybody knows") == people.undeclared
}

/// A visitor whose name can be nobody's is rejected.
fn subject<'r>(request: &Request<'r>) -> Subject<'r> {
    match &request.subject {
        Subject::Known(known) if !is_identity(&known.identity) => Subject::Rejected,
        subject => subject.clone(),
    }
}

fn answered(policy: &Policy, request: &Request<'_>) -> (u16, u16) {
    let decision = policy.decide(request);
    (decision.status, decision.http_status)
}

fn told(answered: Answered) -> (u16, u16) {
    (answered.status(), answered.http_status())
}

/// Everything that is known: the one row of the visitor has the engine's answer.
fn check_known(policy: &Policy, request: &Request<'_>) -> Result<(), String> {
    let Ok(found) = who(policy.model(), &asked(request, Facts::of(request))) else { return Ok(()) };
    let rows: Vec<&WhoRow<'_>> =
        found.rows.iter().filter(|row| is_among(policy, &row.people, &subject(request))).collect();
    let right = match rows.as_slice() {
        [row] => row.always && told(row.answered) == answered(policy, request),
        _ => false,
    };
    if right { Ok(()) } else { Err(format!("{:?}: {found:#?}", answered(policy, request))) }
}

/// Nothing is known, or something: the visitor's answer is among those told, examples are what they show, and people are
/// who they are said to be.
fn check_rows(policy: &Policy, request: &Request<'_>, found: &Who<'_>) -> Result<(), String> {
    let decided = answered(policy, request);
    let mut rows = found.rows.iter().filter(|row| is_among(policy, &row.people, &subject(request)));
    if !rows.any(|row| told(row.answered) == decided) {
        return Err(format!("{decided:?} is not told: {found:#?}"));
    }
    for row in &found.rows {
        let example = answered(policy, &row.example);
        if example != told(row.answered) || !is_among(policy, &row.people, &subject(&row.example)) {
            return Err(format!("{example:?} is shown by {row:#?}"));
        }
        if !are_told(policy, &row.people) {
            return Err(format!("not who they are: {:#?}", row.people));
        }
    }
    Ok(())
}

/// Conditions as clauses of a rule; `None` where the language has no such clause.
fn clauses(ground: &Ground<'_>) -> Option<String> {
    let (mut text, mut when) = (String::new(), Vec::new());
    for condition in &ground.conditions {
        let (keyword, rest) = condition.split_once(' ')?;
        let members = |list: &str| list.split(" or ").map(|name| format!("identity in {name}")).collect::<Vec<_>>();
        match keyword {
            "when" => when.push(format!("({rest})")),
            "unless" => when.push(format!("not ({rest})")),
            "as" => when.push(format!("({})", members(rest.strip_prefix("a member of ")?).join(" or "))),
            "not" => when.push(format!("not ({})", members(rest.strip_prefix("as a member of ")?).join(" or "))),
            _ => text.push_str(&format!(" {condition}")),
        }
    }
    if !when.is_empty() {
        text.push_str(&format!(" when {}", when.join(" and ")));
    }
    Some(text)
}

/// Rules that say what rows say of those who are let in; `None` where the language cannot.
fn as_rules(policy: &Policy, found: &Who<'_>) -> Option<String> {
    let model = policy.model();
    let mut rules = String::new();
    for row in found.rows.iter().filter(|row| row.answered == Answered::Allow) {
        let name = |part: &Part| match part {
            Part::Listed(_) | Part::Rejected => None,
            Part::Identity(name) => model.identity(name).map(|_| print::name(name)),
            part => Some(part.to_string()),
        };
        let except: Option<Vec<String>> = row.people.except.iter().map(name).collect();
        let except = except.filter(|names| !names.is_empty()).map_or_else(
            || row.people.except.is_empty().then(String::new),
            |names| Some(format!(" except {}", names.join(", "))),
        )?;
        for part in &row.people.who {
            // Nobody but the known are excepted, and the anonymous stand alone.
            let subjects = match part {
                Part::Anonymous => return None,
                part => format!("{}{except}", name(part)?),
            };
            for (effect, grounds) in [("allow", &row.grounds), ("deny", &row.unless)] {
                for ground in grounds {
                    for rule in &ground.rules {
                        // Of rules with several patterns that read rooms, each may have its own conditions.
                        if rule.targets.len() > 1 && !rule.room_attributes.is_empty() {
                            return None;
                        }
                        let target = model.clauses(rule).target.map_or("", |span| model.sources.slice(span));
                        rules.push_str(&format!("{effect} {subjects} {target} {}\n", clauses(ground)?));
                    }
                }
            }
        }
    }
    Some(rules)
}

fn check_conditions(
    text: &PolicyText,
    tree: &ast::Policy,
    policy: &Policy,
    request: &Request<'_>,
    found: &Who<'_>,
) -> Result<(), String> {
    let Some(rules) = as_rules(policy, found) else { return Ok(()) };
    let rewritten = with_rules(text, tree, &rules);
    let Some(other) = Pair::read(&rewritten)? else { return Ok(()) };
    if lets_in(policy, request) == lets_in(&other.policy, request) {
        return Ok(());
    }
    Err(format!("the conditions say {}:\n{rules}", lets_in(&other.policy, request)))
}

/// Some of what a request states, as the bits say.
fn some<'r>(request: &Request<'r>, bits: u64) -> Facts<'r> {
    let all = Facts::of(request);
    let bit = |number: u32| bits >> number & 1 == 1;
    Facts {
        address: all.address.filter(|_| bit(0)),
        time: all.time.filter(|_| bit(1)),
        assurance: all.assurance.filter(|_| bit(2)),
        age: all.age.filter(|_| bit(1) && bit(3)),
        groups: all.groups.filter(|_| bit(4)),
        attributes: if bit(5) { all.attributes } else { Vec::new() },
        context: if bit(6) { all.context } else { Vec::new() },
        room_attributes: if bit(7) { all.room_attributes } else { Vec::new() },
        complete: false,
    }
}

/// How a policy calls a path: by its rooms, or by the patterns that hold it and none of the others that hold it.
fn calls<'m>(model: &'m Model, path: &Path<'_>) -> BTreeSet<Cow<'m, str>> {
    let all = || model.patterns.iter().enumerate().filter(|(_, pattern)| pattern.matches(path.segments()));
    let closest = all().filter(|(_, own)| !all().any(|(_, other)| own.covers(other) && !other.covers(own)));
    let mut calls = BTreeSet::new();
    for (index, pattern) in closest {
        let rooms = model.rooms.iter().filter(|room| room.patterns.iter().any(|own| own.index() == index));
        let names: Vec<Cow<'_, str>> = rooms.map(|room| Cow::Borrowed(&*room.name)).collect();
        let pattern = names.is_empty().then(|| Cow::Owned(pattern.to_string()));
        calls.extend(names.into_iter().chain(pattern));
    }
    if calls.is_empty() {
        calls.insert("other paths".into());
    }
    calls
}

/// Whether a path is in an area, by what is said of it.
fn is_in(model: &Model, area: &Area, path: &Path<'_>) -> bool {
    let fits = |text: &String| Pattern::parse(text).is_ok_and(|pattern| pattern.matches(path.segments()));
    let named: BTreeSet<Cow<'_, str>> = area.rooms.iter().map(|name| name.as_str().into()).collect();
    calls(model, path) == named && area.at.iter().all(fits) && !area.except.iter().any(fits)
}

/// Whether a rule with those actions would cover another one, for all of the methods that it stands for.
fn covers(model: &Model, actions: &[SmolStr], action: &str) -> bool {
    let action = if action == "HEAD" { "GET" } else { action };
    let Some(id) = model.action(action) else { return false };
    let held = |wanted: ActionId| {
        actions.iter().filter_map(|name| model.action(name)).any(|listed| {
            listed == wanted || model.actions.get(listed.index()).is_some_and(|it| it.methods.contains(&wanted))
        })
    };
    let methods = model.actions.get(id.index()).map_or(&[][..], |it| &it.methods);
    let all = !methods.is_empty() && methods.iter().all(|method| held(*method));
    actions.iter().any(|name| *name == "use") || held(id) || all
}

/// Whether a request is one that a row is about.
fn is_of(model: &Model, row: &WhatRow<'_>, request: &Request<'_>) -> bool {
    let Ok(path) = Path::parse(&request.path) else { return false };
    let here = row.rooms.is_empty() || row.rooms.iter().any(|area| is_in(model, area, &path));
    here && covers(model, &row.actions, &request.action)
}

/// What somebody may do has everything that the engine lets them do, where and with what it does; and what is said to be
/// so always, is.
fn check_what(policy: &Policy, request: &Request<'_>, facts: Facts<'_>) -> Result<(), String> {
    let identity = match subject(request) {
        Subject::Known(known) => Some(known.identity),
        Subject::Anonymous => None,
        Subject::Rejected => return Ok(()),
    };
    let Ok(found) = what(policy.model(), &WhatQuestion { identity, facts }) else { return Ok(()) };
    let decided = answered(policy, request);
    let rows: Vec<&WhatRow<'_>> = found.rows.iter().filter(|row| is_of(policy.model(), row, request)).collect();
    if decided.0 != found.rest && !rows.iter().any(|row| told(row.answered) == decided) {
        return Err(format!("{decided:?} is not told: {found:#?}"));
    }
    // The name of an action with methods stands for those of them that no other row tells more of.
    let action = if request.action == "HEAD" { "GET" } else { &*request.action };
    let by_itself = |row: &WhatRow<'_>| row.actions.iter().any(|name| *name == action || *name == "use");
    let is_told = rows.iter().any(|row| told(row.answered) == decided);
    let contradicts = |row: &&&WhatRow<'_>| row.always && told(row.answered) != decided && (by_itself(row) || !is_told);
    if let Some(row) = rows.iter().find(contradicts) {
        return Err(format!("{decided:?} is told otherwise: {row:#?}"));
    }
    for row in &found.rows {
        let example = answered(policy, &row.example);
        if example != told(row.answered) || !is_of(policy.model(), row, &row.example) {
            return Err(format!("{example:?} is shown by {row:#?}"));
        }
    }
    Ok(())
}

fn read(text: &PolicyText) -> Result<Option<Pair>, TestCaseError> {
    Pair::read(text).map_err(TestCaseError::fail)
}

proptest! {
    #![proptest_config(config_of(400))]

    #[test]
    fn everybody_gets_what_is_told((text, seed) in policies()) {
        let Some(pair) = read(&text)? else { return Ok(()) };
        let mut number = seed;
        for_requests(&pair.policy, seed, REQUESTS, |request| {
            check_known(&pair.policy, request)?;
            number = number.rotate_left(8);
            for facts in [Facts::default(), some(request, number)] {
                let Ok(found) = who(pair.policy.model(), &asked(request, facts)) else { continue };
                check_rows(&pair.policy, request, &found)?;
                check_conditions(&text, &pair.tree, &pair.policy, request, &found)?;
            }
            Ok(())
        })?;
    }

    #[test]
    fn somebody_may_do_what_is_told((text, seed) in policies()) {
        let Some(pair) = read(&text)? else { return Ok(()) };
        let mut number = seed;
        for_requests(&pair.policy, seed, 3, |request| {
            number = number.rotate_left(8);
            check_what(&pair.policy, request, Facts::default())?;
            check_what(&pair.policy, request, some(request, number))
        })?;
    }
}

/// What is answered is compared above; a question without an answer is not.
#[test]
fn most_questions_are_answered() {
    let (mut complete, mut open, mut listed) = (Share::default(), Share::default(), Share::default());
    over(30, |text, seed| {
        let Some(pair) = complete.need(read(text)?) else { return Ok(()) };
        let model = pair.policy.model();
        for_requests(&pair.policy, seed, 3, |request| {
            for (share, facts) in [(&mut complete, Facts::of(request)), (&mut open, Facts::default())] {
                if share.need(who(model, &asked(request, facts)).ok()).is_some() {
                    share.done();
                }
            }
            let identity = match subject(request) {
                Subject::Known(known) => Some(known.identity),
                Subject::Anonymous | Subject::Rejected => None,
            };
            if listed.need(what(model, &WhatQuestion { identity, facts: Facts::default() }).ok()).is_some() {
                listed.done();
            }
            Ok(())
        })
    });
    [complete, open, listed].into_iter().for_each(|share| share.at_least(90));
}
