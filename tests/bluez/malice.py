"""What a hostile wearable does to what it says and hears. Between the wearable and the virtual air: see front.py."""

import itertools
import random
import struct

# Endpoints by the short form in PROFILE.md, 3.
CONTROL, STATUS, POSTURE, RECORD = "6c750102", "6c750103", "6c750201", "6c750301"
SERIAL = "2a25"
IMPOSTOR = b"LB1-666666"
FLOOD = 3_000


class Malice:
    """Honest until told otherwise; `mode` is one of:

    twice     every notification comes twice
    lies      notifications end too early, are longer than they should be, and lie about time and number, by turns
    mute      nothing is answered, nothing is told, and nothing that is written arrives
    impostor  the same name, services and bond, another serial number
    """

    def __init__(self):
        self.mode = "honest"
        self.turns = itertools.count()
        self.commands_to_impostor = 0

    def hears(self, kind, short):
        """Whether the wearable behind may hear of a request."""
        if self.mode == "impostor" and kind == "write" and short == CONTROL:
            self.commands_to_impostor += 1
        return self.mode != "mute"

    def answers(self, short, value):
        """The answer to a read."""
        return IMPOSTOR if self.mode == "impostor" and short == SERIAL else value

    def tells(self, short, value):
        """What becomes of a notification: the values that are really sent."""
        if self.mode == "mute":
            return []
        if self.mode == "twice":
            return [value, value]
        if self.mode == "lies":
            return [self.lie(short, value)]
        return [value]

    def lie(self, short, value):
        turn = next(self.turns) % 4
        if turn == 0:
            return value[: len(value) // 2]
        if turn == 1:
            # A year ahead; of control answers the number is changed, as they have no time that is looked at.
            at = {STATUS: 4, POSTURE: 4, RECORD: 8}.get(short)
            if at is None:
                return value[:2] + struct.pack("<H", struct.unpack_from("<H", value, 2)[0] ^ 0x55) + value[4:]
            return value[:at] + struct.pack("<Q", 31_536_000_000)[:6] + value[at + 6 :]
        if turn == 2:
            return b""
        return value[:4] + bytes(6) + value[10:]


def flood():
    """Frames of everything an app listens to, each new, and none of them true."""
    chance = random.Random(1)
    for n in range(1, FLOOD):
        ticks = struct.pack("<Q", n * 7)[:6]
        yield from [
            # No such state: by chance it would be that of a device that has restarted, which is to be believed.
            (STATUS, chance.randbytes(10) + b"\xff" + chance.randbytes(34)),
            (CONTROL, struct.pack("<BBHBI", 0x80, 3, n % 0xFFFF + 1, chance.randrange(12), n) + ticks),
            (POSTURE, struct.pack("<I", n * 2) + ticks + struct.pack("<HB", 40, 38) + bytes(6 * 38)),
            (RECORD, struct.pack("<II", n, n) + ticks + b"\x08"),
        ][n % 4 : n % 4 + 1]
