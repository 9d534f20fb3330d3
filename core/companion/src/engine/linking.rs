//! The link: made, lost and made again, and what comes over it.

use lumbra_domain::therapy::{DeviceOrder, Input, Order};
use lumbra_link::{Connection, LinkError, LinkEvent};
use lumbra_protocol::{Endpoint, PostureFrame, RecordReply, Response, Status};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::establish::{Descriptions, Established, describe, establish};
use super::task::{Done, Link, RETRY_FROM, RETRY_TO, Task};
use crate::driver;
use crate::error::Error;
use crate::event::EventKind;
use crate::snapshot::LinkState;

impl Task {
    pub(super) fn connect_when_due(&mut self) {
        if self.link.is_some() || self.connecting.is_some() || Instant::now() < self.retry_at {
            return;
        }
        let (connecting, called_off) = oneshot::channel();
        self.connecting = Some(connecting);
        self.shown.link = LinkState::Connecting;
        let radio = self.context.radio.clone();
        let (peripheral, serial) = (self.context.peripheral.clone(), self.context.serial.clone());
        let recall = self.context.recall.clone();
        self.job(async move {
            tokio::select! {
                result = establish(&*radio, &peripheral, None, Some(&serial), &recall) => Done::Connected(Box::new(result)),
                // The sender is never used, only dropped.
                _ = called_off => Done::Disconnected,
            }
        });
    }

    pub(super) fn connected(&mut self, result: Result<Established, Error>) {
        self.connecting = None;
        match result {
            Ok(established) => {
                self.shown.link = LinkState::Connected;
                self.happened(EventKind::Connected);
                self.shown.link_problem = None;
                self.problem.clear();
                self.shown.records_fetched = false;
                self.retry_after = RETRY_FROM;
                let Established { connection, events, capabilities, report, read, .. } = established;
                self.link = Some(Link { connection: connection.clone(), events, capabilities, ready: false });
                self.step(Input::Connected);
                self.report(report, self.moment(read));
                self.approve_again();
                let since_2000_s = self.unix_ms() / 1_000 - 946_684_800;
                self.job(async move { Done::Ready(settle_down(&*connection, since_2000_s).await) });
            }
            Err(error) => {
                tracing::debug!(kind = error.kind(), "no link");
                self.shown.link_problem = Some(error.to_string());
                self.problem.set(error);
                self.retry_at = Instant::now() + self.retry_after;
                self.retry_after = (self.retry_after * 2).min(RETRY_TO);
            }
        }
    }

    pub(super) fn link_event(&mut self, event: Option<LinkEvent>) {
        match event {
            Some(LinkEvent::Value { endpoint, bytes }) => self.value(endpoint, &bytes),
            Some(LinkEvent::Disconnected) | None => {
                if self.link.take().is_none() {
                    return;
                }
                self.shown.link = LinkState::Connecting;
                self.shown.link_losses += 1;
                self.happened(EventKind::Disconnected);
                self.shown.records_fetched = false;
                self.records.link_lost();
                // The stream ends with the link, and nobody knows when there is another.
                self.flush_posture();
                self.posture.link_lost();
                self.retry_at = Instant::now();
                self.retry_after = RETRY_FROM;
                self.step(Input::LinkLost);
            }
        }
    }

    pub(super) fn value(&mut self, endpoint: Endpoint, bytes: &[u8]) {
        let outcome = match endpoint {
            Endpoint::Status => Status::decode(bytes).map(|status| self.report(driver::report(&status), self.now())),
            Endpoint::ControlPoint => Response::decode(bytes).map(|response| {
                let (boot, sequence, taken) = driver::reply(&response);
                self.step(Input::Reply { boot, sequence, taken });
            }),
            Endpoint::PostureStream => PostureFrame::decode(bytes).map(|frame| self.posture_frame(&frame)),
            Endpoint::RecordData => {
                let timeline = self.timeline();
                let step = self.records.record(bytes, &self.context.device_id, timeline);
                self.record_step(step);
                Ok(())
            }
            Endpoint::RecordAccess => RecordReply::decode(bytes).map(|reply| {
                let was_running = self.records.is_running();
                let step = self.records.reply(reply);
                self.record_step(step);
                self.shown.records_fetched |= was_running && !self.records.is_running();
            }),
            _ => Ok(()),
        };
        if let Err(error) = outcome {
            // A frame that can't be read changes nothing: silence, if it lasts, is noticed by itself.
            tracing::warn!(endpoint = endpoint.name(), %error, "an unreadable frame was dropped");
        }
    }

    pub(super) fn ready(&mut self, result: Result<Descriptions, LinkError>) {
        match result {
            Ok(descriptions) => {
                if let Some(link) = &mut self.link {
                    link.ready = true;
                }
                self.save_descriptions(descriptions);
                if let Some(rate_hz) = self.posture_rate.take() {
                    self.order(Order::Device(DeviceOrder::StartPosture { rate_hz }), None);
                }
                self.fetch_records(None);
            }
            Err(error) => {
                tracing::debug!(%error, "the link did not settle");
                self.drop_link();
            }
        }
    }

    pub(super) fn drop_link(&mut self) {
        if let Some(link) = &self.link {
            let connection = link.connection.clone();
            // `Disconnected` follows on the link's own events.
            self.job(async move {
                connection.disconnect().await;
                Done::Disconnected
            });
        }
    }
}

/// What a link needs beside control: the other streams, the time, and who the device is.
async fn settle_down(connection: &dyn Connection, since_2000_s: i64) -> Result<Descriptions, LinkError> {
    for endpoint in [Endpoint::PostureStream, Endpoint::RecordData, Endpoint::RecordAccess] {
        connection.subscribe(endpoint).await?;
    }
    if let Ok(seconds) = u64::try_from(since_2000_s) {
        let time = lumbra_protocol::ElapsedTime::Utc { seconds, source: 0 };
        // A clock that can't be set costs the records their wall time, nothing else.
        if let Err(error) = connection.write(Endpoint::CurrentElapsedTime, &time.encode()).await {
            tracing::debug!(%error, "the wearable's clock could not be set");
        }
    }
    describe(connection).await
}
