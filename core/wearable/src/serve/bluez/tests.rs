//! The front against a bluetoothd that is played here, over a connection without a bus.

// The macro uses every argument of a method that is served.
#![allow(clippy::used_underscore_binding)]
// A property is a method, whether it looks at its object or not.
#![allow(clippy::unused_self)]

use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lumbra_protocol::{Capabilities, Command, ControlFrame, Endpoint, Response, ResultCode, Sequence};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use uuid::Uuid;
use zbus::connection::Builder;
use zbus::message::Type;
use zbus::object_server::SignalEmitter;
use zbus::{Guid, ObjectPath, OwnedVariant, interface};

use super::*;
use crate::Config;

/// A guard against a hang, not a measure.
const SOON: Duration = Duration::from_secs(20);
const ADAPTER: &str = "/org/bluez/hci0";
const PHONE: &str = "/org/bluez/hci0/dev_C0_DE_00_00_00_01";
const STRANGER: &str = "/org/bluez/hci0/dev_C0_DE_00_00_00_02";

/// Has no bond.
const UNBONDED: &str = "/org/bluez/hci0/dev_C0_DE_00_00_00_03";

/// What bluetoothd was asked, in words.
type Asked = mpsc::UnboundedSender<String>;
type Options<'a> = HashMap<&'a str, OwnedVariant>;

struct Adapter {
    powered: bool,
    pairable: Arc<Mutex<bool>>,
}

#[interface(name = "org.bluez.Adapter1")]
impl Adapter {
    #[zbus(property)]
    fn powered(&self) -> bool {
        self.powered
    }

    #[zbus(property)]
    fn pairable(&self) -> bool {
        *self.pairable.lock().unwrap()
    }

    #[zbus(property)]
    fn set_pairable(&mut self, pairable: bool) {
        *self.pairable.lock().unwrap() = pairable;
    }
}

struct Gatt(Asked);

#[interface(name = "org.bluez.GattManager1")]
impl Gatt {
    /// As bluetoothd does, looks at the objects before it answers.
    async fn register_application(
        &self,
        path: ObjectPath<'_>,
        _options: Options<'_>,
        #[zbus(connection)] bus: &Connection,
    ) -> zbus::fdo::Result<()> {
        let manager = Some("org.freedesktop.DBus.ObjectManager");
        let reply = bus.call_method(None::<&str>, &path, manager, "GetManagedObjects", &()).await?;
        let body = reply.body();
        let objects: HashMap<ObjectPath<'_>, HashMap<&str, HashMap<&str, OwnedVariant>>> = body.deserialize()?;
        for (path, interfaces) in objects {
            if let Some(properties) = interfaces.get("org.bluez.GattCharacteristic1") {
                let uuid = properties["UUID"].downcast_ref::<&str>().unwrap().to_owned();
                self.0.send(format!("characteristic {uuid} {path}")).unwrap();
            }
        }
        Ok(())
    }
}

struct Advertising(Asked);

#[interface(name = "org.bluez.LEAdvertisingManager1")]
impl Advertising {
    async fn register_advertisement(
        &self,
        path: ObjectPath<'_>,
        _options: Options<'_>,
        #[zbus(connection)] bus: &Connection,
    ) -> zbus::fdo::Result<()> {
        let properties = Some("org.freedesktop.DBus.Properties");
        let reply = bus.call_method(None::<&str>, &path, properties, "GetAll", &"org.bluez.LEAdvertisement1").await?;
        let body = reply.body();
        let properties: HashMap<&str, OwnedVariant> = body.deserialize()?;
        let name = properties["LocalName"].downcast_ref::<&str>().unwrap();
        self.0.send(format!("advertise {name}")).unwrap();
        Ok(())
    }

    fn unregister_advertisement(&self, _path: ObjectPath<'_>) {
        self.0.send("advertise no more".into()).unwrap();
    }
}

struct Agents(Asked);

#[interface(name = "org.bluez.AgentManager1")]
impl Agents {
    fn register_agent(&self, _path: ObjectPath<'_>, capability: &str) {
        self.0.send(format!("agent {capability}")).unwrap();
    }

    fn request_default_agent(&self, _path: ObjectPath<'_>) {
        self.0.send("default agent".into()).unwrap();
    }
}

struct Central {
    path: &'static str,
    asked: Asked,
}

#[interface(name = "org.bluez.Device1")]
impl Central {
    async fn disconnect(&self, #[zbus(signal_emitter)] emitter: SignalEmitter<'_>) -> zbus::fdo::Result<()> {
        self.asked.send(format!("disconnect {}", self.path)).unwrap();
        self.connected_changed(&emitter).await?;
        Ok(())
    }

    #[zbus(property)]
    fn connected(&self) -> bool {
        false
    }

    #[zbus(property)]
    fn bonded(&self) -> bool {
        self.path != UNBONDED
    }
}

/// A bluetoothd with one adapter, and a wearable that is served on it.
struct Machine {
    bus: Connection,
    asked: mpsc::UnboundedReceiver<String>,
    told: mpsc::UnboundedReceiver<AdapterEvent>,
    /// From the wearable's side, in the order in which it was sent.
    heard: MessageStream,
    pairable: Arc<Mutex<bool>>,
    paths: HashMap<Uuid, String>,
    end: Option<oneshot::Sender<()>>,
    served: JoinHandle<Result<(), AdapterError>>,
}

impl Machine {
    async fn new(adapter: &'static str, powered: bool) -> Self {
        let (here, there) = UnixStream::pair().unwrap();
        let (asked, asked_out) = mpsc::unbounded_channel();
        let pairable = Arc::new(Mutex::new(false));
        let daemon = Builder::unix_stream(here)
            .server(Guid::generate())
            .p2p()
            .serve_at(ADAPTER, Adapter { powered, pairable: Arc::clone(&pairable) })
            .serve_at(ADAPTER, Gatt(asked.clone()))
            .serve_at(ADAPTER, Advertising(asked.clone()))
            .serve_at("/org/bluez", Agents(asked.clone()))
            .serve_at(PHONE, Central { path: PHONE, asked: asked.clone() })
            .serve_at(STRANGER, Central { path: STRANGER, asked: asked.clone() })
            .serve_at(UNBONDED, Central { path: UNBONDED, asked })
            .serve_at("/", zbus::fdo::ObjectManager)
            .build();
        let (bus, client) = tokio::join!(daemon, Builder::unix_stream(there).p2p().build());
        let (bus, client) = (bus.unwrap(), client.unwrap());
        let heard = MessageStream::from(&bus);
        let (tell, told) = mpsc::unbounded_channel();
        let (end, ended) = oneshot::channel::<()>();
        let tell = move |event| tell.send(event).unwrap();
        let until = async {
            let _ = ended.await;
        };
        let device = Device::new(Config::default());
        let served = tokio::spawn(serve_over(client, device, 1, adapter, None, tell, until));
        Self { bus, asked: asked_out, told, heard, pairable, paths: HashMap::new(), end: Some(end), served }
    }

    async fn serving() -> Self {
        let mut machine = Self::new("hci0", true).await;
        assert!(matches!(machine.next_told().await, AdapterEvent::Serving(_)));
        while let Ok(asked) = machine.asked.try_recv() {
            let words: Vec<_> = asked.split(' ').collect();
            if let ["characteristic", uuid, path] = words[..] {
                machine.paths.insert(uuid.parse().unwrap(), path.to_owned());
            }
        }
        machine
    }

    async fn next_told(&mut self) -> AdapterEvent {
        timeout(SOON, self.told.recv()).await.unwrap().unwrap()
    }

    /// Waits until bluetoothd is asked this.
    async fn is_asked(&mut self, what: &str) {
        while timeout(SOON, self.asked.recv()).await.expect(what).expect(what) != what {}
    }

    async fn call<B: serde::Serialize + zbus::DynamicType>(
        &self,
        endpoint: Endpoint,
        method: &str,
        body: &B,
    ) -> zbus::Result<Message> {
        let path = self.paths[&Uuid::from_u128(endpoint.uuid())].as_str();
        let call = self.bus.call_method(None::<&str>, path, Some(CHARACTERISTIC_INTERFACE), method, body);
        timeout(SOON, call).await.unwrap()
    }

    async fn read(&self, device: &'static str, endpoint: Endpoint, offset: u16) -> Result<Vec<u8>, String> {
        let reply = self.call(endpoint, "ReadValue", &options(device, offset)).await.map_err(|error| name(&error))?;
        Ok(reply.body().deserialize().unwrap())
    }

    async fn write(&self, device: &'static str, endpoint: Endpoint, value: &[u8]) -> Result<(), String> {
        let body = (value, options(device, 0));
        self.call(endpoint, "WriteValue", &body).await.map(|_| ()).map_err(|error| name(&error))
    }

    async fn agent<B: serde::Serialize + zbus::DynamicType>(&self, method: &str, body: &B) -> Result<(), String> {
        let call = self.bus.call_method(None::<&str>, objects::AGENT, Some("org.bluez.Agent1"), method, body);
        timeout(SOON, call).await.unwrap().map(|_| ()).map_err(|error| name(&error))
    }

    async fn property_changed(&self, path: &'static str, interface: &'static str, property: &'static str) {
        let changed = HashMap::from([(property, Variant::from(false))]);
        let body = (interface, changed, Vec::<&str>::new());
        let signal = self.bus.emit_signal(None::<&str>, path, daemon::PROPERTIES, "PropertiesChanged", &body);
        signal.await.unwrap();
    }

    async fn is_down(&self, device: &'static str) {
        self.property_changed(device, "org.bluez.Device1", "Connected").await;
    }

    /// The next value that the wearable sends, with the number of method returns that came before it.
    async fn next_value(&mut self, endpoint: Endpoint) -> (Vec<u8>, usize) {
        let wanted = self.paths[&Uuid::from_u128(endpoint.uuid())].clone();
        let mut returns = 0;
        loop {
            let message = timeout(SOON, self.heard.next()).await.expect("a value").unwrap().unwrap();
            let (header, body) = (message.header(), message.body());
            match message.message_type() {
                Type::MethodReturn => returns += 1,
                Type::Signal if header.path().is_some_and(|path| path.as_str() == wanted) => {
                    let (_, changed, _): (&str, HashMap<&str, OwnedVariant>, Vec<&str>) = body.deserialize().unwrap();
                    return (Vec::try_from(changed["Value"].try_clone().unwrap()).unwrap(), returns);
                }
                _ => {}
            }
        }
    }

    async fn ended(&mut self) -> Result<(), AdapterError> {
        timeout(SOON, &mut self.served).await.unwrap().unwrap()
    }
}

fn options(device: &'static str, offset: u16) -> HashMap<&'static str, Variant<'static>> {
    HashMap::from([
        ("device", Variant::from(ObjectPath::try_from(device).unwrap())),
        ("mtu", Variant::from(247_u16)),
        ("offset", Variant::from(offset)),
        ("type", Variant::from("request")),
    ])
}

fn name(error: &zbus::Error) -> String {
    match error {
        zbus::Error::MethodError(name, ..) => name.to_string(),
        zbus::Error::FDO(error) => zbus::DBusError::name(error.as_ref()).to_string(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn it_is_advertised_with_its_attributes_and_a_display() {
    let mut machine = Machine::new("hci0", true).await;
    machine.is_asked("agent DisplayOnly").await;
    machine.is_asked("default agent").await;
    machine.is_asked("advertise Lumbra7K").await;
    assert!(matches!(machine.next_told().await, AdapterEvent::Serving(_)));
    assert!(*machine.pairable.lock().unwrap());
}

#[tokio::test]
async fn reads_give_what_the_wearable_has_from_any_offset() {
    let machine = Machine::serving().await;
    let capabilities = machine.read(PHONE, Endpoint::Capabilities, 0).await.unwrap();
    assert_eq!(Capabilities::decode(&capabilities).unwrap(), Config::default().capabilities);
    assert_eq!(machine.read(PHONE, Endpoint::SerialNumber, 0).await.unwrap(), b"LB1-000001");
    assert_eq!(machine.read(PHONE, Endpoint::SerialNumber, 4).await.unwrap(), b"000001");
    let beyond = machine.read(PHONE, Endpoint::SerialNumber, 11).await;
    assert_eq!(beyond, Err("org.bluez.Error.InvalidOffset".into()));
}

#[tokio::test]
async fn a_command_is_answered_before_its_response_arrives() {
    let mut machine = Machine::serving().await;
    machine.read(PHONE, Endpoint::SerialNumber, 0).await.unwrap();
    machine.call(Endpoint::ControlPoint, "StartNotify", &()).await.unwrap();
    let mut heard = MessageStream::from(&machine.bus);
    std::mem::swap(&mut heard, &mut machine.heard);
    let sequence = Sequence::FIRST;
    let frame = ControlFrame { sequence, command: Command::StartPosture { rate_hz: 10 } };
    machine.write(PHONE, Endpoint::ControlPoint, &frame.encode()).await.unwrap();
    let (value, returns_before) = machine.next_value(Endpoint::ControlPoint).await;
    let response = Response::decode(&value).unwrap();
    assert_eq!((response.sequence, response.result), (sequence, ResultCode::Accepted));
    assert_eq!(returns_before, 1);
    // What the profile doesn't know is an error of its own.
    let garbage = machine.write(PHONE, Endpoint::ControlPoint, &[]).await;
    assert_eq!(garbage, Err("org.bluez.Error.Failed".into()));
}

#[tokio::test]
async fn without_a_bond_nothing_protected_is_reached_even_past_bluetoothd() {
    let mut machine = Machine::serving().await;
    machine.read(UNBONDED, Endpoint::Capabilities, 0).await.unwrap();
    machine.call(Endpoint::Status, "StartNotify", &()).await.unwrap();
    assert!(machine.read(UNBONDED, Endpoint::SerialNumber, 0).await.is_err());
    let stop = ControlFrame { sequence: Sequence::FIRST, command: Command::Stop };
    assert!(machine.write(UNBONDED, Endpoint::ControlPoint, &stop.encode()).await.is_err());
    machine.is_down(UNBONDED).await;
    // All that was sent before this reply: no status was among it.
    let capabilities = machine.read(PHONE, Endpoint::Capabilities, 0).await.unwrap();
    let status = machine.paths[&Uuid::from_u128(Endpoint::Status.uuid())].clone();
    let mut replies = 0;
    while replies < 2 {
        let message = timeout(SOON, machine.heard.next()).await.unwrap().unwrap().unwrap();
        let header = message.header();
        assert!(header.path().is_none_or(|path| path.as_str() != status), "the status was told to a stranger");
        let is_reply = message.message_type() == Type::MethodReturn;
        replies += usize::from(is_reply && message.body().deserialize::<Vec<u8>>().is_ok_and(|it| it == capabilities));
    }
    // It comes to the central with a bond, on the subscription that bluetoothd has kept.
    machine.read(PHONE, Endpoint::SerialNumber, 0).await.unwrap();
    machine.next_value(Endpoint::Status).await;
}

#[tokio::test]
async fn one_central_at_a_time() {
    let mut machine = Machine::serving().await;
    machine.read(PHONE, Endpoint::Capabilities, 0).await.unwrap();
    machine.is_asked("advertise no more").await;
    let other = machine.read(STRANGER, Endpoint::Capabilities, 0).await;
    assert_eq!(other, Err("org.bluez.Error.InProgress".into()));
    machine.is_down(PHONE).await;
    machine.is_asked("advertise Lumbra7K").await;
    machine.read(STRANGER, Endpoint::Capabilities, 0).await.unwrap();
}

#[tokio::test]
async fn a_link_that_never_asked_for_anything_renews_the_advertisement_too() {
    let mut machine = Machine::serving().await;
    while machine.asked.try_recv().is_ok() {}
    machine.is_down(PHONE).await;
    machine.is_asked("advertise no more").await;
    machine.is_asked("advertise Lumbra7K").await;
}

#[tokio::test]
async fn a_stranger_is_cut_off_once_there_is_a_bond() {
    let mut machine = Machine::serving().await;
    machine.read(PHONE, Endpoint::SerialNumber, 0).await.unwrap();
    machine.is_down(PHONE).await;
    machine.is_asked("advertise Lumbra7K").await;
    let serial = machine.read(STRANGER, Endpoint::SerialNumber, 0).await;
    assert!(serial.is_err(), "{serial:?}");
    machine.is_asked(&format!("disconnect {STRANGER}")).await;
    // And the one with the bond is let in again.
    machine.is_asked("advertise Lumbra7K").await;
    machine.read(PHONE, Endpoint::SerialNumber, 0).await.unwrap();
}

#[tokio::test]
async fn a_passkey_is_shown_in_pairing_mode_and_nothing_else_ever_pairs() {
    let mut machine = Machine::serving().await;
    let phone = ObjectPath::try_from(PHONE).unwrap();
    machine.agent("DisplayPasskey", &(&phone, 42_u32, 0_u16)).await.unwrap();
    assert!(matches!(machine.next_told().await, AdapterEvent::Passkey(42)));
    // A digit was typed: nothing new.
    machine.agent("DisplayPasskey", &(&phone, 42_u32, 1_u16)).await.unwrap();
    let elsewhere = ObjectPath::try_from("/org/bluez/hci01/dev_C0_DE_00_00_00_01").unwrap();
    let rejected = Err("org.bluez.Error.Rejected".to_owned());
    assert_eq!(machine.agent("DisplayPasskey", &(&elsewhere, 42_u32, 0_u16)).await, rejected);
    assert_eq!(machine.agent("RequestConfirmation", &(&phone, 42_u32)).await, rejected);
    assert_eq!(machine.agent("RequestAuthorization", &phone).await, rejected);
    assert_eq!(machine.agent("RequestPasskey", &phone).await, rejected);

    // With a bond, pairing mode is over.
    machine.read(PHONE, Endpoint::SerialNumber, 0).await.unwrap();
    machine.is_down(PHONE).await;
    machine.is_asked("advertise Lumbra7K").await;
    assert!(!*machine.pairable.lock().unwrap());
    assert_eq!(machine.agent("DisplayPasskey", &(&phone, 43_u32, 0_u16)).await, rejected);
    assert!(machine.told.try_recv().is_err());
}

#[tokio::test]
async fn its_end_cuts_the_link_and_leaves_the_adapter_as_it_was() {
    let mut machine = Machine::serving().await;
    machine.read(PHONE, Endpoint::Capabilities, 0).await.unwrap();
    machine.end.take();
    assert_eq!(machine.ended().await, Ok(()));
    machine.is_asked(&format!("disconnect {PHONE}")).await;
    assert!(!*machine.pairable.lock().unwrap());
}

#[tokio::test]
async fn an_adapter_that_can_not_serve_is_told() {
    let missing = AdapterError::NoAdapter { wanted: "hci7".into(), found: vec!["hci0".into()] };
    assert_eq!(Machine::new("hci7", true).await.ended().await, Err(missing));
    assert_eq!(Machine::new("hci0", false).await.ended().await, Err(AdapterError::Off("hci0".into())));
    let mut machine = Machine::serving().await;
    machine.property_changed(ADAPTER, "org.bluez.Adapter1", "Powered").await;
    assert_eq!(machine.ended().await, Err(AdapterError::Off("hci0".into())));
}

#[tokio::test]
async fn calls_for_nothing_of_ours_are_answered_with_an_error() {
    let machine = Machine::serving().await;
    for (path, interface, method) in [
        (objects::ROOT, CHARACTERISTIC_INTERFACE, "ReadValue"),
        ("/", "org.freedesktop.DBus.Introspectable", "Introspect"),
    ] {
        let call = machine.bus.call_method(None::<&str>, path, Some(interface), method, &());
        let error = timeout(SOON, call).await.unwrap().unwrap_err();
        assert_eq!(name(&error), "org.freedesktop.DBus.Error.UnknownMethod", "{method}");
    }
}
