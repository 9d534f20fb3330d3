//! Every frame that the app reads from the radio, and every one that the wearable reads.
//!
//! The first byte chooses the decoder. What is decoded encodes to the bytes it came from, or, where a later minor version
//! may append inside a frame, to bytes that decode to the same; no bytes that are cut short are taken for more.

use std::fmt::Debug;

use lumbra_protocol::{
    Capabilities, ControlFrame, ElapsedTime, Endpoint, Frame, MAX_FRAME_LEN, PostureFrame, Record, RecordEvent,
    RecordReply, RecordRequest, Response, Status,
};

use crate::wire;

/// Decodes one frame.
pub fn run(data: &[u8]) {
    let Some((which, bytes)) = data.split_first() else { return };
    match which % 10 {
        0 => exact(bytes, Capabilities::decode, Capabilities::encode),
        1 => exact(bytes, ControlFrame::decode, ControlFrame::encode),
        2 => exact(bytes, Response::decode, Response::encode),
        // A status says how long its channels are: those of a later version are longer, and come back without what was added.
        3 => same(bytes, Status::decode, Status::encode),
        4 => exact(bytes, PostureFrame::decode, PostureFrame::encode),
        5 => record(bytes),
        6 => exact(bytes, RecordRequest::decode, RecordRequest::encode),
        7 => exact(bytes, RecordReply::decode, RecordReply::encode),
        // Flags that version 1 does not know, and the person's offset, are read and not kept.
        8 => same(bytes, ElapsedTime::decode, ElapsedTime::encode),
        _ => {
            if let Some(bytes) = bytes.first_chunk::<16>() {
                let uuid = u128::from_be_bytes(*bytes);
                assert!(Endpoint::from_uuid(uuid).is_none_or(|endpoint| endpoint.uuid() == uuid));
            }
        }
    }
}

/// What is decoded encodes to the same bytes, but for what follows the frame's known end.
fn exact<T: PartialEq + Debug, E: Debug>(
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, E>,
    encode: impl Fn(&T) -> Frame,
) {
    if let Ok(value) = decode(bytes) {
        let encoded = encode(&value);
        assert!(bytes.starts_with(&encoded), "{value:?}");
        assert!(encoded.len() <= MAX_FRAME_LEN);
        assert_eq!(decode(&encoded).expect("what was encoded is decoded"), value);
        // Less than the frame is no frame, unless what is cut off may be missing.
        let cut = &encoded[..encoded.len() - 1];
        assert!(decode(cut).map_or(true, |shorter| encode(&shorter).len() < encoded.len()), "{value:?}");
    }
}

/// What is decoded and encoded again decodes to the same value.
fn same<T: PartialEq + Debug, E: Debug>(
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, E>,
    encode: impl Fn(&T) -> Frame,
) {
    if let Ok(value) = decode(bytes) {
        let encoded = encode(&value);
        assert!(encoded.len() <= bytes.len(), "{value:?}");
        assert_eq!(decode(&encoded).expect("what was encoded is decoded"), value);
    }
}

fn record(bytes: &[u8]) {
    exact(bytes, Record::decode, Record::encode);
    if let Ok(Record { event: RecordEvent::PostureMinute { upright_s, not_worn_s, .. }, .. }) = Record::decode(bytes) {
        assert!(u16::from(upright_s) + u16::from(not_worn_s) <= 60, "a minute has sixty seconds");
    }
}

/// Every wire case, behind the number of its decoder.
pub fn seeds() -> Vec<Vec<u8>> {
    let files: [&str; 9] = [
        "capabilities",
        "command",
        "response",
        "status",
        "posture",
        "record",
        "record_access_request",
        "record_access_reply",
        "elapsed_time",
    ];
    let numbered = |(number, file): (u8, &str)| -> Vec<Vec<u8>> {
        wire::frames(file).into_iter().map(|bytes| [&[number][..], &bytes].concat()).collect()
    };
    let mut seeds: Vec<_> = (0..).zip(files).flat_map(numbered).collect();
    seeds.extend(Endpoint::ALL.iter().map(|endpoint| [&[9][..], &endpoint.uuid().to_be_bytes()].concat()));
    seeds
}
