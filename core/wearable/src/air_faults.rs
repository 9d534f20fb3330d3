//! An air that loses, repeats, delays and reorders messages, and cuts links: seeded, and in virtual time.
//!
//! A real link does none of this to what it delivers; phones' stacks, and programs between them and the
//! app, do. A device or an app that stays right over this air stays right over a real one.

use lumbra_link::air::{ToCentral, ToPeripheral};

/// How bad the air is. All shares are of 1,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaultPlan {
    /// Messages that vanish.
    pub lose_per_mille: u16,
    /// Messages that come twice.
    pub repeat_per_mille: u16,
    /// Messages that come late, and so out of order.
    pub delay_per_mille: u16,
    /// How late at the most, in milliseconds.
    pub delay_max_ms: u64,
    /// How long every message takes, late or not, in milliseconds: half a round trip.
    pub trip_ms: u64,
    /// After so many bytes of values the link is cut, in the middle of a value; once.
    pub cut_after_bytes: Option<u64>,
}

/// A message on its way.
#[derive(Debug)]
struct Flying<M> {
    due_ms: u64,
    order: u64,
    message: M,
}

/// The air between one device and its central.
#[derive(Debug)]
pub struct FaultyAir {
    plan: FaultPlan,
    rng: fastrand::Rng,
    order: u64,
    bytes: u64,
    down: Vec<Flying<ToPeripheral>>,
    up: Vec<Flying<ToCentral>>,
}

/// What arrives at a moment.
#[derive(Debug, Default)]
pub struct Arrived {
    /// At the device.
    pub at_device: Vec<ToPeripheral>,
    /// At the central.
    pub at_central: Vec<ToCentral>,
    /// The link is cut now.
    pub cut: bool,
}

impl FaultyAir {
    /// An air with these faults, the same for the same seed.
    pub fn new(plan: FaultPlan, seed: u64) -> Self {
        let rng = fastrand::Rng::with_seed(seed ^ 0xA1);
        Self { plan, rng, order: 0, bytes: 0, down: Vec::new(), up: Vec::new() }
    }

    /// Changes how bad it is, from now on.
    pub fn set_plan(&mut self, plan: FaultPlan) {
        self.plan = plan;
        self.bytes = 0;
    }

    /// A central sends something.
    pub fn send_down(&mut self, now_ms: u64, message: ToPeripheral) -> bool {
        if matches!(message, ToPeripheral::Connected { .. }) {
            // What is on its way goes with its link: none of it comes on the next one.
            self.down.retain(|flying| !travels_down(&flying.message));
            self.up.retain(|flying| !travels_up(&flying.message));
        }
        let travels = travels_down(&message);
        let len = if let ToPeripheral::Write { value, .. } = &message { value.len() } else { 0 };
        let cut = self.count(len);
        let message = match message {
            ToPeripheral::Write { id, characteristic, mut value, response } if cut => {
                value.truncate(value.len() / 2);
                ToPeripheral::Write { id, characteristic, value, response }
            }
            other => other,
        };
        for due_ms in self.fates(now_ms, travels) {
            self.order += 1;
            self.down.push(Flying { due_ms, order: self.order, message: message.clone() });
        }
        cut
    }

    /// A device sends something.
    pub fn send_up(&mut self, now_ms: u64, message: &ToCentral) -> bool {
        let travels = travels_up(message);
        let len = match message {
            ToCentral::Notify { value, .. } | ToCentral::Value { value, .. } => value.len(),
            _ => 0,
        };
        let cut = self.count(len);
        for due_ms in self.fates(now_ms, travels) {
            self.order += 1;
            self.up.push(Flying { due_ms, order: self.order, message: message.clone() });
        }
        cut
    }

    /// What arrives by now, in the order it arrives.
    pub fn arrived(&mut self, now_ms: u64) -> Arrived {
        Arrived { at_device: due(&mut self.down, now_ms), at_central: due(&mut self.up, now_ms), cut: false }
    }

    /// When the next message arrives.
    pub fn next_ms(&self) -> Option<u64> {
        let down = self.down.iter().map(|flying| flying.due_ms);
        down.chain(self.up.iter().map(|flying| flying.due_ms)).min()
    }

    /// When each copy of a message arrives; none for a lost one.
    fn fates(&mut self, now_ms: u64, travels: bool) -> Vec<u64> {
        if !travels {
            return vec![now_ms];
        }
        if self.hits(self.plan.lose_per_mille) {
            return Vec::new();
        }
        let copies = if self.hits(self.plan.repeat_per_mille) { 2 } else { 1 };
        (0..copies)
            .map(|_| {
                let late = self.hits(self.plan.delay_per_mille);
                now_ms.saturating_add(self.plan.trip_ms).saturating_add(if late {
                    self.rng.u64(0..=self.plan.delay_max_ms)
                } else {
                    0
                })
            })
            .collect()
    }

    fn hits(&mut self, per_mille: u16) -> bool {
        per_mille > 0 && self.rng.u16(0..1_000) < per_mille
    }

    fn count(&mut self, len: usize) -> bool {
        self.bytes += u64::try_from(len).unwrap_or(u64::MAX);
        let cut = self.plan.cut_after_bytes.is_some_and(|after| self.bytes > after);
        if cut {
            self.plan.cut_after_bytes = None;
        }
        cut
    }
}

// The link itself, and its protection, are not messages: only what travels on it can be lost.
fn travels_down(message: &ToPeripheral) -> bool {
    matches!(message, ToPeripheral::Read { .. } | ToPeripheral::Write { .. } | ToPeripheral::Subscribe { .. })
}

fn travels_up(message: &ToCentral) -> bool {
    matches!(
        message,
        ToCentral::Value { .. } | ToCentral::Written { .. } | ToCentral::Refused { .. } | ToCentral::Notify { .. }
    )
}

fn due<M>(flying: &mut Vec<Flying<M>>, now_ms: u64) -> Vec<M> {
    let (mut due, later): (Vec<_>, Vec<_>) = std::mem::take(flying).into_iter().partition(|one| one.due_ms <= now_ms);
    *flying = later;
    due.sort_by_key(|one| (one.due_ms, one.order));
    due.into_iter().map(|one| one.message).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_its_way_takes_its_time_and_goes_with_its_link() {
        let plan = FaultPlan { trip_ms: 30, ..FaultPlan::default() };
        let mut air = FaultyAir::new(plan, 1);
        let read = || ToPeripheral::Read { id: 1, characteristic: uuid::Uuid::nil() };
        let connected = || ToPeripheral::Connected { peer: "phone".to_owned(), mtu: 247 };
        air.send_down(0, connected());
        air.send_down(0, read());
        assert_eq!(air.arrived(29).at_device, [connected()]);
        assert_eq!(air.arrived(30).at_device, [read()]);
        air.send_down(40, read());
        air.send_up(40, &ToCentral::Written { id: 1 });
        air.send_up(40, &ToCentral::Disconnect);
        air.send_down(50, connected());
        let arrived = air.arrived(200);
        assert_eq!((arrived.at_device, arrived.at_central), (vec![connected()], vec![ToCentral::Disconnect]));
    }
}
