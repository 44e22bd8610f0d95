//! Writes the tables and the plot of questions about all requests in `docs/performance.md` from what was measured.
//!
//! ```text
//! cargo bench -p doorward-benches --bench analysis
//! cargo bench -p doorward-benches --bench analysis_who
//! cargo run --release -p doorward-benches --bin questions
//! ```

#![expect(clippy::indexing_slicing, reason = "the axes are those of the tables")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use doorward_benches::document::{grouped, medians, replace, time};

const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];

/// What grows, and how its lines are drawn.
const GROWING: [(&str, &str); 3] = [("rules", ""), ("identities", "6 3"), ("prefixes", "2 3")];

/// The questions and their colours.
const QUESTIONS: [(&str, &str); 5] =
    [("prove", "#06c"), ("diff", "#a33"), ("deep", "#c60"), ("who", "#080"), ("what", "#808")];

/// What is measured of policies that somebody wrote, in this order.
const REAL: [(&str, &str); 12] = [
    ("real/prove/office", "prove ten assertions of the office of the examples"),
    ("real/deep/kubernetes", "deep: the roles of Kubernetes, 262 rules"),
    ("real/diff/hc", "diff: two role models of *hc*, 46 people"),
    ("real/diff/domino", "diff: of *domino*, 79 people"),
    ("real/diff/fire1", "diff: of *fire1*, 365 people"),
    ("real/diff/emea", "diff: of *emea*, 35 people"),
    ("real/diff/apj", "diff: of *apj*, 2,044 people"),
    ("real/diff/customer", "diff: of *customer*, 10,021 people"),
    ("customer/register", "*customer*: to make ready for questions about people"),
    ("customer/who", "who may read one room of *customer*"),
    ("customer/who at once", "the same, made ready first"),
    ("customer/what", "what one person of *customer* may do"),
];

type Medians = BTreeMap<String, f64>;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let medians = medians(&target.join("criterion"))?;
    let document = root.join("docs/performance.md");
    let mut text = fs::read_to_string(&document)?;
    replace(&mut text, "questions", &growing(&medians)?)?;
    replace(&mut text, "questions of real policies", &real(&medians)?)?;
    fs::write(&document, text)?;
    fs::write(root.join("docs/performance/questions.svg"), plot(&medians)?)?;
    Ok(())
}

/// The median of a question about so many rules, identities or prefixes.
fn median(medians: &Medians, growing: &str, size: usize, question: &str) -> Option<f64> {
    medians.get(&format!("{growing}/{size}/{question}")).copied()
}

fn growing(medians: &Medians) -> Result<String, Box<dyn Error>> {
    let mut text = "| |".to_owned();
    SIZES.iter().try_for_each(|size| write!(text, " {} |", grouped(*size)))?;
    write!(text, "\n| --- |{}", " ---: |".repeat(SIZES.len()))?;
    for (what, _) in GROWING {
        for (question, _) in QUESTIONS {
            let row = SIZES.map(|size| median(medians, what, size, question));
            if row.iter().any(Option::is_some) {
                write!(text, "\n| {what}: {question} |")?;
                row.iter().try_for_each(|it| write!(text, " {} |", it.map_or_else(|| "–".to_owned(), time)))?;
            }
        }
    }
    Ok(text)
}

fn real(medians: &Medians) -> Result<String, Box<dyn Error>> {
    let mut text = "| | |\n| --- | ---: |".to_owned();
    for (name, told) in REAL {
        if let Some(median) = medians.get(name) {
            write!(text, "\n| {told} | {} |", time(*median))?;
        }
    }
    Ok(text)
}

/// Both axes are logarithmic; a line ends where nothing was measured.
fn plot(medians: &Medians) -> Result<String, Box<dyn Error>> {
    let (width, height) = (760.0, 460.0);
    let (left, right, top, bottom) = (70.0, 570.0, 30.0, height - 50.0);
    // From a microsecond to ten seconds.
    let (least, most) = (3.0, 10.0);
    let across = |size: usize| left + (right - left) * ((size as f64).log10() - 1.0) / (SIZES.len() - 1) as f64;
    let up = |nanoseconds: f64| bottom - (bottom - top) * (nanoseconds.log10() - least) / (most - least);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"system-ui, sans-serif\" \
         font-size=\"13\">\n<title>Questions about all requests over the number of rules, identities and prefixes</title>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    for power in least as i32..=most as i32 {
        let (y, label) = (up(10f64.powi(power)), time(10f64.powi(power)).replace(".00", "").replace(".0", ""));
        writeln!(svg, "<path d=\"M{left} {y:.1}H{right}\" stroke=\"#ddd\"/>")?;
        writeln!(
            svg,
            "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#444\">{label}</text>",
            left - 8.0,
            y + 4.0
        )?;
    }
    for size in SIZES {
        let (x, y) = (across(size), bottom + 20.0);
        writeln!(svg, "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\" fill=\"#444\">{}</text>", grouped(size))?;
    }
    let (x, y) = ((left + right) / 2.0, bottom + 40.0);
    writeln!(
        svg,
        "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" fill=\"#444\">rules, identities or prefixes</text>"
    )?;
    let mut labels: Vec<(f64, String, &str)> = Vec::new();
    for (what, dashes) in GROWING {
        for (question, colour) in QUESTIONS {
            let figures = SIZES.iter().filter_map(|size| Some((*size, median(medians, what, *size, question)?)));
            let points: Vec<(f64, f64)> = figures.map(|(size, figure)| (across(size), up(figure))).collect();
            let Some((_, height)) = points.last() else { continue };
            labels.push((*height, format!("{what}: {question}"), colour));
            let line: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            writeln!(
                svg,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\"/>",
                line.join(" ")
            )?;
            for (x, y) in points {
                writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>")?;
            }
        }
    }
    if labels.is_empty() {
        return Err("no question was measured".into());
    }
    // Labels that would lie on each other move down, then all of them up again into the picture.
    labels.sort_by(|one, other| one.0.total_cmp(&other.0));
    let apart = 16.0;
    for index in 1..labels.len() {
        labels[index].0 = labels[index].0.max(labels[index - 1].0 + apart);
    }
    let over = labels.last().map_or(0.0, |last| (last.0 - bottom - 40.0).max(0.0));
    for (y, label, colour) in labels {
        writeln!(svg, "<text x=\"{}\" y=\"{:.1}\" fill=\"{colour}\">{label}</text>", right + 12.0, y + 4.0 - over)?;
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}
