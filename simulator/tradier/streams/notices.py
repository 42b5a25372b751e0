"""How events of orders reach an account stream of Tradier. Times in seconds."""

from simulator.asgi import Json
from simulator.faults.delivery import Delivery
from simulator.faults.faults import Faults
from simulator.tradier.streams.account_stream import Listener

UNKNOWN_STATUS = "under_review"


class Notices(Delivery[Listener, Json]):
    """The events on their way to the listeners of one venue."""

    def __init__(self, faults: Faults) -> None:
        super().__init__(faults, Listener.say)

    def tell(self, listener: Listener, body: Json, now: float) -> None:
        """Tell a listener of an order, unless a fault has it otherwise."""
        number = (body["account"],)
        if self._faults.find("unknown_status", number, now):
            body = body | {"status": UNKNOWN_STATUS}
        self.bring(listener, body, number, now)
