//! Answers to questions about people, for people and programs.

use std::io::{self, Write};

use anstyle::Style;
use doorward::{Request, Verdict};
use doorward_analysis::{Answered, Area, Ground, Part, What, WhatRow, Who, WhoRow, listed};
use doorward_model::Policy;
use doorward_model::expect::expect_line;
use doorward_model::rule::Rule;
use serde::Serialize;

use crate::answers::{printable, style};

/// Of a list no more than so many, unless all are wanted.
const MOST: usize = 8;

/// An answer: one row for all that is the same.
#[derive(Serialize)]
pub(crate) struct Answer {
    rows: Vec<Row>,
    /// The status of all that is in no row.
    #[serde(skip_serializing_if = "Option::is_none")]
    rest: Option<u16>,
    /// Whether the policy has some of the rest told otherwise.
    #[serde(skip)]
    conceals: bool,
    /// Whether a person is told everything.
    #[serde(skip)]
    list: bool,
}

#[derive(Serialize)]
struct Row {
    status: u16,
    http_status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    who: Option<Visitors>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    actions: Vec<String>,
    /// None for everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    rooms: Option<Vec<String>>,
    /// The same for people.
    #[serde(skip)]
    place: String,
    /// Whether nothing is left open.
    always: bool,
    #[serde(rename = "if", skip_serializing_if = "Vec::is_empty")]
    grounds: Vec<Reason>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unless: Vec<Reason>,
    /// What shows it, as an `expect` line and as a request.
    expect: String,
    request: Request<'static>,
    #[serde(skip)]
    logs_in: bool,
}

#[derive(Serialize)]
struct Visitors {
    text: String,
    /// How many declared identities there are.
    identities: usize,
    undeclared: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    names: Option<Vec<String>>,
    #[serde(skip)]
    short: String,
}

#[derive(PartialEq, Serialize)]
struct Reason {
    conditions: Vec<String>,
    rules: Vec<String>,
    #[serde(skip)]
    text: String,
    /// Whether it is about every room and every action, and so says the same wherever it stands.
    #[serde(skip)]
    everywhere: bool,
}

/// The answer to who can do something.
pub(crate) fn who_rows(policy: &Policy, who: Who<'_>, list: bool) -> Answer {
    let row = |row: WhoRow<'_>| {
        let people = &row.people;
        let visitors = Visitors {
            text: people.to_string(),
            identities: people.identities.len(),
            undeclared: people.undeclared,
            names: list.then(|| people.identities.iter().map(ToString::to_string).collect()),
            short: people.told(if list { usize::MAX } else { MOST }),
        };
        Row {
            logs_in: people.who.iter().all(|part| matches!(part, Part::Anonymous | Part::Rejected)),
            who: Some(visitors),
            actions: Vec::new(),
            rooms: None,
            ..of(policy, row.answered, row.always, [&row.grounds, &row.unless], row.example)
        }
    };
    Answer { rows: who.rows.into_iter().map(row).collect(), rest: None, conceals: false, list }
}

/// The answer to what a visitor can do.
pub(crate) fn what_rows(policy: &Policy, what: What<'_>, list: bool) -> Answer {
    let row = |row: WhatRow<'_>| Row {
        actions: row.actions.iter().map(ToString::to_string).collect(),
        rooms: (!row.rooms.is_empty()).then(|| row.rooms.iter().map(ToString::to_string).collect()),
        place: place(&row.rooms, if list { usize::MAX } else { MOST }),
        logs_in: row.example.subject == doorward::Subject::Anonymous,
        ..of(policy, row.answered, row.always, [&row.grounds, &row.unless], row.example)
    };
    let conceals = policy.conceals.iter().any(|conceal| what.rest == 403 || conceal.entirely);
    Answer { rows: what.rows.into_iter().map(row).collect(), rest: Some(what.rest), conceals, list }
}

/// Where a row is about, those with exceptions last.
fn place(areas: &[Area], most: usize) -> String {
    if areas.is_empty() {
        return "everywhere".to_owned();
    }
    let (plain, some): (Vec<&Area>, Vec<&Area>) = areas.iter().partition(|area| area.except.is_empty());
    let plain = (!plain.is_empty()).then(|| listed(&plain, most));
    let left = some.len().saturating_sub(most);
    let some = some.into_iter().take(most).map(|area| area.told(most));
    let told: Vec<String> = plain.into_iter().chain(some).collect();
    let told = told.join("; ");
    if left == 0 { told } else { format!("{told} and {left} more") }
}

fn of(
    policy: &Policy,
    answered: Answered,
    always: bool,
    [grounds, unless]: [&[Ground<'_>]; 2],
    example: Request<'static>,
) -> Row {
    let reason = |ground: &Ground<'_>| Reason {
        conditions: ground.conditions.clone(),
        rules: ground.rules.iter().map(|rule| policy.rule_name(rule).into_owned()).collect(),
        text: ground.to_string(),
        everywhere: ground.rules.iter().all(|rule| is_about_everything(rule)),
    };
    Row {
        status: answered.status(),
        http_status: answered.http_status(),
        who: None,
        actions: Vec::new(),
        rooms: None,
        place: String::new(),
        always,
        grounds: grounds.iter().map(reason).collect(),
        unless: unless.iter().map(reason).collect(),
        expect: expect_line(policy, &example, answered.status()),
        request: example,
        logs_in: false,
    }
}

impl Answer {
    /// A line for each row, and one for each of its reasons; what denies in several rows because it denies everywhere is
    /// told once.
    pub(crate) fn text(&self, stream: &mut dyn Write, color: bool) -> io::Result<()> {
        let everywhere = self.everywhere();
        for row in &self.rows {
            // Of those who get one thing or another, the rows above say when.
            if row.status == 403 && !row.always {
                continue;
            }
            self.row(stream, row, &everywhere, color)?;
        }
        for denied in &everywhere {
            writeln!(stream, "     everywhere {}", self.denial(denied))?;
        }
        if self.rest.is_some() || self.rows.iter().any(|row| row.status == 403 && !row.always) {
            let status = self.rest.unwrap_or(403);
            let style = status_style(status, color);
            let what = match self.rest {
                Some(_) if self.conceals => "everything else, told as 404 where it is concealed".to_owned(),
                Some(_) => "everything else".to_owned(),
                // All rows are about one place.
                None => {
                    let told = self.rows.iter().find(|row| row.status == status).map_or_else(String::new, told_as);
                    format!("otherwise{told}")
                }
            };
            writeln!(stream, "{style}{status}{style:#}  {what}")?;
        }
        Ok(())
    }

    /// The denies about everything that several rows tell.
    fn everywhere(&self) -> Vec<&Reason> {
        let mut seen: Vec<(&Reason, usize)> = Vec::new();
        for denied in self.rows.iter().flat_map(|row| &row.unless).filter(|denied| denied.everywhere) {
            match seen.iter_mut().find(|(known, _)| *known == denied) {
                Some((_, count)) => *count += 1,
                None => seen.push((denied, 1)),
            }
        }
        // What stands in one row says more there.
        seen.into_iter().filter(|(_, count)| self.rest.is_some() && *count > 1).map(|(denied, _)| denied).collect()
    }

    fn denial(&self, denied: &Reason) -> String {
        let verb = if denied.rules.len() == 1 { "denies" } else { "deny" };
        format!("unless {} {verb}: {}", self.rules(denied), printable(&denied.text))
    }

    fn row(&self, stream: &mut dyn Write, row: &Row, everywhere: &[&Reason], color: bool) -> io::Result<()> {
        let style = status_style(row.status, color);
        write!(stream, "{style}{}{style:#}  ", row.status)?;
        match &row.who {
            Some(who) => write!(stream, "{}", printable(&who.short))?,
            None => write!(stream, "{} {}", self.list(&row.actions), printable(&row.place))?,
        }
        if row.status == 401 && !row.always {
            let help = if row.logs_in { "logging in" } else { "a stronger authentication" };
            write!(stream, ", if {help} would help")?;
        }
        write!(stream, "{}", told_as(row))?;
        match row.grounds.as_slice() {
            [only] if only.text.is_empty() => writeln!(stream, "  ({})", self.rules(only))?,
            grounds => {
                writeln!(stream)?;
                for ground in grounds {
                    writeln!(stream, "       {}  ({})", printable(&ground.text), self.rules(ground))?;
                }
            }
        }
        for denied in row.unless.iter().filter(|denied| !everywhere.contains(denied)) {
            writeln!(stream, "       {}", self.denial(denied))?;
        }
        match row.who.as_ref().and_then(|who| who.names.as_ref()) {
            Some(names) if !names.is_empty() => writeln!(stream, "       {}", printable(&names.join(", "))),
            _ => Ok(()),
        }
    }

    fn rules(&self, reason: &Reason) -> String {
        printable(&self.list(&reason.rules))
    }

    fn list(&self, items: &[String]) -> String {
        listed(items, if self.list { usize::MAX } else { MOST })
    }
}

/// Whether a rule says nothing of actions and rooms.
fn is_about_everything(rule: &Rule) -> bool {
    let everywhere = rule.targets.iter().any(|target| target.pattern.is_none());
    everywhere && rule.actions.is_none() && rule.except_rooms.is_empty()
}

fn told_as(row: &Row) -> String {
    if row.http_status == row.status { String::new() } else { format!(", told as {}", row.http_status) }
}

fn status_style(status: u16, color: bool) -> Style {
    let verdict = match status {
        200 => Verdict::Allow,
        401 => Verdict::Unauthenticated,
        _ => Verdict::Forbidden,
    };
    style(verdict, color)
}
