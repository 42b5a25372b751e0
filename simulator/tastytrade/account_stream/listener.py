"""tastytrade's account stream: requests with a token on every one, answers, notifications. Sans-IO.

There is no first state and no replay: a client reads balances and positions over REST after its connect is answered.
"""

import secrets
import typing

import msgspec

from simulator.exchange.accounts import Customer
from simulator.faults.faults import Faults
from simulator.tastytrade.dxlink.channels import text
from simulator.tastytrade.dxlink.connection import SimDxlinkWire
from simulator.tastytrade.dxlink.events import Values

LONGEST_SILENCE_S = 60.0
PUBLIC_WATCHLISTS, QUOTE_ALERTS = "public-watchlists-subscribe", "quote-alerts-subscribe"
USER_MESSAGES = "user-message-subscribe"
_SUBSCRIPTIONS = frozenset({PUBLIC_WATCHLISTS, QUOTE_ALERTS, USER_MESSAGES})
GOING_AWAY = 1001


class SimTastytradeListener:
    """One account-stream connection."""

    def __init__(
        self,
        wire: SimDxlinkWire,
        holder: typing.Callable[[str], Customer | None],
        faults: Faults,
        now: float,
        silence_s: float = LONGEST_SILENCE_S,
    ) -> None:
        self.wire = wire
        self.customer: Customer | None = None
        self.numbers: frozenset[str] = frozenset()
        self.subscriptions: set[str] = set()
        """What it asked for besides its accounts, by the action that did; for as long as it is open."""
        self.heard_at = now
        self.id = secrets.token_hex(4)
        self._holder = holder
        self._faults = faults
        self._silence_s = silence_s

    @property
    def accounts(self) -> frozenset[str]:
        """Every account of the person this connection belongs to, once it is connected."""
        return self.customer.numbers if self.customer else frozenset()

    def belongs_to(self, customer: str) -> bool:
        """Whether this connection is that of a customer, by their id."""
        return self.customer is not None and self.customer.id == customer

    def receive(self, raw: str, now: float) -> None:
        """Take one request of the client. Only one with a valid token counts as a sign of life."""
        try:
            message = msgspec.json.decode(raw)
        except msgspec.DecodeError:
            self._fail("unknown", "failed")
            return
        if not isinstance(message, dict):
            self._fail("unknown", "failed")
            return
        action = str(message.get("action", ""))
        customer = self._bearer(message.get("auth-token"))
        if customer is None or (self.customer is not None and customer.id != self.customer.id):
            self._fail(action, "failed")
            return
        self.heard_at = now
        self._act(action, customer, message, now)

    def _bearer(self, token: object) -> Customer | None:
        if not isinstance(token, str) or not token.startswith("Bearer "):
            return None
        return self._holder(token.removeprefix("Bearer "))

    def _act(self, action: str, customer: Customer, message: Values, now: float) -> None:
        if action == "connect" and self._faults.find("connect_failed", customer.numbers, now):
            self._fail("connect", "failed")
        elif action == "connect":
            self.wire.mute_until = max(self.wire.mute_until, self._faults.silence(customer.numbers, "alerts", now))
            self._connect(customer, message)
        elif self.customer is None or self._faults.find("not_completed", customer.numbers, now):
            self._fail(action, "connect-not-completed")
        elif self._faults.find("not_implemented", customer.numbers, now):
            self._fail(action, "not-implemented", message)
        elif action == USER_MESSAGES and message.get("value") != customer.id:
            self._fail(action, "failed")
        elif action == "heartbeat" or action in _SUBSCRIPTIONS:
            self.subscriptions |= {action} & _SUBSCRIPTIONS
            self._agree(action, message)
        else:
            self._fail(action, "not-implemented", message)

    def _connect(self, customer: Customer, message: Values) -> None:
        value, own = message.get("value"), sorted(customer.numbers)
        wanted = [value] if isinstance(value, str) else value  # the venue's own SDK sends a lone number bare
        if not isinstance(wanted, list) or not wanted or any(number not in own for number in wanted):
            self._fail("connect", "failed")
            return
        self.customer, self.numbers = customer, frozenset(wanted)
        self._agree("connect", message, value=value)

    def _agree(self, action: str, message: Values, **more: object) -> None:
        answer: Values = {"status": "ok", "action": action, "web-socket-session-id": self.id, **more}
        if "request-id" in message:
            answer["request-id"] = message["request-id"]
        self.wire.post(text(answer))

    def _fail(self, action: str, reason: str, message: Values | None = None) -> None:
        answer: Values = {"status": "error", "action": action, "web-socket-session-id": self.id, "message": reason}
        if message is not None and "request-id" in message:
            answer["request-id"] = message["request-id"]
        self.wire.post(text(answer))

    def check(self, now: float) -> None:
        """Close a connection that has not shown a valid token for too long."""
        borne = (fault.delay for fault in self._faults.all("impatient", self.accounts, now))
        if now - self.heard_at > min(borne, default=self._silence_s):
            self.wire.close(GOING_AWAY)
