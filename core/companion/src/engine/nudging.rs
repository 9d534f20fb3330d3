//! The wearable nudges by itself: this keeps it told how, and never in anybody's way.
//!
//! What it is to be told follows from the person's settings, the time of day and the calibration
//! ([`Nudging`]). It is told by an ordinary command, because it survives in the wearable and must be known to have arrived. So
//! that no therapy command waits for it, it is only given while no session is there or beginning, no command is open and
//! none waits to be taken; the person's own next one waits for its answer at the most, and a stop for nothing.

use std::time::Duration;

use lumbra_domain::posture::Nudging;
use lumbra_domain::therapy::{BootId, CommandId, DeviceOrder, Order, Outcome, Phase};
use lumbra_domain::units::Seconds;
use lumbra_protocol::Features;
use tokio::time::Instant;

use super::task::{Link, Task};
use crate::ids;
use crate::posture::local_time;

/// A wearable that did not take it is told again after this long.
const AGAIN_AFTER: Duration = Duration::from_mins(1);

/// What a wearable was told, comparable over time: until when, not for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    boot: BootId,
    nudging: Nudging,
    until_unix_s: Option<i64>,
}

/// What the wearable is known to hold, and what is on its way to it.
#[derive(Default)]
pub(super) struct Nudges {
    told: Option<Told>,
    asking: Option<(CommandId, Told)>,
    not_before: Option<Instant>,
}

impl Nudges {
    /// Takes what became of a command, which may be another's.
    pub(super) fn settled(&mut self, command: CommandId, outcome: Option<Outcome>) {
        let Some((_, asked)) = self.asking.take_if(|(asking, _)| *asking == command) else { return };
        if outcome == Some(Outcome::Confirmed) {
            self.told = Some(asked);
        } else {
            self.not_before = Some(Instant::now() + AGAIN_AFTER);
        }
    }

    /// The person has chosen anew: no waiting.
    pub(super) const fn chosen(&mut self) {
        self.not_before = None;
    }
}

impl Task {
    /// Tells the wearable how to nudge, if it isn't told already and nothing else is going on.
    pub(super) fn nudge_when_due(&mut self) {
        let Some(settings) = self.posture.chosen() else { return };
        if self.nudges.not_before.is_some_and(|not_before| Instant::now() < not_before) || !self.is_at_rest() {
            return;
        }
        let Some(boot) = self.last_report.as_ref().map(|report| report.boot) else { return };
        let (unix_ms, utc_offset_s) = (self.unix_ms(), self.context.clock.utc_offset_s());
        let nudging = Nudging::at(&settings, self.posture.reference, local_time(unix_ms, utc_offset_s));
        let (threshold, lasting) = match nudging {
            Nudging::Off { threshold } => (threshold, None),
            Nudging::On { threshold, for_s, .. } => (threshold, for_s),
        };
        let until_unix_s = lasting.map(|for_s| unix_ms.div_euclid(1_000).saturating_add(i64::from(for_s)));
        // How long it is still to last is another number every second, and no news.
        let comparable = match nudging {
            Nudging::On { threshold, delay, strength, .. } => Nudging::On { threshold, delay, strength, for_s: None },
            off @ Nudging::Off { .. } => off,
        };
        let wanted = Told { boot, nudging: comparable, until_unix_s };
        if self.nudges.told == Some(wanted) {
            return;
        }
        let order = DeviceOrder::SetNudge {
            enabled: matches!(nudging, Nudging::On { .. }),
            threshold,
            delay: Seconds::new(settings.delay.seconds().into()),
            strength: settings.strength,
            lasting: lasting.map(Seconds::new),
        };
        match ids::new_command() {
            Ok(command) => {
                self.nudges.asking = Some((command, wanted));
                // Nobody waits for the answer: what came of it is seen when it is settled.
                self.order_as(command, Order::Device(order), None);
            }
            Err(error) => tracing::error!(%error, "the wearable could not be told how to nudge"),
        }
    }

    /// Whether there is nothing that a command of the app's own could be in the way of.
    fn is_at_rest(&self) -> bool {
        let able = |link: &Link| link.ready && link.capabilities.features.contains(Features::POSTURE);
        self.link.as_ref().is_some_and(able)
            && self.starting == 0
            && self.approving_again == 0
            && self.therapy.session().is_none()
            && self.therapy.open_order().is_none()
            && self.therapy.view(self.now()).phase == Phase::Idle
    }
}
