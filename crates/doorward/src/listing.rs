//! Which of many rooms a visitor may do something in: the question of a page that lists things.

use std::borrow::Cow;

use doorward_model::Request;
use doorward_model::request::Attributes;

use crate::policy::Policy;
use crate::prepared::PreparedRequest;
use crate::verdict::Verdict;

impl Policy {
    /// Those of many things whose room lets a visitor in, in their order: for pages that list what their reader may read.
    ///
    /// `asked` tells who wants to do what, from where and when; its path and its room attributes are not used. `room` tells
    /// the path of a thing, and the attributes of its room. Whatever the things share is looked up once.
    ///
    /// ```
    /// use doorward::{Policy, Request, Subject};
    ///
    /// let policy = Policy::parse("
    ///     identity alice
    ///     room doc at /docs/{id} has { owner: identity, public: bool }
    ///     allow authenticated to read doc when room.public or identity == room.owner
    /// ")?;
    /// let documents = [(1, "alice", false), (2, "bob", false), (3, "bob", true)];
    /// let asked = Request::new(Subject::known("alice"), "GET", "");
    /// let readable = policy.allowed_rooms(&asked, documents, |(id, owner, public)| {
    ///     (format!("/docs/{id}").into(), vec![("owner".into(), (*owner).into()), ("public".into(), (*public).into())])
    /// });
    /// assert_eq!(readable.map(|(id, ..)| id).collect::<Vec<_>>(), [1, 3]);
    /// # Ok::<(), doorward::PolicyError>(())
    /// ```
    pub fn allowed_rooms<'r, T>(
        &self,
        asked: &'r Request<'r>,
        things: impl IntoIterator<Item = T>,
        room: impl for<'t> Fn(&'t T) -> (Cow<'t, str>, Attributes<'t>),
    ) -> impl Iterator<Item = T> {
        let subject = self.subject(asked.subject.clone());
        let (action, origin) = (self.action(&asked.action), self.origin(asked.address));
        things.into_iter().filter(move |thing| {
            let (path, attributes) = room(thing);
            let room = self.room(&path);
            let request = PreparedRequest::new(&subject, action, &room, origin)
                .context(&asked.context)
                .room_attributes(&attributes);
            let request = asked.time.map_or(request, |time| request.at(time));
            self.verdict_of(&request) == Verdict::Allow
        })
    }
}

#[cfg(test)]
mod tests {
    use doorward_model::{Instant, Request, Subject};

    use super::Policy;

    #[test]
    fn what_is_asked_counts_and_the_room_is_that_of_each_thing() {
        let policy = Policy::parse(
            "room doc at /docs/{id} has { secret: bool }
             context has { mode: string }
             allow oncall to read doc from 10.0.0.0/8 when time < 2027-01-01T00:00Z and context.mode == \"on\"
                 unless room.secret or room.id == \"3\"
             group oncall claimed",
        )
        .unwrap();
        let asked = Request::new(Subject::known("ann").group("oncall"), "GET", "/nowhere")
            .address("10.0.0.7".parse().unwrap())
            .at(Instant::parse("2026-11-23T10:00Z").unwrap())
            .context("mode", "on")
            .room_attribute("secret", false);
        let things = [(1, Some(false)), (2, Some(true)), (3, Some(false)), (4, None), (5, Some(false))];
        let allowed = |asked: &Request<'_>| {
            let rooms = policy.allowed_rooms(asked, things, |(id, secret)| {
                let secret = secret.iter().map(|secret| ("secret".into(), (*secret).into()));
                (format!("/docs/{id}").into(), secret.collect())
            });
            rooms.map(|(id, _)| id).collect::<Vec<_>>()
        };
        assert_eq!(allowed(&asked), [1, 5]);
        assert_eq!(allowed(&Request { address: None, ..asked.clone() }), [0; 0]);
        assert_eq!(allowed(&Request { time: None, ..asked.clone() }), [0; 0]);
        assert_eq!(allowed(&Request { context: Vec::new(), ..asked.clone() }), [0; 0]);
        assert_eq!(allowed(&Request { action: "POST".into(), ..asked.clone() }), [0; 0]);
        assert_eq!(allowed(&Request { subject: Subject::Anonymous, ..asked }), [0; 0]);
    }
}
