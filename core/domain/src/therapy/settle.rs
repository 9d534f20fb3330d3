//! What became of a command whose answer is missing: told from the device's status alone.
//!
//! The table, for a command with number *n*, and a status that names the newest command *s*; *s* before *n* stands for one that
//! the device knew before it was sent, or took in between, such as a stop:
//!
//! | status | outcome |
//! |---|---|
//! | another boot | rejected: the device restarted, and its output with it |
//! | *s* = *n*, accepted | confirmed |
//! | *s* = *n*, refused | rejected |
//! | *s* before *n*, it can raise, not yet expired | open: it may still arrive |
//! | *s* before *n*, it can raise, expired | rejected: not delivered, and the device would refuse it now |
//! | *s* before *n*, it can't raise, same connection | open: it may still arrive, and is harmless |
//! | *s* before *n*, it can't raise, newer connection | rejected: not delivered |
//! | *s* after *n*, a start whose session is there | confirmed |
//! | *s* after *n*, a start whose session is not there | rejected: overtaken |
//! | *s* after *n*, anything else | unknown for good; overtaken, so it can't be applied any more |

use super::heard::is_newer;
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
        // Numbers only go up: it had not been taken when this was true.
        _ if newest == intent.newest_before || newest.is_some_and(|newest| is_newer(intent.sequence, newest)) => {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::therapy::{BootId, CommandId, DeviceMoment, DeviceRefusal, DeviceState, Newest, Reason, SessionId};
    use crate::units::Percent;

    const BEFORE: Option<u16> = Some(7);
    const MINE: u16 = 10;

    fn intent(kind: OrderKind, expires: Option<u64>) -> Intent {
        Intent {
            command: CommandId(1),
            kind,
            session: SessionId::new(77),
            sequence: MINE,
            boot: Some(BootId(1)),
            newest_before: BEFORE,
            expires: expires.map(DeviceMoment),
        }
    }

    fn report(boot: u32, at: u64, newest: Option<(u16, Taken)>, session: u32) -> DeviceReport {
        DeviceReport {
            boot: BootId(boot),
            at: DeviceMoment(at),
            state: DeviceState::Idle,
            reason: Reason::None,
            session: SessionId::new(session),
            mode: None,
            elapsed_s: 0,
            remaining_s: 0,
            lease_s: 0,
            newest: newest.map(|(sequence, taken)| Newest { sequence, taken }),
            faults: 0,
            faults_forbid_therapy: false,
            battery: Percent::saturating(90),
            channels: Vec::new(),
        }
    }

    /// A stop goes its own way: the device may tell of it after a start was sent, and before it takes that.
    #[test]
    fn a_command_is_not_overtaken_by_one_before_it() {
        let start = Intent { newest_before: Some(8), ..intent(OrderKind::Start, Some(50)) };
        let told =
            |at, newest, session| settle(&start, &report(1, at, Some((newest, Taken::Accepted)), session), false);
        assert_eq!(told(10, 9, 5), None, "the stop is the newest still");
        let confirmed = Some((Outcome::Confirmed, SettledBy::Status));
        assert_eq!(told(11, MINE, 77), confirmed);
        let lost = Some((Outcome::Rejected(Rejection::NotDelivered), SettledBy::Status));
        assert_eq!(told(51, 9, 5), lost);
    }

    #[test]
    fn every_row_of_the_table() {
        use OrderKind::{Pause, SetIntensity, Start};
        let yes = Taken::Accepted;
        let no = Taken::Refused(DeviceRefusal::AboveCap);
        let rejected = |why| Some(Outcome::Rejected(why));
        let refused = rejected(Rejection::Device(DeviceRefusal::AboveCap));
        // kind, expires, boot, ticks, newest, session of the device, reconnected, outcome
        let rows = [
            (SetIntensity, Some(50), 2, 60, None, 0, true, rejected(Rejection::DeviceRestarted)),
            (SetIntensity, Some(50), 1, 10, Some((MINE, yes)), 77, false, Some(Outcome::Confirmed)),
            (SetIntensity, Some(50), 1, 99, Some((MINE, yes)), 77, true, Some(Outcome::Confirmed)),
            (SetIntensity, Some(50), 1, 10, Some((MINE, no)), 77, false, refused),
            (SetIntensity, Some(50), 1, 50, Some((7, yes)), 77, true, None),
            (SetIntensity, Some(50), 1, 51, Some((7, yes)), 77, false, rejected(Rejection::NotDelivered)),
            (Pause, None, 1, 999, Some((7, yes)), 77, false, None),
            (Pause, None, 1, 10, Some((7, yes)), 77, true, rejected(Rejection::NotDelivered)),
            (Start, Some(50), 1, 10, Some((11, yes)), 77, false, Some(Outcome::Confirmed)),
            (Start, Some(50), 1, 10, Some((11, yes)), 5, false, rejected(Rejection::Overtaken)),
            (Start, Some(50), 1, 10, Some((11, yes)), 0, false, rejected(Rejection::Overtaken)),
            (SetIntensity, Some(50), 1, 10, Some((11, yes)), 77, false, Some(Outcome::Unknown)),
            (Pause, None, 1, 10, Some((11, no)), 77, true, Some(Outcome::Unknown)),
            (SetIntensity, Some(50), 1, 10, None, 77, true, Some(Outcome::Unknown)),
            // A stop that was sent before it, and taken only now: it may still arrive.
            (Start, Some(50), 1, 10, Some((9, yes)), 5, false, None),
            (Start, Some(50), 1, 51, Some((9, yes)), 5, false, rejected(Rejection::NotDelivered)),
            (SetIntensity, Some(50), 1, 10, Some((9, yes)), 77, false, None),
            (Pause, None, 1, 10, Some((9, yes)), 77, false, None),
            (Pause, None, 1, 10, Some((9, yes)), 77, true, rejected(Rejection::NotDelivered)),
        ];
        for (index, (kind, expires, boot, at, newest, session, reconnected, expected)) in rows.into_iter().enumerate() {
            let settled = settle(&intent(kind, expires), &report(boot, at, newest, session), reconnected);
            assert_eq!(settled.map(|(outcome, _)| outcome), expected, "row {index}");
        }
    }
}
