//! Command sequence numbers.

/// The number of a command, 1 to 65,535; after 65,535 comes 1. "Newer" is judged within half the circle,
/// as in RFC 1982.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Sequence(core::num::NonZeroU16);

impl Sequence {
    /// The number of the first command of a device that has seen none.
    pub const FIRST: Self = Self(core::num::NonZeroU16::MIN);

    /// A number as it stands on the wire; 0 is none.
    pub const fn new(raw: u16) -> Option<Self> {
        match core::num::NonZeroU16::new(raw) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// As it stands on the wire.
    pub const fn get(self) -> u16 {
        self.0.get()
    }

    /// The number after this one.
    pub const fn next(self) -> Self {
        match self.0.checked_add(1) {
            Some(number) => Self(number),
            None => Self::FIRST,
        }
    }

    /// Whether this number comes after `other`, at most half the circle ahead.
    pub const fn is_newer_than(self, other: Self) -> bool {
        let ahead = self.get().wrapping_sub(other.get());
        ahead != 0 && ahead < 0x8000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_circle_skips_zero() {
        assert_eq!(Sequence::new(0), None);
        assert_eq!(Sequence::new(u16::MAX).unwrap().next(), Sequence::FIRST);
    }

    #[test]
    fn newer_is_judged_across_the_wrap() {
        let old = Sequence::new(65_530).unwrap();
        let new = Sequence::new(5).unwrap();
        assert!(new.is_newer_than(old));
        assert!(!old.is_newer_than(new));
        assert!(!old.is_newer_than(old));
    }
}
