"""One WebSocket of trade updates: who listens, and to what. Sans-IO.

It tells of what happens from now on: no first state, no replay, nothing numbered but for the ids of the events.
"""

import math
import typing

import msgspec

from simulator.alpaca.customers import SimAlpacaKey
from simulator.alpaca.streams.event_log import EventLogEntry
from simulator.asgi import Json

TRADES = "trade_updates"
KEYS_UNKNOWN, LIMIT = "access key verification failed", "connection limit exceeded"


class _Data(msgspec.Struct, frozen=True):
    key_id: str = ""
    secret_key: str = ""
    oauth_token: str = ""
    streams: tuple[str, ...] = ()


class Said(msgspec.Struct, frozen=True):
    """What a client says: both forms of signing in, and what it wants to hear."""

    action: str
    data: _Data = _Data()
    key: str = ""
    secret: str = ""

    @property
    def keys(self) -> tuple[str, str]:
        """The pair of keys it shows."""
        return (self.key, self.secret) if self.action == "auth" else (self.data.key_id, self.data.secret_key)


class SimAlpacaListener:
    """One stream. `send` takes the text of a frame, `find` returns keys that may listen now, or why they may not."""

    def __init__(
        self, send: typing.Callable[[str], None], find: typing.Callable[[str, str], SimAlpacaKey | str]
    ) -> None:
        self.key: SimAlpacaKey | None = None
        self.is_listening = False
        self.counts_until = math.inf
        """Until when the venue counts it as an open socket."""
        self._send = send
        self._find = find

    @property
    def accounts(self) -> frozenset[str]:
        """The account of whoever has signed in."""
        return self.key.numbers if self.key is not None else frozenset()

    def receive(self, raw: str) -> bool:
        """Take what a client says. Returns False when it made no sense."""
        try:
            said = msgspec.json.decode(raw, type=Said)
        except msgspec.MsgspecError:
            return False
        if said.action in ("authenticate", "auth"):
            self._sign_in(*said.keys)
        elif said.action == "listen":
            self._listen(said.data.streams)
        else:
            return False
        return True

    def _sign_in(self, id: str, secret: str) -> None:
        found = self._find(id, secret) if self.key is None else self.key
        if isinstance(found, SimAlpacaKey):
            self.key = found
            self._answer("authenticate", is_known=True)
        else:
            self._answer("authenticate", is_known=False, message=found)

    def _listen(self, streams: tuple[str, ...]) -> None:
        if self.key is None:
            self._answer("listen", is_known=False)
            return
        self.is_listening = TRADES in streams
        self.send_frame("listening", {"streams": [TRADES] if self.is_listening else []})

    def _answer(self, action: str, *, is_known: bool, message: str | None = None) -> None:
        status = "authorized" if is_known else "unauthorized"
        self.send_frame(
            "authorization", {"status": status, "action": action} | ({"message": message} if message else {})
        )

    def send_frame(self, stream: str, data: Json) -> None:
        """Send one frame."""
        self._send(msgspec.json.encode({"stream": stream, "data": data}).decode())

    def wants(self, entry: EventLogEntry) -> bool:
        """Whether an event is listened to, and of the listener's account."""
        return self.is_listening and entry.account in self.accounts

    def send_event(self, entry: EventLogEntry) -> None:
        """Tell an event."""
        self.send_frame(TRADES, entry.payload(of_account=False))

    def fail(self) -> None:
        """Say that the venue has failed, as it does before it closes."""
        body = {"action": "error", "data": {"error_message": "internal server error"}}
        self._send(msgspec.json.encode(body).decode())
