//! The figure is one and the same person, with joints that go as far as a person's.

use proptest::prelude::*;

use super::{PARTS, Shown, each, scene};
use crate::drawing::body::{Arm, FLAT, Leg, Limb, Pose, Side, length};
use crate::drawing::space::{Dir, Vector, at3, d, dz};
use lumbra_domain::exercise::Exercise;

fn wrong_lengths(side: &Side) -> Vec<String> {
    [
        ("upper arm", side.shoulder, side.elbow, length::UPPER_ARM),
        ("forearm", side.elbow, side.wrist, length::FOREARM),
        ("hand", side.wrist, side.fingers, length::HAND),
        ("thigh", side.hip, side.knee, length::THIGH),
        ("shin", side.knee, side.ankle, length::SHIN),
        ("foot", side.ankle, side.toes, length::FOOT),
    ]
    .into_iter()
    .filter(|(_, from, to, long)| ((*to - *from).length() - long).abs() > 1e-6)
    .map(|(bone, from, to, long)| format!("{bone} is {:.2}, not {long}", (to - from).length()))
    .collect()
}

#[test]
fn bones_keep_their_length() {
    each(|Shown { figure, .. }| {
        let mut wrong = wrong_lengths(&figure.right);
        wrong.extend(wrong_lengths(&figure.left));
        for (bone, from, to, long) in [
            ("lumbar spine", figure.pelvis, figure.waist, length::LUMBAR),
            ("thorax", figure.waist, figure.chest, length::THORAX),
            ("neck", figure.chest, figure.head, length::NECK),
            ("shoulders", figure.left.shoulder, figure.right.shoulder, 2.0 * length::SHOULDER),
            ("hips", figure.left.hip, figure.right.hip, 2.0 * length::HIP),
        ] {
            if ((to - from).length() - long).abs() > 1e-6 {
                wrong.push(format!("{bone} is {:.2}, not {long}", (to - from).length()));
            }
        }
        wrong
    });
}

#[test]
fn what_reaches_for_a_point_gets_there() {
    each(|Shown { pose, figure, .. }| {
        let limbs = [
            ("right hand", pose.right_arm.limb, figure.right.wrist),
            ("left hand", pose.left_arm.limb, figure.left.wrist),
            ("right foot", pose.right_leg.limb, figure.right.ankle),
            ("left foot", pose.left_leg.limb, figure.left.ankle),
        ];
        let missed = |limb, end: Vector| match limb {
            Limb::Reach(target, _) => (target - end).length(),
            Limb::Along(..) => 0.0,
        };
        limbs
            .into_iter()
            .filter(|(_, limb, end)| missed(*limb, *end) > 1e-6)
            .map(|(name, limb, end)| format!("{name} misses by {:.1}", missed(limb, end)))
            .collect()
    });
}

fn angle_deg(one: Vector, other: Vector) -> f64 {
    one.unit().dot(other.unit()).clamp(-1.0, 1.0).acos().to_degrees()
}

/// The ranges are about those of a healthy grown person, as goniometry measures them.
fn stiff(name: &str, side: &Side, trunk_up: Vector, right: Vector) -> Vec<String> {
    let (thigh, shin, foot) = (side.knee - side.hip, side.ankle - side.knee, side.toes - side.ankle);
    let (upper, fore) = (side.elbow - side.shoulder, side.wrist - side.elbow);
    let mut wrong = Vec::new();
    let mut within = |joint: &str, value: f64, low: f64, high: f64| {
        if !(low..=high).contains(&value) {
            wrong.push(format!("{name} {joint} {value:.0} is not in {low} to {high}"));
        }
    };
    within("elbow bends by", angle_deg(upper, fore), 0.0, 150.0);
    // Past 140 or so only with the body's weight on the heel.
    within("knee bends by", angle_deg(thigh, shin), 0.0, 160.0);
    // 90 stands upright; less is toes pointed away, more is toes drawn up.
    within("foot to shin", angle_deg(shin, foot), 15.0, 120.0);
    // The thigh seen from the side: 0 in line with the trunk, above 0 to the front.
    let front = trunk_up.cross(right).unit();
    let flexion = thigh.dot(front).atan2(-thigh.dot(trunk_up.unit())).to_degrees();
    // Past 125 or so the pelvis goes along, which this trunk, bent at its waist alone, cannot show.
    within("hip bends by", flexion, -30.0, 140.0);
    // A knee does not bend forwards. A thigh that is turned outwards takes its knee's axis with it: nothing is said of it.
    let turned = thigh.unit().dot(right).abs();
    if turned < 0.3 && shin.unit().dot(right).abs() < 0.3 {
        let forwards = shin.unit().dot(right.cross(thigh.unit()).unit());
        within("knee forwards by", forwards.asin().to_degrees(), -90.0, 8.0);
    }
    wrong
}

#[test]
fn joints_go_as_far_as_a_persons_and_no_farther() {
    each(|Shown { pose, figure, .. }| {
        let (lumbar, thorax) = (figure.waist - figure.pelvis, figure.chest - figure.waist);
        let mut wrong = stiff("right", &figure.right, lumbar, figure.across_hips);
        wrong.extend(stiff("left", &figure.left, lumbar, figure.across_hips));
        for (name, angle, most) in [
            ("back bends by", angle_deg(lumbar, thorax), 60.0),
            ("neck bends by", angle_deg(thorax, figure.head - figure.chest), 50.0),
            ("trunk turns by", angle_deg(figure.across_hips, figure.across_shoulders), 75.0),
            ("hips slant by", (angle_deg(lumbar, figure.across_hips) - 90.0).abs(), 25.0),
            ("shoulders slant by", (angle_deg(thorax, figure.across_shoulders) - 90.0).abs(), 25.0),
            ("belly by", pose.belly.abs(), 10.0),
        ] {
            if angle > most {
                wrong.push(format!("{name} {angle:.0}, more than {most}"));
            }
        }
        wrong
    });
}

#[test]
fn the_end_is_not_the_start() {
    for exercise in Exercise::ALL {
        let scene = scene(*exercise);
        let (start, end) = (scene.start.figure(), scene.end.figure());
        let moved = PARTS.map(|part| (start.part(part).0 - end.part(part).0).length()).into_iter().fold(0.0, f64::max);
        let breath = (start.belly - end.belly).abs();
        let waist = (start.waist - end.waist).length();
        assert!(moved >= 8.0 || breath >= 6.0 || waist >= 6.0, "{}: {moved:.1} {breath:.1} {waist:.1}", exercise.id());
    }
}

#[test]
fn walking_is_the_same_step_with_the_other_foot() {
    let scene = scene(Exercise::Walking);
    let mirrored = |point: Vector| at3(point.x, point.y, -point.z);
    let (start, end) = (scene.start.figure(), scene.end.figure());
    for (one, other) in [
        (start.right.ankle, end.left.ankle),
        (start.left.ankle, end.right.ankle),
        (start.right.wrist, end.left.wrist),
        (start.left.wrist, end.right.wrist),
    ] {
        assert!((mirrored(one) - other).length() < 1e-6, "{one:?} {other:?}");
    }
}

fn any_dir() -> impl Strategy<Value = Dir> {
    (-180.0..180.0, -90.0..90.0).prop_map(|(plane_deg, towards_deg)| dz(plane_deg, towards_deg))
}

proptest! {
    #[test]
    fn no_pose_breaks_a_bone(bend in any_dir(), x in -200.0..200.0, y in -200.0..200.0, z in -200.0..200.0) {
        let reach = Limb::Reach(at3(x, y, z), bend);
        let arm = Arm { limb: reach, hand: None };
        let leg = Leg { limb: reach, foot: FLAT };
        let across = dz(0.0, 90.0);
        let figure = Pose {
            pelvis: at3(0.0, 0.0, 0.0), across_hips: across, across_shoulders: across,
            lumbar: d(90.0), thorax: d(90.0), neck: d(90.0),
            right_arm: arm, left_arm: arm, right_leg: leg, left_leg: leg, belly: 0.0, rests: &[],
        }.figure();
        prop_assert_eq!(wrong_lengths(&figure.right), Vec::<String>::new());
        prop_assert_eq!(wrong_lengths(&figure.left), Vec::<String>::new());
    }
}
