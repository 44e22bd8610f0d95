//! How much work a question may take: fixed, counted in steps and sizes, the same in every build.

/// Steps that one room and action may take: joins of decision diagrams, children of their nodes, and transitions of the
/// automata of `like` patterns.
pub const CELL_STEPS: u64 = 4_000_000;

/// Steps that a whole question may take.
pub const STEPS: u64 = 4_000_000_000;

/// Classes of paths that patterns may tell apart.
pub const PLACES: usize = 1_000_000;

/// Rooms and actions that may be asked about, and rules that meet there: pairs of a class of paths and a kind of action, and
/// the entries of all different lists of rules that cover one.
pub const CELLS: usize = 16_000_000;

/// Variables of one room and action: what rules there test of the visitor, the room, the context and so on.
pub const VARIABLES: usize = 2_000;

/// Values that one variable may have, as far as rules tell them apart.
pub const VALUES: usize = 20_000;

/// Values that the variables of one room and action may have in all.
pub const ALL_VALUES: usize = 200_000;

/// Lists of more items than this are not looked at item by item when what is useless is sought.
pub const ITEMS: usize = 64;
