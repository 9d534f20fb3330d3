//! What only a measurement needs: built with the feature `measure`, for the benches. Rust's own times are taken in the process
//! and on the device that the shell measures, in turn with it.

use std::sync::Arc;
use std::time::Instant;

use crate::chart::ChartMetric;
use crate::demo::VirtualWearable;
use crate::device::Device;
use crate::error::LumbraError;
use crate::lumbra::Lumbra;

#[uniffi::export]
impl Lumbra {
    /// A call of the kind that every command is, which does nothing.
    pub async fn measure_nothing(&self) -> Result<(), LumbraError> {
        self.run(|_| async { Ok(()) }).await
    }

    /// So many bytes, fetched the way everything is fetched: what the transfer of a chart is measured against.
    pub async fn measure_bytes(&self, count: u32) -> Result<Vec<u8>, LumbraError> {
        self.run(move |_| async move { Ok(vec![0; usize::try_from(count).unwrap_or_default()]) }).await
    }

    /// How long a chart takes that stays in Rust, in ns.
    pub async fn measure_chart(&self, metric: ChartMetric, days: u32) -> Result<u64, LumbraError> {
        self.run(move |companion| async move {
            let began = Instant::now();
            companion.chart(metric.into(), days).await?;
            Ok(ns(began))
        })
        .await
    }
}

#[uniffi::export]
impl Device {
    /// How long it takes from a call in Rust until the wearable hears the frame, in ns.
    pub async fn measure_identify(&self, wearable: Arc<VirtualWearable>) -> Result<u64, LumbraError> {
        self.run(|device| async move {
            let began = Instant::now();
            device.identify().await?;
            let since_call = ns(began);
            let since_heard = wearable.since_heard_ns().ok().flatten();
            // Nothing was heard: longer than any command.
            Ok(since_heard.map_or(u64::MAX, |since_heard| since_call.saturating_sub(since_heard)))
        })
        .await
    }
}

fn ns(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
