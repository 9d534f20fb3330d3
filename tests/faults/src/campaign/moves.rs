//! What may happen in a session, and how a session is made up from a seed.

use lumbra::domain::programme::{Mode, Parameters, Programme};
use lumbra::domain::units::{Hertz, Microseconds};
use lumbra_wearable::{Contact, FaultPlan, Faults, Lie};

/// A session to be played: where it begins, and what happens.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    /// Drives everything that is random in it.
    pub(crate) seed: u64,
    /// Half a round trip of the link, in milliseconds.
    pub(crate) trip_ms: u64,
    /// The clinician's cap, in 0.1 mA.
    pub(crate) clinician_cap_dma: Option<u16>,
    /// What happens, one after the other.
    pub(crate) moves: Vec<Move>,
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Move {
    /// How long after the one before, in milliseconds.
    pub(crate) after_ms: u64,
    /// What.
    pub(crate) act: Act,
}

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    /// The person wants something of the app. With `gives_up_ms` the call is dropped after so long.
    Person { wish: Wish, gives_up_ms: Option<u64> },
    /// The air is as bad as this from now on.
    Air(FaultPlan),
    /// The link is cut.
    Cut,
    /// The wearable is out of reach for so many milliseconds.
    Away(u64),
    /// The wearable restarts.
    Reboot,
    /// The wearable's button is pressed.
    Button,
    /// A channel's pads sit so.
    Pads(usize, Contact),
    /// The battery is at so many percent.
    Battery(u8),
    /// Faults have these causes.
    Causes(Faults),
    /// The wearable's status lies so.
    Lie(Option<Lie>),
    /// The wearable says what nobody can read this often, in milliseconds, or no more.
    Babble(Option<u64>),
    /// The app is killed when it touches so many more ports (0: now). The system holds its link for a time, and the
    /// person opens it again after a time, both in milliseconds.
    Kill { touches: u32, held_ms: u64, back_ms: u64 },
    /// The app is closed properly, and opened again after so many milliseconds.
    Reopen { back_ms: u64 },
    /// Nothing.
    Rest,
}

/// What the person wants.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wish {
    Start(StartWish),
    /// More on one channel, in 0.1 mA above what is shown.
    Up {
        channel: usize,
        by_dma: u16,
    },
    /// Less on all channels.
    Down {
        by_dma: u16,
    },
    /// These targets, whether they make sense or not.
    Exactly(Vec<u16>),
    Pause,
    Resume,
    Stop,
    Pain {
        score: u8,
        after: bool,
    },
    FetchRecords,
    OwnCap(Option<u16>),
    Calibrate,
    StartPosture,
    StopPosture,
    Identify,
    ClearFaults,
    Nudge,
    /// The screening's questions, with or without an answer that rules stimulation out.
    Screening {
        passes: bool,
    },
}

/// A session as the person wants it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StartWish {
    pub(crate) programme: Programme,
    pub(crate) duration_s: u32,
    pub(crate) grace_s: Option<u32>,
    /// Pad areas in 0.1 cm2; empty for the defaults.
    pub(crate) pads_dcm2: Vec<Option<u16>>,
    pub(crate) skin_intact: bool,
    /// The pain before is rated first.
    pub(crate) pain_before: Option<u8>,
}

impl Scene {
    /// The session of a seed.
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = Dice(fastrand::Rng::with_seed(seed));
        let trip_ms = dice.one_of(5, &[15, 15, 30, 60]);
        let clinician_cap_dma = dice.chance(300).then(|| 5 * dice.0.u16(4..60));
        let mut moves = Vec::new();
        dice.therapy(&mut moves);
        dice.happenings(&mut moves, trip_ms);
        // Between two sessions there is a pause of ten minutes at least.
        if dice.chance(350) {
            moves.push(Move { after_ms: 1_000, act: person(Wish::Stop) });
            moves.push(Move { after_ms: 660_000, act: Act::Rest });
            dice.therapy(&mut moves);
            dice.happenings(&mut moves, trip_ms);
        }
        Self { seed, trip_ms, clinician_cap_dma, moves }
    }

    /// The air when nothing is wrong with it.
    pub(crate) fn clear_air(&self) -> FaultPlan {
        FaultPlan { trip_ms: self.trip_ms, ..FaultPlan::default() }
    }
}

struct Dice(fastrand::Rng);

/// How often something happens beside the others.
type Weighted = (u32, fn(&mut Dice) -> Act);

const ACTS: [Weighted; 36] = [
    (20, Dice::up),
    (6, |dice| person(Wish::Down { by_dma: dice.0.u16(5..60) })),
    (2, |_| person(Wish::Exactly(vec![0, 0]))),
    (3, |dice| {
        let targets = (0..dice.0.usize(1..4)).map(|_| dice.one_of(0, &[1, 3, 50, 77, 250, 999, u16::MAX])).collect();
        person(Wish::Exactly(targets))
    }),
    (5, |dice| dice.may_give_up(Wish::Pause)),
    (8, |dice| dice.may_give_up(Wish::Resume)),
    (6, |dice| dice.may_give_up(Wish::Stop)),
    (5, |dice| dice.starts(true)),
    (4, |dice| {
        let score = dice.score();
        dice.may_give_up(Wish::Pain { score, after: false })
    }),
    (2, |dice| person(Wish::Pain { score: dice.score(), after: true })),
    (3, |dice| dice.may_give_up(Wish::FetchRecords)),
    (3, |dice| person(Wish::OwnCap(dice.chance(750).then(|| 5 * dice.0.u16(2..40))))),
    (1, |dice| dice.may_give_up(Wish::Calibrate)),
    (3, |_| person(Wish::StartPosture)),
    (1, |_| person(Wish::StopPosture)),
    (2, |dice| dice.may_give_up(Wish::Identify)),
    (2, |_| person(Wish::ClearFaults)),
    (1, |_| person(Wish::Nudge)),
    (1, |dice| person(Wish::Screening { passes: dice.chance(600) })),
    (3, |_| Act::Cut),
    (4, |dice| Act::Away(dice.one_of(800, &[3_000, 7_000, 12_000, 40_000]))),
    (2, |_| Act::Reboot),
    (3, |_| Act::Button),
    (3, |dice| Act::Pads(dice.0.usize(0..2), Contact::Off)),
    (2, |dice| Act::Pads(dice.0.usize(0..2), Contact::Poor)),
    (6, |dice| Act::Pads(dice.0.usize(0..2), Contact::Good)),
    (1, |dice| Act::Battery(dice.one_of(5, &[15, 60]))),
    (1, |dice| Act::Causes(dice.one_of(Faults::OVER_CURRENT, &[Faults::OVER_TEMPERATURE, Faults::POSTURE_SENSOR]))),
    (2, |_| Act::Causes(Faults::default())),
    (1, |dice| Act::Lie(Some(dice.one_of(Lie::NoCurrent, &[Lie::Frozen, Lie::Idle])))),
    (3, |_| Act::Lie(None)),
    (2, |dice| Act::Babble(Some(dice.one_of(50, &[150, 240])))),
    (2, |_| Act::Babble(None)),
    (5, |dice| dice.kill(true)),
    (5, |dice| dice.kill(false)),
    (3, |dice| Act::Reopen { back_ms: dice.one_of(0, &[500, 4_000, 20_000]) }),
];

fn person(wish: Wish) -> Act {
    Act::Person { wish, gives_up_ms: None }
}

impl Dice {
    fn chance(&mut self, per_mille: u32) -> bool {
        self.0.u32(0..1_000) < per_mille
    }

    fn score(&mut self) -> u8 {
        self.0.u8(0..=10)
    }

    fn one_of<T: Copy>(&mut self, first: T, others: &[T]) -> T {
        let index = self.0.usize(0..=others.len());
        others.get(index).copied().unwrap_or(first)
    }

    fn wait_ms(&mut self) -> u64 {
        match self.0.u32(0..10) {
            0..2 => 0,
            2..4 => self.0.u64(1..300),
            4..8 => self.0.u64(300..3_500),
            _ => self.0.u64(3_500..20_000),
        }
    }

    /// Mostly, a session is begun and the intensity raised.
    fn therapy(&mut self, moves: &mut Vec<Move>) {
        if !self.chance(900) {
            return;
        }
        moves.push(Move { after_ms: 500, act: self.starts(false) });
        for _ in 0..self.0.u32(0..5) {
            let act = self.up();
            moves.push(Move { after_ms: self.0.u64(600..2_500), act });
        }
    }

    fn happenings(&mut self, moves: &mut Vec<Move>, trip_ms: u64) {
        for _ in 0..self.0.u32(5..22) {
            let act = self.act(trip_ms);
            let waits_ms = self.wait_ms();
            let pauses = matches!(act, Act::Person { wish: Wish::Pause, .. } | Act::Pads(_, Contact::Off));
            moves.push(Move { after_ms: waits_ms, act });
            // A session that waits is mostly gone on with.
            if pauses && self.chance(600) {
                moves.push(Move { after_ms: self.0.u64(0..2_000), act: Act::Pads(0, Contact::Good) });
                moves.push(Move { after_ms: 0, act: Act::Pads(1, Contact::Good) });
                moves.push(Move { after_ms: self.0.u64(200..4_000), act: person(Wish::Resume) });
                moves.push(Move { after_ms: self.0.u64(0..3_000), act: self.up() });
            }
        }
    }

    fn act(&mut self, trip_ms: u64) -> Act {
        // The air needs more than dice.
        match self.0.u32(0..140) {
            0..10 => return Act::Air(self.air(trip_ms)),
            10..30 => return Act::Air(FaultPlan { trip_ms, ..FaultPlan::default() }),
            _ => {}
        }
        let total = ACTS.iter().map(|(weight, _)| weight).sum();
        let mut left = self.0.u32(0..total);
        for (weight, act) in ACTS {
            match left.checked_sub(weight) {
                None => return act(self),
                Some(rest) => left = rest,
            }
        }
        Act::Rest
    }

    fn up(&mut self) -> Act {
        let (channel, by_dma) = (self.0.usize(0..2), 5 * self.0.u16(1..11));
        self.may_give_up(Wish::Up { channel, by_dma })
    }

    fn may_give_up(&mut self, wish: Wish) -> Act {
        let gives_up_ms = self.chance(120).then(|| self.one_of(0, &[1, 20, 400]));
        Act::Person { wish, gives_up_ms }
    }

    fn kill(&mut self, at_a_touch: bool) -> Act {
        let touches = if at_a_touch { self.0.u32(1..25) } else { 0 };
        let held_ms = if self.chance(400) { self.one_of(200, &[5_000, 30_000]) } else { 0 };
        Act::Kill { touches, held_ms, back_ms: self.one_of(0, &[300, 2_500, 9_000, 40_000]) }
    }

    fn air(&mut self, trip_ms: u64) -> FaultPlan {
        let mut share = |most| if self.0.bool() { self.0.u16(0..most) } else { 0 };
        let (lose_per_mille, repeat_per_mille, delay_per_mille) = (share(700), share(500), share(900));
        let cut_after_bytes = self.chance(250).then(|| self.0.u64(1..1_500));
        let delay_max_ms = self.one_of(40, &[400, 2_500]);
        FaultPlan { lose_per_mille, repeat_per_mille, delay_per_mille, delay_max_ms, trip_ms, cut_after_bytes }
    }

    fn starts(&mut self, may_be_odd: bool) -> Act {
        let odd = may_be_odd && self.chance(200);
        let Some(programme) = self.programme() else { return Act::Rest };
        let wish = StartWish {
            programme,
            duration_s: if odd { self.one_of(0, &[3_601, 60_000]) } else { self.one_of(20, &[60, 150, 600, 1_200]) },
            grace_s: if self.chance(300) { Some(self.one_of(2, &[5, 30])) } else { None },
            pads_dcm2: self.pads(odd),
            skin_intact: !odd || self.0.bool(),
            pain_before: self.chance(300).then(|| self.score()),
        };
        Act::Person { wish: Wish::Start(wish), gives_up_ms: self.chance(60).then(|| self.one_of(0, &[15])) }
    }

    fn pads(&mut self, odd: bool) -> Vec<Option<u16>> {
        match self.0.u32(0..5) {
            _ if odd => vec![Some(100)],
            0 => vec![Some(160), None],
            1 => vec![Some(250), Some(160)],
            _ => Vec::new(),
        }
    }

    fn programme(&mut self) -> Option<Programme> {
        let custom = Parameters {
            mode: Mode::Custom,
            frequency: (Hertz::from_tenths(800), Hertz::from_tenths(800)),
            width: (Microseconds::new(40), Microseconds::new(self.one_of(60, &[180, 400]))),
            sweep_period_ds: 50,
            trains: None,
            ramp_up_dma_per_s: self.one_of(10, &[50]),
            ramp_down_ms: self.one_of(0, &[300, 2_000]),
        };
        let id = self.one_of("conventional", &["acupuncture-like", "burst", "brief-intense", "modulated", "custom"]);
        if id == "custom" { Programme::new(custom).ok() } else { Programme::built_in(id) }
    }
}
