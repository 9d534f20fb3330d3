//! Goals: the person's own, step by step, and those of the clinic's plan.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // In a test a failure is a panic.

mod support;

use std::sync::Arc;

use lumbra::Error;
use lumbra::domain::plan::GoalText;
use lumbra::sync::support::Clinic;
use serde_json::json;
use support::clinic::{connected, prescribe, sync};
use support::{World, seconds};

fn text(text: &str) -> GoalText {
    GoalText::new(text).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_goal_is_reached_step_by_step_and_may_be_given_up() {
    let world = World::new();
    let companion = world.open().await;
    let garden = companion.add_goal(text("work in the garden"), vec![text("water the pots")]).await.unwrap();
    let swim = companion.add_goal(text("swim"), Vec::new()).await.unwrap();
    let own = companion.goals().await.unwrap().own;
    assert_eq!(own.iter().map(|goal| goal.goal_id.as_str()).collect::<Vec<_>>(), [garden.as_str(), &swim]);
    assert_eq!(own.iter().map(|goal| goal.goal.steps().len()).collect::<Vec<_>>(), [2, 1]);

    let goal = companion.mark_goal(&garden, 0, true).await.unwrap();
    assert_eq!((goal.reached, goal.goal.reached()), (false, 1));
    assert_eq!(goal.goal.steps()[0].reached.unwrap().to_string(), "2026-01-01");
    assert!(companion.mark_goal(&garden, 1, true).await.unwrap().reached);
    assert!(!companion.mark_goal(&garden, 0, false).await.unwrap().reached, "a bad week takes a step back");
    for (goal, step) in [(garden.as_str(), 2), ("another", 0)] {
        assert!(matches!(companion.mark_goal(goal, step, true).await, Err(Error::Invalid(_))), "{goal} {step}");
    }
    let too_many = (0..10).map(|number| text(&number.to_string())).collect();
    assert!(matches!(companion.add_goal(text("fly"), too_many).await, Err(Error::Invalid(_))));

    companion.give_up_goal(&swim).await.unwrap();
    assert!(matches!(companion.mark_goal(&swim, 0, true).await, Err(Error::Invalid(_))));
    companion.close().await;
    let companion = world.open().await;
    let own = companion.goals().await.unwrap().own;
    assert_eq!((own.len(), own[0].goal.reached()), (1, 1), "it is kept");
    // The copy of everything has both.
    let file = world.dir.path().join("copy.json");
    companion.export(&file).await.unwrap();
    let copy: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let states: Vec<_> =
        copy["goals"].as_array().unwrap().iter().map(|goal| goal["status"].as_str().unwrap()).collect();
    assert_eq!(states, ["open", "given_up"]);
}

#[tokio::test(start_paused = true)]
async fn a_clinics_goals_are_shown_while_its_plan_is() {
    let world = World::new();
    let server = Arc::new(Clinic::default());
    let companion = world.open().await;
    assert!(companion.goals().await.unwrap().clinic.is_empty());
    let goal = |id: &str, status: &str| {
        server.write(&json!({
            "resourceType": "Goal", "id": id, "lifecycleStatus": status, "subject": { "reference": "Patient/ann" },
            "description": { "text": format!("do {id}") }, "target": [{ "dueDate": "2026-05-01" }],
        }));
    };
    // The plan with all of them; the one that the clinic has cancelled is aimed at no more.
    let plan = |status: &str| {
        prescribe(&server, status, "4.5");
        let (_, _, mut plan) = server.held("CarePlan").remove(0);
        plan["goal"] =
            json!([{ "reference": "Goal/garden" }, { "reference": "Goal/stairs" }, { "reference": "Goal/ski" }]);
        server.write(&plan);
    };
    for (id, status) in [("garden", "active"), ("stairs", "completed"), ("ski", "cancelled"), ("nobodys", "active")] {
        goal(id, status);
    }
    plan("active");
    connected(&companion, &server).await;
    sync(&companion, &server).await;
    let goals = companion.goals().await.unwrap();
    let told: Vec<_> = goals.clinic.iter().map(|goal| (goal.text.as_str(), goal.status.as_str())).collect();
    assert_eq!(told, [("do garden", "active"), ("do stairs", "completed")]);
    assert_eq!(
        (goals.clinic[0].plan_id.as_str(), goals.clinic[0].due.unwrap().to_string()),
        ("plan", "2026-05-01".to_owned())
    );
    assert!(!format!("{goals:?}").contains("do garden"), "no log tells the words");
    plan("revoked");
    seconds(60).await;
    sync(&companion, &server).await;
    assert!(companion.goals().await.unwrap().clinic.is_empty());
}
