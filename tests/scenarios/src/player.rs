//! One scenario's world, and what its verbs do in it.

mod exercises;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lumbra::domain::pain::{Note, PainContext, PainScore, Place};
use lumbra::domain::posture::{PostureSettings, QuietHours};
use lumbra::domain::safety::PadCheck;
use lumbra::domain::screening::{Answer, QUESTIONS, Route, Screening};
use lumbra::domain::units::{Milliamps, Percent, Seconds};
use lumbra::link::{InProcessRadio, PairingPrompt, PeripheralId};
use lumbra::store::{FileKeyStore, Passphrase};
use lumbra::{
    ChartMetric, Companion, Config, Device, Error, Events, StartRequest, SystemClock, WallClock, built_in, noon_unix_ms,
};
use lumbra_wearable::serve::{self, WearableHandle};
use lumbra_wearable::{Config as WearableConfig, Contact, Device as Wearable, FaultPlan};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::Step;

/// How often `wait_for` looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);

pub(crate) struct Player {
    dir: TempDir,
    /// Where copies are kept.
    away: TempDir,
    radio: InProcessRadio,
    wearable: WearableHandle,
    clock: Arc<Clock>,
    passkey: u32,
    companion: Option<Companion>,
    device: Option<Device>,
    events: Option<Events>,
    pain_before: Option<String>,
}

/// What a step comes to: its result, or its failure.
type Came = Result<Value, Error>;

impl Player {
    pub(crate) fn new() -> std::io::Result<Self> {
        let config = WearableConfig::default();
        let (passkey, seed) = (config.passkey, config.seed);
        let (peripheral, wearable) = serve::spawn(Wearable::new(config), seed);
        Ok(Self {
            dir: tempfile::tempdir()?,
            away: tempfile::tempdir()?,
            radio: InProcessRadio::new(vec![(PeripheralId::new("virtual"), peripheral)]),
            wearable,
            clock: Arc::new(Clock { from_unix_ms: noon_unix_ms(&SystemClock), origin: Instant::now() }),
            passkey,
            companion: None,
            device: None,
            events: None,
            pain_before: None,
        })
    }

    /// Does a step; a failure becomes `{"error": kind}`, a refusal with its limit.
    pub(crate) async fn step(&mut self, step: &Step) -> Value {
        match self.carry_out(&step.verb, &step.arguments).await {
            Ok(value) => value,
            Err(Error::Refused(refusal)) => json!({
                "error": "refused",
                "limit": refusal.limit.as_str(),
                "asked": refusal.asked.to_string(),
                "allowed": refusal.allowed.to_string(),
            }),
            Err(error) => {
                let reason = error.to_string();
                json!({ "error": variant(&lumbra_ffi::LumbraError::from(error)), "reason": reason })
            }
        }
    }

    pub(crate) async fn end(&mut self) {
        if let Some(companion) = self.companion.take() {
            companion.close().await;
        }
    }

    async fn carry_out(&mut self, verb: &str, given: &Map<String, Value>) -> Came {
        match verb {
            "open" => {
                let companion = Companion::open(Config {
                    dir: self.dir.path().to_owned(),
                    keys: Box::new(FileKeyStore::new(self.dir.path().join("lumbra.key"))),
                    radio: Arc::new(self.radio.clone()),
                    clock: self.clock.clone(),
                })
                .await?;
                let set_aside = companion.set_aside().map_or(0, |set_aside| set_aside.files.len());
                self.companion = Some(companion);
                Ok(json!({ "set_aside": set_aside }))
            }
            "shut_down" => {
                self.end().await;
                done()
            }
            "scan" => {
                let found = self.open()?.scan().await?.recv().await.ok_or(Error::Closed)?;
                Ok(json!({ "name": found.name }))
            }
            "pair" => {
                let passkey =
                    given.get("passkey").and_then(Value::as_u64).and_then(|digits| u32::try_from(digits).ok());
                let label = Arc::new(Label(passkey.unwrap_or(self.passkey)));
                let device = self.open()?.pair(&PeripheralId::new("virtual"), None, label).await?;
                device.connected(Duration::from_secs(10)).await?;
                Ok(self.take(device))
            }
            "connect" => {
                let device = self.open()?.connect(None, Duration::from_secs(argument(given, "within_s")?)).await?;
                Ok(self.take(device))
            }
            "devices" => plain(self.open()?.devices().await?),
            "forget" => {
                self.open()?.forget(None).await?;
                done()
            }
            "wearable" => self.do_to_wearable(given).await,
            "status" => self.status().await,
            "wait" => {
                sleep(Duration::from_secs_f64(argument(given, "s")?)).await;
                done()
            }
            "snapshot" => plain(self.device()?.snapshot().borrow().clone()),
            "wait_for" => self.wait_for(given).await,
            "events" => {
                let mut names = Vec::new();
                if let Some(events) = &mut self.events {
                    while let Ok(Some(event)) = tokio::time::timeout(Duration::from_millis(1), events.next()).await {
                        names.push(plain(event)?.pointer("/kind/event").cloned().unwrap_or_default());
                    }
                }
                Ok(names.into())
            }
            "screening_questions" => Ok(json!({ "count": QUESTIONS.len() })),
            "answer_screening" | "screening" | "own_cap" | "pain" | "history" | "commands" | "records" | "chart"
            | "export" => self.diary(verb, given).await,
            "posture_settings"
            | "set_posture_settings"
            | "posture_goal"
            | "set_posture_goal"
            | "hours"
            | "pain_beside_posture" => self.posture(verb, given).await,
            "plan" | "begin_plan" | "follow_review" | "end_plan" | "exercises_today" | "exercise_done"
            | "exercise_skipped" | "exercise_agreed" | "morning" | "exercise_log" | "exercise_page" => {
                exercises::step(self.open()?, verb, given).await
            }
            "back_up" | "erase" | "restore" => self.keep(verb, given).await,
            _ => self.command(verb, given).await,
        }
    }

    async fn diary(&mut self, verb: &str, given: &Map<String, Value>) -> Came {
        let companion = self.open()?.clone();
        match verb {
            "answer_screening" => {
                let mut answers: BTreeMap<String, Answer> =
                    QUESTIONS.iter().map(|question| (question.id.to_owned(), Answer::No)).collect();
                answers.extend(optional::<BTreeMap<String, Answer>>(given, "answers")?.unwrap_or_default());
                for question in optional::<Vec<String>>(given, "unanswered")?.unwrap_or_default() {
                    answers.remove(&question);
                }
                let agreed = optional(given, "clinician_agreed")?.unwrap_or(false);
                Ok(screened(&companion.answer_screening(answers, agreed).await?))
            }
            "screening" => Ok(screened(&companion.screening().await?)),
            "own_cap" => {
                let limit: Option<f64> = optional(given, "limit_ma")?;
                companion.set_own_cap(limit.map(milliamps).transpose()?).await?;
                done()
            }
            "pain" => {
                let context = match argument::<String>(given, "context")?.as_str() {
                    "before_session" => PainContext::BeforeSession,
                    "after_session" => PainContext::AfterSession,
                    _ => PainContext::Diary,
                };
                let place: String = optional(given, "place")?.unwrap_or_else(|| "lower-back".to_owned());
                let note: String = optional(given, "note")?.unwrap_or_default();
                let score = PainScore::new(argument(given, "score")?).map_err(invalid)?;
                let (place, note) = (Place::parse(&place).map_err(invalid)?, Note::new(&note).map_err(invalid)?);
                let entry = companion.add_pain(score, context, place, note).await?;
                if context == PainContext::BeforeSession {
                    self.pain_before = Some(entry.entry_id.clone());
                }
                plain(entry)
            }
            "history" => plain(companion.history(argument(given, "days")?).await?),
            "commands" => plain(companion.commands(argument(given, "days")?).await?),
            "records" => plain(companion.records(None, argument(given, "count")?).await?),
            "export" => plain(companion.export(&self.dir.path().join("export.json")).await?),
            _ => {
                let metric = match argument::<String>(given, "metric")?.as_str() {
                    "pain_mean" => ChartMetric::PainMean,
                    "stimulated_minutes" => ChartMetric::StimulatedMinutes,
                    "upright_minutes" => ChartMetric::UprightMinutes,
                    _ => ChartMetric::SlouchedMinutes,
                };
                let chart = companion.chart(metric, argument(given, "days")?).await?;
                let last = chart.values.last().copied().filter(|value| !value.is_nan());
                Ok(json!({ "count": chart.values.len(), "last": last }))
            }
        }
    }

    /// As the bindings show it.
    async fn posture(&mut self, verb: &str, given: &Map<String, Value>) -> Came {
        let companion = self.open()?.clone();
        match verb {
            "posture_settings" => {
                let settings = companion.posture_settings().await?;
                let quiet =
                    settings.quiet.map(|quiet| json!({ "from_min": quiet.from_min(), "to_min": quiet.to_min() }));
                let mut told = plain(settings)?;
                if let Value::Object(told) = &mut told {
                    told.insert("quiet".to_owned(), json!(quiet));
                }
                Ok(told)
            }
            "set_posture_settings" => {
                let quiet = match (optional(given, "quiet_from_min")?, optional(given, "quiet_to_min")?) {
                    (Some(from), Some(to)) => Some(QuietHours::from_minutes(from, to).map_err(invalid)?),
                    _ => None,
                };
                let mut wanted = given.clone();
                wanted.retain(|name, _| !name.starts_with("quiet_"));
                let settings: PostureSettings = serde_json::from_value(wanted.into()).map_err(invalid)?;
                companion.set_posture_settings(PostureSettings { quiet, ..settings }).await?;
                done()
            }
            "posture_goal" => plain(companion.posture_goal().await?),
            "set_posture_goal" => {
                let share = Percent::new(argument(given, "share_percent")?).map_err(invalid)?;
                plain(companion.set_posture_goal(share).await?)
            }
            "hours" => {
                let hours = companion.hours_of_months(argument(given, "months")?).await?;
                let worn_s: u64 = hours
                    .iter()
                    .map(|hour| hour.upright_s + hour.slouched_s + hour.leaning_s + hour.lying_s + hour.moving_s)
                    .sum();
                Ok(json!({ "count": hours.len(), "worn_s": worn_s }))
            }
            _ => {
                let (days, lag_days) = (argument(given, "days")?, optional(given, "lag_days")?.unwrap_or(0));
                plain(companion.pain_beside_posture(days, lag_days).await?)
            }
        }
    }

    async fn keep(&mut self, verb: &str, given: &Map<String, Value>) -> Came {
        let dir = self.dir.path().to_owned();
        let keys = || Box::new(FileKeyStore::new(dir.join("lumbra.key")));
        let file = self.away.path().join("backup");
        if verb == "erase" {
            Companion::erase(dir.clone(), keys()).await?;
            return done();
        }
        let words = Passphrase::new(argument(given, "passphrase")?).map_err(invalid)?;
        if verb == "back_up" {
            let bytes = self.open()?.back_up(&file, words).await?;
            return Ok(json!({ "made": bytes > 0 }));
        }
        let replace = optional(given, "replace")?.unwrap_or(false);
        let set_aside = Companion::restore(dir.clone(), keys(), &*self.clock, &file, words, replace).await?;
        Ok(json!({ "set_aside": set_aside.map_or(0, |set_aside| set_aside.files.len()) }))
    }

    async fn command(&mut self, verb: &str, given: &Map<String, Value>) -> Came {
        let device = self.device()?.clone();
        match verb {
            "start" => {
                let request = StartRequest {
                    course: built_in(&argument::<String>(given, "programme")?)?.into(),
                    duration: Seconds::new(argument::<u32>(given, "minutes")? * 60),
                    grace: optional(given, "grace_s")?.map(Seconds::new),
                    pads: Vec::new(),
                    pad_check: PadCheck {
                        skin_intact: optional(given, "skin_intact")?.unwrap_or(true),
                        pad_uses: optional(given, "pad_uses")?.unwrap_or(1),
                    },
                    pain_before: self.pain_before.take(),
                };
                plain(device.start(request).await?)
            }
            "set_intensity" => {
                let targets: Vec<f64> = argument(given, "targets_ma")?;
                let targets = targets.into_iter().map(milliamps).collect::<Result<_, _>>()?;
                plain(device.set_intensity(targets).await?)
            }
            "pause" => plain(device.pause().await?),
            "resume" => plain(device.resume().await?),
            "stop" => plain(device.stop().await?),
            "clear_faults" => plain(device.clear_faults().await?),
            "identify" => plain(device.identify().await?),
            "start_posture" => plain(device.start_posture().await?),
            "stop_posture" => plain(device.stop_posture().await?),
            "calibrate" => {
                let neutral = device.calibrate().await?.reference.neutral;
                Ok(json!({ "pitch_deg": neutral.pitch.as_f64(), "roll_deg": neutral.roll.as_f64() }))
            }
            "fetch_records" => Ok(json!({ "fetched": device.fetch_records().await? > 0 })),
            "disconnect" => {
                device.close().await;
                done()
            }
            _ => Err(Error::Invalid(format!("there is no verb '{verb}'"))),
        }
    }

    async fn do_to_wearable(&mut self, given: &Map<String, Value>) -> Came {
        let what: String = argument(given, "what")?;
        if what == "disturb" {
            let lose_per_mille = argument(given, "lose_per_mille")?;
            self.wearable.set_faults(FaultPlan { lose_per_mille, ..FaultPlan::default() });
            return done();
        }
        let work: Box<dyn FnOnce(&mut Wearable) + Send> = match what.as_str() {
            "press_button" => {
                let held_ms = argument(given, "held_ms")?;
                Box::new(move |wearable| wearable.press_button(held_ms))
            }
            "set_contact" => {
                let channel: usize = argument(given, "channel")?;
                let contact = match argument::<String>(given, "contact")?.as_str() {
                    "good" => Contact::Good,
                    "poor" => Contact::Poor,
                    _ => Contact::Off,
                };
                Box::new(move |wearable| wearable.body().set_contact(channel, contact))
            }
            "go_out_of_reach" => {
                let for_ms = argument(given, "for_ms")?;
                Box::new(move |wearable| wearable.go_out_of_reach(for_ms))
            }
            "set_battery" => {
                let percent = argument(given, "percent")?;
                Box::new(move |wearable| wearable.set_battery(percent))
            }
            "restart" => Box::new(Wearable::reboot),
            "forget_bond" => Box::new(Wearable::forget_bond),
            _ => return Err(Error::Invalid(format!("nothing '{what}' can be done to a wearable"))),
        };
        self.wearable.with(work).await.ok_or(Error::Closed)?;
        done()
    }

    async fn status(&self) -> Came {
        let scanned = self.radio.scanning() > 0;
        let told = self.wearable.with(move |wearable| {
            let ma = |dma: &[f64]| dma.iter().map(|dma| dma / 10.0).collect::<Vec<_>>();
            json!({
                "scanned": scanned,
                "linked": wearable.is_linked(),
                "in_session": wearable.in_session(),
                "flowing_ma": ma(wearable.probe().now_dma()),
                "highest_ma": ma(wearable.probe().max_dma()),
                "sending_records": wearable.is_reporting(),
                "stored_records": wearable.stored_records(),
                "identified": wearable.identified(),
            })
        });
        told.await.ok_or(Error::Closed)
    }

    /// Looks every half second whether the snapshot fits; gives the last one.
    async fn wait_for(&self, given: &Map<String, Value>) -> Came {
        let wanted = given.get("snapshot").ok_or_else(|| missing("snapshot"))?;
        let end = Instant::now() + Duration::from_secs(argument(given, "within_s")?);
        loop {
            let snapshot = plain(self.device()?.snapshot().borrow().clone())?;
            if crate::mismatch(wanted, &snapshot).is_none() {
                return Ok(snapshot);
            }
            if Instant::now() >= end {
                return Ok(json!({ "error": "waited in vain", "snapshot": snapshot }));
            }
            sleep(LOOK_EVERY).await;
        }
    }

    fn take(&mut self, device: Device) -> Value {
        let info = device.info();
        let told = json!({ "model": info.model, "serial": info.serial });
        self.events = Some(device.events());
        self.device = Some(device);
        told
    }

    fn open(&self) -> Result<&Companion, Error> {
        self.companion.as_ref().ok_or(Error::Closed)
    }

    fn device(&self) -> Result<&Device, Error> {
        self.device.as_ref().ok_or(Error::Closed)
    }
}

fn screened(screening: &Screening) -> Value {
    match screening {
        Screening::Passed(_) => json!({ "outcome": "passed" }),
        Screening::Incomplete(open) => json!({ "outcome": "incomplete", "open": open }),
        Screening::Locked { route, because } => {
            json!({ "outcome": "locked", "emergency": *route == Route::Emergency, "because": because })
        }
    }
}

/// The variant's name as the bindings tell it: `NoSuchDevice { .. }` is `no_such_device`.
fn variant(error: &lumbra_ffi::LumbraError) -> String {
    let mut name = String::new();
    for letter in format!("{error:?}").chars().take_while(char::is_ascii_alphanumeric) {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

fn milliamps(ma: f64) -> Result<Milliamps, Error> {
    Milliamps::from_f64(ma).map_err(invalid)
}

#[allow(clippy::needless_pass_by_value)] // As `map_err` gives it.
fn invalid(error: impl ToString) -> Error {
    Error::Invalid(error.to_string())
}

fn missing(name: &str) -> Error {
    Error::Invalid(format!("the step needs '{name}'"))
}

fn argument<T: DeserializeOwned>(given: &Map<String, Value>, name: &str) -> Result<T, Error> {
    optional(given, name)?.ok_or_else(|| missing(name))
}

fn optional<T: DeserializeOwned>(given: &Map<String, Value>, name: &str) -> Result<Option<T>, Error> {
    given.get(name).map(|value| serde_json::from_value(value.clone())).transpose().map_err(invalid)
}

#[allow(clippy::unnecessary_wraps)] // What every verb comes to.
fn done() -> Came {
    Ok(json!({}))
}

fn plain(value: impl Serialize) -> Came {
    serde_json::to_value(value).map_err(invalid)
}

struct Label(u32);

#[async_trait]
impl PairingPrompt for Label {
    async fn passkey(&self, _name: Option<&str>) -> Option<u32> {
        Some(self.0)
    }
}

/// Wall time that follows the wearable's.
struct Clock {
    from_unix_ms: i64,
    origin: Instant,
}

impl WallClock for Clock {
    fn unix_ms(&self) -> i64 {
        self.from_unix_ms + i64::try_from(self.origin.elapsed().as_millis()).unwrap_or(0)
    }

    fn utc_offset_s(&self) -> i32 {
        SystemClock.utc_offset_s()
    }
}
