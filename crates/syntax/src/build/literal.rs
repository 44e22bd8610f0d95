//! Values: texts, numbers, times, sets.

use doorward_grammar::Rule;
use pest::iterators::Pair;

use super::Builder;
use crate::ast::{Bound, Duration, Literal, LiteralKind, Name};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::text;

/// One past the last minute of a day.
const DAY_END: u16 = 24 * 60;

impl Builder<'_> {
    /// A value, if the pair is one.
    pub(super) fn literal(&mut self, pair: &Pair<'_, Rule>) -> Option<Literal> {
        let span = self.span(pair);
        let raw = pair.as_str();
        let kind = match pair.as_rule() {
            Rule::address => LiteralKind::Address(raw.into()),
            Rule::bare => LiteralKind::Name(self.name(pair)),
            Rule::days => LiteralKind::Days(self.days(pair)?),
            Rule::instant => LiteralKind::Time(raw.into()),
            Rule::int => LiteralKind::Int(self.int(raw, span)?),
            Rule::kw_false => LiteralKind::Bool(false),
            Rule::kw_true => LiteralKind::Bool(true),
            Rule::quoted => LiteralKind::String(text::unescape(raw).into()),
            Rule::set => {
                let mut items = Vec::new();
                for item in pair.clone().into_inner() {
                    if !matches!(item.as_rule(), Rule::comma | Rule::open_brace | Rule::close_brace) {
                        items.push(self.literal(&item)?);
                    }
                }
                LiteralKind::Set(items)
            }
            Rule::window => LiteralKind::Window(self.window(raw, span)?),
            _ => return None,
        };
        Some(Literal { kind, span })
    }

    /// `90s`, `15m`, `2h` or `7d`.
    pub(super) fn duration(&mut self, pair: &Pair<'_, Rule>) -> Option<Duration> {
        let span = self.span(pair);
        let raw = pair.as_str();
        let seconds = seconds(raw);
        if seconds.is_none() {
            self.report(Diagnostic::error(
                "duration-range",
                span,
                format!("the duration `{}` is too long", brief(raw)),
            ));
        }
        Some(Duration { seconds: seconds?, span })
    }

    fn int(&mut self, raw: &str, span: Span) -> Option<i64> {
        let value = raw.parse::<i64>().ok();
        if value.is_none() {
            let message = format!("the number `{}` does not fit into 64 bits", brief(raw));
            let help = format!("numbers are from {} to {}", i64::MIN, i64::MAX);
            self.report(Diagnostic::error("integer-range", span, message).with_help(help));
        }
        value
    }

    fn days(&mut self, pair: &Pair<'_, Rule>) -> Option<Bound<Name>> {
        let mut inner = pair.clone().into_inner();
        let start = self.name(&inner.next()?);
        let end = self.name(&inner.next()?);
        if start.text == end.text {
            let message = format!("`{}` begins and ends with the same day", pair.as_str());
            let diagnostic = Diagnostic::error("equal-ends", self.span(pair), message)
                .with_help(format!("write `{}` for that day alone", start.text))
                .with_replacement(start.text.clone());
            self.report(diagnostic);
        }
        Some(Bound { start, end })
    }

    fn window(&mut self, raw: &str, span: Span) -> Option<Bound<u16>> {
        match clocks(raw)? {
            Ok(window) if window.start == window.end => {
                let message = format!("the window `{raw}` begins and ends at the same time");
                let diagnostic = Diagnostic::error("equal-ends", span, message)
                    .with_help("a whole day is `00:00..24:00`, or no test of time at all");
                self.report(diagnostic);
                None
            }
            Ok(window) => Some(window),
            Err(reason) => {
                let diagnostic = Diagnostic::error("invalid-window", span, format!("`{raw}` is no window of time"))
                    .with_label(reason)
                    .with_help("write hours and minutes with two digits each, such as `08:00..18:00`");
                self.report(diagnostic);
                None
            }
        }
    }
}

/// How many seconds `90s`, `15m`, `2h` or `7d` are; nothing if they are too many.
pub(crate) fn seconds(raw: &str) -> Option<u64> {
    let unit = match raw.bytes().last()? {
        b'd' => 24 * 60 * 60,
        b'h' => 60 * 60,
        b'm' => 60,
        _ => 1,
    };
    let count = raw.get(..raw.len().saturating_sub(1))?.parse::<u64>().ok();
    count.and_then(|count| count.checked_mul(unit))
}

/// Both ends of `08:00..18:00`, which may be equal, or what is wrong with one; nothing if there are no two.
pub(crate) fn clocks(raw: &str) -> Option<Result<Bound<u16>, String>> {
    let (start, end) = raw.split_once("..")?;
    let start = clock(start)
        .and_then(|start| if start == DAY_END { Err("`24:00` is an end only".to_owned()) } else { Ok(start) });
    Some(start.and_then(|start| Ok(Bound { start, end: clock(end)? })))
}

/// The minutes since midnight that `HH:MM` says, up to `24:00`.
fn clock(raw: &str) -> Result<u16, String> {
    let invalid = || format!("`{raw}` is no time of a day");
    let (hours, minutes) = raw.split_once(':').ok_or_else(invalid)?;
    if hours.len() != 2 || minutes.len() != 2 {
        return Err(invalid());
    }
    let hours = hours.parse::<u16>().map_err(|_| invalid())?;
    let minutes = minutes.parse::<u16>().map_err(|_| invalid())?;
    let total = hours * 60 + minutes;
    if minutes > 59 || total > DAY_END { Err(invalid()) } else { Ok(total) }
}

/// Enough of a long number to know it again.
fn brief(raw: &str) -> String {
    match raw.get(..24) {
        Some(start) if raw.len() > 24 => format!("{start}…"),
        _ => raw.to_owned(),
    }
}
