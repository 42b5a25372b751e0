"""How an order is judged when it comes in: what its legs open and close, what it costs, what it needs. Pure."""

import decimal
import typing

from simulator.exchange import buying_power, working_order
from simulator.exchange.accounts import SimAccount
from simulator.exchange.blotter import Blotter
from simulator.exchange.margin import MarginTrade
from simulator.exchange.orders import Action, Preview, Rejection, SimLeg, SimOrderWish, SimTicket
from simulator.exchange.working_order import Work

Decimal = decimal.Decimal
_PENNY_TICK = Decimal("0.0001")
"""The tick of a share below a dollar."""


class Intake:
    """Judges orders against the accounts and what is at work on a blotter."""

    def __init__(self, blotter: Blotter) -> None:
        self.blotter = blotter
        self.books = blotter.books

    def legs(self, account: SimAccount, ticket: SimTicket) -> list[SimLeg]:
        """Open the legs of an order as they really open or close. Raises Rejection when that must not be changed."""
        self.check(ticket)
        return [waiting_leg(wish, self._action(account, wish, ticket)) for wish in ticket.legs]

    def check(self, ticket: SimTicket) -> None:
        """Let an order pass whose instruments trade, in its quantities, at its prices. Raises Rejection."""
        _check_quantities(ticket)
        for wish in ticket.legs:
            if not self.books.is_listed(wish.symbol):
                raise buying_power.unsupported(wish.symbol)
        self._check_prices(ticket)

    def _check_prices(self, ticket: SimTicket) -> None:
        """Let prices pass that are on the finest tick of the order's legs. Raises Rejection."""
        ticks = [terms.tick for wish in ticket.legs if (terms := self.books.terms(wish.symbol)) is not None]
        for price in (ticket.price, ticket.stop):
            if price is None or not ticks:
                continue
            is_penny = len(ticket.legs) == 1 and abs(price) < 1 and self.books.is_share(ticket.legs[0].symbol)
            tick = _PENNY_TICK if is_penny else min(ticks)
            if price % tick:
                raise Rejection(("invalid_price_increment", f"{abs(price)} is no multiple of the tick of {tick}."))

    def _action(self, account: SimAccount, wish: SimOrderWish, ticket: SimTicket) -> Action:
        """Return what a leg really does: opening what is not held, closing what is. Raises Rejection when strict."""
        verb, _, effect = wish.action.partition(" to ")
        if not effect:
            return wish.action
        side = 1 if verb == "Buy" else -1
        held = next((h.quantity for h in account.holdings if h.symbol == wish.symbol), Decimal(0))
        closes = held * side < 0
        if ticket.value is not None and side < 0 and not closes:
            raise Rejection(("no_position_to_close", f"There is no {wish.symbol} to sell for a value."))
        if effect == "Close" and not closes and ticket.is_strict:
            raise Rejection(("no_position_to_close", f"There is no position in {wish.symbol} to close."))
        return typing.cast(Action, f"{verb} to {'Close' if closes else 'Open'}")

    def preview(
        self, account: SimAccount, ticket: SimTicket, legs: list[SimLeg], instead_of: Work | None = None
    ) -> Preview:
        """Say what an order of these legs would do, in the place of another one. Raises Rejection."""
        ratios = working_order.ratios(legs)
        sides = [(leg.symbol, leg.side, ratio) for leg, ratio in zip(legs, ratios, strict=True)]
        parts = buying_power.parts_of(sides, self.books)
        plan = buying_power.expected(ticket, parts, legs[0].quantity / ratios[0], self.books)
        costs = buying_power.costs(account, plan.trades)
        at_work = self._at_work(account, sides, instead_of)
        freed = instead_of.reserve if instead_of else Decimal(0)
        effect = buying_power.effect(account, self.books, plan, at_work, costs, freed)
        terms = [part.terms for part in parts]
        is_open = working_order.is_session(terms, ticket, self.books.market)
        return Preview(effect, costs, () if is_open else (buying_power.NEXT_SESSION,))

    def _at_work(
        self, account: SimAccount, sides: list[tuple[str, int, Decimal]], instead_of: Work | None
    ) -> list[MarginTrade]:
        """Return what orders at work may still do on the same underlyings: sales, for an order that sells anything.

        What may be bought meanwhile covers nothing yet.
        """
        side = min(side for _, side, _ in sides)
        wanted = {terms.underlying for symbol, _, _ in sides if (terms := self.books.terms(symbol))}
        counted = {self.blotter.rivalry(instead_of.order)} if instead_of else set()
        trades = []
        for work in self.blotter.works.values():
            order, rivalry = work.order, self.blotter.rivalry(work.order)
            is_waiting = order.status == "Contingent" and not work.is_starter
            if work.account is not account or is_waiting or work is instead_of or rivalry in counted - {None}:
                continue
            counted.add(rivalry)
            for leg, terms in zip(order.legs, work.terms, strict=True):
                if terms.underlying in wanted and leg.side == side and leg.remaining:
                    trades.append(buying_power.at_mark(terms, leg.side * leg.remaining, self.books))
        return trades


def _check_quantities(ticket: SimTicket) -> None:
    """Let an order of something pass: of a value, or of quantities of different symbols, whole ones of several."""
    if not ticket.legs or len({wish.symbol for wish in ticket.legs}) < len(ticket.legs):
        raise Rejection(("duplicate_leg_symbols", "Each leg of an order needs a symbol of its own."))
    for wish in ticket.legs:
        has_value = ticket.type == "Notional Market" and ticket.value is not None and len(ticket.legs) == 1
        quantity = Decimal(1) if wish.quantity is None else wish.quantity
        is_fraction = quantity % 1 and len(ticket.legs) > 1
        if (wish.quantity is None) != has_value or quantity <= 0 or is_fraction:
            raise Rejection(("invalid_quantity", f"{wish.quantity} is no quantity of {wish.symbol} to order."))


def waiting_leg(wish: SimOrderWish, action: Action) -> SimLeg:
    """Open a leg. A notional order's quantity is known when it fills."""
    quantity = wish.quantity or Decimal(0)
    return SimLeg(wish.symbol, action, quantity, quantity)
