"""What an order would do to an account: its requirement, its fees, and whether there is buying power for it. Pure."""

import decimal
import typing

import msgspec

from simulator.exchange import accounts, fees, matching
from simulator.exchange.accounts import SimAccount
from simulator.exchange.fees import MILL, Filled
from simulator.exchange.margin import MarginPortfolio, MarginTrade, requirement
from simulator.exchange.market_view import MarketView, Terms, exact
from simulator.exchange.matching import FillPart
from simulator.exchange.orders import Effect, Fees, Rejection, SimTicket

Decimal = decimal.Decimal
_NOTHING = Decimal(0)
NEXT_SESSION = ("tif_next_valid_sesssion", "Your order will begin working during next valid session.")
"""The venue's own warning, in its own spelling."""
_TOO_LITTLE = ("margin_check_failed", "Account has insufficient buying power available.")
_NOT_ALLOWED = ("invalid_option_level", "Account is not approved for a position like this.")
_CLOSING_ONLY = ("account_is_closing_only", "Your account may only close positions.")


class BuyingPowerPlan(msgspec.Struct, frozen=True):
    """How an order is expected to trade. `better` is what its limit asks beyond the quotes of its legs, in dollars."""

    trades: list[MarginTrade]
    better: Decimal = Decimal(0)


def unsupported(symbol: str) -> Rejection:
    """Say that nobody can trade this here."""
    return Rejection(("instrument_validation_failed", f"Trading of {symbol} is not supported"))


def parts_of(symbols: typing.Iterable[tuple[str, int, Decimal]], books: MarketView) -> list[FillPart]:
    """Read the books of legs given as symbol, side and ratio. Raises Rejection for what does not trade."""
    parts = []
    for symbol, side, ratio in symbols:
        terms, book = books.terms(symbol), books.book(symbol)
        if terms is None or book is None or not books.is_listed(symbol):
            raise unsupported(symbol)
        parts.append(FillPart(terms, side, ratio, book))
    return parts


def expected(ticket: SimTicket, parts: list[FillPart], units: Decimal, books: MarketView) -> BuyingPowerPlan:
    """Return how an order is expected to trade: one of several legs at the quotes, one of one leg as `_price` says."""
    trades, net = [], _NOTHING
    for part in parts:
        price = part.natural
        price = part.book.mid if price is None else price
        if len(parts) == 1:
            price = _price(ticket, part.side, price)
        quantity = part.ratio * units
        if ticket.value is not None:
            quantity = (abs(ticket.value) / price).quantize(matching.fraction(part.terms), decimal.ROUND_DOWN)
        net -= part.side * part.ratio * price
        spot = exact(books.market.tapes[part.terms.underlying].mid)
        trades.append(MarginTrade(part.terms, part.side * quantity, price, spot))
    better = ticket.price - net if len(parts) > 1 and ticket.price is not None else _NOTHING
    return BuyingPowerPlan(trades, better * units * parts[0].terms.multiplier)


def _price(ticket: SimTicket, side: int, quote: Decimal) -> Decimal:
    """Return at what an order of one leg has to be paid for: a limit or a trigger far through the market saves nothing.

    A triggered stop trades at the quote, which is at its trigger or beyond; a limit to sell gets the bid if that is
    better. Only a limit to buy bounds what is paid.
    """
    reached = quote
    if ticket.stop is not None:
        reached = max(ticket.stop, quote) if side > 0 else min(ticket.stop, quote)
    if ticket.price is None:
        return reached
    limit = abs(ticket.price)
    return limit if side > 0 else max(limit, reached)


def effect(
    account: SimAccount,
    books: MarketView,
    plan: BuyingPowerPlan,
    working: list[MarginTrade],
    costs: Fees,
    freed: Decimal = _NOTHING,
) -> Effect:
    """Return what an order would do once those already at work are done. Raises Rejection.

    `freed` is what an order that it replaces has reserved.
    """
    folio = accounts.portfolio(account, books.market, books.surface)
    current = accounts.worth(account, books.market, books.surface).available + freed
    folio.trade_all(working)
    needed, free = requirement(folio.lots, is_margin=account.margin), folio.available(is_margin=account.margin)
    folio.trade_all(plan.trades)
    need = requirement(folio.lots, is_margin=account.margin)
    change = folio.available(is_margin=account.margin) + plan.better - free - costs.total
    if account.standing.is_closing_only and not _only_closes(account, plan.trades, working):
        raise Rejection(_CLOSING_ONLY)
    if not need.is_allowed and any(trade.quantity < 0 or trade.terms.is_settled_daily for trade in plan.trades):
        raise Rejection(_NOT_ALLOWED)
    reduces = need.initial <= needed.initial and _only_closes(account, plan.trades, working)
    if change < 0 and current + change < 0 and not reduces:
        raise Rejection(_TOO_LITTLE)
    alone = MarginPortfolio(_NOTHING)
    alone.trade_all(plan.trades)
    return Effect(
        change_in_margin=needed.initial - need.initial,
        change_in_buying_power=change,
        current_buying_power=current,
        new_buying_power=current + change,
        isolated_margin=-requirement(alone.lots, is_margin=account.margin).initial,
        is_spread=len(plan.trades) > 1,
    )


def _only_closes(account: SimAccount, trades: list[MarginTrade], working: list[MarginTrade]) -> bool:
    """Whether trades do no more than reduce what is held: allowed without buying power, if nothing is uncovered."""
    held = {holding.symbol: holding.quantity for holding in account.holdings}
    for trade in working:
        held[trade.terms.symbol] = held.get(trade.terms.symbol, Decimal(0)) + trade.quantity
    return all(
        held.get(trade.terms.symbol, Decimal(0)) * trade.quantity < 0
        and abs(trade.quantity) <= abs(held[trade.terms.symbol])
        for trade in trades
    )


def at_mark(terms: Terms, quantity: Decimal, books: MarketView) -> MarginTrade:
    """Return a trade in the middle of the book."""
    book = books.book(terms.symbol)
    spot = exact(books.market.tapes[terms.underlying].mid)
    return MarginTrade(terms, quantity, book.mid if book else _NOTHING, spot)


def costs(account: SimAccount, trades: list[MarginTrade]) -> Fees:
    """Return the fees the trades are expected to cost, to a tenth of a cent as the venue shows them."""
    held = {holding.symbol: holding.quantity for holding in account.holdings}
    total = Fees()
    for trade in trades:
        side = 1 if trade.quantity > 0 else -1
        closing = min(max(held.get(trade.terms.symbol, Decimal(0)) * -side, Decimal(0)), abs(trade.quantity))
        filled = Filled()
        for quantity, is_opening in ((closing, False), (abs(trade.quantity) - closing, True)):
            filled = filled.plus(side, quantity, quantity * trade.price * trade.terms.multiplier, is_opening=is_opening)
        total = fees.plus(total, fees.charge(trade.terms, filled, MILL))
    return total
