//! The plan, the exercises and the clinic: whatever a shell hands over, whatever a browser brings back, whatever a server answers.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arbitrary::{Arbitrary, Unstructured};
use lumbra_ffi::{
    DemoTime, ExerciseDose, ExerciseReport, ExerciseSkip, Http, HttpError, HttpHeader, HttpMethod, HttpResponse,
    Lumbra, SyncHints, VirtualWearable, exercise_drawing, exercise_names, exercise_page,
};

use super::{Text, all_no, typed};

const BASE: &str = "https://clinic.example/fhir";
const BACK: &str = "health.lumbra.app:/back";
/// Stands in everything that is secret here: it is in no error.
const SECRET: &str = "s3cret";

#[derive(Clone, Debug, Arbitrary)]
enum Call {
    Connect,
    Begin {
        base: Text,
        client_id: Text,
        redirect: Text,
    },
    /// The address that was begun with comes back with these words behind it.
    Back(Text),
    Finish(Text),
    Sync {
        user_asked: bool,
        metered: bool,
        battery_low: bool,
    },
    Status,
    Forget,
    Plan,
    Own(u8),
    Done {
        activity: Activity,
        dose: Option<Dose>,
        pains: [Option<u8>; 2],
    },
    Skipped(Activity),
    Agreed(Activity),
    Morning(u8),
    Library {
        exercise: Text,
        language: Text,
    },
    Answers(Vec<Answer>),
    Goal {
        text: Text,
        steps: Vec<Text>,
        step: u8,
        reached: bool,
    },
}

#[derive(Clone, Debug, Arbitrary)]
enum Activity {
    OfPlan(u8),
    Any(Text),
}

#[derive(Clone, Debug, Arbitrary)]
enum Dose {
    Repetitions(Vec<u16>),
    Holds(Vec<u16>, u16),
    Minutes(u16),
}

/// What the server does with the next request.
#[derive(Clone, Debug, Arbitrary)]
enum Answer {
    /// As a clinic's server does it.
    Honest,
    /// Anything.
    Any {
        status: u16,
        headers: Vec<(Text, Text)>,
        body: Vec<u8>,
    },
    /// A resource that holds these words.
    Words(Text),
    Fails(u8),
}

/// The app's HTTP, whose answers the fuzzer writes; an honest server when there are none.
#[derive(Default)]
struct App(Mutex<Vec<Answer>>);

impl Http for App {
    fn send(
        &self,
        _: HttpMethod,
        url: String,
        _: Vec<HttpHeader>,
        _: Vec<u8>,
        body_max: u64,
        timeout_ms: u64,
    ) -> Result<HttpResponse, HttpError> {
        let here = ["http://127.", "http://localhost", "http://[::1]"];
        assert!(url.starts_with("https://") || here.iter().any(|one| url.starts_with(one)), "sent unprotected");
        assert!(body_max > 0 && timeout_ms > 0);
        let next = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match next {
            None | Some(Answer::Honest) => Ok(answer(200, honest(&url).into_bytes())),
            Some(Answer::Words(words)) => Ok(answer(200, honest(&url).replace("ann", &words.text()).into_bytes())),
            Some(Answer::Any { status, headers, body }) => {
                let header = |(name, value): (Text, Text)| HttpHeader { name: name.text(), value: value.text() };
                let headers = headers.into_iter().take(8).map(header).collect();
                Ok(HttpResponse { status, headers, body })
            }
            Some(Answer::Fails(which)) => Err([
                HttpError::Unreachable,
                HttpError::Lost,
                HttpError::Truncated,
                HttpError::TooLarge,
                HttpError::Untrusted,
                HttpError::Insecure,
                HttpError::BadAddress,
            ][usize::from(which % 7)]),
        }
    }
}

fn answer(status: u16, body: Vec<u8>) -> HttpResponse {
    HttpResponse { status, headers: Vec::new(), body }
}

fn honest(url: &str) -> String {
    const SUBJECT: &str = r#""subject":{"reference":"Patient/ann"}"#;
    if url.ends_with("smart-configuration") {
        return r#"{"authorization_endpoint":"https://clinic.example/a","token_endpoint":"https://clinic.example/t",
            "code_challenge_methods_supported":["S256"]}"#
            .to_owned();
    }
    if url.ends_with("/t") {
        return format!(
            r#"{{"access_token":"{SECRET}-1","token_type":"Bearer","refresh_token":"{SECRET}-2","patient":"ann"}}"#
        );
    }
    if url.ends_with("/metadata") {
        let put = r#""interaction":[{"code":"read"},{"code":"update"}],"updateCreate":true"#;
        return format!(
            r#"{{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1","rest":[{{"mode":"server","interaction":[{{"code":"transaction"}}],
            "resource":[{{"type":"Observation",{put}}},{{"type":"Procedure",{put}}},{{"type":"Device",{put}}},{{"type":"QuestionnaireResponse",{put}}}]}}]}}"#
        );
    }
    let resource = if url.contains("/CarePlan") {
        format!(
            r#"{{"resourceType":"CarePlan","id":"plan","status":"active","intent":"plan",{SUBJECT},"period":{{"start":"2026-01-01"}},
            "activity":[{{"reference":{{"reference":"ServiceRequest/bridge"}}}}]}}"#
        )
    } else if url.contains("/ServiceRequest") {
        format!(
            r#"{{"resourceType":"ServiceRequest","id":"bridge","status":"active","intent":"order",{SUBJECT},
            "code":{{"coding":[{{"system":"http://lumbra.health/fhir/CodeSystem/exercises","code":"bridge"}}]}}}}"#
        )
    } else {
        return r#"{"resourceType":"Bundle","type":"searchset","entry":[]}"#.to_owned();
    };
    format!(r#"{{"resourceType":"Bundle","type":"searchset","entry":[{{"resource":{resource}}}]}}"#)
}

/// An error is one that an app can do something about, and tells nothing secret.
fn told<T>(result: Result<T, lumbra_ffi::LumbraError>) -> Option<T> {
    if let Err(error) = &result {
        let words = format!("{error} {error:?}");
        assert!(!words.contains(SECRET), "an error tells a secret: {words}");
    }
    typed(result)
}

pub(super) async fn run(unstructured: &mut Unstructured<'_>, dir: &Path) {
    let wearable = VirtualWearable::new(DemoTime::Virtual).expect("a demo can be made");
    let app = Arc::new(App::default());
    let http = Some(Arc::clone(&app) as Arc<dyn Http>);
    let opened = Lumbra::open_demo(dir.display().to_string(), wearable, http).await;
    let lumbra = opened.expect("a new folder opens");
    all_no(&lumbra).await;
    let mut address = String::new();
    for _ in 0..16 {
        if unstructured.is_empty() {
            break;
        }
        let Ok(call) = Call::arbitrary(unstructured) else { break };
        if let Call::Answers(answers) = call {
            *app.0.lock().unwrap_or_else(PoisonError::into_inner) = answers.into_iter().take(16).rev().collect();
            continue;
        }
        make(&lumbra, &call, &mut address).await;
    }
    // Whatever came: what is kept can be read.
    told(lumbra.clinic_status().await).expect("what is kept of the clinic can be read");
    told(lumbra.plan().await).expect("the plan can be read");
    told(lumbra.shut_down().await);
}

async fn make(lumbra: &Lumbra, call: &Call, address: &mut String) {
    let came_back = |words: &str| {
        let state = address.split(['?', '&']).find_map(|part| part.strip_prefix("state=")).unwrap_or_default();
        format!("{BACK}?code={SECRET}&state={state}{words}")
    };
    match call {
        Call::Connect => {
            let begun = lumbra.begin_clinic(BASE.to_owned(), "lumbra".to_owned(), BACK.to_owned(), None).await;
            *address = told(begun).unwrap_or_default();
            let state = address.split(['?', '&']).find_map(|part| part.strip_prefix("state=")).unwrap_or_default();
            told(lumbra.finish_clinic(format!("{BACK}?code={SECRET}&state={state}"), None).await);
        }
        Call::Begin { base, client_id, redirect } => {
            let begun = lumbra.begin_clinic(base.text(), client_id.text(), redirect.text(), None).await;
            *address = told(begun).unwrap_or_default();
        }
        Call::Back(words) => drop(told(lumbra.finish_clinic(came_back(&words.text()), None).await)),
        Call::Finish(words) => drop(told(lumbra.finish_clinic(words.text(), None).await)),
        Call::Sync { user_asked, metered, battery_low } => {
            let hints = SyncHints { user_asked: *user_asked, metered: *metered, battery_low: *battery_low };
            told(lumbra.sync_clinic(hints, None).await);
        }
        Call::Status => {
            told(lumbra.clinic_status().await);
            told(lumbra.retry_refused().await);
        }
        Call::Forget => drop(told(lumbra.forget_clinic(None).await)),
        Call::Library { exercise, language } => {
            let (exercise, language) = (exercise.text(), language.text());
            let page = told(exercise_page(exercise.clone(), language.clone()));
            assert_eq!(page.is_some(), told(exercise_drawing(exercise, language)).is_some());
        }
        Call::Answers(_) => {}
        _ => exercises(lumbra, call).await,
    }
}

async fn exercises(lumbra: &Lumbra, call: &Call) {
    match call {
        Call::Own(which) => match which % 3 {
            0 => drop(told(lumbra.begin_own_plan().await)),
            1 => drop(told(lumbra.follow_review().await)),
            _ => drop(told(lumbra.end_own_plan().await)),
        },
        Call::Done { activity, dose, pains: [pain_before, worst_during] } => {
            let activity = named(lumbra, activity).await;
            let dose = dose.clone().map(|dose| match dose {
                Dose::Repetitions(sets) => ExerciseDose::Repetitions { sets },
                Dose::Holds(sets, hold_s) => ExerciseDose::Holds { sets, hold_s },
                Dose::Minutes(minutes) => ExerciseDose::Minutes { minutes },
            });
            let [pain_before, worst_during] = [*pain_before, *worst_during];
            let report = ExerciseReport { dose, pain_before, worst_during, ..ExerciseReport::default() };
            let kept = told(lumbra.exercise_done(activity, report).await);
            let in_range = pain_before.is_none_or(|score| score <= 10) && worst_during.is_none_or(|score| score <= 10);
            assert!(kept.is_none() || in_range, "a score out of range was kept");
        }
        Call::Goal { text, steps, step, reached } => {
            let steps: Vec<String> = steps.iter().take(20).map(Text::text).collect();
            let last = steps.len();
            let goal = told(lumbra.add_goal(text.text(), steps).await).unwrap_or_else(|| text.text());
            let marked = told(lumbra.mark_goal(goal.clone(), *step, *reached).await);
            assert!(marked.is_none() || usize::from(*step) <= last, "a step that is not there was marked");
            told(lumbra.own_goals().await);
            if *step % 4 == 0 {
                told(lumbra.give_up_goal(goal).await);
            }
        }
        Call::Skipped(activity) => {
            let activity = named(lumbra, activity).await;
            told(lumbra.exercise_skipped(activity, ExerciseSkip::Other).await);
        }
        Call::Agreed(activity) => drop(told(lumbra.exercise_agreed(named(lumbra, activity).await).await)),
        Call::Morning(pain) => {
            assert!(told(lumbra.morning_after(*pain).await).is_none() || *pain <= 10);
        }
        _ => {
            told(lumbra.plan().await);
            told(lumbra.prescriptions().await);
            told(lumbra.exercises_today().await);
            told(lumbra.exercise_log().await);
        }
    }
}

async fn named(lumbra: &Lumbra, activity: &Activity) -> String {
    match activity {
        Activity::Any(text) => text.text(),
        Activity::OfPlan(which) => {
            let exercises = told(lumbra.plan().await).flatten().map(|plan| plan.exercises).unwrap_or_default();
            let count = exercises.len().max(1);
            exercises
                .into_iter()
                .nth(usize::from(*which) % count)
                .map_or_else(|| exercise_names("en".to_owned()).remove(0).id, |exercise| exercise.activity)
        }
    }
}

/// A clinic connected, exchanged with, misbehaving and forgotten; a plan of one's own; and what a stranger hands over.
pub(super) fn seeds() -> Vec<Vec<u8>> {
    let call = |kind: u32, rest: &[u8]| [&crate::pick(kind, 16)[..], rest].concat();
    let answers = |kind: u32, rest: &[u8]| call(14, &[&[1][..], &crate::pick(kind, 4), rest, &[0]].concat());
    let (connect, sync, plan) = (call(0, &[]), call(4, &[1, 0, 0]), call(7, &[]));
    let of_plan = |kind: u32, rest: &[u8]| call(kind, &[&crate::pick(0, 2)[..], &[0], rest].concat());
    let clinic = [&b"c"[..], &connect, &sync, &plan].concat();
    let mut seeds = vec![
        [&clinic[..], &of_plan(9, &[0, 1, 2, 1, 3]), &sync, &call(5, &[]), &call(6, &[]), &plan].concat(),
        [&b"c"[..], &call(8, &[0]), &plan, &of_plan(9, &[0, 0, 0]), &of_plan(10, &[]), &of_plan(11, &[]), &plan]
            .concat(),
        [
            &b"c"[..],
            &call(8, &[0]),
            &call(12, &[5]),
            &call(8, &[1]),
            &call(8, &[2]),
            &call(13, &[0; 10]),
            &call(15, &[0; 10]),
        ]
        .concat(),
    ];
    for which in 0..7 {
        seeds.push([&b"c"[..], &connect, &answers(3, &[which]), &sync, &call(5, &[])].concat());
        seeds.push([&b"c"[..], &answers(3, &[which]), &connect, &connect, &sync].concat());
    }
    for status in [302_u16, 401, 429, 500, 65_535] {
        let any = [&status.to_le_bytes()[..], &[0, 1, b'{', 0]].concat();
        seeds.push([&clinic[..], &answers(1, &any), &sync, &plan].concat());
    }
    seeds
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;

    use super::*;

    /// Or else every input would end at the door.
    #[test]
    fn an_honest_server_is_connected_and_its_plan_followed() {
        let folder = crate::folder();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let wearable = VirtualWearable::new(DemoTime::Virtual).unwrap();
            let http = Some(Arc::new(App::default()) as Arc<dyn Http>);
            let lumbra = Lumbra::open_demo(folder.path().display().to_string(), wearable, http).await.unwrap();
            let mut address = String::new();
            make(&lumbra, &Call::Connect, &mut address).await;
            make(&lumbra, &Call::Sync { user_asked: true, metered: false, battery_low: false }, &mut address).await;
            let status = lumbra.clinic_status().await.unwrap().unwrap();
            assert!(status.last_good_ms.is_some() && status.problems.is_empty(), "{status:?}");
            let plan = lumbra.plan().await.unwrap().unwrap();
            assert_eq!(plan.exercises.first().unwrap().activity, "bridge");
            lumbra.shut_down().await.unwrap();
        });
    }
}
