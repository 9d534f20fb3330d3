//! How fast a wearable may tell things that are kept: what comes faster than its profile allows would fill the disk.

use std::time::Duration;

use tokio::time::Instant;

/// Admits so many of something a second. What was not used for a while can be used at once, as a link that was held up
/// delivers everything together.
#[derive(Default)]
pub(super) struct Pace {
    /// In thousandths.
    left: u64,
    since: Option<Instant>,
}

/// What a held-up link may deliver at once: as much as a silence before its end can hold back.
const HELD_UP: Duration = Duration::from_secs(10);

impl Pace {
    /// Whether `count` more are admitted now, where `per_s` a second are allowed.
    pub(super) fn admits(&mut self, count: usize, per_s: u32, now: Instant) -> bool {
        let room = u64::from(per_s) * HELD_UP.as_secs() * 1_000;
        let passed = self.since.replace(now).map_or(HELD_UP, |since| now.saturating_duration_since(since));
        let gained = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX).saturating_mul(u64::from(per_s));
        self.left = self.left.saturating_add(gained).min(room);
        let wanted = u64::try_from(count).unwrap_or(u64::MAX).saturating_mul(1_000);
        let admitted = self.left.checked_sub(wanted);
        self.left = admitted.unwrap_or(self.left);
        admitted.is_some()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_more_than_allowed_and_what_keeps_to_it_is_all_admitted(
            waits_ms in prop::collection::vec(0_u64..2_000, 1..300),
            per_s in 1_u32..100,
        ) {
            let began = Instant::now();
            let (mut pace, mut now, mut admitted) = (Pace::default(), began, 0_u64);
            for wait in waits_ms {
                now += Duration::from_millis(wait);
                admitted += u64::from(pace.admits(1, per_s, now));
                let allowed = u64::from(per_s) * (now.duration_since(began) + HELD_UP).as_secs() + u64::from(per_s);
                prop_assert!(admitted <= allowed, "{admitted} of {allowed}");
            }
            // As many as come in a second, for a minute, however unevenly.
            let mut pace = Pace::default();
            for second in 0..60 {
                let now = now + Duration::from_secs(second);
                for _ in 0..per_s {
                    prop_assert!(pace.admits(1, per_s, now));
                }
            }
        }
    }

    #[test]
    fn nothing_is_admitted_that_nobody_asked_for() {
        let mut pace = Pace::default();
        assert!(!pace.admits(1, 0, Instant::now()));
    }
}
