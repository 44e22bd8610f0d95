//! *Office* for other policy engines.
//!
//! Each peer gets what its documentation recommends for such rules, and more help than it asks for: requests are built
//! beforehand, and those that know no paths are told the room. What each is spared is said where it is rendered.

mod casbin;
mod cedar;
mod gatehouse;
mod regorus;

pub use crate::casbin::Casbin;
pub use crate::cedar::Cedar;
pub use crate::gatehouse::Gatehouse;
pub use crate::regorus::Regorus;
