"""The working exchange of a simulated venue: takes orders, fills them against the market, and books what happens. Pure.

Nothing here reads a clock: time is the market's. `advance` is called after the market has moved; what changed is told
by `take_news`, in order, as snapshots. An order goes one station further with every advance: routed, in flight, live.
"""

import decimal
import math
import random
import typing

import msgspec

from simulator.exchange import complex_orders, settlement, working_order
from simulator.exchange.accounts import Customer, SimAccount
from simulator.exchange.blotter import Blotter
from simulator.exchange.complex_orders import Consequence
from simulator.exchange.entitlements import Entitlements
from simulator.exchange.filling import Filler
from simulator.exchange.market_view import MarketView
from simulator.exchange.order_intake import Intake, waiting_leg
from simulator.exchange.orders import (
    ComplexOrder,
    ComplexTicket,
    Preview,
    Rejection,
    SimLeg,
    SimNews,
    SimOrder,
    SimTicket,
    Status,
    UnknownOrder,
)
from simulator.exchange.working_order import Work
from simulator.ids import Numbers
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionSurface

Decimal = decimal.Decimal
_FINAL = ("cannot_update_order", "the order could not be cancelled")
_REFUSED = "Order was rejected by the exchange."


class Exchange:
    """The orders of one venue. `seed` decides every chance; `customers` are those whose options it settles.

    Where it `is_free`, an execution costs nothing when it is booked: what is owed for it, the venue charges later.
    """

    def __init__(
        self,
        market: SimMarket,
        surface: OptionSurface,
        seed: int,
        customers: typing.Sequence[Customer] = (),
        *,
        is_free: bool = False,
    ) -> None:
        self.books = MarketView(market, surface)
        self.blotter = Blotter(self.books, random.Random(f"{seed}:exchange"))
        self.customers = customers
        self._market = market
        self._intake = Intake(self.blotter)
        self._filler = Filler(self.blotter, is_free=is_free)
        self.entitlements = Entitlements(self.blotter, customers, self._end_orders_of)
        self._settles_at = 0

    @property
    def fill_ids(self) -> Numbers:
        """The numbers of executions to come."""
        return self._filler.fill_ids

    @property
    def is_busy(self) -> bool:
        """Whether an order is at work, so that time should pass in fine steps."""
        return bool(self.blotter.works)

    def take_news(self) -> list[SimNews]:
        """Return what changed since this was last asked, oldest first."""
        return self.blotter.take_news()

    def orders_of(self, account: SimAccount) -> list[SimOrder]:
        """Return every order of an account, newest first."""
        return self.blotter.orders[account.number][::-1]

    def complex_orders_of(self, account: SimAccount) -> list[ComplexOrder]:
        """Return every complex order of an account, newest first."""
        return self.blotter.complexes[account.number][::-1]

    def preview(self, account: SimAccount, ticket: SimTicket) -> Preview:
        """Say what an order would do, without placing it. Raises Rejection."""
        return self._intake.preview(account, ticket, self._intake.legs(account, ticket))

    def place(self, account: SimAccount, ticket: SimTicket) -> tuple[SimOrder, Preview]:
        """Take an order. Raises Rejection."""
        legs = self._intake.legs(account, ticket)
        preview = self._intake.preview(account, ticket, legs)
        work = self._enter(account, ticket, legs, preview)
        self._start(work)
        self._reckon(account)
        return work.order.snapshot(), preview

    def cancel(self, account: SimAccount, order_id: int) -> SimOrder:
        """Ask for an order to end. Raises UnknownOrder, and Rejection when it has ended or is about to."""
        work = self._working(account, order_id)
        self.blotter.move(work, "Cancel Requested")
        return work.order.snapshot()

    def preview_replace(self, account: SimAccount, order_id: int, ticket: SimTicket) -> Preview:
        """Say what an order would do in the place of another. Raises as `replace` does."""
        work = self._replaceable(account, order_id, ticket)
        return self._intake.preview(account, ticket, _rest(work), instead_of=work)

    def replace(
        self, account: SimAccount, order_id: int, ticket: SimTicket, quantity: Decimal | None = None
    ) -> SimOrder:
        """Ask for an order to be replaced by one of other terms. Returns the new order.

        That is for `quantity`, if it is of one leg and this is given, else for what the old one has not filled.
        Raises UnknownOrder, and Rejection when the order has ended or is about to, or when the new one is not taken.
        """
        work = self._replaceable(account, order_id, ticket)
        legs = _rest(work, quantity)
        preview = self._intake.preview(account, ticket, legs, instead_of=work)
        new = self._enter(account, ticket, legs, preview)
        new.order.replaces, new.order.edited = order_id, True
        work.order.replacing = new.order.id
        self.blotter.move(work, "Replace Requested")
        self.blotter.move(new, "Contingent")
        self._reckon(account)
        return new.order.snapshot()

    def preview_complex(self, account: SimAccount, ticket: ComplexTicket) -> Preview:
        """Say what a complex order would do at once: its trigger, or the dearer of its orders. Raises Rejection."""
        if wrong := complex_orders.complaint(ticket):
            raise Rejection(wrong)
        for part, _ in complex_orders.tagged(ticket):
            self._intake.check(part)
        previews = [self.preview(account, part) for part in complex_orders.starters(ticket)]
        return min(previews, key=lambda preview: preview.effect.change_in_buying_power)

    def place_complex(self, account: SimAccount, ticket: ComplexTicket) -> tuple[ComplexOrder, Preview]:
        """Take a complex order: all its parts wait at first. Raises Rejection."""
        preview = self.preview_complex(account, ticket)
        previews = [self.preview(account, part) for part in complex_orders.starters(ticket)]
        works = [self._enter_part(account, part, tag) for part, tag in complex_orders.tagged(ticket)]
        for work, own in zip(works, previews, strict=False):
            self._set_terms(work, own)
            work.is_starter = True
        orders = [work.order for work in works]
        trigger = orders.pop(0) if ticket.trigger else None
        complex_order = self.blotter.bind(ComplexOrder(0, account.number, ticket.type, orders, trigger))
        for work in works:
            self.blotter.move(work, "Contingent")
        self._reckon(account)
        return complex_order.snapshot(), preview

    def cancel_complex(self, account: SimAccount, id: int) -> ComplexOrder:
        """Cancel a complex order: its orders at once, its trigger when it hears of it.

        Raises UnknownOrder, and Rejection when it has ended or is about to.
        """
        complex_order = next((each for each in self.blotter.complexes[account.number] if each.id == id), None)
        if complex_order is None:
            raise UnknownOrder(id)
        trigger = complex_order.trigger
        if complex_order.terminal_at is not None or (trigger and trigger.status == "Cancel Requested"):
            raise Rejection(_FINAL)
        for order in complex_order.members:
            work = self.blotter.works.get(order.id)
            if work is not None and order is trigger:
                self.blotter.move(work, "Cancel Requested")
            elif work is not None:
                self._end_order(work, "Cancelled")
        return complex_order.snapshot()

    def execute(self, order_id: int, units: Decimal, price: Decimal) -> None:
        """Fill `units` of an order of one leg at `price`, with somebody who came for it, whatever the quotes say.

        It must be live, or about to be replaced: then less than all that is left, and its replacement gets less. Raises
        UnknownOrder when it is neither.
        """
        work = self.blotter.works.get(order_id)
        is_changing = work is not None and work.order.status == "Replace Requested"
        if work is None or len(work.order.legs) > 1 or not (is_changing or work.order.status == "Live"):
            raise UnknownOrder(order_id)
        if not 0 < units <= work.left or (is_changing and units == work.left):
            raise ValueError(f"{units} of order {order_id} cannot be filled now, {work.left} are left")
        if is_changing:
            working_order.reduce(self.blotter.works[work.order.replacing or 0], units)
        self._filler.execute(work, units, price)
        self._after_fill(work, units)

    def expire(self, order_id: int) -> None:
        """Let a live order's time be over now. Raises UnknownOrder when there is none."""
        work = self.blotter.works.get(order_id)
        if work is None or work.order.status != "Live":
            raise UnknownOrder(order_id)
        self._end_order(work, "Expired")

    def catch_up(self, work: Work) -> None:
        """Let an order that is at work again join the market as it is: what was printed before is not for it."""
        self._filler.see(work)

    def next_due(self) -> int | None:
        """Return when time alone does something next, in ms since the epoch: an order or a position ends."""
        held = {a.number: a for customer in self.customers for a in customer.accounts}.values()
        terms = (self.books.terms(holding.symbol) for account in held for holding in account.holdings)
        moments = [each.expires_at for each in terms if each is not None and each.expires_at is not None]
        for work in self.blotter.works.values():
            moments += [] if work.expires_at is None else [work.expires_at]
            moments += [math.ceil(work.after)] if work.after < math.inf else []
        return min((each for each in moments if each > self._market.at), default=None)

    def advance(self) -> None:
        """Let every order at work see the market's new moment."""
        at = self._market.at
        for work in [work for work in self.blotter.works.values() if not work.is_asleep(at)]:
            if not work.order.is_final:
                self._step(work)
        if self._market.at >= self._settles_at:
            held = {a.number: a for customer in self.customers for a in customer.accounts}.values()
            for account in held:
                self._settle(account)
            self._settles_at = settlement.next_moment(held, self.books)

    def _settle(self, account: SimAccount) -> None:
        """Exercise, assign or remove what has expired in an account."""
        count = len(account.transactions)
        for booked in settlement.settle(account, self.books, self.blotter.transactions):
            self.blotter.tell_booked(account, booked)
        if len(account.transactions) == count:
            return
        self.blotter.tell_balance(account)
        for work in [work for work in self.blotter.works.values() if work.account is account]:
            self._judge_again(work)

    def _end_orders_of(self, symbol: str) -> None:
        """End every order for shares that are split, or for options on them: it is not about the new ones."""
        for work in list(self.blotter.works.values()):
            if not work.order.is_final and any(terms.underlying == symbol for terms in work.terms):
                is_over = work.expires_at is not None and self._market.at >= work.expires_at
                is_asked = work.order.status.endswith("Requested")
                self._end_order(work, "Expired" if is_over and not is_asked else "Cancelled")

    def _judge_again(self, work: Work) -> None:
        """Remove an order that the account could not place any more after what it was delivered."""
        is_waiting = work.order.status == "Contingent" and not work.is_starter
        if is_waiting or work.order.is_final:
            return
        try:
            self._intake.preview(work.account, work.ticket, _rest(work), instead_of=work)
        except Rejection as rejection:
            self._end_order(work, "Partially Removed" if work.order.filled else "Removed", str(rejection))

    def _step(self, work: Work) -> None:
        status = work.order.status
        if status in ("Cancel Requested", "Replace Requested"):
            self._end_order(work, "Cancelled")
        elif work.expires_at is not None and self._market.at >= work.expires_at:
            self._end_order(work, "Expired")
        elif status == "Contingent" and work.is_starter:
            self._release(work)
        elif status == "Received" and working_order.is_session(work.terms, work.ticket, self._market):
            self.blotter.move(work, "Routed")
        elif status == "Routed" and work.ticket.behavior == "reject":
            self._end_order(work, "Rejected", _REFUSED)
        elif status == "Routed":
            self.blotter.move(work, "In Flight")
        elif status == "In Flight":
            self._go_live(work)
        elif status == "Live":
            self._fill(work)

    def _go_live(self, work: Work) -> None:
        self.blotter.move(work, "Live")
        self._filler.join(work)
        self._fill(work)
        if work.ticket.time_in_force == "IOC" and not work.order.is_final:
            self._end_order(work, "Expired")

    def _fill(self, work: Work) -> None:
        if working_order.is_session(work.terms, work.ticket, self._market):
            units = self._filler.fill(work)
            if units:
                self._after_fill(work, units)

    def _after_fill(self, work: Work, units: Decimal) -> None:
        ends = (terms.expires_at for terms in work.terms if terms.expires_at is not None)
        self._settles_at = min((self._settles_at, *ends))
        complex_order = self.blotter.complex_of(work.order)
        if complex_order is not None:
            self._follow(complex_orders.after_fill(complex_order, work.order, units))

    def _follow(self, consequences: list[Consequence]) -> None:
        """Do to the parts of a complex order what another part has caused."""
        for consequence in consequences:
            work = self.blotter.works.get(consequence.order.id)
            if work is None:
                continue
            if consequence.act == "release":
                self._release(work)
            elif consequence.act == "cancel" or consequence.units >= work.left:
                self._finish(work, "Cancelled")
                self._reckon(work.account)
            else:
                working_order.reduce(work, consequence.units)
                self.blotter.tell_order(work)
                self._reckon(work.account)

    def _release(self, work: Work) -> None:
        """Start an order that waited for another one, if there is buying power for it now."""
        ticket, order = work.ticket, work.order
        try:
            order.legs = self._intake.legs(work.account, ticket)
            preview = self._intake.preview(work.account, ticket, order.legs, instead_of=work)
        except Rejection as rejection:
            self._end_order(work, "Rejected", str(rejection))
            return
        self._set_terms(work, preview)
        self._start(work)
        self._reckon(work.account)

    def _end_order(self, work: Work, status: Status, reason: str | None = None) -> None:
        """End an order that did so by itself, and with it those that depend on it."""
        self._finish(work, status, reason)
        complex_order = self.blotter.complex_of(work.order)
        if complex_order is not None:
            self._follow(complex_orders.after_end(complex_order, work.order))
        self._reckon(work.account)

    def _finish(self, work: Work, status: Status, reason: str | None = None) -> None:
        self.blotter.move(work, status, reason)
        replacement = self.blotter.works.get(work.order.replacing or 0)
        if replacement is not None and replacement.order.status == "Contingent":
            self._start(replacement)

    def _reckon(self, account: SimAccount) -> None:
        if self.blotter.reckon(account):
            self.blotter.tell_balance(account)

    def _enter(self, account: SimAccount, ticket: SimTicket, legs: list[SimLeg], preview: Preview) -> Work:
        work = self.blotter.enter(account, ticket, legs, "Received")
        self._set_terms(work, preview)
        return work

    def _enter_part(self, account: SimAccount, ticket: SimTicket, tag: str) -> Work:
        """Take a part of a complex order. What waits for another is judged when it is released."""
        work = self.blotter.enter(account, ticket, [waiting_leg(wish, wish.action) for wish in ticket.legs], "Received")
        work.expires_at = None
        work.order.complex_tag, work.order.contingent_status = tag, complex_orders.PENDING
        return work

    def _set_terms(self, work: Work, preview: Preview) -> None:
        """Let an order begin now."""
        work.reserve = max(Decimal(0), -preview.effect.change_in_buying_power)
        work.expires_at = working_order.expiry(work.terms, work.ticket, self._market)
        work.after = working_order.not_before(work.ticket, self._market.at)
        work.is_half = work.ticket.behavior == "partial"

    def _start(self, work: Work) -> None:
        """Route an order, or keep it until its session begins."""
        is_session = working_order.is_session(work.terms, work.ticket, self._market)
        self.blotter.move(work, "Routed" if is_session else "Received")

    def _replaceable(self, account: SimAccount, order_id: int, ticket: SimTicket) -> Work:
        work = self._working(account, order_id)
        if "Notional Market" in (ticket.type, work.ticket.type):
            raise Rejection(("cannot_update_order", "an order of a value cannot be replaced"))
        if work.order.status == "Contingent":
            raise Rejection(("cannot_update_order", "the order takes the place of another one still"))
        self._intake.check(ticket)
        return work

    def _working(self, account: SimAccount, order_id: int) -> Work:
        order = next((each for each in self.blotter.orders[account.number] if each.id == order_id), None)
        if order is None:
            raise UnknownOrder(order_id)
        if order.is_final or order.status.endswith("Requested") or order.complex_id is not None:
            raise Rejection(_FINAL)
        return self.blotter.works[order_id]


def _rest(work: Work, quantity: Decimal | None = None) -> list[SimLeg]:
    """Open the legs of an order that takes the place of another: what that has not filled, or `quantity` of one leg."""
    if quantity is not None and len(work.order.legs) == 1:
        (leg,) = work.order.legs
        return [msgspec.structs.replace(leg, quantity=quantity, remaining=quantity, fills=[])]
    return [msgspec.structs.replace(leg, quantity=leg.remaining, fills=[]) for leg in work.order.legs]
