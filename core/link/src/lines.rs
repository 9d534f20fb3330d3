//! The air over a byte stream: one JSON object a line, UTF-8, `\n` at the end.
//!
//! Both sides use [`carry`]: a central sends [`ToPeripheral`](crate::air::ToPeripheral) and receives
//! [`ToCentral`](crate::air::ToCentral), whoever plays the peripheral the other way round. The end of the
//! stream is the end of the link. A peripheral begins with its profile and its advertisement, so a client
//! that only listens (a scan) has what it came for and goes away without ever having been connected.

use std::io::ErrorKind;

use futures::{SinkExt, StreamExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_util::codec::{FramedRead, FramedWrite, LinesCodec, LinesCodecError};

/// The longest line that is read, in bytes: a whole attribute table takes some 4,000.
pub const MAX_LINE_LEN: usize = 64 * 1024;

/// Why a stream was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinesError {
    /// The stream itself failed.
    #[error("the stream failed ({0}): connect again")]
    Stream(ErrorKind),
    /// A line is longer than [`MAX_LINE_LEN`].
    #[error("a line is longer than {MAX_LINE_LEN} bytes: the other side doesn't speak this protocol")]
    TooLong,
    /// A line isn't a message.
    #[error("a line isn't a message: the other side doesn't speak this protocol, or another version of it")]
    NotAMessage,
}

impl From<LinesCodecError> for LinesError {
    fn from(error: LinesCodecError) -> Self {
        match error {
            LinesCodecError::MaxLineLengthExceeded => Self::TooLong,
            LinesCodecError::Io(error) if error.kind() == ErrorKind::InvalidData => Self::NotAMessage,
            LinesCodecError::Io(error) => Self::Stream(error.kind()),
        }
    }
}

/// Carries messages both ways until the stream ends, either channel is closed by its user, or the other
/// side breaks the rules. What was handed over in `outgoing` is written before it returns for a closed
/// channel. `incoming` is dropped when it returns: that is how its receiver learns of the end.
pub async fn carry<In, Out>(
    stream: impl AsyncRead + AsyncWrite,
    incoming: mpsc::UnboundedSender<In>,
    mut outgoing: mpsc::UnboundedReceiver<Out>,
) -> Result<(), LinesError>
where
    In: DeserializeOwned,
    Out: Serialize,
{
    let (read_half, write_half) = tokio::io::split(stream);
    let mut lines = FramedRead::new(read_half, LinesCodec::new_with_max_length(MAX_LINE_LEN));
    let mut sink = FramedWrite::new(write_half, LinesCodec::new());
    let reading = async {
        while let Some(line) = lines.next().await {
            let message = serde_json::from_str(&line?).map_err(|_| LinesError::NotAMessage)?;
            if incoming.send(message).is_err() {
                break;
            }
        }
        Ok(())
    };
    let writing = async {
        while let Some(message) = outgoing.recv().await {
            let line = serde_json::to_string(&message).map_err(|_| LinesError::NotAMessage)?;
            sink.send(line).await?;
        }
        Ok(SinkExt::<String>::close(&mut sink).await?)
    };
    tokio::select! {
        result = reading => result,
        result = writing => result,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::AsyncWriteExt;

    use super::*;
    use crate::air::{ToCentral, ToPeripheral};

    async fn hear(bytes: &[u8]) -> (Vec<ToCentral>, Result<(), LinesError>) {
        let (mut theirs, ours) = tokio::io::duplex(256 * 1024);
        theirs.write_all(bytes).await.unwrap();
        drop(theirs);
        let (sender, mut received) = mpsc::unbounded_channel();
        let (_keep, outgoing) = mpsc::unbounded_channel::<ToPeripheral>();
        let result = carry(ours, sender, outgoing).await;
        let mut messages = Vec::new();
        while let Some(message) = received.recv().await {
            messages.push(message);
        }
        (messages, result)
    }

    #[tokio::test]
    async fn messages_before_the_garbage_count_and_nothing_after() {
        let (messages, result) =
            hear(b"{\"type\":\"written\",\"id\":7}\nnot json\n{\"type\":\"written\",\"id\":8}\n").await;
        assert_eq!(messages, [ToCentral::Written { id: 7 }]);
        assert_eq!(result, Err(LinesError::NotAMessage));
    }

    #[tokio::test]
    async fn an_endless_line_is_given_up() {
        let (messages, result) = hear(&vec![b'x'; MAX_LINE_LEN + 2]).await;
        assert!(messages.is_empty());
        assert_eq!(result, Err(LinesError::TooLong));
    }

    #[tokio::test]
    async fn odd_hexadecimal_is_no_message() {
        let (_, result) = hear(b"{\"type\":\"value\",\"id\":1,\"value\":\"abc\"}\n").await;
        assert_eq!(result, Err(LinesError::NotAMessage));
    }

    #[tokio::test]
    async fn what_was_handed_over_is_written_before_the_end() {
        let (theirs, ours) = tokio::io::duplex(64);
        let (sender, outgoing) = mpsc::unbounded_channel();
        for id in 0..100 {
            sender.send(ToCentral::Written { id }).unwrap();
        }
        drop(sender);
        let (nothing, _keep) = mpsc::unbounded_channel::<ToPeripheral>();
        let (heard, mut received) = mpsc::unbounded_channel::<ToCentral>();
        let (_keep_too, silent) = mpsc::unbounded_channel::<ToPeripheral>();
        let (wrote, read) = tokio::join!(carry(ours, nothing, outgoing), carry(theirs, heard, silent));
        assert_eq!((wrote, read), (Ok(()), Ok(())));
        for id in 0..100 {
            assert_eq!(received.recv().await, Some(ToCentral::Written { id }));
        }
        assert_eq!(received.recv().await, None);
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let (messages, result) = runtime.block_on(hear(&bytes));
            // Random bytes are never a message; blank input is the only thing without complaint.
            prop_assert!(messages.is_empty());
            prop_assert_eq!(result.is_ok(), bytes.is_empty());
        }
    }
}
