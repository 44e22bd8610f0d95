//! Paths: any bytes are a canonical path or an ambiguous one, never both.

use std::fmt::Write as _;
use std::sync::LazyLock;

use doorward::{Policy, Request, Subject, Verdict, limits};
use doorward_model::path::{Ambiguity, Path};
use doorward_model::pattern::Pattern;

/// Lets everybody in who comes by a path that can be read in one way only.
#[expect(clippy::expect_used, reason = "a policy of one line that does not compile fails every test")]
static OPEN: LazyLock<Policy> = LazyLock::new(|| Policy::parse("allow anyone to use /**").expect("it is a policy"));

/// The body of the target `path`.
pub(super) fn path(data: &[u8]) {
    let raw = escaped(data, |byte| byte.is_ascii());
    check(std::str::from_utf8(data).unwrap_or(&raw));
    check(&raw);
}

fn check(raw: &str) {
    let read = Path::parse(raw);
    let verdict = OPEN.verdict(&Request::new(Subject::Anonymous, "GET", raw));
    assert_eq!(verdict == Verdict::Allow, read.is_ok(), "{raw:?} is {read:?} and gets {verdict:?}");
    assert_eq!(Path::parse(&format!("{raw}?/../%")).is_ok(), read.is_ok(), "what follows `?` counts in {raw:?}");
    match read {
        Ok(path) => accepted(raw, &path),
        Err(reason) => assert!(!reason.to_string().contains(['\n', '\0']), "{reason:?}"),
    }
}

/// Checks a path that was read, against what the reference says of unambiguous paths and against other spellings of it.
fn accepted(raw: &str, path: &Path<'_>) {
    let segments = path.segments();
    assert!(raw.starts_with('/') && segments.len() <= limits::PATH_SEGMENTS, "{raw:?}");
    for segment in segments {
        let segment = &**segment;
        assert!(!["", ".", ".."].contains(&segment) && !segment.ends_with('.'), "{raw:?}");
        assert!(!segment.contains(['/', '\\', ';', '#', '?', '%']), "{raw:?}");
        assert!(!segment.contains(char::is_control) && segment.trim() == segment, "{raw:?}");
        assert!(doorward_syntax::text::is_normalized(segment), "{raw:?}");
    }
    let spelled = |segment: &dyn Fn(&str) -> String| {
        let text: String = segments.iter().map(|each| format!("/{}", segment(each))).collect();
        if text.is_empty() { "/".to_owned() } else { text }
    };
    let plain = spelled(&str::to_owned);
    let fully = spelled(&|segment| escaped(segment.as_bytes(), |_| false));
    let usual = spelled(&|segment| escaped(segment.as_bytes(), |byte| byte.is_ascii_alphanumeric()));
    for spelling in [plain.clone(), usual, fully, format!("{plain}?x=/a/../b")] {
        match Path::parse(&spelling) {
            Ok(again) => assert_eq!(again.segments(), segments, "{spelling:?} is another path than {raw:?}"),
            // Escapes are three bytes long.
            Err(reason) => assert_eq!(reason, Ambiguity::TooLong, "{spelling:?} is ambiguous, but not {raw:?}"),
        }
    }
    if !plain.ends_with('/') && plain.len() < limits::PATH_BYTES {
        assert_eq!(Path::parse(&format!("{plain}/")).as_ref().map(Path::segments), Ok(segments));
        assert!(Path::parse(&format!("{plain}//")).is_err(), "{raw:?}");
    }
    // Of the paths that have no character with a meaning in patterns, each is a pattern that holds itself.
    if !plain.contains(['*', '{', '}']) {
        match Pattern::parse(&plain) {
            Ok(pattern) => assert!(pattern.matches(segments), "{plain:?} does not hold itself"),
            Err(error) => panic_at(&plain, &error),
        }
    }
}

#[track_caller]
fn panic_at(path: &str, error: &dyn std::error::Error) {
    assert!(path.is_empty(), "{path:?} is a path and no pattern: {error}");
}

/// The text in which each byte but slashes, and those that `plain` spares, is escaped.
fn escaped(bytes: &[u8], plain: impl Fn(u8) -> bool) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for byte in bytes {
        if *byte == b'/' || plain(*byte) {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}
