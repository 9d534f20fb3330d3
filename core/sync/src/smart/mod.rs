//! Signing in at a clinic: SMART App Launch 2, standalone, as a public client with PKCE.
//!
//! 1. [`discover`] reads what the server says about signing in.
//! 2. [`SignIn::begin`] makes the address that the shell opens in the system's browser.
//! 3. The browser comes back with an address; [`SignIn::finish`] checks the state and who issued it, and changes the code for tokens,
//!    which [`Tokens::keep`] saves before anybody uses them.
//! 4. [`Access`] hands out the token for requests and refreshes it, one refresh at a time: a rotated refresh token is saved before the
//!    new access token is used.
//! 5. [`Access::revoke`] ends it at the server and here.
//!
//! Tokens stay in the shell's key store ([`TokenStore`]), are wiped from memory when they are dropped, and are in no log, error or debug
//! form. Randomness comes in as an argument.

mod access;
mod discovery;
mod sign_in;
#[cfg(test)]
mod tests;
mod tokens;

pub use access::Access;
pub use discovery::{Endpoints, discover};
pub use sign_in::{Client, SCOPES, SignIn};
pub use tokens::{TokenStore, TokenStoreError, Tokens};

use crate::http::HttpError;

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SmartError {
    /// No answer from the server. Another time.
    #[error("{0}")]
    Http(#[from] HttpError),
    /// The server answers with a status that means another time.
    #[error("the sign-in server answers with status {0}")]
    Busy(u16),
    /// The server does not offer what is needed: SMART, or PKCE with S256.
    #[error("the server does not offer a sign-in that Lumbra can use")]
    Unsupported,
    /// What came back is not for the sign-in that was begun: somebody may be trying to slip in an account of theirs.
    #[error("what the browser brought back does not belong to this sign-in: begin again")]
    Foreign,
    /// The person or the clinic said no.
    #[error("the sign-in was refused")]
    Denied,
    /// The answer is not understood, or lacks the person's record.
    #[error("the answer of the sign-in server is not understood")]
    NotUnderstood,
    /// There is no token, or the server takes it no more: the person must sign in.
    #[error("sign in at the clinic again")]
    SignInNeeded,
    /// The key store failed: a new token that can't be kept is not used.
    #[error("the tokens can't be kept")]
    Store,
}

impl From<TokenStoreError> for SmartError {
    fn from(_: TokenStoreError) -> Self {
        Self::Store
    }
}
