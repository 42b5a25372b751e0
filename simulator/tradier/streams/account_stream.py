"""One account event stream: which accounts it hears about, and its heartbeat. Sans-IO; times are in seconds.

It tells of orders only, from now on: no first state, no replay, no position and no balance.
"""

import math
import typing

import msgspec

from simulator.asgi import Json
from simulator.faults.delivery import Delivery
from simulator.faults.faults import Faults
from simulator.tradier.format import moment
from simulator.tradier.stream_sessions import SimTradierStreamSession

HEARTBEAT_S = 5.0


class SimAccountInterest(msgspec.Struct, rename="camel"):
    """The frame that starts an account stream, or changes what it hears."""

    events: tuple[typing.Literal["order"], ...]
    sessionid: str
    exclude_accounts: tuple[str, ...] = ()


class SimTradierListener:
    """One account stream. `send` takes the text of a frame."""

    def __init__(self, send: typing.Callable[[str], None], heartbeat_s: float = HEARTBEAT_S) -> None:
        self.session: SimTradierStreamSession | None = None
        self.numbers: frozenset[str] = frozenset()
        """The accounts it hears about."""
        self.heartbeat_s = heartbeat_s
        self.counts_until = math.inf
        """Until when the venue counts it as an open stream."""
        self._send = send
        self._beat_at = 0.0

    @property
    def accounts(self) -> frozenset[str]:
        """Every account of the person whose stream this is."""
        return self.session.token.person.numbers if self.session else frozenset()

    def listen(self, session: SimTradierStreamSession, interest: SimAccountInterest, now: float) -> None:
        """Hear about the orders of these accounts from now on."""
        self.session, self._beat_at = session, now
        wanted = self.accounts if interest.events else frozenset()
        self.numbers = wanted - frozenset(interest.exclude_accounts)

    def send(self, body: Json) -> None:
        """Send one object."""
        self._send(msgspec.json.encode(body).decode())

    def check(self, now: float, at: int) -> None:
        """Send a heartbeat when it is time for one. `at` is the wall clock in ms."""
        if self.session is not None and now - self._beat_at >= self.heartbeat_s:
            self._beat_at = now
            self.send({"event": "heartbeat", "status": "active", "timestamp": moment(at)})


UNKNOWN_STATUS = "under_review"


class SimTradierNotices(Delivery[SimTradierListener, Json]):
    """The events on their way to the listeners of one venue."""

    def __init__(self, faults: Faults) -> None:
        super().__init__(faults, SimTradierListener.send)

    def send_notice(self, listener: SimTradierListener, body: Json, now: float) -> None:
        """Tell a listener of an order, unless a fault has it otherwise."""
        number = (body["account"],)
        if self._faults.find("unknown_status", number, now):
            body = body | {"status": UNKNOWN_STATUS}
        self.bring(listener, body, number, now)
