//! What is asked of bluetoothd, over the system bus.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use tokio::time::timeout;
use zbus::names::UniqueName;
use zbus::{Connection, Message, ObjectPath, OwnedObjectPath, OwnedVariant, Variant};

use super::error::AdapterError;
use super::objects;

const BLUEZ: &str = "org.bluez";
const ADAPTER: &str = "org.bluez.Adapter1";
const DEVICE: &str = "org.bluez.Device1";
const GATT_MANAGER: &str = "org.bluez.GattManager1";
const ADVERTISING_MANAGER: &str = "org.bluez.LEAdvertisingManager1";
const AGENT_MANAGER: &str = "org.bluez.AgentManager1";
const AGENT_MANAGER_PATH: &str = "/org/bluez";
const OBJECT_MANAGER: &str = "org.freedesktop.DBus.ObjectManager";
pub(super) const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const BUS: &str = "org.freedesktop.DBus";
const BUS_PATH: &str = "/org/freedesktop/DBus";
/// This side has a display for the passkey and no keyboard: the other side must type it.
const CAPABILITY: &str = "DisplayOnly";

/// bluetoothd's own business is quick; to cut a link it takes up to 3 s.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// Objects of bluetoothd, with their interfaces and properties.
type Managed = HashMap<OwnedObjectPath, HashMap<String, HashMap<String, OwnedVariant>>>;

/// bluetoothd with one of its adapters.
#[derive(Clone, Debug)]
pub(super) struct Daemon {
    bus: Connection,
    /// The adapter's name, such as `hci0`.
    name: String,
    path: String,
    /// bluetoothd's own name on the bus. Between two peers without a bus there are no names.
    owner: Option<String>,
}

impl Daemon {
    /// Finds the adapter, and makes sure that it can be a peripheral's.
    pub(super) async fn find(bus: Connection, name: &str) -> Result<Self, AdapterError> {
        let mut daemon = Self { bus, name: name.to_owned(), path: format!("/org/bluez/{name}"), owner: None };
        if daemon.bus.is_bus() {
            let owner: String =
                daemon.call_on(BUS, BUS_PATH, BUS, "GetNameOwner", &BLUEZ).await?.body().deserialize()?;
            daemon.owner = Some(owner);
        }
        let reply = daemon.call("/", OBJECT_MANAGER, "GetManagedObjects", &()).await?;
        let managed: Managed = reply.body().deserialize()?;
        daemon.check(&managed)?;
        daemon.listen().await?;
        Ok(daemon)
    }

    fn check(&self, managed: &Managed) -> Result<(), AdapterError> {
        let adapters = || managed.iter().filter(|(_, interfaces)| interfaces.contains_key(ADAPTER));
        let Some((_, interfaces)) = adapters().find(|(path, _)| path.as_str() == self.path) else {
            let mut found: Vec<_> = adapters().map(|(path, _)| last_part(path.as_str()).to_owned()).collect();
            found.sort();
            return Err(AdapterError::NoAdapter { wanted: self.name.clone(), found });
        };
        // First: a switched-off adapter shows no managers.
        let powered = interfaces.get(ADAPTER).and_then(|properties| properties.get("Powered")).and_then(truth);
        if powered != Some(true) {
            return Err(AdapterError::Off(self.name.clone()));
        }
        if !interfaces.contains_key(GATT_MANAGER) || !interfaces.contains_key(ADVERTISING_MANAGER) {
            return Err(AdapterError::NotAPeripheral(self.name.clone()));
        }
        Ok(())
    }

    /// Asks the bus for what happens to the adapter and its devices, and to bluetoothd.
    async fn listen(&self) -> Result<(), AdapterError> {
        if !self.bus.is_bus() {
            return Ok(());
        }
        let rules = [
            format!(
                "type='signal',sender='{BLUEZ}',interface='{PROPERTIES}',member='PropertiesChanged',path_namespace='{}'",
                self.path
            ),
            format!("type='signal',sender='{BLUEZ}',interface='{OBJECT_MANAGER}',member='InterfacesRemoved'"),
            format!("type='signal',sender='{BUS}',interface='{BUS}',member='NameOwnerChanged',arg0='{BLUEZ}'"),
        ];
        for rule in rules {
            self.call_on(BUS, BUS_PATH, BUS, "AddMatch", &rule.as_str()).await?;
        }
        Ok(())
    }

    pub(super) fn bus(&self) -> &Connection {
        &self.bus
    }

    pub(super) fn adapter(&self) -> &str {
        &self.path
    }

    pub(super) fn off(&self) -> AdapterError {
        AdapterError::Off(self.name.clone())
    }

    pub(super) fn gone(&self) -> AdapterError {
        AdapterError::NoAdapter { wanted: self.name.clone(), found: Vec::new() }
    }

    /// Whether a message is bluetoothd's: nobody else's calls are obeyed.
    pub(super) fn sent(&self, message: &Message) -> bool {
        message.header().sender().map(UniqueName::as_str) == self.owner.as_deref()
    }

    /// Whether a path is one of a device of this adapter.
    pub(super) fn has_device(&self, path: &str) -> bool {
        path.strip_prefix(&self.path).is_some_and(|rest| rest.starts_with('/'))
    }

    // --- what is asked of it ---

    pub(super) async fn register_agent(&self) -> Result<(), AdapterError> {
        let agent = own(objects::AGENT);
        self.call(AGENT_MANAGER_PATH, AGENT_MANAGER, "RegisterAgent", &(&agent, CAPABILITY)).await?;
        // A pairing that the other side begins is the default agent's.
        self.call(AGENT_MANAGER_PATH, AGENT_MANAGER, "RequestDefaultAgent", &agent).await?;
        Ok(())
    }

    /// Looks at our objects before it answers: not to be waited for by whoever serves them.
    pub(super) async fn register_table(&self) -> Result<(), AdapterError> {
        self.call(&self.path, GATT_MANAGER, "RegisterApplication", &(own(objects::ROOT), no_options())).await?;
        Ok(())
    }

    /// As above.
    pub(super) async fn register_advertisement(&self) -> Result<(), AdapterError> {
        let body = (own(objects::ADVERTISEMENT), no_options());
        self.call(&self.path, ADVERTISING_MANAGER, "RegisterAdvertisement", &body).await?;
        Ok(())
    }

    pub(super) async fn unregister_advertisement(&self) -> Result<(), AdapterError> {
        let body = own(objects::ADVERTISEMENT);
        self.call(&self.path, ADVERTISING_MANAGER, "UnregisterAdvertisement", &body).await?;
        Ok(())
    }

    pub(super) async fn pairable(&self) -> Result<bool, AdapterError> {
        Ok(self.get(&self.path, ADAPTER, "Pairable").await?.as_ref().and_then(truth).unwrap_or(true))
    }

    pub(super) async fn set_pairable(&self, pairable: bool) -> Result<(), AdapterError> {
        self.call(&self.path, PROPERTIES, "Set", &(ADAPTER, "Pairable", Variant::from(pairable))).await?;
        Ok(())
    }

    /// Whether both sides keep the key.
    pub(super) async fn is_bonded(&self, device: &str) -> Result<bool, AdapterError> {
        let bonded = match self.get(device, DEVICE, "Bonded").await? {
            Some(bonded) => Some(bonded),
            // bluetoothd has not always told pairing and bonding apart.
            None => self.get(device, DEVICE, "Paired").await?,
        };
        Ok(bonded.as_ref().and_then(truth).unwrap_or(false))
    }

    pub(super) async fn disconnect(&self, device: &str) -> Result<(), AdapterError> {
        self.call(device, DEVICE, "Disconnect", &()).await?;
        Ok(())
    }

    /// A property; `None` when this bluetoothd doesn't have it.
    async fn get(&self, path: &str, interface: &str, name: &str) -> Result<Option<OwnedVariant>, AdapterError> {
        match self.call(path, PROPERTIES, "Get", &(interface, name)).await {
            Ok(reply) => Ok(Some(reply.body().deserialize()?)),
            Err(AdapterError::NoService) => Err(AdapterError::NoService),
            Err(error) => {
                tracing::debug!(%error, name, "no such property");
                Ok(None)
            }
        }
    }

    async fn call<B: serde::Serialize + zbus::DynamicType>(
        &self,
        path: &str,
        interface: &str,
        method: &str,
        body: &B,
    ) -> Result<Message, AdapterError> {
        self.call_on(BLUEZ, path, interface, method, body).await
    }

    async fn call_on<B: serde::Serialize + zbus::DynamicType>(
        &self,
        destination: &str,
        path: &str,
        interface: &str,
        method: &str,
        body: &B,
    ) -> Result<Message, AdapterError> {
        soon(self.bus.call_method(Some(destination), path, Some(interface), method, body)).await
    }
}

async fn soon<T>(call: impl Future<Output = zbus::Result<T>>) -> Result<T, AdapterError> {
    timeout(CALL_TIMEOUT, call).await.map_err(|_| AdapterError::Timeout)?.map_err(AdapterError::from)
}

fn own(path: &'static str) -> ObjectPath<'static> {
    ObjectPath::from_static_str_unchecked(path)
}

fn no_options() -> HashMap<&'static str, Variant<'static>> {
    HashMap::new()
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A boolean, if it is one.
pub(super) fn truth(value: &OwnedVariant) -> Option<bool> {
    value.downcast_ref::<bool>().ok()
}
