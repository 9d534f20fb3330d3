//! A small peripheral for this crate's tests: honest by default, and as hostile as a test wants.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use lumbra_protocol::{ADVERTISED_SERVICE, Endpoint};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::air::{Advertisement, Characteristic, Property, Security, Service, ToCentral, ToPeripheral};
use crate::port::PairingPrompt;

pub(crate) const PASSKEY: u32 = 271_828;

/// How the peripheral misbehaves: gets each message and the honest answers, gives what is really sent.
pub(crate) type Twist = Box<dyn FnMut(&ToPeripheral, Vec<ToCentral>) -> Vec<ToCentral> + Send>;

pub(crate) fn honest() -> Twist {
    Box::new(|_, answers| answers)
}

pub(crate) fn uuid(endpoint: Endpoint) -> Uuid {
    Uuid::from_u128(endpoint.uuid())
}

pub(crate) fn services() -> Vec<Service> {
    let mut services: Vec<Service> = Vec::new();
    for endpoint in Endpoint::ALL {
        let access = endpoint.access();
        let properties = [
            (access.read, Property::Read),
            (access.write, Property::Write),
            (access.write_without_response, Property::WriteWithoutResponse),
            (access.notify, Property::Notify),
            (access.indicate, Property::Indicate),
        ];
        let characteristic = Characteristic {
            uuid: uuid(*endpoint),
            properties: properties.iter().filter(|(has, _)| *has).map(|(_, it)| *it).collect(),
            security: match endpoint.security() {
                lumbra_protocol::Security::Open => Security::Open,
                lumbra_protocol::Security::Authenticated => Security::Authenticated,
            },
        };
        let service = Uuid::from_u128(endpoint.service());
        match services.iter_mut().find(|known| known.uuid == service) {
            Some(known) => known.characteristics.push(characteristic),
            None => services.push(Service { uuid: service, characteristics: vec![characteristic] }),
        }
    }
    services
}

pub(crate) fn advertise(pairing: bool) -> ToCentral {
    ToCentral::Advertise {
        advertisement: Some(Advertisement {
            name: "Lumbra7K".into(),
            service: Uuid::from_u128(ADVERTISED_SERVICE),
            pairing,
        }),
    }
}

pub(crate) fn opening(pairing: bool) -> Vec<ToCentral> {
    let profile = ToCentral::Profile { services: services(), passkey: PASSKEY };
    vec![profile, advertise(pairing)]
}

/// What a test sees of the peripheral.
#[derive(Clone)]
pub(crate) struct Handle {
    pub(crate) say: mpsc::UnboundedSender<ToCentral>,
    heard: Arc<Mutex<Vec<ToPeripheral>>>,
    bonded: Arc<Mutex<Vec<String>>>,
}

impl Handle {
    pub(crate) fn heard(&self) -> Vec<ToPeripheral> {
        self.heard.lock().unwrap().clone()
    }

    pub(crate) fn forget_bonds(&self) {
        self.bonded.lock().unwrap().clear();
    }

    /// Links made less links ended.
    pub(crate) fn links(&self) -> usize {
        let heard = self.heard();
        let made = heard.iter().filter(|it| matches!(it, ToPeripheral::Connected { .. }));
        let ended = heard.iter().filter(|it| matches!(it, ToPeripheral::Disconnected));
        made.count() - ended.count()
    }
}

/// Plays a peripheral over its two channels until the requests end.
pub(crate) fn play(
    mut requests: mpsc::UnboundedReceiver<ToPeripheral>,
    say: mpsc::UnboundedSender<ToCentral>,
    opening: Vec<ToCentral>,
    mut twist: Twist,
) -> Handle {
    for message in opening {
        say.send(message).unwrap();
    }
    let handle = Handle { say, heard: Arc::default(), bonded: Arc::default() };
    let weak = handle.say.downgrade();
    let (heard, bonded) = (Arc::clone(&handle.heard), Arc::clone(&handle.bonded));
    tokio::spawn(async move {
        let mut who = String::new();
        let mut secured = false;
        while let Some(message) = requests.recv().await {
            heard.lock().unwrap().push(message.clone());
            let answers = match &message {
                ToPeripheral::Connected { peer, .. } => {
                    who.clone_from(peer);
                    secured = false;
                    vec![]
                }
                ToPeripheral::Disconnected => {
                    secured = false;
                    vec![]
                }
                ToPeripheral::Secured { .. } => {
                    // Pairing mode is what lets a new key in; this peripheral is in it until told to forget.
                    let mut bonded = bonded.lock().unwrap();
                    let forgotten = heard.lock().unwrap().iter().filter(|it| is_secured(it)).count() > 1;
                    if !forgotten {
                        bonded.push(who.clone());
                    }
                    secured = bonded.contains(&who);
                    vec![]
                }
                ToPeripheral::Read { id, characteristic } => vec![answer(*id, *characteristic, secured, true)],
                ToPeripheral::Write { response: false, .. } => vec![],
                ToPeripheral::Write { id, characteristic, .. } | ToPeripheral::Subscribe { id, characteristic, .. } => {
                    vec![answer(*id, *characteristic, secured, false)]
                }
            };
            for answer in twist(&message, answers) {
                if let Some(say) = weak.upgrade() {
                    let _ = say.send(answer);
                }
            }
        }
    });
    handle
}

fn is_secured(message: &ToPeripheral) -> bool {
    matches!(message, ToPeripheral::Secured { .. })
}

fn answer(id: u32, characteristic: Uuid, secured: bool, read: bool) -> ToCentral {
    let endpoint = Endpoint::from_uuid(characteristic.as_u128()).unwrap();
    if endpoint.security() == lumbra_protocol::Security::Authenticated && !secured {
        return ToCentral::Refused { id, att_error: 0x05 };
    }
    if read {
        let value = endpoint.name().as_bytes().to_vec();
        ToCentral::Value { id, value }
    } else {
        ToCentral::Written { id }
    }
}

/// A person who types always the same, and how often they were asked.
pub(crate) struct Types(pub(crate) Option<u32>, pub(crate) Arc<Mutex<u32>>);

impl Types {
    // As `Radio::connect` takes it.
    #[allow(clippy::unnecessary_wraps)]
    pub(crate) fn the(passkey: u32) -> Option<Arc<dyn PairingPrompt>> {
        Some(Arc::new(Self(Some(passkey), Arc::default())))
    }
}

#[async_trait]
impl PairingPrompt for Types {
    async fn passkey(&self, _name: Option<&str>) -> Option<u32> {
        *self.1.lock().unwrap() += 1;
        self.0
    }
}
