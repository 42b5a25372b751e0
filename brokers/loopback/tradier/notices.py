"""How events of orders reach an account stream, and what goes wrong on the way if a fault says so. Times in seconds."""

from brokers.loopback.asgi import Json
from brokers.loopback.faults import Faults
from brokers.loopback.tradier.listener import Listener

UNKNOWN_STATUS = "under_review"
_LATE_S = 2.0


class Notices:
    """The events on their way to the listeners of one venue."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._held: dict[Listener, list[Json]] = {}
        self._late: list[tuple[float, Listener, Json]] = []

    def tell(self, listener: Listener, body: Json, now: float) -> None:
        """Tell a listener of an order, unless a fault has it otherwise."""
        number = (body["account"],)
        if self._faults.find("swallow_event", number, now):
            return
        if self._faults.find("unknown_status", number, now):
            body = body | {"status": UNKNOWN_STATUS}
        if fault := self._faults.find("late_event", number, now):
            self._late.append((now + (fault.delay or _LATE_S), listener, body))
        elif self._faults.find("reorder_events", number, now):
            self._held.setdefault(listener, []).append(body)
        else:
            listener.say(body)
            if self._faults.find("duplicate_event", number, now):
                listener.say(body)
            for held in self._held.pop(listener, ()):
                listener.say(held)

    def follow(self, now: float) -> None:
        """Tell what is due by now."""
        due, self._late = (
            [each for each in self._late if each[0] <= now],
            [each for each in self._late if each[0] > now],
        )
        for _, listener, body in due:
            listener.say(body)

    def forget(self, listener: Listener) -> None:
        """Drop what was on its way to a listener that has left."""
        self._held.pop(listener, None)
        self._late = [each for each in self._late if each[1] is not listener]
