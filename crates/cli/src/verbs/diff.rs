//! `doorward diff`: what changes from one policy to another.

use std::borrow::Cow;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use doorward::{Policy, Request};
use doorward_analysis::{Answered, Change, diff};
use doorward_model::expect::expect_line;
use doorward_model::rule::Rule;
use serde::Serialize;

use crate::Streams;
use crate::arguments::{Diff, DiffFormat, Format};
use crate::exit::Exit;
use crate::findings::{Place, json_line, plural, tell_file, tell_undecided, tell_unusable};
use crate::policies::{Compiled, Root};

/// What changes, as data.
#[derive(Serialize)]
struct Report<'a> {
    old: &'a str,
    new: &'a str,
    equivalent: bool,
    widens: bool,
    same_challenges: bool,
    changes: Vec<Told<'a>>,
}

/// One change, with names and places in place of numbers.
#[derive(Serialize)]
struct Told<'a> {
    /// `403 to 200`; a status that is told as another one stands behind it.
    change: String,
    before: u16,
    after: u16,
    before_http: u16,
    after_http: u16,
    old_rules: Vec<RuleAt<'a>>,
    new_rules: Vec<RuleAt<'a>>,
    identities: Vec<&'a str>,
    unidentified: bool,
    undeclared: bool,
    rooms: &'a [String],
    actions: Vec<&'a str>,
    /// Whether that is all there is to do.
    #[serde(skip)]
    every_action: bool,
    expect: String,
    request: &'a Request<'static>,
}

#[derive(Serialize)]
struct RuleAt<'a> {
    rule: Cow<'a, str>,
    #[serde(skip)]
    labelled: bool,
    #[serde(flatten)]
    place: Place,
}

impl<'a> RuleAt<'a> {
    fn all(rules: &[&'a Rule], policy: &'a Compiled) -> Vec<Self> {
        let name = |rule: &Rule| Some(policy.outcome.as_ref().ok()?.model().rule_name(rule));
        let at = |rule: &&'a Rule| Self {
            rule: name(rule).unwrap_or_default(),
            labelled: rule.labelled,
            place: Place::new(rule.span, policy.sources(), &policy.folder),
        };
        rules.iter().map(at).collect()
    }

    fn text(&self) -> String {
        if self.labelled { format!("{} ({})", self.rule, self.place.file_line()) } else { self.place.file_line() }
    }
}

pub(crate) fn run(arguments: &Diff, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let errors = match arguments.format {
        DiffFormat::Json => Format::Json,
        DiffFormat::Human | DiffFormat::Markdown => Format::Human,
    };
    let mut policies = Vec::new();
    for path in [&arguments.old, &arguments.new] {
        match Root::read(path, streams) {
            Ok(root) => policies.push(root.compile()),
            Err(error) => return tell_file(streams, errors, &error),
        }
    }
    let [old, new] = &*policies else { return Ok(Exit::Misused) };
    let mut compiled = Vec::new();
    for policy in [old, new] {
        match &policy.outcome {
            Ok(usable) => compiled.push(usable),
            // A 1 is about what the two policies say.
            Err(_) => return tell_unusable(streams, errors, policy).map(|_| Exit::Misused),
        }
    }
    let [before, after] = *compiled else { return Ok(Exit::Misused) };
    let found = match diff(before.model(), after.model()) {
        Ok(found) => found,
        Err(error) => return tell_undecided(streams, errors, &error.to_string()),
    };
    for change in &found.changes {
        if !is_confirmed(before, after, change) {
            let error = "the engine decides the request of a change otherwise, which is a mistake of doorward's";
            return tell_undecided(streams, errors, error);
        }
    }
    let changes: Vec<Told<'_>> = found.changes.iter().map(|change| told(change, [old, new], after)).collect();
    let (equivalent, widens) = (found.is_empty(), found.widens());
    let (old, new) = (&*old.shown, &*new.shown);
    let same_challenges = before.model().challenges == after.model().challenges;
    let report = Report { old, new, equivalent, widens, same_challenges, changes };
    match arguments.format {
        DiffFormat::Human => human(&report, streams)?,
        DiffFormat::Json => json_line(streams.stdout, &report)?,
        DiffFormat::Markdown => markdown(&report, streams.stdout)?,
    }
    Ok(Exit::fine_if(if arguments.deny_widening { !widens } else { equivalent }))
}

fn is_confirmed(before: &Policy, after: &Policy, change: &Change<'_>) -> bool {
    [(before, change.before), (after, change.after)].into_iter().all(|(policy, answered)| {
        let decision = policy.decide(&change.request);
        (decision.status, decision.http_status) == (answered.status(), answered.http_status())
    })
}

fn told<'a>(change: &'a Change<'a>, [old, new]: [&'a Compiled; 2], after: &Policy) -> Told<'a> {
    let status = |answered: Answered| match (answered.status(), answered.http_status()) {
        (status, http) if status == http => status.to_string(),
        (status, http) => format!("{status} told as {http}"),
    };
    Told {
        change: format!("{} to {}", status(change.before), status(change.after)),
        before: change.before.status(),
        after: change.after.status(),
        before_http: change.before.http_status(),
        after_http: change.after.http_status(),
        old_rules: RuleAt::all(&change.old_rules, old),
        new_rules: RuleAt::all(&change.new_rules, new),
        identities: change.identities.iter().map(|name| name.as_str()).collect(),
        unidentified: change.unidentified,
        undeclared: change.undeclared,
        rooms: &change.rooms,
        actions: change.actions.iter().map(|name| name.as_str()).collect(),
        every_action: after.model().actions.iter().all(|it| change.actions.iter().any(|name| **name == *it.name)),
        expect: expect_line(after.model(), &change.request, change.after.status()),
        request: &change.request,
    }
}

impl Told<'_> {
    fn widens(&self) -> bool {
        self.after == 200
    }

    fn narrows(&self) -> bool {
        self.before == 200 && self.after != 200
    }

    /// Which rules it comes from, each told by `name`.
    fn reasons(&self, name: impl Fn(&str) -> String) -> Vec<String> {
        let without = self.old_rules.iter().map(|rule| format!("without {}", name(&rule.text())));
        let with = self.new_rules.iter().map(|rule| format!("with {}", name(&rule.text())));
        let reasons: Vec<String> = without.chain(with).collect();
        if reasons.is_empty() { vec!["by other statements than rules".to_owned()] } else { reasons }
    }

    /// Whom it touches.
    fn people(&self, name: impl Fn(&str) -> String) -> String {
        let mut people = Vec::new();
        if !self.identities.is_empty() {
            people.push(some(&self.identities, "identity", name));
        }
        if self.unidentified {
            people.push("visitors without valid credentials".to_owned());
        }
        if self.undeclared {
            people.push("visitors who are not declared".to_owned());
        }
        people.join(", ")
    }
}

impl Report<'_> {
    fn summary(&self) -> String {
        let widening = self.changes.iter().filter(|change| change.widens()).count();
        let narrowing = self.changes.iter().filter(|change| change.narrows()).count();
        let changes = match self.changes.len() {
            0 => "equivalent: every request gets the same status".to_owned(),
            all => format!(
                "{}: {widening} newly allowed, {narrowing} no longer allowed, {} refused otherwise",
                plural(all, "change"),
                all - widening - narrowing
            ),
        };
        let challenges = if self.same_challenges { "" } else { "; a 401 offers other challenges" };
        format!("{changes}{challenges}")
    }
}

/// `2 identities (alice, bob)`, and no more than three of their names.
fn some(names: &[impl AsRef<str>], noun: &str, name: impl Fn(&str) -> String) -> String {
    const MOST: usize = 3;
    let shown: Vec<String> = names.iter().take(MOST).map(|it| name(it.as_ref())).collect();
    let more = if names.len() > MOST { ", …" } else { "" };
    format!("{} ({}{more})", plural(names.len(), noun), shown.join(", "))
}

fn human(report: &Report<'_>, streams: &mut Streams<'_>) -> io::Result<()> {
    for change in &report.changes {
        let color = match (change.widens(), change.narrows()) {
            _ if !streams.color.stdout => None,
            (true, _) => Some(AnsiColor::Green),
            (_, true) => Some(AnsiColor::Red),
            _ => Some(AnsiColor::Yellow),
        };
        let style = color.map_or_else(Style::new, |color| color.on_default().bold());
        writeln!(streams.stdout, "{style}{}{style:#}: {}", change.change, change.reasons(str::to_owned).join(", "))?;
        writeln!(streams.stdout, "  who:   {}", change.people(str::to_owned))?;
        writeln!(streams.stdout, "  where: {}", some(change.rooms, "room", str::to_owned))?;
        let actions = || some(&change.actions, "action", str::to_owned);
        let what = if change.every_action { "every action".to_owned() } else { actions() };
        writeln!(streams.stdout, "  what:  {what}")?;
        writeln!(streams.stdout, "  {}", change.expect)?;
    }
    writeln!(streams.stdout, "{}", report.summary())
}

fn markdown(report: &Report<'_>, stream: &mut dyn Write) -> io::Result<()> {
    writeln!(stream, "**Policy change**, {} to {}: {}.", code(report.old), code(report.new), report.summary())?;
    if report.changes.is_empty() {
        return Ok(());
    }
    writeln!(stream, "\n| change | rules | who | where | a request that shows it |")?;
    writeln!(stream, "| --- | --- | --- | --- | --- |")?;
    for change in &report.changes {
        let cells = [
            format!("**{}**", change.change),
            change.reasons(code).join("<br>"),
            change.people(code),
            some(change.rooms, "room", code),
            code(&change.expect),
        ];
        // Even between backticks a bar would end the cell.
        let cells = cells.map(|cell| cell.replace('|', "\\|"));
        writeln!(stream, "| {} |", cells.join(" | "))?;
    }
    Ok(())
}

/// A code span of Markdown, in which names mean nothing else: its backticks are more than any in the text.
fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let longest = text.split(|other| other != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let gap = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{gap}{text}{gap}{fence}")
}
