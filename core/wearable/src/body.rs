//! The person who wears it: skin under the pads, and a day of postures with known truth.

use lumbra_protocol::{Contact, PostureFlags, PostureSample};

/// How the person really sits, stands or lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// Upright and still.
    Upright,
    /// Slouched.
    Slouched,
    /// Walking.
    Walking,
    /// Lying.
    Lying,
    /// The wearable is off the body.
    NotWorn,
}

/// One stretch of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// How long, in milliseconds.
    pub ms: u64,
    /// What the person does.
    pub truth: Truth,
}

const fn stretch(seconds: u64, truth: Truth) -> Stretch {
    Stretch { ms: seconds * 1_000, truth }
}

/// A day at a desk, in short; it begins anew when it is over. It opens upright, long enough to calibrate.
pub const DESK_DAY: &[Stretch] = &[
    stretch(120, Truth::Upright),
    stretch(240, Truth::Slouched),
    stretch(180, Truth::Upright),
    stretch(90, Truth::Walking),
    stretch(300, Truth::Slouched),
    stretch(120, Truth::Upright),
    stretch(150, Truth::Lying),
];

/// The pads of one channel.
#[derive(Clone, Debug)]
struct Skin {
    contact: Contact,
    dry_ohm: f64,
    drift: f64,
}

/// The person.
#[derive(Clone, Debug)]
pub struct Body {
    skin: Vec<Skin>,
    sweat: f64,
    day: Vec<Stretch>,
    lifts: Vec<(u64, usize, Contact)>,
    rng: fastrand::Rng,
    at_ms: u64,
}

/// The sensor does not sit straight: what it shows when the person is upright, in 0.1 degree.
const MOUNT_PITCH_DDEG: f64 = 62.0;
const MOUNT_ROLL_DDEG: f64 = -14.0;

impl Body {
    pub(crate) fn new(channels: u8, seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed ^ 0xB0D7);
        let skin = (0..channels)
            .map(|_| Skin { contact: Contact::Good, dry_ohm: 1_200.0 + rng.f64() * 800.0, drift: 1.0 })
            .collect();
        Self { skin, sweat: 0.0, day: DESK_DAY.to_vec(), lifts: Vec::new(), rng, at_ms: 0 }
    }

    /// What the person does from now on, over and over. An empty day is not worn.
    pub fn set_day(&mut self, day: &[Stretch]) {
        self.day = day.to_vec();
    }

    /// How a channel's pads sit from now on.
    pub fn set_contact(&mut self, channel: usize, contact: Contact) {
        if let Some(skin) = self.skin.get_mut(channel) {
            skin.contact = contact;
        }
    }

    /// At `at_ms` the pads of a channel will change.
    pub fn schedule_contact(&mut self, at_ms: u64, channel: usize, contact: Contact) {
        self.lifts.push((at_ms, channel, contact));
    }

    pub(crate) fn advance(&mut self, now_ms: u64) {
        let passed_s = as_f64(now_ms.saturating_sub(self.at_ms)) / 1_000.0;
        self.at_ms = now_ms;
        for (at_ms, channel, contact) in std::mem::take(&mut self.lifts) {
            if at_ms <= now_ms {
                self.set_contact(channel, contact);
            } else {
                self.lifts.push((at_ms, channel, contact));
            }
        }
        // Sweat comes within minutes of walking and goes within a quarter of an hour.
        let (towards, time_s) = if self.truth(now_ms) == Truth::Walking { (1.0, 120.0) } else { (0.1, 900.0) };
        self.sweat += (towards - self.sweat) * (passed_s / time_s).min(1.0);
        for skin in &mut self.skin {
            let wander = (self.rng.f64() - 0.5) * 0.02 * passed_s.min(1.0);
            skin.drift = (skin.drift + wander).clamp(0.8, 1.3);
        }
    }

    /// How a channel's pads sit.
    pub fn contact(&self, channel: usize) -> Contact {
        self.skin.get(channel).map_or(Contact::Off, |skin| skin.contact)
    }

    /// A channel's impedance in ohm; `None` = open.
    pub fn impedance_ohm(&self, channel: usize) -> Option<f64> {
        let skin = self.skin.get(channel)?;
        let factor = match skin.contact {
            Contact::Off | Contact::Unknown => return None,
            Contact::Poor => 3.0,
            Contact::Good => 1.0,
        };
        Some(skin.dry_ohm * skin.drift * (1.0 - 0.5 * self.sweat) * factor)
    }

    /// What the person really does.
    pub fn truth(&self, now_ms: u64) -> Truth {
        let total: u64 = self.day.iter().map(|stretch| stretch.ms).sum();
        if total == 0 {
            return Truth::NotWorn;
        }
        let mut into = now_ms % total;
        for stretch in &self.day {
            if into < stretch.ms {
                return stretch.truth;
            }
            into -= stretch.ms;
        }
        Truth::NotWorn
    }

    /// What the sensor shows.
    pub(crate) fn sample(&mut self, now_ms: u64) -> PostureSample {
        let sway = (as_f64(now_ms % 60_000) / 60_000.0 * std::f64::consts::TAU).sin();
        let breath = (as_f64(now_ms % 4_000) / 4_000.0 * std::f64::consts::TAU).sin();
        let noise = self.rng.f64() - 0.5;
        let (pitch, roll, activity, flags) = match self.truth(now_ms) {
            Truth::Upright => (4.0 * breath, 3.0 * sway, 1.0, PostureFlags::WORN.0),
            Truth::Slouched => (230.0 + 15.0 * sway, 8.0 * sway, 1.0, PostureFlags::WORN.0),
            Truth::Walking => (30.0 + 25.0 * breath, 30.0 * breath, 24.0 + 8.0 * noise, PostureFlags::WORN.0),
            Truth::Lying => (850.0, 40.0 * sway, 0.0, PostureFlags::WORN.0 | PostureFlags::LYING.0),
            Truth::NotWorn => (-850.0, 0.0, 0.0, PostureFlags::LYING.0),
        };
        let noise = noise * 4.0;
        PostureSample {
            pitch_ddeg: to_i16(MOUNT_PITCH_DDEG + pitch + noise),
            roll_ddeg: to_i16(MOUNT_ROLL_DDEG + roll + noise),
            activity: u8::try_from(to_i16(activity)).unwrap_or(0),
            flags: PostureFlags(flags),
        }
    }
}

/// Milliseconds as a number to calculate with; exact up to 2^53.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn as_f64(ms: u64) -> f64 {
    ms as f64
}

#[allow(clippy::cast_possible_truncation)] // Clamped before.
fn to_i16(value: f64) -> i16 {
    value.round().clamp(-1_800.0, 1_800.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_day() {
        let day = |seed| {
            let mut body = Body::new(2, seed);
            (0..1_000).map(|step| body.sample(step * 40)).collect::<Vec<_>>()
        };
        assert_eq!(day(7), day(7));
        assert_ne!(day(7), day(8));
    }

    #[test]
    fn sweat_lowers_the_impedance_and_a_poor_pad_raises_it() {
        let mut body = Body::new(1, 1);
        body.set_day(&[stretch(600, Truth::Walking)]);
        let dry = body.impedance_ohm(0).unwrap();
        (0..300).for_each(|second| body.advance(second * 1_000));
        let wet = body.impedance_ohm(0).unwrap();
        assert!(wet < dry * 0.9, "{dry} {wet}");
        body.set_contact(0, Contact::Poor);
        assert!(body.impedance_ohm(0).unwrap() > wet * 2.5);
        body.set_contact(0, Contact::Off);
        assert_eq!(body.impedance_ohm(0), None);
    }
}
