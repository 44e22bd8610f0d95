//! Lines of a stream, one at a time, each of bounded length.

use std::io::{self, BufRead, BufReader, Read, Write};

use crate::answers::BadLine;

/// How many bytes a line may have without its end: 1 MiB.
pub(crate) const LINE_BYTES: usize = 1024 * 1024;

/// What came next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line that is now in the buffer, without its end.
    Read,
    /// A line of more than [`LINE_BYTES`], which was passed over.
    TooLong,
    /// Nothing: the stream has ended.
    End,
}

/// Reads the next line into `buffer`, which never holds more than [`LINE_BYTES`] and two bytes for the line's end.
pub(crate) fn next(reader: &mut impl BufRead, buffer: &mut Vec<u8>) -> io::Result<Line> {
    buffer.clear();
    // A line of the greatest length may still have `\r\n` after it.
    let most = u64::try_from(LINE_BYTES + 2).unwrap_or(u64::MAX);
    if reader.by_ref().take(most).read_until(b'\n', buffer)? == 0 {
        return Ok(Line::End);
    }
    if buffer.last() == Some(&b'\n') {
        buffer.pop();
        if buffer.last() == Some(&b'\r') {
            buffer.pop();
        }
    } else if buffer.len() > LINE_BYTES {
        reader.skip_until(b'\n')?;
    }
    Ok(if buffer.len() > LINE_BYTES { Line::TooLong } else { Line::Read })
}

/// Reads the next line, and first hands on what is written so far if that may take a while: whoever writes a line and waits
/// for its answer gets it.
///
/// # Errors
/// If the output fails; what the input says is inside.
pub(crate) fn next_after(
    output: &mut impl Write,
    reader: &mut BufReader<impl Read>,
    buffer: &mut Vec<u8>,
) -> io::Result<io::Result<Line>> {
    // Lines that come in blocks are answered in blocks.
    if reader.buffer().is_empty() {
        output.flush()?;
    }
    Ok(next(reader, buffer))
}

/// The text of a line that begins like a JSON object, which a request or a question (`what`) is; derived readers would take
/// an array of the fields, too.
///
/// # Errors
/// If it does not, with the line's number.
pub(crate) fn object<'t>(line: &Line, text: &'t [u8], number: u64, what: &str) -> Result<&'t [u8], BadLine> {
    let error = match line {
        Line::TooLong => "the line is longer than 1 MiB".to_owned(),
        _ if text.trim_ascii().is_empty() => "the line is empty".to_owned(),
        _ if !text.trim_ascii_start().starts_with(b"{") => format!("a {what} is a JSON object"),
        _ => return Ok(text),
    };
    Err(BadLine::new(number, error))
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::{LINE_BYTES, Line, next};

    #[track_caller]
    fn check(text: &[u8], expected: &[(Line, usize)]) {
        let mut reader = BufReader::with_capacity(100, text);
        let mut buffer = Vec::new();
        for (line, length) in expected {
            assert_eq!(next(&mut reader, &mut buffer).unwrap(), *line);
            if *line == Line::Read {
                assert_eq!(buffer.len(), *length);
            }
            assert!(buffer.len() <= LINE_BYTES + 2);
        }
        assert_eq!(next(&mut reader, &mut buffer).unwrap(), Line::End);
    }

    #[test]
    fn ends_of_lines_do_not_count() {
        check(b"", &[]);
        check(b"a", &[(Line::Read, 1)]);
        check(b"a\n", &[(Line::Read, 1)]);
        check(b"a\r\n\n\r\nbc", &[(Line::Read, 1), (Line::Read, 0), (Line::Read, 0), (Line::Read, 2)]);
    }

    #[test]
    fn long_lines_are_passed_over() {
        let line = |length: usize, end: &str| [vec![b'x'; length], end.into()].concat();
        for end in ["\n", "\r\n"] {
            check(&line(LINE_BYTES, end), &[(Line::Read, LINE_BYTES)]);
            for longer in [1, 2, 3, LINE_BYTES] {
                let text = [line(LINE_BYTES + longer, end), b"a".to_vec()].concat();
                check(&text, &[(Line::TooLong, 0), (Line::Read, 1)]);
            }
        }
        check(&line(LINE_BYTES, ""), &[(Line::Read, LINE_BYTES)]);
        check(&line(LINE_BYTES + 1, ""), &[(Line::TooLong, 0)]);
        check(&line(3 * LINE_BYTES, ""), &[(Line::TooLong, 0)]);
    }
}
