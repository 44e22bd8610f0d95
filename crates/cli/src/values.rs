//! Values of attributes, as a call writes them after `--where`.

use doorward::Value;

/// Reads a value: `true`, `false`, an integer, text with or without double quotes, or a set `{a, b}` of these.
///
/// Text stands for whatever the policy declares the attribute to be: an identity, a group, an address, an instant.
///
/// # Errors
/// If quotes or braces have no end, or something follows it.
pub(crate) fn parse(text: &str) -> Result<Value<'static>, String> {
    let text = text.trim();
    let Some(inner) = text.strip_prefix('{') else { return scalar(text) };
    let inner = inner.strip_suffix('}').ok_or("the set has no `}` at its end")?;
    let mut items = Vec::new();
    let mut rest = inner.trim();
    while !rest.is_empty() {
        let (item, after) = first_item(rest);
        if item.contains(['{', '}']) && !item.starts_with('"') {
            return Err("a set holds no sets".to_owned());
        }
        items.push(scalar(item)?);
        rest = after.trim();
    }
    Ok(Value::Set(items))
}

/// What stands before the first comma outside quotes, and what after it.
fn first_item(text: &str) -> (&str, &str) {
    let (mut quoted, mut escaped) = (false, false);
    for (offset, character) in text.char_indices() {
        match character {
            ',' if !quoted => {
                let (item, after) = text.split_at(offset);
                return (item.trim(), after.strip_prefix(',').unwrap_or(after));
            }
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = quoted && character == '\\' && !escaped;
    }
    (text.trim(), "")
}

fn scalar(text: &str) -> Result<Value<'static>, String> {
    if text.starts_with('"') {
        return quoted(text).map(Value::from);
    }
    Ok(match text {
        "" => return Err("there is no value; write `\"\"` for an empty text".to_owned()),
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => text.parse::<i64>().map_or_else(|_| Value::from(text.to_owned()), Value::Int),
    })
}

/// A text in double quotes, with the escapes of JSON.
pub(crate) fn quoted(text: &str) -> Result<String, String> {
    serde_json::from_str(text).map_err(|_| format!("`{}` is no text in double quotes", text.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(parse(text).unwrap().to_string(), expected);
    }

    #[test]
    fn values() {
        check("true", "true");
        check("-7", "-7");
        check("it", r#""it""#);
        check("\"7\"", r#""7""#);
        check("99999999999999999999", r#""99999999999999999999""#);
        check(" an office ", r#""an office""#);
        check("2026-11-23T10:00Z", r#""2026-11-23T10:00Z""#);
        check("{}", "{ }");
        check("{ a, 7 , true }", r#"{ "a", 7, true }"#);
        check(r#"{"a, b", "}", "\""}"#, r#"{ "a, b", "}", "\"" }"#);
    }

    #[test]
    fn what_is_no_value() {
        for text in ["", "  ", "{", "{a", "{a}b", "{{a}}", "{a,,b}", "\"", "\"a", "\"a\"b", "{\"a}"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
