//! What a 401 offers: the `WWW-Authenticate` header of RFC 9110 section 11.6.1.

use std::fmt::{self, Write as _};

/// One authentication scheme that a 401 offers, and why it is offered.
///
/// [`Display`](fmt::Display) writes it as a header value, such as
/// `Bearer realm="Acme HQ", error="invalid_token"`. The parameters `error`, `acr_values` and `max_age` are written for the
/// schemes that define them, `Bearer` (RFC 6750 section 3, RFC 9470 section 3) and `DPoP` (RFC 9449 section 7.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Challenge<'p> {
    /// The scheme, such as `Bearer`.
    pub scheme: &'p str,
    /// The protection space.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub realm: Option<&'p str>,
    /// Why the credentials at hand do not do; `None` where there were none.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub error: Option<ChallengeError<'p>>,
}

/// Why the credentials at hand do not do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "error", rename_all = "snake_case"))]
pub enum ChallengeError<'p> {
    /// The authentication is too weak or too old (RFC 9470).
    InsufficientUserAuthentication {
        /// The lowest level that would do; `None` if the policy declares no levels.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
        acr_values: Option<&'p str>,
        /// The greatest age in seconds that would do; `None` if age does not matter at that level.
        #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
        max_age: Option<u64>,
    },
    /// The credentials are not valid (RFC 6750 section 3.1).
    InvalidToken,
}

impl fmt::Display for Challenge<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.scheme)?;
        let mut separator = " ";
        let mut parameter = |formatter: &mut fmt::Formatter<'_>, name: &str, value: &str| {
            write!(formatter, "{separator}{name}=")?;
            separator = ", ";
            quoted(formatter, value)
        };
        if let Some(realm) = self.realm {
            parameter(formatter, "realm", realm)?;
        }
        let defined = ["Bearer", "DPoP"].iter().any(|scheme| scheme.eq_ignore_ascii_case(self.scheme));
        match &self.error {
            Some(ChallengeError::InvalidToken) if defined => parameter(formatter, "error", "invalid_token"),
            Some(ChallengeError::InsufficientUserAuthentication { acr_values, max_age }) if defined => {
                parameter(formatter, "error", "insufficient_user_authentication")?;
                if let Some(level) = acr_values {
                    parameter(formatter, "acr_values", level)?;
                }
                if let Some(seconds) = max_age {
                    parameter(formatter, "max_age", &seconds.to_string())?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// A quoted-string of RFC 9110 section 5.6.4; what a header cannot carry is left out.
fn quoted(formatter: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    formatter.write_char('"')?;
    for character in text.chars().filter(|character| *character == ' ' || character.is_ascii_graphic()) {
        if matches!(character, '"' | '\\') {
            formatter.write_char('\\')?;
        }
        formatter.write_char(character)?;
    }
    formatter.write_char('"')
}

#[cfg(test)]
mod tests {
    use super::{Challenge, ChallengeError};

    #[track_caller]
    fn check(scheme: &str, realm: Option<&str>, error: Option<ChallengeError<'_>>, expected: &str) {
        assert_eq!(Challenge { scheme, realm, error }.to_string(), expected);
    }

    #[test]
    fn headers() {
        let weak = |acr_values, max_age| Some(ChallengeError::InsufficientUserAuthentication { acr_values, max_age });
        check("Basic", None, None, "Basic");
        check("Basic", Some("a \"b\" \\c"), Some(ChallengeError::InvalidToken), r#"Basic realm="a \"b\" \\c""#);
        check("Basic", Some("line\r\nSet-Cookie: x"), None, r#"Basic realm="lineSet-Cookie: x""#);
        check("Bearer", Some("hq"), Some(ChallengeError::InvalidToken), r#"Bearer realm="hq", error="invalid_token""#);
        check(
            "bearer",
            None,
            weak(Some("mfa"), Some(900)),
            r#"bearer error="insufficient_user_authentication", acr_values="mfa", max_age="900""#,
        );
        check("Basic", None, weak(Some("mfa"), Some(900)), "Basic");
        check("DPoP", None, weak(None, None), r#"DPoP error="insufficient_user_authentication""#);
    }
}
