//! Items without which nothing changes, each with its proof and its mend; and people who are kept out on purpose.

use super::deep;

const DECLARED: &str = "
    identity ann, ben
    group staff = ann, ben
    group bosses = ann
    network office = 10.0.0.0/8
    network lab = 10.1.0.0/16
    network home = 192.0.2.0/24
    action open is POST
    room wiki at /wiki/**
";

/// Checks the findings of a kind: of each the text that it is about, what is related to it, and the advice.
#[track_caller]
fn check(code: &str, rules: &str, expected: &[(&str, &[&str], &str)]) {
    let parsed = doorward_syntax::parse(&format!("{DECLARED}{rules}"));
    let checked = doorward_model::check(&parsed.policy, parsed.sources);
    let policy = checked.policy.ok_or(checked.diagnostics).unwrap();
    let found = deep(&policy).unwrap();
    let told: Vec<_> = found
        .iter()
        .filter(|finding| finding.code == code)
        .map(|finding| {
            let related: Vec<&str> = finding.related.iter().map(|(_, text)| &**text).collect();
            (policy.sources.slice(finding.span), related, finding.help.as_deref().unwrap_or_default())
        })
        .collect();
    let expected: Vec<_> = expected.iter().map(|(text, related, help)| (*text, related.to_vec(), *help)).collect();
    assert_eq!(told, expected);
}

const ONE_AT_A_TIME: &str = "of several such items, drop one at a time";

#[test]
fn origins_that_others_hold() {
    let office = format!("`office` is enough; {ONE_AT_A_TIME}");
    check("idle-item", "allow staff to read wiki from office, home", &[]);
    check("idle-item", "allow staff to read wiki from office, lab", &[("lab", &["`office` holds all of it"], &office)]);
    check(
        "idle-item",
        "allow staff to read wiki from lab, 10.0.0.0/15, 10.2.0.0/15",
        &[(
            "lab",
            &["`10.0.0.0/15` holds all of it"],
            &format!("`10.0.0.0/15, 10.2.0.0/15` is enough; {ONE_AT_A_TIME}"),
        )],
    );
    check(
        "idle-item",
        "allow staff to read wiki from 10.1.0.0/17, 10.1.128.0/17, lab",
        &[
            ("10.1.0.0/17", &["`lab` holds all of it"], &format!("`10.1.128.0/17, lab` is enough; {ONE_AT_A_TIME}")),
            ("10.1.128.0/17", &["`lab` holds all of it"], &format!("`10.1.0.0/17, lab` is enough; {ONE_AT_A_TIME}")),
            (
                "lab",
                &["`10.1.0.0/17` holds some of it", "`10.1.128.0/17` holds some of it"],
                &format!("`10.1.0.0/17, 10.1.128.0/17` is enough; {ONE_AT_A_TIME}"),
            ),
        ],
    );
}

#[test]
fn origins_that_other_rules_make_idle() {
    let office = format!("`office` is enough; {ONE_AT_A_TIME}");
    check(
        "idle-item",
        "allow staff to read wiki from office, home  b: allow staff to use /** from home",
        &[("home", &["`b` says some of it, too"], &office)],
    );
    check(
        "idle-item",
        "allow staff to read wiki from office, home  no: deny anyone from home",
        &[("home", &["`no` denies some of it"], &office)],
    );
    check("idle-item", "allow staff to read wiki from office, home  b: allow ben to use /** from home", &[]);
    check("idle-item", "allow anyone to use wiki  deny anyone to read wiki from office, home", &[]);
    check(
        "idle-item",
        "allow anyone to use wiki from office  deny anyone to read wiki from lab, home",
        &[("home", &[], &format!("`lab` is enough; {ONE_AT_A_TIME}"))],
    );
}

#[test]
fn exceptions_that_take_nothing_away() {
    check("idle-item", "allow staff to read wiki from office except lab", &[]);
    check(
        "idle-item",
        "allow staff to read wiki from office except lab  b: allow staff to use /** from lab",
        &[("lab", &["`b` says some of it, too"], "drop `except lab`")],
    );
    check(
        "idle-item",
        "allow staff to use wiki except /wiki/a, /wiki/b  no: deny anyone to use /wiki/a",
        &[("/wiki/a", &["`no` denies some of it"], &format!("`except /wiki/b` is enough; {ONE_AT_A_TIME}"))],
    );
    check("idle-item", "allow staff except ben to use wiki", &[]);
    check("idle-item", "allow bosses except ben to use wiki", &[("ben", &[], "drop `except ben`")]);
}

#[test]
fn actions_that_others_hold() {
    check("idle-item", "allow staff to read, write wiki", &[]);
    check(
        "idle-item",
        "allow staff to read, GET wiki",
        &[
            ("read", &["`GET` holds all of it"], &format!("`GET` is enough; {ONE_AT_A_TIME}")),
            ("GET", &["`read` holds all of it"], &format!("`read` is enough; {ONE_AT_A_TIME}")),
        ],
    );
    check(
        "idle-item",
        "allow staff to open, write wiki",
        &[("open", &["`write` holds all of it"], &format!("`write` is enough; {ONE_AT_A_TIME}"))],
    );
    check(
        "idle-item",
        "allow staff to read, open wiki  w: allow staff to write wiki",
        &[("open", &["`w` says some of it, too"], &format!("`read` is enough; {ONE_AT_A_TIME}"))],
    );
    check("idle-item", "allow staff to read, open wiki  w: allow ben to write wiki", &[]);
}

#[test]
fn people_who_are_kept_out_on_purpose_are_not_idle() {
    let help = "put them into a group that is allowed something, or drop them";
    check("idle-identity", "allow ann to use wiki", &[("ben", &[], help)]);
    check("idle-identity", "allow staff to use wiki  deny ben", &[]);
    check("idle-identity", "allow staff to use wiki  deny ben to use /**", &[]);
    check("idle-identity", "allow anyone to use wiki  deny staff", &[]);
    check("idle-identity", "allow ben to use wiki  deny bosses to use wiki", &[("ann", &[], help)]);
}
