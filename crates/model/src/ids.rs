//! Numbers that stand for resolved names: indices into the tables of one [`Policy`](crate::Policy), from 0.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The number as an index.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }

            /// The number of the entry at `index`; the last number there is for an index beyond it.
            #[must_use]
            pub fn from_index(index: usize) -> Self {
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }
        }
    )*};
}

ids! {
    /// A registered HTTP method or a declared action, in [`Policy::actions`](crate::Policy::actions).
    ActionId;
    /// An attribute, in [`Policy::identity_attributes`](crate::Policy::identity_attributes) or
    /// [`Policy::context_attributes`](crate::Policy::context_attributes), as the place of use says.
    AttributeId;
    /// A group, in [`Policy::groups`](crate::Policy::groups).
    GroupId;
    /// A declared identity, in [`Policy::identities`](crate::Policy::identities).
    IdentityId;
    /// An assurance level, in [`Policy::levels`](crate::Policy::levels), the weakest being 0.
    LevelId;
    /// A path pattern, in [`Policy::patterns`](crate::Policy::patterns).
    PatternId;
    /// An attribute of the room that one rule uses, in [`Rare::room_attributes`](crate::rule::Rare::room_attributes).
    RoomAttributeId;
    /// A rule, in [`Policy::rules`](crate::Policy::rules).
    RuleId;
}
