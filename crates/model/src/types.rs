//! The types of attributes and values.

use std::fmt;

use doorward_syntax::ast::ScalarType;

/// The type of a value: a scalar, or a set of scalars of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// One value.
    Scalar(ScalarType),
    /// Any number of values of one type.
    Set(ScalarType),
}

impl Type {
    /// The type itself, or that of a set's elements.
    #[must_use]
    pub fn scalar(self) -> ScalarType {
        match self {
            Self::Scalar(scalar) | Self::Set(scalar) => scalar,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scalar(scalar) => formatter.write_str(scalar_name(*scalar)),
            Self::Set(scalar) => write!(formatter, "set of {}", scalar_name(*scalar)),
        }
    }
}

/// How the language spells a scalar type.
#[must_use]
pub fn scalar_name(scalar: ScalarType) -> &'static str {
    match scalar {
        ScalarType::Address => "address",
        ScalarType::Bool => "bool",
        ScalarType::Group => "group",
        ScalarType::Identity => "identity",
        ScalarType::Int => "int",
        ScalarType::String => "string",
        ScalarType::Time => "time",
    }
}
