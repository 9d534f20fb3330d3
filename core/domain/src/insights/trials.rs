//! People made up by the thousand, whose truth is known: whether the intervals hold, how often a link is told of where there is
//! none, and how often one is found where there is one. Seeds are fixed; every figure is the same each time.

use super::change::{Against, ChangeVerdict, change};
use super::estimate::Direction;
use super::link::{Factor, LAG_DAYS_LONGEST, Verdict, clearest, links, one_look};
use super::measure::PAIN;
use super::programme::mean_of;
use super::series::Series;

/// Chance that is the same each time.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn seeded(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// From above 0 to below 1.
    pub(super) fn share(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let mixed = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D);
        let (high, low) = (u32::try_from(mixed >> 32).unwrap(), u32::try_from(mixed >> 11 & 0x1F_FFFF).unwrap());
        (f64::from(high) * 2_097_152.0 + f64::from(low) + 0.5) / 9_007_199_254_740_992.0
    }

    /// The normal distribution, by Box and Muller.
    pub(super) fn normal(&mut self) -> f64 {
        (-2.0 * self.share().ln()).sqrt() * (std::f64::consts::TAU * self.share()).cos()
    }

    /// Days of mean 0 and variance 1, each like the day before by `like` (AR(1)).
    pub(super) fn days(&mut self, days: usize, like: f64) -> Vec<f64> {
        let mut now = self.normal();
        let fresh = (1.0 - like * like).sqrt();
        (0..days)
            .map(|_| {
                now = like * now + fresh * self.normal();
                now
            })
            .collect()
    }
}

/// Scores as people give them: whole numbers from 0 to 10 around 4.5, six days of seven.
fn scored(chance: &mut Chance, days: &[f64]) -> Series {
    let scores = (0..).zip(days).filter_map(|(day, level)| {
        let there = chance.share() < 0.86;
        there.then(|| (day, (4.5 + 1.7 * level).round().clamp(0.0, 10.0)))
    });
    Series::within(0.0..=10.0, scores.collect::<Vec<_>>())
}

fn plain(days: &[f64]) -> Series {
    Series::within(-1e3..=1e3, (0..).zip(days.iter().copied()))
}

fn percent(some: u32, all: u32) -> f64 {
    f64::from(some) * 100.0 / f64::from(all)
}

#[test]
fn the_interval_of_a_correlation_holds_nothing_where_there_is_nothing() {
    const PEOPLE: u32 = 1_000;
    let mut chance = Chance::seeded(1);
    for (days, of_factor, of_pain) in
        [(35, 0.0, 0.0), (35, 0.5, 0.5), (60, 0.7, 0.7), (120, 0.5, 0.5), (120, 0.8, 0.8), (365, 0.3, 0.7)]
    {
        let (mut looks, mut held_r, mut held_points) = (0, 0, 0);
        for _ in 0..PEOPLE {
            let (factor, pain) = (chance.days(days, of_factor), chance.days(days, of_pain));
            let factor = plain(&factor);
            // Only the days of lag 0 overlap: one look, an interval of 95 %.
            let pain = scored(&mut chance, &pain);
            let one = one_look(&pain, &factor);
            if let Some((correlation, split)) = one {
                looks += 1;
                held_r += u32::from(correlation.direction().is_none());
                held_points += u32::from(split.difference.direction().is_none());
            }
        }
        let (r, points) = (percent(held_r, looks), percent(held_points, looks));
        println!("{days} days, alike {of_factor} and {of_pain}: {r:.1} % and {points:.1} % of {looks} hold zero");
        assert!(looks > PEOPLE / 2 && r >= 93.0 && points >= 93.0);
    }
}

/// Ten to forty sessions with a true change of a point, each like the one before it or not.
#[test]
fn the_interval_of_a_programme_holds_the_true_change() {
    const PEOPLE: u32 = 3_000;
    let mut chance = Chance::seeded(11);
    for (sessions, like) in [(10, 0.0), (20, 0.0), (40, 0.0), (20, 0.3), (40, 0.3)] {
        let held = (0..PEOPLE).filter(|_| {
            let changes: Vec<f64> = chance.days(sessions, like).iter().map(|day| (-1.0 + 1.5 * day).round()).collect();
            let mean = mean_of(&changes);
            mean.low() <= -1.0 && -1.0 <= mean.high()
        });
        let held = percent(u32::try_from(held.count()).unwrap(), PEOPLE);
        println!("{sessions} sessions, alike {like}: {held:.1} % hold the true change");
        assert!(held >= 93.0);
    }
}

#[test]
fn people_without_a_link_are_told_of_none() {
    const PEOPLE: u32 = 250;
    let mut chance = Chance::seeded(2);
    for (days, like) in [(60, 0.0), (60, 0.5), (120, 0.5), (120, 0.8), (365, 0.6)] {
        let mut told = 0;
        for _ in 0..PEOPLE {
            let factors = Factor::ALL.map(|factor| (factor, plain(&chance.days(days, like))));
            let pain = chance.days(days, like);
            let pain = scored(&mut chance, &pain);
            let found = links(&pain, &factors.each_ref().map(|(factor, series)| (*factor, series)));
            assert_eq!(found.len(), 16);
            told += u32::from(found.iter().any(|link| matches!(link.verdict, Verdict::Together { .. })));
        }
        let told = percent(told, PEOPLE);
        println!("{days} days, alike {like}: {told:.1} % are told of a link that is none");
        assert!(told <= 5.0);
    }
}

/// A link of the stated strength between the factor and the pain of the day after.
#[test]
fn most_people_with_a_link_are_told_of_it() {
    const PEOPLE: u32 = 100;
    let mut chance = Chance::seeded(3);
    for (days, strength, least) in [(60, 0.7, 75.0), (90, 0.6, 75.0), (180, 0.45, 75.0), (365, 0.35, 75.0)] {
        let (mut found, mut right) = (0, 0);
        for _ in 0..PEOPLE {
            let mut factors = Factor::ALL.map(|factor| (factor, chance.days(days, 0.3)));
            let own = chance.days(days, 0.3);
            let rest = (1.0_f64 - strength * strength).sqrt();
            let driver = &mut factors[1].1;
            let pain: Vec<f64> = own
                .iter()
                .enumerate()
                .map(|(day, own)| strength * driver[day.saturating_sub(1)] + rest * own)
                .collect();
            let pain = scored(&mut chance, &pain);
            let factors = factors.map(|(factor, days)| (factor, plain(&days)));
            let all = links(&pain, &factors.each_ref().map(|(factor, series)| (*factor, series)));
            let shown = clearest(&all, Factor::SleepQuality).unwrap();
            if matches!(shown.verdict, Verdict::Together { direction: Direction::Higher, .. }) {
                found += 1;
                right += u32::from(shown.lag_days == 1);
            }
        }
        let share = percent(found, PEOPLE);
        println!(
            "{days} days, strength {strength}: found in {share:.0} %, at the right lag {:.0} %",
            percent(right, PEOPLE)
        );
        assert!(share >= least && right * 10 >= found * 9);
    }
}

#[test]
fn the_interval_of_a_change_holds_nothing_where_there_is_nothing() {
    const PEOPLE: u32 = 1_000;
    let mut chance = Chance::seeded(4);
    for (days, like) in [(28, 0.0), (28, 0.3), (28, 0.6), (60, 0.0), (60, 0.5), (60, 0.7), (180, 0.5), (180, 0.8)] {
        for against in [Against::Before, Against::Baseline] {
            let (mut looks, mut held, mut real) = (0, 0, 0);
            for _ in 0..PEOPLE {
                let days_of = chance.days(days, like);
                let pain = scored(&mut chance, &days_of);
                let today = i32::try_from(days).unwrap() - 1;
                match change(&pain, PAIN, against, today).verdict {
                    ChangeVerdict::NotEnoughYet { .. } => continue,
                    ChangeVerdict::NoRealChange(figures) => held += u32::from(figures.difference.direction().is_none()),
                    ChangeVerdict::Real { .. } => real += 1,
                }
                looks += 1;
            }
            let (held, real) = (percent(held, looks), percent(real, looks));
            println!(
                "{days} days, alike {like}, {against:?}: {held:.1} % of {looks} hold zero, {real:.1} % called real"
            );
            assert!(looks > PEOPLE / 2 && held >= 93.0 && real <= 5.0);
        }
    }
}

#[test]
fn most_people_whose_pain_has_truly_fallen_are_told() {
    const PEOPLE: u32 = 500;
    let mut chance = Chance::seeded(5);
    for (fall, like, least) in [(4.0, 0.3, 80.0), (3.0, 0.3, 60.0)] {
        let mut told = 0;
        for _ in 0..PEOPLE {
            let level = chance.days(90, like);
            let shifted: Vec<f64> = (0_u32..)
                .zip(&level)
                .map(|(day, level)| level * 0.7 + if day < 40 { 0.9 } else { 0.9 - fall / 1.7 })
                .collect();
            let pain = scored(&mut chance, &shifted);
            told += u32::from(matches!(
                change(&pain, PAIN, Against::Baseline, 89).verdict,
                ChangeVerdict::Real { direction: Direction::Lower, .. }
            ));
        }
        let told = percent(told, PEOPLE);
        println!("a fall by {fall} points, alike {like}: told to {told:.0} %");
        assert!(told >= least);
    }
}

#[test]
fn every_lag_is_looked_at() {
    let mut chance = Chance::seeded(6);
    let (factor, pain) = (plain(&chance.days(60, 0.0)), plain(&chance.days(60, 0.0)));
    let lags: Vec<_> = links(&pain, &[(Factor::Activity, &factor)]).iter().map(|link| link.lag_days).collect();
    assert_eq!(lags, (0..=LAG_DAYS_LONGEST).collect::<Vec<_>>());
}
