//! Requests to the site.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use doorward::{Instant, Request, Subject};

use super::{Action, LEVELS, METHODS, Office, Random, Rule, Who};
use crate::plain::Plain;

/// How many requests are drawn for a site. They are decided in turn, over and over.
pub const ASKS: usize = 4_096;

/// The instant of all requests' day: a Monday, at midnight.
const MIDNIGHT: i64 = 1_795_392_000;

/// A request.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The visitor's name; none if anonymous.
    pub identity: Option<String>,
    /// One of [`METHODS`].
    pub method: &'static str,
    /// The path.
    pub path: String,
    /// The address.
    pub address: IpAddr,
    /// What rules with [`super::Terms`] ask for.
    pub circumstances: Circumstances,
    /// What hand-written code answers: 200, 401 or 403.
    pub status: u16,
}

/// How strongly a visitor authenticated, and when and how the request comes.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// The level of assurance, one of [`LEVELS`].
    pub level: &'static str,
    /// When the visitor authenticated, in seconds since 1970.
    pub authenticated_at: i64,
    /// When the request comes, in seconds since 1970.
    pub now: i64,
    /// `context.risk`, from 0 to below 100.
    pub risk: i64,
}

/// Requests that are measured together: who asks, and what they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    /// Whether nobody presented credentials.
    pub anonymous: bool,
    /// 200, 401 or 403.
    pub status: u16,
}

impl Ask {
    /// Whether it is allowed.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.status == 200
    }

    /// The name of the deepest place that holds the path, or a name that no place has; for engines that know no paths.
    #[must_use]
    pub fn place(&self) -> &str {
        let mut segments = self.path.split('/').skip(1);
        let floor = segments.next().unwrap_or_default();
        segments.next().filter(|room| room.starts_with("room-")).unwrap_or(floor)
    }

    /// The class of the request.
    #[must_use]
    pub fn class(&self) -> Class {
        Class { anonymous: self.identity.is_none(), status: self.status }
    }

    /// The request as Doorward takes it, to a site without terms.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        let subject = self.identity.as_deref().map_or(Subject::Anonymous, |name| Subject::known(name).into());
        Request::new(subject, self.method, &*self.path).address(self.address)
    }

    /// The request as Doorward takes it, to a site with terms.
    #[must_use]
    pub fn request_with_terms(&self) -> Request<'_> {
        let instant = |seconds| Instant::from_unix_seconds(seconds).expect("an instant of our days");
        let Circumstances { level, authenticated_at, now, risk } = self.circumstances;
        let subject = self.identity.as_deref().map_or(Subject::Anonymous, |name| {
            Subject::known(name).assurance(level).authenticated_at(instant(authenticated_at)).into()
        });
        let request = Request::new(subject, self.method, &*self.path).address(self.address);
        request.at(instant(now)).context("risk", risk)
    }
}

impl Office {
    /// Requests to this site: half of them allowed, a third of them anonymous, in random order.
    ///
    /// Most start from a rule and a visitor whom it is about; then some part is often changed. `plain` sorts them.
    ///
    /// # Panics
    /// If some kind of request cannot be found.
    #[must_use]
    pub fn asks(&self, plain: &Plain) -> Vec<Ask> {
        let with_terms = self.rules.iter().any(|rule| rule.terms.is_some());
        let class = |anonymous, status| Class { anonymous, status };
        let mut wanted = vec![
            (class(false, 200), 1_792),
            (class(true, 200), 256),
            (class(true, 401), 800),
            (class(true, 403), 309),
            (class(false, 403), 939),
        ];
        if with_terms {
            wanted[4].1 -= 400;
            wanted.push((class(false, 401), 400));
        }
        let mut random = Random::new(self.rules.len() as u64 ^ 0xA5A5);
        let mut asks = Vec::with_capacity(ASKS);
        for _ in 0..ASKS * 1_000 {
            if asks.len() == ASKS {
                break;
            }
            let mut ask = self.draw(&mut random);
            ask.status = plain.status(&ask);
            if let Some((_, left)) = wanted.iter_mut().find(|(class, left)| *class == ask.class() && *left > 0) {
                *left -= 1;
                asks.push(ask);
            }
        }
        assert_eq!(asks.len(), ASKS, "some kind of request cannot be found: {wanted:?}");
        for last in (1..asks.len()).rev() {
            asks.swap(last, random.below(last + 1));
        }
        asks
    }

    fn draw(&self, random: &mut Random) -> Ask {
        let rule = self.some_rule(random);
        let mut identity = match rule.who {
            Who::Anyone => random.chance(1, 2).then(|| random.below(self.identities.len())),
            Who::Authenticated => Some(random.below(self.identities.len())),
            Who::Group(group) => {
                let members = &self.groups[group].members;
                Some(members[random.below(members.len())])
            }
        };
        let mut place = rule.place;
        let action = if random.chance(1, 20) { Action::Use } else { rule.action };
        let mut address = match rule.network {
            Some(network) => self.address_in(network, random),
            None => self.address_in(random.below(self.networks.len()), random),
        };
        match random.below(12) {
            0..=3 => identity = None,
            4 => identity = Some(random.below(self.identities.len())),
            5 => place = Some(random.below(self.places.len())),
            6 => address = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
            7 => address = self.address_in(random.below(self.networks.len()), random),
            8 if random.chance(1, 4) => place = None,
            9 if random.chance(1, 4) => identity = None,
            _ => {}
        }
        let path = place.map_or("/elsewhere", |place| &self.places[place].path);
        let leaf = ["/notes", "/notes/2026", "/desk/drawer/7", "/report.pdf"][random.below(4)];
        let methods = action.methods();
        let now = MIDNIGHT + i64::try_from(random.below(86_400)).expect("seconds of a day");
        let age = [60, 600, 1_800, 14_400, 86_400][random.weighted(&[4, 3, 2, 2, 1])];
        Ask {
            identity: identity.map(Self::identity_name),
            method: METHODS[methods[random.below(methods.len())]],
            path: format!("{path}{leaf}"),
            address,
            circumstances: Circumstances {
                level: LEVELS[random.weighted(&[1, 2, 3])],
                authenticated_at: now - age,
                now,
                risk: i64::try_from(random.below(100)).expect("small"),
            },
            status: 0,
        }
    }

    /// An `allow`; every tenth time one for anyone, since those are rare.
    fn some_rule(&self, random: &mut Random) -> &Rule {
        let public = random.chance(1, 10);
        loop {
            let rule = &self.rules[random.below(self.rules.len())];
            if !rule.denies && (!public || rule.who == Who::Anyone) {
                return rule;
            }
        }
    }

    fn address_in(&self, network: usize, random: &mut Random) -> IpAddr {
        let prefixes = &self.networks[network].prefixes;
        let (address, length) = prefixes[random.below(prefixes.len())];
        let host = u128::from(random.bits());
        match address {
            IpAddr::V4(address) => {
                let hosts = u128::from(u32::MAX).checked_shr(length.into()).unwrap_or(0);
                Ipv4Addr::from_bits(address.to_bits() | u32::try_from(host & hosts).expect("32 bits")).into()
            }
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() | host).into(),
        }
    }
}
