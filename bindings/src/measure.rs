//! What only a measurement needs: built with the feature `measure`, for the benches.

use crate::error::LumbraError;
use crate::lumbra::Lumbra;

#[uniffi::export]
impl Lumbra {
    /// So many bytes, fetched the way everything is fetched: what the transfer of a chart is measured against.
    pub async fn measure_bytes(&self, count: u32) -> Result<Vec<u8>, LumbraError> {
        self.run(move |_| async move { Ok(vec![0; usize::try_from(count).unwrap_or_default()]) }).await
    }
}
