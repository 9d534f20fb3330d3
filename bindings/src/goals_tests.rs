//! A goal from a shell's side.

use futures::executor::block_on;

use super::*;
use crate::demo::{DemoTime, VirtualWearable};

#[test]
fn a_goal_is_kept_reached_step_by_step_and_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let wearable = VirtualWearable::new(DemoTime::Virtual).unwrap();
    block_on(async {
        let lumbra = Lumbra::open_demo(dir.path().display().to_string(), wearable, None).await.unwrap();
        assert_eq!(lumbra.own_goals().await, Ok(Vec::new()));
        for (goal, steps) in [("  ", 0), ("dig", 10)] {
            let refused = lumbra.add_goal(goal.to_owned(), vec!["a step".to_owned(); steps]).await;
            assert!(matches!(refused, Err(LumbraError::Invalid { .. })), "{refused:?}");
        }
        let id = lumbra.add_goal("dig the garden".to_owned(), vec!["weed a bed".to_owned()]).await.unwrap();
        let [goal] = &lumbra.own_goals().await.unwrap()[..] else { panic!("one goal") };
        assert_eq!((&goal.goal_id, goal.text.as_str(), goal.reached), (&id, "dig the garden", false));
        let steps: Vec<_> = goal.steps.iter().map(|step| (step.text.as_str(), step.reached_day)).collect();
        assert_eq!(steps, [("weed a bed", None), ("dig the garden", None)]);
        assert!(!format!("{goal:?} {:?}", goal.steps).contains("garden"));

        let today = lumbra.today().await.unwrap();
        assert_eq!(lumbra.mark_goal(id.clone(), 0, true).await.unwrap().steps[0].reached_day, Some(today));
        assert!(lumbra.mark_goal(id.clone(), 1, true).await.unwrap().reached);
        let back = lumbra.mark_goal(id.clone(), 0, false).await.unwrap();
        assert_eq!((back.steps[0].reached_day, back.reached), (None, false));
        for (id, step) in [(id.clone(), 2), ("another".to_owned(), 0)] {
            assert!(matches!(lumbra.mark_goal(id, step, true).await, Err(LumbraError::Invalid { .. })));
        }
        lumbra.give_up_goal(id.clone()).await.unwrap();
        assert_eq!(lumbra.own_goals().await, Ok(Vec::new()));
        assert!(matches!(lumbra.give_up_goal(id).await, Err(LumbraError::Invalid { .. })));
        lumbra.shut_down().await.unwrap();
    });
}
