//! What bluetoothd offers and btleplug doesn't: pairing with an agent, and the removal of bonds.
//!
//! Over a D-Bus connection of its own, because bluetoothd uses the agent of the very connection that asks
//! for a pairing.

mod agent;
pub(crate) mod fault;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;
use zbus::names::OwnedUniqueName;
use zbus::proxy::CacheProperties;
use zbus::{Connection, ObjectPath, OwnedObjectPath};

use crate::error::LinkError;
use crate::port::{PairingPrompt, PeripheralId};
use crate::task;
use agent::Agent;
use fault::from_zbus;

/// A pairing includes connecting and a person who types: 40 s for the one, 30 s for the other.
const PAIRING_TIMEOUT: Duration = Duration::from_secs(70);
/// Everything else is bluetoothd's own business and quick.
const CALL_TIMEOUT: Duration = Duration::from_secs(5);
/// Where the agent is served; only ever one at a time.
const AGENT_PATH: &str = "/org/lumbra/Agent";
/// This side has a keyboard for the passkey that the wearable's label shows. A machine that could also
/// display would be offered a numeric comparison, which the profile doesn't know.
const CAPABILITY: &str = "KeyboardOnly";

#[zbus::proxy(interface = "org.bluez.Device1", default_service = "org.bluez")]
trait Device {
    fn pair(&self) -> zbus::Result<()>;
    fn cancel_pairing(&self) -> zbus::Result<()>;
    #[zbus(property(emits_changed_signal = "false"))]
    fn paired(&self) -> zbus::Result<bool>;
    #[zbus(property(emits_changed_signal = "false"))]
    fn connected(&self) -> zbus::Result<bool>;
    #[zbus(property(emits_changed_signal = "false"))]
    fn adapter(&self) -> zbus::Result<OwnedObjectPath>;
    #[zbus(property(emits_changed_signal = "false"))]
    fn set_trusted(&self, trusted: bool) -> zbus::Result<()>;
}

#[zbus::proxy(interface = "org.bluez.Adapter1", default_service = "org.bluez")]
trait Adapter {
    fn remove_device(&self, device: &ObjectPath<'_>) -> zbus::Result<()>;
}

#[zbus::proxy(interface = "org.bluez.AgentManager1", default_service = "org.bluez", default_path = "/org/bluez")]
trait AgentManager {
    fn register_agent(&self, agent: &ObjectPath<'_>, capability: &str) -> zbus::Result<()>;
    fn unregister_agent(&self, agent: &ObjectPath<'_>) -> zbus::Result<()>;
    fn request_default_agent(&self, agent: &ObjectPath<'_>) -> zbus::Result<()>;
}

/// bluetoothd, over the system bus.
#[derive(Clone, Debug)]
pub(crate) struct Bluez {
    bus: Connection,
    /// One agent a connection, so one pairing at a time. Held until the last one is cleaned up.
    pairing: Arc<Mutex<()>>,
}

impl Bluez {
    pub(crate) async fn new() -> Result<Self, LinkError> {
        let bus = Connection::system().await.map_err(|error| {
            tracing::debug!(%error, "no system bus");
            LinkError::NoAdapter
        })?;
        Ok(Self { bus, pairing: Arc::default() })
    }

    /// Whether there is a bond with this device. One that bluetoothd has never seen has none.
    pub(crate) async fn is_paired(&self, id: &PeripheralId) -> Result<bool, LinkError> {
        let device = self.device(id).await?;
        match soon(device.paired()).await {
            Err(LinkError::NotFound) => Ok(false),
            result => result,
        }
    }

    /// Pairs, with the passkey that `prompt` gives. Connects too; dropped midway, it is called off.
    pub(crate) async fn pair(
        &self,
        id: &PeripheralId,
        name: Option<String>,
        prompt: Arc<dyn PairingPrompt>,
    ) -> Result<(), LinkError> {
        let turn = Arc::clone(&self.pairing).lock_owned().await;
        let device = self.device(id).await?;
        let manager = soon(AgentManagerProxy::new(&self.bus)).await?;
        let path = ObjectPath::from_static_str_unchecked(AGENT_PATH);
        let bluetoothd = self.owner().await?;
        let path_of_device = object_path(id)?;

        let cleanup = Cleanup {
            bluez: self.clone(),
            id: id.clone(),
            device: device.clone(),
            manager: manager.clone(),
            failed: true,
            turn: Some(turn),
        };
        let agent = Agent::new(bluetoothd, path_of_device, name, prompt);
        self.bus.object_server().at(&path, agent).await.map_err(|error| from_zbus(&error))?;
        soon(manager.register_agent(&path, CAPABILITY)).await?;
        // On a link that is up already, bluetoothd takes the capability of the default agent. Otherwise the place is
        // left to whoever has it: it answers the pairings that other devices begin, on all of the machine's adapters.
        if soon(device.connected()).await? {
            soon(manager.request_default_agent(&path)).await?;
        }
        let (paired, ours_failed) = match timeout(PAIRING_TIMEOUT, device.pair()).await {
            Err(_) => (Err(LinkError::Timeout), true),
            Ok(Ok(())) => (Ok(()), false),
            Ok(Err(error)) if fault::is_named(&error, "org.bluez.Error.AlreadyExists") => (Ok(()), false),
            // Another program pairs with it: that is not ours to end.
            Ok(Err(error)) if fault::is_named(&error, "org.bluez.Error.InProgress") => (Err(from_zbus(&error)), false),
            Ok(Err(error)) => (Err(from_zbus(&error)), true),
        };
        cleanup.finish(ours_failed).await;
        paired?;
        // Without trust a desktop may ask anew at each reconnect; the link works without, too.
        if let Err(error) = soon(device.set_trusted(true)).await {
            tracing::debug!(%error, "bluetoothd does not trust the device");
        }
        Ok(())
    }

    /// Removes the device with its bond, and its link if there is one.
    pub(crate) async fn remove(&self, id: &PeripheralId) -> Result<(), LinkError> {
        let device = self.device(id).await?;
        let adapter = match soon(device.adapter()).await {
            Err(LinkError::NotFound) => return Ok(()),
            result => result?,
        };
        let adapter = AdapterProxy::builder(&self.bus).path(adapter);
        let adapter = adapter.build().await.map_err(|error| from_zbus(&error))?;
        match soon(adapter.remove_device(&object_path(id)?)).await {
            Err(LinkError::NotFound) => Ok(()),
            result => result,
        }
    }

    async fn device(&self, id: &PeripheralId) -> Result<DeviceProxy<'static>, LinkError> {
        // What is read is read anew each time: a cache would first ask for everything and subscribe to its changes.
        let builder = DeviceProxy::builder(&self.bus).path(object_path(id)?).cache_properties(CacheProperties::No);
        builder.build().await.map_err(|error| from_zbus(&error))
    }

    async fn owner(&self) -> Result<OwnedUniqueName, LinkError> {
        let names = zbus::fdo::DBusProxy::new(&self.bus).await.map_err(|error| from_zbus(&error))?;
        let name = zbus::names::BusName::from_static_str("org.bluez").map_err(|_| LinkError::NoAdapter)?;
        names.get_name_owner(name).await.map_err(|_| LinkError::NoAdapter)
    }
}

/// A radio's own name for a device is its object path without the common beginning.
fn object_path(id: &PeripheralId) -> Result<ObjectPath<'static>, LinkError> {
    ObjectPath::try_from(format!("/org/bluez/{}", id.as_str())).map_err(|_| LinkError::NotFound)
}

async fn soon<T>(call: impl Future<Output = zbus::Result<T>>) -> Result<T, LinkError> {
    match timeout(CALL_TIMEOUT, call).await {
        Ok(result) => result.map_err(|error| from_zbus(&error)),
        Err(_) => Err(LinkError::Timeout),
    }
}

/// Takes the agent away again, however the pairing ends, and what a failed one leaves: its link, which keeps the wearable
/// from advertising, and a device without services, which no scan for them finds.
struct Cleanup {
    bluez: Bluez,
    id: PeripheralId,
    device: DeviceProxy<'static>,
    manager: AgentManagerProxy<'static>,
    failed: bool,
    turn: Option<tokio::sync::OwnedMutexGuard<()>>,
}

impl Cleanup {
    async fn finish(mut self, ours_failed: bool) {
        self.failed = ours_failed;
        if let Some(work) = self.work() {
            // In a task, so that a caller that gives up now can't leave half of it.
            let _ = task::spawn(work).await;
        }
    }

    fn work(&mut self) -> Option<impl Future<Output = ()> + Send + 'static> {
        let turn = self.turn.take()?;
        let (bluez, id, device, manager, failed) =
            (self.bluez.clone(), self.id.clone(), self.device.clone(), self.manager.clone(), self.failed);
        Some(async move {
            let path = ObjectPath::from_static_str_unchecked(AGENT_PATH);
            if failed {
                let _ = soon(device.cancel_pairing()).await;
            }
            let _ = soon(manager.unregister_agent(&path)).await;
            let _ = bluez.bus.object_server().remove::<Agent, _>(&path).await;
            // There was no bond before, so none is lost.
            if failed && let Err(error) = bluez.remove(&id).await {
                tracing::debug!(%error, "bluetoothd keeps what a failed pairing has left");
            }
            drop(turn);
        })
    }
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        if let Some(work) = self.work() {
            task::spawn_if_running(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peripherals_name_becomes_its_object_path_or_is_refused() {
        let id = PeripheralId::new("hci0/dev_00_11_22_33_44_55");
        assert_eq!(object_path(&id).unwrap().as_str(), "/org/bluez/hci0/dev_00_11_22_33_44_55");
        for strange in ["", "../x y", "hci0//dev", "hci0/dev/"] {
            assert_eq!(object_path(&PeripheralId::new(strange)), Err(LinkError::NotFound));
        }
    }
}
