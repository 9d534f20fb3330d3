//! The body that wears it: skin under the pads, and a person who lives a day of postures.

use lumbra_protocol::{Contact, PostureSample};

use crate::person::{DESK_DAY, Person, Place, Stretch, Truth, as_f64};

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
    person: Person,
    seed: u64,
    lifts: Vec<(u64, usize, Contact)>,
    rng: fastrand::Rng,
    at_ms: u64,
}

impl Body {
    pub(crate) fn new(channels: u8, seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed ^ 0xB0D7);
        let skin = (0..channels)
            .map(|_| Skin { contact: Contact::Good, dry_ohm: 1_200.0 + rng.f64() * 800.0, drift: 1.0 })
            .collect();
        let (day, person) = (DESK_DAY.to_vec(), Person::default());
        Self { skin, sweat: 0.0, day, person, seed, lifts: Vec::new(), rng, at_ms: 0 }
    }

    /// A body of its own, without a device: somebody's day, for whoever judges posture.
    pub fn of(person: Person, day: &[Stretch], seed: u64) -> Self {
        let mut body = Self::new(1, seed);
        body.set_person(person);
        body.set_day(day);
        body
    }

    /// Who wears it from now on, and how.
    pub const fn set_person(&mut self, person: Person) {
        self.person = person;
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
        Place::find(&self.day, now_ms).truth
    }

    /// For how long the person has done so, in milliseconds.
    pub fn truth_since_ms(&self, now_ms: u64) -> u64 {
        Place::find(&self.day, now_ms).into_ms
    }

    /// What the sensor shows.
    pub fn sample(&mut self, now_ms: u64) -> PostureSample {
        self.person.sample(Place::find(&self.day, now_ms), now_ms, self.seed, &mut self.rng)
    }
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
        body.set_day(&[Stretch { ms: 600_000, truth: Truth::Walking }]);
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
