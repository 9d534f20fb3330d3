//! Whether the app keeps a link that works: a session must not be interrupted, nor an order fail, for nothing.

use lumbra_wearable::FaultPlan;

use super::{Counter, Facts, Verdict, delivers};
use crate::campaign::log::What;
use crate::campaign::moves::Act;

/// What was wrong may show this much later: the app waits 25 s for a wearable at rest (`SILENT_IDLE_AFTER_MS` of the therapy
/// machine), and what it asks for then takes its time.
const CAUSE_WITHIN_MS: u64 = 40_000;

pub(super) fn judge(facts: &Facts<'_>, verdict: &mut Verdict) {
    for pair in facts.evidence.turns.windows(2) {
        let [before, after] = pair else { continue };
        if before.linked && !after.linked && !has_cause(facts, after.at_ms) {
            let what = "a link that works is cut".to_owned();
            verdict.add(Counter::CutForNothing, after.at_ms, what);
        }
    }
}

fn has_cause(facts: &Facts<'_>, at_ms: u64) -> bool {
    let from_ms = at_ms.saturating_sub(CAUSE_WITHIN_MS);
    let ends_links = |what: &What| match what {
        What::Killed | What::Closed | What::Lying(Some(_)) => true,
        What::Moved(act) => {
            matches!(act, Act::Cut | Act::Away(_) | Act::Reboot | Act::Kill { .. } | Act::Reopen { .. })
        }
        _ => false,
    };
    let earlier = facts.evidence.entries.iter().take_while(|entry| entry.at_ms < from_ms);
    let lie = earlier.filter_map(|entry| if let What::Lying(lie) = entry.what { Some(lie) } else { None }).last();
    facts.happened(from_ms, at_ms, ends_links)
        || lie.flatten().is_some()
        || !facts.airs(from_ms, at_ms).iter().all(is_clear)
}

const fn is_clear(air: &FaultPlan) -> bool {
    delivers(air) && air.delay_per_mille == 0
}
