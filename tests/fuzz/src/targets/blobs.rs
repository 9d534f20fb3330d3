//! The blobs and texts that the store keeps: posture chunks, telemetry, plans, answers and names.
//!
//! The first byte chooses the codec. What is read writes to a blob that reads the same, and no blob makes more rows than the
//! store allows.

use lumbra_domain::pain::{Note, Place};
use lumbra_domain::programme::Programme;
use lumbra_domain::safety::SessionPlan;
use lumbra_domain::screening::{Answers, evaluate};
use lumbra_domain::therapy::OrderKind;
use lumbra_domain::units::UnixMillis;
use lumbra_store::blobs::{decode_posture, encode_posture};
use lumbra_store::telemetry::{self, ChannelSample, MAX_CHANNELS, TelemetrySample};
use lumbra_store::{MAX_ROWS, PostureSample};

/// Reads one blob.
pub fn run(data: &[u8]) {
    let Some((which, blob)) = data.split_first() else { return };
    match which % 4 {
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
            assert!(packed.len() <= blob.len(), "nothing that is read packs smaller than by this codec");
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
    }
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
