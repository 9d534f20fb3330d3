//! The figures of the envelope against numbers worked out by hand, and the words of its refusals.

use std::collections::BTreeSet;

use super::limits::{MAX_PAD_USES, charge_uc, energy_mj, max_rms_ma, power_w_per_cm2, rms_ma};
use super::tests::{FIT, NOW, approve, approved, custom, device, ma, pass, plan};
use super::*;
use crate::programme::{Mode, Parameters, Programme};
use crate::units::{Hertz, Microseconds, Milliamps, Percent, Seconds, SquareCentimetres};

/// Equal but for what floating point loses.
fn same(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-12
}

#[test]
fn the_charge_of_a_phase() {
    // 0.1 A for 400 us are 40 uC; 0.02 A for 250 us are 5 uC.
    assert!(same(charge_uc(100.0, 400.0), 40.0));
    assert!(same(charge_uc(20.0, 250.0), 5.0));
    assert!(same(charge_uc(0.0, 400.0), 0.0));
}

#[test]
fn the_power_under_a_pad() {
    // 0.01 A squared into 2,000 ohm are 0.2 W, on 25 cm2 0.008 W/cm2.
    assert!(same(power_w_per_cm2(10.0, 2_000.0, 25.0), 0.008));
    // 0.1 A squared into 500 ohm are 5 W, on 20 cm2 0.25 W/cm2: the limit.
    assert!(same(power_w_per_cm2(100.0, 500.0, 20.0), 0.25));
}

#[test]
fn the_energy_of_a_pulse() {
    // 0.06 A squared into 500 ohm are 1.8 W, for both phases of 400 us 1.44 mJ.
    assert!(same(energy_mj(60.0, 400.0, 500.0), 1.44));
    // 1 A into 1,000 ohm is 1 kW, for both phases of 150 us 300 mJ: the limit.
    assert!(same(energy_mj(1_000.0, 150.0, 1_000.0), 300.0));
}

#[test]
fn the_rms_current_and_its_table() {
    // 200 us twice, 100 times a second, is current for 4 % of the time: a fifth of the peak.
    assert!(same(rms_ma(50.0, 200.0, 100.0), 10.0));
    // 500 us twice, 1,000 times a second, is current all the time.
    assert!(same(rms_ma(50.0, 500.0, 1_000.0), 50.0));
    for (rate_hz, allowed_ma) in
        [(1.0, 50.0), (400.0, 50.0), (400.1, 80.0), (1_500.0, 80.0), (1_500.1, 100.0), (1e9, 100.0), (f64::NAN, 0.0)]
    {
        assert!(same(max_rms_ma(rate_hz), allowed_ma), "{rate_hz} Hz");
    }
}

/// A cap is rounded to the device's step downwards; what is no current is none.
#[test]
fn a_cap_is_rounded_down_to_the_device_s_step() {
    let envelope = Envelope::new(device(), Caps::default());
    let cases = [
        (12.0, 120),
        (12.49, 120),
        (12.5, 125),
        (12.99, 125),
        // As close to 12.5 as sums of floating point come.
        (12.499_999_999, 125),
        (0.0, 0),
        (0.49, 0),
        (6_553.5, 65_535),
        (6_553.6, 0),
        (-0.5, 0),
        (-1e9, 0),
        (f64::INFINITY, 0),
        (f64::NEG_INFINITY, 0),
        (f64::NAN, 0),
    ];
    for (current_ma, tenths) in cases {
        assert_eq!(envelope.round_down(current_ma), Milliamps::from_tenths(tenths), "{current_ma} mA");
    }
}

/// The person hears first of the cap that is not theirs to change.
#[test]
fn of_two_equal_caps_the_one_that_is_harder_to_change_is_named() {
    let both = |tenths| Some(Milliamps::from_tenths(tenths));
    let cases = [
        (both(600), None, Limit::MaxCurrent),
        (None, both(600), Limit::MaxCurrent),
        (both(120), both(120), Limit::ClinicianCap),
    ];
    for (clinician, user, limit) in cases {
        let start = approve(device(), Caps { clinician, user }, &plan(custom(100, 100), 25.0)).unwrap();
        assert_eq!(start.binding_limits(), [limit, Limit::UnusedChannel]);
    }
}

#[test]
fn a_refusal_tells_what_was_asked_and_which_end_of_the_range_is_in_the_way() {
    let swept = |frequency: (u16, u16), width: (u16, u16)| {
        Programme::new(Parameters {
            mode: Mode::Custom,
            frequency: (Hertz::from_tenths(frequency.0), Hertz::from_tenths(frequency.1)),
            width: (Microseconds::new(width.0), Microseconds::new(width.1)),
            sweep_period_ds: 120,
            trains: None,
            ramp_up_dma_per_s: 10,
            ramp_down_ms: 500,
        })
        .unwrap()
    };
    let narrow = DeviceLimits {
        frequency: (Hertz::from_tenths(500), Hertz::from_tenths(800)),
        width: (Microseconds::new(100), Microseconds::new(200)),
        ..device()
    };
    let hertz = |tenths| Amount::Frequency(Hertz::from_tenths(tenths));
    let us = |us| Amount::Width(Microseconds::new(us));
    let s = |s| Amount::Time(Seconds::new(s));
    let of = |programme: Programme| plan(programme, 25.0);
    let grace = |s| SessionPlan { grace: Seconds::new(s), ..of(swept((500, 800), (100, 200))) };
    let cases = [
        (of(swept((500, 800), (100, 200))), None),
        (of(swept((499, 800), (100, 200))), Some((Limit::Frequency, hertz(499), hertz(500)))),
        (of(swept((500, 801), (100, 200))), Some((Limit::Frequency, hertz(801), hertz(800)))),
        (of(swept((500, 800), (99, 200))), Some((Limit::PulseWidth, us(99), us(100)))),
        (of(swept((500, 800), (100, 201))), Some((Limit::PulseWidth, us(201), us(200)))),
        (grace(1), Some((Limit::Grace, s(1), s(2)))),
        (grace(2), None),
        (grace(30), None),
        (grace(31), Some((Limit::Grace, s(31), s(30)))),
    ];
    for (index, (plan, expected)) in cases.into_iter().enumerate() {
        let refusal = approve(narrow, Caps::default(), &plan).err();
        assert_eq!(refusal.map(|refusal| (refusal.limit, refusal.asked, refusal.allowed)), expected, "case {index}");
    }
}

/// The twentieth session is the last with a pair of pads; this would be the twenty-first.
#[test]
fn the_session_that_worn_pads_are_refused_for_is_counted() {
    let start = |pad_uses| {
        let full = Percent::saturating(100);
        let pads = PadCheck { pad_uses, ..FIT };
        let envelope = Envelope::new(device(), Caps::default());
        envelope.approve_start(&plan(custom(100, 100), 25.0), &pass(), pads, DoseHistory::default(), full, NOW)
    };
    assert_eq!(MAX_PAD_USES, 20);
    assert!(start(19).is_ok());
    let refusal = start(20).unwrap_err();
    assert_eq!((refusal.asked, refusal.allowed), (Amount::Count(21), Amount::Count(20)));
}

/// One value for each channel, in what is asked and in what is known.
#[test]
fn targets_for_another_number_of_channels_are_refused() {
    let start = approved();
    let zeros = |count| vec![Milliamps::ZERO; count];
    for (known, asked) in [(None, 1), (None, 3), (Some(2), 1), (Some(1), 2), (Some(3), 2), (Some(1), 1), (Some(2), 0)] {
        let current = known.map(zeros);
        let refusal = start.approve_targets(current.as_deref(), &zeros(asked), None).unwrap_err();
        assert_eq!((refusal.limit, refusal.allowed), (Limit::Channels, Amount::Count(2)), "{known:?}, {asked}");
        assert_eq!(refusal.asked, Amount::Count(u32::try_from(asked).unwrap()));
    }
}

/// What rises is told from what does not: a rise must have been felt before the next.
#[test]
fn only_a_channel_that_goes_up_is_a_rise() {
    let start = approved();
    let rises = |now, asked| {
        let current = [ma(now), Milliamps::ZERO];
        let targets = start.approve_targets(Some(&current), &[ma(asked), Milliamps::ZERO], None).unwrap();
        assert_eq!(targets.targets(), [ma(asked), Milliamps::ZERO]);
        targets.rises()
    };
    assert!(rises(0.0, 0.5) && rises(10.0, 15.0));
    assert!(!rises(10.0, 10.0) && !rises(10.0, 9.5) && !rises(10.0, 0.0) && !rises(0.0, 0.0));
    let unknown = start.approve_targets(None, &[Milliamps::ZERO; 2], None).unwrap();
    assert!(!unknown.rises());
}

#[test]
fn an_amount_is_written_with_its_unit() {
    let s = |s| Amount::Time(Seconds::new(s));
    let cases = [
        (s(0), "0 s"),
        (s(119), "119 s"),
        (s(120), "2 min"),
        (s(121), "3 min"),
        (s(3_600), "60 min"),
        (Amount::Millis(999), "999 ms"),
        (Amount::Current(Milliamps::from_tenths(125)), "12.5 mA"),
        (Amount::Frequency(Hertz::from_tenths(1_500)), "150 Hz"),
        (Amount::Width(Microseconds::new(400)), "400 us"),
        (Amount::Area(SquareCentimetres::from_tenths(160)), "16 cm2"),
        (Amount::Share(Percent::saturating(20)), "20 %"),
        (Amount::Days(30), "30 days"),
        (Amount::Count(21), "21"),
        (Amount::RampRate(55), "5.5 mA/s"),
        (Amount::Flag(true), "yes"),
        (Amount::Flag(false), "no"),
    ];
    for (amount, text) in cases {
        assert_eq!(amount.to_string(), text);
    }
}

/// Every limit has a name of its own, and tells what it is and what to do.
#[test]
fn every_refusal_says_something_of_its_own() {
    let limits = [
        (Limit::MaxCurrent, "max_current"),
        (Limit::DeviceCurrent, "device_current"),
        (Limit::ClinicianCap, "clinician_cap"),
        (Limit::UserCap, "user_cap"),
        (Limit::ChargePerPhase, "charge_per_phase"),
        (Limit::CurrentDensity, "current_density"),
        (Limit::PowerDensity, "power_density"),
        (Limit::PulseEnergy, "pulse_energy"),
        (Limit::RmsCurrent, "rms_current"),
        (Limit::CurrentStep, "current_step"),
        (Limit::Rise, "rise"),
        (Limit::RiseRate, "rise_rate"),
        (Limit::UnknownCurrent, "unknown_current"),
        (Limit::Channels, "channels"),
        (Limit::UnusedChannel, "unused_channel"),
        (Limit::PadArea, "pad_area"),
        (Limit::PadUses, "pad_uses"),
        (Limit::SkinCheck, "skin_check"),
        (Limit::Frequency, "frequency"),
        (Limit::PulseWidth, "pulse_width"),
        (Limit::Ramp, "ramp"),
        (Limit::SessionLength, "session_length"),
        (Limit::DoseADay, "dose_a_day"),
        (Limit::Pause, "pause"),
        (Limit::Grace, "grace"),
        (Limit::Battery, "battery"),
        (Limit::ScreeningAge, "screening_age"),
    ];
    let mut texts = BTreeSet::new();
    for (limit, name) in limits {
        assert_eq!(limit.as_str(), name);
        let refusal = Refusal { limit, asked: Amount::Count(2), allowed: Amount::Count(1), channel: None };
        let text = refusal.to_string();
        let (what, advice) = text.split_once(" is 1, asked was 2: ").unwrap();
        assert!(!what.is_empty() && !advice.is_empty(), "{text}");
        texts.insert(text);
    }
    assert_eq!(texts.len(), limits.len(), "no two refusals read the same");
    let refusal = Refusal {
        limit: Limit::Rise,
        asked: Amount::Current(ma(9.0)),
        allowed: Amount::Current(ma(5.0)),
        channel: Some(1),
    };
    assert!(refusal.to_string().contains("asked was 9 mA on channel 2:"), "people count from 1");
}
