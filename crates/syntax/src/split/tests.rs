use super::*;

/// The texts of the pieces; an expectation stands behind its test, after a `|`.
fn pieces(text: &str) -> (Vec<String>, Vec<String>) {
    let mut splitter = Splitter::new(text, FileId(0), 0);
    let mut texts = Vec::new();
    let get = |slice: Slice| text[slice.start..slice.end].to_owned();
    for piece in splitter.by_ref() {
        match piece {
            Piece::Statement(slice) => texts.push(get(slice)),
            Piece::Test { head, expectations, .. } => {
                texts.push(get(head));
                texts.extend(expectations.into_iter().map(|slice| format!("|{}", get(slice))));
            }
        }
    }
    (texts, splitter.diagnostics.finish().into_iter().map(|diagnostic| diagnostic.message).collect())
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(pieces(text), (expected.iter().map(|&piece| piece.to_owned()).collect(), Vec::new()));
}

#[track_caller]
fn check_errors(text: &str, expected: &[&str], messages: &[&str]) {
    let (pieces, found) = pieces(text);
    assert_eq!(pieces, expected);
    assert_eq!(found, messages);
}

#[test]
fn statements_begin_with_their_word() {
    check("", &[]);
    check(" # only a comment", &[]);
    check("identity a identity b", &["identity a", "identity b"]);
    check("allow a # x\n to read\n\n# y\nb: deny c", &["allow a # x\n to read", "b: deny c"]);
    check("\"a b\": allow x timezone UTC", &["\"a b\": allow x", "timezone UTC"]);
    check("a: group b = c", &["a: group b = c"]);
    check("a: b: allow c", &["a:", "b: allow c"]);
    check("group a: b\nc: d", &["group a: b", "c: d"]);
    check("identity room\ngroup b = c, time", &["identity room", "group b = c, time"]);
}

#[test]
fn operands_begin_none() {
    check("allow a when identity == b", &["allow a when identity == b"]);
    check("allow a when\nidentity in b and\nidentity in c", &["allow a when\nidentity in b and\nidentity in c"]);
    check("allow a when b == identity\nidentity c", &["allow a when b == identity", "identity c"]);
    check("allow a when b ==\nidentity unless c", &["allow a when b ==\nidentity unless c"]);
    check("allow a when b ==\nidentity\nwiki: allow c", &["allow a when b ==\nidentity", "wiki: allow c"]);
    check("allow a when b == identity deny c", &["allow a when b == identity", "deny c"]);
    check("allow a when b ==\nidentity\nfrom c", &["allow a when b ==\nidentity\nfrom c"]);
    check("allow a when context has x", &["allow a when context has x"]);
    check("allow a when room has x room b at /", &["allow a when room has x", "room b at /"]);
    check("allow a when\ncontext has { x: int }", &["allow a when", "context has { x: int }"]);
    check("allow a when\nidentity b", &["allow a when", "identity b"]);
    check("allow a when x identity has y", &["allow a when x identity has y"]);
}

#[test]
fn addresses_are_no_labels() {
    check("deny a from fe80::/10, face:b00c::1", &["deny a from fe80::/10, face:b00c::1"]);
    check("deny a from dead:allow b", &["deny a from", "dead:allow b"]);
}

#[test]
fn tests_are_cut_into_expectations() {
    check(
        "test \"x\" { expect 200 a GET / expect 401 b GET /{c} } allow d",
        &["test \"x\" {", "|expect 200 a GET /", "|expect 401 b GET /{c}", "allow d"],
    );
    check("test \"x\" { oops expect } x", &["test \"x\" {", "|oops", "|expect", "x"]);
    check("test \"x\" {} allow a", &["test \"x\" {", "allow a"]);
}

#[test]
fn an_open_bracket_ends_at_the_next_statement() {
    let closed = "allow a when (\n identity in b\n or room has x\n)";
    check(closed, &[closed]);
    let schema = "room a at / has { b:\n group, c: set of\n group,\n group: int }";
    check(schema, &[schema]);
    check_errors("allow a when (b\nallow c", &["allow a when (b", "allow c"], &["this `(` is never closed"]);
    check_errors("allow a when ({ b\nx: allow c", &["allow a when ({ b", "x: allow c"], &["this `{` is never closed"]);
    check_errors(
        "test \"x\" {\n expect 200 a GET / where room.b = { c\n expect 401\nallow b",
        &["test \"x\" {", "|expect 200 a GET / where room.b = { c", "|expect 401", "allow b"],
        &["this `{` is never closed", "this `{` is never closed"],
    );
    check_errors("allow a when b) or (c", &["allow a when b) or (c"], &["this `)` closes nothing"]);
    check_errors("allow a when ({ b)", &["allow a when ({ b)"], &["this `{` is never closed"]);
}

#[test]
fn nesting_is_counted() {
    let deep = |parens: usize, nots: usize| {
        format!("allow a when {}{}b{}", "(".repeat(parens), "not ".repeat(nots), ")".repeat(parens))
    };
    assert!(pieces(&deep(64, 0)).1.is_empty());
    assert!(pieces(&deep(32, 32)).1.is_empty());
    assert_eq!(pieces(&deep(65, 0)).1, ["brackets and `not` nest deeper than 64"]);
    assert_eq!(pieces(&deep(32, 33)).1, ["brackets and `not` nest deeper than 64"]);
    assert_eq!(pieces(&deep(100_000, 100_000)).1.len(), 1);
    let wide = format!("allow a when {}b", "not (b) and ".repeat(1000));
    assert!(pieces(&wide).1.is_empty());
}

#[test]
fn single_tokens_are_reported() {
    check_errors("identity 'a', ;", &["identity 'a', ;"], &["a text stands in double quotes"]);
    check_errors("identity née", &["identity née"], &["unexpected `ée`"]);
    check_errors(
        "identity \"a\ngroup b",
        &["identity \"a", "group b"],
        &["this text has no closing quote on its line"],
    );
}
