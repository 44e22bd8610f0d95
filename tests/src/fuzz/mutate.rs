//! Changes to bytes, for toolchains that cannot watch what a change makes the program do.

/// Makes new inputs from known ones, the same ones for the same seed.
///
/// About half of the changes are to bytes, the other half to words and lines, since a policy with one random byte in it
/// rarely gets past the parser.
#[derive(Clone, Debug)]
pub struct Mutator {
    state: u64,
    tokens: Vec<&'static str>,
}

/// Texts that parsers of policies, paths, addresses and requests treat differently from their neighbours.
const TOKENS: &str = "allow |deny |except |anyone|authenticated|identity|group |claimed|network |from |room | at /|/**|/*|\
    {id}|has { | }|when |unless |with |without |within |any |because \"|use |read|not (|)| and | or | in | like |==|!=|<=|\
    time|address|context.|room.|identity.name|08:00..18:00|mon..fri|24:00|test \"t\" {|expect 200 |where |\
    assert never |only |always |\
    answer step-up 403\n|conceal | entirely|include \"a\"\n|true|#|\"|\\|\\u0000|\n|\r\n|\0|\u{feff}|\u{202e}|\u{e9}|\
    e\u{301}|\u{212a}|\u{ff0f}|\u{10ffff}|%|%2e|%2F|%00|%C3%A9|%ff|..|//|;|?|::ffff:|::|/0|/32|/128|:80|[|]|255|-1|\
    9223372036854775808|9999-12-31T23:59:60Z|-00:00|+23:59|T24:00|0000-01-01|null|1e400|{|}|,|*|*a*|\"from\":\"|\
    \"time\":\"|\"subject\":\"rejected\"|\"groups\":[|\"room_attributes\":{";

impl Mutator {
    /// A mutator whose choices follow from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed, tokens: TOKENS.split('|').collect() }
    }

    /// A mutation of one of `seeds`, of at most `longest` bytes; now and then spliced with another of them.
    #[must_use]
    pub fn mutant(&mut self, seeds: &[Vec<u8>], longest: usize) -> Vec<u8> {
        let mut data = self.pick(seeds).cloned().unwrap_or_default();
        for _ in 0..1 << self.below(4) {
            match self.below(8) {
                0 => self.change_byte(&mut data),
                1 => self.insert(&mut data, &[]),
                2 => self.remove(&mut data),
                3 => self.repeat(&mut data),
                4 => {
                    let token = self.below(self.tokens.len());
                    let token = self.tokens.get(token).copied().unwrap_or_default();
                    self.insert(&mut data, token.as_bytes());
                }
                5 => self.exchange(&mut data, |byte| b" \n,".contains(&byte)),
                6 => self.exchange(&mut data, |byte| byte == b'\n'),
                _ => {
                    let other = self.pick(seeds).cloned().unwrap_or_default();
                    self.splice(&mut data, &other);
                }
            }
        }
        data.truncate(longest);
        data
    }

    /// So many random bytes.
    #[must_use]
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| u8::try_from(self.below(256)).unwrap_or(0)).collect()
    }

    /// A number below `bound`, or 0 if there is none; by splitmix64.
    fn below(&mut self, bound: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        mixed.checked_rem(bound).and_then(|number| usize::try_from(number).ok()).unwrap_or(0)
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }

    /// A byte that is one step, one bit or anything away from what stood there.
    fn change_byte(&mut self, data: &mut [u8]) {
        let at = self.below(data.len());
        let bit = self.below(8);
        let any = self.below(256);
        let how = self.below(4);
        if let Some(byte) = data.get_mut(at) {
            *byte = match how {
                0 => byte.wrapping_add(1),
                1 => byte.wrapping_sub(1),
                2 => *byte ^ (1 << bit),
                _ => u8::try_from(any).unwrap_or(0),
            };
        }
    }

    /// Puts `token` somewhere, or any one byte if it is empty.
    fn insert(&mut self, data: &mut Vec<u8>, token: &[u8]) {
        let at = self.below(data.len() + 1);
        let any = [u8::try_from(self.below(256)).unwrap_or(0)];
        let token = if token.is_empty() { &any } else { token };
        data.splice(at..at, token.iter().copied());
    }

    /// A range that is mostly short.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length);
        let longest = if self.below(8) == 0 { length } else { 16 };
        let end = start + 1 + self.below(longest);
        start..end.min(length)
    }

    fn remove(&mut self, data: &mut Vec<u8>) {
        let range = self.range(data.len());
        data.drain(range);
    }

    /// Says something twice, or up to 64 times.
    fn repeat(&mut self, data: &mut Vec<u8>) {
        let range = self.range(data.len());
        let times = 1 << self.below(7);
        let part = data.get(range.clone()).unwrap_or_default().repeat(times);
        data.splice(range.end..range.end, part);
    }

    /// Exchanges two parts of a text that is cut where `cut` says so.
    fn exchange(&mut self, data: &mut Vec<u8>, cut: impl Fn(u8) -> bool) {
        let mut parts: Vec<&[u8]> = data.split_inclusive(|byte| cut(*byte)).collect();
        let (left, right) = (self.below(parts.len()), self.below(parts.len()));
        if !parts.is_empty() {
            parts.swap(left, right);
        }
        *data = parts.concat();
    }

    /// The beginning of one and the end of the other, cut at lines where there are any.
    fn splice(&mut self, data: &mut Vec<u8>, other: &[u8]) {
        let starts = |data: &[u8]| {
            let ends = data.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
            ends.collect::<Vec<usize>>()
        };
        let (ours, theirs) = (starts(data), starts(other));
        let from = self.pick(&theirs).copied().unwrap_or_else(|| self.below(other.len()));
        let at = self.pick(&ours).copied().unwrap_or_else(|| self.below(data.len()));
        data.truncate(at);
        data.extend_from_slice(other.get(from..).unwrap_or_default());
    }
}
