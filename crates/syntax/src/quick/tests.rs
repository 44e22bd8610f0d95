use std::fmt::Debug;

use doorward_grammar::{DoorwardParser, Rule as Pest};
use pest::Parser;
use pest::iterators::Pair;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::build::Builder;
use crate::findings::Findings;
use crate::split::{Piece, Splitter};

/// What the grammar and the builder make of a slice, if they find no fault with it.
fn by_grammar<T>(
    text: &str,
    slice: Slice,
    rule: Pest,
    build: impl FnOnce(&mut Builder<'_>, Pair<'_, Pest>) -> Option<T>,
) -> Option<T> {
    let pair = DoorwardParser::parse(rule, &text[slice.start..slice.end]).ok()?.next()?;
    let mut found = Findings::default();
    let read = build(&mut Builder::new(FileId(0), slice.start, &mut found), pair);
    if found.is_empty() { read } else { None }
}

/// Asserts that what was read here is what the grammar reads. Whether anything was.
#[track_caller]
fn is_alike<T: Debug + PartialEq>(read: Option<T>, grammar: impl FnOnce() -> Option<T>, text: &str) -> bool {
    let was_read = read.is_some();
    if was_read {
        assert_eq!(read, grammar(), "{text}");
    }
    was_read
}

/// Asserts that every statement and every expectation that is read here is read alike by the grammar. How many are, of how
/// many.
#[track_caller]
fn check(text: &str) -> (usize, usize) {
    if crate::text::forbidden_runs(text).next().is_some() {
        return (0, 0);
    }
    let (mut quick, mut all) = (0, 0);
    for piece in Splitter::new(text, FileId(0), 0) {
        let (slices, of_test) = match piece {
            Piece::Statement(slice) => (vec![slice], false),
            Piece::Test { head, expectations, .. } => {
                if !head.faulty {
                    let grammar =
                        || by_grammar(text, head, Pest::one_test_head, |builder, pair| builder.test_name(pair));
                    is_alike(test_name(text, FileId(0), head), grammar, text);
                }
                (expectations, true)
            }
        };
        for slice in slices.into_iter().filter(|slice| !slice.faulty) {
            all += 1;
            quick += usize::from(if of_test {
                let grammar =
                    || by_grammar(text, slice, Pest::one_expectation, |builder, pair| builder.expectation(pair));
                is_alike(expectation(text, FileId(0), slice), grammar, text)
            } else {
                let grammar = || by_grammar(text, slice, Pest::one_statement, |builder, pair| builder.statement(pair));
                is_alike(statement(text, FileId(0), slice), grammar, text)
            });
        }
    }
    (quick, all)
}

/// Expectations that are read here.
const PLAIN_EXPECTATIONS: [&str; 15] = [
    "expect 200 alice GET /a where room.owner = bob , room.n = 5",
    "expect 403 alice GET /a where context.country = \"DE\" , identity.hired = 2026-11-23T09:00Z , room.frozen = false",
    "expect 401 alice GET /a in g where identity.x = 10.0.0.1 from ::1",
    "expect 200 anonymous GET /",
    "expect 401 rejected POST /wiki/** from 10.0.0.7",
    "expect 403 a@b.c open /x/{y}/z from 2001:db8::1 with mfa",
    "expect 200 alice GET /a at 2026-11-23T09:00:00Z in oncall , night",
    "expect 401 alice GET /a with mfa 15m old from ::ffff:192.0.2.1",
    "expect 403 alice read /vault with hardware-key in g at 2026-1-2-",
    "expect 200 a.b GET /a~b/-/_ in g with l 0s old at 2026-11-23T09:00+01:00 from 1.2.3",
    "expect 403 bob use /",
    "expect 403 \"d'arcy\" \"an action\" \"/a//b?c=%41\" in \"a group\" , g",
    "expect 200 a GET /a where room.tags = { \"x\" , 5 , -5 , bob , true } , identity.x = { } , context.day = mon..fri",
    "expect 200 a GET /a where room.x = 2001:db8::1 , room.y = 10.0.0.0/8 , room.z = 08:00..18:00",
    "expect 200 a GET /a where room.x = room.y , context.z = \"\"",
];

/// Statements that are read here, each of one kind.
const PLAIN: [&str; 55] = [
    "allow anyone",
    "deny authenticated except mallory , g1 from tor",
    "allow g17 to read , write /r/4711/** from n3",
    "label : allow g1 , g2 to read room12 from net7 when time in 08:00..18:00",
    "deny g5 from n9",
    "deny anyone to use /admin/** without mfa",
    "allow g with any within 15m to use",
    "allow g with mfa within 7d because \"a reason\" to GET lobby , /x/{y} except /x/z , hall",
    "allow a@b.c to open vault from 10.0.0.0/8 , 2001:db8::/32 , ::1 , 192.0.2.1 except ::ffff:10.0.0.0/104",
    "allow a when identity in room.readers or identity == room.owner and room.frozen",
    "allow a unless room.n >= 12 and context.country == \"DE\" or true == context.b",
    "allow a when identity.name like \"a*b\" unless address in office and day in mon",
    "deny g when address == 10.0.0.1 and \"x\" == room.x",
    "identity alice , bob",
    "identity alice",
    "group staff = alice , bob , g2",
    "network office = 10.0.0.0/8 , 2001:db8::/48 , guests",
    "network odd = 1/2 , 1. , 1.2.3/33 , 1::2:/3",
    "room wiki at /wiki/** , /w",
    "room r at /a{b}/{c}/*",
    "allow a when day == x and time < x or x != time",
    "allow a when time > time and 5 <= room.x or identity == bob",
    "deny a when room.x and room.y and room.z or room.x",
    "allow a when room.a in b and a in room.b",
    "\"a label\" : deny \"a b\" , c except \"d\" to \"an action\" \"a room\" , \"/a//b\" except \"/c\" , /d",
    "allow a when not room.x and not ( not not room.y or identity has z )",
    "allow a when ( ( room.x ) or identity in g ) and context has y unless ( day in mon..fri )",
    "allow a when time - room.left <= 7d and time - identity.since > 90s or time < 2027-01-01T00:00Z",
    "allow a when context.country in { \"AT\" , \"CH\" } and room.n in { 1 , -2 } or identity in { a , \"b\" , mon..tue }",
    "allow a when address in 2001:db8::/32 and address in { ::1 , 10.0.0.0/8 } and room.n == -5 and day in sat..sun",
    "allow a when address in \"10.0.0.0/8\" or room.x in { } or { a } == { b }",
    "allow a when ( ( ( ( ( ( ( ( room.x ) ) ) ) ) ) ) )",
    "allow a when not not not not not not not not room.x",
    "assert never anyone from tor",
    "assert only admins , \"x y\" to use vault with mfa without any within 5m",
    "assert always staff except g to read , write wiki from office except guests when not room.x unless time in 22:00..06:00",
    "action open is POST , PUT",
    "action ring",
    "assurance password < mfa < \"hardware key\"",
    "assurance one",
    "challenge Bearer realm \"Acme HQ\"",
    "challenge realm",
    "conceal /admin/** , x except /admin/y entirely",
    "conceal entirely",
    "context has { country?: string , x: set of address }",
    "identities have { department?: string , hired: time }",
    "identities have { }",
    "group oncall claimed",
    "group g from \"g.txt\"",
    "identity from \"i.txt\" { x: 5 }",
    "identity erin , \"d'arcy\" { department: \"finance\" , tags: { a , b } , since: 2026-11-23T09:00Z , of: room.x }",
    "include \"other.door\"",
    "network tor from \"tor.txt\"",
    "room doc at /docs/{id} , \"/d/é\" has { owner: identity , readers: set of group , secret?: bool , n: int }",
    "timezone Europe/Berlin",
];

/// Tokens that change what a plain statement is.
const TOKENS: [&str; 109] = [
    "expect",
    "200",
    "401",
    "404",
    "200x",
    "anonymous",
    "rejected",
    "old",
    "at",
    "2026-11-23T09:00:00Z",
    "2026-11",
    "where",
    "identity.a = 1",
    "a",
    "assert",
    "never",
    "only",
    "always",
    "g1",
    "read",
    "use",
    "any",
    "anyone",
    "authenticated",
    "except",
    "to",
    "from",
    "with",
    "without",
    "within",
    "when",
    "unless",
    "because",
    "and",
    "or",
    "not",
    "in",
    "like",
    "has",
    "has x",
    ",",
    ":",
    "::",
    "=",
    "==",
    "<",
    "(",
    ")",
    "{",
    "}",
    "-",
    ".",
    "..",
    "?",
    "15m",
    "15x",
    "08:00..18:00",
    "24:00..01:00",
    "8:00..9:00",
    "mon..fri",
    "day",
    "time",
    "time - room.x",
    "2027-01-01T00:00Z",
    "-5",
    "99999999999999999999",
    "\"q\"",
    "\"\"",
    "\"\\u0041\"",
    "\"/p\"",
    "\"10.0.0.0/8\"",
    "/p",
    "/",
    "/{",
    "10.0.0.0/8",
    "1.",
    "::1%eth0",
    "fe80::/10",
    "1:2:3/",
    "room.x",
    "room.x.y",
    "room.",
    "context.a@b",
    "identity",
    "room",
    "true",
    "# c\n",
    "é",
    "label:",
    "{ a }",
    "{ \"x\" , 5 }",
    "x: int",
    "set",
    "of",
    "?:",
    "claimed",
    "realm",
    "entirely",
    "is",
    "<=",
    "mon..fri",
    "mon..mon",
    "mon.. fri",
    "to..in",
    "- room.x",
    "Etc/GMT+5",
    "\"/a\"",
    "room has y",
    "(((((((((",
];

fn changed(plain: &'static [&'static str]) -> impl Strategy<Value = String> {
    let change = (any::<Index>(), select(&TOKENS[..]), 0..4_u8);
    let statement = (select(plain), prop::collection::vec(change, 0..4), prop::collection::vec(0..8_u8, 0..40));
    let statement = statement.prop_map(|(plain, changes, spaces)| {
        let mut tokens: Vec<&str> = plain.split(' ').collect();
        for (at, token, change) in changes {
            let at = at.index(tokens.len());
            match change {
                0 if tokens.len() > 1 => {
                    tokens.remove(at);
                }
                1 => tokens[at] = token,
                _ => tokens.insert(at, token),
            }
        }
        let mut text = String::new();
        for (index, token) in tokens.iter().enumerate() {
            text.push_str(token);
            text.push_str(match spaces.get(index) {
                Some(0) => "",
                Some(1) => "\n  ",
                Some(2) => " # and\r\n\t",
                _ => " ",
            });
        }
        text
    });
    prop::collection::vec(statement, 1..3).prop_map(|statements| statements.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn the_grammar_reads_the_same(text in changed(&PLAIN)) {
        check(&text);
    }

    #[test]
    fn the_grammar_reads_the_same_expectations(text in changed(&PLAIN_EXPECTATIONS)) {
        check(&format!("test \"t\" {{ {text}\n}}"));
    }

    #[test]
    fn any_tokens_are_read_alike(tokens in prop::collection::vec(select(&TOKENS[..]), 1..12), deny: bool) {
        check(&format!("{} {}", if deny { "deny" } else { "allow a" }, tokens.join(" ")));
        check(&tokens.concat());
    }
}

#[test]
fn plain_statements_need_no_grammar() {
    for plain in PLAIN {
        let text = plain.replace(" :", ":").replace(" ,", ",");
        assert_eq!(check(&text), (1, 1), "{text}");
    }
    for plain in PLAIN_EXPECTATIONS {
        let text = format!("test \"t\" {{ {} }}", plain.replace(" ,", ","));
        // `use` is no name of an action.
        let plain = usize::from(!plain.contains("use"));
        assert_eq!(check(&text), (plain, 1), "{text}");
    }
}

#[test]
fn the_corpus_is_read_alike() {
    let mut all = (0, 0);
    for folder in ["ok", "err"] {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("test_data").join(folder);
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "door") {
                let (quick, whole) = check(&std::fs::read_to_string(path).unwrap());
                all = (all.0 + quick, all.1 + whole);
            }
        }
    }
    assert!(all.0 > 20, "{all:?}: too few statements are plain for this to show anything");
}
