//! The byte-exact cases of `tests/wire`, and what no bytes may do.
// In a test file a failure is a panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fmt::Debug;
use std::path::PathBuf;

use lumbra_protocol::{
    Capabilities, ControlFrame, ElapsedTime, Frame, MAX_FRAME_LEN, MIN_ATT_MTU, PostureFrame, PostureSample, Record,
    RecordReply, RecordRequest, Response, Status, Ticks,
};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn cases(file: &str) -> Vec<Value> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/wire").join(file);
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(!cases.is_empty());
    cases
}

fn bytes(case: &Value) -> Vec<u8> {
    let hex = case["hex"].as_str().unwrap().as_bytes();
    hex.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Runs a file of cases both ways.
fn check<T, E>(file: &str, decode: impl Fn(&[u8]) -> Result<T, E>, encode: impl Fn(&T) -> Frame)
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
    E: Debug,
{
    for case in cases(file) {
        let name = format!("{file}: {}", case["name"]);
        let decoded = decode(&bytes(&case)).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(serde_json::to_value(&decoded).unwrap(), case["value"], "{name}");
        if case["decode_only"] != json!(true) {
            let value: T = serde_json::from_value(case["value"].clone()).unwrap();
            assert_eq!(encode(&value).to_vec(), bytes(&case), "{name}");
        }
    }
}

#[test]
fn capabilities() {
    check("capabilities.json", Capabilities::decode, Capabilities::encode);
}

#[test]
fn commands() {
    check("command.json", ControlFrame::decode, ControlFrame::encode);
}

#[test]
fn responses() {
    check("response.json", Response::decode, Response::encode);
}

#[test]
fn statuses() {
    check("status.json", Status::decode, Status::encode);
}

#[test]
fn records() {
    check("record.json", Record::decode, Record::encode);
}

#[test]
fn record_access() {
    check("record_access_request.json", RecordRequest::decode, RecordRequest::encode);
    check("record_access_reply.json", RecordReply::decode, RecordReply::encode);
}

#[test]
fn elapsed_times() {
    check("elapsed_time.json", ElapsedTime::decode, ElapsedTime::encode);
}

#[test]
fn posture_frames() {
    for case in cases("posture.json") {
        let value = &case["value"];
        let samples: Vec<PostureSample> = serde_json::from_value(value["samples"].clone()).unwrap();
        let number = u32::try_from(value["number"].as_u64().unwrap()).unwrap();
        let interval_ms = u16::try_from(value["interval_ms"].as_u64().unwrap()).unwrap();
        let ticks = Ticks::from_ms(value["ticks"].as_u64().unwrap());
        let frame = PostureFrame::new(number, ticks, interval_ms, &samples).unwrap();
        assert_eq!(frame.encode().to_vec(), bytes(&case), "{}", case["name"]);
        assert_eq!(PostureFrame::decode(&bytes(&case)), Ok(frame), "{}", case["name"]);
        assert!(samples.len() <= PostureFrame::capacity(MAX_FRAME_LEN));
    }
    assert_eq!(PostureFrame::capacity(MAX_FRAME_LEN), 38);
}

fn is_refused(frame: &str, bytes: &[u8]) -> bool {
    match frame {
        "capabilities" => Capabilities::decode(bytes).is_err(),
        "command" => ControlFrame::decode(bytes).is_err(),
        "response" => Response::decode(bytes).is_err(),
        "status" => Status::decode(bytes).is_err(),
        "posture" => PostureFrame::decode(bytes).is_err(),
        "record" => Record::decode(bytes).is_err(),
        "record_access_reply" => RecordReply::decode(bytes).is_err(),
        "elapsed_time" => ElapsedTime::decode(bytes).is_err(),
        other => panic!("no such frame: {other}"),
    }
}

#[test]
fn what_must_be_refused_is_refused() {
    for case in cases("refused.json") {
        assert!(is_refused(case["frame"].as_str().unwrap(), &bytes(&case)), "{case}");
    }
}

#[test]
fn every_case_cut_short_is_refused_or_says_the_same() {
    for file in ["capabilities.json", "status.json", "response.json"] {
        for case in cases(file).iter().filter(|case| case["decode_only"] != json!(true)) {
            let whole = bytes(case);
            for len in 0..whole.len() {
                assert!(is_refused(file.trim_end_matches(".json"), &whole[..len]), "{file} {} at {len}", case["name"]);
            }
        }
    }
}

#[test]
fn the_largest_control_and_status_frames_fit_the_smallest_link() {
    for file in ["command.json", "status.json"] {
        for case in cases(file) {
            assert!(bytes(&case).len() <= usize::from(MIN_ATT_MTU) - 3, "{}", case["name"]);
        }
    }
}

proptest! {
    /// No bytes make a decoder panic; what it does accept, it encodes to the same bytes or to a prefix.
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..260)) {
        if let Ok(frame) = ControlFrame::decode(&bytes) {
            prop_assert!(bytes.starts_with(&frame.encode()));
        }
        if let Ok(frame) = Response::decode(&bytes) {
            prop_assert!(bytes.starts_with(&frame.encode()));
        }
        if let Ok(frame) = Record::decode(&bytes) {
            prop_assert!(bytes.starts_with(&frame.encode()));
        }
        if let Ok(frame) = PostureFrame::decode(&bytes) {
            prop_assert!(bytes.starts_with(&frame.encode()));
        }
        if let Ok(status) = Status::decode(&bytes) {
            prop_assert_eq!(Status::decode(&status.encode()), Ok(status));
        }
        let _ = (Capabilities::decode(&bytes), RecordRequest::decode(&bytes), RecordReply::decode(&bytes));
        let _ = ElapsedTime::decode(&bytes);
    }

    /// A good frame with one byte changed is never taken for more channels or samples than there are bytes.
    #[test]
    fn one_byte_changed(at in 0_usize..45, to in any::<u8>()) {
        for case in cases("status.json") {
            let mut changed = bytes(&case);
            if let Some(byte) = changed.get_mut(at) {
                *byte = to;
            }
            if let Ok(status) = Status::decode(&changed) {
                prop_assert!(usize::from(status.channels.count()) * 7 + 31 <= changed.len());
            }
        }
    }
}
