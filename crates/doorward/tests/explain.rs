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
    let policy = Policy::parse(POLICY).unwrap_or_else(|error| panic!("{error}"));
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
