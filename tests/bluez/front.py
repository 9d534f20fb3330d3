"""The wearable on a virtual air: Bumble's controllers, and a GATT server that forwards to the wearable.

Two controllers share one local link. The guest's kernel drives the first one; the second one belongs to a Bumble
device whose attributes are those the wearable announces on its socket (one JSON object a line, see
core/link/src/air.rs). Every read, write and subscription goes to the wearable, every notification comes from it.
"""

import asyncio
import itertools
import json

from bumble import att, core, gatt, hci
from bumble.controller import Controller
from bumble.core import AdvertisingData, UUID
from bumble.device import Device, DeviceConfiguration
from bumble.host import Host
from bumble.keys import MemoryKeyStore
from bumble.link import LocalLink
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.transport import open_transport
from bumble.transport.common import AsyncPipeSink

from malice import CONTROL, Malice, flood

GUEST_ADDRESS = "C0:DE:00:00:00:01/P"
WEARABLE_ADDRESS = "C0:DE:00:00:00:02/P"
MAX_MTU = 247
SUPERVISION_TIMEOUT = 0x08
# Its opcode, in hexadecimal: PROFILE.md, 5.
KEEP_ALIVE = "07"
# Both sides of a real link speak once in a connection interval; this one is common on phones.
CONNECTION_INTERVAL_S = 0.03


class Link(LocalLink):
    """An air on which both sides speak once in a connection interval, as on a real one: what one side has to send
    waits for the next event, be it a request, an answer or a notification.

    Bumble's own delivers at once, and sends data from a controller's random address; these connections use public ones.
    """

    def __init__(self):
        super().__init__()
        self.waiting = []

    def send_acl_data(self, sender_controller, destination_address, transport, data):
        connection = sender_controller.le_connections.get(destination_address)
        receiver = self.find_le_controller(destination_address)
        if connection is None or receiver is None:
            return
        if not self.waiting:
            loop = asyncio.get_running_loop()
            loop.call_later(CONNECTION_INTERVAL_S - loop.time() % CONNECTION_INTERVAL_S, self.connection_event)
        self.waiting.append((connection, receiver, transport, data))

    def connection_event(self):
        # What a side answers now goes in the next event.
        waiting, self.waiting = self.waiting, []
        for connection, receiver, transport, data in waiting:
            # Not what an earlier link has left behind.
            if connection in connection.controller.le_connections.values():
                receiver.on_link_acl_data(connection.self_address, transport, data)


def short(uuid):
    """The beginning of a UUID that tells endpoints apart: of one of the SIG's, its 16 bits."""
    return uuid[4:8] if uuid.endswith("-0000-1000-8000-00805f9b34fb") else uuid[:8]


def is_command(message):
    """Whether a write is a command that gets an answer of its own. A Keep Alive is none: lost, its write response would hold back
    every request after it, as ATT has one at a time, and the command would not even be sent."""
    return short(message["characteristic"]) == CONTROL and not message["value"].startswith(KEEP_ALIVE)


class Label(PairingDelegate):
    """A display only: the passkey is the one on the wearable's label."""

    def __init__(self, front):
        super().__init__(io_capability=PairingDelegate.DISPLAY_OUTPUT_ONLY)
        self.front = front

    async def accept(self):
        return bool(self.front.advertisement and self.front.advertisement["pairing"]) or self.front.pairing

    async def generate_passkey(self):
        return self.front.passkey


class Front:
    def __init__(self, log):
        self.log = log
        self.link = Link()
        self.requests = {}
        self.ids = itertools.count(1)
        self.characteristics = {}
        self.advertisement = None
        self.passkey = 0
        self.pairing = False
        self.connection = None
        self.bonded = set()
        self.secured = asyncio.Event()
        self.reachable = True
        # Armed by the scenario; answers are lost from the next command on.
        self.loses_answers = False
        self.answers_lost = False
        self.profile = asyncio.Event()
        self.sending = set()
        # Advertising takes several commands to the controller; begun twice at once it leaves a set behind that nobody ends.
        self.on_air = asyncio.Lock()
        self.malice = Malice()

    # --- the two sides ---

    async def attach_guest(self, path):
        transport = await open_transport(f"unix-client:{path}")
        self.guest = Controller(
            "guest", host_source=transport.source, host_sink=transport.sink, link=self.link, public_address=GUEST_ADDRESS
        )
        # It announces what comes with the enhanced connection event and then sends the legacy one: Linux waits 20 s for
        # the other, and does nothing else for as long.
        self.guest.le_features &= ~(hci.LeFeatureMask.LL_PRIVACY | hci.LeFeatureMask.LE_EXTENDED_ADVERTISING)

    async def attach_wearable(self, path):
        self.reader, self.writer = await asyncio.open_unix_connection(path, limit=1 << 20)
        self.hearing = asyncio.create_task(self.hear())
        self.hearing.add_done_callback(self.log_end)
        await asyncio.wait_for(self.profile.wait(), 10)

    def log_end(self, hearing):
        """A wearable that is heard no more must not look like one that has nothing to say."""
        if not hearing.cancelled():
            self.log(f"the wearable is heard no more: {hearing.exception()!r}")

    async def hear(self):
        while line := await self.reader.readline():
            message = json.loads(line)
            kind = message["type"]
            if self.answers_lost and kind in ("written", "notify"):
                continue
            if kind == "profile":
                if not self.profile.is_set():
                    self.passkey = message["passkey"]
                    await self.power_on(message["services"])
                    self.profile.set()
            elif kind == "advertise":
                self.advertisement = message["advertisement"]
                await self.advertise()
            elif kind in ("value", "written", "refused"):
                if waiting := self.requests.pop(message["id"], None):
                    if not waiting.done():
                        waiting.set_result(message)
            elif kind == "notify":
                value = bytes.fromhex(message["value"])
                for told in self.malice.tells(short(message["characteristic"]), value):
                    # Not awaited: an indication waits for its confirmation, a notification waits for nothing.
                    task = asyncio.create_task(self.send_notification(message, told))
                    self.sending.add(task)
                    task.add_done_callback(self.sending.discard)
            elif kind == "disconnect":
                await self.cut(0)

    def tell(self, **message):
        self.writer.write((json.dumps(message) + "\n").encode())

    async def power_on(self, services):
        self.controller = Controller("wearable", link=self.link, public_address=WEARABLE_ADDRESS)
        host = Host(self.controller, AsyncPipeSink(self.controller))
        config = DeviceConfiguration(name="Lumbra", address=hci.Address(WEARABLE_ADDRESS))
        config.identity_address_type = hci.Address.PUBLIC_DEVICE_ADDRESS
        self.device = Device(config=config, host=host)
        self.device.keystore = MemoryKeyStore()
        self.device.gatt_server.max_mtu = MAX_MTU
        self.device.pairing_config_factory = lambda _: PairingConfig(
            sc=True, mitm=True, bonding=True, delegate=Label(self),
            identity_address_type=PairingConfig.AddressType.PUBLIC,
        )
        for service in services:
            characteristics = [self.characteristic(entry) for entry in service["characteristics"]]
            self.device.add_service(gatt.Service(UUID(service["uuid"]), characteristics))
        self.device.on("connection", self.on_connection)
        await self.device.power_on()

    # --- attributes ---

    def characteristic(self, entry):
        uuid = entry["uuid"]
        protected = entry["security"] == "authenticated"
        properties = gatt.Characteristic.Properties(0)
        for name in entry["properties"]:
            properties |= gatt.Characteristic.Properties[name.upper()]
        permissions = att.Attribute.READABLE | att.Attribute.WRITEABLE
        if protected:
            permissions |= att.Attribute.READ_REQUIRES_ENCRYPTION | att.Attribute.WRITE_REQUIRES_ENCRYPTION
            permissions |= att.Attribute.READ_REQUIRES_AUTHENTICATION | att.Attribute.WRITE_REQUIRES_AUTHENTICATION

        async def read(_connection):
            answer = await self.request(protected, "read", characteristic=uuid)
            return self.malice.answers(short(uuid), bytes.fromhex(answer["value"]))

        async def write(_connection, value):
            await self.request(protected, "write", characteristic=uuid, value=bytes(value).hex(), response=True)

        characteristic = gatt.Characteristic(
            UUID(uuid), properties, permissions, gatt.CharacteristicValue(read=read, write=write)
        )
        characteristic.on(
            "subscription",
            lambda _bearer, notify, indicate: self.tell(
                type="subscribe", id=next(self.ids), characteristic=uuid, on=bool(notify or indicate)
            ),
        )
        self.characteristics[uuid] = characteristic
        return characteristic

    async def request(self, protected, kind, **message):
        if protected:
            # The wearable must know of the protection before it is asked; Bumble has checked it already.
            await asyncio.wait_for(self.secured.wait(), 5)
        if not self.malice.hears(kind, short(message["characteristic"])):
            await asyncio.get_running_loop().create_future()
        if self.loses_answers and kind == "write" and is_command(message):
            self.answers_lost = True
        number = next(self.ids)
        waiting = self.requests[number] = asyncio.get_running_loop().create_future()
        self.tell(type=kind, id=number, **message)
        try:
            answer = await asyncio.wait_for(waiting, 10)
        except asyncio.TimeoutError:
            # Lost on purpose: the other side's own time-out is what is tested.
            self.log(f"a {kind} stays without an answer")
            raise att.ATT_Error(error_code=att.ErrorCode.UNLIKELY_ERROR) from None
        if answer["type"] == "refused":
            raise att.ATT_Error(error_code=answer["att_error"])
        return answer

    async def flood(self):
        """Sends what no wearable would, as fast as the link takes it."""
        uuids = {short(uuid): uuid for uuid in self.characteristics}
        for which, value in flood():
            await self.send_notification({"characteristic": uuids[which], "indicate": False}, value)

    async def send_notification(self, message, value):
        characteristic = self.characteristics[message["characteristic"]]
        try:
            if message["indicate"]:
                await self.device.indicate_subscribers(characteristic, value)
            else:
                await self.device.notify_subscribers(characteristic, value)
        except Exception as error:  # The link can go at any moment; what is under way goes with it.
            self.log(f"notification dropped: {error!r}")

    # --- the link ---

    async def advertise(self):
        if not hasattr(self, "device"):
            return
        async with self.on_air:
            await self.hush()
            if self.connection is not None or self.advertisement is None or not self.reachable:
                return
            flags = 0x05 if self.advertisement["pairing"] else 0x06
            service = UUID(self.advertisement["service"])
            data = AdvertisingData([
                (AdvertisingData.FLAGS, bytes([flags])),
                (AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS, bytes(service)),
                (AdvertisingData.COMPLETE_LOCAL_NAME, self.advertisement["name"].encode()),
            ])
            await self.device.start_advertising(
                advertising_data=bytes(data),
                own_address_type=hci.OwnAddressType.PUBLIC,
                auto_restart=False,
                advertising_interval_min=50,
                advertising_interval_max=50,
            )

    async def hush(self):
        """Ends advertising; whoever calls it holds `on_air`."""
        try:
            await self.device.stop_advertising()
        except KeyError:
            # A connection has ended the advertising set before, and Bumble looks for it.
            self.device.legacy_advertising_set = None

    def on_connection(self, connection):
        self.connection = connection
        peer = str(connection.peer_address)
        self.pairing = bool(self.advertisement and self.advertisement["pairing"])
        self.secured.clear()
        self.tell(type="connected", peer=peer, mtu=MAX_MTU)

        def encrypted():
            if connection.is_encrypted and peer in self.bonded:
                self.secure()

        def paired(keys):
            # Passkey entry under Secure Connections: the key is authenticated, or it is none of ours.
            if keys.ltk and keys.ltk.authenticated:
                self.bonded.add(peer)
                self.secure()
            else:
                self.log("pairing without authentication was refused")
                asyncio.ensure_future(self.cut(0))

        connection.on("connection_encryption_change", encrypted)
        connection.on("pairing", paired)
        connection.on("pairing_failure", lambda reason: self.log(f"pairing failed: {reason}"))
        connection.on("disconnection", lambda _reason: self.on_disconnection())

    def secure(self):
        self.tell(type="secured", security="authenticated", bonded=True)
        self.secured.set()

    def on_disconnection(self):
        if self.connection is None:
            return
        self.connection = None
        self.loses_answers = self.answers_lost = False
        self.secured.clear()
        for task in self.sending:
            task.cancel()
        self.tell(type="disconnected")
        asyncio.ensure_future(self.advertise())

    async def cut(self, seconds):
        """Cuts the link as a supervision timeout would, and stays out of reach for so long."""
        self.reachable = seconds == 0
        for controller in (self.guest, self.controller):
            for connection in list(controller.le_connections.values()):
                controller.on_le_disconnected(connection, SUPERVISION_TIMEOUT)
        async with self.on_air:
            await self.hush()
        if seconds:
            await asyncio.sleep(seconds)
            self.reachable = True
            await self.advertise()

    async def forget_bond(self):
        self.bonded.clear()
        await self.device.keystore.delete_all()
