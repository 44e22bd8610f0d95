//! Visitors whom the parts of one cell tell apart.

use std::collections::BTreeSet;

use doorward_model::expr::{Like, Value};
use doorward_model::ids::IdentityId;
use doorward_model::request::is_identity;
use doorward_syntax::ast::SmolStr;
use hashbrown::HashMap;

use super::texts::{Texts, fresh_texts, text};
use super::uses::Uses;
use super::words::{Wanted, kind};
use super::{Datum, Key};
use crate::error::TooComplex;
use crate::limits;
use crate::site::Site;

/// Known visitors: one of each class, or as many as can be told from each other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Crowd {
    pub(crate) visitors: Vec<Visitor>,
    /// By visitor: the name as a value.
    pub(crate) names: Vec<Datum>,
    // INVARIANT: sorted by person; whoever is not listed is in class 0.
    classes: Vec<(u32, u32)>,
    /// How many declared people each class holds.
    pub(crate) sizes: Vec<usize>,
}

/// A known visitor, of whom nothing but the name and what the policies record is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Visitor {
    pub(crate) name: SmolStr,
    /// The number among the people of the site; `None` for one whom no policy declares.
    pub(crate) person: Option<u32>,
    pub(crate) class: u32,
    pub(crate) stands_for: StandsFor,
}

/// Who is meant where a set holds a visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StandsFor {
    One,
    /// Everybody of the class whom no other visitor stands for.
    RestOfClass,
    /// Somebody whom no set mentions.
    Stranger,
}

impl Crowd {
    /// Everybody, or those declared people alone and whoever else has one of these names.
    ///
    /// # Errors
    /// If `like` patterns on what equals the visitor tell too many apart.
    pub(super) fn new(
        site: &Site<'_>,
        uses: &Uses<'_>,
        texts: &Texts<'_, '_>,
        only: Option<&BTreeSet<SmolStr>>,
    ) -> Result<Self, TooComplex> {
        if let Some(only) = only {
            return Ok(Self::of_names(site, only));
        }
        let component = uses.component_of(&Key::Visitor);
        let (each, strangers) = component.map_or((1, 1), |it| (it.each(), usize::from(it.sought)));
        let constants = component.into_iter().flat_map(|component| &component.constants);
        let named: BTreeSet<SmolStr> = constants.filter_map(text).collect();
        let patterns = component.map_or_else(Vec::new, |component| texts.patterns(&Key::Visitor, component));
        let signatures = signatures(site, uses, &named, &patterns);
        // Class 0 is of those of whom nothing is said.
        let mut numbers: HashMap<&[u64], u32, foldhash::fast::RandomState> = HashMap::default();
        numbers.insert(&[], 0);
        let mut sizes = vec![site.people.len() - signatures.people.len()];
        let mut classes = Vec::with_capacity(signatures.people.len());
        for (person, signature) in signatures.iter() {
            let number = *numbers.entry(signature).or_insert_with(|| {
                sizes.push(0);
                u32::try_from(sizes.len() - 1).unwrap_or(u32::MAX)
            });
            sizes.get_mut(number as usize).into_iter().for_each(|size| *size += 1);
            classes.push((person, number));
        }
        let mut crowd = Self { visitors: Vec::new(), names: Vec::new(), classes, sizes };
        let mut counts = vec![0usize; crowd.sizes.len()];
        let declared = |person: u32, class: u32, counts: &mut Vec<usize>| {
            let count = counts.get_mut(class as usize).filter(|count| **count < each)?;
            *count += 1;
            let name = site.people.get(person as usize)?.name.clone();
            Some(Visitor { name, person: Some(person), class, stands_for: StandsFor::One })
        };
        let touched: Vec<Visitor> =
            crowd.classes.iter().filter_map(|(person, class)| declared(*person, *class, &mut counts)).collect();
        let untouched = (0..u32::try_from(site.people.len()).unwrap_or(u32::MAX))
            .filter(|person| crowd.classes.binary_search_by_key(person, |(person, _)| *person).is_err())
            .take(each);
        let untouched: Vec<Visitor> = untouched.filter_map(|person| declared(person, 0, &mut counts)).collect();
        crowd.visitors.extend(touched);
        crowd.visitors.extend(untouched);
        let mut seen: BTreeSet<u32> = BTreeSet::new();
        for visitor in crowd.visitors.iter_mut().rev() {
            let count = counts.get(visitor.class as usize).copied().unwrap_or(0);
            let size = crowd.sizes.get(visitor.class as usize).copied().unwrap_or(0);
            if seen.insert(visitor.class) && size > count {
                visitor.stands_for = StandsFor::RestOfClass;
            }
        }
        // Whoever a policy does not declare: by each name that something may have which the visitor is compared with.
        let is_declared = |name: &str| site.policies.iter().any(|policy| policy.identity(name).is_some());
        let undeclared = |name: SmolStr| Visitor { name, person: None, class: 0, stands_for: StandsFor::One };
        let mentioned = component.map(|component| texts.of(&Key::Visitor, component)).transpose()?.unwrap_or_default();
        let names = mentioned.iter().filter(|name| is_identity(name) && !is_declared(name)).cloned();
        crowd.visitors.extend(names.map(undeclared));
        let taken = |name: &str| site.names.contains(name) || mentioned.contains(name);
        crowd.visitors.extend(fresh_texts(taken, strangers).into_iter().map(undeclared));
        if let Some(last) = crowd.visitors.last_mut().filter(|_| component.is_some_and(|it| it.sought)) {
            last.stands_for = StandsFor::Stranger;
        }
        Ok(crowd.named())
    }

    pub(super) fn of_names(site: &Site<'_>, only: &BTreeSet<SmolStr>) -> Self {
        let mut crowd = Self::default();
        for name in only {
            let person = site.people.iter().position(|person| person.name == *name);
            let person = person.and_then(|person| u32::try_from(person).ok());
            let class = u32::try_from(crowd.visitors.len()).unwrap_or(u32::MAX);
            crowd.visitors.push(Visitor { name: name.clone(), person, class, stands_for: StandsFor::One });
            crowd.sizes.push(usize::from(person.is_some()));
        }
        crowd.named()
    }

    fn named(mut self) -> Self {
        self.names = self.visitors.iter().map(|visitor| Datum::Text(visitor.name.clone())).collect();
        self
    }

    /// The declared people whom a visitor stands for beside itself, by number.
    pub(crate) fn rest(&self, visitor: &Visitor, people: usize) -> Vec<usize> {
        if visitor.stands_for != StandsFor::RestOfClass {
            return Vec::new();
        }
        let shown: BTreeSet<u32> = self.visitors.iter().filter_map(|visitor| visitor.person).collect();
        let people = 0..u32::try_from(people).unwrap_or(u32::MAX);
        let rest = people.filter(|person| self.class_of(*person) == visitor.class && !shown.contains(person));
        rest.filter_map(|person| usize::try_from(person).ok()).collect()
    }

    /// The class of a declared person.
    pub(crate) fn class_of(&self, person: u32) -> u32 {
        let index = self.classes.binary_search_by_key(&person, |(person, _)| *person);
        index.ok().and_then(|index| self.classes.get(index)).map_or(0, |(_, class)| *class)
    }
}

/// What is said of each declared person of whom anything is said.
struct Signatures {
    // By person, one after the other.
    tokens: Vec<u64>,
    // Each with the end of its tokens; sorted.
    people: Vec<(u32, usize)>,
}

impl Signatures {
    /// Each person with what is said, sorted by person.
    fn iter(&self) -> impl Iterator<Item = (u32, &[u64])> {
        let mut start = 0;
        self.people.iter().map(move |(person, end)| {
            let tokens = self.tokens.get(start..*end).unwrap_or_default();
            start = *end;
            (*person, tokens)
        })
    }
}

fn signatures(site: &Site<'_>, uses: &Uses<'_>, named: &BTreeSet<SmolStr>, patterns: &[Like]) -> Signatures {
    let mut noted: Vec<(u32, u64)> = Vec::new();
    let mut token = 0u64;
    let mut note = |person: u32, token: u64| noted.push((person, token));
    for (policy, groups) in uses.groups.iter().enumerate() {
        for group in groups {
            token += 1;
            site.members(policy, *group).iter().for_each(|person| note(*person, token));
        }
    }
    for (policy, lists) in uses.listed.iter().enumerate() {
        for members in lists {
            token += 1;
            for person in members.identities.iter().filter_map(|id| site.person(policy, *id)) {
                token += u64::from(uses.apart && members.identities.len() <= limits::ITEMS);
                note(person, token);
            }
        }
    }
    for (policy, model) in site.policies.iter().enumerate() {
        for key in uses.types.keys() {
            let Key::Identity(name) = key else { continue };
            let Some(attribute) = model.identity_attribute_names.get(name) else { continue };
            let mut values: HashMap<&Value, u64, foldhash::fast::RandomState> = HashMap::default();
            for (index, identity) in model.identities.iter().enumerate() {
                let person = site.person(policy, IdentityId::from_index(index));
                let Some((person, value)) = person.zip(identity.attribute(*attribute)) else { continue };
                note(
                    person,
                    *values.entry(value).or_insert_with(|| {
                        token += 1;
                        token
                    }),
                );
            }
        }
    }
    let people: BTreeSet<u32> = (0..site.policies.len())
        .flat_map(|policy| {
            let id = move |name: &SmolStr| site.policy(policy).and_then(|model| model.identity(name));
            named.iter().filter_map(id).filter_map(move |id| site.person(policy, id)).collect::<Vec<_>>()
        })
        .collect();
    for person in people {
        token += 1;
        note(person, token);
    }
    // Patterns on what may equal the visitor.
    let mut fitting: HashMap<Vec<bool>, u64, foldhash::fast::RandomState> = HashMap::default();
    for (person, it) in (0u32..).zip(&site.people).filter(|_| !patterns.is_empty()) {
        let (fits, _) = kind(patterns, Wanted::default(), &it.name);
        if fits.contains(&true) {
            let token = *fitting.entry(fits).or_insert_with(|| {
                token += 1;
                token
            });
            note(person, token);
        }
    }
    noted.sort_unstable();
    let mut people: Vec<(u32, usize)> = Vec::new();
    for (end, (person, _)) in (1..).zip(&noted) {
        match people.last_mut() {
            Some((last, last_end)) if last == person => *last_end = end,
            _ => people.push((*person, end)),
        }
    }
    Signatures { tokens: noted.into_iter().map(|(_, token)| token).collect(), people }
}
