//! Sets of people, and the shortest way to say who is in them.
//!
//! Comes in: a set, some of it declared people. Goes out: the same set in the words of the policy, exactly: groups, names,
//! and exceptions. Which requests they make is not known here.

use std::collections::BTreeSet;
use std::fmt;

use doorward_model::Policy;
use doorward_model::ids::GroupId;
use doorward_syntax::ast::SmolStr;
use doorward_syntax::print;

/// A set of visitors: said in the words of the policy, and one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// Who is in it, taken together …
    pub who: Vec<Part>,
    /// … and who is not, although `who` says so.
    pub except: Vec<Part>,
    /// The declared identities in it, by name, sorted.
    pub identities: Vec<SmolStr>,
    /// Whether visitors are in it whom no policy declares: all of them but those in `except`.
    pub undeclared: bool,
}

/// Some visitors.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Whoever has no credentials, and whoever has valid ones.
    Anyone,
    /// Whoever has valid credentials.
    Authenticated,
    /// Whoever has no credentials.
    Anonymous,
    /// Whoever has credentials that are not valid.
    Rejected,
    /// A group.
    Group(SmolStr),
    /// Those in a group whom the policy lists, without those who claim to be.
    Listed(SmolStr),
    /// A visitor of that name.
    Identity(SmolStr),
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anyone => formatter.write_str("anyone"),
            Self::Authenticated => formatter.write_str("authenticated"),
            Self::Anonymous => formatter.write_str("anonymous"),
            Self::Rejected => formatter.write_str("rejected"),
            Self::Listed(name) => write!(formatter, "{} (as listed)", print::name(name)),
            Self::Group(name) | Self::Identity(name) => formatter.write_str(&print::name(name)),
        }
    }
}

impl fmt::Display for People {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.told(usize::MAX))
    }
}

impl People {
    /// How many there are, as far as they can be counted.
    pub(crate) fn size(&self) -> usize {
        if self.undeclared { usize::MAX } else { self.identities.len() }
    }

    /// In words, of each list no more than `most`; how many are left out is said.
    #[must_use]
    pub fn told(&self, most: usize) -> String {
        let mut text = listed(&self.who, most);
        if !self.except.is_empty() {
            text.push_str(" except ");
            text.push_str(&listed(&self.except, most));
        }
        text
    }
}

/// A list in words, of its items no more than `most`; how many are left out is said.
#[must_use]
pub fn listed(items: &[impl fmt::Display], most: usize) -> String {
    let shown: Vec<String> = items.iter().take(most).map(ToString::to_string).collect();
    let left = items.len() - shown.len();
    let shown = shown.join(", ");
    if left == 0 { shown } else { format!("{shown} and {left} more") }
}

/// A set of declared people, by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Crew(Vec<u64>);

impl Crew {
    pub(crate) fn none(people: usize) -> Self {
        Self(vec![0; people.div_ceil(64)])
    }

    pub(crate) fn insert(&mut self, person: usize) {
        self.0.get_mut(person / 64).into_iter().for_each(|word| *word |= 1 << (person % 64));
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        let bits = |(index, word): (usize, &u64)| {
            let word = *word;
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| index * 64 + bit)
        };
        self.0.iter().enumerate().flat_map(bits)
    }

    fn joined(&self, other: &Self, join: impl Fn(u64, u64) -> u64) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(left, right)| join(*left, *right)).collect())
    }

    fn minus(&self, other: &Self) -> Self {
        self.joined(other, |left, right| left & !right)
    }

    fn or(&self, other: &Self) -> Self {
        self.joined(other, |left, right| left | right)
    }

    /// How many are in both.
    fn common(&self, other: &Self) -> usize {
        self.0.iter().zip(&other.0).map(|(left, right)| (left & right).count_ones() as usize).sum()
    }

    fn is_within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(left, right)| left & !right == 0)
    }
}

/// A set of visitors, before it is said who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Set {
    pub(crate) declared: Crew,
    /// Undeclared visitors who are named.
    pub(crate) named: BTreeSet<SmolStr>,
    /// All other undeclared visitors.
    pub(crate) others: bool,
    pub(crate) anonymous: bool,
    pub(crate) rejected: bool,
}

impl Set {
    pub(crate) fn none(people: usize) -> Self {
        let declared = Crew::none(people);
        Self { declared, named: BTreeSet::new(), others: false, anonymous: false, rejected: false }
    }
}

/// The people whom a policy declares, and its groups as sets of them.
#[derive(Debug)]
pub(crate) struct Roster<'p> {
    policy: &'p Policy,
    // Groups that somebody is in.
    groups: Vec<Roll>,
    everybody: Crew,
}

#[derive(Debug)]
struct Roll {
    id: GroupId,
    // Whether others than those who are listed may claim to be in it.
    claimable: bool,
    people: Crew,
}

/// How long a description is. A group says more than a name: why it is these.
fn cost((who, except): &(Vec<Part>, Vec<Part>)) -> usize {
    let each = |part: &Part| if matches!(part, Part::Group(_)) { 2 } else { 3 };
    who.iter().chain(except).map(each).sum()
}

/// How many groups are tried as the one that exceptions are made from.
const TRIED: usize = 8;

impl<'p> Roster<'p> {
    pub(crate) fn new(policy: &'p Policy) -> Self {
        let count = policy.identities.len();
        let mut rolls: Vec<Roll> = (0..policy.groups.len())
            .map(|index| Roll { id: GroupId::from_index(index), claimable: false, people: Crew::none(count) })
            .collect();
        let mut everybody = Crew::none(count);
        for (person, identity) in policy.identities.iter().enumerate() {
            everybody.insert(person);
            for group in identity.groups.iter() {
                rolls.get_mut(group.index()).into_iter().for_each(|roll| roll.people.insert(person));
            }
        }
        for holder in policy.groups.iter().filter(|group| group.claimed).flat_map(|group| group.within.iter()) {
            rolls.get_mut(holder.index()).into_iter().for_each(|roll| roll.claimable = true);
        }
        rolls.retain(|roll| !roll.people.is_empty());
        Self { policy, groups: rolls, everybody }
    }

    /// How many people are declared.
    pub(crate) fn count(&self) -> usize {
        self.policy.identities.len()
    }

    /// The visitors of a set in words. `named` are all undeclared names that anything is said about; of groups that say the
    /// same, the `preferred` ones are named.
    pub(crate) fn people(&self, set: &Set, named: &BTreeSet<SmolStr>, preferred: &BTreeSet<GroupId>) -> People {
        let (mut who, mut except) = (Vec::new(), Vec::new());
        let names = |set: &BTreeSet<SmolStr>| -> Vec<Part> { set.iter().cloned().map(Part::Identity).collect() };
        if set.rejected {
            who.push(Part::Rejected);
        }
        if set.others {
            if set.anonymous {
                who.insert(0, Part::Anyone);
            } else {
                who.push(Part::Authenticated);
            }
            // Exceptions have no exceptions.
            except = self.cover(&self.everybody.minus(&set.declared), preferred);
            except.extend(names(&named.difference(&set.named).cloned().collect()));
        } else {
            if set.anonymous {
                who.insert(0, Part::Anonymous);
            }
            let (listed, not) = self.describe(&set.declared, preferred);
            who.extend(listed);
            who.extend(names(&set.named));
            except.extend(not);
        }
        let identities = set.declared.iter().filter_map(|person| self.policy.identities.get(person));
        let mut identities: Vec<SmolStr> = identities.map(|identity| identity.name.clone()).collect();
        identities.sort_unstable();
        People { who, except, identities, undeclared: set.others }
    }

    /// Declared people as some who are, and some who are not.
    fn describe(&self, wanted: &Crew, preferred: &BTreeSet<GroupId>) -> (Vec<Part>, Vec<Part>) {
        let mut best = (self.cover(wanted, preferred), Vec::new());
        if best.0.len() < 2 {
            return best;
        }
        // Groups that hold more of them than others.
        let mut larger: Vec<(usize, &Roll)> = self
            .groups
            .iter()
            .filter_map(|roll| {
                let (inside, all) = (roll.people.common(wanted), roll.people.len());
                (inside < all)
                    .then(|| inside.checked_sub(all - inside).filter(|gain| *gain > 0).map(|gain| (gain, roll)))?
            })
            .collect();
        larger.sort_by_key(|(gain, roll)| (std::cmp::Reverse(*gain), !preferred.contains(&roll.id)));
        larger.truncate(TRIED);
        let mut together = Crew::none(self.count());
        let mut chosen: Vec<&Roll> = Vec::new();
        for (_, roll) in &larger {
            // Each alone, and as many together as bring more than they take.
            let fresh = roll.people.minus(&together);
            if fresh.common(wanted) > fresh.minus(wanted).len() + 1 {
                together = together.or(&roll.people);
                chosen.push(roll);
            }
            for rolls in [&[*roll][..], &chosen[..]] {
                let held = rolls.iter().fold(Crew::none(self.count()), |held, roll| held.or(&roll.people));
                let except = self.cover(&held.minus(wanted), preferred);
                let rest = self.cover(&wanted.minus(&held), preferred);
                let found = (rolls.iter().map(|roll| self.part(roll)).chain(rest).collect(), except);
                if cost(&found) < cost(&best) {
                    best = found;
                }
            }
        }
        best
    }

    /// Declared people as groups, the largest first, and names of those who are in none that holds nobody else.
    fn cover(&self, wanted: &Crew, preferred: &BTreeSet<GroupId>) -> Vec<Part> {
        let mut left = wanted.clone();
        let mut inside: Vec<&Roll> = self.groups.iter().filter(|roll| roll.people.is_within(wanted)).collect();
        inside.sort_by_key(|roll| (roll.claimable, !preferred.contains(&roll.id)));
        let mut chosen: Vec<&Roll> = Vec::new();
        loop {
            let mut best: Option<(usize, &Roll)> = None;
            inside.retain(|roll| {
                let gain = roll.people.common(&left);
                // One name is as short as one group, and says more, unless it is the group that rules speak of.
                let enough = gain > 1 || gain == 1 && preferred.contains(&roll.id) && roll.people.len() == 1;
                if enough && best.is_none_or(|(most, _)| gain > most) {
                    best = Some((gain, roll));
                }
                enough
            });
            let Some((_, roll)) = best else { break };
            left = left.minus(&roll.people);
            chosen.push(roll);
        }
        let names = left.iter().filter_map(|person| self.policy.identities.get(person));
        let mut names: Vec<Part> = names.map(|identity| Part::Identity(identity.name.clone())).collect();
        names.sort_unstable();
        chosen.into_iter().map(|roll| self.part(roll)).chain(names).collect()
    }

    fn part(&self, roll: &Roll) -> Part {
        let name = self.policy.groups.get(roll.id.index()).map_or_else(SmolStr::default, |group| (&*group.name).into());
        if roll.claimable { Part::Listed(name) } else { Part::Group(name) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Roster, Set};

    /// Says who these are: declared ones by name, and `+` for all whom no policy declares.
    #[track_caller]
    fn check(names: &[&str], expected: &str) {
        let text = "
            identity ann, bea, cid, dan, eve, fay
            group staff = ann, bea, cid, dan
            group temps = cid, dan
            group boss = eve
            group pair = ann, bea
            group guests claimed
            group crew = dan, eve, fay, guests
        ";
        let parsed = doorward_syntax::parse(text);
        let policy = doorward_model::check(&parsed.policy, parsed.sources).policy.unwrap();
        let roster = Roster::new(&policy);
        let mut set = Set::none(roster.count());
        for name in names {
            match policy.identity(name) {
                Some(id) => set.declared.insert(id.index()),
                None if *name == "+" => set.others = true,
                None if *name == "anonymous" => set.anonymous = true,
                None if *name == "rejected" => set.rejected = true,
                None => _ = set.named.insert((*name).into()),
            }
        }
        let named = BTreeSet::from(["zoe".into()]);
        let preferred = policy.group("boss").into_iter().collect();
        let people = roster.people(&set, &named, &preferred);
        assert_eq!(people.to_string(), expected);
        let declared = names.iter().filter(|name| policy.identity(name).is_some());
        assert_eq!(people.identities, declared.copied().collect::<Vec<_>>());
    }

    #[test]
    fn people_are_told_by_groups() {
        check(&[], "");
        check(&["ann", "bea", "cid", "dan"], "staff");
        check(&["ann", "bea", "cid", "dan", "eve"], "staff, boss");
        check(&["ann", "bea"], "pair");
        check(&["eve"], "boss");
        check(&["ann"], "ann");
        check(&["ann", "bea", "cid"], "pair, cid");
        check(&["ann", "cid", "dan"], "temps, ann");
        check(&["bea", "cid", "dan", "eve"], "temps, boss, bea");
        check(&["ann", "bea", "cid", "eve"], "pair, boss, cid");
        check(&["dan", "eve", "fay"], "crew (as listed)");
        check(&["ann", "fay"], "ann, fay");
        check(&["ann", "zoe"], "ann, zoe");
    }

    #[test]
    fn whom_no_policy_declares_is_told_apart() {
        let everybody = ["ann", "bea", "cid", "dan", "eve", "fay", "zoe", "+"];
        check(&everybody, "authenticated");
        check(&[&everybody[..], &["anonymous"]].concat(), "anyone");
        check(&[&everybody[..], &["anonymous", "rejected"]].concat(), "anyone, rejected");
        check(&["ann", "bea", "cid", "dan", "fay", "zoe", "+"], "authenticated except boss");
        check(&["ann", "bea", "eve", "fay", "+", "anonymous"], "anyone except temps, zoe");
        check(&["anonymous"], "anonymous");
        check(&["anonymous", "eve"], "anonymous, boss");
    }

    #[test]
    fn long_lists_are_cut() {
        let part = |name: &str| super::Part::Identity(name.into());
        let people = super::People { who: ["a", "b", "c"].map(part).to_vec(), ..super::People::default() };
        assert_eq!(people.told(2), "a, b and 1 more");
        assert_eq!(people.told(3), "a, b, c");
    }
}
