use doorward_model::instant::Instant;
use doorward_model::request::{Known, Request, Subject};
use doorward_model::value::Value;

use super::{NOW, check, check_request, read};
use crate::decide;

const OPEN: &str = "allow anyone to use /**";

fn anonymous<'a>(action: &'a str, path: &'a str) -> Request<'a> {
    Request::new(Subject::Anonymous, action, path)
}

fn now() -> Instant {
    Instant::parse(NOW).expect("an instant")
}

#[test]
fn unambiguous_paths_are_rooms() {
    let long = format!("/{}", "a".repeat(8191));
    let deep = "/a".repeat(256);
    let query = format!("/a?{}", "..//%".repeat(9000));
    let paths = ["/", "/a/", "/a%20b", "/%61", "/caf%C3%A9", "/café", "/a?x=..//", "/a?b#c", "/.a", "/a:b@c", "/a+b"];
    for path in paths.into_iter().chain([&*long, &*deep, &*query]) {
        check_request(OPEN, &anonymous("GET", path), "200 [0]");
    }
}

#[test]
fn ambiguous_paths_are_forbidden() {
    let long = format!("/{}", "a".repeat(8192));
    let deep = "/a".repeat(257);
    let paths = [
        "",
        "a",
        "//",
        "/a//b",
        "//a",
        "/a//",
        "/.",
        "/..",
        "/./",
        "/a/./b",
        "/a/..",
        "/a.",
        "/a./b",
        "/%2e%2e/x",
        "/.%2E",
        "/a\\b",
        "/a%5Cb",
        "/a;b",
        "/a%3bb",
        "/a#b",
        "/a%23",
        "/a%2Fb",
        "/a%2fb",
        "/a%3Fb",
        "/a%25b",
        "/a%2525b",
        "/a%",
        "/a%4",
        "/a%zz",
        "/a%+1",
        "/a%00",
        "/a\u{7f}",
        "/a\u{85}",
        "/a%09b",
        "/%C0%AF",
        "/%ff",
        "/e\u{301}",
        "/e%CC%81",
        "/\u{ff0e}\u{ff0e}",
        "/\u{2100}",
        "/a\u{37e}b",
        "/a%20",
        "/ a",
        "/a%C2%A0",
        "/a%20/b",
        "?/a",
        "*",
        "http://a/b",
    ];
    for path in paths.into_iter().chain([&*long, &*deep]) {
        check_request(OPEN, &anonymous("GET", path), "403 []");
        check_request(&format!("{OPEN} answer unidentified 401 deny anyone"), &anonymous("GET", path), "401 []");
    }
}

#[test]
fn head_is_get_and_other_actions_are_known_or_nothing() {
    for (action, expected) in [
        ("HEAD", "200 [0]"),
        ("GET", "200 [0]"),
        ("VERSION-CONTROL", "200 [0]"),
        ("QUERY", "200 [0]"),
        ("read", "200 [0]"),
        ("open", "200 [0]"),
        ("get", "403/404 []"),
        ("head", "403/404 []"),
        ("BREW", "403/404 []"),
        ("*", "403/404 []"),
        ("PRI", "403/404 []"),
        ("use", "403/404 []"),
        ("", "403/404 []"),
        ("GET PUT", "403/404 []"),
    ] {
        let policy = format!("{OPEN} action open conceal /a deny anyone to PUT");
        check_request(&policy, &anonymous(action, "/a"), expected);
    }
    check_request("allow anyone to GET /a", &anonymous("HEAD", "/a/"), "200 [0]");
}

#[test]
fn more_than_1024_claims_are_forbidden() {
    for (count, expected) in [(1024, "200 [0]"), (1025, "403 []")] {
        let known = (0..count).fold(Known::new("zoe"), |known, index| known.group(format!("g{index}")));
        check_request(OPEN, &Request::new(known, "GET", "/"), expected);
    }
}

#[test]
fn what_is_no_name_is_rejected() {
    let policy = "allow anyone to GET /** allow authenticated to POST /**";
    let (long, longer) = ("z".repeat(256), "z".repeat(257));
    for (name, get, post) in [
        ("zoe", "200 [0]", "200 [1]"),
        ("anonymous", "200 [0]", "200 [1]"),
        ("Zoë de la Cruz", "200 [0]", "200 [1]"),
        (&long, "200 [0]", "200 [1]"),
        (&longer, "401 [0]", "401 [1]"),
        ("", "401 [0]", "401 [1]"),
        (" zoe", "401 [0]", "401 [1]"),
        ("zoe\u{a0}", "401 [0]", "401 [1]"),
        ("zo\0e", "401 [0]", "401 [1]"),
        ("zoe\u{308}", "401 [0]", "401 [1]"),
    ] {
        check_request(policy, &Request::new(Known::new(name), "GET", "/"), get);
        check_request(policy, &Request::new(Known::new(name), "POST", "/"), post);
    }
    let path = format!("/{longer}");
    let own = "room own at /{user} allow authenticated to read own when identity.name == room.user";
    check_request(own, &anonymous("GET", &path), "403 []");
    check_request(own, &anonymous("GET", "/zoe"), "401 [0]");
}

#[test]
fn without_a_time_no_age_is_known() {
    let policy = "assurance low < high
        allow authenticated with high within 15m to read /a
        allow authenticated with high to read /b
        allow anyone to read /c when time in 00:00..23:59
        allow anyone to read /d
        deny anyone without any within 1h to read /d";
    let known = Known::new("zoe").assurance("high").authenticated_at(now());
    let request = |path| Request::new(known.clone(), "GET", path);
    check_request(policy, &request("/a"), "403 []");
    check_request(policy, &request("/a").at(now()), "200 [0]");
    check_request(policy, &request("/a").at(now().minus_seconds(1).expect("in range")), "401 [0] high 900s");
    check_request(policy, &request("/b"), "200 [1]");
    check_request(policy, &request("/c"), "403 []");
    check_request(policy, &request("/d"), "403 [4]");
    check_request(policy, &request("/d").at(now()), "200 [3]");
    check_request(policy, &anonymous("GET", "/a"), "403 []");
    check_request(policy, &anonymous("GET", "/a").at(now()), "401 [0]");
    check_request(policy, &anonymous("GET", "/b"), "401 [1]");
    check_request(policy, &anonymous("GET", "/d"), "403 [4]");
    let low = Request::new(Known::new("zoe").assurance("low"), "GET", "/b");
    check_request(policy, &low, "401 [1] high");
    let undeclared = Request::new(Known::new("zoe").assurance("higher"), "GET", "/b");
    check_request(policy, &undeclared, "401 [1] high");
}

#[test]
fn a_value_of_the_wrong_type_is_missing() {
    let policy = "context has { n?: int, t?: time, a?: address, s?: set of int }
        allow anyone to read /n when context has n
        allow anyone to read /t when context.t == 2026-11-23T10:00Z
        allow anyone to read /a when context.a == 10.0.0.7
        allow anyone to read /s when 1 in context.s";
    let get = |path, name, value: Value<'static>| anonymous("GET", path).context(name, value);
    check_request(policy, &get("/n", "n", 1.into()), "200 [0]");
    check_request(policy, &get("/n", "n", "1".into()), "403 []");
    check_request(policy, &get("/n", "n", Value::Unfit), "403 []");
    check_request(policy, &get("/n", "n", "1".into()).context("n", 1), "403 []");
    check_request(policy, &get("/n", "m", 1.into()), "403 []");
    check_request(policy, &get("/t", "t", "2026-11-23T11:00:00+01:00".into()), "200 [1]");
    check_request(policy, &get("/t", "t", now().into()), "200 [1]");
    check_request(policy, &get("/t", "t", "2026-11-23".into()), "403 []");
    check_request(policy, &get("/a", "a", "::ffff:a00:7".into()), "200 [2]");
    check_request(policy, &get("/a", "a", "10.0.0.07".into()), "403 []");
    check_request(policy, &get("/s", "s", [2, 1].into_iter().collect()), "200 [3]");
    check_request(policy, &get("/s", "s", Value::Set(vec![1.into(), "2".into()])), "403 []");
    check_request(policy, &get("/s", "s", 1.into()), "403 []");
}

#[test]
fn a_parameter_comes_from_the_path_alone() {
    let policy = "room own at /{user} allow authenticated to read own when identity.name == room.user";
    let request = Request::new(Known::new("zoe"), "GET", "/alice").room_attribute("user", "zoe");
    check_request(policy, &request, "403 []");
    let request = Request::new(Known::new("zoe"), "GET", "/z%6Fe");
    check_request(policy, &request, "200 [0]");
}

#[test]
fn too_many_visitors_are_not_tried() {
    let schema: Vec<String> = (0..20).map(|index| format!("a{index}: bool")).collect();
    let tests: Vec<String> = (0..20).map(|index| format!("identity.a{index}")).collect();
    let policy = format!(
        "identities have {{ {} }} allow authenticated to read /a when {} allow anyone to read /b",
        schema.join(", "),
        tests.join(" and ")
    );
    check(&policy, &[("anonymous GET /a", "too large"), ("zoe GET /a", "403 []"), ("anonymous GET /b", "200 [1]")]);
}

#[test]
fn a_small_policy_is_decided_at_once() {
    let policy = read(
        "assurance low < mid < high
         identity a, b, c, d, e
         group staff = a, b, x
         group x claimed
         group y claimed
         group z claimed
         identities have { department?: string, clearance: int, team?: group }
         allow staff with mid within 15m to read /a when identity.department == \"it\"
         allow x with high to read /a when identity.clearance > 3
         allow y to read /a when identity.team == x and identity.clearance in { 1, 2 }
         deny z to read /a
         deny anyone without mid within 1h to read /a
         deny authenticated to read /a when identity.department == \"hr\"
         deny c, d to read /a unless identity.team == staff
         allow authenticated to read /a when identity.name == \"zoe\"",
        &doorward_syntax::NoFiles,
    );
    let outcome = decide(&policy, &anonymous("GET", "/a").at(now())).expect("a small policy");
    assert_eq!((outcome.status, outcome.rules), (401, vec![0, 1, 2, 4, 7]));
}
