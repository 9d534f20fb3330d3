//! Telemetry, posture and the wearable's records on their way to the store.

use lumbra_domain::clock::Mark;
use lumbra_domain::therapy::{DeviceReport, NotNow, Session};
use lumbra_protocol::{Endpoint, PostureFrame, Ticks};
use tokio::sync::oneshot;
use tokio::time::{Duration, Instant};

use super::establish::Descriptions;
use super::posture::Origin;
use super::records::{Step, Timeline};
use super::task::{Done, Task};
use crate::companion::note_zone;
use crate::driver;
use crate::error::Error;
use crate::event::EventKind;

/// Telemetry is handed to the store when so many samples have come.
const TELEMETRY_BATCH: usize = 10;
/// A wearable tells its status so often a second at most (PROFILE.md, 8).
const STATUSES_A_SECOND: u32 = 20;
/// The wearable's records are fetched this often while it is connected.
pub(super) const FETCH_EVERY: Duration = Duration::from_mins(5);

impl Task {
    pub(super) fn sample(&mut self, report: &DeviceReport) {
        let now = Instant::now();
        if !self.telemetry_pace.admits(1, STATUSES_A_SECOND, now) {
            return;
        }
        let t_ms = now.saturating_duration_since(self.session_from).as_millis();
        self.telemetry.push(driver::telemetry(report, u32::try_from(t_ms).unwrap_or(u32::MAX)));
        if self.telemetry.len() >= TELEMETRY_BATCH {
            self.flush_telemetry();
        }
    }

    pub(super) fn flush_telemetry(&mut self) {
        let Some(Session { id, boot, elapsed_s, .. }) = self.therapy.session() else { return };
        if self.telemetry.is_empty() {
            return;
        }
        let samples = std::mem::take(&mut self.telemetry);
        let stored = self.journal.telemetry(*id, *boot, *elapsed_s, samples);
        self.store_job(stored);
    }

    pub(super) fn posture_frame(&mut self, frame: &PostureFrame) {
        // A quarter more than was asked for: clocks differ. What is turned away counts as lost.
        let samples_a_second = self.posture_rate.map_or(0, |rate_hz| u32::from(rate_hz) * 5 / 4);
        if !self.posture_pace.admits(frame.samples().len(), samples_a_second, Instant::now()) {
            return;
        }
        let origin = Origin {
            device_id: &self.context.device_id,
            boot_id: self.last_report.as_ref().map_or(0, |report| report.boot.0),
            now_unix_ms: self.context.clock.unix_ms(),
            utc_offset_s: self.context.clock.utc_offset_s(),
        };
        if let Some((chunks, gaps)) = self.posture.take(frame, &origin) {
            let stored = self.journal.store.call(move |store| store.append_posture(&chunks, &gaps));
            self.store_job(stored);
        }
        for effect in self.posture.take_effects() {
            self.happened(EventKind::of_coach(effect));
        }
    }

    pub(super) fn flush_posture(&mut self) {
        if let Some((chunks, gaps)) = self.posture.flush() {
            let stored = self.journal.store.call(move |store| store.append_posture(&chunks, &gaps));
            self.store_job(stored);
        }
    }

    /// A command that waits for its answer has the link to itself.
    pub(super) fn fetch_when_due(&mut self) {
        let free = self.link.as_ref().is_some_and(|link| link.ready) && !self.therapy.awaits_answer();
        if free && Instant::now() >= self.fetch_at {
            self.fetch_records(None);
        }
    }

    /// Hands over everything and has it sealed: nothing is added to the stream for long. After a lost link something may soon be.
    pub(super) fn end_posture(&mut self) {
        self.flush_posture();
        let sealed = self.journal.store.call(lumbra_store::Store::seal_posture);
        self.store_job(sealed);
    }

    pub(super) fn fetch_records(&mut self, waiting: Option<oneshot::Sender<Result<u32, Error>>>) {
        self.fetch_at = Instant::now() + FETCH_EVERY;
        if self.link.as_ref().is_none_or(|link| !link.ready) {
            if let Some(waiting) = waiting {
                // Nobody waits any more when the asker has gone.
                let _ = waiting.send(Err(NotNow::NoLink.into()));
            }
            return;
        }
        let step = self.records.begin(waiting);
        self.record_step(step);
    }

    pub(super) fn record_step(&mut self, step: Option<Step>) {
        match step {
            None => {}
            Some(Step::Request(request)) => {
                let Some(link) = &self.link else { return };
                let connection = link.connection.clone();
                let bytes = request.encode();
                self.job(async move { Done::Wrote("records", connection.write(Endpoint::RecordAccess, &bytes).await) });
            }
            Some(Step::Save(records, ended)) => {
                let count = records.len();
                let now_ms = self.unix_ms();
                let (store, clock) = (self.journal.store.clone(), self.context.clock.clone());
                let device_id = self.context.device_id.clone();
                let mark = self.timeline().map(|timeline| Mark {
                    boot: timeline.boot_id,
                    ticks_ms: timeline.ticks.as_ms(),
                    wall_ms: timeline.at_unix_ms,
                });
                self.job(async move {
                    // The person may have travelled since the core was opened.
                    let noted = note_zone(&store, &*clock).await;
                    let saved = store
                        .call(move |store| {
                            super::restore::save_records(store, (&device_id, mark), &records, &ended, now_ms)
                        })
                        .await;
                    Done::RecordsSaved(count, noted.and(saved))
                });
            }
        }
    }

    pub(super) fn timeline(&self) -> Option<Timeline> {
        let report = self.last_report.as_ref()?;
        Some(Timeline {
            boot_id: report.boot.0,
            ticks: Ticks::from_ms(report.at.0),
            at_unix_ms: self.unix_ms(),
            utc_offset_s: self.context.clock.utc_offset_s(),
        })
    }

    pub(super) fn save_descriptions(&mut self, descriptions: Descriptions) {
        let device_id = self.context.device_id.clone();
        let link_id = self.context.peripheral.as_str().to_owned();
        let at_ms = self.unix_ms();
        let stored = self
            .journal
            .store
            .call(move |store| super::restore::save_descriptions(store, &device_id, &link_id, descriptions, at_ms));
        self.store_job(stored);
    }
}
