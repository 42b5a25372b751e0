"""The orders of the simulated Tradier: each is taken at once, and only then judged by the exchange.

So an answer of `ok` means little: what an account cannot pay for is rejected a moment later, on the event stream and in
the order itself. An order that is changed keeps its id here, although the exchange replaces it by another.
"""

import decimal
import itertools
import typing

import msgspec

from simulator.exchange.accounts import SimAccount
from simulator.exchange.exchange import Exchange
from simulator.exchange.orders import Rejection, SimFill, SimLeg, SimNews, SimOrder
from simulator.ids import Numbers
from simulator.market import calendar
from simulator.market.market import SimMarket
from simulator.tradier.orders.parsing import SHARES, SimTradierDraft, SimTradierLegDraft, SimTradierPart

Decimal = decimal.Decimal
Status = typing.Literal[
    "pending", "open", "partially_filled", "filled", "canceled", "expired", "rejected", "held", "pending_cancel"
]
FINAL = frozenset({"filled", "canceled", "expired", "rejected"})
_STATUSES: dict[str, Status] = {
    "Received": "pending",
    "Routed": "open",
    "In Flight": "pending",
    "Live": "open",
    "Contingent": "held",
    "Cancel Requested": "pending_cancel",
    "Replace Requested": "open",
    "Filled": "filled",
    "Cancelled": "canceled",
    "Expired": "expired",
    "Rejected": "rejected",
    "Removed": "canceled",
    "Partially Removed": "canceled",
}
"""The exchange's states in this venue's words; `open` may come before `pending`."""
_REASONS = {
    "margin_check_failed": "InitialMargin",
    "invalid_option_level": "AccountIsNotApproved",
    "account_is_closing_only": "AccountDisabled",
    "no_position_to_close": "LongPositionCrossZero",
    "invalid_price_increment": "InvalidPriceIncrement",
    "instrument_validation_failed": "SecurityUnavailable",
}
_UNEXPECTED = {
    "Buy to Open": ("UnexpectedBuyOrder", -1),
    "Sell to Open": ("UnexpectedSellShortOrder", 1),
}
"""What opening is called where there is a position of the other side, and of which sign that is."""


class SimTradierPlaced(msgspec.Struct, eq=False):
    """One order as this venue keeps it. `parts` are the orders of an advanced one. Times in ms since the epoch."""

    id: int
    account: SimAccount
    draft: SimTradierDraft
    part: SimTradierPart
    created_at: int
    updated_at: int
    leg_ids: tuple[int, ...] = ()
    parts: list["SimTradierPlaced"] = []
    parent: int | None = None
    order: SimOrder | None = None
    """As the exchange told it last; None while it has not been judged."""
    complex_id: int | None = None
    former: dict[int, list[SimLeg]] = {}
    """Its legs as the exchange's orders had them that it was before it was changed, by the id of each."""
    ended: Status | None = None
    """How it ended without the exchange."""
    reason: str | None = None

    @property
    def status(self) -> Status:
        """Its state in this venue's words."""
        if self.ended is not None:
            return self.ended
        if self.parts:
            return _together([part.status for part in self.parts])
        if self.order is None:
            return "held" if self.parent is not None else "pending"
        found = _STATUSES[self.order.status]
        if found == "held" and self.order.replaces is not None:
            return "pending"
        return "partially_filled" if found == "open" and self.executed else found

    @property
    def is_final(self) -> bool:
        """Whether it changes no more."""
        return self.status in FINAL

    @property
    def quantity(self) -> Decimal:
        """Units asked for: of shares, contracts or whole strategies."""
        return self.part.units

    @property
    def executed(self) -> Decimal:
        """Units that are filled."""
        first = self.part.legs[0].quantity
        return sum((fill.quantity for fill in self.fills(0)), Decimal(0)) * self.quantity / first

    @property
    def remaining(self) -> Decimal:
        """Units that may still fill."""
        return Decimal(0) if self.is_final else self.quantity - self.executed

    def fills(self, leg: int) -> list[SimFill]:
        """Return the executions of a leg, oldest first, those before a change too."""
        former = [fill for legs in self.former.values() for fill in legs[leg].fills]
        return former + (self.order.legs[leg].fills if self.order else [])

    def average(self, leg: int) -> Decimal:
        """Return the average price of a leg's executions; 0 where there are none."""
        fills = self.fills(leg)
        total = sum((fill.quantity for fill in fills), Decimal(0))
        return sum((fill.quantity * fill.price for fill in fills), Decimal(0)) / total if total else Decimal(0)

    def average_net(self) -> Decimal:
        """Return what a unit cost on average, by the share, whichever way the money went."""
        if len(self.part.legs) == 1:
            return self.average(0)
        return abs(sum((leg.shares * self.average(n) for n, leg in enumerate(self.part.legs)), Decimal(0))) / (
            self.quantity * SHARES
        )


def _together(statuses: list[Status]) -> Status:
    """Return the state of an order that is made of others."""
    for status in ("rejected", "open", "partially_filled", "pending", "pending_cancel", "held", "filled"):
        if status in statuses and (status != "filled" or set(statuses) <= FINAL):
            return typing.cast(Status, status)
    return statuses[0]


class SimTradierOrderBook:
    """Every order of the venue, on its exchange."""

    def __init__(self, market: SimMarket, exchange: Exchange) -> None:
        self.market = market
        self.exchange = exchange
        self.known: dict[int, SimTradierPlaced] = {}
        self.ids = Numbers(market.begun_at)
        self.waiting: list[SimTradierPlaced] = []
        """Those that the exchange has not judged yet."""
        self._by_order: dict[int, SimTradierPlaced] = {}
        self._changed: list[SimTradierPlaced] = []

    @property
    def is_busy(self) -> bool:
        """Whether an order is at work or waits to be judged."""
        return bool(self.waiting) or self.exchange.is_busy

    def of(self, account: SimAccount) -> list[SimTradierPlaced]:
        """Return the orders of an account that its list shows: this session's, and those still open; oldest first."""
        return [
            placed
            for placed in self.known.values()
            if placed.account is account and placed.parent is None and self._is_shown(placed)
        ]

    def _is_shown(self, placed: SimTradierPlaced) -> bool:
        return not placed.is_final or placed.created_at >= self._day_began

    @property
    def _day_began(self) -> int:
        return calendar.at_clock(self.market.day, 0)

    def at_work(self, account: SimAccount) -> int:
        """Return how many orders of an account may still change."""
        return sum(not placed.is_final for placed in self.of(account))

    def place(self, account: SimAccount, draft: SimTradierDraft) -> SimTradierPlaced:
        """Take an order. The exchange has not seen it yet."""
        placed = self._enter(account, draft, draft.parts[0])
        if draft.is_advanced:
            placed.parts = [self._enter(account, draft, part, parent=placed.id) for part in draft.parts]
        self.waiting.append(placed)
        return placed

    def _enter(
        self, account: SimAccount, draft: SimTradierDraft, part: SimTradierPart, parent: int | None = None
    ) -> SimTradierPlaced:
        at = self.market.at
        placed = SimTradierPlaced(next(self.ids), account, draft, part, at, at, parent=parent)
        if len(part.legs) > 1:
            placed.leg_ids = tuple(next(self.ids) for _ in part.legs)
        self.known[placed.id] = placed
        return placed

    def since(self, count: int) -> typing.Iterator[tuple[int, SimTradierPlaced]]:
        """Yield the orders, with their ids, that came when there were `count` already."""
        return itertools.islice(self.known.items(), count, None)

    def adopt(self, placed: SimTradierPlaced) -> None:
        """Keep an order that has its id already, and hear what the exchange says of it."""
        self.ids.go_beyond(max((placed.id, *placed.leg_ids)))
        self.known[placed.id] = placed
        orders = [] if placed.order is None else [placed.order.id]
        self._by_order |= dict.fromkeys([*placed.former, *orders], placed)

    def change(self, placed: SimTradierPlaced, part: SimTradierPart) -> None:
        """Ask for other terms. Raises Rejection when the order cannot be changed."""
        ticket = part.ticket(self.market)
        if placed.order is not None:
            order = self.exchange.replace(placed.account, placed.order.id, ticket)
            placed.former = placed.former | {placed.order.id: placed.order.legs}
            self._tie(placed, order)
        placed.part = part

    def cancel(self, placed: SimTradierPlaced) -> None:
        """Ask for an end. Raises Rejection when it is about to end."""
        if placed in self.waiting:
            self.waiting.remove(placed)
            for each in (placed, *placed.parts):
                self._end_order(each, "canceled")
        elif placed.complex_id is not None:
            self.exchange.cancel_complex(placed.account, placed.complex_id)
        elif placed.order is not None:
            self.exchange.cancel(placed.account, placed.order.id)

    def advance(
        self, refusal: typing.Callable[[SimTradierPlaced], str | None] = lambda placed: None
    ) -> list[SimTradierPlaced]:
        """Let the exchange judge what waits, and see the market's new moment. Returns what changed, in order.

        `refusal` may say why an order is rejected before the exchange sees it.
        """
        waiting, self.waiting = self.waiting, []
        for placed in waiting:
            if why := refusal(placed):
                self._reject(placed, why)
            else:
                self._judge(placed)
        self.exchange.advance()
        for news in self.exchange.take_news():
            self._apply(news)
        changed, self._changed = self._changed, []
        return changed

    def _judge(self, placed: SimTradierPlaced) -> None:
        try:
            for leg in placed.part.legs:
                _check_side(placed.account, leg)
            if placed.parts:
                self._start_advanced(placed)
            else:
                order, _ = self.exchange.place(placed.account, placed.part.ticket(self.market))
                self._tie(placed, order)
        except Rejection as rejection:
            self._reject(placed, reason(rejection))

    def _reject(self, placed: SimTradierPlaced, why: str) -> None:
        for each in (placed, *placed.parts):
            each.reason = why
            self._end_order(each, "rejected")

    def _start_advanced(self, placed: SimTradierPlaced) -> None:
        complex_order, _ = self.exchange.place_complex(placed.account, placed.draft.complex_ticket(self.market))
        placed.complex_id = complex_order.id
        for part, order in zip(placed.parts, complex_order.members, strict=True):
            self._tie(part, order)

    def _tie(self, placed: SimTradierPlaced, order: SimOrder) -> None:
        placed.order = order
        self._by_order[order.id] = placed

    def _apply(self, news: SimNews) -> None:
        placed = self._by_order.get(news.subject.id) if news.kind == "Order" else None
        if placed is None:
            return  # no order
        if (before := placed.former.get(news.subject.id)) is not None:
            placed.former = placed.former | {news.subject.id: news.subject.legs}
            if news.subject.legs[0].fills == before[0].fills:
                return  # nobody is told how what it was before ends
        else:
            placed.order = news.subject
        placed.updated_at = news.subject.updated_at
        placed.reason = placed.reason or news.subject.reject_reason
        self._changed.append(msgspec.structs.replace(placed))

    def _end_order(self, placed: SimTradierPlaced, status: Status) -> None:
        placed.ended, placed.updated_at = status, self.market.at
        self._changed.append(msgspec.structs.replace(placed))


def _check_side(account: SimAccount, leg: SimTradierLegDraft) -> None:
    """Let a leg pass that does not open against what is held. Raises Rejection."""
    if leg.action not in _UNEXPECTED:
        return
    code, sign = _UNEXPECTED[leg.action]
    held = next((holding.quantity for holding in account.holdings if holding.symbol == leg.traded), Decimal(0))
    if held * sign > 0:
        raise Rejection((code + ("Option" if leg.option else ""), f"There is a position in {leg.traded} to close."))


def reason(rejection: Rejection) -> str:
    """Say why the exchange did not take an order, with the venue's code."""
    code, words = rejection.errors[0]
    return f"{_REASONS.get(code, code)}: {words}"
