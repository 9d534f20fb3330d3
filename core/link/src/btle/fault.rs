//! btleplug's errors, by what a person can do about them.

use btleplug::Error;

use crate::att;
use crate::error::LinkError;

pub(super) fn from_btleplug(error: &Error) -> LinkError {
    match error {
        Error::PermissionDenied => LinkError::NoPermission,
        Error::DeviceNotFound => LinkError::NotFound,
        Error::NotConnected => LinkError::Disconnected,
        Error::NoAdapterAvailable => LinkError::NoAdapter,
        Error::TimedOut(_) => LinkError::Timeout,
        Error::NotSupported(text) | Error::RuntimeError(text) => from_text(text),
        Error::UnexpectedCallback => LinkError::Platform("an unexpected callback".into()),
        Error::UnexpectedCharacteristic | Error::NoSuchCharacteristic => {
            LinkError::Platform("the attribute table has changed".into())
        }
        Error::Uuid(_) | Error::InvalidBDAddr(_) => LinkError::Platform("an identifier can't be read".into()),
        Error::Other(error) => from_other(error.as_ref()),
    }
}

#[cfg(target_os = "linux")]
fn from_other(error: &(dyn std::error::Error + Send + Sync + 'static)) -> LinkError {
    use bluez_async::BluetoothError;

    match error.downcast_ref::<BluetoothError>() {
        Some(BluetoothError::DbusError(error)) => {
            crate::bluez::fault::from_dbus(error.name().unwrap_or(""), error.message().unwrap_or(""))
        }
        Some(BluetoothError::NoBluetoothAdapters) => LinkError::NoAdapter,
        // The link was lost, or so slow that it can't be used.
        Some(BluetoothError::ServiceDiscoveryTimedOut) => LinkError::Disconnected,
        Some(BluetoothError::RequiredPropertyMissing(_)) => LinkError::NotFound,
        _ => from_text(&error.to_string()),
    }
}

#[cfg(not(target_os = "linux"))]
fn from_other(error: &(dyn std::error::Error + Send + Sync + 'static)) -> LinkError {
    from_text(&error.to_string())
}

/// The systems' own words, where btleplug hands on nothing else. Unknown ones aren't shown: they may hold
/// an address or a name.
fn from_text(text: &str) -> LinkError {
    let text = text.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["peer removed pairing information"]) {
        LinkError::BondLost
    } else if says(&["authentication is insufficient", "insufficient authentication"]) {
        LinkError::Refused(att::INSUFFICIENT_AUTHENTICATION)
    } else if says(&["encryption is insufficient", "insufficient encryption"]) {
        LinkError::Refused(att::INSUFFICIENT_ENCRYPTION)
    } else if says(&["authorization is insufficient", "accessdenied", "protocolerror"]) {
        // Windows tells no more than that for a characteristic it wants a bond for.
        LinkError::Refused(att::INSUFFICIENT_AUTHORIZATION)
    } else if says(&["powered off", "bluetooth is off", "not powered", "bluetooth disabled", "0x800710df"]) {
        LinkError::RadioOff
    } else if says(&["permission", "unauthorized", "securityexception"]) {
        LinkError::NoPermission
    } else if says(&["disconnected", "not connected", "unreachable", "connection has timed out", "connection lost"]) {
        LinkError::Disconnected
    } else {
        tracing::debug!("a fault of the platform without a known meaning");
        LinkError::Platform("an unknown fault: turn Bluetooth off and on, then try again".into())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn plain_errors_keep_their_meaning() {
        let cases = [
            (Error::PermissionDenied, LinkError::NoPermission),
            (Error::DeviceNotFound, LinkError::NotFound),
            (Error::NotConnected, LinkError::Disconnected),
            (Error::NoAdapterAvailable, LinkError::NoAdapter),
            (Error::TimedOut(Duration::from_secs(1)), LinkError::Timeout),
        ];
        for (error, expected) in cases {
            assert_eq!(from_btleplug(&error), expected);
        }
    }

    #[test]
    fn the_systems_words_are_understood() {
        let cases = [
            ("Peer removed pairing information", LinkError::BondLost),
            ("Encryption is insufficient.", LinkError::Refused(0x0F)),
            ("Authentication is insufficient.", LinkError::Refused(0x05)),
            ("Windows UWP threw error on read: GattCommunicationStatus(AccessDenied)", LinkError::Refused(0x08)),
            ("The connection has timed out unexpectedly.", LinkError::Disconnected),
            ("Bluetooth is off", LinkError::RadioOff),
        ];
        for (text, expected) in cases {
            assert_eq!(from_btleplug(&Error::RuntimeError(text.into())), expected, "{text}");
        }
    }

    #[test]
    fn unknown_words_are_not_shown() {
        let LinkError::Platform(text) = from_btleplug(&Error::RuntimeError("Anna's pad 00:11:22".into())) else {
            panic!("a platform fault");
        };
        assert!(!text.contains("Anna") && !text.contains("00:11"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn bluetoothds_errors_are_found_inside() {
        let inside = |name: &str, message: &str| {
            let error = dbus::Error::new_custom(name.to_owned(), message);
            Error::Other(Box::new(bluez_async::BluetoothError::DbusError(error)))
        };
        assert_eq!(from_btleplug(&inside("org.bluez.Error.NotReady", "Resource Not Ready")), LinkError::RadioOff);
        assert_eq!(from_btleplug(&inside("org.freedesktop.DBus.Error.ServiceUnknown", "")), LinkError::NoAdapter);
    }
}
