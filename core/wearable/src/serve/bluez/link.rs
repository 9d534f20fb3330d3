//! Who is connected, and which of its requests wait for the wearable's answer. Nothing of D-Bus is in here.
//!
//! bluetoothd tells of every link of its adapter, a keyboard's too. So a central is whoever asks for an attribute
//! of the wearable, from its first request to the end of its link.

use std::collections::{BTreeMap, BTreeSet};

use lumbra_link::air::{Security, ToPeripheral};
use tokio::sync::mpsc::UnboundedSender;
use uuid::Uuid;

/// The one central. `device` is its object's path: the same as long as bluetoothd keeps the bond, whatever address
/// the central shows.
#[derive(Debug)]
struct Central {
    device: String,
    secured: bool,
}

/// A subscription as bluetoothd keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Subscription {
    characteristic: Uuid,
    protected: bool,
}

/// The link's state. `Call` is what it takes to answer a request.
#[derive(Debug)]
pub(super) struct Link<Call> {
    wearable: UnboundedSender<ToPeripheral>,
    central: Option<Central>,
    /// Cut by the wearable, and not down yet.
    leaving: BTreeSet<String>,
    /// What bluetoothd wants to hear of. It keeps a bonded central's subscriptions beyond the link and tells nobody when
    /// they are made anew, so they count for every link; whoever has not subscribed gets nothing from bluetoothd.
    wanted: BTreeSet<Subscription>,
    waiting: BTreeMap<u32, Call>,
    last_id: u32,
}

impl<Call> Link<Call> {
    pub(super) fn new(wearable: UnboundedSender<ToPeripheral>) -> Self {
        Self {
            wearable,
            central: None,
            leaving: BTreeSet::new(),
            wanted: BTreeSet::new(),
            waiting: BTreeMap::new(),
            last_id: 0,
        }
    }

    fn tell(&self, message: ToPeripheral) {
        // The receiver stands beside this in the same future.
        let _ = self.wearable.send(message);
    }

    /// A device asks for something: the first one to do so is the central. `false`: another one is, or this one's
    /// link has been cut.
    pub(super) fn admit(&mut self, device: &str, mtu: u16) -> bool {
        if self.leaving.contains(device) {
            return false;
        }
        if let Some(central) = &self.central {
            return central.device == device;
        }
        self.central = Some(Central { device: device.to_owned(), secured: false });
        self.tell(ToPeripheral::Connected { peer: device.to_owned(), mtu });
        self.catch_up(false);
        true
    }

    /// The central's path.
    pub(super) fn central(&self) -> Option<&str> {
        self.central.as_ref().map(|central| central.device.as_str())
    }

    /// Whether the wearable knows that the link is protected.
    pub(super) fn is_secured(&self) -> bool {
        self.central.as_ref().is_some_and(|central| central.secured)
    }

    /// bluetoothd has let a request for a protected attribute through: the link is authenticated.
    pub(super) fn secured(&mut self, bonded: bool) {
        if let Some(central) = &mut self.central
            && !central.secured
        {
            central.secured = true;
            self.tell(ToPeripheral::Secured { security: Security::Authenticated, bonded });
            self.catch_up(true);
        }
    }

    /// Passes a request on; `call` is kept until it is answered.
    pub(super) fn ask(&mut self, call: Call, request: impl FnOnce(u32) -> ToPeripheral) {
        let id = self.next_id();
        self.waiting.insert(id, call);
        self.tell(request(id));
    }

    /// Passes a request on that nobody waits for.
    pub(super) fn ask_and_forget(&mut self, request: impl FnOnce(u32) -> ToPeripheral) {
        let id = self.next_id();
        self.tell(request(id));
    }

    /// bluetoothd doesn't say whose a subscription is, and has answered it already. The wearable hears of it when there
    /// is a central whose link is known to be protected as the characteristic asks.
    pub(super) fn subscribe(&mut self, characteristic: Uuid, protected: bool, on: bool) {
        let subscription = Subscription { characteristic, protected };
        let changed = if on { self.wanted.insert(subscription) } else { self.wanted.remove(&subscription) };
        if changed && self.central.is_some() && (!protected || self.is_secured()) {
            self.ask_and_forget(|id| ToPeripheral::Subscribe { id, characteristic, on });
        }
    }

    /// Passes on what a link of this protection may now hear.
    fn catch_up(&mut self, protected: bool) {
        let due: Vec<_> = self.wanted.iter().filter(|wanted| wanted.protected == protected).copied().collect();
        for Subscription { characteristic, .. } in due {
            self.ask_and_forget(|id| ToPeripheral::Subscribe { id, characteristic, on: true });
        }
    }

    /// The wearable has answered: whom.
    pub(super) fn answered(&mut self, id: u32) -> Option<Call> {
        self.waiting.remove(&id)
    }

    /// The wearable cuts the link: which device has to go, and what was not answered.
    pub(super) fn cut(&mut self) -> Option<(String, Vec<Call>)> {
        let central = self.central.take()?;
        self.leaving.insert(central.device.clone());
        Some((central.device, self.clear()))
    }

    /// A device's link is down: what was not answered.
    pub(super) fn down(&mut self, device: &str) -> Vec<Call> {
        self.leaving.remove(device);
        if self.central() != Some(device) {
            return Vec::new();
        }
        self.central = None;
        self.tell(ToPeripheral::Disconnected);
        self.clear()
    }

    fn clear(&mut self) -> Vec<Call> {
        std::mem::take(&mut self.waiting).into_values().collect()
    }

    fn next_id(&mut self) -> u32 {
        self.last_id = self.last_id.wrapping_add(1);
        self.last_id
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;

    const PHONE: &str = "/org/bluez/hci1/dev_C0_DE_00_00_00_01";
    const OTHER: &str = "/org/bluez/hci1/dev_C0_DE_00_00_00_02";
    const STREAM: Uuid = Uuid::from_u128(7);

    fn link() -> (Link<&'static str>, UnboundedReceiver<ToPeripheral>) {
        let (sender, receiver) = unbounded_channel();
        (Link::new(sender), receiver)
    }

    fn said(receiver: &mut UnboundedReceiver<ToPeripheral>) -> Vec<ToPeripheral> {
        std::iter::from_fn(|| receiver.try_recv().ok()).collect()
    }

    fn connected(peer: &str) -> ToPeripheral {
        ToPeripheral::Connected { peer: peer.into(), mtu: 247 }
    }

    fn subscribe(id: u32) -> ToPeripheral {
        ToPeripheral::Subscribe { id, characteristic: STREAM, on: true }
    }

    const SECURED: ToPeripheral = ToPeripheral::Secured { security: Security::Authenticated, bonded: true };

    #[test]
    fn the_first_to_ask_is_the_central_and_nobody_else_until_it_is_gone() {
        let (mut link, mut wearable) = link();
        assert!(link.admit(PHONE, 247) && link.admit(PHONE, 247));
        assert!(!link.admit(OTHER, 247));
        assert!(link.down(OTHER).is_empty());
        assert_eq!(said(&mut wearable), [connected(PHONE)]);
        link.down(PHONE);
        assert!(link.admit(OTHER, 247));
        assert_eq!(said(&mut wearable), [ToPeripheral::Disconnected, connected(OTHER)]);
    }

    #[test]
    fn protection_is_told_once_a_link_and_is_gone_with_it() {
        let (mut link, mut wearable) = link();
        link.secured(true);
        assert!(!link.is_secured() && said(&mut wearable).is_empty());
        link.admit(PHONE, 247);
        link.secured(true);
        link.secured(true);
        assert_eq!(said(&mut wearable), [connected(PHONE), SECURED]);
        link.down(PHONE);
        link.admit(PHONE, 247);
        assert!(!link.is_secured());
    }

    #[test]
    fn a_subscription_waits_for_a_central_and_for_its_protection() {
        let (mut link, mut wearable) = link();
        link.subscribe(STREAM, true, true);
        link.admit(PHONE, 247);
        assert_eq!(said(&mut wearable), [connected(PHONE)]);
        link.secured(true);
        assert_eq!(said(&mut wearable), [SECURED, subscribe(1)]);
        // bluetoothd keeps it for the next link, and so it counts there as well.
        link.down(PHONE);
        link.admit(PHONE, 247);
        assert_eq!(said(&mut wearable), [ToPeripheral::Disconnected, connected(PHONE)]);
        link.secured(true);
        assert_eq!(said(&mut wearable), [SECURED, subscribe(2)]);
    }

    #[test]
    fn a_subscription_that_was_taken_back_in_time_is_never_told() {
        let (mut link, mut wearable) = link();
        link.subscribe(STREAM, false, true);
        link.subscribe(STREAM, false, false);
        link.admit(PHONE, 247);
        assert_eq!(said(&mut wearable), [connected(PHONE)]);
    }

    #[test]
    fn each_answer_finds_its_request_once() {
        let (mut link, _wearable) = link();
        link.admit(PHONE, 247);
        link.ask("first", |id| ToPeripheral::Read { id, characteristic: STREAM });
        link.ask("second", |id| ToPeripheral::Read { id, characteristic: STREAM });
        assert_eq!(link.answered(2), Some("second"));
        assert_eq!(link.answered(2), None);
        assert_eq!(link.down(PHONE), ["first"]);
        assert_eq!(link.answered(1), None);
    }

    #[test]
    fn a_link_that_is_cut_counts_for_nothing_until_it_is_down() {
        let (mut link, mut wearable) = link();
        assert!(link.cut().is_none());
        link.admit(PHONE, 247);
        link.ask("open", |id| ToPeripheral::Read { id, characteristic: STREAM });
        said(&mut wearable);
        assert_eq!(link.cut(), Some((PHONE.to_owned(), vec!["open"])));
        assert!(!link.admit(PHONE, 247));
        // The wearable has cut it: it knows.
        assert!(link.down(PHONE).is_empty() && said(&mut wearable).is_empty());
        assert!(link.admit(PHONE, 247));
    }
}
