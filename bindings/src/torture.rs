//! A fault of this software, on demand: built with the feature `torture`, for the tests that show what a shell sees of one.

use crate::error::LumbraError;
use crate::lumbra::Lumbra;

#[uniffi::export]
impl Lumbra {
    /// Panics on the core's own runtime.
    pub async fn torture_panic(&self) -> Result<(), LumbraError> {
        self.run(|_| async { provoke() }).await
    }

    /// Panics on the caller's thread.
    pub fn torture_panic_here(&self) -> Result<(), LumbraError> {
        Ok(provoke()?)
    }
}

#[allow(clippy::panic)] // What it is for.
fn provoke() -> Result<(), lumbra::Error> {
    panic!("asked for by a test")
}
