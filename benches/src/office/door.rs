//! The site as a Doorward policy.

use std::fmt::{self, Display, Write};

use super::{Action, Condition, LEVELS, Network, Office, Rule, Who};

impl Office {
    /// The policy's text, as `doorward fmt` would leave its statements.
    #[must_use]
    pub fn door(&self) -> String {
        let mut text = String::new();
        self.write_door(&mut text).expect("a string takes everything");
        text
    }

    fn write_door(&self, out: &mut String) -> fmt::Result {
        if self.rules.iter().any(|rule| rule.terms.is_some()) {
            writeln!(out, "assurance {}\n\ncontext has {{ risk: int }}\n", LEVELS.join(" < "))?;
        }
        for first in (0..self.identities.len()).step_by(10) {
            let names = (first..self.identities.len().min(first + 10)).map(Self::identity_name);
            writeln!(out, "identity {}", list(names))?;
        }
        out.push('\n');
        let mut parts = vec![Vec::new(); self.groups.len()];
        for (number, group) in self.groups.iter().enumerate() {
            if let Some(parent) = group.parent {
                parts[parent].push(number);
            }
        }
        for (number, group) in self.groups.iter().enumerate() {
            let people = group.members.iter().map(|&member| Self::identity_name(member));
            let members = people.chain(parts[number].iter().map(|&part| Self::group_name(part)));
            writeln!(out, "group {} = {}", Self::group_name(number), list(members))?;
        }
        out.push('\n');
        for Network { name, prefixes } in &self.networks {
            let prefixes = prefixes.iter().map(|(address, length)| format!("{address}/{length}"));
            writeln!(out, "network {name} = {}", list(prefixes))?;
        }
        out.push_str("\naction open is POST\n\n");
        for place in &self.places {
            writeln!(out, "room {} at {}/**", place.name, place.path)?;
        }
        out.push('\n');
        self.rules.iter().try_for_each(|rule| self.write_rule(rule, out))
    }

    fn write_rule(&self, rule: &Rule, out: &mut String) -> fmt::Result {
        out.push_str(if rule.denies { "deny " } else { "allow " });
        match rule.who {
            Who::Anyone => out.push_str("anyone"),
            Who::Authenticated => out.push_str("authenticated"),
            Who::Group(group) => out.push_str(&Self::group_name(group)),
        }
        if let Some((level, minutes)) = rule.terms.and_then(|terms| terms.strength) {
            write!(out, " with {} within {minutes}m", LEVELS[usize::from(level)])?;
        }
        match rule.place {
            Some(place) => write!(out, " to {} {}", rule.action.name(), self.places[place].name)?,
            None if rule.action == Action::Use => {}
            None => write!(out, " to {}", rule.action.name())?,
        }
        if let Some(network) = rule.network {
            write!(out, " from {}", self.networks[network].name)?;
        }
        match rule.terms.map(|terms| terms.condition) {
            Some(Condition::Hours(from, to)) => write!(out, " when time in {from:02}:00..{to:02}:00")?,
            Some(Condition::RiskBelow(bound)) => write!(out, " when context.risk < {bound}")?,
            None => {}
        }
        out.push('\n');
        Ok(())
    }
}

fn list(items: impl Iterator<Item = impl Display>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}
