//! What was measured, as tables in a document.
//!
//! Tables stand between `<!-- NAME -->` and `<!-- end -->`. What was not measured is a dash.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;

/// The medians that criterion kept in a folder, in nanoseconds, by full name: `office/1000/cedar`; the newest of each.
///
/// # Errors
/// If the folder is not there, or holds something else.
pub fn medians(folder: &Path) -> Result<BTreeMap<String, f64>, Box<dyn Error>> {
    // With the time of each, since a folder may still hold what was measured before something was named otherwise.
    let mut found: BTreeMap<String, (SystemTime, f64)> = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.ends_with("new") {
                let read = |name| -> Result<Value, Box<dyn Error>> {
                    Ok(serde_json::from_str(&fs::read_to_string(path.join(name))?)?)
                };
                let (benchmark, estimates) = (read("benchmark.json")?, read("estimates.json")?);
                let name = benchmark["full_id"].as_str().ok_or("a benchmark without a name")?;
                let median = estimates["median"]["point_estimate"].as_f64().ok_or("no median")?;
                let time = fs::metadata(path.join("estimates.json"))?.modified()?;
                let known = found.entry(name.to_owned()).or_insert((time, median));
                if time > known.0 {
                    *known = (time, median);
                }
            } else if path.is_dir() {
                folders.push(path);
            }
        }
    }
    Ok(found.into_iter().map(|(name, (_, median))| (name, median)).collect())
}

/// Puts a table in the place of that name.
///
/// # Errors
/// If the text has no such place.
pub fn replace(text: &mut String, name: &str, table: &str) -> Result<(), Box<dyn Error>> {
    let start = format!("<!-- {name} -->\n");
    let from = text.find(&start).ok_or_else(|| format!("the document has no `{}`", start.trim()))? + start.len();
    let to = text[from..].find("<!-- end -->").ok_or_else(|| format!("`{name}` has no end"))? + from;
    text.replace_range(from..to, &format!("\n{table}\n\n"));
    Ok(())
}

/// A time with three digits, at most.
#[must_use]
pub fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        long if long >= 999.5e6 => format!("{} s", digits(long / 1e9)),
        long if long >= 999.5e3 => format!("{} ms", digits(long / 1e6)),
        long if long >= 999.5 => format!("{} µs", digits(long / 1e3)),
        short => format!("{} ns", digits(short)),
    }
}

/// A size with three digits, at most.
#[must_use]
pub fn bytes(bytes: f64) -> String {
    if bytes >= 1023.5 * 1024.0 {
        format!("{} MiB", digits(bytes / 1024.0 / 1024.0))
    } else {
        format!("{} KiB", digits(bytes / 1024.0))
    }
}

fn digits(figure: f64) -> String {
    match figure {
        figure if figure >= 99.5 => format!("{figure:.0}"),
        figure if figure >= 9.95 => format!("{figure:.1}"),
        figure => format!("{figure:.2}"),
    }
}

/// A number with commas between thousands.
#[must_use]
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let (first, rest) = digits.split_at((digits.len() - 1) % 3 + 1);
    rest.as_bytes().chunks(3).fold(first.to_owned(), |text, three| text + "," + &String::from_utf8_lossy(three))
}
