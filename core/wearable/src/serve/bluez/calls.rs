//! bluetoothd's calls and signals, read into what they mean here.

use std::collections::HashMap;

use zbus::message::Type;
use zbus::names::{InterfaceName, MemberName};
use zbus::{Message, ObjectPath, OwnedVariant};

use super::daemon::{PROPERTIES, truth};
use super::objects::{self, CHARACTERISTIC_INTERFACE};

/// The MTU of a link on which none was agreed.
const DEFAULT_MTU: u16 = 23;

/// Who asks for an attribute, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) device: String,
    pub(super) mtu: u16,
    pub(super) offset: u16,
    /// A write command: nobody waits.
    pub(super) command: bool,
}

/// What bluetoothd wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Call {
    /// All objects of the attribute table.
    Objects,
    /// The advertisement's properties.
    Advertisement,
    Read {
        path: String,
        options: Options,
    },
    Write {
        path: String,
        value: Vec<u8>,
        options: Options,
    },
    Subscribe {
        path: String,
        on: bool,
    },
    /// Show this passkey; `first`: no digit was typed yet.
    Passkey {
        device: String,
        passkey: u32,
        first: bool,
    },
    /// Any other question of a pairing.
    OtherPairing,
    /// A message that wants no more than to be heard.
    Note,
    Unknown,
}

/// What happens to the adapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Happening {
    /// The link of the device at this path is down, or the device is forgotten.
    Down(String),
    AdapterOff,
    AdapterGone,
    DaemonGone,
}

impl Call {
    /// Reads a method call. A known call with a body that can't be read is none.
    pub(super) fn read(message: &Message) -> Option<Self> {
        if message.message_type() != Type::MethodCall {
            return None;
        }
        Some(read_call(message).unwrap_or(Self::Unknown))
    }
}

fn read_call(message: &Message) -> zbus::Result<Call> {
    let (header, body) = (message.header(), message.body());
    let path = header.path().map(ObjectPath::as_str).unwrap_or_default().to_owned();
    let interface = header.interface().map(InterfaceName::as_str).unwrap_or_default();
    let member = header.member().map(MemberName::as_str).unwrap_or_default();
    Ok(match (interface, member) {
        ("org.freedesktop.DBus.ObjectManager", "GetManagedObjects") if path == objects::ROOT => Call::Objects,
        (PROPERTIES, "GetAll") if path == objects::ADVERTISEMENT => Call::Advertisement,
        (CHARACTERISTIC_INTERFACE, "ReadValue") => {
            let options: HashMap<String, OwnedVariant> = body.deserialize()?;
            options_of(&options).map_or(Call::Unknown, |options| Call::Read { path, options })
        }
        (CHARACTERISTIC_INTERFACE, "WriteValue") => {
            let (value, options): (Vec<u8>, HashMap<String, OwnedVariant>) = body.deserialize()?;
            options_of(&options).map_or(Call::Unknown, |options| Call::Write { path, value, options })
        }
        (CHARACTERISTIC_INTERFACE, "StartNotify") => Call::Subscribe { path, on: true },
        (CHARACTERISTIC_INTERFACE, "StopNotify") => Call::Subscribe { path, on: false },
        ("org.bluez.Agent1", "DisplayPasskey") => {
            let (device, passkey, typed): (ObjectPath<'_>, u32, u16) = body.deserialize()?;
            Call::Passkey { device: device.as_str().to_owned(), passkey, first: typed == 0 }
        }
        ("org.bluez.Agent1", "Cancel" | "Release")
        | (CHARACTERISTIC_INTERFACE, "Confirm")
        | (objects::ADVERTISEMENT_INTERFACE, "Release")
        | ("org.freedesktop.DBus.Peer", "Ping") => Call::Note,
        ("org.bluez.Agent1", _) => Call::OtherPairing,
        _ => Call::Unknown,
    })
}

/// `None` without a device: there is nobody to serve.
fn options_of(options: &HashMap<String, OwnedVariant>) -> Option<Options> {
    let number = |name: &str| options.get(name).and_then(|value| value.downcast_ref::<u16>().ok());
    let device = options.get("device")?.downcast_ref::<ObjectPath<'_>>().ok()?.as_str().to_owned();
    let kind = options.get("type").and_then(|value| value.downcast_ref::<&str>().ok());
    Some(Options {
        device,
        mtu: number("mtu").unwrap_or(DEFAULT_MTU),
        offset: number("offset").unwrap_or(0),
        command: kind == Some("command"),
    })
}

impl Happening {
    /// Reads a signal; `None` when it says nothing that matters.
    pub(super) fn read(message: &Message, adapter: &str) -> Option<Self> {
        if message.message_type() != Type::Signal {
            return None;
        }
        let (header, body) = (message.header(), message.body());
        let path = header.path()?.as_str().to_owned();
        match header.member()?.as_str() {
            "PropertiesChanged" => {
                let (interface, changed, _): (&str, HashMap<&str, OwnedVariant>, Vec<&str>) =
                    body.deserialize().ok()?;
                let is_off = |name| changed.get(name).and_then(truth) == Some(false);
                match interface {
                    "org.bluez.Device1" if is_off("Connected") => Some(Self::Down(path)),
                    "org.bluez.Adapter1" if path == adapter && is_off("Powered") => Some(Self::AdapterOff),
                    _ => None,
                }
            }
            "InterfacesRemoved" => {
                let (path, interfaces): (ObjectPath<'_>, Vec<&str>) = body.deserialize().ok()?;
                if path.as_str() == adapter && interfaces.contains(&"org.bluez.Adapter1") {
                    Some(Self::AdapterGone)
                } else {
                    interfaces.contains(&"org.bluez.Device1").then(|| Self::Down(path.as_str().to_owned()))
                }
            }
            "NameOwnerChanged" => {
                let (name, _, _): (&str, &str, &str) = body.deserialize().ok()?;
                // Another bluetoothd knows nothing of us either.
                (name == "org.bluez").then_some(Self::DaemonGone)
            }
            _ => None,
        }
    }
}
