//! Published role-based access data, written out as policies.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// A policy from a role file: runs of `role:`, `permissions:` and `users:` lines. Users become identities, roles groups
/// and permissions rooms, as `examples/rbac/README.md` says.
#[must_use]
pub fn policy(roles: &str) -> String {
    let blocks = blocks(roles);
    let users: BTreeSet<u32> = blocks.iter().flat_map(|(_, _, users)| users).copied().collect();
    let permissions: BTreeSet<u32> = blocks.iter().flat_map(|(_, permissions, _)| permissions).copied().collect();
    let mut text = format!("identity {}\n", list("u", users.iter()));
    for permission in permissions {
        let _ = writeln!(text, "room p{permission} at /p/{permission}");
    }
    for (role, _, users) in &blocks {
        let _ = writeln!(text, "group r{role} = {}", list("u", users.iter()));
    }
    for (role, permissions, _) in &blocks {
        let _ = writeln!(text, "role-{role}: allow r{role} to use {}", list("p", permissions.iter()));
    }
    text
}

/// Roles with their permissions and users.
fn blocks(roles: &str) -> Vec<(u32, Vec<u32>, Vec<u32>)> {
    let mut blocks: Vec<(u32, Vec<u32>, Vec<u32>)> = Vec::new();
    for line in roles.lines() {
        let Some((key, rest)) = line.split_once(':') else { continue };
        let numbers: Vec<u32> = rest.split(',').filter_map(|number| number.trim().parse().ok()).collect();
        match (key.trim(), blocks.last_mut()) {
            ("role", _) => blocks.push((numbers.first().copied().unwrap_or_default(), Vec::new(), Vec::new())),
            ("permissions", Some(block)) => block.1 = numbers,
            ("users", Some(block)) => block.2 = numbers,
            _ => {}
        }
    }
    blocks
}

/// Whom a role file grants what, by the names that [`policy`] gives them.
#[must_use]
pub fn granted(roles: &str) -> BTreeSet<(String, String)> {
    let mut granted = BTreeSet::new();
    for (_, permissions, users) in blocks(roles) {
        for user in users {
            granted.extend(permissions.iter().map(|permission| (format!("u{user}"), format!("p{permission}"))));
        }
    }
    granted
}

fn list<'a>(letter: &str, numbers: impl Iterator<Item = &'a u32>) -> String {
    numbers.map(|number| format!("{letter}{number}")).collect::<Vec<_>>().join(", ")
}

/// Who is granted what: users and their permissions, from lines of a user, a tab and permissions between blanks.
#[must_use]
pub fn grants(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut grants: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let Some((user, permissions)) = line.split_once('\t') else { continue };
        let permissions = permissions.split_whitespace().map(str::to_owned);
        grants.entry(user.to_owned()).or_default().extend(permissions);
    }
    grants
}
