"""What legs on one underlying come to, with their quotes: the reckoning behind `get_payoff` and `draft_order`."""

import datetime
import typing
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from assistant.contract.caller import ToolCaller
from assistant.contract.errors import ToolError
from assistant.contract.tool import Row
from assistant.tools.board import links_by_id, open_hub, read_slots
from assistant.tools.quotes import is_unlisted, quote_row, read_quotes
from brokers.instruments import pricing
from brokers.instruments.payoff import DAY_MS, PayoffLeg, PayoffOutcome, outcome
from brokers.instruments.symbols import Option, normalise, parse_option
from lib.clock import now_ms
from market.chains.chain import underlying_price
from market.chains.listing import expirations
from streaming.sockets.shared_socket import Slots
from streaming.wire.subscription import Subscription
from trading.portfolio.marks import multiplier

MOST_LEGS = 8
SANE = 0.2
"""A forward may be so far from the underlying, as a fraction; else the quotes are of different moments."""

Options = Mapping[str, Option]
Day = tuple[datetime.date, str]
"""An expiration and a root."""


class LegInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A leg: an option, or the underlying itself; sold ones have a negative quantity. `price` is in $ a share."""

    symbol: str
    quantity: typing.Annotated[int, msgspec.Meta(ge=-10_000, le=10_000)]
    price: typing.Annotated[float, msgspec.Meta(ge=0, le=1e7)] | None = None


Legs = typing.Annotated[list[LegInput], msgspec.Meta(min_length=1, max_length=MOST_LEGS)]


class Reckoning(msgspec.Struct, frozen=True):
    """Legs as they are known at `now` (ms), what they come to, and a row for each with its quote."""

    now: int
    spot: float | None
    underlying: Row
    legs: list[PayoffLeg]
    rows: list[Row]
    outcome: PayoffOutcome | None

    @property
    def lacks(self) -> list[str]:
        """What is not known, one sentence each."""
        found = [] if self.spot is not None else ["The underlying has no price."]
        for leg, row in zip(self.legs, self.rows, strict=True):
            found += [f"{row['symbol']} has no price."] if leg.price is None else []
            found += [f"{row['symbol']} has no volatility."] if leg.right != "S" and not leg.iv else []
        return found


async def reckon_legs(caller: ToolCaller, symbol: str, wanted: Sequence[LegInput]) -> Reckoning:
    """Return what legs on an underlying come to.

    Raises ToolError for what is no leg of it and for futures, RpcError where nobody lists its options, and
    SubscriptionError.
    """
    names = [normalise(one.symbol) for one in wanted]
    _refuse_futures([symbol, *names])
    options = _options(symbol, names)
    days = await _days(caller, symbol, options.values())
    near = await _near(caller, symbol, days)
    slots = await _read(caller, symbol, options, near)
    now, links = now_ms(), links_by_id(slots)
    spot = underlying_price(slots.get(("quote", symbol)))
    yields = {day: _yield(slots, near.get(day), spot, ends, now) for day, (ends, _) in days.items()}
    rows, legs = [], []
    for one, name in zip(wanted, names, strict=True):
        row = _leg_row(quote_row(name, slots, links, now), one, slots)
        rows.append(row)
        legs.append(_leg(row, options.get(name), days, yields))
    return Reckoning(now, spot, quote_row(symbol, slots, links, now), legs, rows, outcome(legs, pricing.risk_free()))


def _refuse_futures(symbols: Iterable[str]) -> None:
    """Raise ToolError for a future, or an option on one: what a point of it is worth is not known."""
    for one in symbols:
        if multiplier(one) is None:
            raise ToolError(
                "no_multiplier", f"{one[:40]}: what a point of a future is worth is not known.", field="legs"
            )


def _options(symbol: str, names: Iterable[str]) -> Options:
    """Return the options among legs. Raises ToolError for what is none, nor the underlying."""
    found = {}
    for name in names:
        if name == symbol:
            continue
        option = parse_option(name)
        if option is None:
            raise ToolError("unknown_symbol", f"{name[:40]} is neither {symbol} nor an option on it.", field="legs")
        found[name] = option
    return found


async def _days(caller: ToolCaller, symbol: str, options: Iterable[Option]) -> dict[Day, tuple[int, float]]:
    """Return when options of each day and root end (ms), and their multiplier. Raises ToolError and RpcError."""
    wanted = {(option.expiry, option.root) for option in options}
    if not wanted:
        return {}
    listed = {
        (datetime.date.fromisoformat(one["date"]), one["root"]): (int(one["ends"]), float(one["multiplier"]))
        for one in await expirations(open_hub(), caller.person_id, symbol)
    }
    for date, root in wanted:
        if (date, root) not in listed:
            raise ToolError("no_options", f"No {root} options on {symbol} end on {date}.", field="legs")
    return {day: listed[day] for day in wanted}


async def _near(caller: ToolCaller, symbol: str, days: Iterable[Day]) -> dict[Day, str]:
    """Return the option at the money of each day, by which its yield is known."""
    wanted = set(days)
    if not wanted:
        return {}
    (quote,), _ = await read_quotes(caller, [symbol])
    price = underlying_price(quote)
    text = await open_hub().enquiries.request(caller.person_id, "near", [symbol, "" if price is None else repr(price)])
    found = [(datetime.date.fromisoformat(date), root, option) for date, root, option in msgspec.json.decode(text)]
    return {(date, root): option for date, root, option in found if (date, root) in wanted}


async def _read(caller: ToolCaller, symbol: str, options: Options, near: Mapping[Day, str]) -> Slots:
    """Return the quotes of legs, of their underlying and of what is at the money, and the Greeks of the options."""
    pairs = {one for option in near.values() for one in _pair(option)}
    quotes, greeks = frozenset({symbol, *options, *pairs}), frozenset(options)
    view = Subscription(quotes, greeks, topics=frozenset({"links"}))
    return await read_slots(
        caller,
        view,
        lambda found: (
            all(("quote", one) in found or is_unlisted(one, found) for one in quotes)
            and all(("greeks", one) in found for one in greeks)
        ),
    )


def _pair(symbol: str) -> list[str]:
    """Return the call and the put of an option's strike."""
    option = parse_option(symbol)
    return [] if option is None else [msgspec.structs.replace(option, right=right).symbol for right in "CP"]


def _yield(slots: Slots, near: str | None, spot: float | None, ends: int, now: int) -> float:
    """Return what the underlying yields a year until options end, by put-call parity at the money; else the rate."""
    rate, years = pricing.risk_free(), (ends - now) / DAY_MS / pricing.DAYS_A_YEAR
    option = parse_option(near) if near else None
    if option is None or spot is None:
        return rate
    call, put = (_middle(slots.get(("quote", one), {})) for one in _pair(option.symbol))
    if call is None or put is None:
        return rate
    found = pricing.implied_dividend(call, put, spot, float(option.strike), years, rate)
    return found if found is not None and abs(rate - found) * years < SANE else rate


def _middle(quote: Row) -> float | None:
    """Return the middle of a book; None where there is none."""
    bid, ask = quote.get("bid"), quote.get("ask")
    return None if bid is None or ask is None or not ask else float(bid + ask) / 2


def _leg_row(quote: Row, wanted: LegInput, slots: Slots) -> Row:
    """Return what is told of a leg: its quote, the price that counts and where it is from, and its volatility."""
    price, used = wanted.price, "given"
    if price is None:
        price, used = _middle(quote), "mid"
    if price is None:
        price, used = quote["last"], "last"
    greeks = slots.get(("greeks", quote["symbol"]), {})
    return quote | {
        "quantity": wanted.quantity,
        "price": price,
        "price_source": None if price is None else used,
        "iv": greeks.get("iv"),
    }


def _leg(
    row: Row, option: Option | None, days: Mapping[Day, tuple[int, float]], yields: Mapping[Day, float]
) -> PayoffLeg:
    if option is None:
        return PayoffLeg(right="S", quantity=row["quantity"], price=row["price"], multiplier=1)
    ends, shares = days[option.expiry, option.root]
    return PayoffLeg(
        right="C" if option.right == "C" else "P", quantity=row["quantity"], price=row["price"], multiplier=shares,
        strike=float(option.strike), ends=ends, iv=row["iv"], dividend=yields[option.expiry, option.root],
    )  # fmt: skip
