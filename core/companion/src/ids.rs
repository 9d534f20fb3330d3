//! Random identities. The only dice of the core are here.

use lumbra_domain::therapy::{CommandId, SessionId};
use uuid::Uuid;

use crate::error::Error;

/// A new UUID (version 4) as text.
pub(crate) fn new_uuid() -> Result<String, Error> {
    Ok(random_uuid()?.to_string())
}

pub(crate) fn new_command() -> Result<CommandId, Error> {
    Ok(CommandId(random_uuid()?.as_u128()))
}

/// The command's name in the store.
pub(crate) fn command_text(command: CommandId) -> String {
    Uuid::from_u128(command.0).to_string()
}

/// A command from its name in the store.
pub(crate) fn parse_command(text: &str) -> Option<CommandId> {
    Uuid::parse_str(text).ok().map(|uuid| CommandId(uuid.as_u128()))
}

/// 32 random bits: a session's number is told from that of every other with one device.
pub(crate) fn new_session() -> Result<SessionId, Error> {
    let raw = getrandom::u32().map_err(|_| Error::Internal("randomness"))?;
    SessionId::new(raw.max(1)).ok_or(Error::Internal("randomness"))
}

fn random_uuid() -> Result<Uuid, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Error::Internal("randomness"))?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid())
}
