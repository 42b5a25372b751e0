"""The table of a chain as a page is rendered: calls, strikes, puts, in words. Pure; static/js/chain/row.js goes on."""

import decimal
import typing
from collections.abc import Callable, Sequence

from brokers.contract.broker import Expiration, Strike
from market.chains import strikes_around
from streaming.board.board import Item
from streaming.templatetags.figures import MISSING, count, fixed, price, strike, volatility
from streaming.templatetags.moments import held_age

Find = Callable[[str, str], Item]
"""Finds what is known of a kind (quote, greeks, day) of one option; empty where nothing is."""


class Column(typing.NamedTuple):
    """One column of an option. `group` says for the style sheet when there is room for it, or it is asked for."""

    name: str
    head: str
    spoken: str
    group: str


COLUMNS = (
    Column("bid", "Bid", "bid", "price"),
    Column("ask", "Ask", "ask", "price"),
    Column("iv", "IV", "implied volatility", "greek"),
    Column("delta", "Δ", "delta", "greek"),
    Column("theta", "Θ", "theta", "greek extra"),
    Column("gamma", "Γ", "gamma", "greek extra far"),
    Column("vega", "Vega", "vega", "greek extra far"),
    Column("source", "Greeks", "source and age of the Greeks", "greek extra far source"),
    Column("volume", "Vol", "volume", "price extra far"),
    Column("open_interest", "OI", "open interest", "price extra far"),
)
"""Those of a put, from the strike outwards. Those of a call stand the other way round, but for its book."""
PUT = COLUMNS
CALL = (*reversed(COLUMNS[2:]), *COLUMNS[:2])


class Cell(typing.NamedTuple):
    """One cell of an option."""

    column: Column
    text: str


GREEKS = COLUMNS[:8]
"""What is told of one option by itself, from top to bottom."""


class AtTheMoney(typing.NamedTuple):
    """The call and the put at the money of one expiration, `dte` days away, column by column."""

    listed: Expiration
    dte: int
    strike: Strike
    lines: tuple[tuple[Column, str, str], ...]

    @property
    def text(self) -> str:
        """The strike as it is written."""
        return strike(self.strike.strike)

    @classmethod
    def of(cls, listed: Expiration, dte: int, one: Strike, find: Find) -> "AtTheMoney":
        """Show `one` of the strikes of an expiration."""
        call, put = option_cells(one.call, find), option_cells(one.put, find)
        lines = ((column, call.get(column.name, ""), put.get(column.name, "")) for column in GREEKS)
        return cls(listed, dte, one, tuple(lines))


class ChainRow(typing.NamedTuple):
    """One strike. `money` is which of its options is in the money; `near`, whether the price stands beside it."""

    strike: Strike
    text: str
    money: str
    near: bool
    calls: tuple[Cell, ...]
    puts: tuple[Cell, ...]


class ChainTable(typing.NamedTuple):
    """A chain as it is shown."""

    rows: tuple[ChainRow, ...] = ()
    iv: str = MISSING
    call: tuple[Column, ...] = CALL
    put: tuple[Column, ...] = PUT

    @property
    def blank(self) -> ChainRow:
        """A row without a strike, which the page's script makes others of."""
        return ChainRow(
            Strike(decimal.Decimal(), None, None), "", "", False, tuple(_cells(CALL, {})), tuple(_cells(PUT, {}))
        )

    @classmethod
    def around(cls, band: Sequence[Strike], spot: float | None, find: Find) -> "ChainTable":
        """Show the strikes of `band`, with what `find` finds of their options."""
        sides = [strikes_around.side(one, spot) for one in band]
        beside = {place for place in range(1, len(sides)) if sides[place] != sides[place - 1]}
        near = beside | {place - 1 for place in beside}
        rows = enumerate(zip(band, sides, strict=True))
        at_the_money = [option for place in near for option in (band[place].call, band[place].put) if option]
        iv = _mean([find("greeks", option).get("iv") for option in at_the_money])
        return cls(tuple(_row(one, side, place in near, find) for place, (one, side) in rows), volatility(iv))


def _mean(values: Sequence[float | None]) -> float | None:
    known = [float(value) for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _row(one: Strike, side: str, near: bool, find: Find) -> ChainRow:
    calls = tuple(_cells(CALL, option_cells(one.call, find)))
    puts = tuple(_cells(PUT, option_cells(one.put, find)))
    return ChainRow(one, strike(one.strike), side, near, calls, puts)


def _cells(columns: Sequence[Column], told: typing.Mapping[str, str]) -> typing.Iterator[Cell]:
    for column in columns:
        yield Cell(column, told.get(column.name, ""))


def option_cells(option: str | None, find: Find) -> dict[str, str]:
    """Return what is written of an option, by column; nothing of one that is not listed."""
    if option is None:
        return {}
    quote, greeks, day = (find(kind, option) for kind in ("quote", "greeks", "day"))
    return {
        "bid": price(quote.get("bid")),
        "ask": price(quote.get("ask")),
        "iv": volatility(greeks.get("iv")),
        "delta": fixed(greeks.get("delta"), 2),
        "gamma": fixed(greeks.get("gamma"), 4),
        "theta": fixed(greeks.get("theta"), 3),
        "vega": fixed(greeks.get("vega"), 3),
        "source": f"{greeks.get('source') or MISSING} {held_age(greeks)}".rstrip(),
        "volume": count(day.get("volume")),
        "open_interest": count(day.get("open_interest")),
    }
