"""An order at work: what the exchange knows of it besides what its owner is told. Pure."""

import datetime
import decimal
import math
import typing

import msgspec

from simulator.exchange.accounts import SimAccount
from simulator.exchange.fees import Filled
from simulator.exchange.market_view import Terms
from simulator.exchange.orders import SimLeg, SimOrder, SimTicket
from simulator.market import calendar
from simulator.market.market import SimMarket
from simulator.market.tape import Tape

Decimal = decimal.Decimal
_EXTENDED = frozenset({"Ext", "GTC Ext", "Ext Overnight", "GTC Ext Overnight"})
_FOR_GOOD = frozenset({"GTC", "GTC Ext", "GTC Ext Overnight"})
_EXTENDED_ENDS = 20
"""New York's hour at which extended trading ends."""
_Hours = typing.Literal["stocks", "extended", "futures", "coins"]


class Work(msgspec.Struct):
    """One order at work. Times in ms since the epoch."""

    order: SimOrder
    account: SimAccount
    terms: list[Terms]
    expires_at: int | None
    ratios: list[Decimal]
    """Units of each leg in one unit of the order."""
    reserve: Decimal = Decimal(0)
    """Dollars of requirement held back for it."""
    filled: list[Filled] = []
    """What each leg has executed, for its fees."""
    is_starter: bool = False
    """Whether it starts with the next moment, of the orders that wait."""
    after: float = 0
    """It must not fill before this, at infinity never."""
    is_half: bool = False
    """Whether only half of it may fill for now, as its client wished."""
    is_triggered: bool = False
    """Whether its stop has been reached."""
    limit: Decimal | None = None
    """The price of a marketable limit, once it is live."""
    spent: Decimal = Decimal(0)
    """Dollars of a notional order that are used up."""
    tapes: list[Tape] = []
    """What its legs are, or are options on."""
    seen: int = -1
    """The quotes those had shown when it was last tried."""
    printed: int = 0
    """The print it has seen last."""
    ahead: Decimal | None = None
    """What waits before it at its price; None while its price is not the best."""

    @property
    def ticket(self) -> SimTicket:
        """What was asked for."""
        return self.order.ticket

    @property
    def left(self) -> Decimal:
        """Units of the order that are not filled."""
        return self.order.legs[0].remaining / self.ratios[0]

    @property
    def quotes(self) -> int:
        """How many quotes its instruments have shown so far."""
        return sum(tape.ticks for tape in self.tapes)

    def is_asleep(self, at: int) -> bool:
        """Whether nothing has happened at `at` that this order could answer to."""
        is_over = self.expires_at is not None and at >= self.expires_at
        return self.order.status == "Live" and self.seen == self.quotes and not is_over

    @property
    def sides(self) -> list[tuple[str, int, Decimal]]:
        """Symbol, side and ratio of each leg."""
        return [(leg.symbol, leg.side, ratio) for leg, ratio in zip(self.order.legs, self.ratios, strict=True)]


def reduce(work: Work, units: Decimal) -> None:
    """Ask for `units` less of an order. There must be more of it left than that."""
    before = work.left
    for leg, ratio in zip(work.order.legs, work.ratios, strict=True):
        leg.quantity -= units * ratio
        leg.remaining -= units * ratio
    work.reserve = work.reserve * work.left / before


def ratios(legs: typing.Sequence[SimLeg]) -> list[Decimal]:
    """Return the smallest whole numbers the legs' quantities stand in: 1 and 2 for 3 and 6."""
    if len(legs) == 1:
        return [Decimal(1)]
    unit = math.gcd(*(int(leg.quantity) for leg in legs))
    return [leg.quantity / unit for leg in legs]


def not_before(ticket: SimTicket, at: int) -> float:
    """Return before which time an order placed at `at` must not fill, as its client wished. ms since the epoch."""
    match ticket.behavior:
        case "delayed":
            return at + ticket.delay * 1000
        case "scheduled":
            return ticket.schedule if ticket.schedule is not None else math.inf
        case "never":
            return math.inf
        case _:
            return 0


def is_session(terms: list[Terms], ticket: SimTicket, market: SimMarket) -> bool:
    """Whether an order may trade in the market's present session."""
    if all(market.state_of(part.kind) == "Open" for part in terms):
        return True
    return ticket.time_in_force in _EXTENDED and market.state in ("Pre-market", "Extended")


def expiry(terms: list[Terms], ticket: SimTicket, market: SimMarket) -> int | None:
    """Return when an order is over: its time in force, or the last moment of an option in it."""
    ends = [part.expires_at for part in terms if part.expires_at is not None]
    if ticket.time_in_force == "GTD" and ticket.gtc_date is not None:
        ends.append(_closing(ticket.gtc_date, _hours(terms, ticket), market))
    elif ticket.time_in_force not in _FOR_GOOD:
        ends.append(_session_ends(_hours(terms, ticket), market))
    return min(ends, default=None)


def _hours(terms: list[Terms], ticket: SimTicket) -> _Hours:
    """Return the hours an order keeps."""
    kinds = {part.kind for part in terms}
    if kinds == {"crypto"}:
        return "coins"
    if kinds <= {"future", "future option"}:
        return "futures"
    return "extended" if ticket.time_in_force in _EXTENDED else "stocks"


def _session_ends(hours: _Hours, market: SimMarket) -> int:
    """Return the end of the present session day, or of the next one when none is on."""
    day = calendar.futures_day(market.at) if hours == "futures" else calendar.day_of(market.at)
    is_any = market.is_always_open or hours == "coins"
    trades = calendar.trades_futures if hours == "futures" else calendar.is_trading_day
    while not (is_any or trades(day)) or _closing(day, hours, market) <= market.at:
        day += datetime.timedelta(days=1)
    return _closing(day, hours, market)


def _closing(day: datetime.date, hours: _Hours, market: SimMarket) -> int:
    """Return the end of a session day; where trade never pauses that is midnight."""
    if market.is_always_open or hours == "coins":
        return calendar.at_clock(day + datetime.timedelta(days=1), 0)
    if hours == "futures":
        return calendar.futures_closing(day)
    return calendar.closing(day) if hours == "stocks" else calendar.at_clock(day, _EXTENDED_ENDS)
