//! JSON that is kept as it came, and the bounds of what is read at all.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// The largest body that is read, in bytes: a page of fifty plans with everything that hangs on them is a tenth of it.
pub const BODY_MAX: usize = 4 * 1024 * 1024;
/// The largest single resource that is read or kept, in bytes.
pub const RESOURCE_MAX: usize = 256 * 1024;
/// The deepest nesting of objects and arrays. A plan with our extension needs nine.
pub const DEPTH_MAX: usize = 32;
/// The most entries of one bundle.
pub const ENTRIES_MAX: usize = 1_000;

/// Why bytes are not what they should be. It never quotes them: they are a person's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Too many bytes.
    #[error("more than {max} bytes")]
    TooLarge {
        /// The bound.
        max: usize,
    },
    /// Nested too deep.
    #[error("nested deeper than {DEPTH_MAX}")]
    TooDeep,
    /// More entries than one bundle may have.
    #[error("more than {ENTRIES_MAX} entries in one bundle")]
    TooMany,
    /// Not UTF-8, not JSON, or not of the shape of this resource.
    #[error("not a {what} (line {line}, column {column})")]
    Malformed {
        /// What it should have been.
        what: &'static str,
        /// The line, from 1; 0 where it is not known.
        line: usize,
        /// The column, from 1; 0 where it is not known.
        column: usize,
    },
}

impl ParseError {
    pub(crate) fn malformed(what: &'static str, error: &serde_json::Error) -> Self {
        Self::Malformed { what, line: error.line(), column: error.column() }
    }
}

/// Reads JSON within the bounds of size and depth.
pub(crate) fn read<'a, T: Deserialize<'a>>(what: &'static str, bytes: &'a [u8], max: usize) -> Result<T, ParseError> {
    if bytes.len() > max {
        return Err(ParseError::TooLarge { max });
    }
    if depth(bytes) > DEPTH_MAX {
        return Err(ParseError::TooDeep);
    }
    // As text: what is kept raw must be text when it is written again.
    let text = std::str::from_utf8(bytes).map_err(|_| ParseError::Malformed { what, line: 0, column: 0 })?;
    serde_json::from_str(text).map_err(|error| ParseError::malformed(what, &error))
}

/// How deep the brackets outside of strings nest. Before parsing: no parser then needs more stack than this allows.
fn depth(bytes: &[u8]) -> usize {
    let (mut now, mut deepest, mut quoted, mut escaped) = (0_usize, 0_usize, false, false);
    for byte in bytes {
        match (quoted, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => quoted = !quoted,
            (false, b'{' | b'[') => {
                now += 1;
                deepest = deepest.max(now);
            }
            (false, b'}' | b']') => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// A value that is not looked into, kept as it came: unknown fields, and whole resources of unknown kinds.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Raw(Box<RawValue>);

impl Raw {
    /// The JSON text, byte by byte as it came.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// From JSON text.
    pub fn from_text(text: String) -> Result<Self, ParseError> {
        RawValue::from_string(text).map(Self).map_err(|error| ParseError::malformed("value", &error))
    }
}

impl PartialEq for Raw {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Raw {}

// It is a person's: logs don't see it.
impl fmt::Debug for Raw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Raw({} bytes)", self.as_str().len())
    }
}

/// A number with the digits it has: `1.50` stays `1.50`, which in FHIR says how exact it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Decimal(Raw);

impl Decimal {
    /// From a whole number of the unit's tenths (`places` 1), hundredths (2), or of the unit itself (0); at most 9 places.
    pub fn scaled(value: i64, places: u32) -> Result<Self, ParseError> {
        let places = places.min(9);
        let parts = 10_u64.saturating_pow(places);
        let (whole, rest) = (value.unsigned_abs() / parts, value.unsigned_abs() % parts);
        let sign = if value < 0 { "-" } else { "" };
        let width = usize::try_from(places).unwrap_or_default();
        let text = if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest:0width$}") };
        Raw::from_text(text).map(Self)
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The number in units of 10^-`places`, if it is one of them exactly: nothing is rounded. `None` too when it is beyond 18 digits.
    pub fn in_units_of(&self, places: u32) -> Option<i64> {
        let text = self.as_str();
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, number) = number.strip_prefix('-').map_or((false, number), |number| (true, number));
        let (whole, rest) = number.split_once('.').unwrap_or((number, ""));
        let digits = format!("{whole}{rest}");
        let digits = digits.trim_start_matches('0');
        // The number is digits * 10^power units.
        let power = exponent.checked_add(i32::try_from(places).ok()?)?.checked_sub(i32::try_from(rest.len()).ok()?)?;
        if digits.is_empty() {
            return Some(0);
        }
        let kept = digits.trim_end_matches('0');
        let power = power.checked_add(i32::try_from(digits.len() - kept.len()).ok()?)?;
        let power = u32::try_from(power).ok()?;
        if kept.len() > 18 || power > 18 {
            return None;
        }
        let value = kept.parse::<i64>().ok()?.checked_mul(10_i64.checked_pow(power)?)?;
        Some(if negative { -value } else { value })
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Decimal(..)")
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        // A number begins with a digit or a minus, and nothing else in JSON does.
        if raw.as_str().starts_with(|first: char| first.is_ascii_digit() || first == '-') {
            Ok(Self(raw))
        } else {
            Err(serde::de::Error::custom("a decimal must be a number"))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn decimals_keep_their_digits() {
        for text in ["1.50", "0.0", "-12.00", "1e3", "1.5E-2", "100000000000000000000.10", "0"] {
            assert_eq!(serde_json::to_string(&decimal(text)).unwrap(), text);
        }
        assert_eq!(Decimal::scaled(125, 1).unwrap().as_str(), "12.5");
        assert_eq!(Decimal::scaled(-5, 2).unwrap().as_str(), "-0.05");
        assert_eq!(Decimal::scaled(7, 0).unwrap().as_str(), "7");
        for text in ["\"1.5\"", "true", "null", "{}", "[1]"] {
            assert!(serde_json::from_str::<Decimal>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_number_is_told_in_units_only_when_it_is_one_of_them() {
        let cases = [
            ("12.5", 1, Some(125)),
            ("12.50", 1, Some(125)),
            ("12.55", 1, None),
            ("1.25e1", 1, Some(125)),
            ("1250e-2", 1, Some(125)),
            ("0.00", 0, Some(0)),
            ("-3", 0, Some(-3)),
            ("1e400", 1, None),
            ("1e-400", 1, None),
            ("1e99999999999", 1, None),
            ("0.0000000000000000000000001", 1, None),
            ("9999999999999999999", 0, None),
        ];
        for (text, places, units) in cases {
            assert_eq!(decimal(text).in_units_of(places), units, "{text}");
        }
    }

    #[test]
    fn bounds_hold_before_anything_is_parsed() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read::<Raw>("value", deep(DEPTH_MAX).as_bytes(), BODY_MAX).is_ok());
        assert_eq!(read::<Raw>("value", deep(DEPTH_MAX + 1).as_bytes(), BODY_MAX), Err(ParseError::TooDeep));
        assert_eq!(read::<Raw>("value", deep(2_000_000).as_bytes(), BODY_MAX), Err(ParseError::TooDeep));
        assert_eq!(read::<Raw>("value", b"[1]", 2), Err(ParseError::TooLarge { max: 2 }));
        let quoted = format!(r#"["\"{}"]"#, "[".repeat(100));
        assert!(read::<Raw>("value", quoted.as_bytes(), BODY_MAX).is_ok(), "brackets in strings don't count");
        assert!(read::<Raw>("value", b"\"\xff\"", BODY_MAX).is_err(), "not UTF-8");
    }

    proptest! {
        #[test]
        fn any_scaled_number_reads_back(value in -1_000_000_000_000_i64..1_000_000_000_000, places in 0_u32..9) {
            prop_assert_eq!(Decimal::scaled(value, places).unwrap().in_units_of(places), Some(value));
        }

        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(raw) = read::<Raw>("value", &bytes, BODY_MAX) {
                prop_assert_eq!(serde_json::to_string(&raw).unwrap(), raw.as_str());
            }
        }
    }
}
