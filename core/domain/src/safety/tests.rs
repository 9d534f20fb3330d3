//! The envelope against the published figures, and against chance.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::limits::{MIN_PAD_AREA, charge_uc, energy_mj, max_rms_ma, power_w_per_cm2, rms_ma};
use super::*;
use crate::programme::{Mode, Parameters, Programme};
use crate::red_flags::{History, StartPass, clear_to_start};
use crate::screening::{Answers, Round};
use crate::units::{Hertz, Microseconds, Milliamps, Percent, Seconds, SquareCentimetres, UnixMillis};

pub(super) const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);
pub(super) const FIT: PadCheck = PadCheck { skin_intact: true, pad_uses: 0 };

pub(super) fn ma(value: f64) -> Milliamps {
    Milliamps::from_f64(value).unwrap()
}

pub(super) fn device() -> DeviceLimits {
    DeviceLimits {
        channels: 2,
        max_current: ma(100.0),
        current_step: ma(0.5),
        max_rise: ma(20.0),
        frequency: (Hertz::from_tenths(10), Hertz::from_tenths(1_500)),
        width: (Microseconds::new(40), Microseconds::new(400)),
        max_charge_duc: 400,
        max_session: Seconds::new(3_600),
        grace: (Seconds::new(2), Seconds::new(30)),
        max_ramp_up_dma_per_s: 50,
    }
}

pub(super) fn custom(frequency_hz: u16, width_us: u16) -> Programme {
    let frequency = Hertz::from_tenths(frequency_hz * 10);
    Programme::new(Parameters {
        mode: Mode::Custom,
        frequency: (frequency, frequency),
        width: (Microseconds::new(width_us), Microseconds::new(width_us)),
        sweep_period_ds: 0,
        trains: None,
        ramp_up_dma_per_s: 10,
        ramp_down_ms: 500,
    })
    .unwrap()
}

pub(super) fn plan(programme: Programme, area_cm2: f64) -> SessionPlan {
    let area = SquareCentimetres::from_f64(area_cm2).unwrap();
    SessionPlan { programme, duration: Seconds::new(1_200), grace: Seconds::new(10), pads: vec![Some(area), None] }
}

pub(super) fn pass() -> StartPass {
    let rounds = [Round::all(Answers::all_no(), NOW)];
    clear_to_start(&History { rounds: &rounds, pain: &[] }).unwrap()
}

pub(super) fn approve(device: DeviceLimits, caps: Caps, plan: &SessionPlan) -> Result<ApprovedStart, Refusal> {
    let full = Percent::new(100).unwrap();
    Envelope::new(device, caps).approve_start(plan, &pass(), FIT, DoseHistory::default(), full, NOW)
}

pub(super) fn approved() -> ApprovedStart {
    approve(device(), Caps::default(), &plan(custom(100, 100), 25.0)).unwrap()
}

#[test]
fn the_published_check_values() {
    let rms = rms_ma(50.0, 200.0, 100.0);
    assert!((rms - 10.0).abs() < 1e-9);
    assert!((rms / 25.0 - 0.4).abs() < 1e-9);
    // 100 mA, 400 us, 150 Hz on 16 cm2 is 2.2 mA/cm2: refused, though the product's own ceiling is lower still.
    assert!((rms_ma(100.0, 400.0, 150.0) / 16.0 - 2.165).abs() < 1e-3);
    let hot = approve(device(), Caps::default(), &plan(custom(150, 400), 16.0)).unwrap();
    assert!(hot.caps()[0] < ma(100.0));
    let refusal = hot.approve_targets(Some(&[ma(0.0), ma(0.0)]), &[ma(100.0), ma(0.0)], None).unwrap_err();
    assert_eq!(refusal.asked, Amount::Current(ma(100.0)));
}

#[test]
fn each_limit_on_a_current_can_be_the_least_and_is_named() {
    let small = |change: fn(&mut DeviceLimits)| {
        let mut device = device();
        change(&mut device);
        device
    };
    let caps = |clinician: Option<f64>, user: Option<f64>| Caps { clinician: clinician.map(ma), user: user.map(ma) };
    let cases = [
        (device(), Caps::default(), custom(100, 100), 25.0, Limit::MaxCurrent, 60.0),
        (
            small(|device| device.max_current = Milliamps::from_tenths(300)),
            Caps::default(),
            custom(100, 100),
            25.0,
            Limit::DeviceCurrent,
            30.0,
        ),
        (device(), caps(Some(12.0), Some(20.0)), custom(100, 100), 25.0, Limit::ClinicianCap, 12.0),
        (device(), caps(Some(20.0), Some(8.3)), custom(100, 100), 25.0, Limit::UserCap, 8.0),
        (
            small(|device| device.max_charge_duc = 50),
            Caps::default(),
            custom(100, 250),
            25.0,
            Limit::ChargePerPhase,
            20.0,
        ),
    ];
    for (device, caps, programme, area_cm2, limit, cap_ma) in cases {
        let approved = approve(device, caps, &plan(programme, area_cm2)).unwrap();
        assert_eq!(approved.binding_limits()[0], limit);
        assert_eq!(approved.caps()[0], ma(cap_ma), "{limit:?}");
        assert_eq!(approved.clinician_cap(), caps.clinician, "kept for the session, also where another is the least");
        assert_eq!(approved.caps()[1], Milliamps::ZERO, "a channel without pads stays at zero");
    }
}

#[test]
fn each_limit_on_a_session_is_exact_and_named() {
    let good = plan(custom(100, 100), 25.0);
    let envelope = Envelope::new(device(), Caps::default());
    let ask = |plan: &SessionPlan, pads: PadCheck, dose: DoseHistory, battery: u8, now: UnixMillis| {
        let battery = Percent::new(battery).unwrap();
        envelope.approve_start(plan, &pass(), pads, dose, battery, now).map(|_| ()).map_err(|refusal| refusal.limit)
    };
    let with = |change: fn(&mut SessionPlan)| {
        let mut plan = good.clone();
        change(&mut plan);
        plan
    };
    let dose = |last_day: u32, ended_s_ago: i64| DoseHistory {
        last_day: Seconds::new(last_day),
        last_end: Some(UnixMillis::new(NOW.get() - ended_s_ago * 1_000)),
    };
    let none = DoseHistory::default();
    let month = UnixMillis::new(NOW.get() + 30 * 24 * 3_600_000);
    let cases = [
        (with(|_| {}), FIT, none, 100, NOW, Ok(())),
        (with(|plan| plan.duration = Seconds::new(3_600)), FIT, none, 100, NOW, Ok(())),
        (with(|plan| plan.duration = Seconds::new(3_601)), FIT, none, 100, NOW, Err(Limit::SessionLength)),
        (with(|plan| plan.duration = Seconds::new(0)), FIT, none, 100, NOW, Err(Limit::SessionLength)),
        (with(|plan| plan.grace = Seconds::new(1)), FIT, none, 100, NOW, Err(Limit::Grace)),
        (with(|plan| plan.grace = Seconds::new(31)), FIT, none, 100, NOW, Err(Limit::Grace)),
        (with(|plan| plan.pads.clear()), FIT, none, 100, NOW, Err(Limit::Channels)),
        (with(|plan| plan.pads = vec![None, None]), FIT, none, 100, NOW, Err(Limit::Channels)),
        (with(|plan| plan.pads.push(None)), FIT, none, 100, NOW, Err(Limit::Channels)),
        (
            with(|plan| plan.pads[0] = Some(SquareCentimetres::from_tenths(159))),
            FIT,
            none,
            100,
            NOW,
            Err(Limit::PadArea),
        ),
        (with(|plan| plan.pads[0] = Some(MIN_PAD_AREA)), FIT, none, 100, NOW, Ok(())),
        (with(|plan| plan.programme = custom(151, 100)), FIT, none, 100, NOW, Err(Limit::Frequency)),
        (with(|plan| plan.programme = custom(100, 39)), FIT, none, 100, NOW, Err(Limit::PulseWidth)),
        (with(|_| {}), PadCheck { skin_intact: false, ..FIT }, none, 100, NOW, Err(Limit::SkinCheck)),
        (with(|_| {}), PadCheck { pad_uses: 19, ..FIT }, none, 100, NOW, Ok(())),
        (with(|_| {}), PadCheck { pad_uses: 20, ..FIT }, none, 100, NOW, Err(Limit::PadUses)),
        (with(|_| {}), FIT, dose(3 * 3_600 - 1_200, 3_600), 100, NOW, Ok(())),
        (with(|_| {}), FIT, dose(3 * 3_600 - 1_199, 3_600), 100, NOW, Err(Limit::DoseADay)),
        (with(|_| {}), FIT, dose(0, 600), 100, NOW, Ok(())),
        (with(|_| {}), FIT, dose(0, 599), 100, NOW, Err(Limit::Pause)),
        (with(|_| {}), FIT, dose(0, -3_600), 100, NOW, Err(Limit::Pause)),
        (with(|_| {}), FIT, none, 20, NOW, Ok(())),
        (with(|_| {}), FIT, none, 19, NOW, Err(Limit::Battery)),
        (with(|_| {}), FIT, none, 100, month, Err(Limit::ScreeningAge)),
    ];
    for (index, (plan, pads, dose, battery, now, expected)) in cases.into_iter().enumerate() {
        assert_eq!(ask(&plan, pads, dose, battery, now), expected, "case {index}");
    }
    let brief = SessionPlan {
        programme: Programme::built_in("brief-intense").unwrap(),
        ..with(|plan| plan.duration = Seconds::new(1_801))
    };
    assert_eq!(ask(&brief, FIT, none, 100, NOW), Err(Limit::SessionLength), "brief-intense ends at 30 minutes");
}

#[test]
fn a_refusal_says_limit_asked_allowed_and_what_to_do() {
    let refusal = approved().approve_targets(Some(&[ma(0.0); 2]), &[ma(40.0), ma(0.0)], None).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the largest rise at once is 5 mA, asked was 40 mA on channel 1: go up in smaller steps"
    );
    assert_eq!(refusal.limit.as_str(), "rise");
}

/// What is known now, what is asked, since the last rise, and the limit that refuses.
type TargetCase<'a> = (Option<&'a [Milliamps]>, Vec<Milliamps>, Option<Duration>, Option<Limit>);

#[test]
fn each_rule_on_targets_is_exact_and_named() {
    let start = approved();
    let soon = Some(Duration::from_millis(999));
    let later = Some(Duration::from_secs(1));
    let zero: &[Milliamps] = &[Milliamps::ZERO; 2];
    let ten: &[Milliamps] = &[ma(10.0), Milliamps::ZERO];
    let cases: [TargetCase<'_>; 12] = [
        (Some(zero), vec![ma(5.0), ma(0.0)], None, None),
        (Some(zero), vec![ma(5.5), ma(0.0)], None, Some(Limit::Rise)),
        (Some(ten), vec![ma(15.0), ma(0.0)], later, None),
        (Some(ten), vec![ma(10.5), ma(0.0)], soon, Some(Limit::RiseRate)),
        (Some(ten), vec![ma(9.5), ma(0.0)], soon, None),
        (Some(ten), vec![ma(0.0), ma(0.0)], soon, None),
        (Some(ten), vec![ma(9.7), ma(0.0)], None, Some(Limit::CurrentStep)),
        (Some(ten), vec![ma(60.5), ma(0.0)], None, Some(Limit::MaxCurrent)),
        (Some(ten), vec![ma(0.0), ma(0.5)], None, Some(Limit::UnusedChannel)),
        (Some(ten), vec![ma(0.0)], None, Some(Limit::Channels)),
        (None, vec![ma(0.5), ma(0.0)], None, Some(Limit::UnknownCurrent)),
        (None, vec![ma(0.0), ma(0.0)], None, None),
    ];
    for (index, (current, asked, since, expected)) in cases.into_iter().enumerate() {
        let verdict = start.approve_targets(current, &asked, since).err().map(|refusal| refusal.limit);
        assert_eq!(verdict, expected, "case {index}");
    }
    assert_eq!(start.approve_resume(Percent::new(19).unwrap()).unwrap_err().limit, Limit::Battery);
    assert!(start.approve_resume(Percent::new(20).unwrap()).is_ok());
}

#[test]
fn a_lower_cap_of_the_persons_own_holds_in_a_session_and_a_higher_one_allows_nothing() {
    let start = approved();
    let lowered = start.clone().lowered_to(ma(12.3));
    assert_eq!((lowered.caps()[0], lowered.binding_limits()[0]), (ma(12.0), Limit::UserCap), "in the device's steps");
    assert_eq!((lowered.caps()[1], lowered.binding_limits()[1]), (Milliamps::ZERO, Limit::UnusedChannel));
    let now = [ma(11.5), Milliamps::ZERO];
    assert!(lowered.approve_targets(Some(&now), &[ma(12.0), Milliamps::ZERO], None).is_ok());
    let refusal = lowered.approve_targets(Some(&now), &[ma(12.5), Milliamps::ZERO], None).unwrap_err();
    assert_eq!(refusal.limit, Limit::UserCap);
    assert_eq!(start.clone().lowered_to(ma(60.0)), start, "the same cap is no other limit");
    assert_eq!(start.clone().lowered_to(ma(90.0)), start);
    assert_eq!(lowered.clone().lowered_to(ma(20.0)), lowered);
    let stepless = DeviceLimits { current_step: Milliamps::ZERO, ..device() };
    let stepless = approve(stepless, Caps::default(), &plan(custom(100, 100), 25.0)).unwrap();
    assert_eq!(stepless.lowered_to(ma(12.3)).caps()[0], ma(12.3));
}

#[test]
fn a_device_that_claims_nonsense_gets_no_current() {
    let mut broken = device();
    broken.current_step = Milliamps::ZERO;
    broken.max_charge_duc = 0;
    let start = approve(broken, Caps::default(), &plan(custom(100, 100), 25.0)).unwrap();
    assert_eq!(start.caps()[0], Milliamps::ZERO);
    assert!(
        start
            .approve_targets(Some(&[Milliamps::ZERO; 2]), &[Milliamps::from_tenths(1), Milliamps::ZERO], None)
            .is_err()
    );
}

/// Each limit worked out anew at the current it allows, so that those are tested too that bind only beyond
/// the product's own ceiling.
#[test]
fn each_limit_on_a_current_is_reached_exactly_at_it() {
    let area_cm2 = 25.0;
    let caps = Caps { clinician: Some(ma(12.0)), user: Some(ma(9.0)) };
    // One pulse rate in each row of the table of r.m.s. currents.
    for (frequency_hz, width_us, table_ma) in [(100, 200, 50.0), (1_000, 200, 80.0), (2_000, 200, 100.0)] {
        let limits = Envelope::new(device(), caps)
            .current_limits(&custom(frequency_hz, width_us), SquareCentimetres::from_f64(area_cm2).unwrap());
        let names: BTreeSet<_> = limits.iter().map(|(_, limit)| limit.as_str()).collect();
        assert_eq!(names.len(), 9, "nine different limits");
        for (ma, limit) in limits {
            let rms = ma * (2.0 * f64::from(width_us) * 1e-6 * f64::from(frequency_hz)).sqrt();
            let (reached, allowed) = match limit {
                Limit::MaxCurrent => (ma, 60.0),
                Limit::DeviceCurrent => (ma, 100.0),
                Limit::ClinicianCap => (ma, 12.0),
                Limit::UserCap => (ma, 9.0),
                Limit::ChargePerPhase => (ma * f64::from(width_us) / 1_000.0, 40.0),
                Limit::CurrentDensity => (rms / area_cm2, 2.0),
                Limit::PowerDensity => ((rms / 1_000.0).powi(2) * 2_000.0 / area_cm2, 0.25),
                Limit::PulseEnergy => ((ma / 1_000.0).powi(2) * 500.0 * 2.0 * f64::from(width_us) * 1e-3, 300.0),
                Limit::RmsCurrent => (rms, table_ma),
                other => panic!("no limit on a current: {other:?}"),
            };
            assert!((reached - allowed).abs() < 1e-9 * allowed, "{limit:?} at {frequency_hz} Hz: {reached}");
        }
    }
}

/// Those of the body's limits that can bind below the product's ceiling, on a device that reaches them.
#[test]
fn a_strong_device_is_held_to_the_limits_of_the_body() {
    let strong = DeviceLimits {
        frequency: (Hertz::from_tenths(10), Hertz::from_tenths(20_000)),
        width: (Microseconds::new(40), Microseconds::new(1_000)),
        max_charge_duc: 10_000,
        ..device()
    };
    let cases = [
        // 32 mA r.m.s. / sqrt(0.8) = 35.8 mA.
        (custom(1_000, 400), 16.0, Limit::CurrentDensity, 35.5),
        // 50 mA r.m.s. / sqrt(0.8) = 55.9 mA.
        (custom(400, 1_000), 60.0, Limit::RmsCurrent, 55.5),
    ];
    for (programme, area_cm2, limit, cap_ma) in cases {
        let start = approve(strong, Caps::default(), &plan(programme, area_cm2)).unwrap();
        assert_eq!((start.caps()[0], start.binding_limits()[0]), (ma(cap_ma), limit));
        let below = [ma(cap_ma - 0.5), Milliamps::ZERO];
        assert!(start.approve_targets(Some(&below), &[ma(cap_ma), Milliamps::ZERO], None).is_ok());
        let above = [ma(cap_ma + 0.5), Milliamps::ZERO];
        assert_eq!(start.approve_targets(Some(&below), &above, None).unwrap_err().limit, limit);
    }
}

#[test]
fn the_device_bounds_both_ends_of_a_sweep_and_its_own_times_and_rises() {
    let swept = |frequency_hz: (u16, u16), width_us: (u16, u16), ramp_up_dma_per_s| {
        let programme = Programme::new(Parameters {
            mode: Mode::Custom,
            frequency: (Hertz::from_tenths(frequency_hz.0 * 10), Hertz::from_tenths(frequency_hz.1 * 10)),
            width: (Microseconds::new(width_us.0), Microseconds::new(width_us.1)),
            sweep_period_ds: 120,
            trains: None,
            ramp_up_dma_per_s,
            ramp_down_ms: 500,
        });
        approve(device(), Caps::default(), &plan(programme.unwrap(), 25.0)).map_err(|refusal| refusal.limit)
    };
    assert!(swept((1, 150), (40, 400), 50).is_ok());
    assert_eq!(swept((1, 151), (40, 400), 50), Err(Limit::Frequency));
    assert_eq!(swept((1, 150), (39, 400), 50), Err(Limit::PulseWidth));
    assert_eq!(swept((1, 150), (40, 401), 50), Err(Limit::PulseWidth));
    assert_eq!(swept((1, 150), (40, 400), 51), Err(Limit::Ramp));

    let weak = DeviceLimits { max_session: Seconds::new(1_199), ..device() };
    let refusal = approve(weak, Caps::default(), &plan(custom(100, 100), 25.0)).unwrap_err();
    assert_eq!((refusal.limit, refusal.allowed), (Limit::SessionLength, Amount::Time(Seconds::new(1_199))));

    let gentle = DeviceLimits { max_rise: ma(2.0), ..device() };
    let start = approve(gentle, Caps::default(), &plan(custom(100, 100), 25.0)).unwrap();
    let zero = [Milliamps::ZERO; 2];
    assert!(start.approve_targets(Some(&zero), &[ma(2.0), Milliamps::ZERO], None).is_ok());
    let refusal = start.approve_targets(Some(&zero), &[ma(2.5), Milliamps::ZERO], None).unwrap_err();
    assert_eq!(refusal.limit, Limit::Rise);
}

proptest! {
    /// Whatever is approved is within every single limit, worked out here anew.
    #[test]
    fn nothing_approved_is_above_any_limit(
        frequency_hz in 1_u16..=150,
        width_us in 40_u16..=400,
        area_dcm2 in 160_u16..=1_000,
        charge_duc in 0_u16..=400,
        device_dma in 0_u16..=1_500,
        clinician in proptest::option::of(0_u16..=800),
        now_dma in 0_u16..=600,
        asked_dma in 0_u16..=2_000,
    ) {
        let mut device = device();
        device.max_charge_duc = charge_duc;
        device.max_current = Milliamps::from_tenths(device_dma);
        let caps = Caps { clinician: clinician.map(Milliamps::from_tenths), user: None };
        let area_cm2 = f64::from(area_dcm2) / 10.0;
        let start = approve(device, caps, &plan(custom(frequency_hz, width_us), area_cm2)).unwrap();
        let now = [Milliamps::from_tenths(now_dma), Milliamps::ZERO];
        let asked = [Milliamps::from_tenths(asked_dma), Milliamps::ZERO];
        if let Ok(targets) = start.approve_targets(Some(&now), &asked, None) {
            let ma = targets.targets()[0].as_f64();
            let (f, w) = (f64::from(frequency_hz), f64::from(width_us));
            let rms = rms_ma(ma, w, f);
            prop_assert!(ma <= 60.0 && ma * 10.0 <= f64::from(device_dma));
            prop_assert!(clinician.is_none_or(|cap| ma * 10.0 <= f64::from(cap)));
            prop_assert!(charge_uc(ma, w) * 10.0 <= f64::from(charge_duc) + 1e-6);
            prop_assert!(rms / area_cm2 <= 2.0 + 1e-6);
            prop_assert!(power_w_per_cm2(rms, 2_000.0, area_cm2) <= 0.25 + 1e-6);
            prop_assert!(energy_mj(ma, w, 500.0) <= 300.0 && rms <= max_rms_ma(f) + 1e-6);
            prop_assert!(asked_dma <= now_dma.saturating_add(50));
            // A smaller wish is granted too, in the device's steps.
            let less = [Milliamps::from_tenths(asked_dma / 2 / 5 * 5), Milliamps::ZERO];
            prop_assert!(start.approve_targets(Some(&now), &less, None).is_ok());
        }
        // Zero is always granted, whatever is known.
        let zero = [Milliamps::ZERO; 2];
        prop_assert!(start.approve_targets(None, &zero, Some(Duration::ZERO)).is_ok());
    }
}
