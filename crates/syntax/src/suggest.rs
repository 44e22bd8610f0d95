//! The nearest name: what an author who mistyped may have meant.

/// The longest name, in bytes, that is compared; the cost of a comparison grows with the product of the lengths.
const LONGEST: usize = 64;

/// The most names that are compared with one mistyped one.
const MOST: usize = 4096;

/// The candidate most like `name`, if one is like enough to be what was meant.
///
/// Like enough is a third of the letters wrong at most, and at least one may be; two letters that changed places are
/// one mistake, and a difference in case only is none. Of equally like candidates the first is told. At most 4,096
/// candidates of at most 64 bytes are looked at, so the cost is bounded.
///
/// # Example
/// ```
/// use doorward_syntax::suggest::nearest;
///
/// assert_eq!(nearest("gruop", ["room", "group"].into_iter()), Some("group"));
/// assert_eq!(nearest("elephant", ["room", "group"].into_iter()), None);
/// ```
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if name.is_empty() || name.len() > LONGEST {
        return None;
    }
    let most = (name.chars().count() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates.take(MOST) {
        if candidate == name || candidate.len() > LONGEST || candidate.len().abs_diff(name.len()) > 4 * most {
            continue;
        }
        let distance = if candidate.eq_ignore_ascii_case(name) { 0 } else { strsim::osa_distance(name, candidate) };
        // A name of one letter is one mistake away from every other.
        let telling = distance < candidate.chars().count();
        if distance <= most && telling && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, candidates: &[&str], expected: Option<&str>) {
        assert_eq!(nearest(name, candidates.iter().copied()), expected);
    }

    #[test]
    fn one_slip_is_found() {
        check("gruop", &["room", "group"], Some("group"));
        check("alow", &["deny", "allow"], Some("allow"));
        check("ownr", &["owner", "readers"], Some("owner"));
        check("Staff", &["stuff", "staff"], Some("staff"));
    }

    #[test]
    fn what_is_not_alike_is_not_told() {
        check("x", &["y"], None);
        check("wiki", &["vault"], None);
        check("", &["a"], None);
        check(&"a".repeat(65), &["a"], None);
    }
}
