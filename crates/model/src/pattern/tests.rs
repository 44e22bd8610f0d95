use super::{Pattern, PatternError};
use crate::limits;
use crate::path::Path;

#[track_caller]
fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A pattern that holds the first paths and not the others.
#[track_caller]
fn check(text: &str, inside: &[&str], outside: &[&str]) {
    let pattern = pattern(text);
    let matches = |path: &str| pattern.matches(Path::parse(path).unwrap().segments());
    for path in inside {
        assert!(matches(path), "{text} should hold {path}");
    }
    for path in outside {
        assert!(!matches(path), "{text} should not hold {path}");
    }
}

/// A text that is no pattern, how the message begins, and the mend.
#[track_caller]
fn check_error(text: &str, message: &str, mend: Option<&str>) {
    let error = Pattern::parse(text).map(|pattern| pattern.to_string()).unwrap_err();
    let told = error.to_string();
    assert!(told.starts_with(message), "{text}: {told}");
    assert_eq!(error.mend().as_deref(), mend, "{text}");
}

#[track_caller]
fn check_relation(left: &str, right: &str, overlap: bool, covers: bool) {
    let (left_pattern, right_pattern) = (pattern(left), pattern(right));
    assert_eq!(left_pattern.overlaps(&right_pattern), overlap, "{left} and {right}");
    assert_eq!(right_pattern.overlaps(&left_pattern), overlap, "{right} and {left}");
    assert_eq!(left_pattern.covers(&right_pattern), covers, "{left} over {right}");
}

#[test]
fn literals_match_whole_segments() {
    check("/", &["/"], &["/abc", "/a/"]);
    check(
        "/admin",
        &["/admin", "/admin/", "/%61dmin", "/admin?x"],
        &["/", "/adminx", "/Admin", "/admin/x", "/x/admin"],
    );
    check("/café/a b", &["/caf%C3%A9/a%20b"], &["/cafe/a b"]);
    check("/wiki/", &["/wiki", "/wiki/"], &["/wiki/a"]);
}

#[test]
fn wildcards_match_one_segment_or_all_the_rest() {
    check("/*", &["/a", "/a/"], &["/", "/a/b"]);
    check("/vault/{drawer}", &["/vault/7", "/vault/*"], &["/vault", "/vault/7/8"]);
    check("/wiki/**", &["/wiki", "/wiki/", "/wiki/a", "/wiki/a/b/c"], &["/", "/wikis", "/a/wiki"]);
    check("/**", &["/", "/a", "/a/b"], &[]);
    check("/*/b/**", &["/a/b", "/x/b/c"], &["/b", "/a/c/b"]);
}

#[test]
fn parameters_are_found_by_name() {
    let pattern = pattern("/a/{b}/*/{c-d_2}/**");
    assert_eq!(pattern.parameter("b"), Some(1));
    assert_eq!(pattern.parameter("c-d_2"), Some(3));
    assert_eq!(pattern.parameter("a"), None);
    assert_eq!(pattern.parameters().collect::<Vec<_>>(), [(1, "b"), (3, "c-d_2")]);
}

#[test]
fn patterns_print_as_they_are_written() {
    for text in ["/", "/**", "/*", "/wiki/**", "/vault/{drawer}", "/a/b/*/{c}/**", "/café/a b", "/a@b:c,d"] {
        assert_eq!(pattern(text).to_string(), text);
    }
    assert_eq!(pattern("/wiki/").to_string(), "/wiki");
    assert_eq!(pattern("/wiki/"), pattern("/wiki"));
    assert_eq!(pattern("/wiki/**/"), pattern("/wiki/**"));
    assert_eq!(["/", "/**", "/*", "/wiki/**"].map(|text| pattern(text).tail()), [false, true, false, true]);
    assert_ne!(pattern("/{a}"), pattern("/{b}"));
}

#[test]
fn a_pattern_starts_with_a_slash() {
    check_error("", "a pattern starts with `/`", Some("/"));
    check_error("wiki/**", "a pattern starts with `/`", Some("/wiki/**"));
    check_error("**", "a pattern starts with `/`", Some("/**"));
    check_error("*.png", "a pattern starts with `/`", None);
}

#[test]
fn wildcards_are_whole_segments() {
    let message = |segment: &str| format!("`{segment}` mixes a wildcard with other text");
    for (text, segment, mend) in [
        ("/img/*.png", "*.png", "/img/*"),
        ("/v*", "v*", "/*"),
        ("/a/{b}c/d", "{b}c", "/a/{b}/d"),
        ("/v{n}", "v{n}", "/{n}"),
        ("/a**", "a**", "/*"),
        ("/***", "***", "/*"),
        ("/{a}{b}", "{a}{b}", "/{a}"),
    ] {
        check_error(text, &message(segment), Some(mend));
    }
    for (text, segment) in [("/{", "{"), ("/}", "}"), ("/a{", "a{"), ("/{{a}}", "{{a}}")] {
        check_error(text, &message(segment), None);
    }
    let advice = |text: &str| Pattern::parse(text).unwrap_err().advice();
    let like = "name the segment, as in `{part}`, and add `when room.part like \"*.png\"`";
    assert_eq!(advice("/img/*.png").as_deref(), Some(like));
    for text in ["/v{n}", "/v{n}*", "/*}", "/*\"", "/a\"{b}"] {
        assert_eq!(advice(text).as_deref(), Some("name a whole segment, as in `/{part}/`"), "{text}");
    }
    assert_eq!(advice("/a//b"), None);
}

#[test]
fn the_tail_stands_last() {
    check_error("/**/a", "`**` can only be the last segment", Some("/**"));
    check_error("/a/**/b/**", "`**` can only be the last segment", Some("/a/**"));
    check_error("/a/**/**", "`**` can only be the last segment", Some("/a/**"));
}

#[test]
fn parameters_are_attribute_names_and_stand_once() {
    for text in ["/{}", "/{1a}", "/{a.b}", "/{a@b}", "/{a b}", "/{ä}", "/{-a}", "/{a*}"] {
        check_error(text, "`{", None);
        assert!(matches!(Pattern::parse(text), Err(PatternError::ParameterName { .. })), "{text}");
    }
    check_error("/{a}/b/{a}", "the parameter `{a}` stands twice", None);
}

#[test]
fn segments_that_no_unambiguous_path_has_are_errors() {
    for (text, mend) in [
        ("//", Some("/")),
        ("/a//b", Some("/a/b")),
        ("/wiki//**", Some("/wiki/**")),
        ("//**", Some("/**")),
        ("/.", None),
        ("/a/../b", None),
        ("/...", None),
        ("/a./b", Some("/a/b")),
        ("/a /b", Some("/a/b")),
        ("/a;b/c", Some("/a/c")),
        ("/a#b", Some("/a")),
        ("/a\\b", Some("/a")),
        ("/a\tb", None),
        ("/cafe\u{301}", Some("/café")),
        ("/of\u{fb01}ce", Some("/office")),
        ("/\u{ff0f}", None),
    ] {
        check_error(text, &format!("no unambiguous path matches `{text}`: it "), mend);
    }
}

#[test]
fn patterns_are_written_decoded_and_without_a_query() {
    check_error("/caf%C3%A9", "a pattern is written decoded", Some("/café"));
    check_error("/a%20b/**", "a pattern is written decoded", Some("/a b/**"));
    check_error("/a%2Fb", "a pattern is written decoded", Some("/a/b"));
    check_error("/100%", "a pattern is written decoded", None);
    check_error("/a%00", "a pattern is written decoded", None);
    check_error("/search?q=1", "a pattern is a path, and `?` ends a path", Some("/search"));
}

#[test]
fn limits_are_those_of_paths() {
    let deepest = "/a".repeat(limits::PATH_SEGMENTS);
    assert_eq!(pattern(&format!("{deepest}/**")).segments().len(), limits::PATH_SEGMENTS);
    check_error(&format!("{deepest}/a"), "a pattern has at most 256 segments", None);
    assert!(Pattern::parse(&format!("/{}", "a".repeat(limits::PATH_BYTES - 1))).is_ok());
    check_error(&format!("/{}", "a".repeat(limits::PATH_BYTES)), "a pattern has at most 8192 bytes", None);
}

#[test]
fn overlap_and_cover_compare_sets_of_paths() {
    check_relation("/a", "/a", true, true);
    check_relation("/a", "/b", false, false);
    check_relation("/a", "/*", true, false);
    check_relation("/*", "/a", true, true);
    check_relation("/{x}", "/*", true, true);
    check_relation("/a/*", "/*/b", true, false);
    check_relation("/a/*", "/b/*", false, false);
    check_relation("/a/**", "/a", true, true);
    check_relation("/a", "/a/**", true, false);
    check_relation("/a/b/**", "/a", false, false);
    check_relation("/a/**", "/*/b/**", true, false);
    check_relation("/**", "/", true, true);
    check_relation("/**", "/a/**", true, true);
    check_relation("/a/**", "/b/**", false, false);
    check_relation("/", "/*", false, false);
    check_relation("/*/**", "/", false, false);
}
