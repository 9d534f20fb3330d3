//! The agent: how bluetoothd reaches the person while a pairing is under way.
//!
//! The profile demands a key that was protected against a party in the middle by the passkey on the
//! wearable's label. So the passkey is the one thing this agent answers; every other way to pair, which
//! would end in a weaker key or a different wearable, is refused.

use std::sync::Arc;

use tokio::sync::Notify;
use zbus::message::Header;
use zbus::names::OwnedUniqueName;
use zbus::{DBusError, ObjectPath};

use crate::port::PairingPrompt;

/// What bluetoothd understands as an answer that is none.
#[derive(Debug, DBusError)]
#[zbus(prefix = "org.bluez.Error")]
pub(super) enum Refusal {
    #[zbus(error)]
    ZBus(zbus::Error),
    Rejected(String),
    Canceled(String),
}

fn rejected<T>() -> Result<T, Refusal> {
    Err(Refusal::Rejected("only the passkey on the wearable's label is used".into()))
}

pub(super) struct Agent {
    bluetoothd: OwnedUniqueName,
    device: ObjectPath<'static>,
    name: Option<String>,
    prompt: Arc<dyn PairingPrompt>,
    cancelled: Notify,
}

impl Agent {
    pub(super) fn new(
        bluetoothd: OwnedUniqueName,
        device: ObjectPath<'static>,
        name: Option<String>,
        prompt: Arc<dyn PairingPrompt>,
    ) -> Self {
        Self { bluetoothd, device, name, prompt, cancelled: Notify::new() }
    }

    async fn passkey(&self, sender: Option<&str>, device: &str) -> Result<u32, Refusal> {
        // Another program on the bus, or another device, must not get at the passkey.
        if sender != Some(self.bluetoothd.as_str()) || device != self.device.as_str() {
            return rejected();
        }
        let typed = tokio::select! {
            typed = self.prompt.passkey(self.name.as_deref()) => typed,
            () = self.cancelled.notified() => None,
        };
        typed.filter(|passkey| *passkey <= 999_999).ok_or_else(|| Refusal::Canceled("no passkey was given".into()))
    }
}

// The signatures are bluetoothd's.
#[allow(unused_variables, clippy::unused_self, clippy::needless_pass_by_value)]
#[zbus::interface(name = "org.bluez.Agent1")]
impl Agent {
    async fn request_passkey(
        &self,
        device: ObjectPath<'_>,
        #[zbus(header)] header: Header<'_>,
    ) -> Result<u32, Refusal> {
        let sender = header.sender().map(|sender| sender.as_str().to_owned());
        self.passkey(sender.as_deref(), device.as_str()).await
    }

    fn request_confirmation(&self, device: ObjectPath<'_>, passkey: u32) -> Result<(), Refusal> {
        rejected()
    }

    fn request_authorization(&self, device: ObjectPath<'_>) -> Result<(), Refusal> {
        rejected()
    }

    fn authorize_service(&self, device: ObjectPath<'_>, uuid: &str) -> Result<(), Refusal> {
        rejected()
    }

    fn request_pin_code(&self, device: ObjectPath<'_>) -> Result<String, Refusal> {
        rejected()
    }

    fn display_pin_code(&self, device: ObjectPath<'_>, pincode: &str) -> Result<(), Refusal> {
        rejected()
    }

    fn display_passkey(&self, device: ObjectPath<'_>, passkey: u32, entered: u16) -> Result<(), Refusal> {
        rejected()
    }

    fn cancel(&self) {
        self.cancelled.notify_waiters();
    }

    fn release(&self) {
        self.cancelled.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::scripted::Types;

    const DEVICE: &str = "/org/bluez/hci0/dev_00_11_22_33_44_55";
    const BLUETOOTHD: &str = ":1.7";

    fn agent(typed: Option<u32>) -> (Agent, Arc<Mutex<u32>>) {
        let asked = Arc::new(Mutex::new(0));
        let prompt = Arc::new(Types(typed, Arc::clone(&asked)));
        let owner = OwnedUniqueName::try_from(BLUETOOTHD).unwrap();
        let device = ObjectPath::try_from(DEVICE).unwrap();
        (Agent::new(owner, device, None, prompt), asked)
    }

    #[tokio::test]
    async fn bluetoothd_gets_the_passkey_of_this_device() {
        let (agent, _) = agent(Some(42));
        assert_eq!(agent.passkey(Some(BLUETOOTHD), DEVICE).await.unwrap(), 42);
    }

    #[tokio::test]
    async fn nobody_else_does_and_nobody_is_asked() {
        let (agent, asked) = agent(Some(42));
        for (sender, device) in
            [(Some(":1.8"), DEVICE), (None, DEVICE), (Some(BLUETOOTHD), "/org/bluez/hci0/dev_00_11_22_33_44_66")]
        {
            assert!(matches!(agent.passkey(sender, device).await, Err(Refusal::Rejected(_))));
        }
        assert_eq!(*asked.lock().unwrap(), 0);
    }

    #[tokio::test]
    async fn no_passkey_and_a_seventh_digit_are_cancelled() {
        for typed in [None, Some(1_000_000)] {
            let (agent, _) = agent(typed);
            let answer = agent.passkey(Some(BLUETOOTHD), DEVICE).await;
            assert!(matches!(answer, Err(Refusal::Canceled(_))));
        }
    }

    #[test]
    fn every_other_way_to_pair_is_refused() {
        let (agent, _) = agent(Some(42));
        let device = || ObjectPath::try_from(DEVICE).unwrap();
        assert!(agent.request_confirmation(device(), 42).is_err());
        assert!(agent.request_authorization(device()).is_err());
        assert!(agent.display_passkey(device(), 42, 0).is_err());
        assert!(agent.request_pin_code(device()).is_err());
    }

    struct Slow;

    #[async_trait::async_trait]
    impl PairingPrompt for Slow {
        async fn passkey(&self, _name: Option<&str>) -> Option<u32> {
            std::future::pending().await
        }
    }

    #[tokio::test]
    async fn bluetoothds_cancel_ends_the_wait_for_the_person() {
        let (mut agent, _) = agent(None);
        agent.prompt = Arc::new(Slow);
        let (answer, ()) = tokio::join!(agent.passkey(Some(BLUETOOTHD), DEVICE), async { agent.cancel() });
        assert!(matches!(answer, Err(Refusal::Canceled(_))));
    }
}
