//! The data as HTML: one file with its style, its script and nothing to fetch.

use super::Report;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The digests by which the page's own policy of content admits its style and its script, and nothing else.
const STYLE_DIGEST: &str = "sha256-doSjsm/CKLNPZby+4zyknT1wgfwLnPe0TwLbi7OW33Q=";
const SCRIPT_DIGEST: &str = "sha256-BQFYVOvQlrlTEyN6wMzliznWGVz4NFAbgjeTAghBpvw=";

/// The page that shows a report.
pub(super) fn render(report: &Report<'_>) -> serde_json::Result<String> {
    let data = inert(&serde_json::to_string(report)?);
    let title = text(report.policy);
    let parts = [
        ("{{title}}", title.as_str()),
        ("{{style-digest}}", STYLE_DIGEST),
        ("{{script-digest}}", SCRIPT_DIGEST),
        ("{{style}}", STYLE),
        ("{{script}}", SCRIPT),
        ("{{data}}", &data),
    ];
    // One pass, so that what is put in is never taken for a place to put something in.
    let mut page = String::with_capacity(data.len() + PAGE.len() + STYLE.len() + SCRIPT.len());
    let mut rest = PAGE;
    while let Some((at, (name, part))) = parts.iter().filter_map(|part| Some((rest.find(part.0)?, *part))).min() {
        page.push_str(rest.get(..at).unwrap_or_default());
        page.push_str(part);
        rest = rest.get(at + name.len()..).unwrap_or_default();
    }
    page.push_str(rest);
    Ok(page)
}

/// JSON that ends no element and no line of a script, whatever it says.
fn inert(json: &str) -> String {
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// Text between tags.
fn text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "it is a test")]
mod tests {
    use super::{SCRIPT, SCRIPT_DIGEST, STYLE, STYLE_DIGEST, inert, text};

    #[test]
    fn the_page_admits_its_own_style_and_script() {
        assert_eq!(sha256(b"abc"), "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
        assert_eq!(STYLE_DIGEST, sha256(STYLE.as_bytes()));
        assert_eq!(SCRIPT_DIGEST, sha256(SCRIPT.as_bytes()));
    }

    #[test]
    fn nothing_in_the_data_ends_the_script() {
        assert_eq!(inert("\"</script><!--\u{2028}\u{2029}\""), "\"\\u003c/script>\\u003c!--\\u2028\\u2029\"");
        assert_eq!(text("<b> & c"), "&lt;b&gt; &amp; c");
    }

    /// The digest as a policy of content writes it, by FIPS 180-4.
    fn sha256(text: &[u8]) -> String {
        let root = |number: u64, power: f64| {
            let root = (number as f64).powf(power);
            ((root - root.floor()) * 4_294_967_296.0) as u32
        };
        let primes: Vec<u64> = (2..312).filter(|number| !(2..*number).any(|factor| number % factor == 0)).collect();
        let constants: Vec<u32> = primes.iter().map(|prime| root(*prime, 1.0 / 3.0)).collect();
        let mut hash: Vec<u32> = primes[..8].iter().map(|prime| root(*prime, 0.5)).collect();
        let mut padded = text.to_vec();
        padded.push(0x80);
        padded.resize(padded.len().next_multiple_of(64) + if padded.len() % 64 > 56 { 64 } else { 0 }, 0);
        let length = padded.len();
        padded[length - 8..].copy_from_slice(&(8 * text.len() as u64).to_be_bytes());
        for block in padded.chunks(64) {
            let mut words: Vec<u32> =
                block.chunks(4).map(|word| u32::from_be_bytes(word.try_into().unwrap())).collect();
            for at in 16..64 {
                let (early, late) = (words[at - 15], words[at - 2]);
                let early = early.rotate_right(7) ^ early.rotate_right(18) ^ (early >> 3);
                let late = late.rotate_right(17) ^ late.rotate_right(19) ^ (late >> 10);
                words.push(words[at - 16].wrapping_add(early).wrapping_add(words[at - 7]).wrapping_add(late));
            }
            let mut state = hash.clone();
            for (word, constant) in words.iter().zip(&constants) {
                let (a, e) = (state[0], state[4]);
                let chosen = (e & state[5]) ^ (!e & state[6]);
                let most = (a & state[1]) ^ (a & state[2]) ^ (state[1] & state[2]);
                let of_e = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
                let of_a = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
                let sum = [of_e, chosen, *constant, *word].into_iter().fold(state[7], u32::wrapping_add);
                state.rotate_right(1);
                state[4] = state[4].wrapping_add(sum);
                state[0] = sum.wrapping_add(of_a).wrapping_add(most);
            }
            hash.iter_mut().zip(&state).for_each(|(word, change)| *word = word.wrapping_add(*change));
        }
        let bytes: Vec<u8> = hash.iter().flat_map(|word| word.to_be_bytes()).collect();
        let letters: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
        let mut encoded = String::from("sha256-");
        for chunk in bytes.chunks(3) {
            let bits = chunk.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
            (0..=chunk.len()).for_each(|at| encoded.push(letters[bits >> (18 - 6 * at) & 63]));
        }
        encoded + "="
    }
}
