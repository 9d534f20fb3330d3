//! What became of a command whose answer is missing: told from the device's status alone.
//!
//! The table, for a command with number *n*, the newest command *b* the device knew before it was sent,
//! and a status that names the newest command *s*:
//!
//! | status | outcome |
//! |---|---|
//! | another boot | rejected: the device restarted, and its output with it |
//! | *s* = *n*, accepted | confirmed |
//! | *s* = *n*, refused | rejected |
//! | *s* = *b*, it can raise, not yet expired | open: it may still arrive |
//! | *s* = *b*, it can raise, expired | rejected: not delivered, and the device would refuse it now |
//! | *s* = *b*, it can't raise, same connection | open: it may still arrive, and is harmless |
//! | *s* = *b*, it can't raise, newer connection | rejected: not delivered |
//! | *s* is another, a start whose session is there | confirmed |
//! | *s* is another, a start whose session is not there | rejected: overtaken |
//! | *s* is another, anything else | unknown for good; overtaken, so it can't be applied any more |

use super::order::{Intent, OrderKind, Outcome, Rejection, SettledBy};
use super::report::{DeviceReport, Taken};

/// Tells what became of `intent`; `None` while it is open. `reconnected`: the report comes from a
/// connection made after the command was sent.
pub fn settle(intent: &Intent, report: &DeviceReport, reconnected: bool) -> Option<(Outcome, SettledBy)> {
    if intent.boot.is_some_and(|boot| boot != report.boot) {
        return Some((Outcome::Rejected(Rejection::DeviceRestarted), SettledBy::Restart));
    }
    let newest = report.newest.map(|newest| newest.sequence);
    let outcome = match report.newest {
        Some(newest) if newest.sequence == intent.sequence => outcome_of(newest.taken),
        _ if newest == intent.newest_before => {
            let over = match intent.expires {
                Some(expires) => report.at > expires,
                None => reconnected,
            };
            if !over {
                return None;
            }
            Outcome::Rejected(Rejection::NotDelivered)
        }
        _ if intent.kind == OrderKind::Start => {
            if intent.session.is_some() && report.session == intent.session {
                Outcome::Confirmed
            } else {
                Outcome::Rejected(Rejection::Overtaken)
            }
        }
        _ => Outcome::Unknown,
    };
    Some((outcome, SettledBy::Status))
}

/// The outcome of a command the device has taken.
pub(super) const fn outcome_of(taken: Taken) -> Outcome {
    match taken {
        Taken::Accepted => Outcome::Confirmed,
        Taken::Refused(refusal) => Outcome::Rejected(Rejection::Device(refusal)),
    }
}
