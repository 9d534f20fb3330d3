//! One value for each output channel, without allocation.

use core::fmt;

/// The most channels a device can have.
pub const MAX_CHANNELS: usize = 4;

/// One value for each of 1 to 4 channels, in the order of the device's sockets.
#[derive(Clone, Copy)]
pub struct PerChannel<T> {
    items: [T; MAX_CHANNELS],
    len: u8,
}

impl<T: Copy + Default> PerChannel<T> {
    /// From a slice of 1 to 4 values; `None` for any other length.
    pub fn from_slice(values: &[T]) -> Option<Self> {
        let mut items = [T::default(); MAX_CHANNELS];
        if values.is_empty() {
            return None;
        }
        items.get_mut(..values.len())?.copy_from_slice(values);
        Some(Self { items, len: u8::try_from(values.len()).ok()? })
    }

    /// One channel.
    pub fn one(value: T) -> Self {
        let mut items = [T::default(); MAX_CHANNELS];
        items[0] = value;
        Self { items, len: 1 }
    }

    /// The values.
    pub fn as_slice(&self) -> &[T] {
        self.items.get(..usize::from(self.len)).unwrap_or(&[])
    }

    /// How many channels, 1 to 4.
    pub const fn count(&self) -> u8 {
        self.len
    }

    /// A value made from each value.
    pub fn map<U: Copy + Default>(&self, make: impl Fn(T) -> U) -> PerChannel<U> {
        PerChannel { items: self.items.map(make), len: self.len }
    }
}

impl<T: Copy + Default + PartialEq> PartialEq for PerChannel<T> {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl<T: Copy + Default + Eq> Eq for PerChannel<T> {}

impl<T: Copy + Default + fmt::Debug> fmt::Debug for PerChannel<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(formatter)
    }
}

#[cfg(feature = "serde")]
impl<T: Copy + Default + serde::Serialize> serde::Serialize for PerChannel<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.as_slice())
    }
}

#[cfg(feature = "serde")]
impl<'de, T: Copy + Default + serde::Deserialize<'de>> serde::Deserialize<'de> for PerChannel<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(core::marker::PhantomData<T>);
        impl<'de, T: Copy + Default + serde::Deserialize<'de>> serde::de::Visitor<'de> for Visitor<T> {
            type Value = PerChannel<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of 1 to 4 values")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
                let mut items = [T::default(); MAX_CHANNELS];
                let mut len = 0_usize;
                while let Some(value) = values.next_element()? {
                    let Some(slot) = items.get_mut(len) else {
                        return Err(serde::de::Error::invalid_length(len + 1, &self));
                    };
                    *slot = value;
                    len += 1;
                }
                items
                    .get(..len)
                    .and_then(PerChannel::from_slice)
                    .ok_or_else(|| serde::de::Error::invalid_length(len, &self))
            }
        }
        deserializer.deserialize_seq(Visitor(core::marker::PhantomData))
    }
}
