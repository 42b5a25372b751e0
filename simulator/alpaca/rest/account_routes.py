"""The REST paths of an account: what it is, and what it holds."""

import typing

from simulator.alpaca.bodies import accounts
from simulator.alpaca.bodies.orders import asset_id
from simulator.alpaca.bodies.portfolio_history import history_body, span
from simulator.alpaca.format import invalid, missing
from simulator.alpaca.orders.parsing import Decimal, symbol_of
from simulator.alpaca.rest.request import SimAlpacaCall
from simulator.alpaca.streams.sse import read_time
from simulator.alpaca.venue import SimAlpaca, now
from simulator.asgi import Json
from simulator.exchange import booking
from simulator.exchange.accounts import SimAccount, SimHolding
from simulator.market import calendar


def account(venue: SimAlpaca, call: SimAlpacaCall) -> Json:
    """Answer with an account and its money."""
    owed = venue.activities.owed.get(call.account.number, Decimal(0))
    return accounts.account_body(call.account, venue.market, venue.surface, owed)


def positions(venue: SimAlpaca, call: SimAlpacaCall) -> list[Json]:
    """Answer with everything an account holds."""
    number = call.account.number
    is_late = venue.faults.all("late_position", (number,), now())
    held = venue.before.get(number, []) if is_late else call.account.holdings
    return [_position(venue, call.account, holding) for holding in held if holding.quantity]


def position(venue: SimAlpaca, call: SimAlpacaCall) -> Json:
    """Answer with one position."""
    return _position(venue, call.account, find(call.account, call.path["symbol"]))


def find(account: SimAccount, symbol: str) -> SimHolding:
    """Return the position of the venue's symbol, or of an asset's id. Raises Refusal."""
    by_id = (holding for holding in account.holdings if asset_id(holding.symbol) == symbol)
    holding = next(by_id, None) or booking.find(account, symbol_of(symbol))
    if holding is None:
        raise missing("position does not exist")
    return holding


def _position(venue: SimAlpaca, account: SimAccount, holding: SimHolding) -> Json:
    held = held_back(venue, account, holding)
    return accounts.position_body(account, holding, venue.market, venue.surface, held)


def held_back(venue: SimAlpaca, account: SimAccount, holding: SimHolding) -> Decimal:
    """Return how much of a position orders at work would close, signed as the position is."""
    sign = 1 if holding.quantity > 0 else -1
    waiting = (
        (part.draft.quantity or Decimal(0)) - part.filled
        for placed in venue.orders.at_work(account)
        for part in placed.parts
        if part.draft.symbol == holding.symbol and part.draft.sign == -sign
    )
    return sign * min(abs(holding.quantity), sum(waiting, Decimal(0)))


def portfolio_history(venue: SimAlpaca, call: SimAlpacaCall) -> Json:
    """Answer with what an account was worth over time."""
    start, end = (read_time(name, call.text(name)) for name in ("start", "end"))
    wanted = span(call.text("period"), call.text("timeframe"), _ms(start), _ms(end), venue.market.at)
    return history_body(venue.histories.record(call.account), wanted)


def _ms(at: int | None) -> int | None:
    return None if at is None else at // 1000


def configuration(venue: SimAlpaca, call: SimAlpacaCall) -> Json:
    """Answer with how an account is set up."""
    return venue.configurations[call.account.number]


def configure(venue: SimAlpaca, call: SimAlpacaCall) -> Json:
    """Set an account up otherwise: what the venue knows of what is sent."""
    kept = venue.configurations[call.account.number]
    asked = call.body(dict[str, typing.Any])
    kept |= {name: asked[name] for name in kept if asked.get(name) is not None}
    return kept


def activities(venue: SimAlpaca, call: SimAlpacaCall) -> list[Json]:
    """List activities, the newest first unless the oldest are asked for, a page at a time."""
    direction, size = call.choice("direction", ("asc", "desc"), "desc"), call.whole("page_size", _PAGE, _PAGE)
    category = call.choice("category", ("", "trade_activity", "non_trade_activity"), "")
    kinds = {call.path["kind"]} if "kind" in call.path else {*call.request.all("activity_types")}
    after, until = read_time("after", call.text("after")), read_time("until", call.text("until"))
    day, token = call.text("date"), call.text("page_token")
    found = [
        activity
        for activity in venue.activities.known[call.account.number]
        if (not kinds or activity.kind in kinds)
        and category in ("", "trade_activity" if activity.is_trade else "non_trade_activity")
        and (after is None or activity.at * 1000 > after)
        and (until is None or activity.at * 1000 < until)
        and day in ("", calendar.day_of(activity.at).isoformat())
    ]
    if direction == "desc":
        found.reverse()
    begin = next((n for n, activity in enumerate(found, 1) if activity.id == token), 0)
    if token and not begin:
        raise invalid("page_token is invalid")
    return [activity.body for activity in found[begin : begin + size]]


_PAGE = 100
