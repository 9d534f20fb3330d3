//! Why the wearable can't be on the air of an adapter, by what a person can do about it.

/// A failure of an adapter, or of the service that runs it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdapterError {
    /// There is no system bus, or no bluetoothd on it, or it has ended.
    #[error("the Bluetooth service isn't running: start bluetoothd (`systemctl start bluetooth`) and try again")]
    NoService,
    /// No adapter of this name.
    #[error("no Bluetooth adapter `{wanted}` here: {}", there(.found))]
    NoAdapter {
        /// The name that was asked for.
        wanted: String,
        /// The names of those that are there.
        found: Vec<String>,
    },
    /// The adapter is switched off.
    #[error("the Bluetooth adapter `{0}` is off: turn it on (`bluetoothctl power on`) and try again")]
    Off(String),
    /// The system denies it.
    #[error("no permission to use the Bluetooth adapter: run it as root, or join the group `bluetooth`")]
    NoPermission,
    /// The adapter can't be a peripheral.
    #[error("the Bluetooth adapter `{0}` can't advertise or serve attributes: use another one")]
    NotAPeripheral(String),
    /// All of the adapter's advertisements are taken.
    #[error("the adapter advertises as much as it can already: end the other program that advertises")]
    AdvertisementsTaken,
    /// bluetoothd does not answer.
    #[error("the Bluetooth service did not answer in time: restart it and try again")]
    Timeout,
    /// Anything else bluetoothd reports, by its name alone.
    #[error("the Bluetooth service reports a fault: {0}")]
    Service(String),
    /// The file for the currents can't be written.
    #[error("the currents can't be written down ({0})")]
    Flows(std::io::ErrorKind),
}

fn there(found: &[String]) -> String {
    if found.is_empty() { "plug one in".to_owned() } else { format!("choose one of {}", found.join(", ")) }
}

impl From<std::io::Error> for AdapterError {
    fn from(error: std::io::Error) -> Self {
        Self::Flows(error.kind())
    }
}

impl From<zbus::Error> for AdapterError {
    fn from(error: zbus::Error) -> Self {
        match &error {
            zbus::Error::MethodError(name, ..) => from_name(name.as_str()),
            zbus::Error::FDO(error) => from_name(zbus::DBusError::name(error.as_ref()).as_str()),
            zbus::Error::InputOutput(_) | zbus::Error::Address(_) => Self::NoService,
            _ => Self::Service("a message wasn't understood".to_owned()),
        }
    }
}

fn from_name(name: &str) -> AdapterError {
    if let Some(name) = name.strip_prefix("org.bluez.Error.") {
        return match name {
            // What bluetoothd says to one advertisement too many.
            "NotPermitted" => AdapterError::AdvertisementsTaken,
            "NotAuthorized" => AdapterError::NoPermission,
            other => AdapterError::Service(format!("bluetoothd: {other}")),
        };
    }
    match name.strip_prefix("org.freedesktop.DBus.Error.").unwrap_or(name) {
        "ServiceUnknown" | "NameHasNoOwner" | "FileNotFound" | "NoServer" | "Disconnected" => AdapterError::NoService,
        name if name.starts_with("Spawn.") => AdapterError::NoService,
        "AccessDenied" | "AuthFailed" => AdapterError::NoPermission,
        "NoReply" | "Timeout" | "TimedOut" => AdapterError::Timeout,
        other => AdapterError::Service(format!("D-Bus: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_become_what_a_person_can_do() {
        let cases = [
            ("org.freedesktop.DBus.Error.ServiceUnknown", AdapterError::NoService),
            ("org.freedesktop.DBus.Error.Spawn.ExecFailed", AdapterError::NoService),
            ("org.freedesktop.DBus.Error.AccessDenied", AdapterError::NoPermission),
            ("org.freedesktop.DBus.Error.NoReply", AdapterError::Timeout),
            ("org.bluez.Error.NotPermitted", AdapterError::AdvertisementsTaken),
            ("org.bluez.Error.Failed", AdapterError::Service("bluetoothd: Failed".into())),
        ];
        for (name, expected) in cases {
            assert_eq!(from_name(name), expected, "{name}");
        }
    }

    #[test]
    fn an_adapter_that_is_missing_is_told_with_those_that_are_there() {
        let error = |found: &[&str]| {
            let found = found.iter().map(|&name| name.to_owned()).collect();
            AdapterError::NoAdapter { wanted: "hci7".into(), found }.to_string()
        };
        assert!(error(&["hci0", "hci1"]).contains("`hci7` here: choose one of hci0, hci1"));
        assert!(error(&[]).contains("plug one in"));
    }
}
