//! A site and a request in Cedar's words, and the mistakes that such a translation can make.

mod policies;
mod world;

pub use policies::policies;
pub use world::{entities, request};

/// A deliberate mistake, which the comparison has to notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slip {
    /// `anyone` is not also the anonymous.
    AnyoneIsKnown,
    /// A claim wins over what the policy records.
    ClaimsWin,
    /// The visitors after `except` are not excepted.
    ForgetExcept,
    /// The origins after `except` are not excepted.
    ForgetExceptOrigins,
    /// The rooms after `except` are not excepted.
    ForgetExceptRooms,
    /// No rule forbids.
    ForgetForbid,
    /// A group's groups have no members.
    ForgetNesting,
    /// `unless` is left out.
    ForgetUnless,
    /// A `HEAD` is not decided as a `GET`.
    HeadIsNoGet,
    /// A level is met only by itself.
    LevelIsExact,
    /// Whoever claims a listed group is in it.
    ListedIsClaimed,
    /// An IPv4-mapped address is an IPv6 address.
    MappedIsApart,
    /// `**` stands for at least one segment.
    RestIsSome,
    /// `*` and `{name}` stand for one segment or more.
    WildcardIsMany,
}

impl Slip {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::AnyoneIsKnown,
        Self::ClaimsWin,
        Self::ForgetExcept,
        Self::ForgetExceptOrigins,
        Self::ForgetExceptRooms,
        Self::ForgetForbid,
        Self::ForgetNesting,
        Self::ForgetUnless,
        Self::HeadIsNoGet,
        Self::LevelIsExact,
        Self::ListedIsClaimed,
        Self::MappedIsApart,
        Self::RestIsSome,
        Self::WildcardIsMany,
    ];
}
