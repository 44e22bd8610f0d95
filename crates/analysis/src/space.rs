//! All that can vary at one cell, as variables with finitely many values each: enough that every request there is has one
//! among them to which every part of the cell says the same.
//!
//! Each kind of thing that tests look at is one variable. Values that no test tells apart are one value; where things are
//! compared with each other, each has as many values of a kind as things are compared, so that any way in which they can
//! be equal or ordered is among the choices.

pub(crate) mod crowd; // known visitors

mod concrete; // one request

pub(crate) mod times;

pub(crate) mod uses; // what is tested

mod values;

mod words; // texts that patterns tell apart

mod texts; // of things that are compared

mod builder; // what varies, key by key

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use doorward_syntax::ast::SmolStr;

use self::builder::Builder;
pub(crate) use self::builder::element;
pub(crate) use self::crowd::{Crowd, StandsFor};
use self::texts::Texts;
pub(crate) use self::times::{ClockTests, TimeKey, in_window, reference};
pub(crate) use self::uses::{Component, Reader, Term, Uses};
pub(crate) use self::values::Datum;
use crate::diagram::Variable;
use crate::error::TooComplex;
use crate::facts::Facts;
use crate::limits;
use crate::paths::Place;
use crate::site::Site;

/// What varies, in the order in which diagrams ask.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Key {
    /// Who asks.
    Visitor,
    /// Whether that group is claimed.
    Claim(SmolStr),
    /// An attribute that the visitor claims.
    Identity(SmolStr),
    Level,
    Age,
    Address,
    Time,
    Context(SmolStr),
    /// A segment of the path, by index.
    Parameter(usize),
    Room(SmolStr),
    /// Whether a set holds that value.
    Element(Box<Key>, Datum),
}

/// One value of a variable.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Choice {
    /// Seconds; `None` if it is not known.
    Age(Option<u64>),
    Anonymous,
    Flag(bool),
    /// By index into the crowd's visitors.
    Known(usize),
    /// By name; `None` if none is stated.
    Level(Option<SmolStr>),
    Missing,
    Rejected,
    Scalar(Datum),
    /// A set, whose elements are variables of their own.
    Set,
}

/// The variables of one cell.
#[derive(Debug)]
pub(crate) struct Space {
    // INVARIANT: sorted by key; each has at least one choice.
    variables: Vec<(Key, Vec<Choice>)>,
    pub(crate) crowd: Crowd,
    /// How much work it was to find them.
    pub(crate) steps: u64,
}

impl Space {
    /// # Errors
    /// If more varies than [`limits`] allow.
    pub(crate) fn new(
        site: &Site<'_>,
        place: &Place,
        uses: &Uses<'_>,
        only: Option<&BTreeSet<SmolStr>>,
    ) -> Result<Self, TooComplex> {
        Self::knowing(site, place, uses, only, &Facts::default())
    }

    /// Where the circumstances are known in part, as `uses` must know, too.
    ///
    /// # Errors
    /// If more varies than [`limits`] allow.
    pub(crate) fn knowing(
        site: &Site<'_>,
        place: &Place,
        uses: &Uses<'_>,
        only: Option<&BTreeSet<SmolStr>>,
        facts: &Facts<'_>,
    ) -> Result<Self, TooComplex> {
        let texts = Texts::new(site, place, uses);
        let crowd = Crowd::new(site, uses, &texts, only)?;
        let (variables, outside) = (BTreeMap::new(), RefCell::default());
        let mut builder = Builder { site, place, uses, facts, crowd: &crowd, texts: &texts, variables, outside };
        builder.build()?;
        let variables: Vec<(Key, Vec<Choice>)> = builder.variables.into_iter().collect();
        let steps = texts.steps.get();
        let total: usize = variables.iter().map(|(_, choices)| choices.len()).sum();
        let largest = variables.iter().max_by_key(|(_, choices)| choices.len());
        if variables.len() > limits::VARIABLES || total > limits::ALL_VALUES {
            let costly = largest.map_or_else(String::new, |(key, _)| key.told());
            return Err(TooComplex::new(format!("the tests of {costly}")));
        }
        Ok(Self { variables, crowd, steps })
    }

    pub(crate) fn widths(&self) -> Vec<u32> {
        self.variables.iter().map(|(_, choices)| u32::try_from(choices.len()).unwrap_or(u32::MAX)).collect()
    }

    /// The variable of a key, if it varies.
    pub(crate) fn variable(&self, key: &Key) -> Option<Variable> {
        let index = self.variables.binary_search_by(|(known, _)| known.cmp(key)).ok()?;
        Some(Variable(u32::try_from(index).unwrap_or(u32::MAX)))
    }

    pub(crate) fn choices(&self, variable: Variable) -> &[Choice] {
        self.variables.get(variable.0 as usize).map_or(&[], |(_, choices)| choices)
    }

    pub(crate) fn key(&self, variable: Variable) -> Option<&Key> {
        self.variables.get(variable.0 as usize).map(|(key, _)| key)
    }

    /// Every variable with its key and choices, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Variable, &Key, &[Choice])> {
        (0u32..).zip(&self.variables).map(|(number, (key, choices))| (Variable(number), key, &**choices))
    }
}

impl Key {
    /// As messages tell it.
    fn told(&self) -> String {
        match self {
            Self::Visitor => "the visitor".to_owned(),
            Self::Claim(name) => format!("the claimed group `{name}`"),
            Self::Identity(name) => format!("`identity.{name}`"),
            Self::Level | Self::Age => "the visitor's strength".to_owned(),
            Self::Address => "the address".to_owned(),
            Self::Time => "the time".to_owned(),
            Self::Context(name) => format!("`context.{name}`"),
            Self::Parameter(index) => format!("segment {} of the path", index + 1),
            Self::Room(name) => format!("`room.{name}`"),
            Self::Element(set, _) => set.told(),
        }
    }
}
