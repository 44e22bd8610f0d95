//! Policies with so many rules for one room, or for every room, that the engine finds them by the visitor and the address
//! instead of looking at each. Generated policies are too small for that.

#![expect(clippy::expect_used, clippy::panic, reason = "what is written here has no errors, or the test fails")]

use std::net::IpAddr;

use doorward::{Instant, Known, NoFiles, Policy, Request, Subject, Verdict};
use doorward_syntax::parse_named;
use doorward_tests::compare::Pair;

const NAMES: &str = "
    assurance password < mfa
    identity a0, a1, a2, a3, a4, a5, a6, a7
    group oncall claimed
    group guests claimed
    group g0 = a0, a1
    group g1 = a1, a2
    group g2 = a2, a3
    group g3 = a3, a4
    group g4 = a4, a5
    group g5 = a5, a6
    group g6 = a6
    group g7 = g6, guests
    group night = oncall, a7
    network n0 = 10.0.0.0/8
    network n1 = 10.1.0.0/16
    network n2 = 10.2.0.0/16, 2001:db8::/32
    network n3 = 10.2.3.0/24
    network n4 = 192.0.2.0/24
    room hall at /hall/{x}
    room yard at /yard/**
    allow a0 to use yard
";

/// Rules that groups, identities and addresses lead to, and some that have to be listed.
fn rules(rooms: &str) -> String {
    [
        ("allow g0 to read", ""),
        ("allow g1, a5 to write", ""),
        ("allow g2 with mfa to read", ""),
        ("deny g3 to write", ""),
        ("deny a4 to read", ""),
        ("allow a4, a6 to write", ""),
        ("allow night to read", ""),
        ("deny oncall to DELETE", ""),
        ("allow g7 with mfa within 1h to write", ""),
        ("allow anyone to read", "from n0"),
        ("deny anyone to read", "from n1"),
        ("allow authenticated to DELETE", "from n2"),
        ("deny authenticated without mfa to use", "from n3"),
        ("deny g0 to write", "from n0"),
        ("allow a0, a1, a2, a3, a4, a5, a6, a7, g0, g1, g2, g3, g4, g5, g6, g7, night to PATCH", ""),
        ("allow anyone except g4 to read", "from n4"),
        ("deny authenticated except a6, g1 to DELETE", ""),
        ("allow g5 except a6 to DELETE", ""),
        ("deny guests without mfa to PATCH", ""),
    ]
    .into_iter()
    .map(|(rule, rest)| format!("{rule} {rooms} {rest}\n"))
    .collect()
}

/// Rules from where nobody asks, so many that those of any action are more than are listed without an index.
fn filler(rooms: &str) -> String {
    (0..14).map(|number| format!("allow g{} to use {rooms} from 198.51.100.{number}\n", number % 8)).collect()
}

fn known(name: &str, groups: &[&'static str], strong: bool) -> Subject<'static> {
    let mut known = Known::new(name.to_owned());
    known.groups = groups.iter().map(|group| (*group).into()).collect();
    if strong {
        known.assurance = Some("mfa".into());
        known.authenticated_at = Some(instant("2026-11-23T09:50:00Z"));
    }
    known.into()
}

fn instant(text: &str) -> Instant {
    text.parse().expect("an instant")
}

fn subjects() -> Vec<Subject<'static>> {
    let claims: [&[&str]; 4] = [&[], &["oncall"], &["guests"], &["oncall", "guests"]];
    let names = (0..8).map(|number| format!("a{number}")).chain(["stranger".to_owned()]);
    let known = names.enumerate().flat_map(|(number, name)| {
        claims.into_iter().enumerate().map(move |(at, claims)| known(&name, claims, (number + at) % 2 == 1))
    });
    [Subject::Anonymous, Subject::Rejected].into_iter().chain(known).collect()
}

fn check(text: &str, addresses: &[&str], actions: &[&'static str]) {
    let parsed = parse_named("many.door", text.to_owned(), &NoFiles);
    let tree = parsed.policy.clone();
    let pair = Pair { policy: Policy::compile(parsed).expect("a policy without an error"), among_many: None, tree };
    let from = addresses.iter().map(|address| Some(address.parse::<IpAddr>().expect("an address")));
    let from: Vec<Option<IpAddr>> = from.chain([None]).collect();
    let time = instant("2026-11-23T10:00:00Z");
    let mut allowed = 0;
    let mut asked = 0;
    for subject in subjects() {
        for path in ["/hall/7", "/yard/7"] {
            for action in actions {
                for address in &from {
                    let mut request = Request::new(subject.clone(), *action, path);
                    request.address = *address;
                    request.time = Some(time);
                    pair.compare(&request, None).unwrap_or_else(|why| panic!("{why}\n{request:?}\n{text}"));
                    allowed += usize::from(pair.policy.verdict(&request) == Verdict::Allow);
                    asked += 1;
                }
            }
        }
    }
    assert!(allowed * 20 > asked && allowed * 2 < asked, "{allowed} of {asked} are allowed");
}

const ADDRESSES: [&str; 6] = ["10.0.0.1", "10.1.0.1", "10.2.0.1", "10.2.3.1", "192.0.2.1", "203.0.113.1"];
const ACTIONS: [&str; 4] = ["GET", "PUT", "PATCH", "DELETE"];

#[test]
fn of_one_room() {
    check(&format!("{NAMES}{}{}", filler("hall"), rules("hall")), &ADDRESSES, &ACTIONS);
}

#[test]
fn of_every_room() {
    check(&format!("{NAMES}{}{}", filler(""), rules("")), &ADDRESSES, &ACTIONS);
}

#[test]
fn of_both() {
    let [here, everywhere] = ["hall", ""].map(|rooms| format!("{}{}", filler(rooms), rules(rooms)));
    check(&format!("{NAMES}{here}{everywhere}"), &ADDRESSES, &ACTIONS);
}

/// More origins than there are bits to tell them apart by.
#[test]
fn from_many_addresses() {
    let many = |rooms: &str, allow: &str, deny: &str| -> String {
        (0..80)
            .map(|number| match number % 5 {
                0 => format!("{deny} {rooms} from 172.16.{number}.128/25\n"),
                _ => format!("{allow} {rooms} from 172.16.{number}.0/24\n"),
            })
            .collect()
    };
    let here = many("hall", "allow anyone to read", "deny g0 to read");
    let everywhere = many("", "allow g1 to DELETE", "deny anyone to PATCH");
    let addresses =
        ["172.16.1.1", "172.16.5.1", "172.16.5.129", "172.16.65.129", "172.16.66.1", "172.16.79.200", "10.1.0.1"];
    check(&format!("{NAMES}{here}{everywhere}{}", rules("hall")), &addresses, &ACTIONS);
}

/// Two origins that one bit stands for hold the same address.
#[test]
fn from_overlapping_addresses_with_one_bit() {
    let others = |first: usize| -> String {
        (first..first + 63)
            .map(|number| format!("allow g{} to PATCH hall from 198.51.{number}.0/24\n", number % 8))
            .collect()
    };
    let rules = |rooms: &str| {
        let first = format!("allow anyone to read {rooms} from 10.0.0.0/8\n");
        format!("{first}{}deny g0 to read {rooms} from 10.1.0.0/16\n", others(if rooms.is_empty() { 0 } else { 100 }))
    };
    check(&format!("{NAMES}{}", rules("hall")), &ADDRESSES, &["GET", "PUT"]);
    check(&format!("{NAMES}{}", rules("")), &ADDRESSES, &["GET", "PUT"]);
}

/// Rules of single groups, of anyone and of everybody known, without conditions and strengths, which are decided in a way of
/// their own: a few in the hall, and more groups than there are bits to tell them apart by.
#[test]
fn that_are_bare() {
    let crowd = |number: usize| format!("group c{number} = a{}\nallow c{number} to PATCH /crowd\n", number % 8);
    let crowd: String = (0..70).map(crowd).collect();
    let here = "
        allow g0 to read hall
        allow g1 to write hall
        deny g3 to write hall from n0
        allow night to read hall
        deny oncall to DELETE hall
        allow anyone to read hall from n0
        deny anyone to read hall from n1
        allow authenticated to DELETE hall from n2
        deny authenticated to PATCH hall from n3
        allow g5 to PATCH hall from n4
    ";
    let everywhere = |rooms: &str| {
        format!(
            "deny g2 to PATCH {rooms}\nallow g4 to DELETE {rooms}\nallow anyone to PUT {rooms} from n4\n
             deny authenticated to GET {rooms} from n3\ndeny g6 to use {rooms} from n2\n"
        )
    };
    for crowd in ["", &crowd] {
        check(&format!("{NAMES}{crowd}{here}"), &ADDRESSES, &ACTIONS);
        check(&format!("{NAMES}{crowd}{here}{}", everywhere("")), &ADDRESSES, &ACTIONS);
        // So many of every room that the visitor and the address lead to them.
        check(&format!("{NAMES}{crowd}{here}{}{}", everywhere(""), filler("")), &ADDRESSES, &ACTIONS);
        check(&format!("{NAMES}{crowd}{here}{}{}", everywhere("hall"), filler("hall")), &ADDRESSES, &ACTIONS);
    }
}
