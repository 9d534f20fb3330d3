//! The attribute table: which characteristic is which, what it allows and how it is protected.

/// The therapy service: capabilities, control point, status.
pub const THERAPY_SERVICE: u128 = lumbra_uuid(0x0100);
/// The posture service: the sample stream.
pub const POSTURE_SERVICE: u128 = lumbra_uuid(0x0200);
/// The record service: what the device keeps until the app has acknowledged it.
pub const RECORD_SERVICE: u128 = lumbra_uuid(0x0300);
/// Bluetooth SIG Elapsed Time service.
pub const ELAPSED_TIME_SERVICE: u128 = sig_uuid(0x183F);
const BATTERY_SERVICE: u128 = sig_uuid(0x180F);
const DEVICE_INFORMATION_SERVICE: u128 = sig_uuid(0x180A);
const SMP_SERVICE: u128 = 0x8D53_DC1D_1DB7_4CD3_868B_8A52_7460_AA84;

/// The service a wearable advertises; a scan looks for it.
pub const ADVERTISED_SERVICE: u128 = THERAPY_SERVICE;
/// An advertised local name is this and two characters that tell two devices of one person apart.
pub const LOCAL_NAME_PREFIX: &str = "Lumbra";

const fn lumbra_uuid(short: u16) -> u128 {
    0x6C75_0000_6D62_4172_8A1E_2D90_C5B7_4E01 | ((short as u128) << 96)
}

const fn sig_uuid(short: u16) -> u128 {
    0x0000_0000_0000_1000_8000_0080_5F9B_34FB | ((short as u128) << 96)
}

/// The least protection a link must have before an endpoint answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Security {
    /// None.
    Open,
    /// LE Secure Connections pairing with passkey entry (LE security mode 1, level 4).
    Authenticated,
}

/// What an endpoint allows.
// Five independent facts of the attribute table, not a state.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Read.
    pub read: bool,
    /// Write with response.
    pub write: bool,
    /// Write without response.
    pub write_without_response: bool,
    /// Notify.
    pub notify: bool,
    /// Indicate.
    pub indicate: bool,
}

const NONE: Access =
    Access { read: false, write: false, write_without_response: false, notify: false, indicate: false };
const READ: Access = Access { read: true, ..NONE };
const READ_NOTIFY: Access = Access { notify: true, ..READ };
const WRITE_NOTIFY: Access = Access { write: true, notify: true, ..NONE };
const WRITE_INDICATE: Access = Access { write: true, indicate: true, ..NONE };
const READ_WRITE: Access = Access { write: true, ..READ };
const NOTIFY: Access = Access { notify: true, ..NONE };
const SMP: Access = Access { write_without_response: true, ..NOTIFY };

macro_rules! endpoints {
    ($($(#[doc = $doc:literal])+ $variant:ident, $name:literal, $service:expr, $uuid:expr, $access:expr, $security:ident, $required:literal;)+) => {
        /// A characteristic of the profile, by what it is for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Endpoint {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Endpoint {
            /// Every endpoint, in the order of the attribute table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in PROFILE.md.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The UUID of its service.
            pub const fn service(self) -> u128 {
                match self { $(Self::$variant => $service,)+ }
            }

            /// Its own UUID.
            pub const fn uuid(self) -> u128 {
                match self { $(Self::$variant => $uuid,)+ }
            }

            /// What it allows.
            pub const fn access(self) -> Access {
                match self { $(Self::$variant => $access,)+ }
            }

            /// The least protection it asks for.
            pub const fn security(self) -> Security {
                match self { $(Self::$variant => Security::$security,)+ }
            }

            /// Whether a device without it can't be used.
            pub const fn is_required(self) -> bool {
                match self { $(Self::$variant => $required,)+ }
            }

            /// The endpoint with this characteristic UUID.
            pub fn from_uuid(uuid: u128) -> Option<Self> {
                Self::ALL.iter().copied().find(|endpoint| endpoint.uuid() == uuid)
            }
        }
    };
}

endpoints! {
    /// What the device can do; read before anything else.
    Capabilities, "Capabilities", THERAPY_SERVICE, lumbra_uuid(0x0101), READ, Open, true;
    /// Where commands are written and answered.
    ControlPoint, "Control Point", THERAPY_SERVICE, lumbra_uuid(0x0102), WRITE_NOTIFY, Authenticated, true;
    /// How the device is, now.
    Status, "Status", THERAPY_SERVICE, lumbra_uuid(0x0103), READ_NOTIFY, Authenticated, true;
    /// Posture samples while they are asked for.
    PostureStream, "Posture Stream", POSTURE_SERVICE, lumbra_uuid(0x0201), NOTIFY, Authenticated, true;
    /// Stored records, one a notification.
    RecordData, "Record Data", RECORD_SERVICE, lumbra_uuid(0x0301), NOTIFY, Authenticated, true;
    /// Record Access Control Point.
    RecordAccess, "Record Access Control Point", RECORD_SERVICE, sig_uuid(0x2A52), WRITE_INDICATE, Authenticated, true;
    /// Battery level in percent.
    BatteryLevel, "Battery Level", BATTERY_SERVICE, sig_uuid(0x2A19), READ_NOTIFY, Open, true;
    /// Manufacturer name.
    ManufacturerName, "Manufacturer Name String", DEVICE_INFORMATION_SERVICE, sig_uuid(0x2A29), READ, Open, true;
    /// Model number.
    ModelNumber, "Model Number String", DEVICE_INFORMATION_SERVICE, sig_uuid(0x2A24), READ, Open, true;
    /// Serial number: the device's identity, and so a person's.
    SerialNumber, "Serial Number String", DEVICE_INFORMATION_SERVICE, sig_uuid(0x2A25), READ, Authenticated, true;
    /// Firmware revision.
    FirmwareRevision, "Firmware Revision String", DEVICE_INFORMATION_SERVICE, sig_uuid(0x2A26), READ, Open, true;
    /// Hardware revision.
    HardwareRevision, "Hardware Revision String", DEVICE_INFORMATION_SERVICE, sig_uuid(0x2A27), READ, Open, true;
    /// The device's clock.
    CurrentElapsedTime, "Current Elapsed Time", ELAPSED_TIME_SERVICE, sig_uuid(0x2BF2), READ_WRITE, Authenticated, true;
    /// MCUmgr's transport, reserved for firmware updates.
    Smp, "SMP", SMP_SERVICE, 0xDA2E_7828_FBCE_4E01_AE9E_2611_7499_7C48, SMP, Authenticated, false;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_unique_and_found_again() {
        for endpoint in Endpoint::ALL {
            assert_eq!(Endpoint::from_uuid(endpoint.uuid()), Some(*endpoint));
        }
    }

    #[test]
    fn whatever_can_drive_current_or_tell_of_a_person_is_authenticated() {
        for endpoint in Endpoint::ALL {
            let access = endpoint.access();
            if access.write || access.write_without_response {
                assert_eq!(endpoint.security(), Security::Authenticated, "{}", endpoint.name());
            }
        }
        assert_eq!(Endpoint::SerialNumber.security(), Security::Authenticated);
    }
}
