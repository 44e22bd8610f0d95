//! The suite in `test_data`: policies with what is said of them beside.
//!
//! `ok` says nothing, `warn` gives a policy and warnings, `err` gives none. `UPDATE_EXPECT=1` rewrites what is expected.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use doorward_syntax::ast::AssertionKind::{Always, Never, Only};
use doorward_syntax::render::{Style, render};
use doorward_syntax::{MemoryFiles, Outline, Severity, parse_named};

use super::networks::size;
use super::{Checked, check, check_outline, check_owned};
use crate::address::{Prefix, PrefixSet};
use crate::expr::{Expr, Operand, Order, Reference, Set, TestKind, Value};
use crate::ids::{AttributeId, GroupId, LevelId};
use crate::instant::Instant;
use crate::policy::Policy;
use crate::request::Subject;
use crate::rule::{Members, RoomBinding, Strength, Who};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("test_data").join(name)
}

fn texts(folder: &Path) -> Vec<(String, PathBuf, String)> {
    let mut texts: Vec<(String, PathBuf, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), path.clone(), fs::read_to_string(path).unwrap())
        })
        .collect();
    texts.sort();
    texts
}

fn suite(name: &str, fits: fn(usize, usize) -> bool) {
    let files = texts(&folder("files")).into_iter();
    let loader = files.fold(MemoryFiles::new(), |loader, (name, _, text)| loader.with(name, text));
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut wrong = Vec::new();
    for (file, path, text) in texts(&folder(name)).into_iter().filter(|(file, ..)| file.ends_with(".door")) {
        let parsed = parse_named(&file, text, &loader);
        let said = render(&parsed.diagnostics, &parsed.sources, Style::Plain);
        if parsed.has_errors() {
            wrong.push(format!("{name}/{file} cannot be read:\n{said}"));
            continue;
        }
        let checked = check(&parsed.policy, parsed.sources.clone());
        let owned = check_owned(parsed.policy.clone(), parsed.sources.clone());
        let rules = |checked: &Checked| checked.policy.as_ref().map(|policy| policy.rules.clone());
        assert_eq!((&owned.diagnostics, rules(&owned)), (&checked.diagnostics, rules(&checked)));
        let outline = Outline::new(&file, parsed.sources.files()[0].text.clone(), &loader).unwrap();
        let outlined = check_outline(outline).unwrap();
        assert_eq!((&outlined.diagnostics, rules(&outlined)), (&checked.diagnostics, rules(&checked)));
        let people = |checked: &Checked| {
            checked.policy.as_ref().map(|policy| (policy.groups.clone(), policy.identities.to_vec()))
        };
        assert_eq!(people(&outlined), people(&checked));
        let errors = checked.diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
        let said = render(&checked.diagnostics, &parsed.sources, Style::Plain);
        let expected_path = path.with_extension("txt");
        if update && !said.is_empty() {
            fs::write(&expected_path, &said).unwrap();
        }
        let expected = fs::read_to_string(&expected_path).unwrap_or_default();
        let sound = fits(errors, checked.diagnostics.len() - errors) && checked.policy.is_some() == (errors == 0);
        if said != expected || !sound {
            wrong.push(format!("--- {name}/{file}\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sound_policies_are_left_in_peace() {
    suite("ok", |errors, warnings| errors == 0 && warnings == 0);
}

#[test]
fn useless_text_is_warned_of() {
    suite("warn", |errors, warnings| errors == 0 && warnings > 0);
}

#[test]
fn mistakes_are_told() {
    suite("err", |errors, _| errors > 0);
}

#[track_caller]
fn sound(text: &str) -> Policy {
    let parsed = doorward_syntax::parse(text);
    assert!(!parsed.has_errors(), "{}", render(&parsed.diagnostics, &parsed.sources, Style::Plain));
    let checked = check(&parsed.policy, parsed.sources.clone());
    checked.policy.unwrap_or_else(|| panic!("{}", render(&checked.diagnostics, &parsed.sources, Style::Plain)))
}

#[track_caller]
fn actions(policy: &Policy, rule: usize) -> Vec<&str> {
    let actions = policy.rules[rule].actions.as_ref().unwrap();
    actions.iter().map(|id| &*policy.actions[id.index()].name).collect()
}

#[test]
fn an_allow_covers_an_action_by_all_of_its_methods_and_a_deny_by_one() {
    let policy = sound(
        "action change is PUT, PATCH action both is change, GET action poke
         allow anyone to PUT, PATCH / deny anyone to PUT / allow anyone to both / deny anyone to poke /",
    );
    assert_eq!(actions(&policy, 0), ["PATCH", "PUT", "change"]);
    assert_eq!(actions(&policy, 1), ["PUT", "write", "change", "both"]);
    assert_eq!(actions(&policy, 2), ["GET", "PATCH", "PUT", "read", "change", "both"]);
    assert_eq!(actions(&policy, 3), ["poke"]);
}

#[test]
fn an_assertion_is_its_clauses() {
    let policy = sound(
        "assurance password < mfa action change is PUT, PATCH action poke
         identity a group g = a network n = 10.0.0.0/8 room r at /r/{x} has { who: identity }
         allow a to use /a
         assert never anyone # at all
             from n except 10.1.0.0/16 to PUT, PATCH, poke /a, /b/** except \"/b/c\" without mfa within 60m with any within 1d
         deny a to use /c
         assert only g, a except a to use r when room.who == a unless room.x == \"1\"
         assert always g",
    );
    let texts: Vec<&str> = policy.assertions.iter().map(|assertion| &*assertion.text).collect();
    assert_eq!(
        texts,
        [
            "assert never anyone with any within 1d without mfa within 60m to PUT, PATCH, poke /a, /b/** except \"/b/c\" \
             from n except 10.1.0.0/16",
            "assert only g, a except a to use r when room.who == a unless room.x == \"1\"",
            "assert always g",
        ]
    );
    let [never, only, always] = &policy.assertions[..] else { panic!() };
    assert_eq!((never.kind, only.kind, always.kind), (Never, Only, Always));
    assert_eq!((&never.subjects.who, &*never.subjects.except), (&Who::Anyone, &Members::default()));
    assert_eq!(never.with, Some(Strength { level: LevelId(0), within: Some(86_400) }));
    assert_eq!(never.without, Some(Strength { level: LevelId(1), within: Some(3_600) }));
    let names = never.actions.as_ref().unwrap().iter().map(|id| &*policy.actions[id.index()].name);
    assert_eq!(names.collect::<Vec<_>>(), ["PATCH", "PUT", "change", "poke"]);
    // Those that no rule names come last.
    let pattern = |id: crate::ids::PatternId| policy.patterns[id.index()].to_string();
    let patterns: Vec<String> = policy.patterns.iter().map(ToString::to_string).collect();
    assert_eq!(patterns, ["/r/{x}", "/a", "/c", "/b/**", "/b/c"]);
    let targets: Vec<String> = never.targets.iter().map(|target| pattern(target.pattern.unwrap())).collect();
    assert_eq!(targets, ["/a", "/b/**"]);
    assert_eq!(never.except_rooms.iter().copied().map(pattern).collect::<Vec<_>>(), ["/b/c"]);
    assert!(never.origins.as_ref().is_some_and(|origins| origins.ranges_v4().len() == 2));
    let Who::Listed(members) = &only.subjects.who else { panic!() };
    assert_eq!((members.identities.len(), members.groups.len(), only.subjects.except.identities.len()), (1, 1, 1));
    let names: Vec<&str> = only.room_attributes.iter().map(|attribute| &*attribute.name).collect();
    assert_eq!(names, ["who", "x"]);
    assert_eq!(*only.targets[0].bindings, [RoomBinding::Attribute { optional: false }, RoomBinding::Parameter(1)]);
    assert!(only.when.is_some() && only.unless.is_some() && only.actions.is_none());
    assert_eq!((always.targets[0].pattern, &always.origins, always.clauses.target), (None, &None, None));
    let slice = |span: Option<doorward_syntax::Span>| policy.sources.slice(span.unwrap());
    assert_eq!(slice(never.clauses.without), "without mfa within 60m");
    assert_eq!(slice(Some(always.span)), "assert always g");
}

#[test]
fn a_question_is_checked_beside_its_policy() {
    let text = "identity a network tor = 192.0.2.0/24 allow a assert never a to use /a";
    let parsed = doorward_syntax::parse(text).with_assertion("question", "never anyone from tor to use /b");
    let policy = check_owned(parsed.policy, parsed.sources).policy.unwrap();
    let asked = policy.assertions.last().unwrap();
    assert_eq!((policy.assertions.len(), &*asked.text), (2, "assert never anyone to use /b from tor"));
    assert_eq!(policy.sources.file_line(asked.span), "question:1");
    let parsed = doorward_syntax::parse(text).with_assertion("question", "never anyone from tower");
    let checked = check(&parsed.policy, parsed.sources.clone());
    assert!(checked.policy.is_none());
    assert_eq!(parsed.sources.slice(checked.diagnostics[0].span), "tower");
}

#[test]
fn groups_are_closed() {
    let policy = sound("identity a, b group x = y, a group y = z group z = b group c claimed group w = c allow w, x");
    let names = |groups: &[crate::ids::GroupId]| -> Vec<&str> {
        groups.iter().map(|id| &*policy.groups[id.index()].name).collect()
    };
    assert_eq!(names(&policy.identities[0].groups), ["x"]);
    assert_eq!(names(&policy.identities[1].groups), ["x", "y", "z"]);
    assert_eq!(names(&policy.groups[policy.group("c").unwrap().index()].within), ["c", "w"]);
}

#[test]
fn a_room_attribute_is_that_of_the_pattern() {
    let policy = sound(
        "room a at /a/{x}, /b/c/{x} has { n?: int } room d at /d/{n} has { x: string }
         allow anyone to read a, d, /e/{x} when room.x == \"1\" allow anyone to read a when room.n == 1",
    );
    let rule = &policy.rules[0];
    let bindings: Vec<RoomBinding> = rule.targets.iter().map(|target| target.bindings[0]).collect();
    let attribute = RoomBinding::Attribute { optional: false };
    let parameter = RoomBinding::Parameter;
    assert_eq!(bindings, [parameter(1), parameter(2), attribute, parameter(1)]);
    assert_eq!(*policy.rules[1].targets[0].bindings, [RoomBinding::Attribute { optional: true }]);
}

/// The addresses of prefixes with spaces between them.
fn addresses(prefixes: &str) -> PrefixSet {
    prefixes.split(' ').map(|prefix| Prefix::parse(prefix).unwrap()).collect()
}

/// What the condition of a rule is resolved to, if it is one test.
#[track_caller]
fn condition(text: &str) -> TestKind {
    let policy = sound(&format!(
        "context has {{ ip: address, flag: bool, n: int, word: string, who: identity, team: group, since: time }}
         identity alice, bob group staff = alice group admins = bob group lists = bob
         network office = 10.0.0.0/8, 2001:db8::/32 network home = 192.168.0.0/16 network both = office, home, 192.0.2.1
         allow authenticated to read /a when {text}"
    ));
    match policy.rules[0].when.clone() {
        Some(condition) => match *condition {
            Expr::Test(test) => test.kind,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn context(index: usize) -> Operand {
    Operand::Reference(Reference::Context(AttributeId::from_index(index)))
}

#[test]
fn networks_in_conditions_are_their_addresses() {
    for (text, operand, set) in [
        ("address in office", Operand::Address, "10.0.0.0/8 2001:db8::/32"),
        ("address in \"office\"", Operand::Address, "10.0.0.0/8 2001:db8::/32"),
        ("context.ip in 192.0.2.0/24", context(0), "192.0.2.0/24"),
        ("address in { office, home }", Operand::Address, "10.0.0.0/8 2001:db8::/32 192.168.0.0/16"),
        ("address in { office, home, ::1 }", Operand::Address, "10.0.0.0/8 2001:db8::/32 192.168.0.0/16 ::1"),
        ("address in both", Operand::Address, "10.0.0.0/8 2001:db8::/32 192.168.0.0/16 192.0.2.1"),
    ] {
        assert_eq!(condition(text), TestKind::InNetwork(operand, addresses(set).into()), "{text}");
    }
    assert_eq!([size(&addresses("10.0.0.0/8 192.0.2.1 2001:db8::/32")), size(&PrefixSet::default())], [3, 0]);
}

#[test]
fn windows_and_days_are_minutes_and_bits() {
    for (text, start, end) in [
        ("time in 08:00..18:30", 480, 1110),
        ("time in 22:00..06:00", 1320, 360),
        ("time in 18:00..24:00", 1080, 1440),
        ("time in 18:00..00:00", 1080, 1440),
        ("time in 00:00..12:00", 0, 720),
    ] {
        assert_eq!(condition(text), TestKind::InWindow { start, end }, "{text}");
    }
    for (text, days) in [
        ("day in mon", 0b000_0001),
        ("day in sun", 0b100_0000),
        ("day in mon..fri", 0b001_1111),
        ("day in tue..wed", 0b000_0110),
        ("day in sat..sun", 0b110_0000),
        ("day in fri..mon", 0b111_0001),
        ("day in sun..sat", 0b111_1111),
    ] {
        assert_eq!(condition(text), TestKind::OnDay(days), "{text}");
    }
}

#[test]
fn names_and_literals_take_their_types_from_the_other_side() {
    let name = |name: &str| Value::Identity(name.into());
    let group = |index| GroupId::from_index(index);
    for (text, kind) in [
        ("context.flag", TestKind::Flag(Reference::Context(AttributeId::from_index(1)))),
        ("context.flag == true", TestKind::Equal(context(1), Operand::Value(Value::Bool(true)))),
        ("false == context.flag", TestKind::Equal(Operand::Value(Value::Bool(false)), context(1))),
        ("context.n > -3", TestKind::Order(context(2), Order::Greater, Operand::Value(Value::Int(-3)))),
        ("context.word == \"x\"", TestKind::Equal(context(3), Operand::Value(Value::String("x".into())))),
        ("context.who == alice", TestKind::Equal(context(4), Operand::Value(name("alice")))),
        ("context.who == \"alice\"", TestKind::Equal(context(4), Operand::Value(name("alice")))),
        (
            "identity in { alice, \"bob\" }",
            TestKind::InSet(Operand::Identity, Set::Values(vec![name("alice"), name("bob")])),
        ),
        ("context.team == admins", TestKind::Equal(context(5), Operand::Value(Value::Group(group(1))))),
        ("context.team == \"admins\"", TestKind::Equal(context(5), Operand::Value(Value::Group(group(1))))),
        ("identity in staff", TestKind::InGroups(vec![group(0)])),
        ("identity in \"staff\"", TestKind::InGroups(vec![group(0)])),
        ("identity in { lists, \"staff\" }", TestKind::InGroups(vec![group(0), group(2)])),
        ("time - context.since < 5m", TestKind::Since(context(6), Order::Less, 300)),
    ] {
        assert_eq!(condition(text), kind, "{text}");
    }
}

#[test]
fn an_expectation_is_a_request() {
    let policy = sound(
        "assurance low < high identity alice context has { n: int } allow alice to read /a
         test \"t\" { expect 200 alice GET /a  # yes
             with high 5m old from ::ffff:192.0.2.1 at 2026-11-23T10:00Z where context.n = 3 }",
    );
    let expectation = &policy.tests[0].expectations[0];
    let text =
        "expect 200 alice GET /a with high 5m old from ::ffff:192.0.2.1 at 2026-11-23T10:00Z where context.n = 3";
    assert_eq!(&*expectation.text, text);
    assert_eq!(expectation.request.address, Some([192, 0, 2, 1].into()));
    let Subject::Known(known) = expectation.request(Instant::MIN).subject else { panic!() };
    assert_eq!(known.authenticated_at, Instant::parse("2026-11-23T09:55Z").ok());
}

#[test]
fn a_policy_keeps_its_text() {
    let policy = sound("# open\nallow anyone");
    assert_eq!(policy.sources.slice(policy.rules[0].span), "allow anyone");
}

#[test]
fn a_policy_answers_as_it_says() {
    use doorward_syntax::ast::Answer;
    let policy = sound("answer step-up 403 answer rejected as anonymous");
    let answers = [Answer::RejectedAsAnonymous, Answer::StepUp403, Answer::Unidentified401];
    assert_eq!(answers.map(|answer| policy.answers(answer)), [true, true, false]);
}

#[test]
fn an_expectation_is_told_on_one_line() {
    let expectations = [
        "expect 200 alice GET /a",
        "expect 200 alice # who\n\n  GET /a",
        "expect 200 alice # \"who\" # is\n GET\t/a # and\n from 10.0.0.1",
        r#"expect 200 "a # b" GET /a"#,
        r#"expect 200 "a  b" GET /a where context.s = "x \" # y"  # c"#,
        r#"expect 200 "a" GET /a where context.s = "\\"  # c"#,
        r#"expect 200 alice GET /a where context.s = "\\\" #"   from 10.0.0.1"#,
    ];
    let policy = sound(&format!(
        "context has {{ s: string }} allow anyone to read /a test \"t\" {{ {} }}",
        expectations.join("\n")
    ));
    let texts: Vec<&str> = policy.tests[0].expectations.iter().map(|expectation| &*expectation.text).collect();
    assert_eq!(
        texts,
        [
            "expect 200 alice GET /a",
            "expect 200 alice GET /a",
            "expect 200 alice GET /a from 10.0.0.1",
            r#"expect 200 "a # b" GET /a"#,
            r#"expect 200 "a  b" GET /a where context.s = "x \" # y""#,
            r#"expect 200 "a" GET /a where context.s = "\\""#,
            r#"expect 200 alice GET /a where context.s = "\\\" #" from 10.0.0.1"#,
        ]
    );
}

#[test]
fn every_finding_is_counted_and_the_first_are_told() {
    let text: String = (0..1000).map(|index| format!("allow nobody{index} to read /{index}\n")).collect();
    let parsed = doorward_syntax::parse(&text);
    let checked = check(&parsed.policy, parsed.sources);
    assert_eq!(checked.diagnostics.len(), doorward_syntax::limits::DIAGNOSTICS + 1);
    assert_eq!(checked.diagnostics.last().unwrap().message, "there are 800 errors more, which are not shown");
}

#[test]
fn the_first_hundred_mistyped_names_get_advice() {
    let mut text = String::from("identity alice\n");
    for index in 0..120 {
        let _ = writeln!(text, "allow alise to read /{index}");
    }
    let parsed = doorward_syntax::parse(&text);
    let checked = check(&parsed.policy, parsed.sources);
    let advised = |found: &doorward_syntax::Diagnostic| found.replacement.as_deref() == Some("alice");
    assert_eq!(checked.diagnostics.len(), 120);
    assert!(checked.diagnostics[..100].iter().all(advised) && !checked.diagnostics[100..].iter().any(advised));
}

#[test]
fn a_large_directory_is_checked() {
    let mut text = String::new();
    for index in 0..10_000 {
        let _ = writeln!(text, "identity i{index}");
    }
    for index in 0..1_000 {
        let nested = if index % 10 == 9 { String::new() } else { format!(", g{}", index + 1) };
        let members: Vec<String> = (0..10).map(|member| format!("i{}", index * 10 + member)).collect();
        let _ = writeln!(text, "group g{index} = {}{nested}\nallow g{index} to read /g{index}/**", members.join(", "));
    }
    let policy = sound(&text);
    assert_eq!(policy.identities[99].groups.len(), 10);
}

#[test]
fn a_large_policy_gets_fewer_warnings() {
    let shadowed = |rules: usize| {
        let mut text = String::from("identity a\n");
        for index in 0..rules {
            let _ = writeln!(text, "allow a to read /all/{index}");
        }
        text.push_str("allow a to read /all/0\n");
        let parsed = doorward_syntax::parse(&text);
        let checked = check(&parsed.policy, parsed.sources);
        checked.diagnostics.iter().any(|found| found.code == "shadowed-rule")
    };
    assert!(shadowed(100));
    // Where all rooms begin alike, each rule is compared with each other, and that takes more steps than there are.
    assert!(!shadowed(2_500));
}

#[test]
fn what_grows_too_large_is_refused() {
    let mut text = String::from("identity a\ngroup g0 = a\n");
    for index in 1..20_000 {
        let _ = writeln!(text, "group g{index} = g{}", index - 1);
    }
    // What follows is not looked at, so that nobody waits for it.
    text.push_str("allow nobody to read /\ntest \"t\" { expect 200 alice NOTHING / }\n");
    check_refused(&text, "too-large");
}

#[track_caller]
fn check_refused(text: &str, code: &str) {
    let parsed = doorward_syntax::parse(text);
    assert!(!parsed.has_errors());
    let checked = check_owned(parsed.policy, parsed.sources);
    assert_eq!(checked.diagnostics.iter().map(|found| found.code).collect::<Vec<_>>(), [code]);
}

#[test]
fn networks_that_join_all_others_are_refused() {
    let mut text = String::from("allow anyone to read /a from n0\n");
    for index in 0..1_000 {
        let (high, low) = (index / 128, 2 * (index % 128));
        let others: String = (0..index).map(|other| format!(", n{other}")).collect();
        let _ = writeln!(text, "network n{index} = 10.{high}.{low}.0/24{others}");
    }
    check_refused(&text, "too-large");
}

#[test]
fn groups_that_hold_all_others_are_closed() {
    let mut text = String::from("identity a\ngroup g0 = a\n");
    for index in 1..1_000 {
        let others: Vec<String> = (0..index).map(|other| format!("g{other}")).collect();
        let _ = writeln!(text, "group g{index} = {}", others.join(", "));
    }
    let policy = sound(&(text + "allow g999 to read /a"));
    assert_eq!(policy.identities[0].groups.len(), 1_000);
    assert_eq!(policy.groups[500].within.len(), 500);
}

#[test]
fn equal_lists_are_shared() {
    let policy = sound(
        "identity a, b, c
         group g = a, b
         group h = g, c
         network n = 10.0.0.0/8, 192.0.2.0/24
         network m = n
         allow g to read /a from n except 10.1.0.0/16
         allow h to read /b from n except 10.1.0.0/16
         allow h to GET, write /c from m",
    );
    assert_eq!(policy.identities[0].groups.range(), policy.identities[1].groups.range());
    assert_eq!(policy.identities[0].groups.len(), 2);
    assert_eq!(policy.identities[2].groups.len(), 1);
    let [first, second, third] = &policy.rules[..] else { panic!() };
    assert!(Arc::ptr_eq(first.origins.as_ref().unwrap(), second.origins.as_ref().unwrap()));
    assert!(Arc::ptr_eq(first.actions.as_ref().unwrap(), second.actions.as_ref().unwrap()));
    assert_eq!(third.origins.as_ref().unwrap().ranges_v4().len(), 2);
}
