//! Rules as Cedar policies.
//!
//! A rule with several patterns is that many policies, so that a parameter is that of the pattern that matched.

use super::Slip;
use crate::site::{
    Condition, DECLARED, GROUPS, Network, Number, Pattern, Rule, SEGMENTS, SHAPES, Segment, Site, Subjects, Test,
    VERBS, WORDS, Who, Word,
};

/// The policies as text, each with a name: `r0.0` is rule 0 with its first pattern.
#[must_use]
pub fn policies(site: &Site, slip: Option<Slip>) -> Vec<(String, String)> {
    let mut policies = Vec::new();
    for (number, rule) in site.rules.iter().enumerate() {
        if rule.forbids && slip == Some(Slip::ForgetForbid) {
            continue;
        }
        let teller = Teller { site, slip };
        let patterns = site.patterns(&rule.places);
        if patterns.is_empty() {
            policies.push((format!("r{number}.0"), teller.policy(rule, None)));
        }
        for (part, pattern) in patterns.into_iter().enumerate() {
            policies.push((format!("r{number}.{part}"), teller.policy(rule, Some(pattern))));
        }
    }
    policies
}

struct Teller<'s> {
    site: &'s Site,
    slip: Option<Slip>,
}

impl Teller<'_> {
    /// One policy. What guards comes before what it guards: Cedar takes the parts in their order and stops at a false one.
    fn policy(&self, rule: &Rule, pattern: Option<&Pattern>) -> String {
        let slipped = |slip| self.slip == Some(slip);
        let mut whens = Vec::new();
        let mut unlesses = Vec::new();
        let principal = match &rule.subjects {
            Subjects::Anyone if !slipped(Slip::AnyoneIsKnown) => "principal".to_owned(),
            Subjects::Anyone | Subjects::Authenticated => "principal is User".to_owned(),
            Subjects::Some(some) => match some.as_slice() {
                [one] => who(one),
                some => {
                    whens.push(any(some, who));
                    "principal".to_owned()
                }
            },
        };
        let resource = match pattern {
            None => "resource".to_owned(),
            Some(pattern) => match self.place(pattern) {
                Located::Entity(constraint) => constraint,
                Located::Segments(test) => {
                    whens.push(test);
                    "resource".to_owned()
                }
            },
        };
        if !rule.except_subjects.is_empty() && !slipped(Slip::ForgetExcept) {
            unlesses.push(any(&rule.except_subjects, who));
        }
        if !rule.except_places.is_empty() && !slipped(Slip::ForgetExceptRooms) {
            unlesses.push(any(&self.site.patterns(&rule.except_places), |pattern| match self.place(pattern) {
                Located::Entity(test) | Located::Segments(test) => format!("({test})"),
            }));
        }
        if !rule.origins.is_empty() {
            whens.push(self.within("context.address", &rule.origins));
        }
        if !rule.except_origins.is_empty() && !slipped(Slip::ForgetExceptOrigins) {
            unlesses.push(self.within("context.address", &rule.except_origins));
        }
        if let Some(level) = rule.level {
            let sign = if slipped(Slip::LevelIsExact) { "==" } else { ">=" };
            let strong = format!("principal is User && principal.level {sign} {level}");
            if rule.forbids { &mut unlesses } else { &mut whens }.push(strong);
        }
        let mut text = format!(
            "{} ({principal}, {}, {resource})",
            if rule.forbids { "forbid" } else { "permit" },
            action(&rule.verbs)
        );
        for when in whens {
            text += &format!("\nwhen {{ {when} }}");
        }
        for unless in unlesses {
            text += &format!("\nunless {{ {unless} }}");
        }
        if let Some(when) = &rule.when {
            text += &format!("\nwhen {{ {} }}", self.condition(when, pattern));
        }
        if let Some(unless) = rule.unless.as_ref().filter(|_| !slipped(Slip::ForgetUnless)) {
            text += &format!("\nunless {{ {} }}", self.condition(unless, pattern));
        }
        text + ";"
    }

    /// A pattern of literals is a path or what is below it; any other one is a test of the path's segments.
    fn place(&self, pattern: &Pattern) -> Located {
        let literals: Option<Vec<&str>> = pattern.segments.iter().map(literal).collect();
        let rest_is_some = pattern.rest && self.slip == Some(Slip::RestIsSome);
        match literals.filter(|_| !rest_is_some) {
            Some(literals) if pattern.rest => Located::Entity(format!("resource in {}", path(&literals))),
            Some(literals) => Located::Entity(format!("resource == {}", path(&literals))),
            None => {
                let many = self.slip == Some(Slip::WildcardIsMany);
                let depth = pattern.segments.len();
                let mut tests = vec![match (pattern.rest, rest_is_some) {
                    (true, true) => format!("resource.depth > {depth}"),
                    (true, false) => format!("resource.depth >= {depth}"),
                    (false, _) if many => format!("resource.depth >= {depth}"),
                    (false, _) => format!("resource.depth == {depth}"),
                }];
                let literals = pattern.segments.iter().map(literal).enumerate();
                tests.extend(
                    literals.filter_map(|(at, literal)| Some(format!("resource.segment{at} == {:?}", literal?))),
                );
                Located::Segments(tests.join(" && "))
            }
        }
    }

    fn within(&self, address: &str, networks: &[Network]) -> String {
        any(&self.prefixes(networks), |prefix| format!("{address}.isInRange(ip({prefix:?}))"))
    }

    fn prefixes(&self, networks: &[Network]) -> Vec<String> {
        let of_network = |network: &Network| match network {
            Network::Named(network) => self.prefixes(&self.site.networks[*network]),
            Network::Prefix(address, bits) => vec![format!("{address}/{bits}")],
        };
        networks.iter().flat_map(of_network).collect()
    }

    fn condition(&self, condition: &Condition, pattern: Option<&Pattern>) -> String {
        let inner = |condition| self.condition(condition, pattern);
        match condition {
            Condition::And(left, right) => format!("({} && {})", inner(left), inner(right)),
            Condition::Not(of) => format!("!({})", inner(of)),
            Condition::Or(left, right) => format!("({} || {})", inner(left), inner(right)),
            Condition::Test(test) => format!("({})", self.test(test, pattern)),
        }
    }

    fn test(&self, test: &Test, pattern: Option<&Pattern>) -> String {
        let word = |of| word(of, pattern);
        match test {
            Test::AddressIsProxy => "context.address == context.proxy".to_owned(),
            Test::AddressIn(network) => self.within("context.address", std::slice::from_ref(network)),
            Test::Among(of, words) => {
                let words: Vec<String> = words.iter().map(|of| format!("{:?}", WORDS[*of])).collect();
                format!("[{}].contains({})", words.join(", "), word(of))
            }
            Test::InCircles => "principal in resource.circles".to_owned(),
            Test::InEditors => "resource.editors.contains(principal)".to_owned(),
            Test::InGroup(group) => who(&Who::Group(*group)),
            Test::InReaders => "principal in resource.readers".to_owned(),
            Test::Is(identity) => who(&Who::Identity(*identity)),
            Test::IsOwner => "principal == resource.owner".to_owned(),
            Test::Like(of, shape) => format!("{} like {:?}", word(of), SHAPES[*shape]),
            Test::Open => "resource.open".to_owned(),
            Test::Order(left, sign, right) => format!("{} {} {}", number(left), sign.0, number(right)),
            Test::OwnerIs(identity) => format!("resource.owner == User::{:?}", DECLARED[*identity]),
            Test::ProxyIn(network) => self.within("context.proxy", std::slice::from_ref(network)),
            Test::Same(left, true, right) => format!("{} == {}", word(left), word(right)),
            Test::Same(left, false, right) => format!("{} != {}", word(left), word(right)),
            Test::Tagged(of) => format!("resource.tags.contains({})", word(of)),
            Test::Trusted => "principal.trusted".to_owned(),
            Test::Vip => "context.vip".to_owned(),
        }
    }
}

/// How Cedar says where a path is.
enum Located {
    /// By one comparison of the resource, which may stand in a policy's scope.
    Entity(String),
    /// By attributes of the resource.
    Segments(String),
}

fn any<T>(items: &[T], item: impl Fn(&T) -> String) -> String {
    items.iter().map(item).collect::<Vec<_>>().join(" || ")
}

fn who(who: &Who) -> String {
    match who {
        Who::Identity(identity) => format!("principal == User::{:?}", DECLARED[*identity]),
        Who::Group(group) => format!("principal in Group::{:?}", GROUPS[*group]),
    }
}

fn action(verbs: &[usize]) -> String {
    match verbs {
        [] => "action".to_owned(),
        [verb] => format!("action in Action::{:?}", VERBS[*verb]),
        verbs => {
            let verbs: Vec<String> = verbs.iter().map(|verb| format!("Action::{:?}", VERBS[*verb])).collect();
            format!("action in [{}]", verbs.join(", "))
        }
    }
}

fn literal(segment: &Segment) -> Option<&'static str> {
    match segment {
        Segment::Any | Segment::Parameter(_) => None,
        Segment::Literal(literal) => Some(SEGMENTS[*literal]),
    }
}

fn path(segments: &[&str]) -> String {
    format!("Path::{:?}", format!("/{}", segments.join("/")))
}

fn word(word: &Word, pattern: Option<&Pattern>) -> String {
    match word {
        Word::Country => "context.country".to_owned(),
        Word::Literal(literal) => format!("{:?}", WORDS[*literal]),
        Word::Name => "principal.name".to_owned(),
        Word::Parameter(parameter) => {
            let is_it = |segment: &Segment| *segment == Segment::Parameter(*parameter);
            let at = pattern.and_then(|pattern| pattern.segments.iter().position(is_it));
            format!("resource.segment{}", at.expect("a parameter of the pattern"))
        }
        Word::Tag => "resource.tag".to_owned(),
        Word::Team => "principal.team".to_owned(),
    }
}

fn number(number: &Number) -> String {
    match number {
        Number::Clearance => "principal.clearance".to_owned(),
        Number::Literal(literal) => literal.to_string(),
        Number::Rank => "resource.rank".to_owned(),
        Number::Risk => "context.risk".to_owned(),
    }
}
