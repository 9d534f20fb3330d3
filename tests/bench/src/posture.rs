//! How well posture is judged: virtual people live a day with known truth, and the judge sees their sensors alone.
//!
//! Two dozen people of two kinds: textbook ones, who hold one posture like the other, and restless ones, whose slouches may be
//! shallow, who reach for things, walk slowly, and wear the sensor tilted, turned or upside down. Each is calibrated from their first
//! upright seconds as the app does it, and bows once if the sensor may be turned. Truth and judgement are compared sample by
//! sample. Around a change of posture there is no true answer for a moment, so each figure is told twice: over everything,
//! and without the first seconds of each stretch.

use std::path::PathBuf;

use lumbra::domain::posture::{
    CALIBRATION_MS, Judge, Posture, PostureSample, Reference, Sensitivity, Turn, calibrate, find_turn,
};
use lumbra::domain::units::Degrees;
use lumbra_protocol::PostureFlags;
use lumbra_wearable::{Body, MIXED_DAY, Person, Stretch, Truth};
use serde_json::json;

use crate::BenchError;
use crate::motions::{self, Counts};
use crate::report::{Case, Goal, Report};

/// Time between samples in milliseconds: what the core asks for.
const INTERVAL_MS: u32 = 40;
/// So many days are lived by each person.
const DAYS: u64 = 4;
/// The moment after a change of posture that the second figure leaves out, in milliseconds: what it takes to get there, and
/// then to be judged.
const SETTLING_MS: u64 = 3_500;
/// Of each kind.
const PEOPLE: u64 = 12;

/// Counts of samples: by truth, then by judgement, in the order of [`Posture::ALL`].
#[derive(Clone, Copy, Default)]
pub(crate) struct Matrix([[u64; 6]; 6]);

impl Matrix {
    fn count(&mut self, truth: Posture, judged: Posture) {
        let place = |wanted| Posture::ALL.iter().position(|posture| *posture == wanted);
        if let (Some(row), Some(column)) = (place(truth), place(judged))
            && let Some(cell) = self.0.get_mut(row).and_then(|row| row.get_mut(column))
        {
            *cell += 1;
        }
    }

    fn add(&mut self, other: &Self) {
        for (sum, more) in self.0.iter_mut().flatten().zip(other.0.iter().flatten()) {
            *sum += more;
        }
    }

    fn row(&self, index: usize) -> u64 {
        self.0.get(index).map_or(0, |row| row.iter().sum())
    }

    fn column(&self, index: usize) -> u64 {
        self.0.iter().filter_map(|row| row.get(index)).sum()
    }

    fn right(&self, index: usize) -> u64 {
        self.0.get(index).and_then(|row| row.get(index)).copied().unwrap_or(0)
    }

    /// Of what was judged so, the share that was so.
    pub(crate) fn precision(&self, index: usize) -> f64 {
        share(self.right(index), self.column(index))
    }

    /// Of what was so, the share that was judged so.
    pub(crate) fn recall(&self, index: usize) -> f64 {
        share(self.right(index), self.row(index))
    }
}

#[expect(clippy::cast_precision_loss, reason = "some millions of samples")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// What a group of people came to.
pub(crate) struct Judged {
    pub(crate) all: Matrix,
    pub(crate) settled: Matrix,
    /// People whose first seconds did not calibrate.
    pub(crate) refused: u64,
}

const fn posture_of(truth: Truth) -> Posture {
    match truth {
        Truth::Upright => Posture::Upright,
        Truth::Slouched => Posture::Slouched,
        Truth::Leaning => Posture::Leaning,
        Truth::Walking => Posture::Moving,
        Truth::Lying => Posture::Lying,
        Truth::NotWorn => Posture::NotWorn,
    }
}

fn sample(body: &mut Body, at_ms: u64) -> PostureSample {
    let shown = body.sample(at_ms);
    PostureSample {
        pitch: Degrees::from_tenths(shown.pitch_ddeg),
        roll: Degrees::from_tenths(shown.roll_ddeg),
        activity: shown.activity,
        worn: shown.flags.contains(PostureFlags::WORN),
        lying: shown.flags.contains(PostureFlags::LYING),
    }
}

/// A stretch as long as a calibration, from `from_ms` on.
fn stretch(body: &mut Body, from_ms: u64) -> Vec<PostureSample> {
    let count = u64::from(CALIBRATION_MS.div_ceil(INTERVAL_MS));
    (0..count).map(|index| sample(body, from_ms + index * u64::from(INTERVAL_MS))).collect()
}

/// The person as the app learns to know them: still and upright, tried again until it is; then a bow, by a body that holds one.
fn reference(person: Person, seed: u64) -> Option<Reference> {
    let calm = Person { turning_ms: 0, ..person };
    let mut upright = Body::of(calm, MIXED_DAY, seed);
    let neutral = (0..8).find_map(|attempt| {
        let samples = stretch(&mut upright, attempt * u64::from(CALIBRATION_MS));
        calibrate(&samples, INTERVAL_MS, Turn::Ahead).ok()
    })?;
    let bow = [Stretch { ms: 60_000, truth: Truth::Slouched }];
    let bowing = Person { restless: false, tilt_forward_ddeg: calm.tilt_forward_ddeg + 60, ..calm };
    let bowed = stretch(&mut Body::of(bowing, &bow, seed), 0);
    let turn = find_turn(neutral.reference.neutral, &bowed, INTERVAL_MS).ok()?;
    Some(Reference::new(neutral.reference.neutral, turn))
}

/// Lives a person's days, and judges them.
fn live(person: Person, seed: u64, level: Sensitivity) -> Option<(Matrix, Matrix)> {
    let reference = reference(person, seed)?;
    let mut body = Body::of(person, MIXED_DAY, seed);
    let (mut all, mut settled, mut judge) = (Matrix::default(), Matrix::default(), Judge::default());
    let day_ms: u64 = MIXED_DAY.iter().map(|stretch| stretch.ms).sum();
    for at_ms in (0..DAYS * day_ms).step_by(INTERVAL_MS.try_into().unwrap_or(1)) {
        let judged = judge.take(sample(&mut body, at_ms), at_ms, reference, level);
        let truth = posture_of(body.truth(at_ms));
        all.count(truth, judged);
        if body.truth_since_ms(at_ms) >= SETTLING_MS {
            settled.count(truth, judged);
        }
    }
    Some((all, settled))
}

/// A person by number: every way of wearing the sensor comes up.
fn person(number: u64, restless: bool) -> Person {
    let pick = |modulus: i16, step: i16| (i16::try_from(number % 1_000).unwrap_or(0) * step).rem_euclid(modulus);
    Person {
        tilt_forward_ddeg: pick(240, 67) - 80,
        tilt_right_ddeg: pick(120, 31) - 60,
        upside_down: number % 4 == 3,
        // A quarter turn, and some degrees off it for those who don't look.
        turned_deg: 90 * pick(4, 3) + if restless { pick(17, 5) - 8 } else { 0 },
        noise_ddeg: if restless { 12 } else { 2 },
        turning_ms: if restless { 1_500 } else { 0 },
        restless,
    }
}

/// Judges all people of a kind.
pub(crate) fn judge(restless: bool, level: Sensitivity) -> Judged {
    let mut judged = Judged { all: Matrix::default(), settled: Matrix::default(), refused: 0 };
    for number in 0..PEOPLE {
        match live(person(number, restless), number + 1, level) {
            Some((all, settled)) => {
                judged.all.add(&all);
                judged.settled.add(&settled);
            }
            None => judged.refused += 1,
        }
    }
    judged
}

pub(crate) fn run(report: &mut Report, json: bool, basic_motions: &[PathBuf]) -> Result<(), BenchError> {
    for (kind, restless) in [("textbook", false), ("restless", true)] {
        let judged = judge(restless, Sensitivity::Medium);
        if judged.refused == PEOPLE {
            return Err(BenchError::Broken("nobody could be calibrated"));
        }
        for (which, matrix) in [("all", &judged.all), ("settled", &judged.settled)] {
            print(kind, which, matrix, judged.refused, json);
            for (index, posture) in Posture::ALL.iter().enumerate() {
                for (figure, value) in [("precision", matrix.precision(index)), ("recall", matrix.recall(index))] {
                    case(report, &format!("{kind}_{which}_{}_{figure}", posture.as_str()), value);
                }
            }
        }
    }
    for file in basic_motions {
        let counts = motions::judge(file)?;
        let Counts { still_as_still, still_as_moving, moving_as_still, moving_as_moving } = counts;
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        for (figure, part, rest) in [
            ("held_precision", still_as_still, moving_as_still),
            ("held_recall", still_as_still, still_as_moving),
            ("moving_precision", moving_as_moving, still_as_moving),
            ("moving_recall", moving_as_moving, moving_as_still),
        ] {
            case(report, &format!("{name}_{figure}"), share(part, part + rest));
        }
    }
    Ok(())
}

fn case(report: &mut Report, name: &str, value: f64) {
    let (baseline, baseline_value, goal) = ("", None, Goal::None);
    report.case(&Case { bench: "posture", name, unit: "share", value, baseline, baseline_value, goal });
}

/// The confusion matrix: a line for each truth, a column for each judgement.
fn print(kind: &str, which: &str, matrix: &Matrix, refused: u64, json: bool) {
    let names = Posture::ALL.map(Posture::as_str);
    if json {
        let line = json!({
            "bench": "posture", "matrix": format!("{kind}_{which}"), "classes": names, "truth_by_judged": matrix.0,
            "people": PEOPLE - refused, "not_calibrated": refused,
        });
        println!("{line}");
        return;
    }
    println!("posture {kind}, {which}: {} people, {refused} not calibrated; rows are the truth", PEOPLE - refused);
    println!("{:>10}{}", "", names.map(|name| format!("{name:>10}")).concat());
    for (name, row) in names.iter().zip(matrix.0) {
        println!("{name:>10}{}", row.map(|count| format!("{count:>10}")).concat());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is measured today, less a little: a change that judges worse is noticed.
    #[test]
    fn nobody_is_judged_worse_than_before() {
        for (restless, precision, recall) in [(false, 0.999, 0.999), (true, 0.90, 0.90)] {
            let judged = judge(restless, Sensitivity::Medium);
            assert_eq!(judged.refused, 0);
            for (index, posture) in Posture::ALL.iter().enumerate() {
                let (right, found) = (judged.settled.precision(index), judged.settled.recall(index));
                assert!(right >= precision, "{posture:?}, restless {restless}: precision {right}");
                assert!(found >= recall, "{posture:?}, restless {restless}: recall {found}");
            }
        }
    }

    #[test]
    fn a_judge_that_sees_another_s_upright_does_worse() {
        let me = person(1, false);
        let other = Person { tilt_forward_ddeg: me.tilt_forward_ddeg + 160, ..me };
        let other = reference(other, 6).unwrap();
        let mut body = Body::of(me, MIXED_DAY, 2);
        let (mut judge, mut matrix) = (Judge::default(), Matrix::default());
        for at_ms in (0..400_000).step_by(40) {
            let judged = judge.take(sample(&mut body, at_ms), at_ms, other, Sensitivity::Medium);
            matrix.count(posture_of(body.truth(at_ms)), judged);
        }
        assert!(matrix.recall(0) < 0.9 || matrix.recall(1) < 0.9, "the bench tells no difference");
    }

    #[test]
    fn shares_are_those_of_the_matrix() {
        let mut matrix = Matrix::default();
        matrix.count(Posture::Upright, Posture::Upright);
        matrix.count(Posture::Upright, Posture::Slouched);
        matrix.count(Posture::Slouched, Posture::Slouched);
        let nearly = |value: f64, expected: f64| (value - expected).abs() < 1e-9;
        assert!(nearly(matrix.recall(0), 0.5) && nearly(matrix.precision(0), 1.0));
        assert!(nearly(matrix.recall(1), 1.0) && nearly(matrix.precision(1), 0.5));
        assert!(nearly(matrix.recall(5), 0.0));
    }
}
