//! One error, by what an app can do about it.

use lumbra::link::LinkError;
use lumbra::store::StoreError;

/// A failure. Whatever it is: nothing has changed and nothing is lost. `reason` is for the person, says what to do, and holds
/// no personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[allow(missing_docs)] // `reason` and the sentence at its variant.
pub enum LumbraError {
    /// A value can't be used: correct the input.
    #[error("{reason}")]
    Invalid { reason: String },
    /// The safety envelope refuses, naming the limit, what was asked for and what is allowed: ask for less.
    #[error("{reason}")]
    Refused { limit: String, asked: String, allowed: String, channel: Option<u8>, reason: String },
    /// The screening is missing, too old, or does not allow stimulation: ask its questions, or show its advice.
    #[error("{reason}")]
    Screening { reason: String },
    /// Not possible at this moment: wait, or do what the reason says first.
    #[error("{reason}")]
    NotNow { reason: String },
    /// No such wearable is paired: pair it.
    #[error("{reason}")]
    NoSuchDevice { reason: String },
    /// Pairing failed, or the bond is gone: pair again.
    #[error("{reason}")]
    Pairing { reason: String },
    /// Bluetooth is off: ask the person to turn it on.
    #[error("{reason}")]
    BluetoothOff { reason: String },
    /// There is no Bluetooth adapter, or its service does not run.
    #[error("{reason}")]
    NoAdapter { reason: String },
    /// The system denies the use of Bluetooth: ask for the permission.
    #[error("{reason}")]
    PermissionDenied { reason: String },
    /// The platform's initialisation was not called: a fault of the app.
    #[error("{reason}")]
    NotInitialised { reason: String },
    /// The wearable is out of reach or does not answer: bring it closer.
    #[error("{reason}")]
    OutOfReach { reason: String },
    /// App and wearable, or app and data, are of versions that don't fit: update.
    #[error("{reason}")]
    UpdateNeeded { reason: String },
    /// The key store has no key, or another, for this data.
    #[error("{reason}")]
    Key { reason: String },
    /// The disk is full: free some space.
    #[error("{reason}")]
    DiskFull { reason: String },
    /// The clinic's server, or the sign-in there, is not as it should be: the reason says what to do.
    #[error("{reason}")]
    Clinic { reason: String },
    /// The data can't be read or written.
    #[error("{reason}")]
    Storage { reason: String },
    /// Cancelled by the app.
    #[error("cancelled")]
    Cancelled,
    /// The object was closed: open it again.
    #[error("this was closed: open it again")]
    Closed,
    /// A fault of this software: report it.
    #[error("{reason}")]
    Internal { reason: String },
}

impl LumbraError {
    pub(crate) fn internal(what: &'static str) -> Self {
        Self::Internal { reason: lumbra::Error::Internal(what).to_string() }
    }

    pub(crate) fn invalid(error: impl ToString) -> Self {
        Self::Invalid { reason: error.to_string() }
    }
}

impl From<lumbra::Error> for LumbraError {
    fn from(error: lumbra::Error) -> Self {
        use lumbra::Error;
        let reason = error.to_string();
        match error {
            Error::Link(link) => from_link(&link, reason),
            Error::Store(store) => match store {
                StoreError::WrongKey | StoreError::KeyLost | StoreError::KeyStore(_) => Self::Key { reason },
                StoreError::NewerVersion { .. } => Self::UpdateNeeded { reason },
                StoreError::DiskFull => Self::DiskFull { reason },
                _ => Self::Storage { reason },
            },
            Error::Refused(refusal) => Self::Refused {
                limit: refusal.limit.as_str().to_owned(),
                asked: refusal.asked.to_string(),
                allowed: refusal.allowed.to_string(),
                channel: refusal.channel.and_then(|channel| u8::try_from(channel).ok()),
                reason,
            },
            Error::Screening(_) => Self::Screening { reason },
            Error::NotNow(_) | Error::Calibration(_) => Self::NotNow { reason },
            Error::NoSuchDevice => Self::NoSuchDevice { reason },
            Error::OtherDevice => Self::Pairing { reason },
            Error::OtherVersion(_) | Error::Garbled(_) => Self::UpdateNeeded { reason },
            Error::LinkTooNarrow(_) => Self::OutOfReach { reason },
            Error::UnknownProgramme { .. } | Error::Invalid(_) => Self::Invalid { reason },
            Error::Clinic(_) => Self::Clinic { reason },
            Error::Export(_) => Self::Storage { reason },
            Error::Closed => Self::Closed,
            _ => Self::Internal { reason },
        }
    }
}

fn from_link(error: &LinkError, reason: String) -> LumbraError {
    match error {
        LinkError::RadioOff => LumbraError::BluetoothOff { reason },
        LinkError::NoAdapter => LumbraError::NoAdapter { reason },
        LinkError::NoPermission => LumbraError::PermissionDenied { reason },
        LinkError::NotInitialised => LumbraError::NotInitialised { reason },
        LinkError::NotPaired | LinkError::PairingFailed | LinkError::BondLost => LumbraError::Pairing { reason },
        LinkError::MissingEndpoint(_) | LinkError::DuplicateEndpoint(_) => LumbraError::UpdateNeeded { reason },
        _ => LumbraError::OutOfReach { reason },
    }
}

/// What a port that a shell implements may throw. The reason is for the log: keep personal data out of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[allow(missing_docs)]
pub enum PortError {
    /// It can't be done now: a locked key store, no permission.
    #[error("{reason}")]
    Unavailable { reason: String },
    /// It is not what this port keeps or does: a key store without secrets.
    #[error("{reason}")]
    Unsupported { reason: String },
    /// It threw something else.
    #[error("{reason}")]
    Failed { reason: String },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for PortError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        // The text of a foreign exception may hold anything: it stays out.
        Self::Failed { reason: "an exception that the port does not declare".to_owned() }
    }
}
