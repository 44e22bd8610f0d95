//! Deliberate mistakes, one at a time.

/// One way to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "faults"), expect(unreachable_pub, reason = "only the feature makes it reachable"))]
pub enum Fault {
    /// The anonymous get a 401 wherever they are not allowed.
    AlwaysUnauthenticatedIfAnonymous,
    /// No `answer` statement counts.
    AnswerIgnored,
    /// A visitor who claims a listed group is in it.
    ClaimForListedGroup,
    /// A deny does not apply while some of it is unknown.
    DenySkippedWhenUnknown,
    /// Nothing after `except` counts.
    ExceptDropped,
    /// An IPv4-mapped IPv6 address is another address.
    MappedAddressNotFolded,
    /// A group's groups count, but not the groups of those.
    NestingOneLevel,
    /// A trailing slash is a segment of its own.
    TrailingSlashSignificant,
    /// A window of time holds its end too.
    WindowClosedAtEnd,
    /// Any age of the authentication will do.
    WithinIgnored,
}

#[cfg(feature = "faults")]
impl Fault {
    /// Every fault there is.
    pub const ALL: [Self; 10] = [
        Self::AlwaysUnauthenticatedIfAnonymous,
        Self::AnswerIgnored,
        Self::ClaimForListedGroup,
        Self::DenySkippedWhenUnknown,
        Self::ExceptDropped,
        Self::MappedAddressNotFolded,
        Self::NestingOneLevel,
        Self::TrailingSlashSignificant,
        Self::WindowClosedAtEnd,
        Self::WithinIgnored,
    ];
}
