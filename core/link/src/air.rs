//! The air as messages: what crosses between a central and a peripheral, as plain data.
//!
//! A peripheral that is software speaks these messages, whatever carries them: an in-process channel, a
//! socket with one JSON object a line, or a program that puts them on a real controller. Attribute values
//! are opaque bytes here, in hexadecimal when they are JSON.
//!
//! A peripheral's first message is always [`ToCentral::Profile`].

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How well the link is protected, from the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// No encryption.
    Open,
    /// Encrypted by a key that nobody checked (pairing without a person's confirmation).
    Encrypted,
    /// Encrypted by a key whose exchange was protected against a party in the middle.
    Authenticated,
}

/// What an attribute allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Property {
    /// Its value can be read.
    Read,
    /// It can be written, and the write is answered.
    Write,
    /// It can be written without an answer.
    WriteWithoutResponse,
    /// It sends its value by itself.
    Notify,
    /// It sends its value by itself and waits for the central's confirmation.
    Indicate,
}

/// One characteristic of a peripheral's attribute table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Characteristic {
    /// The characteristic's UUID; unique within a peripheral.
    pub uuid: Uuid,
    /// What it allows.
    pub properties: Vec<Property>,
    /// The least protection a link must have to read, write or subscribe.
    pub security: Security,
}

/// One primary service of a peripheral's attribute table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// The service's UUID.
    pub uuid: Uuid,
    /// Its characteristics in the order of the table.
    pub characteristics: Vec<Characteristic>,
}

/// What a peripheral says of itself to everyone in reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advertisement {
    /// The local name, at most 8 bytes so that all fits 31 bytes.
    pub name: String,
    /// The advertised service.
    pub service: Uuid,
    /// Limited discoverable: the peripheral accepts a new bond now.
    pub pairing: bool,
}

/// What a central does to a peripheral. `id` pairs a request with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToPeripheral {
    /// A link was made.
    Connected {
        /// Who: stable for one central as long as its bond lasts.
        peer: String,
        /// The ATT MTU of the link in bytes.
        mtu: u16,
    },
    /// The link is gone, for whatever reason.
    Disconnected,
    /// The link's protection changed (by pairing, or by a bond made earlier).
    Secured {
        /// What it is now.
        security: Security,
        /// Whether both sides keep the key.
        bonded: bool,
    },
    /// A read request; answered by `Value` or `Refused`.
    Read {
        /// Pairs the answer.
        id: u32,
        /// What to read.
        characteristic: Uuid,
    },
    /// A write; with `response`, answered by `Written` or `Refused`.
    Write {
        /// Pairs the answer.
        id: u32,
        /// What to write.
        characteristic: Uuid,
        /// The new value.
        #[serde(with = "hex")]
        value: Vec<u8>,
        /// Whether the central waits for an answer.
        response: bool,
    },
    /// Notifications or indications are wanted, or no more; answered by `Written` or `Refused`.
    Subscribe {
        /// Pairs the answer.
        id: u32,
        /// Of what.
        characteristic: Uuid,
        /// Wanted or not.
        on: bool,
    },
}

/// What a peripheral does to a central.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToCentral {
    /// The first message of all: the attribute table, and the passkey printed on the device.
    Profile {
        /// The attribute table.
        services: Vec<Service>,
        /// The six digits a person types to pair, 0 to 999,999.
        passkey: u32,
    },
    /// Advertise this from now on; `None`: advertise nothing.
    Advertise {
        /// What to advertise.
        advertisement: Option<Advertisement>,
    },
    /// The answer to a read.
    Value {
        /// The request's id.
        id: u32,
        /// What was read.
        #[serde(with = "hex")]
        value: Vec<u8>,
    },
    /// A write or a subscription was taken.
    Written {
        /// The request's id.
        id: u32,
    },
    /// A request was refused.
    Refused {
        /// The request's id.
        id: u32,
        /// The ATT error code (Core specification, volume 3, part F, 3.4.1.1).
        att_error: u8,
    },
    /// A notification or indication.
    Notify {
        /// Whose value.
        characteristic: Uuid,
        /// The value.
        #[serde(with = "hex")]
        value: Vec<u8>,
        /// Whether the central's confirmation is waited for.
        indicate: bool,
    },
    /// The peripheral cuts the link.
    Disconnect,
}

mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&data_encoding::HEXLOWER.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(D::Error::custom)
    }
}
