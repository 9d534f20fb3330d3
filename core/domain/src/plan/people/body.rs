//! A body made up of a few numbers: what it bears, and how it answers what was too much.

use super::super::dose::{Dosed, rung};
use super::super::kind::Kind;
use super::super::log::Difficulty;
use super::super::step::{Bounds, up};
use super::cast::Nature;
use crate::pain::PainScore;

pub(super) struct Body {
    nature: &'static Nature,
    dice: fastrand::Rng,
    /// What it bears without pain, in the unit of [`load`].
    capacity: f64,
    /// What is left of yesterday's too much, in points of pain.
    after: f64,
    /// How a day differs from the day before it by itself.
    drift: f64,
    level: f64,
}

impl Body {
    pub(super) fn new(nature: &'static Nature, seed: u64) -> Self {
        let dice = fastrand::Rng::with_seed(seed);
        Self { nature, dice, capacity: nature.capacity, after: 0.0, drift: 0.0, level: nature.pain }
    }

    pub(super) fn chance(&mut self, share: f64) -> bool {
        self.dice.f64() < share
    }

    /// About normal, of mean 0 and deviation 1: the sum of twelve.
    fn noise(&mut self) -> f64 {
        (0..12).map(|_| self.dice.f64()).sum::<f64>() - 6.0
    }

    /// The next morning.
    pub(super) fn wake(&mut self, day: u16) {
        self.drift = 0.6 * self.drift + self.nature.noise * 0.8 * self.noise();
        let by_time = self.nature.trend_a_week * f64::from(day) / 7.0;
        let flare: f64 = self.nature.flares.iter().map(|flare| flare.on(day)).sum();
        self.level = (self.nature.pain + by_time).max(0.5) + flare + self.drift + self.after;
        self.after *= 0.3;
    }

    /// Pain now.
    pub(super) fn pain(&self) -> PainScore {
        score(self.level)
    }

    /// What this person makes of what is asked: eager people do a step more.
    pub(super) fn really(&self, asked: &Dosed) -> Dosed {
        let more = up(asked, &Bounds { ceiling: None, variants: false });
        more.filter(|_| self.nature.eager).unwrap_or(*asked)
    }

    /// Does an exercise: the worst pain during it.
    pub(super) fn bear(&mut self, dosed: &Dosed) -> PainScore {
        let too_much = (load(dosed) - self.capacity).max(0.0);
        let provoked = too_much * self.nature.reacts;
        self.after = (self.after + provoked * 0.4).min(3.0);
        self.capacity += self.nature.gains;
        score(self.level + provoked + 0.3 * self.noise().abs())
    }

    pub(super) fn difficulty(&self, dosed: &Dosed) -> Difficulty {
        let share = load(dosed) / self.capacity;
        if share > 1.1 {
            Difficulty::Hard
        } else if share < 0.4 {
            Difficulty::Easy
        } else {
            Difficulty::Right
        }
    }
}

/// How much an exercise asks of a body: minutes under effort, harder variants for more.
fn load(dosed: &Dosed) -> f64 {
    let weight = match Kind::of(dosed.exercise()) {
        Kind::WarmUp => 0.4,
        Kind::Stretch => 0.5,
        Kind::Endurance => 0.1,
        Kind::Stabilisation | Kind::Strength => 1.0,
    };
    let above = rung(dosed.exercise()).map_or(0, |(_, place)| place);
    let variant = 1.0 + 0.3 * f64::from(u8::try_from(above).unwrap_or(u8::MAX));
    f64::from(dosed.dose().effort_s()) / 60.0 * weight * variant
}

fn score(level: f64) -> PainScore {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 10 just before")]
    let whole = level.round().clamp(0.0, 10.0) as u8;
    PainScore::new(whole).unwrap_or(PainScore::WORST)
}
