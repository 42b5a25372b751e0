"""Lives of orders at random, many of them and fast: what a seed has people do, and what the market does to it. Pure.

Orders are placed, filled in part and whole, cancelled, changed while they fill, refused and ended by time. What came of
it is the venue's own to tell: `simulator/*/lives.py` says how each venue takes an order, and what its book is.
"""

import collections
import decimal
import random
import typing

import msgspec

from simulator.asgi import Json
from simulator.exchange import booking
from simulator.exchange.accounts import SimAccount
from simulator.exchange.exchange import Exchange
from simulator.exchange.market_view import Terms
from simulator.exchange.orders import Action, Rejection, SimOrderWish, SimTicket, UnknownOrder
from simulator.exchange.working_order import Work

Decimal = decimal.Decimal
SYMBOLS = ("SPY", "QQQ", "AAPL", "TSLA", "IWM", "GLD")
MOST_AT_WORK = 50
"""Orders at work at once; beyond them none is placed until others have ended."""
MOST_AT_ONCE = 50
"""Acts of one moment, at most, however long the last one was ago."""
_NEW = frozenset({"place", "market", "refuse"})
_AWAY = Decimal("0.05")
"""How far from the market a limit is, as a part of the price, so that the market itself does not fill it."""
_MOST = Decimal(400)
"""Shares held of one symbol, at most, before orders go the other way."""


class TrafficVenue(typing.Protocol):
    """Where one account's orders are taken at one venue. Keys are the venue's own ids of orders."""

    account: SimAccount

    @property
    def exchange(self) -> Exchange:
        """Where its orders are worked."""

    @property
    def races(self) -> bool:
        """Whether an order may fill while it is about to be replaced."""

    def place(self, ticket: SimTicket) -> str:
        """Take an order. Raises Rejection."""

    def replace(self, key: str, ticket: SimTicket) -> str:
        """Ask for other terms; returns the key of the order with them. Raises Rejection and UnknownOrder."""

    def cancel(self, key: str) -> None:
        """Ask for an end. Raises Rejection and UnknownOrder."""

    def find(self, key: str) -> Work | None:
        """Return an order at work, as the exchange has it now."""

    def is_waiting(self, key: str) -> bool:
        """Whether the exchange has not seen an order yet."""

    def undo(self, draw: random.Random) -> str | None:
        """Take an execution back, or correct it; returns `bust` or `correct`. None where there is nothing to."""


class LivesOrder(msgspec.Struct, forbid_unknown_fields=True):
    """What is asked for: so many acts on an account, `rate` a second."""

    account: str
    count: typing.Annotated[int, msgspec.Meta(ge=1)]
    seed: int = 0
    rate: typing.Annotated[float, msgspec.Meta(gt=0)] = 100.0
    undo: bool = True
    """Whether executions are taken back and corrected too, where the venue has a word for it."""


class BookOrder(msgspec.Struct, forbid_unknown_fields=True):
    """Whose book is asked for."""

    account: str


class OrderTraffic:
    """Acts at random on one account until `wanted.count` are done. `follow` is called whenever the market has moved."""

    def __init__(self, floor: TrafficVenue, wanted: LivesOrder) -> None:
        self.floor = floor
        self.wanted = wanted
        self.done: collections.Counter[str] = collections.Counter()
        """How many of each kind are done."""
        self._draw = random.Random(f"{wanted.seed}:{wanted.account}:lives")
        self._began: float | None = None
        self._keys: list[str] = []
        """The orders that may be at work, oldest first."""
        self._acts: dict[str, tuple[float, typing.Callable[[], bool]]] = {
            "place": (26, self._place),
            "market": (6, self._buy_now),
            "refuse": (3, self._ask_too_much),
            "part": (24, self._fill_part),
            "fill": (14, self._fill),
            "cancel": (9, self._cancel),
            "replace": (6, self._replace),
            "race": (6, self._race),
            "expire": (3, self._expire),
            "undo": (5, self._undo),
        }

    @property
    def is_over(self) -> bool:
        """Whether everything asked for is done."""
        return self.done.total() >= self.wanted.count

    def advance(self, moment: float) -> None:
        """Do what is due at `moment`, in seconds on a clock that only goes on."""
        if self._began is None:
            self._began = moment
        due = int((moment - self._began) * self.wanted.rate) + 1 - self.done.total()
        self.act(min(due, MOST_AT_ONCE))

    def act(self, times: int) -> None:
        """Do so many acts now, if so many are left."""
        for _ in range(min(times, self.wanted.count - self.done.total())):
            self._act()

    def report(self) -> Json:
        """Say how far it is, JSON-ready."""
        return {"account": self.wanted.account, "count": self.wanted.count, "done": dict(self.done)}

    def _act(self) -> None:
        """Do something that can be done now: what cannot is left for something else."""
        works = self._works()
        is_crowded = len(works) >= MOST_AT_WORK
        names = [name for name in self._acts if not (is_crowded and name in _NEW)]
        while names:
            (name,) = self._draw.choices(names, [self._acts[name][0] for name in names])
            try:
                if self._acts[name][1]():
                    self.done[name] += 1
                    return
            except Rejection:
                pass  # what the venue does not take is no event there
            names.remove(name)

    def _works(self) -> dict[str, Work]:
        found = {key: self.floor.find(key) for key in self._keys}
        self._keys = [key for key, work in found.items() if work is not None or self.floor.is_waiting(key)]
        return {key: work for key, work in found.items() if work is not None}

    def _pick(self, *statuses: str) -> tuple[str, Work] | None:
        fitting = [(key, work) for key, work in self._works().items() if work.order.status in statuses]
        return self._draw.choice(fitting) if fitting else None

    # What people do

    def _wish(self, symbol: str, quantity: Decimal) -> SimOrderWish:
        holding = booking.find(self.floor.account, symbol)
        held = holding.quantity if holding else Decimal(0)
        side = self._draw.choice((1, -1)) if abs(held) < _MOST else -1 if held > 0 else 1
        actions: dict[tuple[int, bool], Action] = {
            (1, False): "Buy to Open", (1, True): "Buy to Close",
            (-1, False): "Sell to Open", (-1, True): "Sell to Close",
        }  # fmt: skip
        return SimOrderWish(symbol, actions[side, held * side < 0], quantity)

    def _limit(self, wish: SimOrderWish) -> Decimal | None:
        """Return a limit the market does not reach by itself, signed from the customer's side."""
        books, buys = self.floor.exchange.books, wish.action.startswith("Buy")
        book, terms = books.book(wish.symbol), books.terms(wish.symbol)
        if book is None or terms is None:
            return None
        away = 1 - _AWAY if buys else 1 + _AWAY
        price = _on_tick(book.mid * away * Decimal(repr(round(self._draw.uniform(0.99, 1.01), 4))), terms)
        return -price if buys else price

    def _ticket(self, quantity: Decimal) -> SimTicket:
        wish = self._wish(self._draw.choice(SYMBOLS), quantity)
        return SimTicket((wish,), "Limit", price=self._limit(wish))

    def _place(self) -> bool:
        self._keys.append(self.floor.place(self._ticket(Decimal(self._draw.randint(1, 40)))))
        return True

    def _buy_now(self) -> bool:
        wish = self._wish(self._draw.choice(SYMBOLS), Decimal(self._draw.randint(1, 60)))
        self._keys.append(self.floor.place(SimTicket((wish,), "Market")))
        return True

    def _ask_too_much(self) -> bool:
        ticket = self._ticket(Decimal(self._draw.randint(1, 40)))
        self._keys.append(self.floor.place(msgspec.structs.replace(ticket, behavior="reject")))
        return True

    def _cancel(self) -> bool:
        found = self._pick("Live")
        if found is not None:
            self.floor.cancel(found[0])
        return found is not None

    def _replace(self) -> bool:
        found = self._pick("Live")
        if found is None or found[1].ticket.type != "Limit":
            return False
        leg = found[1].order.legs[0]
        price = self._limit(SimOrderWish(leg.symbol, leg.action, leg.remaining))
        if price == found[1].ticket.price:
            return False
        self._change(found[0], msgspec.structs.replace(found[1].ticket, price=price))
        return True

    def _change(self, key: str, ticket: SimTicket) -> None:
        changed = self.floor.replace(key, ticket)
        if changed != key:
            self._keys.append(changed)

    # What the market does

    def _fill_part(self) -> bool:
        found = self._pick("Live")
        return found is not None and self._execute(found[1], is_whole=False)

    def _fill(self) -> bool:
        found = self._pick("Live")
        return found is not None and self._execute(found[1], is_whole=True)

    def _race(self) -> bool:
        """Let an order fill in part right before it is changed, or while it is about to be, and another right after."""
        found = self._pick("Live")
        if found is None or found[1].ticket.type != "Limit" or found[1].left < 3:
            return False
        key, work = found
        is_late = self.floor.races and self._draw.random() < 0.5
        if not is_late and not self._execute(work, is_whole=False):
            return False
        leg = work.order.legs[0]
        price = self._limit(SimOrderWish(leg.symbol, leg.action, leg.remaining))
        self._change(key, msgspec.structs.replace(work.ticket, price=price))
        return self._execute(work, is_whole=False) if is_late else True

    def _expire(self) -> bool:
        found = self._pick("Live")
        if found is not None:
            self.floor.exchange.expire(found[1].order.id)
        return found is not None

    def _undo(self) -> bool:
        return self.wanted.undo and self.floor.undo(self._draw) is not None

    def _execute(self, work: Work, *, is_whole: bool) -> bool:
        """Fill an order at its limit, or at the middle of the market. Returns whether there was so much of it left."""
        book = self.floor.exchange.books.book(work.order.legs[0].symbol)
        if book is None or (not is_whole and work.left < 2):
            return False
        units = work.left if is_whole else Decimal(self._draw.randint(1, int(work.left) - 1))
        price = abs(work.ticket.price) if work.ticket.price is not None else _on_tick(book.mid, work.terms[0])
        try:
            self.floor.exchange.execute(work.order.id, units, price)
        except UnknownOrder:
            return False
        return True


def _on_tick(price: Decimal, terms: Terms) -> Decimal:
    return (price / terms.tick).to_integral_value() * terms.tick


def positions(account: SimAccount) -> Json:
    """Return what an account holds by symbol, signed, as text."""
    return {holding.symbol: f"{holding.quantity.normalize():f}" for holding in account.holdings if holding.quantity}
