//! What bluetoothd hears from the wearable.

use zbus::Message;
use zbus::message::Flags;

use super::daemon::Daemon;
use super::error::AdapterError;

/// Whether the caller waits: the bus turns an answer away that nobody waits for.
fn waits(message: &Message) -> bool {
    !message.primary_header().flags().contains(Flags::NO_REPLY_EXPECTED)
}

const READ_NOT_PERMITTED: u8 = 0x02;
const WRITE_NOT_PERMITTED: u8 = 0x03;
const INSUFFICIENT_AUTHENTICATION: u8 = 0x05;
const REQUEST_NOT_SUPPORTED: u8 = 0x06;
pub(super) const INVALID_OFFSET: u8 = 0x07;
const INSUFFICIENT_AUTHORIZATION: u8 = 0x08;
const INVALID_VALUE_LENGTH: u8 = 0x0D;

/// A request while another one is under way.
pub(super) const IN_PROGRESS: u8 = 0xFE;

impl Daemon {
    pub(super) async fn reply<B>(&self, message: &Message, body: &B) -> Result<(), AdapterError>
    where
        B: serde::Serialize + zbus::DynamicType,
    {
        if !waits(message) {
            return Ok(());
        }
        self.bus().reply(&message.header(), body).await.map_err(AdapterError::from)
    }

    /// Answers a request with an ATT error.
    pub(super) async fn refuse(&self, message: &Message, att_error: u8) -> Result<(), AdapterError> {
        let (name, text) = att_error_name(att_error);
        self.error(message, name, &text).await
    }

    /// Answers a question of a pairing with no.
    pub(super) async fn reject(&self, message: &Message) -> Result<(), AdapterError> {
        self.error(message, "org.bluez.Error.Rejected", "only a passkey that the wearable shows is used").await
    }

    /// Answers a call for something that isn't here.
    pub(super) async fn unknown(&self, message: &Message) -> Result<(), AdapterError> {
        self.error(message, "org.freedesktop.DBus.Error.UnknownMethod", "no such method here").await
    }

    async fn error(&self, message: &Message, name: &str, text: &str) -> Result<(), AdapterError> {
        if !waits(message) {
            return Ok(());
        }
        self.bus().reply_error(&message.header(), name, &text).await.map_err(AdapterError::from)
    }
}

/// What bluetoothd makes an ATT error of. An application's own error it takes as a number in the text; what it has
/// no name for becomes the first of those.
fn att_error_name(att_error: u8) -> (&'static str, String) {
    let named = match att_error {
        READ_NOT_PERMITTED | WRITE_NOT_PERMITTED => "org.bluez.Error.NotPermitted",
        INSUFFICIENT_AUTHENTICATION | INSUFFICIENT_AUTHORIZATION => "org.bluez.Error.NotAuthorized",
        REQUEST_NOT_SUPPORTED => "org.bluez.Error.NotSupported",
        INVALID_OFFSET => "org.bluez.Error.InvalidOffset",
        INVALID_VALUE_LENGTH => "org.bluez.Error.InvalidValueLength",
        IN_PROGRESS => "org.bluez.Error.InProgress",
        application => {
            let application = if (0x80..=0x9F).contains(&application) { application } else { 0x80 };
            return ("org.bluez.Error.Failed", format!("{application:#04x}"));
        }
    };
    (named, "the wearable refused".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn att_errors_become_what_bluetoothd_understands() {
        let cases = [
            (0x05, "org.bluez.Error.NotAuthorized", None),
            (0x07, "org.bluez.Error.InvalidOffset", None),
            (0x80, "org.bluez.Error.Failed", Some("0x80")),
            (0x9F, "org.bluez.Error.Failed", Some("0x9f")),
            (0x0A, "org.bluez.Error.Failed", Some("0x80")),
        ];
        for (code, expected, expected_text) in cases {
            let (name, text) = att_error_name(code);
            assert_eq!(name, expected, "{code:#04x}");
            assert!(expected_text.is_none_or(|expected| text == expected), "{code:#04x}: {text}");
        }
    }
}
