//! The wearable as objects on the bus: its attribute table and its advertisement, in bluetoothd's words.

use std::collections::{BTreeMap, HashMap};

use lumbra_link::air::{Advertisement, Characteristic, Property, Security, Service};
use uuid::Uuid;
use zbus::{ObjectPath, Variant};

/// Below it everything of the wearable is served.
pub(super) const ROOT: &str = "/org/lumbra/wearable";
pub(super) const ADVERTISEMENT: &str = "/org/lumbra/wearable/advertisement";
pub(super) const AGENT: &str = "/org/lumbra/wearable/agent";

pub(super) const SERVICE_INTERFACE: &str = "org.bluez.GattService1";
pub(super) const CHARACTERISTIC_INTERFACE: &str = "org.bluez.GattCharacteristic1";
pub(super) const ADVERTISEMENT_INTERFACE: &str = "org.bluez.LEAdvertisement1";

/// Properties of one interface.
pub(super) type Properties = HashMap<&'static str, Variant<'static>>;
/// Objects with their interfaces and properties, as an object manager gives them.
pub(super) type Objects = HashMap<ObjectPath<'static>, HashMap<&'static str, Properties>>;

/// The attribute table with the paths it is served at.
#[derive(Debug)]
pub(super) struct Table {
    services: Vec<(String, Uuid)>,
    characteristics: BTreeMap<String, Served>,
}

/// A characteristic and the path of its service.
#[derive(Debug)]
struct Served {
    service: String,
    characteristic: Characteristic,
}

impl Table {
    pub(super) fn new(services: Vec<Service>) -> Self {
        let mut table = Self { services: Vec::new(), characteristics: BTreeMap::new() };
        for (number, service) in services.into_iter().enumerate() {
            let path = format!("{ROOT}/service{number:02}");
            for (number, characteristic) in service.characteristics.into_iter().enumerate() {
                let at = format!("{path}/characteristic{number:02}");
                table.characteristics.insert(at, Served { service: path.clone(), characteristic });
            }
            table.services.push((path, service.uuid));
        }
        table
    }

    /// What is served at this path.
    pub(super) fn at(&self, path: &str) -> Option<&Characteristic> {
        self.characteristics.get(path).map(|served| &served.characteristic)
    }

    /// Where this characteristic is served.
    pub(super) fn path_of(&self, uuid: Uuid) -> Option<&str> {
        let found = self.characteristics.iter().find(|(_, served)| served.characteristic.uuid == uuid);
        found.map(|(path, _)| path.as_str())
    }

    /// All of it, for bluetoothd's first look.
    pub(super) fn objects(&self) -> Objects {
        let services = self.services.iter().map(|(path, uuid)| {
            let properties =
                HashMap::from([("UUID", Variant::from(uuid.to_string())), ("Primary", Variant::from(true))]);
            (path, SERVICE_INTERFACE, properties)
        });
        let characteristics = self.characteristics.iter().map(|(path, served)| {
            let properties = HashMap::from([
                ("UUID", Variant::from(served.characteristic.uuid.to_string())),
                ("Service", Variant::from(object_path(&served.service))),
                ("Flags", Variant::from(flags(&served.characteristic))),
            ]);
            (path, CHARACTERISTIC_INTERFACE, properties)
        });
        let all = services.chain(characteristics);
        all.map(|(path, interface, properties)| (object_path(path), HashMap::from([(interface, properties)]))).collect()
    }
}

/// Our own paths are letters, digits and slashes.
fn object_path(path: &str) -> ObjectPath<'static> {
    ObjectPath::from_string_unchecked(path.to_owned())
}

/// What a characteristic allows, and to whom. bluetoothd checks the link before it asks us.
fn flags(characteristic: &Characteristic) -> Vec<String> {
    let guard = match characteristic.security {
        Security::Open => "",
        Security::Encrypted => "encrypt-",
        Security::Authenticated => "encrypt-authenticated-",
    };
    let mut flags = Vec::new();
    for property in &characteristic.properties {
        match property {
            Property::Read => flags.push(format!("{guard}read")),
            Property::Write => flags.push(format!("{guard}write")),
            Property::WriteWithoutResponse => {
                flags.push("write-without-response".to_owned());
                if characteristic.security > Security::Open {
                    // The kind of write has no protection of its own: the attribute's counts for both.
                    flags.push(format!("{guard}write"));
                }
            }
            Property::Notify => flags.push(format!("{guard}notify")),
            Property::Indicate => flags.push(format!("{guard}indicate")),
        }
    }
    flags
}

/// The advertisement's properties. bluetoothd knows the general discoverable flag alone: that pairing is possible
/// shows in nothing but the pairing.
pub(super) fn advertised(advertisement: &Advertisement) -> Properties {
    HashMap::from([
        ("Type", Variant::from("peripheral")),
        ("ServiceUUIDs", Variant::from(vec![advertisement.service.to_string()])),
        ("LocalName", Variant::from(advertisement.name.clone())),
        ("Discoverable", Variant::from(true)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Device};
    use lumbra_link::air::ToCentral;
    use lumbra_protocol::Endpoint;

    fn table() -> Table {
        let mut device = Device::new(Config::default());
        let Some(ToCentral::Profile { services, .. }) = device.take_output().into_iter().next() else {
            panic!("the profile comes first");
        };
        Table::new(services)
    }

    #[test]
    fn each_characteristic_is_found_where_it_is_served() {
        let table = table();
        for endpoint in Endpoint::ALL.iter().filter(|endpoint| endpoint.is_required()) {
            let uuid = Uuid::from_u128(endpoint.uuid());
            let path = table.path_of(uuid).unwrap();
            assert_eq!(table.at(path).unwrap().uuid, uuid, "{}", endpoint.name());
            assert!(ObjectPath::try_from(path).is_ok());
        }
        assert!(table.at(ROOT).is_none() && table.path_of(Uuid::nil()).is_none());
    }

    #[test]
    fn bluetoothd_sees_every_object_once() {
        let table = table();
        let objects = table.objects();
        assert_eq!(objects.len(), table.services.len() + table.characteristics.len());
        assert!(objects.keys().all(|path| path.starts_with(ROOT)));
    }

    #[test]
    fn nothing_of_therapy_is_without_protection() {
        let table = table();
        let control = table.at(table.path_of(Uuid::from_u128(Endpoint::ControlPoint.uuid())).unwrap()).unwrap();
        assert_eq!(flags(control), ["encrypt-authenticated-write", "encrypt-authenticated-notify"]);
        for endpoint in Endpoint::ALL.iter().filter(|endpoint| endpoint.is_required()) {
            let path = table.path_of(Uuid::from_u128(endpoint.uuid())).unwrap();
            let guarded = endpoint.security() == lumbra_protocol::Security::Authenticated;
            for flag in flags(table.at(path).unwrap()) {
                assert_eq!(flag.starts_with("encrypt-authenticated-"), guarded, "{}: {flag}", endpoint.name());
            }
        }
    }

    #[test]
    fn a_write_without_response_is_protected_by_its_attribute() {
        let smp =
            |security| Characteristic { uuid: Uuid::nil(), properties: vec![Property::WriteWithoutResponse], security };
        assert_eq!(flags(&smp(Security::Open)), ["write-without-response"]);
        assert_eq!(flags(&smp(Security::Authenticated)), ["write-without-response", "encrypt-authenticated-write"]);
    }
}
