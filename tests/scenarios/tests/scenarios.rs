//! Every scenario of this folder, each a test.

// In a test file a failure is a panic.
#![allow(clippy::unwrap_used)]

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use lumbra_scenarios::play;

/// Notes an outcome for the table of all players, where one is wanted: a line in the file that `LUMBRA_SCENARIO_RESULTS` names.
fn note(scenario: &str, ok: bool) {
    if let Some(file) = std::env::var_os("LUMBRA_SCENARIO_RESULTS") {
        let line = format!("{scenario}\t{}\n", if ok { "ok" } else { "FAIL" });
        OpenOptions::new().create(true).append(true).open(file).unwrap().write_all(line.as_bytes()).unwrap();
    }
}

macro_rules! scenarios {
    ($($name:ident),+ $(,)?) => {
        $(
            #[tokio::test(start_paused = true)]
            async fn $name() {
                let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(concat!(stringify!($name), ".json"));
                let came = play(&file).await;
                note(stringify!($name), came.is_ok());
                if let Err(error) = came {
                    panic!("{error}");
                }
            }
        )+

        #[test]
        fn every_file_is_played() {
            let mut files: Vec<String> = std::fs::read_dir(env!("CARGO_MANIFEST_DIR"))
                .unwrap()
                .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".json").map(str::to_owned))
                .collect();
            files.sort();
            assert_eq!(files, [$(stringify!($name)),+]);
        }
    };
}

scenarios!(
    a_new_phone,
    first_start,
    out_of_envelope_refusals,
    pain_and_history,
    pair,
    plan_of_ones_own,
    posture_settings,
    restart_in_the_middle,
    screening_refuses,
    session_with_pads_off_and_link_loss,
    two_sided_stop,
);
