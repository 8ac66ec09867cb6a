"""What a proxy is made of: one link through it, and what is on its way in one direction."""

import asyncio
import collections
import socket
import struct
import threading
from dataclasses import dataclass, field

CHUNK = 65536
UNTHROTTLED_BUFFER = 4 << 20     # bytes in flight per link and direction; a throttled way takes its own figure


class Records:
    """Splits one direction of a TLS stream into whole records."""

    def __init__(self):
        self.rest = b""

    def feed(self, data):
        data, at, whole = self.rest + data, 0, []
        while len(data) - at >= 5:
            end = at + 5 + int.from_bytes(data[at + 3:at + 5], "big")
            if end > len(data):
                break
            whole.append(data[at:end])
            at = end
        self.rest = data[at:]
        return whole


@dataclass
class Link:
    """What passed over one client connection. Times are seconds since the proxy started."""
    number: int
    opened: float
    up: int = 0                   # bytes forwarded
    down: int = 0
    ended: str = ""               # who or what ended it
    closed: float = 0.0
    lost: bool = False            # swallowed by a black hole, for ever
    tasks: list = field(default_factory=list, repr=False)
    socks: dict = field(default_factory=dict, repr=False)
    busy: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)      # held while a record goes up


@dataclass
class Cut:
    after: int                    # bytes still to pass
    direction: str
    client_sees: str              # "fin" or "rst"
    server_sees: str
    torn: bool                    # end inside a TLS record
    done: threading.Event = field(default_factory=threading.Event)


class Way:
    """The state of the network in one direction, for all links."""

    def __init__(self):
        self.delay, self.rate, self.buffer, self.flowing = 0.0, 0, UNTHROTTLED_BUFFER, asyncio.Event()
        self.flowing.set()


class Line:
    """What is on its way in one direction of one link: pieces with the time at which they are due."""

    def __init__(self, way):
        self.way, self.pieces, self.held, self.changed = way, collections.deque(), 0, asyncio.Event()

    def put(self, due, piece):
        self.pieces.append((due, piece))
        self.held += len(piece) if isinstance(piece, bytes) else 0
        self.changed.set()

    async def room(self):
        await self._until(lambda: self.held < self.way.buffer)

    async def get(self):
        """The next piece when it is due; it still counts as held until `sent`."""
        await self._until(lambda: self.pieces)
        wait = self.pieces[0][0] - asyncio.get_running_loop().time()
        if wait > 0:
            await asyncio.sleep(wait)
        await self.way.flowing.wait()
        return self.pieces.popleft()[1]

    def sent(self, size):
        self.held -= size
        self.changed.set()

    async def _until(self, ready):
        while not ready():
            self.changed.clear()
            await self.changed.wait()


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
