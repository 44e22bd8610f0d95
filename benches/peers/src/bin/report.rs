//! Writes the tables and plots of `docs/performance.md` from what was measured.
//!
//! ```text
//! cargo bench --manifest-path benches/peers/Cargo.toml
//! cargo run --release --manifest-path benches/peers/Cargo.toml --bin processes
//! cargo run --release --manifest-path benches/peers/Cargo.toml --bin report
//! ```
//!
//! The table and the plot of questions about all requests are not among them: `questions` of `doorward-benches` writes those.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use doorward_benches::document::{bytes, grouped, medians, replace, time};
use doorward_benches::office::SIZES;
use plotters::prelude::*;
use serde_json::Value;

/// What is plotted and told, in this order, and in which colour.
const ENGINES: [(&str, RGBColor); 8] = [
    ("hand-written-prepared", RGBColor(150, 150, 150)),
    ("hand-written", RGBColor(60, 60, 60)),
    ("doorward-prepared", RGBColor(235, 120, 120)),
    ("doorward", RGBColor(200, 30, 40)),
    ("gatehouse", RGBColor(230, 150, 20)),
    ("regorus", RGBColor(40, 140, 70)),
    ("cedar", RGBColor(40, 90, 190)),
    ("casbin", RGBColor(130, 60, 160)),
];

const ANSWERS: [&str; 5] = ["known-200", "anonymous-200", "anonymous-401", "anonymous-403", "known-403"];

/// In pixels.
const LABEL_HEIGHT: i32 = 16;

/// A figure by engine and rules.
type Figures = BTreeMap<(String, usize), f64>;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target"), PathBuf::from);
    let medians = medians(&target.join("criterion"))?;
    let processes = processes(&target.join("processes.jsonl"))?;
    let document = root.join("docs/performance.md");
    let plots = root.join("docs/performance");
    fs::create_dir_all(&plots)?;

    let (office, terms) = (of(&medians, "office"), of(&medians, "office with terms"));
    let (load, heap) = (of(&processes, "load_ns"), of(&processes, "heap_bytes"));
    let mut text = fs::read_to_string(&document)?;
    replace(&mut text, "decisions", &table(&office, time))?;
    replace(&mut text, "decisions with terms", &table(&terms, time))?;
    replace(&mut text, "decisions by answer", &by_answer(&medians)?)?;
    replace(&mut text, "loading", &table(&load, time))?;
    replace(&mut text, "memory", &table(&heap, bytes))?;
    fs::write(&document, text)?;
    plot(&plots.join("decisions.svg"), "One decision, in nanoseconds", &office)?;
    let milliseconds = load.into_iter().map(|(key, figure)| (key, figure / 1e6)).collect();
    plot(&plots.join("loading.svg"), "From text to a ready engine, in milliseconds", &milliseconds)?;
    let mebibytes = heap.into_iter().map(|(key, figure)| (key, figure / 1024.0 / 1024.0)).collect();
    plot(&plots.join("memory.svg"), "Memory that the engine keeps, in MiB", &mebibytes)
}

/// The medians of what processes told, by `WHAT/RULES/ENGINE`.
fn processes(path: &Path) -> Result<BTreeMap<String, f64>, Box<dyn Error>> {
    let mut told: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for line in fs::read_to_string(path)?.lines() {
        let line: Value = serde_json::from_str(line)?;
        let (rules, engine) = (&line["rules"], line["engine"].as_str().ok_or("an engine without a name")?);
        for what in ["load_ns", "heap_bytes"] {
            told.entry(format!("{what}/{rules}/{engine}")).or_default().push(line[what].as_f64().ok_or("no figure")?);
        }
    }
    let median = |mut figures: Vec<f64>| {
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    Ok(told.into_iter().map(|(name, figures)| (name, median(figures))).collect())
}

/// What stands under `WHAT/RULES/ENGINE`.
fn of(named: &BTreeMap<String, f64>, what: &str) -> Figures {
    let split = |(name, figure): (&String, &f64)| {
        let (rules, engine) = name.strip_prefix(what)?.strip_prefix('/')?.split_once('/')?;
        Some(((engine.to_owned(), rules.parse().ok()?), *figure))
    };
    named.iter().filter_map(split).collect()
}

fn table(figures: &Figures, told: fn(f64) -> String) -> String {
    let mut text = "| rules |".to_owned();
    SIZES.iter().for_each(|rules| text.push_str(&format!(" {} |", grouped(*rules))));
    text.push_str("\n| --- |");
    SIZES.iter().for_each(|_| text.push_str(" ---: |"));
    for (engine, _) in ENGINES {
        let row: Vec<_> = SIZES.iter().map(|rules| figures.get(&(engine.to_owned(), *rules)).copied()).collect();
        if row.iter().any(Option::is_some) {
            text.push_str(&format!("\n| {} |", engine.replace('-', " ").replace("hand written", "hand-written")));
            row.iter().for_each(|figure| text.push_str(&format!(" {} |", figure.map_or("–".to_owned(), told))));
        }
    }
    text
}

/// Rows of engines, columns of answers, at 1,000 rules.
fn by_answer(medians: &BTreeMap<String, f64>) -> Result<String, Box<dyn Error>> {
    let mut text = "| 1,000 rules |".to_owned();
    for answer in ANSWERS {
        write!(text, " {} |", answer.replace('-', ", "))?;
    }
    write!(text, "\n| --- |{}", " ---: |".repeat(ANSWERS.len()))?;
    for (engine, _) in ENGINES {
        let row = ANSWERS.map(|answer| medians.get(&format!("office by answer/1000/{engine}/{answer}")));
        if row.iter().any(Option::is_some) {
            write!(text, "\n| {} |", engine.replace('-', " ").replace("hand written", "hand-written"))?;
            for figure in row {
                write!(text, " {} |", figure.map_or("–".to_owned(), |figure| time(*figure)))?;
            }
        }
    }
    Ok(text)
}

/// Both axes are logarithmic; a line ends where an engine was not measured.
fn plot(path: &Path, caption: &str, figures: &Figures) -> Result<(), Box<dyn Error>> {
    let least = figures.values().copied().fold(f64::INFINITY, f64::min) / 2.0;
    let most = figures.values().copied().fold(0.0, f64::max) * 2.0;
    if figures.is_empty() {
        return Err(format!("nothing was measured for `{caption}`").into());
    }
    let area = SVGBackend::new(path, (860, 520)).into_drawing_area();
    area.fill(&WHITE)?;
    let (first, last) = (SIZES[0] as f64, SIZES[SIZES.len() - 1] as f64);
    let mut chart = ChartBuilder::on(&area)
        .caption(caption, ("sans-serif", 20))
        .margin(14)
        .x_label_area_size(44)
        .y_label_area_size(84)
        .margin_right(170)
        .build_cartesian_2d((first..last).log_scale(), (least..most).log_scale())?;
    let number = |figure: &f64| if *figure >= 1.0 { grouped(*figure as usize) } else { format!("{figure}") };
    chart
        .configure_mesh()
        .x_desc("rules")
        .x_labels(SIZES.len())
        .x_label_formatter(&number)
        .y_label_formatter(&number)
        .light_line_style(WHITE)
        .draw()?;
    let mut labels: Vec<((i32, i32), &str, RGBColor)> = Vec::new();
    for (engine, colour) in ENGINES {
        let line: Vec<(f64, f64)> = SIZES
            .iter()
            .filter_map(|rules| Some((*rules as f64, *figures.get(&(engine.to_owned(), *rules))?)))
            .collect();
        let Some(&(end, height)) = line.last() else { continue };
        let style = colour.stroke_width(if engine == "doorward" { 3 } else { 2 });
        chart.draw_series(LineSeries::new(line.iter().copied(), style))?;
        chart.draw_series(line.iter().map(|point| Circle::new(*point, 3, colour.filled())))?;
        labels.push((chart.backend_coord(&(end, height)), engine, colour));
    }
    // Lines that end close to each other have their names below one another.
    labels.sort_by_key(|(place, ..)| *place);
    let mut last = (0, 0);
    for ((x, y), engine, colour) in labels {
        let y = if x == last.0 { y.max(last.1 + LABEL_HEIGHT) } else { y };
        last = (x, y);
        area.draw(&Text::new(engine.to_owned(), (x + 8, y - 7), ("sans-serif", 14).into_font().color(&colour)))?;
    }
    area.present()?;
    Ok(())
}
