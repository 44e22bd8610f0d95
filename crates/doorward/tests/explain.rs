//! What an explanation tells a person, for each way of being refused or let in.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a policy that does not compile fails the test")]

use doorward::{Policy, Request, Subject};

const POLICY: &str = r#"
challenge Bearer realm "hq"
assurance password < mfa
identity alice, bob, carol
group staff = alice, bob
group oncall claimed
network office = 10.0.0.0/8
room doc at /docs/{id} has { owner: identity, secret?: bool }
identities have { team?: string }
context has { country?: string }

wiki:  allow staff except bob to read /wiki/** from office
vault: allow alice with mfa within 15m to write /vault
mine:  allow authenticated to read doc when identity == room.owner unless room.secret
home:  allow oncall to read /pager when context.country in { "DE", "FR" }
team:  allow authenticated to read /team when identity.team == "it"
none:  deny carol because "this account is disabled"
conceal /vault/keys
"#;

#[track_caller]
fn check(request: &Request<'_>, expected: &str) {
    check_by(POLICY, request, expected);
}

#[track_caller]
fn check_by(policy: &str, request: &Request<'_>, expected: &str) {
    let policy = Policy::parse(policy).unwrap_or_else(|error| panic!("{error}"));
    let told = policy.explain(request).to_string();
    let expected: Vec<&str> =
        expected.trim().lines().map(|line| line.strip_prefix("        ").unwrap_or(line)).collect();
    assert_eq!(told, expected.join("\n"), "told:\n{told}");
}

fn office(request: Request<'_>) -> Request<'_> {
    request.address("10.0.0.7".parse().unwrap())
}

#[test]
fn an_allow_names_its_rule() {
    check(
        &office(Request::new(Subject::known("alice"), "GET", "/wiki/a")),
        r#"
        200 allow
          allowed by: wiki (policy.door:12): allow staff except bob to read /wiki/** from office"#,
    );
}

#[test]
fn each_clause_that_fails_is_named_with_its_value() {
    check(
        &office(Request::new(Subject::known("bob"), "PUT", "/wiki/a")),
        r#"
        403 forbidden
          nothing allows it
          near: wiki: allow staff except bob to read /wiki/** from office
            `staff except bob` does not hold: `bob` is excepted
            `to read /wiki/**` does not hold: the action is `PUT`"#,
    );
    check(
        &Request::new(Subject::known("alice"), "GET", "/wiki/a"),
        r#"
        403 forbidden
          nothing allows it
          near: wiki: allow staff except bob to read /wiki/** from office
            `from office` is unknown: the address is unknown
          missing: the visitor's address"#,
    );
    check(
        &Request::new(Subject::known("alice"), "GET", "/docs/7").room_attribute("owner", "bob"),
        r#"
        403 forbidden
          nothing allows it
          near: mine: allow authenticated to read doc when identity == room.owner unless room.secret
            `when identity == room.owner` does not hold: the visitor is `alice`, room.owner is `bob`
            `unless room.secret` is unknown: room.secret is missing
          missing: `room.secret`"#,
    );
}

#[test]
fn a_deny_tells_because() {
    check(
        &Request::new(Subject::known("carol"), "GET", "/nowhere"),
        r#"
        403 forbidden
          denied by: none (policy.door:17): deny carol because "this account is disabled""#,
    );
}

#[test]
fn a_step_up_names_level_and_age() {
    check(
        &Request::new(Subject::known("alice").assurance("password"), "POST", "/vault")
            .at(doorward::Instant::parse("2026-11-23T10:00Z").unwrap()),
        r#"
        401 unauthenticated
          would be allowed by: vault (policy.door:13): allow alice with mfa within 15m to write /vault
          near: vault
            `with mfa within 15m` does not hold: the visitor's assurance is `password`
          let in, for example: `alice`, with mfa no older than 15m
          challenge: Bearer realm="hq", error="insufficient_user_authentication", acr_values="mfa", max_age="900"
          missing: the time of authentication"#,
    );
}

#[test]
fn a_witness_claims_what_it_needs() {
    check(
        &Request::new(Subject::Anonymous, "GET", "/pager").context("country", "FR"),
        r#"
        401 unauthenticated
          would be allowed by: home (policy.door:15): allow oncall to read /pager when context.country in { "DE", "FR" }
          near: home
            `oncall` does not hold: the visitor is anonymous
          let in, for example: anybody who is known, claiming `oncall`, with password
          challenge: Bearer realm="hq""#,
    );
    check(
        &Request::new(Subject::Rejected, "GET", "/team"),
        r#"
        401 unauthenticated
          would be allowed by: team (policy.door:16): allow authenticated to read /team when identity.team == "it"
          near: team
            `authenticated` does not hold: the visitor is anonymous
            `when identity.team == "it"` is unknown: identity.team is missing
          let in, for example: anybody who is known, team "it", with password
          challenge: Bearer realm="hq", error="invalid_token""#,
    );
}

#[test]
fn what_is_said_in_vain_is_noted() {
    check(
        &Request::new(
            Subject::known("alice").assurance("hardware").group("staff").group("nobody").attribute("team", 3i64),
            "HEAD",
            "/team/%2e%2e/x",
        )
        .context("weather", "rain"),
        r#"
        403 forbidden
          nothing allows it
          no rule is asked: the path is ambiguous: it has a segment `.` or `..`
          `HEAD` is decided as `GET`
          ignored: the level `hardware` is not declared, so the lowest counts
          ignored: the claimed group `staff` is listed by the policy, which alone says who is in it
          ignored: the claimed group `nobody` is not declared
          ignored: `identity.team` is 3, which is not of type `string`
          ignored: `context.weather` is not declared"#,
    );
}

#[test]
fn a_concealed_room_is_told_as_missing() {
    check(
        &Request::new(Subject::known("bob"), "GET", "/vault/keys"),
        r#"
        403 forbidden, told as 404
          nothing allows it"#,
    );
}

#[test]
fn a_rule_is_told_on_one_line_without_its_label_and_its_comments() {
    let policy = r#"
context has { s: string }
"a: b": allow anyone  # "everybody
    to read /a        # and # so on
    when context.s == "x # \" # \\" # really
tight:allow anyone to read /b because "so: be it"
allow anyone to read /c because "as: said" # aside
allow anyone to read /d from 2001:db8::/32
"#;
    check_by(
        policy,
        &Request::new(Subject::Anonymous, "GET", "/a").context("s", "x # \" # \\"),
        r#"
        200 allow
          allowed by: a: b (policy.door:3): allow anyone to read /a when context.s == "x # \" # \\""#,
    );
    check_by(
        policy,
        &Request::new(Subject::Anonymous, "GET", "/b").context("s", ""),
        r#"
        200 allow
          allowed by: tight (policy.door:6): allow anyone to read /b because "so: be it""#,
    );
    check_by(
        policy,
        &Request::new(Subject::Anonymous, "GET", "/c"),
        r#"
        200 allow
          allowed by: policy.door:7: allow anyone to read /c because "as: said"
          missing: `context.s`"#,
    );
    check_by(
        policy,
        &Request::new(Subject::Anonymous, "GET", "/d").context("s", "").address("2001:db8::1".parse().unwrap()),
        r#"
        200 allow
          allowed by: policy.door:8: allow anyone to read /d from 2001:db8::/32"#,
    );
}

const RECORDS: &str = r#"
assurance low < high
identities have { team: string, tags: set of string }
identity alice { team: "it", tags: { "a", "b" } }
group oncall claimed
group "o'clock" claimed
all: allow alice, oncall, "o'clock" to read /a
"#;

#[track_caller]
fn check_notes(policy: &str, request: &Request<'_>, expected: &[&str]) {
    let policy = Policy::parse(policy).unwrap_or_else(|error| panic!("{error}"));
    let told = policy.explain(request).to_string();
    let notes: Vec<&str> = told
        .lines()
        .map(str::trim_start)
        .filter(|line| line.starts_with("missing: ") || line.starts_with("ignored: "))
        .collect();
    assert_eq!(notes, expected, "told:\n{told}");
}

#[test]
fn a_claim_of_what_is_recorded_is_noted_if_it_differs() {
    let alice = || Subject::known("alice");
    let tags = |tags: &[&'static str]| -> doorward::Value<'static> { tags.iter().copied().collect() };
    for same in [alice().attribute("team", "it"), alice().attribute("tags", tags(&["b", "a"]))] {
        check_notes(RECORDS, &Request::new(same, "GET", "/a"), &[]);
    }
    let another = "ignored: `identity.tags` is recorded by the policy with another value";
    for other in [&["a"][..], &["a", "b", "c"], &["a", "c"], &[]] {
        check_notes(RECORDS, &Request::new(alice().attribute("tags", tags(other)), "GET", "/a"), &[another]);
    }
    check_notes(
        RECORDS,
        &Request::new(alice().attribute("team", "hr"), "GET", "/a"),
        &["ignored: `identity.team` is recorded by the policy with another value"],
    );
}

#[test]
fn a_claimed_group_is_noted_only_if_it_is_none() {
    let claiming = |group: &'static str| Request::new(Subject::known("bob").group(group), "GET", "/a");
    check_notes(RECORDS, &claiming("oncall"), &[]);
    check_notes(RECORDS, &claiming("o'clock"), &[]);
    check_notes(RECORDS, &claiming("o'"), &["ignored: the claimed group `o\\'` is not declared"]);
}

#[test]
fn what_is_unknown_of_an_authentication_is_noted_where_rules_ask_for_it() {
    let two = "assurance low < high allow anyone to read /open allow authenticated with high to read /a";
    let one = "allow authenticated with any within 15m to read /a";
    let alice = || Subject::known("alice");
    let now = doorward::Instant::parse("2026-11-23T10:00Z").unwrap();
    let lowest = "missing: the visitor's assurance, so the lowest counts: `low`";
    check_notes(two, &Request::new(alice(), "GET", "/a").at(now), &[lowest]);
    check_notes(two, &Request::new(alice().assurance("high"), "GET", "/a").at(now), &[]);
    check_notes(two, &Request::new(alice(), "GET", "/open").at(now), &[]);
    check_notes(one, &Request::new(alice(), "GET", "/a").at(now), &["missing: the time of authentication"]);
    let later = "ignored: the authentication is later than the request, so its age is unknown";
    for (seconds, notes) in [(0, &[][..]), (1, &[later])] {
        let then = now.plus_seconds(seconds).unwrap();
        check_notes(one, &Request::new(alice().authenticated_at(then), "GET", "/a").at(now), notes);
    }
    check_notes(one, &Request::new(alice().authenticated_at(now), "GET", "/a"), &["missing: the request's time"]);
}

#[test]
fn a_missing_time_is_noted_where_rules_ask_for_it() {
    for (condition, asked) in [
        ("time in 08:00..18:00", true),
        ("day in mon..fri", true),
        ("not (context.n == 1 or time >= 2026-01-01T00:00Z)", true),
        ("context.since == time", true),
        ("time in { 2026-01-01T00:00Z }", true),
        ("time - context.since < 5m", true),
        ("context.n in { 1 }", false),
        ("context.n == 2", false),
    ] {
        for clause in ["when", "unless"] {
            let policy = format!("context has {{ n: int, since: time }} allow anyone to read /a {clause} {condition}");
            let request = Request::new(Subject::Anonymous, "GET", "/a")
                .context("n", 2i64)
                .context("since", doorward::Instant::parse("2026-11-23T10:00Z").unwrap());
            check_notes(&policy, &request, if asked { &["missing: the request's time"] } else { &[] });
        }
    }
    let required = "missing: `context.n`";
    check_notes(
        "context has { n: int, m?: int } allow anyone",
        &Request::new(Subject::Anonymous, "GET", "/"),
        &[required],
    );
}

/// The lines about rules that came near, and about denies that may apply.
#[track_caller]
fn check_lines(policy: &str, request: &Request<'_>, expected: &[&str]) {
    let policy = Policy::parse(policy).unwrap_or_else(|error| panic!("{error}"));
    let told = policy.explain(request).to_string();
    let lines: Vec<&str> = told
        .lines()
        .map(str::trim_start)
        .filter(|line| {
            line.starts_with("near: ") || line.contains(" does not hold: ") || line.contains(" is unknown: ")
        })
        .collect();
    assert_eq!(lines, expected, "told:\n{told}");
}

#[test]
fn of_the_rules_that_miss_only_the_nearest_are_told() {
    let known = |name: &'static str| Request::new(Subject::known(name), "GET", "/a");
    let by_two = "identity bob, carol far: allow bob to write /a";
    let by_one = "one: allow bob to read /a";
    let other = "two: allow carol to read /a";
    let near = |rule: &str| format!("near: {rule}");
    let is_not = |name: &str| format!("`{name}` does not hold: `alice` is not among them");
    let (first, second) = (near(by_one), near(other));
    let (not_bob, not_carol) = (is_not("bob"), is_not("carol"));
    let both = [&*first, &*not_bob, &*second, &*not_carol];
    check_lines(&format!("{by_two}\n{by_one}\n{other}"), &known("alice"), &both);
    check_lines(&format!("{by_one}\n{other}\n{by_two}"), &known("alice"), &both);
    let many: String = (0..20).map(|number| format!("r{number}: allow bob to read /a\n")).collect();
    let told: Vec<String> =
        (0..16).flat_map(|number| [near(&format!("r{number}: allow bob to read /a")), is_not("bob")]).collect();
    check_lines(
        &format!("identity bob\n{many}"),
        &known("alice"),
        &told.iter().map(String::as_str).collect::<Vec<_>>(),
    );
}

#[test]
fn who_is_excepted_and_by_which_group_is_told() {
    let policy = "identity alice, bob, carol group staff = alice, bob group new = alice
        r: allow staff except new, bob to read /a";
    let near = "near: r: allow staff except new, bob to read /a";
    for (name, reason) in [
        ("alice", "`alice` is in `new`, which is excepted"),
        ("bob", "`bob` is excepted"),
        ("carol", "`carol` is not among them"),
    ] {
        let line = format!("`staff except new, bob` does not hold: {reason}");
        check_lines(policy, &Request::new(Subject::known(name), "GET", "/a"), &[near, &line]);
    }
    let everybody = "identity alice, bob group new = alice r: allow anyone except new, bob to read /a";
    let near = "near: r: allow anyone except new, bob to read /a";
    for (name, reason) in [("alice", "`alice` is in `new`, which is excepted"), ("bob", "`bob` is excepted")] {
        let line = format!("`anyone except new, bob` does not hold: {reason}");
        check_lines(everybody, &Request::new(Subject::known(name), "GET", "/a"), &[near, &line]);
    }
    let outside = "identity alice group new = alice group others claimed r: allow others except new to read /a";
    check_lines(
        outside,
        &Request::new(Subject::known("alice"), "GET", "/a"),
        &[
            "near: r: allow others except new to read /a",
            "`others except new` does not hold: `alice` is not among them",
        ],
    );
}

#[test]
fn how_old_an_authentication_is_is_told() {
    let now = doorward::Instant::parse("2026-11-23T10:00Z").unwrap();
    for (seconds, told) in
        [(901, "15m 1s"), (1_800, "30m"), (3_600, "1h"), (12_000, "3h 20m"), (86_400, "1d"), (97_200, "1d 3h")]
    {
        let then = now.minus_seconds(seconds).unwrap();
        check_lines(
            "assurance low < high r: allow authenticated with high within 15m to read /a",
            &Request::new(Subject::known("alice").assurance("high").authenticated_at(then), "GET", "/a").at(now),
            &["near: r", &format!("`with high within 15m` does not hold: the authentication is {told} old")],
        );
    }
}

#[test]
fn a_condition_is_blamed_for_the_part_that_is_not_as_it_should_be() {
    let now = doorward::Instant::parse("2026-11-23T19:05Z").unwrap();
    for (condition, reason) in [
        ("when time in 08:00..18:00", "`when time in 08:00..18:00` does not hold: it is Monday, 19:05 in UTC"),
        ("when not (day in mon..fri)", "`when day in mon..fri` does not hold: it is Monday, 19:05 in UTC"),
        ("unless day in mon..fri", "`unless day in mon..fri` does not hold: it is Monday, 19:05 in UTC"),
        ("when context.n == 2 and context.n == 1", "`when context.n == 1` does not hold: context.n is 2"),
        (
            "when context.n == 1 or context.n == 3",
            "`when context.n == 1 or context.n == 3` does not hold: context.n is 2",
        ),
        (
            "unless context.n == 2 and context.n < 3",
            "`unless context.n == 2 and context.n < 3` does not hold: context.n is 2",
        ),
        ("when false", "`when false` does not hold: it is false"),
        ("unless true", "`unless true` does not hold: it is true"),
    ] {
        let rule = format!("r: allow anyone to read /a {condition}");
        check_lines(
            &format!("context has {{ n: int }} {rule}"),
            &Request::new(Subject::Anonymous, "GET", "/a").at(now).context("n", 2i64),
            &[&format!("near: {rule}"), reason],
        );
    }
}

#[test]
fn what_is_not_known_of_a_deny_is_told() {
    check_lines(
        "context has { bad?: bool } allow anyone to read /a deny anyone to read /a from 10.0.0.0/8 when context.bad",
        &Request::new(Subject::Anonymous, "GET", "/a").address("10.0.0.1".parse().unwrap()),
        &["`when context.bad` is unknown: context.bad is missing, and what is not known disarms no deny"],
    );
    check_lines(
        "context has { bad?: bool } allow anyone to read /a deny anyone to read /a from 10.0.0.0/8 when context.bad",
        &Request::new(Subject::known("alice"), "GET", "/a").context("bad", true),
        &["`from 10.0.0.0/8` is unknown: the address is unknown, and what is not known disarms no deny"],
    );
}

#[test]
fn whoever_a_condition_asks_for_is_found() {
    let policy = "identity alice group staff = alice context has { of: group }";
    for condition in ["identity in staff", "identity in context.of"] {
        let policy = Policy::parse(&format!("{policy} allow authenticated to read /a when {condition}")).unwrap();
        let request = Request::new(Subject::Anonymous, "GET", "/a").context("of", "staff");
        assert_eq!(policy.verdict(&request), doorward::Verdict::Unauthenticated);
    }
}

#[test]
fn only_an_allow_is_one() {
    use doorward::Verdict;
    assert_eq!(
        [Verdict::Allow, Verdict::Unauthenticated, Verdict::Forbidden].map(Verdict::is_allow),
        [true, false, false]
    );
}
