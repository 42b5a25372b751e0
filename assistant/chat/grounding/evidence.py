"""The numbers, times and names of one turn's results: what an answer may say. Pure."""

import datetime
import decimal
import re
import typing
from collections.abc import Iterator, Mapping

import msgspec

from assistant.chat.grounding.fields import COLUMNS, unit_of
from brokers.instruments.symbols import Option, normalise, parse_option

OUTSIDE = "outside"
MILLISECONDS = (decimal.Decimal(10**12), decimal.Decimal(10**13))
"""Numbers that are times since the epoch in ms, whatever their field is called."""
_DATE = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_SUMS = frozenset([
    "value", "day_pl", "realised_pl", "open_pl", "delta", "gamma", "theta", "vega", "beta_delta", "positions",
    "unmarked", "ungreeked", "unweighted",
])  # fmt: skip
LIVE_FIELDS = {
    "quote": frozenset(["bid", "ask", "bid_size", "ask_size", "last", "change", "change_percentage"]),
    "greeks": frozenset(["price", "iv", "delta", "gamma", "theta", "vega", "rho"]),
    "day": frozenset(["open", "high", "low", "prev_close", "volume", "open_interest"]),
    "underlying": frozenset([
        "iv", "front_iv", "back_iv", "iv_rank", "call_volume", "put_volume", "option_volume", "put_call_ratio",
    ]),
    "position": frozenset([
        "quantity", "average_price", "close_price", "mark", "value", "day_pl", "realised_pl", "open_pl", "delta",
        "gamma", "theta", "vega",
    ]),
    "exposure": _SUMS,
    "portfolio": _SUMS | {"balance", "net_liq", "difference", "cash", "buying_power"},
}  # fmt: skip
"""The fields that the store of a page keeps of a slot: only these go on."""
_LISTS = {
    ("get_positions", "positions"): ("position", ("link", "account", "symbol")),
    ("get_portfolio", "totals"): ("portfolio", ("environment", "link", "account")),
    ("get_portfolio", "accounts"): ("portfolio", ("environment", "link", "account")),
    ("get_portfolio", "exposures"): ("exposure", ("environment", "underlying")),
}
"""Rows that are the slots of a page as they stand: their type and its key."""
_QUOTES = frozenset({"get_quotes", "market_overview", "get_option_chain", "get_payoff"})


class EvidenceRow(msgspec.Struct, frozen=True):
    """What the numbers of an object are about. `symbols` are its own; `underlyings` what these are options on."""

    tool: str = ""
    symbols: frozenset[str] = frozenset()
    underlyings: frozenset[str] = frozenset()
    option: Option | None = None
    slot: str = ""

    @property
    def is_total(self) -> bool:
        """Whether it is about no symbol."""
        return not self.symbols and not self.underlyings


class EvidenceNumber(msgspec.Struct, frozen=True):
    """A number of a result. `is_count`: how many rows a list has; it matches exactly."""

    value: decimal.Decimal
    call: int
    path: str
    field: str
    unit: str
    row: EvidenceRow
    is_count: bool = False

    @property
    def slot(self) -> str:
        """Where it goes on: `quote:QQQ:last`; empty where it stands still."""
        kind, _, rest = self.row.slot.partition(":")
        if self.is_count or not rest or self.field not in LIVE_FIELDS.get(kind, ()):
            if kind == "quote" and self.row.option and self.field in LIVE_FIELDS["greeks"]:
                return f"greeks:{rest}:{self.field}"
            return ""
        return f"{kind}:{rest}:{self.field}"


class Evidence:
    """What results and the question of one turn hold. Grows with each result; an answer is checked against it."""

    def __init__(self) -> None:
        self.numbers: list[EvidenceNumber] = []
        self.question = ""
        self.symbols: set[str] = set()
        """Every symbol that a result names."""
        self.dates: set[datetime.date] = set()
        self.names: set[str] = set()
        """Every text of a result that nobody else wrote, in lower case."""
        self.quotable: list[str] = []
        """Texts that others wrote."""
        self._values: dict[int, typing.Any] = {}
        self._by_path: dict[tuple[int, str], EvidenceNumber] = {}

    def add_question(self, text: str) -> None:
        """Take the person's words of this turn: their numbers may be said back to them."""
        self.question = text

    def add_result(
        self, call: int, tool: str, value: Mapping[str, typing.Any], arguments: Mapping[str, typing.Any] | None = None
    ) -> None:
        """Take the result of a call. With its arguments, a result that names no symbol is about the one asked for."""
        self._values[call] = value
        self._walk(_Place(call, "", ""), value, _asked_row(tool, arguments or {}))

    @property
    def subjects(self) -> frozenset[str]:
        """What the results are about where that is one symbol; empty where it is several."""
        return frozenset(self.symbols) if len(self.symbols) == 1 else frozenset()

    def number_at(self, call: int, path: str) -> EvidenceNumber | None:
        """Return the number at a place; None where there is none."""
        return self._by_path.get((call, path))

    def value_at(self, call: int, path: str) -> typing.Any:
        """Return what stands at a JSON pointer of a call's result. Raises LookupError where nothing does."""
        found = self._values[call]
        for part in path.split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list):
                if not (name.isascii() and name.isdigit()):
                    raise LookupError(path)
                found = found[int(name)]
            elif isinstance(found, Mapping):
                found = found[name]
            else:
                raise LookupError(path)
        return found

    def _walk(self, place: "_Place", value: typing.Any, row: EvidenceRow) -> None:
        """Take a value and everything within it."""
        if isinstance(value, Mapping):
            self._take_object(place, value, row)
        elif isinstance(value, list):
            self._take_list(place, value, row)
        elif isinstance(value, str):
            self._take_text(place, value, row)
        elif isinstance(value, int | float | decimal.Decimal) and not isinstance(value, bool):
            number = value if isinstance(value, decimal.Decimal) else decimal.Decimal(repr(value))
            unit = (
                "at"
                if MILLISECONDS[0] <= number < MILLISECONDS[1]
                else unit_of(place.field, is_option=row.option is not None)
            )
            self._keep(EvidenceNumber(number, place.call, place.path, place.field, unit, row))

    def _take_object(self, place: "_Place", value: Mapping[str, typing.Any], row: EvidenceRow) -> None:
        mine = _row_of(value, row, place.field)
        self.symbols |= mine.symbols | mine.underlyings
        for name, one in value.items():
            if name == OUTSIDE:
                self.quotable += list(_texts(one))
            else:
                self._walk(place.at(name, name), one, mine)

    def _take_list(self, place: "_Place", value: list[typing.Any], row: EvidenceRow) -> None:
        count = decimal.Decimal(len(value))
        self._keep(EvidenceNumber(count, place.call, place.path, place.field, "count", row, is_count=True))
        columns = COLUMNS.get(place.field, ())
        for index, one in enumerate(value):
            if columns and isinstance(one, list):
                for column, (name, cell) in enumerate(zip(columns, one, strict=False)):
                    self._walk(place.at(str(index), name).at(str(column), name), cell, row)
            else:
                self._walk(place.at(str(index), place.field), one, row)

    def _take_text(self, place: "_Place", value: str, row: EvidenceRow) -> None:
        self.names.add(value.casefold())
        self.dates |= set(_dates_in(value))
        option = parse_option(normalise(value)) if len(value) > len("YYMMDDC00000000") else None
        if option is not None:
            self.dates.add(option.expiry)
            self._keep(EvidenceNumber(option.strike, place.call, place.path, "strike", "usd", row))

    def _keep(self, number: EvidenceNumber) -> None:
        self.numbers.append(number)
        self._by_path.setdefault((number.call, number.path), number)


class _Place(msgspec.Struct, frozen=True):
    """Where a value stands, and the field that it is of."""

    call: int
    path: str
    field: str

    def at(self, name: str, field: str) -> "_Place":
        return _Place(self.call, f"{self.path}/{name.replace('~', '~0').replace('/', '~1')}", field)


def _asked_row(tool: str, arguments: Mapping[str, typing.Any]) -> EvidenceRow:
    """Return what a result is about as far as its arguments say so."""
    asked = arguments.get("symbol") or arguments.get("underlying")
    return _about(EvidenceRow(tool=tool), [asked] if isinstance(asked, str) else [])


def _row_of(value: Mapping[str, typing.Any], above: EvidenceRow, field: str) -> EvidenceRow:
    """Return what an object is about: its own symbols, else those of what it stands in."""
    named = value.get("symbol") or value.get("underlying")
    row = above
    if isinstance(named, str):
        row = _about(above, [named])
    elif isinstance(legs := value.get("legs") or value.get("symbols"), list):
        row = _about(above, [one if isinstance(one, str) else one.get("symbol", "") for one in legs if one])
    if isinstance(underlying := value.get("underlying"), str) and value.get("symbol"):
        row = msgspec.structs.replace(row, underlyings=row.underlyings | {normalise(underlying)})
    return msgspec.structs.replace(row, slot=_slot_of(value, row, field))


def _about(above: EvidenceRow, names: list[str]) -> EvidenceRow:
    symbols = [normalise(one) for one in names if one]
    options = [option for one in symbols if (option := parse_option(one))]
    roots = frozenset(option.root for option in options) - frozenset(symbols)
    only = options[0] if len(symbols) == 1 and options else None
    return EvidenceRow(above.tool, frozenset(symbols), roots, only, "") if symbols else above


def _slot_of(value: Mapping[str, typing.Any], row: EvidenceRow, field: str) -> str:
    """Return the slot that an object is of, as the store of a page names it; empty where it is of none."""
    kind, keys = _LISTS.get((row.tool, field), ("", ()))
    if not kind and row.tool in _QUOTES and isinstance(value.get("symbol"), str):
        kind, keys = "quote", ("symbol",)
    if not kind and row.tool == "get_quotes" and field in ("day", "underlying"):
        return f"{field}:{next(iter(row.symbols), '')}"
    parts = [str(value.get(key) or "") for key in keys]
    return "" if not kind or any(":" in one for one in parts) else ":".join([kind, *parts])


def _texts(value: typing.Any) -> Iterator[str]:
    """Return every text within a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(one)


def _dates_in(text: str) -> Iterator[datetime.date]:
    for found in _DATE.finditer(text):
        try:
            yield datetime.date(*map(int, found.groups()))
        except ValueError:
            continue
