use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use lumbra_protocol::Endpoint;
use tokio::time::{Instant, sleep, timeout};

use crate::air::{ToCentral, ToPeripheral};
use crate::scripted::{self, Handle, PASSKEY, Twist, Types, honest, opening, play, uuid};
use crate::{Bonds, Connection, InProcessRadio, LinkError, LinkEvent, PairingPrompt, Peripheral, PeripheralId, Radio};

fn id() -> PeripheralId {
    PeripheralId::new("one")
}

fn radio_with(opening: Vec<ToCentral>, twist: Twist) -> (InProcessRadio, Handle) {
    let (peripheral, requests, say) = Peripheral::pair();
    let handle = play(requests, say, opening, twist);
    (InProcessRadio::new(vec![(id(), peripheral)]), handle)
}

fn radio() -> (InProcessRadio, Handle) {
    radio_with(opening(true), honest())
}

async fn paired(radio: &InProcessRadio) -> Box<dyn Connection> {
    radio.connect(&id(), Types::the(PASSKEY)).await.unwrap()
}

/// Lets every task that can run, run.
async fn settle() {
    sleep(Duration::from_millis(1)).await;
}

async fn refused(radio: &InProcessRadio, prompt: Option<Arc<dyn PairingPrompt>>) -> LinkError {
    radio.connect(&id(), prompt).await.map(drop).unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn pairs_reads_writes_and_streams() {
    let (radio, wearable) = radio();
    let link = paired(&radio).await;
    assert_eq!(link.max_value_len(), 244);
    assert_eq!(link.read(Endpoint::Status).await.unwrap(), b"Status");
    let mut events = link.take_events().unwrap();
    assert!(link.take_events().is_none());
    link.subscribe(Endpoint::Status).await.unwrap();
    link.write(Endpoint::ControlPoint, &[1, 2, 3]).await.unwrap();
    for byte in 0..3 {
        let value = vec![byte];
        let notify = ToCentral::Notify { characteristic: uuid(Endpoint::Status), value, indicate: false };
        wearable.say.send(notify).unwrap();
    }
    for byte in 0..3 {
        let expected = LinkEvent::Value { endpoint: Endpoint::Status, bytes: vec![byte] };
        assert_eq!(events.recv().await, Some(expected));
    }
    assert!(wearable.heard().iter().any(|message| matches!(
        message,
        ToPeripheral::Write { value, response: true, .. } if value == &[1, 2, 3]
    )));
    link.disconnect().await;
    assert_eq!(events.recv().await, Some(LinkEvent::Disconnected));
    assert_eq!(events.recv().await, None);
    assert_eq!(link.read(Endpoint::Status).await, Err(LinkError::Disconnected));
    settle().await;
    assert_eq!(wearable.links(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_bond_connects_without_a_person_and_survives_in_another_radio() {
    let (radio, wearable) = radio();
    drop(paired(&radio).await);
    assert!(radio.connect(&id(), None).await.is_ok());
    let peers: Vec<_> = wearable
        .heard()
        .into_iter()
        .filter_map(|message| match message {
            ToPeripheral::Connected { peer, .. } => Some(peer),
            _ => None,
        })
        .collect();
    assert_eq!(peers.len(), 2);
    assert_eq!(peers[0], peers[1]);

    let kept = serde_json::to_string(&radio.bonds().await.unwrap()).unwrap();
    let bonds: Bonds = serde_json::from_str(&kept).unwrap();
    assert!(bonds.contains(&id()));
    let (peripheral, requests, say) = Peripheral::pair();
    let _wearable = play(requests, say, opening(false), honest());
    let later = InProcessRadio::with_bonds(vec![(id(), peripheral)], bonds);
    assert!(later.connect(&id(), None).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn pairing_fails_without_prompt_pairing_mode_or_the_right_passkey() {
    let (radio, wearable) = radio();
    assert_eq!(refused(&radio, None).await, LinkError::NotPaired);
    assert_eq!(refused(&radio, Types::the(PASSKEY + 1)).await, LinkError::PairingFailed);
    let cancelled = Arc::new(Types(None, Arc::default()));
    assert_eq!(refused(&radio, Some(cancelled)).await, LinkError::PairingFailed);

    wearable.say.send(scripted::advertise(false)).unwrap();
    settle().await;
    let asked = Arc::new(Mutex::new(0));
    let prompt = Arc::new(Types(Some(PASSKEY), Arc::clone(&asked)));
    assert_eq!(refused(&radio, Some(prompt)).await, LinkError::PairingFailed);
    assert_eq!(*asked.lock().unwrap(), 0, "nobody is asked for what can't help");

    settle().await;
    assert_eq!(wearable.links(), 0);
    assert!(!wearable.heard().iter().any(|it| matches!(it, ToPeripheral::Secured { .. })));
    assert!(!radio.bonds().await.unwrap().contains(&id()));
}

#[tokio::test(start_paused = true)]
async fn a_lost_bond_is_told_and_can_be_removed() {
    let (radio, wearable) = radio();
    drop(paired(&radio).await);
    wearable.forget_bonds();
    assert_eq!(refused(&radio, None).await, LinkError::BondLost);
    assert_eq!(refused(&radio, Types::the(PASSKEY)).await, LinkError::BondLost);
    radio.remove_bond(&id()).await.unwrap();
    assert_eq!(refused(&radio, None).await, LinkError::NotPaired);
    radio.remove_bond(&id()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn removing_a_bond_cuts_its_link() {
    let (radio, wearable) = radio();
    let link = paired(&radio).await;
    let mut events = link.take_events().unwrap();
    radio.remove_bond(&id()).await.unwrap();
    assert_eq!(events.recv().await, Some(LinkEvent::Disconnected));
    settle().await;
    assert_eq!(wearable.links(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_link_at_a_time() {
    let (radio, wearable) = radio();
    let link = paired(&radio).await;
    assert_eq!(refused(&radio, None).await, LinkError::InUse);
    assert!(link.read(Endpoint::Status).await.is_ok(), "the first link lives on");
    drop(link);
    let second = radio.connect(&id(), None).await.unwrap();
    settle().await;
    assert_eq!(wearable.links(), 1);
    drop(second);
    settle().await;
    assert_eq!(wearable.links(), 0);
}

struct NeverTypes;

#[async_trait]
impl PairingPrompt for NeverTypes {
    async fn passkey(&self, _name: Option<&str>) -> Option<u32> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_connect_given_up_leaves_nothing_connected() {
    let (radio, wearable) = radio();
    let id = id();
    let attempt = radio.connect(&id, Some(Arc::new(NeverTypes)));
    assert!(timeout(Duration::from_secs(2), attempt).await.is_err());
    settle().await;
    assert!(matches!(wearable.heard()[..], [ToPeripheral::Connected { .. }, ToPeripheral::Disconnected]));
    drop(paired(&radio).await);
}

#[tokio::test(start_paused = true)]
async fn a_person_who_never_types_ends_the_pairing() {
    let (radio, wearable) = radio();
    assert_eq!(refused(&radio, Some(Arc::new(NeverTypes))).await, LinkError::PairingFailed);
    settle().await;
    assert_eq!(wearable.links(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_link_lost_while_the_person_types_is_told_at_once() {
    let (radio, wearable) = radio();
    let begin = Instant::now();
    let cut = async {
        sleep(Duration::from_secs(3)).await;
        wearable.say.send(ToCentral::Disconnect).unwrap();
    };
    let (error, ()) = tokio::join!(refused(&radio, Some(Arc::new(NeverTypes))), cut);
    assert_eq!(error, LinkError::Disconnected);
    assert_eq!(begin.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_advertise_is_not_in_reach_until_it_does() {
    let mut silent = opening(true);
    silent.pop();
    let (radio, wearable) = radio_with(silent, honest());
    assert_eq!(refused(&radio, Types::the(PASSKEY)).await, LinkError::NotFound);
    let wake = async {
        sleep(Duration::from_secs(4)).await;
        wearable.say.send(scripted::advertise(true)).unwrap();
    };
    let id = id();
    let (link, ()) = tokio::join!(radio.connect(&id, Types::the(PASSKEY)), wake);
    assert!(link.is_ok());
    let stranger = PeripheralId::new("two");
    assert_eq!(radio.connect(&stranger, None).await.map(drop), Err(LinkError::NotFound));
}

#[tokio::test(start_paused = true)]
async fn a_scan_reports_what_is_there_and_what_comes() {
    let (radio, wearable) = radio();
    let mut found = radio.scan().await.unwrap();
    let first = found.recv().await.unwrap();
    assert_eq!((first.id, first.bonded), (id(), Some(false)));
    assert_eq!(first.name.as_deref(), Some("Lumbra7K"));
    drop(paired(&radio).await);
    wearable.say.send(ToCentral::Advertise { advertisement: None }).unwrap();
    wearable.say.send(scripted::advertise(false)).unwrap();
    assert_eq!(found.recv().await.unwrap().bonded, Some(true));
}

#[tokio::test(start_paused = true)]
async fn a_wearable_of_another_kind_is_not_seen() {
    let mut foreign = opening(true);
    if let Some(ToCentral::Advertise { advertisement: Some(advertisement) }) = foreign.last_mut() {
        advertisement.service = uuid::Uuid::from_u128(1);
    }
    let (radio, _wearable) = radio_with(foreign, honest());
    let mut found = radio.scan().await.unwrap();
    assert!(timeout(Duration::from_mins(1), found.recv()).await.is_err());
}

type Spoil = fn(&mut Vec<crate::air::Service>);

#[tokio::test(start_paused = true)]
async fn a_table_that_lacks_or_doubles_an_endpoint_is_refused_before_anything_is_sent() {
    let lacking = |services: &mut Vec<crate::air::Service>| {
        services[0].characteristics.retain(|it| it.uuid != uuid(Endpoint::ControlPoint));
    };
    let doubling = |services: &mut Vec<crate::air::Service>| {
        let again = services[0].characteristics[0].clone();
        services[0].characteristics.push(again);
    };
    let cases: [(Spoil, LinkError); 2] = [
        (lacking, LinkError::MissingEndpoint(Endpoint::ControlPoint.name())),
        (doubling, LinkError::DuplicateEndpoint(Endpoint::ALL[0].name())),
    ];
    for (spoil, expected) in cases {
        let mut opening = opening(true);
        if let ToCentral::Profile { services, .. } = &mut opening[0] {
            spoil(services);
        }
        let (radio, wearable) = radio_with(opening, honest());
        assert_eq!(refused(&radio, Types::the(PASSKEY)).await, expected);
        settle().await;
        assert!(wearable.heard().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn silence_is_a_timeout_and_a_late_answer_is_no_later_questions_answer() {
    let mut held = Vec::new();
    let (radio, wearable) = radio_with(
        opening(true),
        Box::new(move |message, answers| match message {
            ToPeripheral::Read { characteristic, .. } if *characteristic == uuid(Endpoint::Status) => {
                held.extend(answers);
                vec![]
            }
            // The answers that were held back come along with the next one.
            _ => held.drain(..).chain(answers).collect(),
        }),
    );
    let link = paired(&radio).await;
    let begin = Instant::now();
    assert_eq!(link.read(Endpoint::Status).await, Err(LinkError::Timeout));
    assert_eq!(begin.elapsed().as_secs(), 5);
    assert_eq!(link.read(Endpoint::BatteryLevel).await.unwrap(), b"Battery Level");
    drop(link);
    settle().await;
    assert_eq!(wearable.links(), 0);
}

#[tokio::test(start_paused = true)]
async fn answers_twice_wrong_ids_and_floods_change_nothing() {
    let (radio, _wearable) = radio_with(
        opening(true),
        Box::new(|_, answers| {
            let mut sent: Vec<ToCentral> =
                (0..500).map(|step| ToCentral::Value { id: u32::MAX - step, value: vec![0; 100] }).collect();
            sent.extend(answers.clone());
            sent.extend(answers);
            sent.extend((0..500).map(|_| ToCentral::Notify {
                characteristic: uuid(Endpoint::PostureStream),
                value: vec![1],
                indicate: false,
            }));
            sent
        }),
    );
    let link = paired(&radio).await;
    let mut events = link.take_events().unwrap();
    for endpoint in [Endpoint::Status, Endpoint::ModelNumber, Endpoint::SerialNumber] {
        assert_eq!(link.read(endpoint).await.unwrap(), endpoint.name().as_bytes());
    }
    link.write(Endpoint::ControlPoint, &[9]).await.unwrap();
    settle().await;
    assert!(events.try_recv().is_err(), "nobody subscribed to the posture stream");
}

#[tokio::test(start_paused = true)]
async fn answers_of_the_wrong_kind_or_size_are_faults() {
    let (radio, _wearable) = radio_with(
        opening(true),
        Box::new(|message, answers| match message {
            ToPeripheral::Read { id, characteristic } if *characteristic == uuid(Endpoint::Status) => {
                vec![ToCentral::Written { id: *id }]
            }
            ToPeripheral::Read { id, characteristic } if *characteristic == uuid(Endpoint::Capabilities) => {
                vec![ToCentral::Value { id: *id, value: vec![0; 513] }]
            }
            ToPeripheral::Write { id, .. } => vec![ToCentral::Value { id: *id, value: vec![] }],
            _ => answers,
        }),
    );
    let link = paired(&radio).await;
    for endpoint in [Endpoint::Status, Endpoint::Capabilities] {
        assert!(matches!(link.read(endpoint).await, Err(LinkError::Platform(_))));
    }
    let written = link.write(Endpoint::ControlPoint, &[0]).await;
    assert!(matches!(written, Err(LinkError::Platform(_))));
    assert_eq!(link.write(Endpoint::ControlPoint, &[0; 245]).await, Err(LinkError::Refused(0x0D)));
}

#[tokio::test(start_paused = true)]
async fn notifications_too_long_unsubscribed_or_unknown_are_dropped() {
    let (radio, wearable) = radio();
    let link = paired(&radio).await;
    let mut events = link.take_events().unwrap();
    link.subscribe(Endpoint::Status).await.unwrap();
    let notify = |characteristic, len| ToCentral::Notify { characteristic, value: vec![0; len], indicate: false };
    for message in [
        notify(uuid(Endpoint::Status), 245),
        notify(uuid(Endpoint::RecordData), 1),
        notify(uuid::Uuid::from_u128(7), 1),
        notify(uuid(Endpoint::Status), 244),
    ] {
        wearable.say.send(message).unwrap();
    }
    let Some(LinkEvent::Value { bytes, .. }) = events.recv().await else {
        panic!("the good one arrives");
    };
    assert_eq!(bytes.len(), 244);
    assert!(events.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_cut_in_the_middle_of_a_request_ends_it_and_the_next_link_works() {
    let (radio, wearable) = radio_with(
        opening(true),
        Box::new(|message, answers| match message {
            ToPeripheral::Write { .. } => vec![ToCentral::Disconnect],
            _ => answers,
        }),
    );
    let link = paired(&radio).await;
    let mut events = link.take_events().unwrap();
    assert_eq!(link.write(Endpoint::ControlPoint, &[1]).await, Err(LinkError::Disconnected));
    assert_eq!(events.recv().await, Some(LinkEvent::Disconnected));
    assert_eq!(events.recv().await, None);
    let next = radio.connect(&id(), None).await.unwrap();
    drop(link);
    assert!(next.read(Endpoint::Status).await.is_ok(), "the old handle can't cut the new link");
    settle().await;
    assert_eq!(wearable.links(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_peripheral_that_ends_takes_its_link_along() {
    let (peripheral, requests, say) = Peripheral::pair();
    for message in opening(true) {
        say.send(message).unwrap();
    }
    let radio = InProcessRadio::new(vec![(id(), peripheral)]);
    let gone = async {
        sleep(Duration::from_secs(1)).await;
        drop((requests, say));
    };
    let (error, ()) = tokio::join!(refused(&radio, Some(Arc::new(NeverTypes))), gone);
    assert_eq!(error, LinkError::Disconnected);
    assert_eq!(refused(&radio, None).await, LinkError::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_second_profile_does_not_replace_the_first() {
    let (radio, wearable) = radio();
    let empty = ToCentral::Profile { services: vec![], passkey: 0 };
    wearable.say.send(empty).unwrap();
    assert_eq!(refused(&radio, Types::the(0)).await, LinkError::PairingFailed);
    paired(&radio).await;
}

#[tokio::test(start_paused = true)]
async fn security_is_the_peripherals_word() {
    let (radio, _wearable) = radio_with(
        opening(true),
        Box::new(|message, answers| match message {
            ToPeripheral::Read { id, .. } => vec![ToCentral::Refused { id: *id, att_error: 0x0F }],
            _ => answers,
        }),
    );
    assert_eq!(refused(&radio, Types::the(PASSKEY)).await, LinkError::PairingFailed);
    assert!(!radio.bonds().await.unwrap().contains(&id()));
}
