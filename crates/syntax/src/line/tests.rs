use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::ast::{self, StatementKind};
use crate::split::{Piece, Splitter};
use crate::{NoFiles, Outline, parse, quick};

/// What the splitter cuts, each plain statement read.
fn by_splitter(text: &str) -> (Vec<ast::Statement>, Vec<Comment>) {
    let mut splitter = Splitter::new(text, FileId(0), 0);
    let statements = splitter.by_ref().filter_map(|piece| match piece {
        Piece::Statement(slice) if !slice.faulty => quick::statement(text, FileId(0), slice),
        _ => None,
    });
    (statements.collect(), splitter.comments)
}

/// Asserts that the lines of a text that are taken for statements are what the splitter cuts, and that the rules of its
/// outline are its rules. How many statements need no splitter.
#[track_caller]
fn check(text: &str) -> usize {
    if crate::text::forbidden_runs(text).next().is_some() {
        return 0;
    }
    let (statements, comments) = by_splitter(text);
    let mut spans = statements.iter().map(|statement| statement.span);
    let (mut at, mut lines) = (0, 0);
    loop {
        at = skip(text, FileId(0), at, &mut Vec::new());
        let plain = plain(text, at).and_then(|line| quick::statement(text, FileId(0), line.slice));
        at = match plain {
            Some(statement) => {
                lines += 1;
                assert!(spans.any(|span| span == statement.span), "{text}");
                usize::try_from(statement.span.end).unwrap()
            }
            None => {
                let mut splitter = Splitter::new(text, FileId(0), at);
                if splitter.next().is_none() {
                    break;
                }
                splitter.at()
            }
        };
    }
    let parsed = parse(text);
    assert_eq!(parsed.policy.files[0].comments, comments, "{text}");
    let outline = Outline::new("policy.door", text.to_owned(), &NoFiles);
    // An outline may give up, also where nothing is wrong: the whole text is read again.
    let Ok(outline) = outline else { return lines };
    let rules: Option<Vec<_>> = outline.rules.into_iter().map(|rule| rule.into_tree(&outline.sources)).collect();
    let lists = outline.lists.iter().map(|list| {
        let (name, names) = (list.group(&outline.sources), list.names(&outline.sources)?);
        let kind = match name {
            Some(name) => StatementKind::Group(ast::GroupDecl { name, kind: ast::GroupKind::Listed(names) }),
            None => StatementKind::Identity(ast::IdentityDecl {
                kind: ast::IdentityKind::Listed(names),
                attributes: Vec::new(),
            }),
        };
        Some(ast::Statement { kind, span: list.span() })
    });
    let lists: Option<Vec<ast::Statement>> = lists.collect();
    // Of a line that is not one statement after all, such as two rules, nothing is said: the whole text is read again.
    let Some((rules, lists)) = rules.zip(lists) else { return lines };
    assert!(parsed.diagnostics.is_empty(), "{text}");
    let (expected, others): (Vec<_>, Vec<_>) =
        parsed.policy.statements().cloned().partition(|statement| matches!(statement.kind, StatementKind::Rule(_)));
    let is_list = |statement: &ast::Statement| outline.lists.iter().any(|list| list.span() == statement.span);
    let (expected_lists, others): (Vec<_>, Vec<_>) = others.into_iter().partition(is_list);
    assert_eq!(lists, expected_lists, "{text}");
    let rules = rules.into_iter().map(|(rule, span)| ast::Statement { kind: StatementKind::Rule(rule), span });
    assert_eq!(rules.collect::<Vec<_>>(), expected, "{text}");
    assert_eq!(outline.policy.statements().cloned().collect::<Vec<_>>(), others, "{text}");
    for statement in expected {
        let StatementKind::Rule(rule) = statement.kind else { continue };
        let label = crate::label_at(&parsed.sources, statement.span);
        assert_eq!(label.as_deref(), rule.label.as_ref().map(|label| label.text.as_str()), "{text}");
        assert_eq!(crate::rule_at(&parsed.sources, statement.span), Some(*rule), "{text}");
    }
    lines
}

/// Lines of which most are statements, and some go on in the next line or begin before.
const LINES: [&str; 58] = [
    "allow anyone",
    "allow a, b to read x from n when time in 08:00..18:00",
    "deny g to use /admin/** without mfa because \"it is \u{e9} \"",
    "deny g to use /admin/{x} because \"plain\"",
    "label: allow a to read x",
    "\"a label\": deny b",
    "a: b: allow c",
    "identity a, b",
    "identity a { x: 1 }",
    "identity",
    "identity == b",
    "identity in g",
    "group g = a, b",
    "group g =",
    "group g claimed",
    "network n = 10.0.0.0/8, ::1",
    "room x at /x/**",
    "room x at /x has { a: int }",
    "room has y",
    "context has { a: int }",
    "context has a",
    "timezone UTC",
    "test \"t\" {",
    "expect 200 a GET /x",
    "}",
    "{",
    "# a comment",
    "allow a # a comment",
    "allow a \r",
    "\t deny b",
    "",
    "  ",
    "allow a when",
    "allow a when identity",
    "allow a when not room.x",
    "allow a when (room.x or",
    "allow a when day in mon..fri and identity has x)",
    "to read x",
    "a, b",
    "unless context.a",
    "allow a deny b",
    "allow \"unclosed",
    "x: 1",
    "allow g\u{e9}",
    "deny g because \"a\tb\"",
    "assert never anyone from tor",
    "assert only a when not (room.x or identity in g)",
    "assert only a when",
    "action open is POST",
    "action",
    "conceal x entirely",
    "identities have { a: int }",
    "challenge Bearer realm \"x\"",
    "group g from \"f\"",
    "room x at /x has {",
    "allow a when x in { b } and time - room.x < 5d",
    "allow a when ((((((((((room.x))))))))))",
    "a: int, group: string }",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn the_splitter_cuts_the_same(lines in prop::collection::vec(select(&LINES[..]), 0..7), end in select(&["\n", "\r\n"][..])) {
        check(&lines.join(end));
    }
}

#[test]
fn plain_lines_need_no_splitter() {
    for (text, lines) in [
        ("", 0),
        ("allow anyone", 1),
        ("\u{feff}# x\n allow a \r\n\r\n# y\ndeny b\n", 2),
        ("identity a\nidentity b\nlabel: allow a\n\"x\": deny b", 3),
        ("allow a\n to read x", 0),
        ("allow a when\nidentity in b", 0),
        ("allow a # x\ndeny b", 1),
        ("allow a deny b\ndeny c", 2),
        ("room x at /x/{y}\ncontext has { a: int }", 1),
    ] {
        assert_eq!(check(text), lines, "{text}");
    }
}
