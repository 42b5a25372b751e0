"""The orders of the simulated Alpaca, and what happens to them, told as events. Pure.

Each order of the exchange is one here, under an id of its own; one that is replaced ends, and another takes its place.
Executions have ids too, by which one is busted or corrected later.
"""

import collections
import random
import uuid

import msgspec

from simulator.alpaca.orders.order import SimAlpacaExecution, SimAlpacaOrderEvent, SimAlpacaPlaced
from simulator.alpaca.orders.parsing import Decimal, SimAlpacaDraft
from simulator.exchange import booking
from simulator.exchange.accounts import SimAccount
from simulator.exchange.exchange import Exchange
from simulator.exchange.fees import Filled
from simulator.exchange.orders import Behavior, Fees, SimFill, SimNews, SimOrder
from simulator.market.market import SimMarket

_NOTHING = Decimal(0)
PARTIAL_SHARE = 0.1
"""How often the paper venue fills only a part of an order that could fill at once."""


class SimAlpacaOrderBook:
    """Every order of the venue, on its exchange."""

    def __init__(self, market: SimMarket, exchange: Exchange) -> None:
        self.market = market
        self.exchange = exchange
        self.known: dict[str, SimAlpacaPlaced] = {}
        self.partial_share = PARTIAL_SHARE
        self._draw = random.Random(f"{market.seed}:alpaca orders")
        self._salt = random.Random(f"{market.begun_at}:alpaca ids").getrandbits(128)
        """What makes ids others than those of another start: chance alone is the same for a seed."""
        self._by_account: dict[str, list[SimAlpacaPlaced]] = collections.defaultdict(list)
        self._by_order: dict[int, SimAlpacaPlaced] = {}
        self._happened: list[SimAlpacaOrderEvent] = []
        self._revised: list[SimAlpacaPlaced] = []
        self._refusals: list[tuple[str, SimAlpacaPlaced]] = []
        """Changes that were taken and are refused with the market's next moment, each by its event."""

    @property
    def is_busy(self) -> bool:
        """Whether an order is at work."""
        return self.exchange.is_busy

    def new_id(self) -> str:
        """Return an id nobody has."""
        return str(uuid.UUID(int=self._draw.getrandbits(128) ^ self._salt, version=4))

    def of(self, account: SimAccount) -> list[SimAlpacaPlaced]:
        """Return every order of an account, oldest first."""
        return self._by_account[account.number]

    def at_work(self, account: SimAccount) -> list[SimAlpacaPlaced]:
        """Return the orders of an account that may still change, oldest first."""
        works = self.exchange.blotter.works
        found = (self._by_order.get(number) for number in works)
        return [placed for placed in found if placed is not None and placed.account is account]

    def by_client_id(self, account: SimAccount, client_id: str) -> SimAlpacaPlaced | None:
        """Return the order of a client's own id."""
        return next((placed for placed in reversed(self.of(account)) if placed.draft.client_id == client_id), None)

    def place(self, account: SimAccount, draft: SimAlpacaDraft, behavior: Behavior | None = None) -> SimAlpacaPlaced:
        """Take an order; one in ten that could at once fills in parts, unless `behavior` says how. Raises Rejection."""
        ticket, is_whole = draft.ticket(), self._draw.random() >= self.partial_share
        part = Decimal(repr(round(self._draw.uniform(0.1, 0.9), 2)))
        ticket = msgspec.structs.replace(
            ticket, behavior=behavior or ("immediate" if is_whole else "partial"), part=part
        )
        order, _ = self.exchange.place(account, ticket)
        return self._enter(account, draft, order)

    def replace(self, placed: SimAlpacaPlaced, draft: SimAlpacaDraft) -> SimAlpacaPlaced:
        """Let another order take the place of one. Raises Rejection."""
        order = self.exchange.replace(placed.account, placed.order.id, draft.ticket(), draft.quantity)
        new = self._enter(placed.account, draft, order)
        new.replaces, placed.replaced_by = placed.id, new.id
        return new

    def cancel(self, placed: SimAlpacaPlaced) -> None:
        """Ask for an end. Raises Rejection when it is about to end."""
        self.exchange.cancel(placed.account, placed.order.id)
        placed.cancel_requested_at = self.market.at

    def _enter(self, account: SimAccount, draft: SimAlpacaDraft, order: SimOrder) -> SimAlpacaPlaced:
        at = self.market.at
        placed = SimAlpacaPlaced(self.new_id(), account, draft, at, at, order, expires_at=self._ends(order))
        if draft.legs:
            placed.legs = [self._leg(placed, part, n) for n, part in enumerate(draft.parts)]
        self.known |= {each.id: each for each in (placed, *placed.legs)}
        self._by_order[order.id] = placed
        self._by_account[account.number].append(placed)
        return placed

    def adopt(self, placed: SimAlpacaPlaced) -> None:
        """Keep an order that has its id already, and hear what the exchange says of it."""
        self.known |= {each.id: each for each in (placed, *placed.legs)}
        self._by_account[placed.account.number].append(placed)
        if placed.ended is None:
            self._by_order[placed.order.id] = placed

    def take_revised(self) -> list[SimAlpacaPlaced]:
        """Return the orders of which an execution was taken back or corrected since this was last asked."""
        revised, self._revised = self._revised, []
        return revised

    def _leg(self, placed: SimAlpacaPlaced, part: SimAlpacaDraft, number: int) -> SimAlpacaPlaced:
        own = msgspec.structs.replace(part, client_id=self.new_id())
        return msgspec.structs.replace(placed, id=self.new_id(), draft=own, executions=[], legs=[], index=number)

    def _ends(self, order: SimOrder) -> int | None:
        """Return when an order is over, if that is known."""
        work = self.exchange.blotter.works.get(order.id)
        return work.expires_at if work is not None else None

    def advance(self) -> list[SimAlpacaOrderEvent]:
        """Let the exchange see the market's new moment. Returns what happened, in order."""
        refusals, self._refusals = self._refusals, []
        for event, placed in refusals:
            self.tell_as(event, placed)
        self.exchange.advance()
        return self.drain_events()

    def refuse_cancel(self, placed: SimAlpacaPlaced) -> None:
        """Take a request to cancel, and refuse it a moment later."""
        placed.cancel_requested_at = self.market.at
        self._refusals.append(("order_cancel_rejected", placed))

    def refuse_replace(self, placed: SimAlpacaPlaced, draft: SimAlpacaDraft) -> SimAlpacaPlaced:
        """Take a request to replace, and refuse it a moment later. Returns the order that comes to nothing."""
        at, order = self.market.at, placed.order.snapshot()
        new = SimAlpacaPlaced(self.new_id(), placed.account, draft, at, at, order, replaces=placed.id, ended="rejected")
        self.known[new.id] = new
        self._by_account[new.account.number].append(new)
        self._refusals += [("order_replace_rejected", placed), ("rejected", new)]
        return new

    def tell_as(self, event: str, placed: SimAlpacaPlaced) -> None:
        """Tell an order as it is, under the name of an event."""
        self._listen()
        placed.updated_at = self.market.at
        self._record(event, placed)

    def drain_events(self) -> list[SimAlpacaOrderEvent]:
        """Return what happened since this was last asked, in order."""
        self._listen()
        happened, self._happened = self._happened, []
        return happened

    def _listen(self) -> None:
        """Hear what the exchange has done by now."""
        found = [self._unheard(each) for each in self._news()]
        later = collections.defaultdict[tuple[str, str], Decimal](Decimal)
        for placed, _, groups in found:
            for group in groups:
                for part, fill in zip(placed.parts, group, strict=True):
                    later[_held(part)] += part.draft.sign * fill.quantity
        for placed, order, groups in found:
            self._apply(placed, order, groups, later)

    def _news(self) -> list[SimNews]:
        """Return what the exchange says of orders; the rest is read where it is asked for."""
        news = [each for each in self.exchange.take_news() if each.kind == "Order"]
        return [each for each in news if each.subject.id in self._by_order]

    def _unheard(self, news: SimNews) -> tuple[SimAlpacaPlaced, SimOrder, list[tuple[SimFill, ...]]]:
        """Return which order is told of, as it was, and its fills that are news: those of all legs together."""
        order: SimOrder = news.subject
        placed = self._by_order[order.id]
        groups = list(zip(*(leg.fills[placed.heard :] for leg in order.legs), strict=True))
        placed.heard += len(groups)
        return placed, order, groups

    def _apply(
        self,
        placed: SimAlpacaPlaced,
        order: SimOrder,
        groups: list[tuple[SimFill, ...]],
        later: dict[tuple[str, str], Decimal],
    ) -> None:
        """Take what the exchange says of an order. `later` is what is still to be told of each position."""
        for each in (placed, *placed.legs):
            each.order, each.updated_at = order, order.updated_at
        for group in groups:
            self._execute(placed, group, later)
        if placed.status != placed.told and not groups and placed.status != "partially_filled":
            self._record(placed.status, placed)
        placed.told = placed.status

    def _execute(
        self, placed: SimAlpacaPlaced, group: tuple[SimFill, ...], later: dict[tuple[str, str], Decimal]
    ) -> None:
        """Take the fills of all legs that were made together."""
        done = [(part, self._note(part, fill, later)) for part, fill in zip(placed.parts, group, strict=True)]
        if placed.legs:
            placed.executions.append(self._together(placed, group))
        for part in (placed, *placed.legs):
            part.filled_at = group[0].at if placed.status == "filled" else None
        event = "fill" if placed.status == "filled" else "partial_fill"
        told = [self._happening(event, part, execution, position) for part, (execution, position) in done]
        if placed.legs:
            whole = self._happening(event, placed, placed.executions[-1], None)
            self._happened.append(msgspec.structs.replace(whole, legs=tuple(told)))
        else:
            self._happened += told

    def _note(
        self, part: SimAlpacaPlaced, fill: SimFill, later: dict[tuple[str, str], Decimal]
    ) -> tuple[SimAlpacaExecution, Decimal]:
        """Keep an execution; returns it, and how much of the symbol was held after it."""
        execution = SimAlpacaExecution(self.new_id(), fill.at, fill.quantity, fill.price)
        part.executions.append(execution)
        later[_held(part)] -= part.draft.sign * fill.quantity
        return execution, self.position(part) - later[_held(part)]

    def _together(self, placed: SimAlpacaPlaced, group: tuple[SimFill, ...]) -> SimAlpacaExecution:
        """Return what units of an order of several legs were made for: what each cost."""
        price = sum(
            (leg.ratio * fill.price * part.sign)
            for leg, part, fill in zip(placed.draft.legs, placed.draft.parts, group, strict=True)
        )
        return SimAlpacaExecution(
            self.new_id(), group[0].at, group[0].quantity / placed.draft.legs[0].ratio, Decimal(price)
        )

    def _happening(
        self, event: str, placed: SimAlpacaPlaced, execution: SimAlpacaExecution, position: Decimal | None
    ) -> SimAlpacaOrderEvent:
        return SimAlpacaOrderEvent(event, placed.snapshot(), placed.updated_at, execution, execution.quantity, position)

    def bust(self, placed: SimAlpacaPlaced, execution: SimAlpacaExecution) -> None:
        """Take an execution back: it is booked the other way. Raises ValueError when it does not stand."""
        self._undo(placed, execution)
        self._tell_undone("trade_bust", placed, execution, self._again(execution), -execution.quantity)

    def correct(
        self, placed: SimAlpacaPlaced, execution: SimAlpacaExecution, quantity: Decimal, price: Decimal
    ) -> None:
        """Let an execution have been another one. Raises ValueError when it does not stand."""
        at = self._undo(placed, execution)
        corrected = msgspec.structs.replace(self._again(execution), quantity=quantity, price=price)
        placed.executions.insert(at, corrected)
        self._book(placed, corrected, placed.draft.sign)
        self._tell_undone("trade_correct", placed, execution, corrected, quantity)

    def _undo(self, placed: SimAlpacaPlaced, execution: SimAlpacaExecution) -> int:
        self._listen()
        at = placed.executions.index(execution)
        placed.executions.remove(execution)
        self._revised.append(self._by_order[placed.order.id])
        self._book(placed, execution, -placed.draft.sign)
        return at

    def _again(self, execution: SimAlpacaExecution) -> SimAlpacaExecution:
        return msgspec.structs.replace(execution, id=self.new_id(), at=self.market.at)

    def _tell_undone(
        self,
        event: str,
        placed: SimAlpacaPlaced,
        before: SimAlpacaExecution,
        after: SimAlpacaExecution,
        quantity: Decimal,
    ) -> None:
        placed.updated_at = self.market.at
        self._record(event, placed, after, quantity, self.position(placed), before.id)

    def _book(self, placed: SimAlpacaPlaced, execution: SimAlpacaExecution, side: int) -> None:
        """Book an execution, or one the other way, without any fees."""
        terms = self.exchange.books.terms(placed.draft.symbol)
        if terms is None:
            raise ValueError(f"{placed.draft.symbol} is not listed any more")
        fill = SimFill(execution.id, execution.id, execution.quantity, execution.price, self.market.at, "")
        booked = booking.SimExecution(terms, side, fill, self.market.day, placed.order.id, flat=Fees())
        booking.book(placed.account, booked, Filled(), self.exchange.blotter.transactions)

    def last_execution(
        self, account: SimAccount, symbol: str = ""
    ) -> tuple[SimAlpacaPlaced, SimAlpacaExecution] | None:
        """Return the newest execution that stands, of a symbol or of any. None where there is none."""
        parts = (part for each in self.of(account) for part in each.parts)
        found = ((part, execution) for part in parts for execution in part.executions)
        fitting = [each for each in found if symbol in ("", each[0].draft.symbol)]
        return max(fitting, key=lambda each: each[1].at, default=None)

    def position(self, placed: SimAlpacaPlaced) -> Decimal:
        """Return how much an account has of what an order is about."""
        holding = booking.find(placed.account, placed.draft.symbol)
        return holding.quantity if holding else _NOTHING

    def _record(
        self,
        event: str,
        placed: SimAlpacaPlaced,
        execution: SimAlpacaExecution | None = None,
        quantity: Decimal | None = None,
        position: Decimal | None = None,
        previous: str | None = None,
    ) -> None:
        told = SimAlpacaOrderEvent(event, placed.snapshot(), placed.updated_at, execution, quantity, position, previous)
        self._happened.append(told)


def _held(placed: SimAlpacaPlaced) -> tuple[str, str]:
    return placed.account.number, placed.draft.symbol
