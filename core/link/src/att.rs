//! The ATT error codes an adapter has to understand (Core specification, volume 3, part F, 3.4.1.1).

// Each adapter needs its own few of them.
#![cfg_attr(not(target_os = "linux"), allow(dead_code))]

pub(crate) const READ_NOT_PERMITTED: u8 = 0x02;
pub(crate) const WRITE_NOT_PERMITTED: u8 = 0x03;
pub(crate) const INSUFFICIENT_AUTHENTICATION: u8 = 0x05;
pub(crate) const REQUEST_NOT_SUPPORTED: u8 = 0x06;
pub(crate) const INSUFFICIENT_AUTHORIZATION: u8 = 0x08;
pub(crate) const INSUFFICIENT_ENCRYPTION_KEY_SIZE: u8 = 0x0C;
pub(crate) const INVALID_VALUE_LENGTH: u8 = 0x0D;
pub(crate) const INSUFFICIENT_ENCRYPTION: u8 = 0x0F;

/// Whether a refusal says that the link isn't protected well enough.
pub(crate) fn is_about_protection(code: u8) -> bool {
    [INSUFFICIENT_AUTHENTICATION, INSUFFICIENT_AUTHORIZATION, INSUFFICIENT_ENCRYPTION_KEY_SIZE, INSUFFICIENT_ENCRYPTION]
        .contains(&code)
}
