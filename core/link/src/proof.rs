//! The proof that a link is protected: a value that no wearable gives away without it.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use crate::att;
use crate::error::LinkError;

/// How long the proof may take where nobody is asked anything.
const PROOF_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a person may take over the system's pairing dialog.
const DIALOG_TIMEOUT: Duration = Duration::from_mins(1);
/// While the dialog is open, a refused read is tried again this often.
const DIALOG_INTERVAL: Duration = Duration::from_secs(2);

/// Reads and returns the serial number, which no wearable gives away on a link without authentication. Where the system asks for the
/// passkey, this is also what opens its dialog; when one is wanted, the person gets time.
pub(crate) async fn prove<F>(dialog: bool, mut read_serial: impl FnMut() -> F) -> Result<Vec<u8>, LinkError>
where
    F: Future<Output = Result<Vec<u8>, LinkError>>,
{
    let patience = if dialog { DIALOG_TIMEOUT } else { PROOF_TIMEOUT };
    let deadline = Instant::now() + patience;
    loop {
        let error = match timeout(patience, read_serial()).await {
            Err(_) => return Err(if dialog { LinkError::PairingFailed } else { LinkError::Timeout }),
            Ok(Ok(serial)) => return Ok(serial),
            Ok(Err(error)) => error,
        };
        let refused = matches!(error, LinkError::Refused(code) if att::is_about_protection(code));
        if !(dialog && refused && Instant::now() < deadline) {
            return Err(error);
        }
        sleep(DIALOG_INTERVAL).await;
    }
}
