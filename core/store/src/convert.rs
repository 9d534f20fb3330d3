//! Between Rust's values and the database's.

use crate::error::StoreError;

const MS_A_DAY: i64 = 86_400_000;

/// A person's day: whole days since 1970-01-01 in their own time.
///
/// `at_ms` is a Unix time in milliseconds, `utc_offset_s` their time less UTC in seconds.
pub const fn local_day(at_ms: i64, utc_offset_s: i32) -> i32 {
    let local_ms = at_ms.saturating_add(utc_offset_s as i64 * 1_000);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a day in the reach of i32 for 5 million years; beyond is nonsense anyway"
    )]
    let day = local_ms.div_euclid(MS_A_DAY) as i32;
    day
}

/// The hour of a person's day, 0 to 23; as [`local_day`].
pub const fn local_hour(at_ms: i64, utc_offset_s: i32) -> u8 {
    let local_ms = at_ms.saturating_add(utc_offset_s as i64 * 1_000);
    #[expect(clippy::cast_possible_truncation, reason = "0 to 23 by the arithmetic")]
    let hour = (local_ms.rem_euclid(MS_A_DAY) / (MS_A_DAY / 24)) as u8;
    hour
}

/// A count or tick that the database keeps as a signed number.
pub(crate) fn signed(value: u64, what: &'static str) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Invalid { what })
}

/// Words, as the JSON array that a column keeps.
pub(crate) fn words_json(words: &[String]) -> String {
    serde_json::Value::from(words).to_string()
}

/// Words from such a column.
pub(crate) fn words(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Vec<String>> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// A small enumeration that is stored as text.
macro_rules! stored_as_text {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $variant_doc:literal])+ $variant:ident = $text:literal,)+ }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[doc = $variant_doc])+ $variant,)+ }

        impl $name {
            /// As it stands in the store.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl rusqlite::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(self.as_str().into())
            }
        }

        impl rusqlite::types::FromSql for $name {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                match value.as_str()? {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(rusqlite::types::FromSqlError::InvalidType),
                }
            }
        }
    };
}
pub(crate) use stored_as_text;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_persons_own() {
        let noon = MS_A_DAY / 2;
        assert_eq!(local_day(noon, 0), 0);
        assert_eq!(local_day(noon, 12 * 3_600), 1);
        assert_eq!(local_day(noon, 12 * 3_600 - 1), 0);
        assert_eq!(local_day(0, -1), -1);
        assert_eq!((local_hour(noon, 0), local_hour(noon, 3_599), local_hour(noon, 3_600)), (12, 12, 13));
        assert_eq!((local_hour(0, -1), local_hour(MS_A_DAY - 1, 0), local_hour(MS_A_DAY, 0)), (23, 23, 0));
    }
}
