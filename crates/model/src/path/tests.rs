use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use super::{Ambiguity, Path, check_segment, walk_plain};
use crate::limits;

#[track_caller]
fn check(raw: &str, expected: &[&str]) {
    let path = Path::parse(raw).unwrap_or_else(|reason| panic!("{raw}: {reason}"));
    assert_eq!(path.segments(), expected, "{raw}");
}

#[track_caller]
fn check_ambiguous(raw: &str, reason: Ambiguity) {
    assert_eq!(Path::parse(raw), Err(reason), "{raw}");
}

#[test]
fn each_byte_is_judged_wherever_it_stands() {
    for byte in 0..=127u8 {
        for place in 0..20 {
            let mut bytes = [b'a'; 20];
            bytes[place] = byte;
            for length in place + 1..=bytes.len() {
                let raw = format!("/{}", str::from_utf8(&bytes[..length]).unwrap());
                let plain = byte.is_ascii_graphic() && !b"%?;#\\".contains(&byte) && Path::parse(&raw).is_ok();
                assert_eq!(walk_plain(&raw, |_| ()).is_some(), plain, "{byte} at {place} of {length}");
            }
        }
    }
    assert!(walk_plain("/aé", |_| ()).is_none() && walk_plain("/0123456789aé", |_| ()).is_none());
}

#[test]
fn a_plain_path_is_read_the_same_in_pieces() {
    let long = format!("/{}", "a/b-".repeat(80));
    let paths = [
        "/",
        "/a",
        "/a/",
        "/a/b.c/d",
        "/-._~!$&'()*+,=:@",
        "",
        "a",
        "//",
        "/a//",
        "/a/./b",
        "/a.",
        "/a./b",
        "/.",
        "/..",
        "/a/.b/.c./d",
        "/a?b",
        "/a%41",
        "/0123456789abcdef/x",
        "/0123456789abcdef?",
        "/0/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/",
        "/01234567/89abcdef",
        "/0123456/789abcde/",
        "/0123456789/abcdef/0123456789/%",
        "/////////",
        "/a/////////",
        &long,
    ];
    for raw in paths {
        let mut pieces = Vec::new();
        if let Some(inner) = walk_plain(raw, |segment| pieces.push(str::from_utf8(segment).unwrap())) {
            assert_eq!(Path::parse(raw).unwrap().segments(), pieces, "{raw}");
            assert_eq!(inner, pieces.join("/"));
        } else {
            assert!(
                raw.contains(['%', '?']) || raw.len() > limits::PATH_SEGMENTS || Path::parse(raw).is_err(),
                "{raw}"
            );
        }
    }
}

#[test]
fn plain_paths_are_split_and_borrowed() {
    check("/", &[]);
    check("/abc", &["abc"]);
    check("/a/b/c", &["a", "b", "c"]);
    check("/a/b/", &["a", "b"]);
    check("/admin::$DATA", &["admin::$DATA"]);
    check("/.well-known/a.b", &[".well-known", "a.b"]);
    check("/a..b/.c", &["a..b", ".c"]);
    check("/~a!b$c&d'(e)*+,=:@f\"<>[]^`{|}", &["~a!b$c&d'(e)*+,=:@f\"<>[]^`{|}"]);
    assert!(Path::parse("/a/b").unwrap().segments().iter().all(|segment| matches!(segment, Cow::Borrowed(_))));
}

#[test]
fn the_first_question_mark_ends_the_path() {
    check("/mypath?foo=bar", &["mypath"]);
    check("/a/?b/../c?d#;\\%zz", &["a"]);
    check("/?", &[]);
    check_ambiguous("?/a", Ambiguity::NoSlash);
}

#[test]
fn escapes_are_decoded_once() {
    check("/caf%c3%a9", &["café"]);
    check("/café", &["café"]);
    check("/%61%2D%7e", &["a-~"]);
    check("/a%20b", &["a b"]);
    check("/a b", &["a b"]);
    check("/a%2eb", &["a.b"]);
    check("/%E6%97%A5%E6%9C%AC", &["日本"]);
    check("/%F0%9F%9A%AA", &["🚪"]);
}

#[test]
fn a_path_starts_with_a_slash() {
    for raw in ["", "*", "a/b", "http://example.org/", "\\a", "%2fa", "./a"] {
        check_ambiguous(raw, Ambiguity::NoSlash);
    }
}

#[test]
fn empty_segments_are_ambiguous() {
    for raw in ["//", "//a", "/a//", "/a//b", "/public//../admin", "///"] {
        check_ambiguous(raw, Ambiguity::EmptySegment);
    }
}

#[test]
fn dot_segments_are_ambiguous() {
    for raw in [
        "/.",
        "/./",
        "/..",
        "/../",
        "/admin/.",
        "/public/./../admin",
        "/../../admin",
        "/public/%2e%2e/admin",
        "/public/.%2e/admin",
        "/public/%2E./admin",
        "/%2e",
        "/api/v1/totp/user-backup-code/../../admin",
    ] {
        check_ambiguous(raw, Ambiguity::DotSegment);
    }
}

#[test]
fn delimiters_are_ambiguous() {
    check_ambiguous("/public/..%2fadmin", Ambiguity::Encoded('/'));
    check_ambiguous("/admin%2Fusers", Ambiguity::Encoded('/'));
    check_ambiguous("/admin%3fx", Ambiguity::Encoded('?'));
    check_ambiguous("/admin/%25%32%66users", Ambiguity::Encoded('%'));
    check_ambiguous("/a%252fb", Ambiguity::Encoded('%'));
    check_ambiguous("/admin\\users", Ambiguity::Reserved('\\'));
    check_ambiguous("/admin%5cusers", Ambiguity::Reserved('\\'));
    check_ambiguous("/admin;x=1/users", Ambiguity::Reserved(';'));
    check_ambiguous("/admin%3B", Ambiguity::Reserved(';'));
    check_ambiguous("/foo/secret#/bar", Ambiguity::Reserved('#'));
    check_ambiguous("/foo/secret%23/bar", Ambiguity::Reserved('#'));
    // Alone, too: such a segment has nothing else that would be looked at.
    for mark in ['\\', ';', '#'] {
        check_ambiguous(&format!("/{mark}"), Ambiguity::Reserved(mark));
        check_ambiguous(&format!("/a/{mark}{mark}/b"), Ambiguity::Reserved(mark));
    }
    check_ambiguous("/%", Ambiguity::Escape);
}

#[test]
fn control_characters_are_ambiguous() {
    for (raw, character) in [
        ("/admin%00", '\0'),
        ("/admin%00.png", '\0'),
        ("/admin%0a", '\n'),
        ("/admin\n", '\n'),
        ("/a\tb", '\t'),
        ("/a%7Fb", '\x7f'),
        ("/a\x7fb", '\x7f'),
        ("/a%C2%85b", '\u{85}'),
        ("/a\u{9f}b", '\u{9f}'),
    ] {
        check_ambiguous(raw, Ambiguity::Control(character));
    }
}

#[test]
fn outer_white_space_and_last_dots_are_ambiguous() {
    for raw in ["/admin%20", "/admin /x", "/%20admin", "/ ", "/a\u{1680}", "/\u{2028}a", "/a%E2%80%A9"] {
        check_ambiguous(raw, Ambiguity::OuterSpace);
    }
    for raw in ["/admin.", "/admin%2e", "/a./b", "/...", "/public/api../admin"] {
        check_ambiguous(raw, Ambiguity::LastDot);
    }
}

#[test]
fn malformed_escapes_and_text_are_ambiguous() {
    for raw in ["/admin%", "/admin%4", "/%u0061dmin", "/%zz", "/%+1", "/%4 ", "/%é"] {
        check_ambiguous(raw, Ambiguity::Escape);
    }
    for raw in ["/%c0%ae%c0%ae/admin", "/%ff", "/%c3", "/%c3/%a9", "/%ed%a0%80", "/%f5%80%80%80", "/é%a9"] {
        check_ambiguous(raw, Ambiguity::NotUtf8);
    }
    for raw in ["/cafe%cc%81", "/cafe\u{301}", "/\u{2126}", "/a\u{323}\u{307}", "/\u{fa10}"] {
        check_ambiguous(raw, Ambiguity::NotNormal);
    }
}

#[test]
fn characters_that_others_read_as_ascii_are_ambiguous() {
    for (raw, character) in [
        ("/a\u{ff0f}b", '\u{ff0f}'),
        ("/%EF%BC%8E%EF%BC%8E", '\u{ff0e}'),
        ("/\u{2025}", '\u{2025}'),
        ("/\u{ff41}dmin", '\u{ff41}'),
        ("/\u{212a}ey", '\u{212a}'),
        ("/of\u{fb01}ce", '\u{fb01}'),
        ("/x\u{b2}", '\u{b2}'),
        ("/a\u{a0}b", '\u{a0}'),
        ("/\u{37e}", '\u{37e}'),
        ("/\u{1c6}", '\u{1c6}'),
        ("/a\u{1fef}", '\u{1fef}'),
    ] {
        check_ambiguous(raw, Ambiguity::Compatible(character));
    }
    check("/\u{fb20}x", &["\u{fb20}x"]);
    check("/\u{ff76}", &["\u{ff76}"]);
}

#[test]
fn every_character_is_judged_alike_plain_and_encoded() {
    // The blocks between these are ideographs, syllables and private characters, which normalization leaves alone.
    let blocks = ['\0'..='\u{33ff}', '\u{a000}'..='\u{ac10}', '\u{f900}'..='\u{1ffff}', '\u{2f800}'..='\u{2fa1f}'];
    for character in blocks.into_iter().flatten() {
        let text = format!("a{character}a");
        let ambiguous = matches!(character, '\\' | ';' | '#' | '%')
            || character.is_control()
            || text.nfc().ne(text.chars())
            || (!character.is_ascii() && character.to_string().nfkc().any(|plain| plain.is_ascii()));
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let encoded_ambiguous = ambiguous || matches!(character, '/' | '?');
        assert_eq!(Path::parse(&format!("/{encoded}")).is_err(), encoded_ambiguous, "{character:?}");
        assert_eq!(check_segment(&text).is_err(), encoded_ambiguous, "{character:?}");
        if !matches!(character, '/' | '?') {
            assert_eq!(Path::parse(&format!("/{text}")).is_err(), ambiguous, "{character:?}");
        }
    }
}

#[test]
fn limits_are_exact() {
    let longest = format!("/{}", "a".repeat(limits::PATH_BYTES - 1));
    assert!(Path::parse(&longest).is_ok());
    assert!(Path::parse(&format!("{longest}?{longest}")).is_ok());
    check_ambiguous(&format!("{longest}a"), Ambiguity::TooLong);
    check_ambiguous(&format!("{longest}a?b"), Ambiguity::TooLong);
    let deepest = "/a".repeat(limits::PATH_SEGMENTS);
    assert_eq!(Path::parse(&deepest).unwrap().segments().len(), limits::PATH_SEGMENTS);
    assert!(Path::parse(&format!("{deepest}/")).is_ok());
    check_ambiguous(&format!("{deepest}/a"), Ambiguity::TooManySegments);
    check_ambiguous(&format!("/{}", "a/".repeat(100_000)), Ambiguity::TooLong);
    check_ambiguous(&format!("{}/admin", "/..".repeat(50_000)), Ambiguity::TooLong);
    check_ambiguous(&"/".repeat(limits::PATH_BYTES), Ambiguity::TooManySegments);
}

#[test]
fn the_reason_is_told_without_raw_bytes() {
    for (reason, told) in [
        (Ambiguity::EmptySegment, "it has an empty segment"),
        (Ambiguity::Control('\n'), "it has the control character U+000A"),
        (Ambiguity::Compatible('\u{ff0f}'), "it has the character U+FF0F, which some systems read as `/`"),
        (Ambiguity::Encoded('/'), "it has an encoded `/`"),
        (Ambiguity::TooLong, "it has more than 8192 bytes"),
    ] {
        assert_eq!(reason.to_string(), told);
    }
}
