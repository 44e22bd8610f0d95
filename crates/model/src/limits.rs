//! The limits of requests, and of what rules may test together: fixed, documented, the same in every build.

/// How many groups one request may claim.
pub const CLAIMED_GROUPS: usize = 1024;

/// How many bytes an identity's name may have.
pub const IDENTITY_BYTES: usize = 256;

/// How many bytes a request's path may have, what follows the first `?` aside: 8 KiB.
pub const PATH_BYTES: usize = 8 * 1024;

/// How many segments a request's path may have.
pub const PATH_SEGMENTS: usize = 256;

/// How many combinations the claimed groups and unrecorded attributes may have that the rules meeting on one room and
/// action test: 2^26, which any 26 claimed groups keep, and any 16 attributes of one test each.
///
/// A claimed group counts, with a factor of 2, only if claiming it can both help and hurt; an attribute counts with the
/// number of values that its tests can tell apart, absence included.
pub const FREE_COMBINATIONS: u64 = 1 << 26;

/// How many states the trie over all room patterns may have, and how many rules its room classes may list, in all.
pub const ROOM_CLASSES: usize = 4_000_000;

/// How many elements a set in a request may have; a larger one fits no type, and so counts as missing.
pub const SET_ELEMENTS: usize = 1024;

/// How many entries the lists of a policy may have in all once they are resolved: the groups that each identity and each
/// group is in, the address ranges that each network and each `from` is joined of, the actions, patterns and room
/// attributes of each rule. A list of groups or ranges that several share counts once.
pub const RESOLVED: usize = 32_000_000;

/// How many entries the lists of sets may have in all that [`AddressClasses`](crate::address::AddressClasses) keeps, one
/// list for each class of addresses: 32 MiB.
pub const CLASS_MEMBERS: usize = 8 * 1024 * 1024;
