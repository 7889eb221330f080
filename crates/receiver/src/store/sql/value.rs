//! Values on their way into a statement and out of a row.

use std::borrow::Cow;

use uuid::Uuid;

use super::Malformed;

/// What a value is, also while it is null: the same at every use of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Integer,
    Text,
    Blob,
}

/// A value for a placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    Null(Kind),
    Integer(i64),
    Text(Cow<'a, str>),
    /// Text: lower-case, with hyphens.
    Id(Uuid),
    Blob(Cow<'a, [u8]>),
}

/// What can be bound to a placeholder.
pub trait ToSql {
    /// As the database takes it.
    fn to_sql(&self) -> Value<'_>;
    /// What it is, whatever its value.
    fn kind() -> Kind
    where
        Self: Sized;
}

impl<T: ToSql> ToSql for &T {
    fn to_sql(&self) -> Value<'_> {
        (*self).to_sql()
    }

    fn kind() -> Kind {
        T::kind()
    }
}

impl<T: ToSql> ToSql for Option<T> {
    fn to_sql(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null(T::kind()), T::to_sql)
    }

    fn kind() -> Kind {
        T::kind()
    }
}

macro_rules! integers {
    ($($integer:ty),+) => {$(
        impl ToSql for $integer {
            fn to_sql(&self) -> Value<'_> {
                Value::Integer(i64::from(*self))
            }

            fn kind() -> Kind {
                Kind::Integer
            }
        }
    )+};
}

integers!(i64, i32, u32, u16, bool);

macro_rules! kept {
    ($($type:ty: $kind:ident),+) => {$(
        impl ToSql for $type {
            fn to_sql(&self) -> Value<'_> {
                Value::$kind(Cow::Borrowed(self))
            }

            fn kind() -> Kind {
                Kind::$kind
            }
        }
    )+};
}

kept!(&str: Text, String: Text, &[u8]: Blob, Vec<u8>: Blob);

impl<const N: usize> ToSql for [u8; N] {
    fn to_sql(&self) -> Value<'_> {
        Value::Blob(Cow::Borrowed(self))
    }

    fn kind() -> Kind {
        Kind::Blob
    }
}

/// A value as it lies in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueRef<'a> {
    Null,
    Integer(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

impl<'a> ValueRef<'a> {
    /// As text.
    ///
    /// # Errors
    /// It is none.
    pub fn as_str(self) -> Result<&'a str, Malformed> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Null | Self::Integer(_) | Self::Blob(_) => Err(self.is_no("text")),
        }
    }

    /// As an integer.
    ///
    /// # Errors
    /// It is none.
    pub fn as_i64(self) -> Result<i64, Malformed> {
        match self {
            Self::Integer(number) => Ok(number),
            Self::Null | Self::Text(_) | Self::Blob(_) => Err(self.is_no("integer")),
        }
    }

    /// As bytes.
    ///
    /// # Errors
    /// It is none.
    pub fn as_blob(self) -> Result<&'a [u8], Malformed> {
        match self {
            Self::Blob(bytes) => Ok(bytes),
            Self::Null | Self::Integer(_) | Self::Text(_) => Err(self.is_no("blob")),
        }
    }

    fn is_no(self, wanted: &str) -> Malformed {
        let found = match self {
            Self::Null => "null",
            Self::Integer(_) => "integer",
            Self::Text(_) => "text",
            Self::Blob(_) => "blob",
        };
        Malformed::new(format_args!("expected {wanted}, found {found}"))
    }
}

/// What can be read from a column.
pub trait FromSql: Sized {
    /// Out of what lies there.
    ///
    /// # Errors
    /// It is something else.
    fn from_sql(value: ValueRef<'_>) -> Result<Self, Malformed>;
}

impl<T: FromSql> FromSql for Option<T> {
    fn from_sql(value: ValueRef<'_>) -> Result<Self, Malformed> {
        match value {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(_) | ValueRef::Text(_) | ValueRef::Blob(_) => {
                T::from_sql(value).map(Some)
            }
        }
    }
}

macro_rules! read_integers {
    ($($integer:ty),+) => {$(
        impl FromSql for $integer {
            fn from_sql(value: ValueRef<'_>) -> Result<Self, Malformed> {
                Self::try_from(value.as_i64()?).map_err(Malformed::new)
            }
        }
    )+};
}

read_integers!(i64, i32, u64, u32, u16);

impl FromSql for bool {
    fn from_sql(value: ValueRef<'_>) -> Result<Self, Malformed> {
        Ok(value.as_i64()? != 0)
    }
}

impl FromSql for String {
    fn from_sql(value: ValueRef<'_>) -> Result<Self, Malformed> {
        value.as_str().map(str::to_owned)
    }
}

impl FromSql for Vec<u8> {
    fn from_sql(value: ValueRef<'_>) -> Result<Self, Malformed> {
        value.as_blob().map(<[u8]>::to_vec)
    }
}
