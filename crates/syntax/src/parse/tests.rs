use super::files::Files;
use super::{parse, parse_file, parse_named};
use crate::ast::*;
use crate::limits;
use crate::loader::{LoadError, Loader, MemoryFiles};

/// The statements of a policy that has no faults.
#[track_caller]
fn statements(text: &str) -> Vec<StatementKind> {
    let parsed = parse(text);
    assert_eq!(parsed.diagnostics, [], "{text}");
    parsed.policy.statements().map(|statement| statement.kind.clone()).collect()
}

#[track_caller]
fn rule(text: &str) -> Rule {
    match statements(text).pop() {
        Some(StatementKind::Rule(rule)) => *rule,
        other => panic!("{other:?}"),
    }
}

/// The condition of a rule in a notation with all parentheses.
#[track_caller]
fn check_condition(text: &str, expected: &str) {
    let rule = rule(&format!("allow a when {text}"));
    assert_eq!(condition(&rule.when.unwrap()), expected);
}

fn condition(expr: &Expr) -> String {
    let all = |exprs: &[Expr], word: &str| {
        let parts: Vec<String> = exprs.iter().map(condition).collect();
        format!("[{}]", parts.join(word))
    };
    match &expr.kind {
        ExprKind::And(exprs) => all(exprs, " and "),
        ExprKind::Or(exprs) => all(exprs, " or "),
        ExprKind::Not(expr) => format!("not {}", condition(expr)),
        ExprKind::Paren(expr) => format!("({})", condition(expr)),
        ExprKind::Compare { left, op, right } => format!("{} {op:?} {}", operand(left), operand(right)),
        ExprKind::Has { base, attribute } => format!("{} has {}", base.text, attribute.text),
        ExprKind::In { left, right } => format!("{} in {}", operand(left), operand(right)),
        ExprKind::Like { left, pattern } => format!("{} like {:?}", operand(left), pattern.value),
        ExprKind::Test(test) => operand(test),
        ExprKind::TimeSince { since, op, duration } => {
            format!("time - {} {op:?} {}s", operand(since), duration.seconds)
        }
    }
}

fn operand(operand: &Operand) -> String {
    match &operand.kind {
        OperandKind::Attribute { base, attribute } => format!("{}/{}", base.text, attribute.text),
        OperandKind::Literal(value) => literal(value),
        other => format!("{other:?}"),
    }
}

fn literal(value: &Literal) -> String {
    match &value.kind {
        LiteralKind::Address(text) => format!("@{text}"),
        LiteralKind::Bool(value) => value.to_string(),
        LiteralKind::Days(days) => format!("{}..{}", days.start.text, days.end.text),
        LiteralKind::Int(value) => value.to_string(),
        LiteralKind::Name(name) => name.text.to_string(),
        LiteralKind::Set(items) => format!("{{{}}}", items.iter().map(literal).collect::<Vec<_>>().join(" ")),
        LiteralKind::String(text) => format!("{text:?}"),
        LiteralKind::Time(text) => format!("t{text}"),
        LiteralKind::Window(window) => format!("{}..{}", window.start, window.end),
    }
}

#[track_caller]
fn check_error(text: &str, code: &str, place: &str) {
    let parsed = parse(text);
    let found: Vec<_> =
        parsed.diagnostics.iter().map(|finding| (finding.code, parsed.sources.slice(finding.span))).collect();
    assert_eq!(found, [(code, place)], "{text}: {:?}", parsed.diagnostics);
}

#[test]
fn and_binds_tighter_than_or() {
    check_condition("a or b and c or d", "[a or [b and c] or d]");
    check_condition("not a and not not b", "[not a and not not b]");
    check_condition("not (a or b) and c", "[not ([a or b]) and c]");
    check_condition("((a))", "((a))");
    check_condition("not a == b or c", "[not a Equal b or c]");
}

#[test]
fn operands_and_operators() {
    check_condition("identity == room.owner", "Identity Equal room/owner");
    check_condition("identity in room.readers", "Identity in room/readers");
    check_condition("identity in staff", "Identity in staff");
    check_condition("identity.name != \"x\"", "identity/name NotEqual \"x\"");
    check_condition(
        "identity has x and room has y and context has z",
        "[identity has x and room has y and context has z]",
    );
    check_condition("room.path like \"a*\"", "room/path like \"a*\"");
    check_condition(
        "address in 10.0.0.0/8 or address in fe80::/10",
        "[Address in @10.0.0.0/8 or Address in @fe80::/10]",
    );
    check_condition("address == ::1 or address in office", "[Address Equal @::1 or Address in office]");
    check_condition("time in 08:00..24:00 and day in mon..fri", "[Time in 480..1440 and Day in mon..fri]");
    check_condition("time in 22:00..06:00 and day in sat", "[Time in 1320..360 and Day in sat..sat]");
    check_condition("time >= 2027-01-01T00:00Z", "Time GreaterEqual t2027-01-01T00:00Z");
    check_condition("time - room.opened <= 30m", "time - room/opened LessEqual 1800s");
    check_condition("time - 2027-01-01T00:00+01:00 > 7d", "time - t2027-01-01T00:00+01:00 Greater 604800s");
    check_condition("room.n < -9223372036854775808", "room/n Less -9223372036854775808");
    check_condition("room.x in { \"a\", 1, true, b, 10.0.0.1 }", "room/x in {\"a\" 1 true b @10.0.0.1}");
    check_condition("room.x in {}", "room/x in {}");
    check_condition("room.frozen == false", "room/frozen Equal false");
    check_condition("rooms.x == identity-x", "rooms.x Equal identity-x");
}

#[test]
fn clauses_come_in_any_order() {
    let expected = rule("allow a with b within 90s to c d from e when f unless g because \"h\"");
    let actual = rule("allow a because \"h\" unless g when f from e to c d with b within 90s");
    let parts = |rule: &Rule| {
        let strength = rule.strength.clone().unwrap();
        (
            (strength.level.map(|name| name.text), strength.within.map(|age| age.seconds), strength.negated),
            rule.target.clone().unwrap().actions.len(),
            rule.target.clone().unwrap().rooms.unwrap().items.len(),
            rule.origins.clone().unwrap().items.len(),
            condition(&rule.when.clone().unwrap()),
            condition(&rule.unless.clone().unwrap()),
            rule.because.clone().unwrap().value,
        )
    };
    assert_eq!(parts(&actual), parts(&expected));
    assert_eq!(parts(&actual).0, (Some("b".into()), Some(90), false));
}

#[test]
fn spans_leave_out_what_follows() {
    let text = "a: allow b  # why\n  to read /x # or so\n\n# and\nidentity c";
    let parsed = parse(text);
    let slices: Vec<_> = parsed.policy.statements().map(|statement| parsed.sources.slice(statement.span)).collect();
    assert_eq!(slices, ["a: allow b  # why\n  to read /x", "identity c"]);
    let StatementKind::Rule(rule) = &parsed.policy.files[0].statements[0].kind else { panic!() };
    assert_eq!(parsed.sources.slice(rule.subjects.span), "b");
    assert_eq!(parsed.sources.slice(rule.target.as_ref().unwrap().span), "to read /x");
    assert_eq!(parsed.sources.slice(rule.label.as_ref().unwrap().span), "a");
    let comments: Vec<_> = parsed.policy.files[0].comments.iter().map(|comment| comment.text.as_str()).collect();
    assert_eq!(comments, ["# why", "# or so", "# and"]);
}

#[test]
fn quoted_items_are_told_apart() {
    let rule =
        rule("deny \"a b\" to use \"/x y\", \"room\", /z except \"\\/w\" from \"10.0.0.0/8\", \"::1\", \"a\", b");
    assert_eq!(rule.effect, Effect::Deny);
    let target = rule.target.unwrap();
    assert_eq!(target.actions[0].text, "use");
    let rooms = target.rooms.unwrap();
    let is_pattern: Vec<bool> =
        rooms.items.iter().chain(&rooms.except).map(|item| matches!(item.kind, RoomItemKind::Pattern(_))).collect();
    assert_eq!(is_pattern, [true, false, true, true]);
    let is_address: Vec<bool> =
        rule.origins.unwrap().items.iter().map(|item| matches!(item.kind, OriginItemKind::Address(_))).collect();
    assert_eq!(is_address, [true, true, false, false]);
}

#[test]
fn every_statement_is_read() {
    let kinds = statements(
        "action open is POST, PUT action knock answer unidentified 401 answer rejected as anonymous
         answer step-up 403 assurance a < b challenge Basic realm \"x\" challenge Bearer conceal /a, b except c entirely
         conceal entirely context has { a: set of string, \"time\"?: time } group a = b group c claimed
         identities have {} identity a, \"b c\" { d: { 1, 2 }, e: true } network n = 10.0.0.0/8, m
         room r at /a/{b}, \"/c d\" has { e: bool } timezone Etc/GMT+1 timezone \"UTC\" x: allow authenticated except a
         test \"t\" { }",
    );
    assert_eq!(kinds.len(), 21);
    let StatementKind::Conceal(conceal) = &kinds[9] else { panic!() };
    assert!(!conceal.entirely && conceal.rooms.items.len() == 1);
    let StatementKind::ContextHas(attributes) = &kinds[10] else { panic!() };
    assert!(attributes[0].ty.set && attributes[1].optional && attributes[1].name.quoted);
    let StatementKind::Timezone(zone) = &kinds[17] else { panic!() };
    assert_eq!(zone.text, "Etc/GMT+1");
}

#[test]
fn expectations_are_read() {
    let kinds = statements(
        "test \"t\" {
            expect 403 rejected GET \"/a%20b\" where room.a = 1, context.b = \"x\" at 2027-01-01T00:00Z in g, h
                with mfa 15m old from ::1
            expect 200 \"anonymous\" open /
         }",
    );
    let StatementKind::Test(test) = &kinds[0] else { panic!() };
    let [first, second] = test.expectations.as_slice() else { panic!() };
    assert_eq!((first.status, &first.subject), (403, &ExpectedSubject::Rejected));
    assert_eq!((first.groups.len(), first.bindings.len(), first.path.value.as_str()), (2, 2, "/a%20b"));
    assert_eq!(first.with.as_ref().unwrap().age.unwrap().seconds, 900);
    assert_eq!(first.from.as_ref().unwrap().value, "::1");
    assert!(matches!(&second.subject, ExpectedSubject::Known(name) if name.text == "anonymous"));
}

#[test]
fn names_and_texts_are_checked() {
    check_error("identity a.", "invalid-name", ".");
    check_error("identity a..b", "invalid-name", "..");
    check_error("identity \"\"", "empty-name", "\"\"");
    check_error("identity room", "reserved-word", "room");
    check_error("allow a to time", "reserved-word", "time");
    check_error("identity é", "unexpected-character", "é");
    check_error("identity a # \u{202e}", "forbidden-character", "\u{202e}");
    check_error("identity \"\\u202e\"", "forbidden-character", "\\u202e");
    check_error("\u{feff}\u{feff}identity a", "forbidden-character", "\u{feff}");
    check_error("identity a\ridentity b", "forbidden-character", "\r");
    check_error("identity \"a\nidentity b", "unclosed-text", "\"");
    assert_eq!(statements("\u{feff}identity a\r\nidentity b").len(), 2);
}

#[test]
fn commas_are_missed() {
    check_error("identity a b", "missing-comma", "b");
    check_error("identity a,", "empty-name", ",");
    check_error("identity a,, b", "empty-name", ",");
    check_error("allow a, to read b", "empty-name", ",");
    check_error("allow a to read, from b", "empty-name", ",");
    check_error("room a at / has { b: int c: int }", "missing-comma", "c");
}

#[test]
fn numbers_have_ranges() {
    check_error("allow a with b within 213503982334602d", "duration-range", "213503982334602d");
    assert_eq!(rule("allow a with any within 213503982334601d").strength.unwrap().level, None);
    check_error("allow a when room.n == 9223372036854775808", "integer-range", "9223372036854775808");
    check_error("allow a when time in 25:00..26:61", "invalid-window", "25:00..26:61");
    check_error("allow a when time in 24:00..01:00", "invalid-window", "24:00..01:00");
    check_error("allow a when time in 01:00..01:00", "equal-ends", "01:00..01:00");
}

#[test]
fn a_misspelt_statement_hides_no_other() {
    let parsed = parse("identity a\ngruop b = a\nallow a");
    assert_eq!(parsed.policy.statements().count(), 2);
    assert_eq!(parsed.diagnostics.len(), 1);
    check_error("identity a\ngruop b = a", "unknown-statement", "gruop");
    check_error("gruop b = a", "unknown-statement", "gruop");
}

#[test]
fn assertions_have_the_clauses_of_rules() {
    let text =
        "assert only a without b within 15m to use /x from c with any within 1h unless room.y when room.z except";
    let found = statements(text.trim_end_matches(" except")).pop();
    let Some(StatementKind::Assertion(assertion)) = found else { panic!("{found:?}") };
    assert_eq!(assertion.kind, AssertionKind::Only);
    let (with, without) = (assertion.with.unwrap(), assertion.without.unwrap());
    assert_eq!((with.negated, with.level, with.within.unwrap().seconds), (false, None, 3600));
    assert_eq!((without.negated, without.level.unwrap().text.as_str()), (true, "b"));
    assert!(assertion.target.is_some_and(|target| target.rooms.is_some()));
    assert!(assertion.origins.is_some() && assertion.when.is_some() && assertion.unless.is_some());
    check_error(text, "syntax", "except");
    check_error("assert never a with b without c with d", "repeated-clause", "with d");
    check_error("assert never a without b to read without d", "repeated-clause", "without d");
    check_error("allow a with b without c", "repeated-clause", "without c");
}

#[test]
fn a_question_is_one_assertion() {
    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let asked = parse("identity a").with_assertion("question", text);
        let messages: Vec<_> = asked.diagnostics.iter().map(|found| found.message.as_str()).collect();
        assert_eq!(messages, expected);
        assert_eq!(asked.sources.files().len(), 2);
        let file = asked.policy.files.last().unwrap();
        assert!(file.statements.len() <= 1);
        let spans = file.statements.iter().map(|one| asked.sources.slice(one.span));
        assert!(spans.into_iter().all(|slice| slice.starts_with("assert")));
    }
    check("never anyone", &[]);
    check(" # why\nassert # what\nnever anyone", &[]);
    check("only \"assert\"", &[]);
    check("", &["expected `always`, `never`, or `only`, found the end of the file"]);
    check("allow anyone", &["expected `always`, `never`, or `only`, found `allow`"]);
    let more = "nothing but one assertion can stand here";
    check("never anyone allow anyone", &[more]);
    check("never anyone assert always a include \"b\"", &[more, more]);
    check("never \u{202e}", &["bidirectional control character U+202E"]);
    let broken = parse("gruop a").with_assertion("question", "nevr");
    assert_eq!(broken.diagnostics.len(), 2);
}

#[test]
fn files_are_read_once() {
    let files = MemoryFiles::new()
        .with("b/b.door", "include \"../a.door\" include \"c.door\" identity b")
        .with("b/c.door", "include \"b.door\" group g from \"names\" network n from \"nets\" identity from \"names\"")
        .with("b/names", "\u{feff}x # first\r\n\n y z \n")
        .with("b/nets", "10.0.0.0/8\n# none\n  ::1");
    let text = "include \"b/b.door\" include \"b/c.door\" identity a";
    let parsed = parse_named("a.door", text.to_owned(), &files.clone().with("a.door", text));
    assert_eq!(parsed.diagnostics, []);
    let names: Vec<_> = parsed.sources.files().iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names, ["a.door", "b/b.door", "b/c.door", "b/names", "b/nets"]);
    assert_eq!(parsed.policy.files.len(), 3);
    let c = &parsed.policy.files[2];
    assert_eq!(parsed.sources.name(c.id), "b/c.door");
    let StatementKind::Group(group) = &c.statements[1].kind else { panic!() };
    let GroupKind::From { members, .. } = &group.kind else { panic!() };
    let members: Vec<_> = members.iter().map(|name| (name.text.as_str(), parsed.sources.slice(name.span))).collect();
    assert_eq!(members, [("x", "x"), ("y z", "y z")]);
    let StatementKind::Network(network) = &c.statements[2].kind else { panic!() };
    assert!(matches!(&network.kind, NetworkKind::From { items, .. } if items.len() == 2));
}

#[test]
fn what_cannot_be_loaded_is_told() {
    check_error("include \"x\"", "file-unsupported", "\"x\"");
    let parsed = parse_file("none.door", &MemoryFiles::new());
    assert_eq!(parsed.diagnostics[0].message, "there is no file `none.door`");
    struct Binary;
    impl Loader for Binary {
        fn resolve(&self, _from: &str, path: &str) -> Result<String, LoadError> {
            Ok(path.to_owned())
        }
        fn load(&self, _name: &str, _limit: usize) -> Result<String, LoadError> {
            Err(LoadError::NotUtf8 { offset: 7 })
        }
    }
    let parsed = parse_named("a", "identity a\n  include \"b\"".to_owned(), &Binary);
    assert_eq!(parsed.diagnostics[0].code, "file-not-utf8");
    assert_eq!(parsed.sources.slice(parsed.diagnostics[0].span), "\"b\"");
}

#[test]
fn a_policy_is_not_longer_than_its_limit() {
    let files = MemoryFiles::new().with("list", "a\n".repeat(400));
    let parse = |text: &str| {
        let mut files = Files::new(&files);
        files.left = 1000;
        files.parse("p", Ok(text.to_owned()))
    };
    let once = "group a from \"list\"\n";
    assert!(!parse(once).has_errors());
    let parsed = parse(&once.repeat(2));
    assert_eq!(parsed.diagnostics[0].code, "policy-too-long");
    assert_eq!(parsed.sources.position(parsed.diagnostics[0].span).line, 2);
    assert_eq!(parse(&" ".repeat(1001)).diagnostics[0].code, "policy-too-long");
}

#[test]
fn a_policy_has_not_more_files_than_its_limit() {
    let mut files = MemoryFiles::new();
    let mut text = String::new();
    for number in 0..limits::FILES {
        files = files.with(number.to_string(), "");
        text.push_str(&format!("include \"{number}\"\n"));
    }
    let parsed = parse_named("p", text, &files);
    assert_eq!(parsed.policy.files.len(), limits::FILES);
    assert_eq!(parsed.diagnostics.len(), 1);
    assert_eq!(parsed.diagnostics[0].code, "too-many-files");
}

#[test]
fn many_findings_are_counted() {
    let parsed = parse(&"allow a to\n".repeat(1000));
    assert_eq!(parsed.diagnostics.len(), limits::DIAGNOSTICS + 1);
    assert_eq!(parsed.diagnostics.last().unwrap().message, "there are 800 findings more, which are not shown");
}

#[test]
fn hostile_texts_are_refused_in_time() {
    let n = 20_000;
    let nested =
        ["(", "not ", "{ ", "f[", "/{", "a:", "\"", "'", "'\\", "test \"\" {", "a: allow (\n", "expect\n", "\\u", "#"];
    for part in nested {
        for prefix in ["allow a when ", "", "test \"x\" { expect ", "room a at "] {
            let text = format!("{prefix}{}", part.repeat(n / part.len()));
            let parsed = parse(&text);
            let _ = crate::render::render(&parsed.diagnostics, &parsed.sources, crate::render::Style::Plain);
            // What looks like a long address is left to a later stage.
            assert!(parsed.has_errors() || matches!(part, "#" | "a:"), "{prefix}{part}");
        }
    }
}

#[test]
fn what_nests_as_deep_as_it_may_is_read() {
    let parens = format!("allow a when {}b{}", "(".repeat(limits::NESTING), ")".repeat(limits::NESTING));
    let nots = format!("allow a when {}b", "not ".repeat(limits::NESTING));
    for text in [parens, nots] {
        // A quarter of what a thread usually has.
        let small = std::thread::Builder::new().stack_size(512 * 1024);
        let thread = small.spawn(move || assert_eq!(parse(&text).diagnostics, [])).unwrap();
        thread.join().unwrap();
    }
}

#[test]
fn a_long_condition_is_flat() {
    let text = format!("allow a when a{}", " or a".repeat(20_000));
    let rule = rule(&text);
    let ExprKind::Or(terms) = rule.when.unwrap().kind else { panic!() };
    assert_eq!(terms.len(), 20_001);
    let parsed = parse(&format!("allow a when a{}", " or a".repeat(1_000_000)));
    assert_eq!(parsed.diagnostics.len(), 1);
    assert_eq!(parsed.diagnostics[0].code, "condition-limit");
}

#[test]
fn the_whole_grammar_agrees() {
    use doorward_grammar::{DoorwardParser, Rule};
    use pest::Parser;
    for text in [
        include_str!("../../test_data/ok/tour.door"),
        include_str!("../../test_data/ok/statements.door"),
        include_str!("../../test_data/ok/boundaries.door"),
    ] {
        let files = MemoryFiles::new().with("tor-exits.txt", "").with("names.txt", "").with("good.door", "");
        let parsed = parse_named("p", text.to_owned(), &files);
        let pairs = DoorwardParser::parse(Rule::policy, text).unwrap().flatten();
        let count = pairs.filter(|pair| pair.as_rule() == Rule::statement).count();
        assert_eq!(parsed.diagnostics, []);
        assert_eq!(parsed.policy.statements().count(), count);
    }
}

#[test]
fn a_truncated_policy_is_refused_or_read() {
    let text = include_str!("../../test_data/ok/tour.door");
    let files = MemoryFiles::new().with("tor-exits.txt", "10.0.0.1");
    for end in (0..text.len()).filter(|&end| text.is_char_boundary(end)) {
        let parsed = parse_named("tour.door", text[..end].to_owned(), &files);
        let _ = crate::render::render(&parsed.diagnostics, &parsed.sources, crate::render::Style::Plain);
        for diagnostic in &parsed.diagnostics {
            assert!(usize::try_from(diagnostic.span.end).unwrap() <= end);
        }
    }
}

#[test]
fn statements_are_counted() {
    let mut progress = super::Progress { statements_left: 2, ..super::Progress::new() };
    let read = progress.file("deny a deny b\ndeny c\ndeny d", crate::FileId(0));
    assert_eq!((read.statements.len(), progress.statements_left), (2, 0));
    assert_eq!(progress.unread, [crate::Span::new(crate::FileId(0), 14, 27)]);
    let messages: Vec<_> = progress.findings.finish().into_iter().map(|found| found.message).collect();
    assert_eq!(messages, ["the policy has more than 1000000 statements"]);
}
