//! What can go wrong, by what a person can do about it.

use lumbra_domain::safety::Refusal;
use lumbra_domain::therapy::NotNow;
use lumbra_link::LinkError;
use lumbra_protocol::DecodeError;
use lumbra_store::StoreError;

/// A failure a shell can show. Whatever it is: the state is unchanged and nothing is lost.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The radio failed.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The safety envelope refuses.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Not possible at this moment.
    #[error(transparent)]
    NotNow(#[from] NotNow),
    /// The screening is missing, too old, or does not allow stimulation.
    #[error("{0}")]
    Screening(String),
    /// No such device is known here.
    #[error("no such wearable is paired here: pair it first, or look at the list of devices")]
    NoSuchDevice,
    /// No programme has this name.
    #[error("there is no programme '{asked}': choose one of {known}")]
    UnknownProgramme {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
    /// The device speaks a later version.
    #[error("the wearable speaks version {0} of the Lumbra profile, this app version 1: update the app")]
    OtherVersion(u8),
    /// The device sent something that can't be understood.
    #[error("the wearable sent something that can't be understood ({0}): update its firmware")]
    Garbled(#[from] DecodeError),
    /// The link carries too little in one packet.
    #[error("the link carries only {0} bytes in a packet, and 128 are needed: move closer and reconnect")]
    LinkTooNarrow(usize),
    /// The address now belongs to another device.
    #[error("another wearable answers at this address: pair it anew")]
    OtherDevice,
    /// A value from outside can't be used.
    #[error("{0}")]
    Invalid(String),
    /// Calibration did not work out.
    #[error("{0}")]
    Calibration(String),
    /// The clinic's server, or the sign-in there.
    #[error("{0}")]
    Clinic(String),
    /// An export could not be written.
    #[error("the export could not be written ({0}): choose another folder, or free some space")]
    Export(std::io::ErrorKind),
    /// The engine has ended.
    #[error("the connection to this wearable was closed: open it again")]
    Closed,
    /// A fault of this software.
    #[error("an internal fault ({0}): please report it")]
    Internal(&'static str),
}

impl Error {
    /// Whether it lasts, as the reason for a missing link, until somebody does something about it.
    pub(crate) const fn lasts(&self) -> bool {
        match self {
            Self::Link(error) => matches!(
                error,
                LinkError::RadioOff
                    | LinkError::NoAdapter
                    | LinkError::NoPermission
                    | LinkError::NotInitialised
                    | LinkError::NotPaired
                    | LinkError::PairingFailed
                    | LinkError::BondLost
                    | LinkError::MissingEndpoint(_)
                    | LinkError::DuplicateEndpoint(_)
                    | LinkError::Unsupported(_)
            ),
            Self::OtherVersion(_) | Self::OtherDevice => true,
            _ => false,
        }
    }

    /// A stable name for each kind, for shells and scripts.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Link(LinkError::RadioOff) => "bluetooth_off",
            Self::Link(LinkError::NoAdapter) => "no_adapter",
            Self::Link(LinkError::NoPermission) => "no_permission",
            Self::Link(LinkError::NotPaired | LinkError::PairingFailed | LinkError::BondLost) => "pairing",
            Self::Link(_) => "link",
            Self::Store(StoreError::WrongKey) => "wrong_key",
            Self::Store(StoreError::WrongPassphrase) => "wrong_passphrase",
            Self::Store(StoreError::NewerVersion { .. }) => "newer_database",
            Self::Store(StoreError::DiskFull) => "disk_full",
            Self::Store(_) => "store",
            Self::Refused(_) => "refused",
            Self::NotNow(_) => "not_now",
            Self::Screening(_) => "screening",
            Self::NoSuchDevice => "no_such_device",
            Self::UnknownProgramme { .. } => "unknown_programme",
            Self::OtherVersion(_) => "other_version",
            Self::Garbled(_) => "garbled",
            Self::LinkTooNarrow(_) => "link_too_narrow",
            Self::OtherDevice => "other_device",
            Self::Invalid(_) => "invalid",
            Self::Calibration(_) => "calibration",
            Self::Clinic(_) => "clinic",
            Self::Export(_) => "export",
            Self::Closed => "closed",
            Self::Internal(_) => "internal",
        }
    }
}
