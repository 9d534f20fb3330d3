//! The wearable in the same process: for demos, for the apps' demo mode, and for tests in virtual time.

use lumbra_link::Peripheral;

use super::runner::{Runner, WearableHandle};
use crate::device::Device;

/// Serves a device in a task of its own. The task ends when the radio's side and the handle are gone.
pub fn spawn(device: Device, seed: u64) -> (Peripheral, WearableHandle) {
    let (peripheral, mut messages, answers) = Peripheral::pair();
    let (mut runner, handle) = Runner::new(device, seed);
    tokio::spawn(async move {
        loop {
            let (arrived, open) = runner.turn(&mut messages).await;
            let heard = arrived.into_iter().all(|message| answers.send(message).is_ok());
            if !open || !heard {
                break;
            }
        }
    });
    (peripheral, handle)
}
