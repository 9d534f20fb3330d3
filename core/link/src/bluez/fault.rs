//! bluetoothd's errors, by what a person can do about them.

use crate::att;
use crate::error::LinkError;

/// Reads an error's name and text.
pub(crate) fn from_dbus(name: &str, message: &str) -> LinkError {
    if let Some(name) = name.strip_prefix("org.bluez.Error.") {
        return from_bluez(name, message);
    }
    match name.strip_prefix("org.freedesktop.DBus.Error.").unwrap_or(name) {
        // No bus, or no bluetoothd on it.
        "ServiceUnknown" | "NameHasNoOwner" | "FileNotFound" | "NoServer" | "Disconnected" => LinkError::NoAdapter,
        name if name.starts_with("Spawn.") => LinkError::NoAdapter,
        "AccessDenied" | "AuthFailed" => LinkError::NoPermission,
        // The object is gone: a device that bluetoothd has forgotten.
        "UnknownObject" | "UnknownMethod" | "UnknownInterface" | "UnknownProperty" => LinkError::NotFound,
        "NoReply" | "Timeout" | "TimedOut" => LinkError::Timeout,
        other => LinkError::Platform(format!("D-Bus: {other}")),
    }
}

fn from_bluez(name: &str, message: &str) -> LinkError {
    match (name, message) {
        ("NotReady", _) => LinkError::RadioOff,
        ("DoesNotExist" | "NoSuchAdapter" | "ConnectionAttemptFailed", _) => LinkError::NotFound,
        ("NotConnected", _) => LinkError::Disconnected,
        ("AuthenticationFailed" | "AuthenticationRejected" | "AuthenticationCanceled" | "AuthenticationTimeout", _) => {
            LinkError::PairingFailed
        }
        ("NotPermitted", "Not paired") => LinkError::Refused(att::INSUFFICIENT_AUTHENTICATION),
        ("NotPermitted", "Read not permitted") => LinkError::Refused(att::READ_NOT_PERMITTED),
        ("NotPermitted", "Write not permitted") => LinkError::Refused(att::WRITE_NOT_PERMITTED),
        ("NotAuthorized", _) => LinkError::Refused(att::INSUFFICIENT_AUTHORIZATION),
        ("NotSupported", _) => LinkError::Refused(att::REQUEST_NOT_SUPPORTED),
        ("InvalidArguments", "Invalid Length") => LinkError::Refused(att::INVALID_VALUE_LENGTH),
        ("Failed", text) => from_failed(text),
        (name, _) => LinkError::Platform(format!("bluetoothd: {name}")),
    }
}

fn from_failed(text: &str) -> LinkError {
    if let Some(code) =
        text.strip_prefix("Operation failed with ATT error: 0x").and_then(|code| u8::from_str_radix(code, 16).ok())
    {
        return LinkError::Refused(code);
    }
    // Connection failures are named by bearer and reason; older versions give the bare errno text.
    let reason = text.strip_prefix("le-connection-").or_else(|| text.strip_prefix("br-connection-")).unwrap_or(text);
    match reason {
        "key-missing" => LinkError::BondLost,
        "adapter-not-powered" | "Host is down" | "Network is down" => LinkError::RadioOff,
        "timeout" | "page-timeout" | "Connection timed out" => LinkError::NotFound,
        "Not connected"
        | "abort-by-remote"
        | "abort-by-local"
        | "aborted-by-remote"
        | "aborted-by-local"
        | "canceled"
        | "refused"
        | "unknown"
        | "Software caused connection abort"
        | "Connection reset by peer"
        | "Connection refused"
        | "Transport endpoint is not connected" => LinkError::Disconnected,
        // bluetoothd's fixed words: no address, no name in them.
        other => LinkError::Platform(format!("bluetoothd: {other}")),
    }
}

/// An error of zbus.
pub(crate) fn from_zbus(error: &zbus::Error) -> LinkError {
    match error {
        zbus::Error::MethodError(name, message, _) => from_dbus(name.as_str(), message.as_deref().unwrap_or("")),
        zbus::Error::FDO(error) => {
            let name = zbus::DBusError::name(error.as_ref());
            let message = zbus::DBusError::description(error.as_ref()).unwrap_or("");
            from_dbus(name.as_str(), message)
        }
        zbus::Error::InputOutput(_) => LinkError::NoAdapter,
        _ => LinkError::Platform("D-Bus: a message wasn't understood".into()),
    }
}

pub(crate) fn is_named(error: &zbus::Error, wanted: &str) -> bool {
    matches!(error, zbus::Error::MethodError(name, ..) if name.as_str() == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_become_what_a_person_can_do() {
        let cases = [
            ("org.bluez.Error.NotReady", "Resource Not Ready", LinkError::RadioOff),
            ("org.bluez.Error.Failed", "le-connection-adapter-not-powered", LinkError::RadioOff),
            ("org.bluez.Error.Failed", "le-connection-key-missing", LinkError::BondLost),
            ("org.bluez.Error.Failed", "le-connection-abort-by-local", LinkError::Disconnected),
            ("org.bluez.Error.Failed", "Not connected", LinkError::Disconnected),
            ("org.bluez.Error.Failed", "Operation failed with ATT error: 0x80", LinkError::Refused(0x80)),
            ("org.bluez.Error.NotPermitted", "Not paired", LinkError::Refused(att::INSUFFICIENT_AUTHENTICATION)),
            ("org.bluez.Error.AuthenticationFailed", "Authentication Failed", LinkError::PairingFailed),
            ("org.bluez.Error.AuthenticationCanceled", "", LinkError::PairingFailed),
            ("org.bluez.Error.ConnectionAttemptFailed", "Page Timeout", LinkError::NotFound),
            ("org.freedesktop.DBus.Error.ServiceUnknown", "The name org.bluez was not provided", LinkError::NoAdapter),
            ("org.freedesktop.DBus.Error.FileNotFound", "", LinkError::NoAdapter),
            ("org.freedesktop.DBus.Error.Spawn.ExecFailed", "", LinkError::NoAdapter),
            ("org.freedesktop.DBus.Error.AccessDenied", "", LinkError::NoPermission),
            ("org.freedesktop.DBus.Error.UnknownObject", "", LinkError::NotFound),
            ("org.freedesktop.DBus.Error.NoReply", "", LinkError::Timeout),
        ];
        for (name, message, expected) in cases {
            assert_eq!(from_dbus(name, message), expected, "{name}: {message}");
        }
    }

    #[test]
    fn an_unknown_error_keeps_its_name_and_drops_its_text() {
        let error = from_dbus("org.example.Odd", "device 00:11:22:33:44:55 is odd");
        assert!(matches!(&error, LinkError::Platform(text) if text.contains("Odd") && !text.contains("00:11")));
    }
}
