//! How values of the engine become values of the page, field by field.

use std::path::PathBuf;

use recordroute_engine::core::{CaptureId, DetectedLanguage, JobId, Language, ModelId, RecordingId};

use crate::error::CommandError;
use crate::shown;

/// Made of a domain's value to be sent to the page.
pub trait Crossing<D> {
    fn cross(value: D) -> Self;
}

/// What is the same on both sides.
macro_rules! same {
    ($($type:ty),*) => { $(impl Crossing<$type> for $type {
        fn cross(value: $type) -> Self {
            value
        }
    })* };
}
same!((), bool, u8, u32, i64, u64, f32, f64, String);

impl<A: Crossing<B>, B> Crossing<Vec<B>> for Vec<A> {
    fn cross(values: Vec<B>) -> Self {
        values.into_iter().map(A::cross).collect()
    }
}

impl<A: Crossing<B>, B> Crossing<Option<B>> for Option<A> {
    fn cross(value: Option<B>) -> Self {
        value.map(A::cross)
    }
}

/// What the page has under another type.
macro_rules! as_type {
    ($($domain:ty => $type:ty: |$value:ident| $made:expr;)*) => { $(impl Crossing<$domain> for $type {
        fn cross($value: $domain) -> Self {
            $made
        }
    })* };
}
as_type! {
    RecordingId => i64: |id| id.0;
    JobId => i64: |id| id.0;
    CaptureId => i64: |id| id.0;
    ModelId => String: |id| id.into();
    Language => String: |language| language.to_string();
    DetectedLanguage => String: |language| language.code;
    PathBuf => String: |path| shown(&path);
    usize => u32: |count| u32::try_from(count).unwrap_or(u32::MAX);
    recordroute_engine::Error => CommandError: |error| error.into();
    recordroute_engine::LiveProblem => CommandError: |problem| CommandError::new(problem.code, &problem.message);
}

/// A struct of some fields of a domain's struct, and of some that are made of others of its fields.
macro_rules! mirror {
    (
        $(#[$doc:meta])* $name:ident = $($domain:ident)::+ { $($(#[$attr:meta])* $field:ident: $type:ty),* $(,)? }
        $(of $value:ident { $($made:ident: $made_type:ty = $how:expr),* $(,)? })?
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, specta::Type)]
        pub struct $name {
            $($(#[$attr])* pub $field: $type,)*
            $($(pub $made: $made_type),*)?
        }

        impl $crate::Crossing<$($domain)::+> for $name {
            fn cross(value: $($domain)::+) -> Self {
                $(let $value = &value;
                $(let $made = $how;)*)?
                Self {
                    $($($made,)*)?
                    $($field: $crate::Crossing::cross(value.$field)),*
                }
            }
        }
    };
}

/// An enum without fields, with the way there and back.
macro_rules! mirror_enum {
    ($(#[$doc:meta])* $name:ident = $($domain:ident)::+ { $($variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, specta::Type)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($variant),*
        }

        impl $crate::Crossing<$($domain)::+> for $name {
            fn cross(value: $($domain)::+) -> Self {
                use $($domain)::+ as Domain;
                match value { $(Domain::$variant => Self::$variant),* }
            }
        }

        impl From<$name> for $($domain)::+ {
            fn from(value: $name) -> Self {
                match value { $($name::$variant => Self::$variant),* }
            }
        }
    };
}

/// An enum with fields, told apart on the page by its `kind`.
macro_rules! mirror_tagged {
    ($(#[$doc:meta])* $name:ident = $($domain:ident)::+ {
        $($variant:ident $({ $($field:ident: $type:ty),* $(,)? })?),* $(,)?
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, specta::Type)]
        #[serde(rename_all = "snake_case", tag = "kind")]
        pub enum $name {
            $($variant $({ $($field: $type),* })?),*
        }

        impl $crate::Crossing<$($domain)::+> for $name {
            fn cross(value: $($domain)::+) -> Self {
                use $($domain)::+ as Domain;
                match value {
                    $(Domain::$variant $({ $($field),* })? =>
                        Self::$variant $({ $($field: $crate::Crossing::cross($field)),* })?),*
                }
            }
        }
    };
}

pub(crate) use {mirror, mirror_enum, mirror_tagged};
