//! Requests in parts, each looked up once: a subject a session, an origin a connection, a room a route.

use std::net::IpAddr;

use doorward_model::address::canonical;
use doorward_model::ids::ActionId;
use doorward_model::path::Path;
use doorward_model::request::Attributes;
use doorward_model::{Instant, Known, Request, Subject};

use crate::engine::case::{self, Bare, Circumstances, ClassId, Origin, Reading, Segments, Who};
use crate::policy::Policy;
use crate::verdict::Verdict;

/// Who asks, looked up in a policy by [`Policy::subject`].
#[derive(Clone, Debug)]
pub struct PreparedSubject<'a> {
    // Of no matter unless the subject is known. Most decisions need no more than the standing, which is kept small.
    known: Box<Known<'a>>,
    standing: Standing,
    policy: u64,
}

/// What kind of subject it is.
#[derive(Clone, Debug)]
enum Standing {
    Anonymous,
    Known(Reading),
    /// Known by a name that cannot be an identity's.
    Nameless,
    Rejected,
}

/// From where, looked up in a policy by [`Policy::origin`].
#[derive(Clone, Copy, Debug)]
pub struct PreparedOrigin {
    address: Option<IpAddr>,
    found: Option<Origin>,
    policy: u64,
}

/// Where to, looked up in a policy by [`Policy::room`].
#[derive(Clone, Debug)]
pub struct PreparedRoom<'a> {
    raw: &'a str,
    // A path that does not mean itself byte by byte; None if it does, or is ambiguous.
    read: Option<Box<Path<'a>>>,
    // None if the path is ambiguous.
    class: Option<ClassId>,
    policy: u64,
}

/// What for, looked up in a policy by [`Policy::action`].
#[derive(Clone, Copy, Debug)]
pub struct PreparedAction<'a> {
    name: &'a str,
    id: Option<ActionId>,
    policy: u64,
}

/// A request of prepared parts; what is left out is unknown.
///
/// The parts should be of the policy that decides. Those of another, as after a reload, are looked up again at each
/// decision: the verdict is the same as ever, only later.
#[derive(Clone, Copy, Debug)]
pub struct PreparedRequest<'a> {
    subject: &'a PreparedSubject<'a>,
    action: PreparedAction<'a>,
    room: &'a PreparedRoom<'a>,
    origin: PreparedOrigin,
    room_attributes: &'a Attributes<'a>,
    context: &'a Attributes<'a>,
    time: Option<Instant>,
}

static NO_ATTRIBUTES: Attributes<'static> = Vec::new();

impl<'a> PreparedRequest<'a> {
    /// A request of which no more is known.
    #[must_use]
    pub fn new(
        subject: &'a PreparedSubject<'a>,
        action: PreparedAction<'a>,
        room: &'a PreparedRoom<'a>,
        origin: PreparedOrigin,
    ) -> Self {
        Self { subject, action, room, origin, room_attributes: &NO_ATTRIBUTES, context: &NO_ATTRIBUTES, time: None }
    }

    /// The same at that instant.
    #[must_use]
    pub fn at(mut self, time: Instant) -> Self {
        self.time = Some(time);
        self
    }

    /// The same with these attributes of the context.
    #[must_use]
    pub fn context(mut self, context: &'a Attributes<'a>) -> Self {
        self.context = context;
        self
    }

    /// The same with these attributes of the room.
    #[must_use]
    pub fn room_attributes(mut self, attributes: &'a Attributes<'a>) -> Self {
        self.room_attributes = attributes;
        self
    }

    /// The request that this is.
    #[must_use]
    pub fn request(&self) -> Request<'a> {
        Request {
            subject: self.subject.subject(),
            action: self.action.name.into(),
            path: self.room.raw.into(),
            room_attributes: self.room_attributes.clone(),
            address: self.origin.address,
            context: self.context.clone(),
            time: self.time,
        }
    }
}

impl Policy {
    /// Looks a subject up, for any number of decisions.
    ///
    /// ```
    /// use doorward::{Policy, PreparedRequest, Subject, Verdict};
    ///
    /// let policy = Policy::parse("identity alice  allow alice to read /wiki/** from 10.0.0.0/8")?;
    /// let alice = policy.subject(Subject::known("alice"));
    /// let office = policy.origin(Some("10.0.0.7".parse()?));
    /// let home = policy.room("/wiki/home");
    /// let get = policy.action("GET");
    /// assert_eq!(policy.verdict_of(&PreparedRequest::new(&alice, get, &home, office)), Verdict::Allow);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn subject<'a>(&self, subject: impl Into<Subject<'a>>) -> PreparedSubject<'a> {
        let (known, standing) = match subject.into() {
            Subject::Anonymous => (Known::new(""), Standing::Anonymous),
            Subject::Known(known) => {
                let reading = Reading::new(self.model(), &self.engine().traits, &known);
                (known, reading.map_or(Standing::Nameless, Standing::Known))
            }
            Subject::Rejected => (Known::new(""), Standing::Rejected),
        };
        PreparedSubject { known: Box::new(known), standing, policy: self.engine().stamp }
    }

    /// Looks an address up, for any number of decisions; `None` is an unknown one.
    #[must_use]
    pub fn origin(&self, address: Option<IpAddr>) -> PreparedOrigin {
        let engine = self.engine();
        let found = address.map(|address| engine.origins.locate(canonical(address)));
        PreparedOrigin { address, found, policy: engine.stamp }
    }

    /// Looks a path up, raw, as it was sent, for any number of decisions.
    #[must_use]
    pub fn room<'a>(&self, path: &'a str) -> PreparedRoom<'a> {
        let engine = self.engine();
        if let Some(class) = engine.locator.plain_class(path) {
            return PreparedRoom { raw: path, read: None, class: Some(class), policy: engine.stamp };
        }
        let read = Path::parse(path).ok();
        let class = read.as_ref().map(|path| engine.locator.class(path));
        PreparedRoom { raw: path, read: read.map(Box::new), class, policy: engine.stamp }
    }

    /// Looks a method or an action up, for any number of decisions.
    #[must_use]
    pub fn action<'a>(&self, name: &'a str) -> PreparedAction<'a> {
        PreparedAction { name, id: self.model().action(name), policy: self.engine().stamp }
    }

    /// Says what the policy says to a request of prepared parts: what [`Policy::verdict`] says to the same request.
    #[must_use]
    pub fn verdict_of(&self, request: &PreparedRequest<'_>) -> Verdict {
        self.looked_up(request).unwrap_or_else(|| self.verdict(&request.request()))
    }

    /// `None` if a part is another policy's, or claims too many groups.
    #[inline]
    fn looked_up(&self, request: &PreparedRequest<'_>) -> Option<Verdict> {
        let engine = self.engine();
        let PreparedRequest { subject, action, room, origin, .. } = request;
        let others = |policy: u64| policy ^ engine.stamp;
        if others(subject.policy) | others(action.policy) | others(room.policy) | others(origin.policy) != 0 {
            return None;
        }
        if case::is_shut(self.model(), origin.found) {
            return Some(Verdict::Forbidden);
        }
        let circumstances = || Circumstances {
            segments: room.segments(),
            sent_from: &origin.address,
            from: origin.found,
            time: &request.time,
            room_attributes: request.room_attributes,
            context: request.context,
        };
        let who = match &subject.standing {
            Standing::Anonymous => Who::Anonymous,
            Standing::Known(reading) => Who::Known(&subject.known, reading),
            Standing::Nameless | Standing::Rejected => Who::Rejected,
        };
        // Without a class the path is ambiguous, without a number the action unknown.
        let (Some(class), Some(action)) = (room.class, action.id) else {
            return Some(case::verdict_without_rules(self.model(), who));
        };
        let bare = Bare { engine, found: engine.slices.slice(class, action)?, from: origin.found.as_ref() };
        case::verdict_of(self.model(), bare, circumstances, who)
    }

    fn reading(&self, subject: &Subject<'_>) -> Option<Reading> {
        match subject {
            Subject::Known(known) => Reading::new(self.model(), &self.engine().traits, known),
            Subject::Anonymous | Subject::Rejected => None,
        }
    }

    /// Says what the policy says to each of many requests, in their order.
    ///
    /// The same as asking one by one. What a request shares with the one before it, its subject, its action, its path or its
    /// address, is not looked up again.
    ///
    /// ```
    /// use doorward::{Policy, Request, Subject, Verdict};
    ///
    /// let policy = Policy::parse("allow authenticated to read /wiki/**")?;
    /// let pages = ["/wiki/a", "/wiki/b", "/vault"].map(|path| Request::new(Subject::known("alice"), "GET", path));
    /// let verdicts: Vec<Verdict> = policy.decide_many(&pages).collect();
    /// assert_eq!(verdicts, [Verdict::Allow, Verdict::Allow, Verdict::Forbidden]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn decide_many<'r>(
        &self,
        requests: impl IntoIterator<Item = &'r Request<'r>>,
    ) -> impl Iterator<Item = Verdict> {
        let mut last: Option<Last<'r>> = None;
        requests.into_iter().map(move |request| {
            let now = match last.take() {
                None => Last {
                    request,
                    reading: self.reading(&request.subject),
                    action: self.action(&request.action),
                    room: self.room(&request.path),
                    origin: self.origin(request.address),
                },
                Some(Last { request: other, reading, action, room, origin }) => Last {
                    request,
                    reading: if other.subject == request.subject { reading } else { self.reading(&request.subject) },
                    action: if other.action == request.action { action } else { self.action(&request.action) },
                    room: if other.path == request.path { room } else { self.room(&request.path) },
                    origin: if other.address == request.address { origin } else { self.origin(request.address) },
                },
            };
            let verdict = self.of_parts(&now).unwrap_or_else(|| self.verdict(request));
            last = Some(now);
            verdict
        })
    }

    fn of_parts(&self, parts: &Last<'_>) -> Option<Verdict> {
        let Last { request, reading, action, room, origin } = parts;
        let circumstances = || Circumstances {
            segments: room.segments(),
            sent_from: &request.address,
            from: origin.found,
            time: &request.time,
            room_attributes: &request.room_attributes,
            context: &request.context,
        };
        let engine = self.engine();
        let bare = Bare { engine, found: engine.slices.slice(room.class?, action.id?)?, from: origin.found.as_ref() };
        case::verdict_of(self.model(), bare, circumstances, who(&request.subject, reading.as_ref()))
    }
}

/// The request that was decided last, and its parts.
struct Last<'r> {
    request: &'r Request<'r>,
    reading: Option<Reading>,
    action: PreparedAction<'r>,
    room: PreparedRoom<'r>,
    origin: PreparedOrigin,
}

impl<'a> PreparedSubject<'a> {
    fn subject(&self) -> Subject<'a> {
        match self.standing {
            Standing::Anonymous => Subject::Anonymous,
            Standing::Known(_) | Standing::Nameless => Subject::Known(Known::clone(&self.known)),
            Standing::Rejected => Subject::Rejected,
        }
    }
}

impl PreparedRoom<'_> {
    fn segments(&self) -> Segments<'_> {
        self.read.as_deref().map_or(Segments::Plain(self.raw), Segments::Read)
    }
}

fn who<'a>(subject: &'a Subject<'a>, reading: Option<&'a Reading>) -> Who<'a> {
    match (subject, reading) {
        (Subject::Known(known), Some(reading)) => Who::Known(known, reading),
        (Subject::Anonymous, _) => Who::Anonymous,
        (Subject::Rejected | Subject::Known(_), _) => Who::Rejected,
    }
}
