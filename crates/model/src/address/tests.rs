use std::net::IpAddr;

use super::{AddressFlaw, Prefix, PrefixError, PrefixSet, Redundancy, parse_address, redundant};

#[track_caller]
fn prefix(text: &str) -> Prefix {
    Prefix::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[track_caller]
fn address(text: &str) -> IpAddr {
    parse_address(text).unwrap_or_else(|| panic!("{text}"))
}

/// A set written with spaces between its prefixes.
#[track_caller]
fn set(text: &str) -> PrefixSet {
    text.split_whitespace().map(prefix).collect()
}

#[track_caller]
fn check_address(text: &str, expected: Option<&str>) {
    assert_eq!(parse_address(text), expected.map(|text| text.parse().unwrap()), "{text}");
}

#[track_caller]
fn check_prefix(text: &str, printed: &str) {
    assert_eq!(prefix(text).to_string(), printed);
    assert_eq!(prefix(printed), prefix(text));
}

/// A text that is no prefix, its message, and the mend.
#[track_caller]
fn check_error(text: &str, message: &str, mend: Option<&str>) {
    let error = Prefix::parse(text).unwrap_err();
    assert_eq!(error.to_string(), message);
    assert_eq!(error.mend().as_deref(), mend, "{text}");
}

#[test]
fn addresses_have_one_form() {
    check_address("192.0.2.10", Some("192.0.2.10"));
    check_address("::ffff:192.0.2.10", Some("192.0.2.10"));
    check_address("::ffff:c000:20a", Some("192.0.2.10"));
    check_address("0:0:0:0:0:FFFF:192.0.2.10", Some("192.0.2.10"));
    check_address("2001:DB8:0:0::1", Some("2001:db8::1"));
    check_address("64:ff9b::c000:20a", Some("64:ff9b::c000:20a"));
    check_address("::192.0.2.10", Some("::c000:20a"));
}

#[test]
fn ports_are_ignored() {
    check_address("192.0.2.1:80", Some("192.0.2.1"));
    check_address("[2001:db8::1]:443", Some("2001:db8::1"));
    check_address("[2001:db8::1]", Some("2001:db8::1"));
    check_address("[::ffff:192.0.2.1]:65535", Some("192.0.2.1"));
}

#[test]
fn what_others_read_otherwise_is_no_address() {
    for text in [
        "",
        " 192.0.2.1",
        "192.0.2.1 ",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "010.0.0.1",
        "192.0.2.01",
        "192.0.2.256",
        "192.0.2.1.1",
        "192.0.2.1:",
        "192.0.2.1:+80",
        "192.0.2.1:65536",
        "192.0.2.1:80:80",
        "[192.0.2.1]:80",
        "[2001:db8::1]443",
        "[2001:db8::1]:",
        "[2001:db8::1",
        "2001:db8::1]",
        "fe80::1%eth0",
        "[fe80::1%3]:443",
        "192.0.2.10, 10.0.0.5",
        "192.0.2.0/24",
        "unix:",
        "unknown",
        "::ffff:010.0.0.1",
        "１.2.3.4",
    ] {
        check_address(text, None);
    }
}

#[test]
fn prefixes_are_read_and_printed() {
    check_prefix("10.0.0.0/8", "10.0.0.0/8");
    check_prefix("0.0.0.0/0", "0.0.0.0/0");
    check_prefix("192.0.2.1", "192.0.2.1");
    check_prefix("192.0.2.1/32", "192.0.2.1");
    check_prefix("2001:db8:AAAA::/48", "2001:db8:aaaa::/48");
    check_prefix("2001:db8::1/128", "2001:db8::1");
    check_prefix("::/0", "::/0");
    check_prefix("::ffff:192.0.2.0/120", "192.0.2.0/24");
    check_prefix("::ffff:0:0/96", "0.0.0.0/0");
    check_prefix("::ffff:192.0.2.1", "192.0.2.1");
    check_prefix("::fffe:0:0/95", "::fffe:0:0/95");
}

#[test]
fn a_prefix_tells_its_network_and_its_length() {
    for (text, network, length) in [
        ("10.0.0.0/8", "10.0.0.0", 8),
        ("0.0.0.0/0", "0.0.0.0", 0),
        ("192.0.2.1", "192.0.2.1", 32),
        ("2001:db8::/32", "2001:db8::", 32),
        ("::ffff:192.0.2.0/120", "192.0.2.0", 24),
    ] {
        let prefix = prefix(text);
        assert_eq!((prefix.network(), prefix.length()), (address(network), length), "{text}");
        assert_eq!(format!("{prefix:?}"), prefix.to_string());
    }
}

#[test]
fn host_bits_are_errors_that_name_the_network() {
    for (text, network) in [
        ("10.0.0.1/8", "10.0.0.0/8"),
        ("10.0.0.0/0", "0.0.0.0/0"),
        ("192.0.2.1/31", "192.0.2.0/31"),
        ("2001:db8::1/64", "2001:db8::/64"),
        ("::ffff:192.0.2.1/120", "192.0.2.0/24"),
        ("::ffff:10.0.0.0/8", "10.0.0.0/8"),
        ("::ffff:0:0/64", "::/64"),
    ] {
        check_error(text, &format!("`{text}` has host bits set, its network is `{network}`"), Some(network));
    }
}

#[test]
fn lengths_are_plain_numbers_within_the_address() {
    for (text, greatest, mend) in [
        ("10.0.0.0/08", 32, Some("10.0.0.0/8")),
        ("10.0.0.0/008", 32, Some("10.0.0.0/8")),
        ("0.0.0.0/00", 32, Some("0.0.0.0/0")),
        ("10.0.0.0/33", 32, None),
        ("10.0.0.0/256", 32, None),
        ("10.0.0.0/99999999999999999999", 32, None),
        ("10.0.0.0/", 32, Some("10.0.0.0")),
        ("10.0.0.0/+8", 32, None),
        ("10.0.0.0/-8", 32, None),
        ("10.0.0.0/ 8", 32, None),
        ("10.0.0.0/8/8", 32, None),
        ("10.0.0.0/255.0.0.0", 32, Some("10.0.0.0/8")),
        ("10.0.0.0/255.0.255.0", 32, None),
        ("2001:db8::/129", 128, None),
        ("2001:db8::/064", 128, Some("2001:db8::/64")),
        ("::ffff:10.0.0.0/129", 128, None),
    ] {
        check_error(text, &format!("`{text}` has no valid length, which is a number from 0 to {greatest}"), mend);
    }
}

#[test]
fn flawed_addresses_are_told_apart() {
    for (text, flaw, mend) in [
        ("10/8", AddressFlaw::Short, Some("10.0.0.0/8")),
        ("10.1/16", AddressFlaw::Short, Some("10.1.0.0/16")),
        ("192.168.1/16", AddressFlaw::Short, Some("192.168.0.0/16")),
        ("127.1", AddressFlaw::Short, None),
        ("300/8", AddressFlaw::Short, None),
        ("010.0.0.0/8", AddressFlaw::LeadingZero, Some("10.0.0.0/8")),
        ("192.168.001.001", AddressFlaw::LeadingZero, Some("192.168.1.1")),
        ("192.0.2.1:80", AddressFlaw::Port, Some("192.0.2.1")),
        ("[2001:db8::1]:443", AddressFlaw::Port, Some("2001:db8::1")),
        ("[2001:db8::]/32", AddressFlaw::Port, Some("2001:db8::/32")),
        ("fe80::1%eth0", AddressFlaw::Zone, Some("fe80::1")),
        ("fe80::1%eth0/64", AddressFlaw::Zone, Some("fe80::/64")),
        ("10.0.*.*", AddressFlaw::Wildcard, Some("10.0.0.0/16")),
        ("10.*", AddressFlaw::Wildcard, Some("10.0.0.0/8")),
        ("*", AddressFlaw::Wildcard, Some("0.0.0.0/0")),
        ("10.*.0.1", AddressFlaw::Wildcard, None),
        ("10.*/8", AddressFlaw::Wildcard, None),
        ("192.0.2.1-192.0.2.9", AddressFlaw::Range, None),
        ("192.0.2.1-", AddressFlaw::Unlike, None),
        ("office", AddressFlaw::Unlike, None),
        ("office-2", AddressFlaw::Unlike, None),
        ("office.1", AddressFlaw::Unlike, None),
        ("", AddressFlaw::Unlike, None),
        ("/8", AddressFlaw::Unlike, None),
        ("192.0.2.256", AddressFlaw::Unlike, None),
        ("1.2.3.4.5", AddressFlaw::Unlike, None),
        ("0x7f.0.0.1", AddressFlaw::Unlike, None),
    ] {
        check_error(text, &format!("`{text}` {flaw}"), mend);
    }
}

#[test]
fn a_prefix_holds_its_addresses_and_no_ipv6_prefix_an_ipv4_one() {
    assert!(prefix("10.0.0.0/8").contains(address("10.255.255.255")));
    assert!(prefix("10.0.0.0/8").contains("::ffff:10.1.2.3".parse().unwrap()));
    assert!(!prefix("10.0.0.0/8").contains(address("11.0.0.0")));
    assert!(prefix("::/0").contains(address("2001:db8::1")));
    assert!(!prefix("::/0").contains("::ffff:10.1.2.3".parse().unwrap()));
    assert!(!prefix("::fffe:0:0/95").contains(address("10.1.2.3")));
    assert!(!prefix("0.0.0.0/0").contains(address("::1")));
}

#[test]
fn prefixes_are_joined_only_if_they_are_halves() {
    let joined = |left, right| prefix(left).joined(prefix(right)).map(|prefix| prefix.to_string());
    assert_eq!(joined("10.0.0.0/25", "10.0.0.128/25").as_deref(), Some("10.0.0.0/24"));
    assert_eq!(joined("10.0.0.128/25", "10.0.1.0/25"), None);
    assert_eq!(joined("10.0.0.0/25", "10.0.0.0/25"), None);
    assert_eq!(joined("10.0.0.0/25", "10.0.0.0/24"), None);
    assert_eq!(joined("0.0.0.0/0", "::/0"), None);
    assert_eq!(joined("0.0.0.0/0", "0.0.0.0/0"), None);
    assert_eq!(joined("::/1", "8000::/1").as_deref(), Some("::/0"));
}

#[test]
fn sets_are_sorted_and_merged() {
    assert_eq!(set("10.0.1.0/24 10.0.0.0/24"), set("10.0.0.0/23"));
    assert_eq!(set("10.0.0.0/8 10.1.0.0/16 10.1.2.3"), set("10.0.0.0/8"));
    assert_eq!(set("10.0.0.0 10.0.0.2").ranges_v4().len(), 2);
    assert_eq!(set("255.255.255.255 0.0.0.0/0"), set("0.0.0.0/0"));
    assert_eq!(set("0.0.0.0/0 ::/0"), PrefixSet::all());
    assert_eq!(set("::fffe:0:0/95"), set("::fffe:0:0/96"));
    let range = |first: &str, last: &str| {
        let bits = |text: &str| text.parse::<std::net::Ipv6Addr>().unwrap().to_bits();
        (bits(first), bits(last))
    };
    let v6 = set("2001:db8::/32 10.0.0.0/8 ::1 ::2");
    assert_eq!(v6.ranges_v6(), [range("::1", "::2"), range("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")]);
    assert!(set("").is_empty());
    assert_eq!(set(""), PrefixSet::default());
}

#[test]
fn sets_hold_what_their_prefixes_hold() {
    let set = set("10.0.0.0/8 192.0.2.1 2001:db8::/32 ::/128");
    for text in ["10.0.0.0", "10.255.255.255", "192.0.2.1", "2001:db8:ffff::", "::"] {
        assert!(set.contains(address(text)), "{text}");
    }
    for text in ["9.255.255.255", "11.0.0.0", "192.0.2.0", "192.0.2.2", "2001:db9::", "::1", "0.0.0.0"] {
        assert!(!set.contains(address(text)), "{text}");
    }
}

#[test]
fn set_operations_follow_the_addresses() {
    let office = set("10.0.0.0/8 2001:db8::/32");
    let guests = set("10.99.0.0/16");
    let rest = office.difference(&guests);
    assert!(rest.contains(address("10.98.255.255")) && rest.contains(address("10.100.0.0")));
    assert!(!rest.contains(address("10.99.0.0")) && !rest.contains(address("10.99.255.255")));
    assert_eq!(rest.union(&guests), office);
    assert_eq!(office.intersection(&guests), guests);
    assert!(office.overlaps(&guests) && !rest.overlaps(&guests));
    assert!(office.covers(&guests) && !guests.covers(&office) && office.covers(&PrefixSet::default()));
    assert!(office.difference(&PrefixSet::all()).is_empty());
    assert_eq!(PrefixSet::all().difference(&PrefixSet::default()), PrefixSet::all());
    assert!(PrefixSet::all().difference(&set("0.0.0.0/0 ::/0")).is_empty());
}

/// All sets over six addresses at either end of the space, against bit masks.
#[test]
fn set_operations_agree_with_bit_masks() {
    for first in ["0.0.0.0", "255.255.255.250"].map(|text| text.parse::<std::net::Ipv4Addr>().unwrap().to_bits()) {
        let address = |index: u32| IpAddr::V4(std::net::Ipv4Addr::from_bits(first + index));
        let members = |mask: u32| (0..6).filter(move |index| mask >> index & 1 == 1);
        let sets: Vec<PrefixSet> =
            (0..64).map(|mask| members(mask).map(|index| Prefix::from(address(index))).collect()).collect();
        for left in 0..64 {
            for right in 0..64 {
                let (left_set, right_set) = (&sets[left], &sets[right]);
                assert_eq!(left_set.union(right_set), sets[left | right]);
                assert_eq!(left_set.intersection(right_set), sets[left & right]);
                assert_eq!(left_set.difference(right_set), sets[left & !right]);
                assert_eq!(left_set.overlaps(right_set), left & right != 0);
                assert_eq!(left_set.covers(right_set), right & !left == 0);
            }
            for index in 0..6 {
                assert_eq!(sets[left].contains(address(index)), left >> index & 1 == 1);
            }
        }
    }
}

#[test]
fn a_sample_is_in_its_set() {
    assert_eq!(set("10.0.0.0/8").sample(), Some(address("10.0.0.1")));
    assert_eq!(set("192.0.2.7").sample(), Some(address("192.0.2.7")));
    assert_eq!(set("2001:db8::/32").sample(), Some(address("2001:db8::1")));
    assert_eq!(set("255.255.255.255").sample(), Some(address("255.255.255.255")));
    assert_eq!(set("").sample(), None);
}

#[test]
fn superfluous_prefixes_are_found() {
    let list: Vec<Prefix> =
        "10.1.0.0/16 10.0.0.0/8 10.1.2.0/24 192.0.2.0/25 10.0.0.0/8 192.0.2.128/25 2001:db8::1 192.0.3.0/24"
            .split(' ')
            .map(prefix)
            .collect();
    assert_eq!(
        redundant(&list),
        [
            Redundancy::Covered { inner: 4, outer: 1 },
            Redundancy::Covered { inner: 0, outer: 1 },
            Redundancy::Covered { inner: 2, outer: 0 },
            Redundancy::Halves { lower: 3, upper: 5, joined: prefix("192.0.2.0/24") },
        ]
    );
    assert_eq!(redundant(&[]), []);
}

#[test]
fn host_bits_carry_the_corrected_prefix() {
    let error = Prefix::parse("10.0.0.1/8");
    assert_eq!(error, Err(PrefixError::HostBits { text: "10.0.0.1/8".into(), corrected: prefix("10.0.0.0/8") }));
}
