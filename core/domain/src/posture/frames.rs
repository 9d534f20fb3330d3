//! Counting the numbered frames of a stream, so that nothing is lost unnoticed.

/// What a numbered frame is, beside those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameOrder {
    /// The next one.
    Next,
    /// Frames before it are missing.
    AfterGap {
        /// The first missing number.
        first: u32,
        /// The last missing number.
        last: u32,
    },
    /// Seen already, or overtaken: to be dropped.
    Old,
}

/// Counts numbered frames of one stream, so that nothing is lost unnoticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameCounter {
    next: u32,
    /// Frames that came.
    pub received: u64,
    /// Frames that did not.
    pub lost: u64,
}

impl FrameCounter {
    /// A new stream begins, with number 0; the counts go on.
    pub const fn restart(&mut self) {
        self.next = 0;
    }

    /// Takes the next frame's number.
    pub fn take(&mut self, number: u32) -> FrameOrder {
        if number < self.next {
            return FrameOrder::Old;
        }
        let first = self.next;
        self.received += 1;
        self.lost += u64::from(number - first);
        self.next = number.saturating_add(1);
        if number == first { FrameOrder::Next } else { FrameOrder::AfterGap { first, last: number - 1 } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_repetitions_and_late_frames_are_noticed() {
        let mut counter = FrameCounter::default();
        assert_eq!(counter.take(0), FrameOrder::Next);
        assert_eq!(counter.take(3), FrameOrder::AfterGap { first: 1, last: 2 });
        assert_eq!(counter.take(3), FrameOrder::Old);
        assert_eq!(counter.take(2), FrameOrder::Old);
        assert_eq!(counter.take(4), FrameOrder::Next);
        assert_eq!((counter.received, counter.lost), (3, 2));
        counter.restart();
        assert_eq!(counter.take(0), FrameOrder::Next);
        assert_eq!(counter.take(u32::MAX), FrameOrder::AfterGap { first: 1, last: u32::MAX - 1 });
        assert_eq!(counter.take(u32::MAX), FrameOrder::Next, "the last number repeats at the end of the range");
    }
}
