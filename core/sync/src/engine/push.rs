//! What was done, to the clinic.

use uuid::Uuid;

use super::client::Client;
use super::pull::not_ok;
use super::state::Stop;
use crate::download::read;
use crate::fhir::Bundle;
use crate::http::HttpError;
use crate::ledger::Ledger;
use crate::upload::{
    Ack, BYTES_MAX, BundleWay, Dead, ENTRIES_MAX, Entry, EntryId, Fate, Group, Verdict, Ways, Why, WriteWay, bundle,
    dead, identifier, isolate, judge, judge_single, pack, single,
};

/// How many groups in a row may fail in careful mode before it is the server that is broken.
const BAD_IN_A_ROW: usize = 3;

/// What a run has sent.
#[derive(Default)]
pub(super) struct Pushed {
    pub(super) acked: usize,
    pub(super) dead: usize,
    /// Groups that wait for another run, while others went on.
    pub(super) skipped: Vec<Uuid>,
}

pub(super) struct Push<'a> {
    pub(super) client: &'a Client<'a>,
    pub(super) ledger: &'a dyn Ledger,
    pub(super) ways: Ways,
    /// Group by group, and on past one that breaks the server: after several runs in a row that came to nothing.
    pub(super) careful: bool,
}

impl Push<'_> {
    pub(super) async fn run(&self, pushed: &mut Pushed) -> Result<(), Stop> {
        let mut bad = 0;
        loop {
            let mut groups = self.ledger.next_groups(ENTRIES_MAX, BYTES_MAX, &pushed.skipped).await?;
            if self.careful {
                groups.truncate(1);
            }
            let mut stack = pack(groups);
            if stack.is_empty() {
                return Ok(());
            }
            stack.reverse();
            while let Some(together) = stack.pop() {
                let verdict = self.send(&together).await;
                let (after, why) = match verdict {
                    Err(stop) => {
                        self.give_back(&together, &stack).await?;
                        return Err(stop);
                    }
                    Ok(Verdict::Done(fates)) => {
                        self.settle(&together, fates, pushed).await?;
                        bad = 0;
                        continue;
                    }
                    Ok(Verdict::Refused { outcome, .. }) if together.len() > 1 => {
                        let named = outcome.and_then(|outcome| outcome.entry());
                        stack.extend(isolate(together, named).into_iter().rev());
                        continue;
                    }
                    Ok(Verdict::Refused { status, outcome, text }) => {
                        let entries = together.iter().flat_map(Group::entries);
                        let all: Vec<Dead> =
                            entries.map(|entry| dead(entry, status, outcome.as_ref(), text.clone())).collect();
                        pushed.dead += all.len();
                        self.ledger.mark_dead(&all).await?;
                        continue;
                    }
                    Ok(Verdict::Conflict { .. }) if together.len() > 1 => {
                        stack.extend(isolate(together, None).into_iter().rev());
                        continue;
                    }
                    Ok(Verdict::Conflict { .. }) => {
                        match self.reread(&together).await {
                            Ok(fates) => self.settle(&together, fates, pushed).await?,
                            Err(stop) => {
                                self.give_back(&together, &stack).await?;
                                return Err(stop);
                            }
                        }
                        continue;
                    }
                    Ok(Verdict::Later { after, why }) => (after, why),
                    // The client has renewed the token and tried again already.
                    Ok(Verdict::Unauthorised) => (None, Why::Status(401)),
                };
                self.give_back(&together, &stack).await?;
                bad += 1;
                if !self.careful || !suspicious(why) || bad >= BAD_IN_A_ROW {
                    return Err(Stop::Later { after, why });
                }
                pushed.skipped.extend(together.iter().map(Group::id));
            }
        }
    }

    /// Sends groups in the server's way. In a way without transactions the entries of a group arrive one by one.
    async fn send(&self, groups: &[Group]) -> Result<Verdict, Stop> {
        self.ledger.mark_in_flight(&ids(groups)).await?;
        if self.ways.bundle != BundleWay::Single {
            let request = bundle(&self.client.base, self.ways, groups);
            return Ok(judge(&self.client.send(request).await?, groups));
        }
        let mut fates = Vec::new();
        for entry in groups.iter().flat_map(Group::entries) {
            let request = single(&self.client.base, self.ways.write, entry);
            match judge_single(&self.client.send(request).await?, entry) {
                Verdict::Done(fate) => fates.extend(fate),
                Verdict::Refused { status, outcome, text } => {
                    fates.push(Fate::Refused(dead(entry, status, outcome.as_ref(), text)));
                }
                Verdict::Conflict { .. } => fates.push(self.is_there(entry).await?),
                // What went before is sent again with it: harmless.
                other => return Ok(other),
            }
        }
        Ok(Verdict::Done(fates))
    }

    /// Keeps what became of each entry.
    async fn settle(&self, groups: &[Group], fates: Vec<Fate>, pushed: &mut Pushed) -> Result<(), Stop> {
        let (mut acks, mut refused, mut waiting) = (Vec::<Ack>::new(), Vec::<Dead>::new(), Vec::<EntryId>::new());
        let entries = groups.iter().flat_map(|group| group.entries().iter().map(move |entry| (group.id(), entry)));
        for ((group, entry), fate) in entries.zip(fates) {
            match fate {
                Fate::Acked(ack) => acks.push(ack),
                Fate::Refused(dead) => refused.push(dead),
                Fate::Later => {
                    waiting.push(entry.id);
                    if !pushed.skipped.contains(&group) {
                        pushed.skipped.push(group);
                    }
                }
            }
        }
        self.ledger.mark_acked(&acks).await?;
        self.ledger.mark_dead(&refused).await?;
        self.ledger.mark_pending(&waiting).await?;
        pushed.acked += acks.len();
        pushed.dead += refused.len();
        Ok(())
    }

    /// After a conflict: what is there already is acknowledged, the rest waits. Facts are only added, so there is nothing to merge.
    async fn reread(&self, groups: &[Group]) -> Result<Vec<Fate>, Stop> {
        let mut fates = Vec::new();
        for entry in groups.iter().flat_map(Group::entries) {
            fates.push(self.is_there(entry).await?);
        }
        Ok(fates)
    }

    async fn is_there(&self, entry: &Entry) -> Result<Fate, Stop> {
        let (resource, base) = (entry.resource.name(), &self.client.base);
        let acked = |etag| Fate::Acked(Ack { entry: entry.id, etag, server_id: None });
        if self.ways.write == WriteWay::Upsert {
            let response = self.client.send(read(&format!("{base}/{resource}/{}", entry.resource_id))).await??;
            return match response.status {
                200 => Ok(acked(response.version())),
                404 => Ok(Fate::Later),
                // The clinic has removed it: it does not come back by itself.
                410 => Ok(Fate::Refused(dead(entry, 410, None, None))),
                _ => Err(not_ok(&response)),
            };
        }
        let name = identifier(entry).replace('|', "%7C");
        let response = self.client.send(read(&format!("{base}/{resource}?{name}&_elements=id"))).await??;
        if response.status != 200 {
            return Err(not_ok(&response));
        }
        let found = Bundle::read(&response.body).map_err(|_| Stop::Later { after: None, why: Why::NotUnderstood })?;
        let is_it = |entry: &crate::fhir::BundleEntry| {
            entry.search.as_ref().and_then(|search| search.mode.as_deref()) != Some("outcome")
                && entry.resource.is_some()
        };
        Ok(if found.entry.iter().any(is_it) { acked(None) } else { Fate::Later })
    }

    /// Makes pending what is marked in flight and won't be sent in this run.
    async fn give_back(&self, together: &[Group], stack: &[Vec<Group>]) -> Result<(), Stop> {
        let mut all = ids(together);
        all.extend(stack.iter().flat_map(|groups| ids(groups)));
        Ok(self.ledger.mark_pending(&all).await?)
    }
}

fn ids(groups: &[Group]) -> Vec<EntryId> {
    groups.iter().flat_map(Group::ids).collect()
}

/// Whether what was sent may be the cause, and not the network or a server that is busy.
pub(super) fn suspicious(why: Why) -> bool {
    match why {
        Why::NoAnswer(error) => matches!(error, HttpError::Lost | HttpError::Truncated | HttpError::TooLarge),
        Why::Status(status) => matches!(status, 408 | 500 | 504),
        Why::NotUnderstood => true,
        Why::Redirect(_) => false,
    }
}
