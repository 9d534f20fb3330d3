//! What can go wrong on the radio, by what a person can do about it.

/// A failure of the radio.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// Bluetooth is switched off.
    #[error("Bluetooth is off: turn it on and try again")]
    RadioOff,
    /// This machine has no Bluetooth adapter, or its service isn't running.
    #[error("no Bluetooth adapter found: plug one in, or start the system's Bluetooth service")]
    NoAdapter,
    /// The system denies the use of Bluetooth.
    #[error("no permission to use Bluetooth: allow it in the system's settings and try again")]
    NoPermission,
    /// The adapter needs its platform start-up call first.
    #[error("the radio isn't initialised: call the platform's initialisation before using it")]
    NotInitialised,
    /// The peripheral isn't in reach.
    #[error("the wearable isn't in reach: bring it closer, and check that it is on")]
    NotFound,
    /// The link broke, or could not be made in time.
    #[error("the link to the wearable was lost: bring it closer")]
    Disconnected,
    /// The peripheral did not answer in time.
    #[error("the wearable did not answer in time: bring it closer and try again")]
    Timeout,
    /// No bond, and nobody to ask for a passkey.
    #[error("not paired with this wearable: hold its button for 3 s, then pair")]
    NotPaired,
    /// Pairing failed or was refused.
    #[error("pairing failed: hold the wearable's button for 3 s, then pair again with the passkey on its label")]
    PairingFailed,
    /// The peripheral has forgotten its bond with this machine.
    #[error("the wearable no longer knows this phone or computer: remove it here, then pair again")]
    BondLost,
    /// The peripheral lacks an endpoint of the profile.
    #[error("the device lacks a part of the Lumbra profile ({0}): update its firmware, or choose another device")]
    MissingEndpoint(&'static str),
    /// The peripheral shows an endpoint of the profile more than once.
    #[error("the device shows a part of the Lumbra profile twice ({0}): update its firmware, or choose another device")]
    DuplicateEndpoint(&'static str),
    /// The peripheral already has a link with this radio.
    #[error("the wearable is already connected here: close that connection first")]
    InUse,
    /// The peripheral refused a request with an ATT error.
    #[error("the wearable refused the request (ATT error {0:#04x})")]
    Refused(u8),
    /// The platform can't do it.
    #[error("this platform can't do it by itself: {0}")]
    Unsupported(&'static str),
    /// Anything else the platform reports.
    #[error("the Bluetooth system reports a fault: {0}")]
    Platform(String),
}
