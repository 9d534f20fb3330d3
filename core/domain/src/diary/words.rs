//! Small enumerations with a stable word each: for the store, for JSON and for the command line.

macro_rules! words {
    ($(#[doc = $doc:literal])+ $name:ident, $what:literal { $($(#[doc = $variant_doc:literal])+ $variant:ident = $word:literal;)+ }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[doc = $variant_doc])+ $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// As it stands in the store and in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// From its word.
            pub fn parse(word: &str) -> Result<Self, $crate::diary::DiaryError> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::diary::DiaryError::Unknown { what: $what, known: [$($word),+].join(", ") }),
                }
            }
        }
    };
}
pub(super) use words;
