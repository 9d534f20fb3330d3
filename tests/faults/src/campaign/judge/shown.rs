//! What the person saw: nothing shown as certain may be untrue for longer than the app can know better.

use lumbra::PhaseName;
use lumbra::domain::therapy::{CERTAIN_FOR_MS, CERTAIN_IDLE_FOR_MS};
use lumbra_protocol::DeviceState;
use lumbra_wearable::Lie;

use super::{Counter, Facts, TOLERANCE_DMA, Verdict, highest};
use crate::campaign::log::{Shown, What};

/// A certain reading is as old as [`CERTAIN_FOR_MS`] at the most, by the device's clock; what is shown is looked at again
/// every 250 ms in a session, every second otherwise, and published 100 ms later at the latest.
const LOOKS_MS: u64 = 350;
const LOOKS_IDLE_MS: u64 = 1_100;

/// What was shown from one moment to another.
struct Stretch<'a> {
    from_ms: u64,
    to_ms: u64,
    shown: &'a Shown,
}

pub(super) fn judge(facts: &Facts<'_>, verdict: &mut Verdict) {
    // The clocks may be taken to part by a thousandth, ten times what a watch crystal does.
    let slack_ms = facts.longest_trip_ms() + 20;
    let lies = lies(facts);
    for stretch in stretches(facts).iter().filter(|stretch| stretch.shown.certain) {
        let idle = matches!(stretch.shown.phase, PhaseName::Idle | PhaseName::Starting | PhaseName::Connecting);
        let may_be_old_ms =
            slack_ms + if idle { CERTAIN_IDLE_FOR_MS + LOOKS_IDLE_MS } else { CERTAIN_FOR_MS + LOOKS_MS };
        if lies
            .iter()
            .any(|(from_ms, to_ms)| stretch.to_ms >= *from_ms && stretch.from_ms <= to_ms.saturating_add(may_be_old_ms))
        {
            continue;
        }
        phase(facts, stretch, may_be_old_ms, verdict);
        currents(facts, stretch, may_be_old_ms, verdict);
        if stretch.shown.phase == PhaseName::Idle {
            idle_while_flowing(facts, stretch, slack_ms + CERTAIN_FOR_MS + LOOKS_MS, verdict);
        }
    }
}

/// When the status lied about what it showed as of now. A frozen one does not: it is old, and must be shown so; but an app
/// that is opened meanwhile has no clock of the device yet to tell that by.
fn lies(facts: &Facts<'_>) -> Vec<(u64, u64)> {
    let mut lies: Vec<(u64, u64)> = Vec::new();
    let mut open = None;
    let (mut frozen, mut new) = (false, false);
    for entry in &facts.evidence.entries {
        match &entry.what {
            What::Lying(lie) => {
                lies.extend(open.take().map(|from_ms| (from_ms, entry.at_ms)));
                frozen = *lie == Some(Lie::Frozen);
                if matches!(lie, Some(Lie::Idle | Lie::NoCurrent)) {
                    open = Some(entry.at_ms);
                }
            }
            What::Opened => new = true,
            What::Shown(shown) if shown.certain && std::mem::take(&mut new) && frozen => {
                lies.push((entry.at_ms, entry.at_ms));
            }
            _ => {}
        }
    }
    lies.extend(open.map(|from_ms| (from_ms, u64::MAX)));
    lies
}

fn stretches<'a>(facts: &'a Facts<'_>) -> Vec<Stretch<'a>> {
    let mut stretches: Vec<Stretch<'a>> = Vec::new();
    let mut open: Option<(u64, &Shown)> = None;
    for entry in &facts.evidence.entries {
        let next = match &entry.what {
            What::Shown(shown) => Some((entry.at_ms, shown)),
            What::Killed | What::Closed => None,
            _ => continue,
        };
        stretches.extend(open.take().map(|(from_ms, shown)| Stretch { from_ms, to_ms: entry.at_ms, shown }));
        open = next;
    }
    stretches
}

/// Fails when what was shown had not been true for longer than `may_be_old_ms`, at any moment of the stretch. `changes`:
/// the moments at which the truth changed, with whether it was as shown from then on.
fn stale_at(stretch: &Stretch<'_>, may_be_old_ms: u64, changes: impl Iterator<Item = (u64, bool)>) -> Option<u64> {
    // Up to when it was true last; before anything is known it counts as true.
    let mut true_until_ms = 0;
    let mut is_true = true;
    for (at_ms, true_from_now) in changes.take_while(|(at_ms, _)| *at_ms < stretch.to_ms) {
        let stale_ms = true_until_ms + may_be_old_ms;
        if !is_true && at_ms > stretch.from_ms && at_ms > stale_ms {
            return Some(stale_ms.max(stretch.from_ms));
        }
        if is_true {
            true_until_ms = at_ms;
        }
        is_true = true_from_now;
    }
    let stale_ms = true_until_ms + may_be_old_ms;
    (!is_true && stretch.to_ms > stale_ms).then(|| stale_ms.max(stretch.from_ms))
}

fn phase(facts: &Facts<'_>, stretch: &Stretch<'_>, may_be_old_ms: u64, verdict: &mut Verdict) {
    // The others claim nothing of the device: a stop or a start is under way.
    let claimed = match stretch.shown.phase {
        PhaseName::Running => DeviceState::Running,
        PhaseName::Paused => DeviceState::Paused,
        PhaseName::Idle => DeviceState::Idle,
        _ => return,
    };
    let changes = facts.evidence.turns.iter().map(|turn| (turn.at_ms, turn.state == claimed));
    if let Some(at_ms) = stale_at(stretch, may_be_old_ms, changes) {
        let what = format!("{:?} is shown as certain, and is not so", stretch.shown.phase);
        verdict.add(Counter::ShownWrong, at_ms, what);
    }
}

fn currents(facts: &Facts<'_>, stretch: &Stretch<'_>, may_be_old_ms: u64, verdict: &mut Verdict) {
    for (channel, (_, shown_dma)) in stretch.shown.channels_dma.iter().enumerate() {
        let fits = |dma: f64| (dma - shown_dma).abs() <= TOLERANCE_DMA + 1e-6;
        // What is zero at first counts too.
        let first = std::iter::once((0, fits(0.0)));
        let flows = facts.evidence.flows.iter();
        let changes =
            first.chain(flows.map(|flow| (flow.at_ms, fits(flow.currents_dma.get(channel).copied().unwrap_or(0.0)))));
        if let Some(at_ms) = stale_at(stretch, may_be_old_ms, changes) {
            let what = format!("{shown_dma:.1} dmA on channel {channel} are shown as certain, and are not so");
            verdict.add(Counter::ShownWrong, at_ms, what);
            return;
        }
    }
}

fn idle_while_flowing(facts: &Facts<'_>, stretch: &Stretch<'_>, may_be_old_ms: u64, verdict: &mut Verdict) {
    let flows = facts.evidence.flows.iter().map(|flow| (flow.at_ms, highest(&flow.currents_dma) <= 0.0));
    if let Some(at_ms) = stale_at(stretch, may_be_old_ms, flows) {
        verdict.add(Counter::ShownWrong, at_ms, "idle is shown as certain, and current flows".to_owned());
    }
}
