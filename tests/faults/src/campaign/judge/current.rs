//! What flowed: never above a limit, and never up again by itself.

use lumbra_protocol::{Command, ResultCode};
use lumbra_wearable::Taken;

use super::{Counter, Facts, Op, SLICES_MS, TOLERANCE_DMA, Therapy, Verdict};
use crate::campaign::log::Answer;
use crate::campaign::moves::Wish;

/// New targets that the device took.
struct Aim<'a> {
    at_ms: u64,
    targets_dma: &'a [u16],
    /// When a person asked for them; absent when nobody did.
    asked_ms: Option<u64>,
}

pub(super) fn judge(facts: &Facts<'_>, verdict: &mut Verdict) {
    let aims = aims(facts);
    limits(facts, verdict);
    own_caps(facts, &aims, verdict);
    rises(facts, &aims, verdict);
    rises_without_link(facts, verdict);
}

/// All targets that were taken, each with the call that asked for them: the newest one with these values that no other
/// has used up.
fn aims<'a>(facts: &'a Facts<'_>) -> Vec<Aim<'a>> {
    let mut used = vec![false; facts.ops.len()];
    let mut aims = Vec::new();
    for taken in facts.evidence.taken.iter().filter(|taken| taken.result == ResultCode::Accepted) {
        let Taken { at_ms, command: Command::SetIntensity { targets_dma, .. }, .. } = taken else { continue };
        let targets_dma = targets_dma.as_slice();
        let fits = |op: &Op<'_>| op.asked_ms <= *at_ms && op.targets_dma == Some(targets_dma);
        let asked = facts.ops.iter().zip(&mut used).rev().find(|(op, used)| !**used && fits(op));
        let asked_ms = asked.map(|(op, used)| {
            *used = true;
            op.asked_ms
        });
        aims.push(Aim { at_ms: *at_ms, targets_dma, asked_ms });
    }
    aims
}

/// The limits on each channel of a session, in 0.1 mA, worked out from what was started and from the published figures
/// alone: the device's own, the clinician's, the person's when the session was asked for, and those of the skin.
fn limits_dma(facts: &Facts<'_>, therapy: &Therapy<'_>) -> Vec<f64> {
    // Of several calls within the time that a start may be under way, it may have been any.
    let taken_ms = therapy.taken.at_ms;
    let under_way = taken_ms.saturating_sub(10_000)..=taken_ms;
    let asked = facts.ops.iter().filter(|op| matches!(op.wish, Wish::Start(_)) && under_way.contains(&op.asked_ms));
    let asked_ms = asked.map(|op| op.asked_ms).min().unwrap_or(taken_ms);
    let people_dma =
        f64::from(facts.evidence.clinician_cap_dma.unwrap_or(u16::MAX)).min(own_cap_dma(facts, asked_ms, taken_ms));
    let device_dma = f64::from(facts.evidence.device_max_dma);
    let programme = &therapy.start.programme;
    let channels = therapy.start.channels.as_slice().iter();
    channels
        .map(|channel| {
            let width_us = f64::from(programme.width_high_us);
            let within_hz = f64::from(programme.frequency_high_dhz) / 10.0;
            let rate_hz = programme
                .burst
                .map_or(within_hz, |burst| (f64::from(burst.pulses) * f64::from(burst.rate_dhz) / 10.0).min(within_hz));
            let area_cm2 = f64::from(channel.pad_area_dcm2) / 10.0;
            // A symmetric biphasic pulse: its peak is so much higher than its r.m.s. current.
            let peak_to_rms = (2.0 * width_us * 1e-6 * rate_hz).sqrt();
            // IEC 60601-2-10: 2 mA/cm2 r.m.s.
            let density_ma = 2.0 * area_cm2 / peak_to_rms;
            // FDA guidance: 0.25 W/cm2, at the middle one of its test loads, 2 kohm.
            let power_ma = (0.25 * area_cm2 / 2_000.0).sqrt() * 1_000.0 / peak_to_rms;
            // IEC 60601-2-10: 300 mJ a pulse into 500 ohm.
            let energy_ma = (0.3 / (500.0 * 2.0 * width_us * 1e-6)).sqrt() * 1_000.0;
            let charge_ma = f64::from(facts.evidence.device_max_charge_duc) / 10.0 * 1_000.0 / width_us;
            // The most that consumer devices have.
            let ma = [60.0, density_ma, power_ma, energy_ma, charge_ma].into_iter().fold(f64::INFINITY, f64::min);
            let session_dma = f64::from(channel.cap_dma);
            (ma * 10.0).min(people_dma).min(device_dma).min(session_dma)
        })
        .collect()
}

/// The person's own cap, in 0.1 mA: of those that may have been in force, the highest.
fn own_cap_dma(facts: &Facts<'_>, from_ms: u64, to_ms: u64) -> f64 {
    let mut possible = vec![f64::INFINITY];
    for op in &facts.ops {
        let Wish::OwnCap(cap_dma) = op.wish else { continue };
        if op.asked_ms > to_ms {
            break;
        }
        if op.answered_ms < from_ms && op.answer == Answer::Done {
            possible.clear();
        }
        possible.push(cap_dma.map_or(f64::INFINITY, f64::from));
    }
    possible.into_iter().fold(0.0, f64::max)
}

fn limits(facts: &Facts<'_>, verdict: &mut Verdict) {
    let limits: Vec<Vec<f64>> = facts.therapies.iter().map(|therapy| limits_dma(facts, therapy)).collect();
    for flow in &facts.evidence.flows {
        let begun = facts.therapies.iter().take_while(|therapy| therapy.taken.at_ms <= flow.at_ms).count();
        let none = Vec::new();
        let of_session = begun.checked_sub(1).and_then(|index| limits.get(index)).unwrap_or(&none);
        for (channel, dma) in flow.currents_dma.iter().enumerate() {
            let limit_dma = of_session.get(channel).copied().unwrap_or(0.0);
            if *dma > limit_dma + TOLERANCE_DMA {
                let what = format!("{dma:.1} dmA on channel {channel}, allowed are {limit_dma:.1}");
                verdict.add(Counter::OverLimit, flow.at_ms, what);
                return;
            }
        }
    }
}

/// A rise must fit the cap that the person had set when asking for it, be it in the middle of a session.
fn own_caps(facts: &Facts<'_>, aims: &[Aim<'_>], verdict: &mut Verdict) {
    for (index, aim) in aims.iter().enumerate() {
        let cap_dma = own_cap_dma(facts, aim.asked_ms.unwrap_or(aim.at_ms), aim.at_ms);
        let before =
            index.checked_sub(1).and_then(|index| aims.get(index)).filter(|before| in_force(facts, before, aim.at_ms));
        for (channel, target) in aim.targets_dma.iter().enumerate() {
            let before_dma = before.and_then(|before| before.targets_dma.get(channel)).copied().unwrap_or(0);
            if *target > before_dma && f64::from(*target) > cap_dma + TOLERANCE_DMA {
                let what = format!("a rise to {target} dmA on channel {channel}, the person's own cap is {cap_dma:.1}");
                verdict.add(Counter::OverLimit, aim.at_ms, what);
                return;
            }
        }
    }
}

/// Whether targets still hold at a moment: nothing has left Running since.
fn in_force(facts: &Facts<'_>, aim: &Aim<'_>, at_ms: u64) -> bool {
    facts
        .running
        .iter()
        .any(|running| running.from_ms <= aim.at_ms && aim.at_ms <= running.to_ms && at_ms <= running.to_ms)
}

/// PROFILE.md, section 7.1: nothing but an accepted Set Intensity ever sets a target above 0, and whenever Running is left,
/// all targets become 0. A current that rises must lead to a target that a person has asked for since Running was left last.
/// While output ramps down, the skin may let more of it through, but never more than the target before.
fn rises(facts: &Facts<'_>, aims: &[Aim<'_>], verdict: &mut Verdict) {
    let ramp_ms = |at_ms| facts.therapy_at(at_ms).map_or(0, Therapy::ramp_down_ms) + SLICES_MS;
    let mut before: Vec<f64> = Vec::new();
    for flow in &facts.evidence.flows {
        for (channel, dma) in flow.currents_dma.iter().enumerate() {
            if *dma <= before.get(channel).copied().unwrap_or(0.0) + 1e-6 {
                continue;
            }
            let at_ms = flow.at_ms;
            let of = |aim: &Aim<'_>| aim.targets_dma.get(channel).map_or(0.0, |target| f64::from(*target));
            let mut past = aims.iter().rev().skip_while(|aim| aim.at_ms > at_ms);
            let newest = past.next();
            let former = past.next();
            let allowed_dma = match newest {
                Some(aim) if in_force(facts, aim, at_ms) => {
                    let falling =
                        former.filter(|former| in_force(facts, former, at_ms) && at_ms <= aim.at_ms + ramp_ms(at_ms));
                    of(aim).max(falling.map_or(0.0, of))
                }
                Some(aim) => {
                    let left_ms = facts
                        .running
                        .iter()
                        .find(|running| running.to_ms >= aim.at_ms)
                        .map_or(0, |running| running.to_ms);
                    if at_ms <= left_ms.saturating_add(ramp_ms(at_ms)) {
                        of(aim).max(former.map_or(0.0, of))
                    } else {
                        0.0
                    }
                }
                None => 0.0,
            };
            if *dma > allowed_dma + TOLERANCE_DMA {
                let what = format!("{dma:.1} dmA on channel {channel}, the target in force is {allowed_dma:.1}");
                verdict.add(Counter::UnexpectedRise, at_ms, what);
                return;
            }
        }
        before.clone_from(&flow.currents_dma);
    }
    for aim in aims.iter().filter(|aim| aim.targets_dma.iter().any(|target| *target > 0)) {
        let left_ms = facts.running.iter().map(|running| running.to_ms).filter(|to_ms| *to_ms < aim.at_ms).max();
        match aim.asked_ms {
            None => {
                let what = format!("targets {:?} that nobody asked for", aim.targets_dma);
                verdict.add(Counter::UnexpectedRise, aim.at_ms, what);
            }
            Some(asked_ms) if left_ms.is_some_and(|left_ms| asked_ms < left_ms) => {
                let what =
                    format!("targets {:?} that were asked for before the session was interrupted", aim.targets_dma);
                verdict.add(Counter::UnexpectedRise, aim.at_ms, what);
            }
            Some(_) => {}
        }
    }
}

/// PROFILE.md, section 7.1: while the link is down, output must not rise. Pads that are put on better let more of the same
/// output through: sessions with such pads are not judged here.
fn rises_without_link(facts: &Facts<'_>, verdict: &mut Verdict) {
    use crate::campaign::log::What;
    use crate::campaign::moves::Act;
    if facts.happened(0, u64::MAX, |what| matches!(what, What::Moved(Act::Pads(..)))) {
        return;
    }
    let mut before: Vec<f64> = Vec::new();
    for flow in &facts.evidence.flows {
        // Sweat and drift change what the skin lets through by a little.
        let rises = flow.currents_dma.iter().zip(&before).any(|(now, before)| *now > before + 0.5);
        // The link as it was just before: it may have come back in the very slice.
        let down = |at_ms| facts.turn_at(at_ms).is_some_and(|turn| !turn.linked);
        if rises && down(flow.at_ms) && down(flow.at_ms.saturating_sub(SLICES_MS)) {
            verdict.add(Counter::UnexpectedRise, flow.at_ms, "output rises while the link is down".to_owned());
            return;
        }
        before.clone_from(&flow.currents_dma);
    }
}
