//! The blobs and texts that the store keeps: posture chunks with their parts and slots, telemetry, plans, answers and names.
//!
//! The first byte chooses the codec. What is read writes to a blob that reads the same, and no blob makes more rows than the
//! store allows.

use lumbra_domain::pain::{Note, Place};
use lumbra_domain::programme::Programme;
use lumbra_domain::safety::SessionPlan;
use lumbra_domain::screening::{Answers, evaluate};
use lumbra_domain::therapy::OrderKind;
use lumbra_domain::units::UnixMillis;
use lumbra_store::blobs::{decode_parts, decode_posture, decode_slot, encode_posture, encode_slot};
use lumbra_store::telemetry::{self, ChannelSample, MAX_CHANNELS, TelemetrySample};
use lumbra_store::{MAX_ROWS, PostureChunk, PostureSample};

/// Reads one blob.
pub fn run(data: &[u8]) {
    let Some((which, blob)) = data.split_first() else { return };
    match which % 4 {
        0 if which / 4 % 4 == 1 => parts(blob),
        0 if which / 4 % 4 == 2 => slot(blob),
        0 => posture(blob),
        1 => telemetry_of(blob),
        2 => {
            if let Ok(text) = std::str::from_utf8(blob) {
                json(text);
            }
        }
        _ => {
            if let Ok(text) = std::str::from_utf8(blob) {
                names(text);
            }
        }
    }
}

fn posture(blob: &[u8]) {
    if let Ok(samples) = decode_posture(blob) {
        assert!(samples.len() <= MAX_ROWS);
        if !samples.is_empty() {
            let packed = encode_posture(&samples).expect("what was read can be kept");
            assert_eq!(decode_posture(&packed).expect("what was kept can be read"), samples);
            // Six bytes a sample, and what each column says of itself.
            assert!(packed.len() <= 200 + 7 * samples.len(), "nothing packs to much more than it is");
        }
    }
}

fn parts(blob: &[u8]) {
    for (ticks_ms, at_ms) in [(0, 0), (i64::MAX, i64::MIN), (i64::MIN, i64::MAX)] {
        if let Ok(samples) = decode_parts(blob, ticks_ms, at_ms) {
            assert!(samples <= MAX_ROWS as u64 * u64::from(u32::MAX));
        }
    }
}

fn slot(blob: &[u8]) {
    if let Ok(chunk) = decode_slot(blob) {
        assert!(chunk.samples.len() <= MAX_ROWS);
        // A tick below zero can be read from a damaged slot, but is never written.
        if !chunk.samples.is_empty()
            && let Ok(Some(again)) = encode_slot(&chunk)
        {
            assert_eq!(decode_slot(&again).expect("what was kept can be read"), chunk);
        }
    }
}

fn telemetry_of(blob: &[u8]) {
    if let Ok(samples) = telemetry::decode(blob) {
        assert!(samples.len() <= MAX_ROWS);
        assert!(samples.iter().all(|sample| sample.channels.len() <= MAX_CHANNELS));
        let packed = telemetry::encode(&samples).expect("what was read can be kept");
        assert_eq!(telemetry::decode(&packed).expect("what was kept can be read"), samples);
    }
}

fn json(text: &str) {
    if let Ok(plan) = serde_json::from_str::<SessionPlan>(text) {
        let parameters = *plan.programme.parameters();
        // A plan from the disk is held to what a new one is held to.
        assert_eq!(Programme::new(parameters).expect("no other programme can be read"), plan.programme);
        let again = serde_json::to_string(&plan).expect("a plan can be written");
        assert_eq!(serde_json::from_str::<SessionPlan>(&again).expect("and read"), plan);
    }
    if let Ok(answers) = serde_json::from_str::<Answers>(text) {
        assert!(!evaluate(&answers, UnixMillis::new(0)).advice().is_empty());
        let again = serde_json::to_string(&answers).expect("answers can be written");
        assert_eq!(serde_json::from_str::<Answers>(&again).expect("and read"), answers);
    }
}

fn names(text: &str) {
    if let Some(kind) = OrderKind::parse(text) {
        assert_eq!(kind.as_str(), text);
    }
    if let Ok(place) = Place::parse(text) {
        assert_eq!(place.as_str(), text);
    }
    if let Ok(note) = Note::new(text) {
        assert_eq!(Note::new(note.as_str()).expect("a note stays one"), note);
    }
    if let Some(programme) = Programme::built_in(text) {
        assert_eq!(programme.mode().id(), text);
    }
}

/// One of each, as the store writes it.
pub fn seeds() -> Vec<Vec<u8>> {
    let of = |which: u8, blob: Vec<u8>| [vec![which], blob].concat();
    let mut seeds = Vec::new();
    for count in [1_i16, 3, 200] {
        let leaning: Vec<PostureSample> = (0..count)
            .map(|at| PostureSample { pitch_ddeg: at, roll_ddeg: -at / 7, activity: 3, flags: u8::from(at % 50 == 0) })
            .collect();
        seeds.push(of(0, encode_posture(&leaning).expect("samples can be packed")));
        let chunk = PostureChunk {
            device_id: "4d1ccf5e-1a3f-4a0c-9a53-6b2f0f5a0001".into(),
            boot_id: 7,
            first_frame: 3,
            frame_count: 2,
            first_ticks_ms: 1_000,
            first_at_ms: 1_749_988_800_000,
            utc_offset_s: 7_200,
            interval_ms: 40,
            samples: leaning,
        };
        let mut slot = encode_slot(&chunk).expect("samples can be packed").expect("it is short");
        slot.truncate(400);
        seeds.push(of(8, slot));
    }
    // As version 5 wrote it: three samples at rest.
    seeds.push(of(0, vec![1, 3, 20, 0, 1, 0, 2, 6, 0, 1, 2, 0, 1]));
    // Two parts of ten frames.
    seeds.push(of(4, vec![1, 2, 0, 1, 20, 20, 0, 0, 0, 0, 64, 0, 0, 64, 0, 1, 80, 0, 0, 200, 1, 0, 0]));
    for channels in 0..=2 {
        let channel =
            |at: u32| ChannelSample { target_dma: 120, delivered_dma: 118, contact: 1, impedance_ohm: Some(900 + at) };
        let samples: Vec<TelemetrySample> =
            (0..40).map(|at| TelemetrySample { t_ms: at * 1_000, channels: vec![channel(at / 9); channels] }).collect();
        seeds.push(of(1, telemetry::encode(&samples).expect("samples can be packed")));
    }
    for mode in lumbra_domain::programme::MODES {
        let plan = SessionPlan {
            programme: Programme::built_in(mode.id).expect("it is built in"),
            duration: lumbra_domain::units::Seconds::new(1_200),
            grace: lumbra_domain::units::Seconds::new(10),
            pads: vec![Some(lumbra_domain::units::SquareCentimetres::from_tenths(250)), None],
        };
        seeds.push(of(2, serde_json::to_vec(&plan).expect("a plan can be written")));
        seeds.push(of(3, mode.id.into()));
    }
    seeds.push(of(2, serde_json::to_vec(&Answers::all_no()).expect("answers can be written")));
    seeds.extend(
        ["set_intensity", "clear_faults", "lower-back", "since the morning,\nworse when I sit"]
            .map(|text| of(3, text.into())),
    );
    seeds
}
