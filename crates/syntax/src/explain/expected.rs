//! The grammar's rules in the author's words.

use doorward_grammar::Rule;

/// What would have led on, as a list such as "a name, `,`, or the next statement"; empty if nothing is known.
///
/// `end` is what the end of the text at hand is called, and `strengths` the words that a strength clause may begin with.
pub(super) fn list(expected: &[Rule], end: &str, strengths: &[&str]) -> String {
    let has = |rule| expected.contains(&rule);
    // Where any value may stand, its many forms are no help.
    let is_value = has(Rule::int);
    let mut parts: Vec<(u8, String)> = Vec::new();
    if is_value {
        let is_condition = has(Rule::open_paren) || has(Rule::kw_not);
        parts.push((0, if is_condition { "a condition" } else { "a value" }.to_owned()));
    }
    if has(Rule::strength) {
        parts.extend(strengths.iter().map(|strength| (word_rank(strength), format!("`{strength}`"))));
    }
    for &wanted in expected {
        let part = match wanted {
            Rule::EOI => Some((u8::MAX, end.to_owned())),
            Rule::strength => None,
            Rule::quoted | Rule::quoted_key if has(Rule::bare) || has(Rule::bare_key) || is_second_choice(expected) => {
                None
            }
            _ if is_value && is_part_of_value(wanted) => None,
            _ => match word(wanted) {
                Some(word) => Some((word_rank(&word), format!("`{word}`"))),
                None => phrase(wanted).map(|(rank, phrase)| (rank, phrase.to_owned())),
            },
        };
        if let Some(part) = part.filter(|part| !parts.contains(part)) {
            parts.push(part);
        }
    }
    parts.sort_by_key(|(rank, _)| *rank);
    let parts: Vec<String> = parts.into_iter().map(|(_, part)| part).collect();
    match parts.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, [first])) => format!("{first} or {last}"),
        Some((last, rest)) => format!("{}, or {last}", rest.join(", ")),
    }
}

/// Whether a text in quotes is only another way of writing what else is expected.
fn is_second_choice(expected: &[Rule]) -> bool {
    expected.iter().any(|wanted| matches!(wanted, Rule::path | Rule::address | Rule::instant | Rule::zone))
}

/// The word that a rule of the grammar stands for, or begins with; nothing if it can begin in other ways.
pub(super) fn word(wanted: Rule) -> Option<String> {
    let name = format!("{wanted:?}");
    if let Some(word) = name.strip_prefix("kw_") {
        return Some(word.replace('_', "-"));
    }
    let word = match wanted {
        Rule::because => "because",
        Rule::expectation => "expect",
        Rule::from_file | Rule::origins | Rule::x_from => "from",
        Rule::target => "to",
        Rule::test | Rule::test_head => "test",
        Rule::unless => "unless",
        Rule::when => "when",
        Rule::x_at => "at",
        Rule::x_in => "in",
        Rule::x_where => "where",
        Rule::x_with => "with",
        _ => return None,
    };
    Some(word.to_owned())
}

/// The place of a word among others: clauses in the order in which they are best written, other words before them.
fn word_rank(word: &str) -> u8 {
    const CLAUSES: [&str; 12] =
        ["except", "with", "without", "within", "to", "from", "in", "at", "where", "when", "unless", "because"];
    let place = CLAUSES.iter().position(|&clause| clause == word).map_or(0, |place| place + 1);
    u8::try_from(10 + place).unwrap_or(u8::MAX)
}

/// Whether a name may stand where that is expected.
pub(super) fn begins_with_name(wanted: Rule) -> bool {
    matches!(
        wanted,
        Rule::actions
            | Rule::any_word
            | Rule::attribute
            | Rule::bare
            | Rule::bare_key
            | Rule::recorded
            | Rule::rooms
            | Rule::subjects
    )
}

/// Whether a value or a condition may begin with that.
fn is_part_of_value(wanted: Rule) -> bool {
    matches!(
        wanted,
        Rule::address
            | Rule::bare
            | Rule::days
            | Rule::expr
            | Rule::has_test
            | Rule::instant
            | Rule::int
            | Rule::kw_address
            | Rule::kw_context
            | Rule::kw_day
            | Rule::kw_false
            | Rule::kw_identity
            | Rule::kw_not
            | Rule::kw_room
            | Rule::kw_time
            | Rule::kw_true
            | Rule::open_brace
            | Rule::open_paren
            | Rule::quoted
            | Rule::reference
            | Rule::set
            | Rule::time_since
            | Rule::window
    )
}

/// What a rule of the grammar is called, and its place among others; nothing for rules that are no help.
fn phrase(wanted: Rule) -> Option<(u8, &'static str)> {
    Some(match wanted {
        Rule::actions => (1, "an action"),
        Rule::address => (2, "an address"),
        Rule::any_word | Rule::bare | Rule::bare_key => (1, "a name"),
        Rule::assign => (3, "`=`"),
        Rule::attribute | Rule::recorded => (1, "an attribute"),
        Rule::binding | Rule::reference => (1, "an attribute such as `room.x`"),
        Rule::close_brace => (3, "`}`"),
        Rule::close_paren => (3, "`)`"),
        Rule::colon => (3, "`:`"),
        Rule::comma => (3, "`,`"),
        Rule::compare => (3, "a comparison"),
        Rule::days => (2, "a range of days"),
        Rule::duration => (2, "a duration"),
        Rule::expr | Rule::has_test | Rule::time_since => (1, "a condition"),
        Rule::instant => (2, "an instant"),
        Rule::minus => (3, "`-`"),
        Rule::n401 => (1, "`401`"),
        Rule::n403 => (1, "`403`"),
        Rule::open_brace | Rule::record | Rule::schema => (3, "`{`"),
        Rule::open_paren => (3, "`(`"),
        Rule::optional => (3, "`?`"),
        Rule::path => (1, "a path"),
        Rule::quoted | Rule::quoted_key => (2, "a text in double quotes"),
        Rule::rooms => (2, "a room"),
        Rule::set => (2, "a set"),
        Rule::status => (1, "a status"),
        Rule::subjects => (1, "`anyone`, `authenticated`, a name"),
        Rule::type_name => (1, "a type"),
        Rule::weaker => (3, "`<`"),
        Rule::window => (2, "a window"),
        Rule::zone => (1, "a time zone"),
        _ => return None,
    })
}
