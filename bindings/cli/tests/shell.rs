//! The built `lumbra` as a person or a script uses it, with a virtual wearable on a socket and in real time.
// In a test file a failure is a panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

struct Bench {
    dir: tempfile::TempDir,
    wearable: Option<Child>,
}

impl Bench {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), wearable: None }
    }

    /// With a wearable that is served, paired, and a person who is screened.
    fn ready() -> Self {
        let mut bench = Self::new();
        let socket = bench.path("wearable");
        let flows = bench.path("flows");
        let wearable = bench
            .command(&["wearable", "serve", "--socket"])
            .arg(&socket)
            .arg("--flows")
            .arg(&flows)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        bench.wearable = Some(wearable);
        eventually("the wearable is served", || socket.exists());
        assert_eq!(bench.run(&["pair", "--passkey", "271828"]).0, 0);
        assert_eq!(bench.run(&["screen", "--all-no"]).0, 0);
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lumbra"));
        command
            .args(args)
            .env("LUMBRA_DATA", self.path("data"))
            .env("LUMBRA_RADIO", format!("socket:{}", self.path("wearable").display()))
            .env("LUMBRA_LOG", "debug")
            .stdin(Stdio::null())
            .stderr(std::fs::OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap());
        command
    }

    /// Runs a command with `--json`; its exit code and last line.
    fn run(&self, args: &[&str]) -> (i32, Value) {
        let Output { status, stdout, .. } = self.command(args).arg("--json").stdout(Stdio::piped()).output().unwrap();
        let text = String::from_utf8(stdout).unwrap();
        let last = text.lines().last().unwrap_or("null");
        (status.code().unwrap(), serde_json::from_str(last).unwrap_or_else(|_| panic!("{args:?} printed {last}")))
    }

    fn phase(&self) -> Value {
        self.run(&["status"]).1["phase"].clone()
    }

    /// What flows at the pads, in mA.
    fn flowing(&self) -> Vec<f64> {
        let text = std::fs::read_to_string(self.path("flows")).unwrap();
        let Some(last) = text.lines().last() else { return vec![0.0, 0.0] };
        serde_json::from_value(serde_json::from_str::<Value>(last).unwrap()["currents_ma"].clone()).unwrap()
    }

    fn start(&self) -> Child {
        let args = ["start", "conventional", "--minutes", "20", "--skin-ok", "--grace", "3", "--pain", "6", "--json"];
        let child = self.command(&args).stdout(Stdio::null()).spawn().unwrap();
        eventually("a session runs", || self.phase() == "running");
        child
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if let Some(wearable) = &mut self.wearable {
            wearable.kill().unwrap();
            wearable.wait().unwrap();
        }
    }
}

/// Waits for something that must come, with patience for a slow machine.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_mins(1), "never: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
}

#[test]
fn the_demo_tells_what_really_happened() {
    let bench = Bench::new();
    let (code, told) = bench.run(&["demo"]);
    assert_eq!(code, 0);
    assert_eq!(told["paired"], true);
    assert_eq!(told["session"]["outcome"], "completed");
    assert_eq!(told["session"]["max_delivered_ma"], told["session"]["max_at_the_pads_ma"]);
    assert!(told["session"]["max_delivered_ma"].as_f64() <= told["session"]["limit_ma"].as_f64());
    assert_eq!(told["link_losses_survived"], 2);
    assert_eq!(told["commands"]["unknown_settled"], 1);
    assert_eq!((told["pain"]["before"].as_u64(), told["pain"]["after"].as_u64()), (Some(6), Some(4)));
    assert!(told["posture"]["samples"].as_u64() > Some(20_000));
    assert_eq!(told["database"]["encrypted"], true);
    // It can be run again, and anew.
    assert_eq!(bench.run(&[]).1["session"]["outcome"], "completed");
}

#[test]
fn a_session_is_steered_from_other_processes_and_leaves_nothing_in_clear() {
    let bench = Bench::ready();
    let mut session = bench.start();
    assert_eq!(bench.run(&["start", "burst", "--skin-ok"]).0, 3, "a second start");
    let (code, refused) = bench.run(&["set", "40"]);
    assert_eq!((code, &refused["error"]["kind"]), (3, &Value::from("refused")));
    assert_eq!(bench.run(&["set", "4"]).0, 0);
    eventually("4 mA flow", || bench.flowing() == [4.0, 4.0]);
    assert_eq!(bench.run(&["pause"]).0, 0);
    eventually("nothing flows", || bench.flowing() == [0.0, 0.0]);
    assert_eq!(bench.run(&["resume"]).0, 0);
    assert_eq!(bench.flowing(), [0.0, 0.0]);
    assert_eq!(bench.run(&["stop"]).0, 0);
    assert!(session.wait().unwrap().success());
    assert_eq!(bench.run(&["pain", "3", "--when", "after", "--note", "markernote"]).0, 0);
    let (_, history) = bench.run(&["history"]);
    let entry = &history["sessions"][0];
    assert_eq!(
        (&entry["outcome"], &entry["pain_before"], &entry["pain_after"]),
        (&"stopped".into(), &6.into(), &3.into())
    );
    assert_eq!(
        bench.run(&["start", "conventional", "--skin-ok"]).1["error"]["kind"],
        "refused",
        "a pause between sessions"
    );

    let mut searched = 0;
    for file in files(&bench.path("data")).into_iter().chain([bench.path("log")]) {
        let bytes = std::fs::read(&file).unwrap();
        searched += bytes.len();
        for secret in ["markernote", "LB1-000001", "lower-back", "completed"] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} stands in {}", file.display());
        }
    }
    assert!(searched > 50_000, "only {searched} bytes were searched");
}

#[test]
fn a_killed_app_leaves_a_wearable_that_stops_and_a_session_that_is_found_again() {
    let bench = Bench::ready();
    let mut session = bench.start();
    assert_eq!(bench.run(&["set", "5"]).0, 0);
    eventually("5 mA flow", || bench.flowing() == [5.0, 5.0]);
    // In the middle of a command.
    let mut set = bench.command(&["set", "3"]).stdout(Stdio::null()).spawn().unwrap();
    session.kill().unwrap();
    session.wait().unwrap();
    set.wait().unwrap();
    eventually("the wearable has stopped by itself", || bench.flowing() == [0.0, 0.0]);
    let (code, status) = bench.run(&["status"]);
    assert_eq!(code, 0);
    assert_eq!((&status["phase"], &status["reason"]), (&"paused".into(), &"link_lost".into()));
    assert_eq!(status["session"]["begun"], true);
    let (_, audit) = bench.run(&["commands"]);
    for command in audit["commands"].as_array().unwrap() {
        assert!(matches!(command["outcome"].as_str(), Some("confirmed" | "rejected")), "{command}");
    }
    assert_eq!(bench.run(&["set", "3"]).0, 3, "nothing keeps a session going here");
    assert_eq!(bench.run(&["stop"]).0, 0);
    eventually("the session is over", || bench.phase() == "idle");
    assert_eq!(bench.run(&["history"]).1["sessions"][0]["outcome"], "stopped");
}

#[test]
fn posture_is_set_with_and_without_a_process_that_holds_the_wearable() {
    let bench = Bench::ready();
    let settings = |bench: &Bench| bench.run(&["posture", "show"]).1["settings"].clone();
    assert_eq!(settings(&bench)["mode"], "tracking", "silent until somebody chooses");
    let set = |args: &[&str]| {
        let (code, answer) = bench.run(args);
        assert_eq!(code, 0, "{args:?}: {answer}");
        answer
    };
    set(&["posture", "mode", "training", "--delay", "45", "--strength", "70"]);
    set(&["posture", "sensitivity", "high"]);
    set(&["posture", "quiet-hours", "23:00-06:30"]);
    assert_eq!(set(&["posture", "goal", "60"])["goal"]["share_percent"], 60);
    let calibrated = set(&["posture", "calibrate"]);
    assert_eq!((&calibrated["grade"], &calibrated["faces"]), (&"good".into(), &"ahead".into()));

    // Another process holds the wearable: it is the one that sets, so that it holds there at once.
    let mut holder = bench.command(&["watch", "--posture", "--json"]).stdout(Stdio::null()).spawn().unwrap();
    eventually("the wearable is held", || bench.path("data/control.sock").exists() && bench.phase() == "idle");
    set(&["posture", "breaks", "30"]);
    holder.kill().unwrap();
    holder.wait().unwrap();
    let expected = serde_json::json!({
        "mode": "training", "sensitivity": "high", "delay_s": 45, "strength_percent": 70,
        "quiet_hours": "23:00-06:30", "break_after_min": 30,
    });
    assert_eq!(settings(&bench), expected);
    assert_eq!(set(&["posture", "goal"])["goal"]["share_percent"], 60);
    set(&["posture", "quiet-hours", "none"]);
    assert_eq!(settings(&bench)["quiet_hours"], Value::Null);
    let refused = bench.run(&["posture", "goal", "20"]);
    assert_eq!((refused.0, &refused.1["error"]["kind"]), (2, &"invalid".into()));
}

#[test]
fn bad_input_gets_an_answer_and_loses_nothing() {
    let bench = Bench::new();
    let kind = |(code, answer): (i32, Value)| (code, answer["error"]["kind"].as_str().unwrap_or("none").to_owned());
    assert_eq!(kind(bench.run(&["status"])), (4, "no_such_device".into()));
    assert_eq!(kind(bench.run(&["start", "jazz", "--skin-ok"])), (2, "unknown_programme".into()));
    assert_eq!(kind(bench.run(&["pair", "--passkey", "1", "--seconds", "1"])), (4, "link".into()));
    assert_eq!(kind(bench.run(&["screen", "--answer", "nonsense=no"])), (2, "invalid".into()));
    assert_eq!(kind(bench.run(&["screen", "--all-no", "--answer", "implant=yes"])).0, 3);
    assert_eq!(kind(bench.run(&["pain", "5", "--place", "knee"])).0, 2);
    assert_eq!(bench.run(&["pain", "5"]).0, 0);

    // A wrong key: told, nothing touched; the right one opens it again.
    let key = bench.path("data/lumbra.key");
    let right = std::fs::read(&key).unwrap();
    let mut wrong = right.clone();
    let last = wrong.iter().rposition(u8::is_ascii_alphanumeric).unwrap();
    wrong[last] = if wrong[last] == b'0' { b'1' } else { b'0' };
    std::fs::write(&key, &wrong).unwrap();
    let refused = kind(bench.run(&["history"]));
    assert_eq!(refused.0, 5, "{refused:?}");
    std::fs::write(&key, &right).unwrap();
    assert_eq!(bench.run(&["history"]).1["pain"][0]["score"], 5);
}

#[test]
fn answers_that_rule_stimulation_out_stop_a_session_that_another_process_holds() {
    for answer in [&["screen", "--answer", "implant=yes"][..], &["red-flags", "--answer", "saddle=unsure"]] {
        let bench = Bench::ready();
        let mut session = bench.start();
        assert_eq!(bench.run(&["set", "4"]).0, 0);
        eventually("4 mA flow", || bench.flowing() == [4.0, 4.0]);
        assert_eq!(bench.run(answer).0, 3, "{answer:?}");
        eventually("nothing flows", || bench.flowing() == [0.0, 0.0]);
        assert!(session.wait().unwrap().success());
    }
}

#[test]
fn the_diary_is_written_corrected_and_shown() {
    let bench = Bench::new();
    let ok = |args: &[&str]| {
        let (code, value) = bench.run(args);
        assert_eq!(code, 0, "{args:?}: {value}");
        value
    };
    assert_eq!(ok(&["red-flags", "--due"])["due"], "never_checked");
    assert_eq!(ok(&["screen", "--all-no"])["screening"], "passed");
    assert_eq!(ok(&["pain", "2"])["red_flags_due"], Value::Null);
    let sites = ["--place", "lower-back:left", "--place", "leg:left", "--quality", "burning"];
    let told = ok(&[&["pain", "6", "--worst", "8", "--average", "5"], &sites[..]].concat());
    assert_eq!((&told["pain"]["sites"][1], &told["pain"]["worst"]), (&"leg:left".into(), &8.into()));
    assert_eq!(told["red_flags_due"], "new_leg");
    let id = told["pain"]["entry_id"].as_str().unwrap()[..8].to_owned();
    let edited = ok(&["pain", "edit", &id, "--score", "4", "--note", "better"]);
    assert_eq!((&edited["pain"]["score"], &edited["pain"]["qualities"][0]), (&4.into(), &"burning".into()));
    assert_eq!(bench.run(&["pain", "6", "--worst", "5"]).0, 2);
    assert_eq!(bench.run(&["pain", "edit", "nothing", "--score", "1"]).0, 2);
    assert_eq!(bench.run(&["red-flags", "--answer", "fever=no"]).0, 3, "the rest is open");
    let check = ok(&["red-flags", "--all-no"]);
    assert_eq!((&check["red_flags"], &check["due"]), (&"self_care".into(), &Value::Null));

    ok(&["diary", "--sleep", "6", "--sleep-hours", "7.5", "--medication", "ibuprofen 400 mg", "--heat"]);
    ok(&["diary", "--stiffness", "20m", "--trigger", "sitting", "--clear", "heat"]);
    let day = &ok(&["diary", "show", "--days", "2"])["days"][0];
    let wellbeing = &day["wellbeing"];
    assert_eq!((&wellbeing["sleep_min"], &wellbeing["stiffness_min"]), (&450.into(), &20.into()));
    assert_eq!((&wellbeing["heat"], &wellbeing["medications"][0]["dose"]), (&false.into(), &"400 mg".into()));
    assert_eq!(bench.run(&["diary", "--day", "2200-01-01", "--heat"]).0, 2, "it has not come yet");

    assert_eq!(ok(&["questionnaire", "peg", "--answers", "6,5,4"])["questionnaire"]["score"], 5.0);
    assert_eq!(ok(&["questionnaire", "roland-morris", "--answers", "1,3,21"])["questionnaire"]["score"], 3.0);
    assert_eq!(
        ok(&["questionnaire", "roland-morris", "--answers", "none", "--edit", "last"])["questionnaire"]["score"],
        0.0
    );
    let (code, refused) = bench.run(&["questionnaire", "peg", "--answers", "6,5"]);
    assert_eq!(code, 2);
    assert!(refused["error"]["message"].as_str().unwrap().contains("3 answers"), "{refused}");
    assert_eq!(ok(&["questionnaire", "show"])["questionnaires"].as_array().unwrap().len(), 2);
    // An emergency stays.
    assert_eq!(bench.run(&["red-flags", "--all-no", "--answer", "sexual=yes"]).0, 3);
    assert_eq!(bench.run(&["red-flags", "--all-no"]).0, 3);
    assert_eq!(ok(&["red-flags", "--all-no", "--clinician-agreed"])["screening"], "passed");
}

#[test]
fn what_a_person_takes_along_is_written_and_counted() {
    let bench = Bench::new();
    assert_eq!(bench.run(&["pain", "6", "--note", "=worse after sitting"]).0, 0);
    let (pdf, dir, bundle, document) =
        (bench.path("report.pdf"), bench.path("tables"), bench.path("bundle.json"), bench.path("all.json"));
    let today = jiff::ZonedDateTime::now().date();
    let [from, to] = [today.yesterday(), today.tomorrow()].map(|day| day.unwrap().to_string());
    let name = ["--name", "Marta Beispiel", "--born", "1974-05-02"];
    let mut args = vec!["report", "--from", &from, "--to", &to, "--out", pdf.to_str().unwrap()];
    args.extend(name);
    let (code, told) = bench.run(&args);
    assert_eq!((code, told["report"]["pain_entries"].as_u64()), (0, Some(1)), "{told}");
    assert!(std::fs::read(&pdf).unwrap().starts_with(b"%PDF-"));

    let mut args = vec!["export", "--csv", dir.to_str().unwrap(), "--fhir", bundle.to_str().unwrap()];
    args.extend(["--document", document.to_str().unwrap()]);
    args.extend(name);
    let (code, told) = bench.run(&args);
    assert_eq!((code, told["export"]["csv"]["rows"]["pain.csv"].as_u64()), (0, Some(1)), "{told}");
    assert_eq!(told["export"]["fhir"]["bundle"]["pain_entries"], 1);
    assert_eq!(told["export"]["document"]["document"]["pain_entries"], 1);
    assert!(std::fs::read_to_string(dir.join("pain.csv")).unwrap().contains(",'=worse after sitting"));
    let bundle: Value = serde_json::from_slice(&std::fs::read(&bundle).unwrap()).unwrap();
    assert_eq!(bundle["entry"][0]["resource"]["birthDate"], "1974-05-02");
    let document: Value = serde_json::from_slice(&std::fs::read(&document).unwrap()).unwrap();
    assert_eq!(document["format"], "lumbra-export-1");

    for wrong in [
        vec!["export"],
        vec!["report", "--from", "2026-02-30", "--to", "2026-03-01", "--out", "x.pdf"],
        vec!["report", "--from", "2026-03-02", "--to", "2026-03-01", "--out", "x.pdf"],
    ] {
        assert_eq!(bench.command(&wrong).stdout(Stdio::null()).status().unwrap().code(), Some(2), "{wrong:?}");
    }
}
