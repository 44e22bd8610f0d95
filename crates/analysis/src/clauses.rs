//! The clauses of a rule in the author's words, each with what it says.

use doorward_model::expr::Expr;
use doorward_model::rule::Rule;

use crate::encode::{Encoder, Truth};
use crate::space::Reader;

/// Every condition of a rule but SUBJECTS, in the order of the language; `and` in `when`, and `or` in `unless`, make
/// conditions of their own.
pub(crate) fn conditions(encoder: &mut Encoder<'_>, reader: Reader<'_>, rule: &Rule) -> Vec<(String, Truth)> {
    let sources = &reader.policy.sources;
    let spans = reader.policy.clauses(rule);
    let mut texts: Vec<String> = Vec::new();
    texts.extend(spans.strength.into_iter().chain(spans.origins).map(|span| sources.one_line(span)));
    let count = texts.len();
    let truths = encoder.clauses(reader);
    let mut all: Vec<(String, Truth)> = texts.into_iter().zip(truths.iter().copied()).collect();
    let mut truths = truths.into_iter().skip(count);
    let expressions = [("when", &rule.when, spans.when), ("unless", &rule.unless, spans.unless)];
    for (keyword, expr, span) in expressions {
        let Some((expr, span)) = expr.as_deref().zip(span) else { continue };
        let whole = truths.next();
        let text = sources.one_line(span);
        let (word, parts) = match (keyword, expr) {
            ("when", Expr::All(parts)) => ("and", parts.as_slice()),
            ("unless", Expr::Any(parts)) => ("or", parts.as_slice()),
            _ => ("", std::slice::from_ref(expr)),
        };
        let pieces = split(&text, word);
        if pieces.len() == parts.len() && parts.len() > 1 {
            for (piece, part) in pieces.into_iter().zip(parts) {
                let Truth { yes, no } = encoder.expr(part, reader);
                let truth = if keyword == "when" { Truth { yes, no } } else { Truth { yes: no, no: yes } };
                all.push((format!("{keyword} {piece}"), truth));
            }
        } else {
            all.extend(whole.map(|truth| (format!("{keyword} {text}"), truth)));
        }
    }
    all
}

/// The operands of an operator that stands outside of quotes, parentheses and braces, if it is the weakest one there.
fn split<'t>(text: &'t str, word: &str) -> Vec<&'t str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (offset, found) in words_outside(text) {
        if found == word {
            pieces.push(text.get(start..offset).unwrap_or_default().trim());
            start = offset + found.len();
        } else if word == "and" && found == "or" {
            return vec![text];
        }
    }
    pieces.push(text.get(start..).unwrap_or_default().trim());
    pieces
}

/// The words that stand outside of quotes, parentheses and braces, with their offsets.
fn words_outside(text: &str) -> Vec<(usize, &str)> {
    let (mut depth, mut quoted, mut escaped) = (0i32, false, false);
    let mut words = Vec::new();
    let mut start: Option<usize> = None;
    for (offset, character) in text.char_indices().chain([(text.len(), ' ')]) {
        let within = !quoted && !character.is_whitespace() && !matches!(character, '(' | ')' | '{' | '}' | '"' | ',');
        match (within, start) {
            (true, None) => start = Some(offset),
            (false, Some(from)) => {
                words.extend(text.get(from..offset).filter(|_| depth == 0).map(|word| (from, word)));
                start = None;
            }
            _ => {}
        }
        match character {
            '"' if !escaped => quoted = !quoted,
            '(' | '{' if !quoted => depth += 1,
            ')' | '}' if !quoted => depth -= 1,
            _ => {}
        }
        escaped = quoted && character == '\\' && !escaped;
    }
    words
}

/// Conditions as one rule would have them.
pub(crate) fn joined(conditions: &[String]) -> String {
    let mut text = String::new();
    let mut last = "";
    for condition in conditions {
        let (keyword, rest) = condition.split_once(' ').unwrap_or((condition, ""));
        let again = keyword == last;
        match keyword {
            "when" if again => text.push_str(&format!(" and {rest}")),
            "unless" if again => text.push_str(&format!(" or {rest}")),
            _ if text.is_empty() => text.push_str(condition),
            _ => text.push_str(&format!(" {condition}")),
        }
        last = keyword;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{joined, split};

    #[track_caller]
    fn check(text: &str, word: &str, expected: &[&str]) {
        assert_eq!(split(text, word), expected);
    }

    #[test]
    fn operands_of_the_weakest_operator() {
        check("a and b", "and", &["a", "b"]);
        check("a and not b and (c and d)", "and", &["a", "not b", "(c and d)"]);
        check("a or b and c", "or", &["a", "b and c"]);
        check("a or b and c", "and", &["a or b and c"]);
        check(r#"x == " and " and y in { "and" }"#, "and", &[r#"x == " and ""#, r#"y in { "and" }"#]);
        check(r#"x == "\" and " and y"#, "and", &[r#"x == "\" and ""#, "y"]);
        check("(a and b)", "and", &["(a and b)"]);
        check("", "and", &[""]);
    }

    #[test]
    fn conditions_are_joined_as_they_were_split() {
        let text = |conditions: &[&str]| joined(&conditions.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        assert_eq!(text(&[]), "");
        assert_eq!(text(&["from a", "when b", "when c", "unless d", "unless e"]), "from a when b and c unless d or e");
    }
}
