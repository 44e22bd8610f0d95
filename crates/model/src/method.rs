//! HTTP methods: the names that a request's action can have without a policy declaring them.

/// The methods of IANA's HTTP Method Registry, in ASCII order.
///
/// Two entries of the registry are left out, because no request for a resource carries them: `*`, which is reserved so
/// that it never becomes a method (RFC 9110 section 18.2), and `PRI`, which stands only in the preface of an HTTP/2
/// connection (RFC 9113 section 3.4).
pub const METHODS: &[&str] = &[
    "ACL",
    "BASELINE-CONTROL",
    "BIND",
    "CHECKIN",
    "CHECKOUT",
    "CONNECT",
    "COPY",
    "DELETE",
    "GET",
    "HEAD",
    "LABEL",
    "LINK",
    "LOCK",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MKREDIRECTREF",
    "MKWORKSPACE",
    "MOVE",
    "OPTIONS",
    "ORDERPATCH",
    "PATCH",
    "POST",
    "PROPFIND",
    "PROPPATCH",
    "PUT",
    "QUERY",
    "REBIND",
    "REPORT",
    "SEARCH",
    "TRACE",
    "UNBIND",
    "UNCHECKOUT",
    "UNLINK",
    "UNLOCK",
    "UPDATE",
    "UPDATEREDIRECTREF",
    "VERSION-CONTROL",
];

/// Whether that is a registered method, in its registered spelling: methods are case-sensitive (RFC 9110 section 9.1).
#[must_use]
pub fn is_method(name: &str) -> bool {
    METHODS.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{METHODS, is_method};

    #[test]
    fn the_list_is_sorted() {
        assert!(METHODS.is_sorted_by(|left, right| left < right));
    }

    #[test]
    fn only_the_registered_spelling_is_a_method() {
        for name in ["GET", "HEAD", "ACL", "VERSION-CONTROL", "QUERY"] {
            assert!(is_method(name), "{name}");
        }
        for name in ["", "get", "Get", "GETz", "GET ", "GET\0", "GET, DELETE", "*", "PRI", "BREW", "delete"] {
            assert!(!is_method(name), "{name:?}");
        }
    }
}
