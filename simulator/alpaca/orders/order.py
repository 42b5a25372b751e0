"""One order of the simulated Alpaca as the venue keeps it, its executions, and what happens to it. Pure."""

import typing

import msgspec

from simulator.alpaca.orders.parsing import Decimal, SimAlpacaDraft
from simulator.exchange.accounts import SimAccount
from simulator.exchange.orders import SimOrder

Status = typing.Literal[
    "accepted", "pending_new", "new", "partially_filled", "filled", "canceled", "expired", "replaced",
    "pending_cancel", "pending_replace", "rejected", "held",
]  # fmt: skip
FINAL = frozenset({"filled", "canceled", "expired", "replaced", "rejected"})
_NOTHING = Decimal(0)
_STATUSES: dict[str, Status] = {
    "Received": "accepted",
    "Routed": "pending_new",
    "In Flight": "pending_new",
    "Live": "new",
    "Contingent": "held",
    "Cancel Requested": "pending_cancel",
    "Replace Requested": "pending_replace",
    "Filled": "filled",
    "Cancelled": "canceled",
    "Expired": "expired",
    "Rejected": "rejected",
    "Removed": "canceled",
    "Partially Removed": "canceled",
}
"""The exchange's states in this venue's words."""


class SimAlpacaExecution(msgspec.Struct, frozen=True):
    """Something that was bought or sold. `quantity` is positive, `price` per share, `at` in ms since the epoch."""

    id: str
    at: int
    quantity: Decimal
    price: Decimal


class SimAlpacaPlaced(msgspec.Struct, eq=False):
    """One order as this venue keeps it. Times in ms since the epoch."""

    id: str
    account: SimAccount
    draft: SimAlpacaDraft
    created_at: int
    updated_at: int
    order: SimOrder
    """As the exchange told it last."""
    executions: list[SimAlpacaExecution] = []
    """Those that stand, oldest first."""
    expires_at: int | None = None
    heard: int = 0
    """How many fills of the exchange's order are in `executions`, or were."""
    told: str = ""
    """The status that was told last."""
    filled_at: int | None = None
    cancel_requested_at: int | None = None
    replaces: str | None = None
    replaced_by: str | None = None
    ended: Status | None = None
    """How it ended without the exchange."""
    legs: list["SimAlpacaPlaced"] = []
    """An order for each leg, where there are several."""
    index: int = 0
    """Which leg of the exchange's order this is."""

    @property
    def status(self) -> Status:
        """Its state in this venue's words."""
        if self.ended is not None:
            return self.ended
        found = _STATUSES[self.order.status]
        if found == "canceled" and self.order.replacing is not None:
            return "replaced"
        if found == "held" and self.order.replaces is not None:
            return "accepted"
        return "partially_filled" if found == "new" and self.executions else found

    @property
    def is_final(self) -> bool:
        """Whether it changes no more, but for a bust."""
        return self.status in FINAL

    @property
    def filled(self) -> Decimal:
        """How much of it is filled."""
        return sum((each.quantity for each in self.executions), _NOTHING)

    @property
    def average(self) -> Decimal | None:
        """The average price of its executions. None where there are none."""
        total = sum((each.quantity * each.price for each in self.executions), _NOTHING)
        return total / self.filled if self.filled else None

    @property
    def parts(self) -> list["SimAlpacaPlaced"]:
        """The orders of its legs; itself where it has but one."""
        return self.legs or [self]

    @property
    def requested(self) -> Decimal:
        """How much is asked for by now, of a leg or of the whole order in units."""
        first = self.order.legs[self.index].quantity
        return first / self.draft.legs[0].ratio if self.legs else first

    def snapshot(self) -> "SimAlpacaPlaced":
        """Return this order as it is now, for good."""
        legs = [leg.snapshot() for leg in self.legs]
        return msgspec.structs.replace(self, executions=[*self.executions], legs=legs)


class SimAlpacaOrderEvent(msgspec.Struct, frozen=True):
    """One event of an order: a snapshot of it, and of an execution, after which the account has `position` of it."""

    event: str
    placed: SimAlpacaPlaced
    at: int
    execution: SimAlpacaExecution | None = None
    quantity: Decimal | None = None
    """Of the execution; below nothing where it is busted."""
    position: Decimal | None = None
    previous: str | None = None
    legs: tuple["SimAlpacaOrderEvent", ...] = ()
    """What happened to each leg, where there are several."""

    @property
    def parts(self) -> tuple["SimAlpacaOrderEvent", ...]:
        """What happened to each leg; this itself where there is but one."""
        return self.legs or (self,)
