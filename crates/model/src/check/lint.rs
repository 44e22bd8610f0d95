//! What is sound and still surely not what was meant.

use crate::ids::{ActionId, GroupId, IdentityId};

use super::Checker;

/// What is named somewhere beside its declaration.
#[derive(Default)]
pub(super) struct Used {
    actions: Flags,
    groups: Flags,
    identities: Flags,
    networks: Flags,
    rooms: Flags,
}

impl Used {
    pub(super) fn action(&mut self, id: ActionId) {
        self.actions.set(id.index());
    }

    pub(super) fn group(&mut self, id: GroupId) {
        self.groups.set(id.index());
    }

    pub(super) fn identity(&mut self, id: IdentityId) {
        self.identities.set(id.index());
    }

    pub(super) fn network(&mut self, index: usize) {
        self.networks.set(index);
    }

    pub(super) fn room(&mut self, index: usize) {
        self.rooms.set(index);
    }
}

/// A set of indices.
#[derive(Default)]
struct Flags(Vec<bool>);

impl Flags {
    fn set(&mut self, index: usize) {
        if self.0.len() <= index {
            self.0.resize(index + 1, false);
        }
        if let Some(flag) = self.0.get_mut(index) {
            *flag = true;
        }
    }

    fn has(&self, index: usize) -> bool {
        self.0.get(index).copied().unwrap_or(false)
    }
}

impl<'a> Checker<'a> {
    pub(super) fn lint(&mut self) {}
}
