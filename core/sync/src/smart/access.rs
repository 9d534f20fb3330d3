//! The token for requests, and its renewal.

use std::fmt;
use std::sync::Arc;

use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::SmartError;
use super::sign_in::{ask, form, post};
use super::tokens::{TokenStore, Tokens};
use crate::http::Http;

/// A token as it was handed out. It knows its turn: who was refused with it asks for the next.
#[derive(Clone)]
pub(crate) struct Bearer {
    token: Zeroizing<String>,
    turn: u64,
}

impl Bearer {
    /// What goes into the header `Authorization`.
    pub(crate) fn header(&self) -> String {
        format!("Bearer {}", self.token.as_str())
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Bearer(..)")
    }
}

/// Hands out the access token for one FHIR base, and renews it: one renewal at a time, however many ask.
pub struct Access {
    http: Arc<dyn Http>,
    store: Arc<dyn TokenStore>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    tokens: Option<Tokens>,
    /// Goes up with each renewal.
    turn: u64,
}

impl fmt::Debug for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Access(..)")
    }
}

impl Held {
    async fn tokens(&mut self, store: &dyn TokenStore) -> Result<&mut Tokens, SmartError> {
        if self.tokens.is_none() {
            let bytes = store.load().await?.ok_or(SmartError::SignInNeeded)?;
            self.tokens = Some(Tokens::unpacked(&bytes)?);
        }
        self.tokens.as_mut().ok_or(SmartError::SignInNeeded)
    }
}

impl Access {
    /// Over what is kept in the store.
    pub fn new(http: Arc<dyn Http>, store: Arc<dyn TokenStore>) -> Self {
        Self { http, store, held: Mutex::default() }
    }

    /// The token for requests to this base. Tokens for another base are never given.
    pub(crate) async fn bearer(&self, base: &str) -> Result<Bearer, SmartError> {
        let mut held = self.held.lock().await;
        let turn = held.turn;
        let tokens = held.tokens(&*self.store).await?;
        if tokens.base != base {
            return Err(SmartError::SignInNeeded);
        }
        Ok(Bearer { token: tokens.access.clone(), turn })
    }

    /// A newer token than one that was refused. Whoever comes while another renews gets what that one got.
    ///
    /// A refresh token is good for one use where the server rotates it. So the new one is saved before anything else is done with the
    /// answer; and a refresh whose answer was lost is tried with the old one again, which a server may still take.
    pub(crate) async fn renew(&self, refused: &Bearer) -> Result<Bearer, SmartError> {
        let mut held = self.held.lock().await;
        if held.turn != refused.turn {
            let turn = held.turn;
            let token = held.tokens(&*self.store).await?.access.clone();
            return Ok(Bearer { token, turn });
        }
        let mut next = held.tokens(&*self.store).await?.clone();
        let refresh = next.refresh.clone().ok_or(SmartError::SignInNeeded)?;
        let form = form(&[("grant_type", "refresh_token"), ("refresh_token", &refresh), ("client_id", &next.client)]);
        let granted = match ask(&*self.http, &next.token_endpoint, form).await {
            Ok(granted) => granted,
            Err(SmartError::SignInNeeded) => {
                // The server takes it no more: kept, it would be asked with at every run.
                held.tokens = None;
                self.store.delete().await?;
                return Err(SmartError::SignInNeeded);
            }
            Err(error) => return Err(error),
        };
        // A sign-in is for one person: tokens that turn out to be for another are not used.
        if granted.patient.as_ref().is_some_and(|patient| *patient != next.patient) {
            return Err(SmartError::Foreign);
        }
        next.access = granted.access_token;
        if granted.refresh_token.is_some() {
            next.refresh = granted.refresh_token;
        }
        next.keep(&*self.store).await?;
        held.turn = held.turn.wrapping_add(1);
        let bearer = Bearer { token: next.access.clone(), turn: held.turn };
        held.tokens = Some(next);
        Ok(bearer)
    }

    /// Takes up tokens of a new sign-in that were saved by it.
    pub async fn reload(&self) {
        let mut held = self.held.lock().await;
        held.tokens = None;
        held.turn = held.turn.wrapping_add(1);
    }

    /// Ends the sign-in: at the server if it has that and answers, and here in any case. `Ok(false)` when the server did not end it.
    pub async fn revoke(&self) -> Result<bool, SmartError> {
        let mut held = self.held.lock().await;
        let tokens = match held.tokens(&*self.store).await {
            Ok(tokens) => tokens.clone(),
            Err(SmartError::SignInNeeded) => return Ok(true),
            Err(error) => return Err(error),
        };
        // First here: what happens on the way to the server does not keep a token alive on the phone.
        self.store.delete().await?;
        held.tokens = None;
        held.turn = held.turn.wrapping_add(1);
        let Some(endpoint) = &tokens.revocation_endpoint else { return Ok(false) };
        let (token, hint) = match &tokens.refresh {
            Some(refresh) => (refresh, "refresh_token"),
            None => (&tokens.access, "access_token"),
        };
        let form = form(&[("token", token), ("token_type_hint", hint), ("client_id", &tokens.client)]);
        let answer = self.http.send(post(endpoint, form)?).await;
        Ok(answer.is_ok_and(|answer| answer.status == 200))
    }
}
