//! An app's Bluetooth, played by the virtual wearable's own radio: the whole job over the port.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use lumbra::link::{Connection, LinkError, LinkEvent, PairingPrompt, Radio as _};
use lumbra_protocol::Endpoint;

use super::*;
use crate::demo::{DemoTime, VirtualWearable};
use crate::lumbra::Lumbra;
use crate::ports::PasskeyPrompt;
use crate::screening::{ScreeningAnswer, ScreeningOutcome, screening_questions};
use crate::session::{CommandResult, SessionRequest};
use crate::{LumbraError, PortError};

struct App {
    wearable: Arc<VirtualWearable>,
    sink: OnceLock<Arc<RadioSink>>,
    links: Mutex<HashMap<String, Arc<dyn Connection>>>,
}

/// The system's dialog, in which the person types what is on the label.
struct Dialog(u32);

#[async_trait::async_trait]
impl PairingPrompt for Dialog {
    async fn passkey(&self, _: Option<&str>) -> Option<u32> {
        Some(self.0)
    }
}

impl App {
    fn wait<T>(&self, future: impl Future<Output = Result<T, LinkError>>) -> Result<T, RadioError> {
        self.wearable.clockwork.handle().unwrap().block_on(future).map_err(|error| match error {
            LinkError::Refused(att_error) => RadioError::Refused { att_error },
            // What Android and iOS say of a bond that isn't there.
            LinkError::NotPaired => RadioError::Refused { att_error: 0x05 },
            LinkError::PairingFailed => RadioError::PairingFailed,
            error => RadioError::Failed { reason: error.to_string() },
        })
    }

    fn link(&self, id: &str) -> Result<Arc<dyn Connection>, RadioError> {
        self.links.lock().unwrap().get(id).cloned().ok_or(RadioError::Disconnected)
    }
}

fn endpoint(uuid: &str) -> Endpoint {
    Endpoint::from_uuid(Uuid::parse_str(uuid).unwrap().as_u128()).unwrap()
}

fn text(uuid: u128) -> String {
    // In the other case than the core's.
    Uuid::from_u128(uuid).to_string().to_uppercase()
}

impl Radio for App {
    fn attach(&self, sink: Arc<RadioSink>) -> Result<(), RadioError> {
        assert!(self.sink.set(sink).is_ok(), "told once");
        Ok(())
    }

    fn start_scan(&self, _: String) -> Result<(), RadioError> {
        Err(RadioError::Off)
    }

    fn stop_scan(&self) -> Result<(), RadioError> {
        Ok(())
    }

    fn connect(&self, id: String, pair: bool) -> Result<RadioLink, RadioError> {
        let peripheral = PeripheralId::new(&id);
        let prompt = pair.then(|| Arc::new(Dialog(self.wearable.passkey())) as Arc<dyn PairingPrompt>);
        let link: Arc<dyn Connection> = Arc::from(self.wait(self.wearable.radio.connect(&peripheral, prompt))?);
        let (mut events, max_value_len) = (link.take_events().unwrap(), link.max_value_len());
        self.links.lock().unwrap().insert(id.clone(), link);
        let sink = Arc::clone(self.sink.get().unwrap());
        self.wearable.clockwork.handle().unwrap().spawn(async move {
            while let Some(event) = events.recv().await {
                match event {
                    LinkEvent::Value { endpoint, bytes } => {
                        sink.value(id.clone(), text(endpoint.uuid()), bytes).unwrap();
                    }
                    LinkEvent::Disconnected => sink.disconnected(id.clone()),
                }
            }
        });
        let characteristics = Endpoint::ALL.iter().map(|endpoint| {
            let access = endpoint.access();
            RadioCharacteristic {
                service: text(endpoint.service()),
                uuid: text(endpoint.uuid()),
                read: access.read,
                write: access.write,
                write_without_response: access.write_without_response,
                notify: access.notify,
                indicate: access.indicate,
            }
        });
        Ok(RadioLink {
            max_value_len: u32::try_from(max_value_len).unwrap(),
            characteristics: characteristics.collect(),
        })
    }

    fn disconnect(&self, id: String) -> Result<(), RadioError> {
        let link = self.links.lock().unwrap().remove(&id);
        if let Some(link) = link {
            self.wearable.clockwork.handle().unwrap().block_on(link.disconnect());
        }
        Ok(())
    }

    fn read(&self, id: String, characteristic: String) -> Result<Vec<u8>, RadioError> {
        let link = self.link(&id)?;
        self.wait(link.read(endpoint(&characteristic)))
    }

    fn write(&self, id: String, characteristic: String, value: Vec<u8>, _: bool) -> Result<(), RadioError> {
        let link = self.link(&id)?;
        self.wait(link.write(endpoint(&characteristic), &value))
    }

    fn subscribe(&self, id: String, characteristic: String) -> Result<(), RadioError> {
        let link = self.link(&id)?;
        self.wait(link.subscribe(endpoint(&characteristic)))
    }

    fn remove_bond(&self, _: String) -> Result<(), RadioError> {
        Err(RadioError::Unsupported)
    }
}

/// The prompt says that pairing is wanted; the system's dialog asks.
struct Wanted;

impl PasskeyPrompt for Wanted {
    fn passkey(&self, _: Option<String>) -> Result<Option<u32>, PortError> {
        Ok(Some(0))
    }
}

fn confirmed(result: &CommandResult) -> bool {
    matches!(result, CommandResult::Confirmed { .. })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_job_over_an_apps_own_bluetooth() {
    let dir = tempfile::tempdir().unwrap();
    let wearable = VirtualWearable::new(DemoTime::Real).unwrap();
    // On the air before anyone looks for it.
    wearable.radio.scan().await.unwrap().recv().await.unwrap();
    let app = Arc::new(App { wearable: Arc::clone(&wearable), sink: OnceLock::new(), links: Mutex::default() });
    let path = dir.path().to_str().unwrap().to_owned();
    let core = Lumbra::open(path, None, None, Some(app), None).await.unwrap();
    struct Nobody;
    impl crate::observe::ScanObserver for Nobody {
        fn on_discovered(&self, _: Discovered) -> Result<(), PortError> {
            Ok(())
        }
        fn on_ended(&self) -> Result<(), PortError> {
            Ok(())
        }
    }
    assert!(matches!(core.scan(Arc::new(Nobody)).await.map(drop), Err(LumbraError::BluetoothOff { .. })));
    let device = core.pair("virtual".to_owned(), Arc::new(Wanted), None, None).await.unwrap();
    device.connected(10_000, None).await.unwrap();
    let answers = screening_questions().into_iter().map(|question| (question.id, ScreeningAnswer::No)).collect();
    assert!(matches!(core.answer_screening(answers, false).await, Ok(ScreeningOutcome::Passed { .. })));
    let request = SessionRequest {
        programme: "conventional".to_owned(),
        minutes: 20,
        skin_intact: true,
        pad_uses: 0,
        pad_areas_cm2: Vec::new(),
        grace_s: None,
        pain_before: None,
        prescribed: false,
    };
    assert!(confirmed(&device.start(request).await.unwrap()));
    assert!(confirmed(&device.set_intensity(vec![2.0, 2.0]).await.unwrap()));
    assert!(confirmed(&device.stop().await.unwrap()));
    // The system keeps the bond: said, and the wearable is forgotten all the same.
    assert!(core.forget(None).await.unwrap().unwrap().contains("Bluetooth settings"));
    core.shut_down().await.unwrap();
}
