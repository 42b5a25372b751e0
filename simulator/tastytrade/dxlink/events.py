"""DXLink events of the simulated market: every field of an event, and its rows for the fields a client asked for.

Field names and their order are dxFeed's, as SDK 13.2.3 requests them. A double that does not exist is `NaN`, which
JSON has no number for: it travels as the string "NaN".
"""

import typing

import msgspec

from simulator.market import calendar, option_listing
from simulator.market.charts import SimCharts
from simulator.market.market import SimMarket
from simulator.market.option_surface import RATE, OptionState, OptionSurface
from simulator.market.tape import NO_EXCHANGE, Tape
from simulator.tastytrade import symbols
from simulator.tastytrade.dxlink.candle_events import Line, parse_candle
from simulator.tastytrade.dxlink.instrument_events import option_profile, print_values, profile

Values = dict[str, typing.Any]
Subject = Tape | OptionState
NAN = "NaN"
MARKET_TYPES = ("Quote", "Trade", "Summary", "Profile")
OPTION_TYPES = ("Greeks", "TheoPrice")
UNDERLYING = "Underlying"
CANDLE, PRINT = "Candle", "TimeAndSale"
TICKERS = frozenset((*MARKET_TYPES, *OPTION_TYPES, UNDERLYING))
"""Types of which only the last event counts."""
TYPES = TICKERS | {CANDLE, PRINT}
_FIELDS = """
Quote: eventSymbol eventTime sequence timeNanoPart bidTime bidExchangeCode askTime askExchangeCode bidPrice askPrice
 bidSize askSize
Trade: eventSymbol eventTime time timeNanoPart sequence exchangeCode dayId tickDirection extendedTradingHours price
 change size dayVolume dayTurnover
Summary: eventSymbol eventTime dayId dayClosePriceType prevDayId prevDayClosePriceType openInterest dayOpenPrice
 dayHighPrice dayLowPrice dayClosePrice prevDayClosePrice prevDayVolume
Profile: eventSymbol eventTime description shortSaleRestriction tradingStatus haltStartTime haltEndTime exDividendDayId
 statusReason high52WeekPrice low52WeekPrice beta shares highLimitPrice lowLimitPrice earningsPerShare exDividendAmount
 dividendFrequency freeFloat
Greeks: eventSymbol eventTime eventFlags index time sequence price volatility delta gamma theta rho vega
TheoPrice: eventSymbol eventTime eventFlags index time sequence price underlyingPrice delta gamma dividend interest
Underlying: eventSymbol eventTime eventFlags index time sequence volatility frontVolatility backVolatility callVolume
 putVolume optionVolume putCallRatio
TimeAndSale: eventSymbol eventTime eventFlags index time timeNanoPart sequence exchangeCode price size bidPrice askPrice
 tradeThroughExempt aggressorSide spreadLeg extendedTradingHours validTick type buyer seller exchangeSaleConditions
Candle: eventSymbol eventTime eventFlags index time sequence count volume vwap bidVolume askVolume impVolatility
 openInterest open high low close
"""
FIELDS: dict[str, tuple[str, ...]] = {
    kind: tuple(names.split())
    for kind, names in (line.split(":") for line in _FIELDS.replace("\n ", " ").strip().splitlines())
}
"""What each event has, in the order in which it is sent when a client names no fields."""
EVENT_TYPE = "eventType"
"""A field of every event, sent in the compact format to a client that names it, as the venue's documentation does."""
_SECOND_PRECISION = "N"
"""Quotes of NYSE-listed stocks carry whole seconds here, as a part of dxFeed's do."""


class SimDxlinkFeed:
    """Events of `market` and `surface` by type and streamer symbol; each is encoded once per set of fields."""

    def __init__(self, market: SimMarket, surface: OptionSurface) -> None:
        self.market = market
        self.surface = surface
        self._makers: dict[str, typing.Callable[[Subject], Values | None]] = {
            "Quote": self._quote,
            "Trade": self._trade,
            "Summary": self._summary,
            "Profile": self._profile,
            "Greeks": self._greeks,
            "TheoPrice": self._theo,
            "Underlying": self._underlying,
        }
        self.spoiled: dict[tuple[str, str], Values] = {}
        """Values put in the place of true ones, by type and symbol: a fault."""
        self.hidden: set[tuple[str, str]] = set()
        """Events that are as if they had never been: a fault."""
        self._symbols: dict[str, str] = {}
        """Ours by DXLink's name, where that is another."""
        self._events: dict[tuple[str, str], Values | None] = {}
        self._rows: dict[tuple[str, str], dict[tuple[str, ...], bytes]] = {}
        self._shared: dict[typing.Hashable, list[str]] = {}
        self.charts = SimCharts(market, surface)
        self.also: list[typing.Callable[[Subject, float], None]] = []
        """Who hears of each print besides: other venues on this market."""
        self._prints: list[tuple[str, Values]] = []
        self._last_prints: dict[str, Values] = {}
        market.subscribe(self._on_print)
        surface.on_print = self._on_print

    def subject(self, symbol: str) -> Subject | None:
        """Return what a streamer symbol names. None when nothing of that name trades here."""
        if symbol.startswith("."):
            option = symbols.parse_streamer(symbol)
            return self.surface.find(option.symbol) if option else None
        if ":" in symbol and symbol not in self._symbols:
            self._symbols = {tape.listing.streamer: known for known, tape in self.market.tapes.items()}
        return self.market.tapes.get(self._symbols.get(symbol, symbol if ":" not in symbol else ""))

    def name(self, subject: Subject) -> str:
        """Return DXLink's name of what trades."""
        if isinstance(subject, OptionState):
            return symbols.streamer_symbol(subject.option)
        return subject.listing.streamer or subject.listing.symbol

    def streamer(self, symbol: str) -> str:
        """Return DXLink's name of a tape's symbol; any other name is one already."""
        tape = self.market.tapes.get(symbol)
        return (tape.listing.streamer or symbol) if tape else symbol

    def _on_print(self, subject: Subject, traded: float) -> None:
        self.charts.hear_print(subject, traded)
        symbol = self.name(subject)
        is_extended = not self.charts.is_regular(subject)
        self._last_prints[symbol] = print_values(symbol, subject, is_extended=is_extended)
        self._prints.append((symbol, self._last_prints[symbol]))
        for hear in self.also:
            hear(subject, traded)

    def take_prints(self) -> list[tuple[str, Values]]:
        """Return the prints since this was last asked, with their streamer symbols, in order."""
        taken, self._prints = self._prints, []
        return taken

    def hear_quote(self, symbol: str) -> bool:
        """Let a quote that changed into the charts of quotes. Returns whether there are any of `symbol`."""
        subject = self.subject(symbol) if self.charts.has_quotes else None
        return subject is not None and self.charts.hear_quote(subject)

    def candles(self, line: Line) -> typing.Iterator[Values]:
        """Return the candles `line` has not told yet."""
        subject = self.subject(line.symbol.base)
        return iter(()) if subject is None else line.events(self.charts, subject)

    def forget(self, kind: str, symbol: str) -> None:
        """Drop what was encoded of an event: it has changed."""
        self._events.pop((kind, symbol), None)
        self._rows.pop((kind, symbol), None)
        self._shared.clear()

    def shared(self, key: typing.Hashable, make: typing.Callable[[], list[str]]) -> list[str]:
        """Return what `make` makes; as long as no event changes, whoever asks with the same `key` shares it."""
        made = self._shared.get(key)
        if made is None:
            made = self._shared[key] = make()
        return made

    def event(self, kind: str, symbol: str) -> Values | None:
        """Return every field of the last event of `symbol`. None when there is none."""
        key = (kind, symbol)
        if kind == CANDLE:
            return self._newest_candle(symbol)
        if kind == PRINT:
            return self._last_prints.get(symbol)
        if key not in self._events:
            subject = self.subject(symbol)
            maker = self._makers.get(kind)
            if subject is None or maker is None:
                return None
            values = None if key in self.hidden else maker(subject)
            self._events[key] = values and {
                "eventSymbol": symbol,
                "eventTime": 0,
                **values,
                **self.spoiled.get(key, {}),
            }
        return self._events[key]

    def _newest_candle(self, symbol: str) -> Values | None:
        wanted = parse_candle(symbol)
        subject = self.subject(wanted.base) if wanted else None
        return Line(wanted, 0).newest(self.charts, subject) if wanted and subject else None

    def row(self, kind: str, symbol: str, fields: tuple[str, ...]) -> bytes | None:
        """Return the event's values for `fields` as JSON without brackets. None when there is no event."""
        if kind not in TICKERS:
            values = self.event(kind, symbol)
            return compact_row(kind, values, fields) if values else None
        rows = self._rows.setdefault((kind, symbol), {})
        if fields not in rows:
            values = self.event(kind, symbol)
            if values is None:
                return None
            rows[fields] = compact_row(kind, values, fields)
        return rows[fields]

    def _quote(self, subject: Subject) -> Values:
        if isinstance(subject, OptionState):
            bid_at = ask_at = subject.at
            exchanges = ("C", "C") if subject.bid_size else (NO_EXCHANGE, "C")
        else:
            bid_at, ask_at = subject.bid_at, subject.ask_at
            exchanges = (subject.bid_exchange, subject.ask_exchange)
            if subject.listing.exchange == _SECOND_PRECISION:
                bid_at, ask_at = bid_at // 1000 * 1000, ask_at // 1000 * 1000
        return {
            "sequence": 0,
            "timeNanoPart": 0,
            "bidTime": bid_at,
            "bidExchangeCode": exchanges[0],
            "askTime": ask_at,
            "askExchangeCode": exchanges[1],
            "bidPrice": subject.bid,
            "askPrice": subject.ask,
            "bidSize": _double(subject.bid_size),
            "askSize": _double(subject.ask_size),
        }

    def _trade(self, subject: Subject) -> Values | None:
        if subject.last is None:
            return None
        return {
            "time": subject.last_at,
            "timeNanoPart": 0,
            "sequence": subject.trades & 0x3FFFFF,
            "exchangeCode": "C" if isinstance(subject, OptionState) else subject.last_exchange,
            "dayId": calendar.day_id(self.market.day),
            "tickDirection": "ZERO_UP" if isinstance(subject, OptionState) else subject.direction,
            "extendedTradingHours": False,
            "price": subject.last,
            "change": round(subject.last - subject.prev_close, 6),
            "size": _double(subject.last_size),
            "dayVolume": _double(subject.volume),
            "dayTurnover": _double(subject.turnover),
        }

    def _summary(self, subject: Subject) -> Values:
        interest = subject.open_interest if isinstance(subject, OptionState) else subject.listing.open_interest
        return {
            "dayId": calendar.day_id(self.market.day),
            "dayClosePriceType": "REGULAR",
            "prevDayId": calendar.day_id(calendar.before(self.market.day)),
            "prevDayClosePriceType": "FINAL",
            "openInterest": interest,
            "dayOpenPrice": _double(subject.open),
            "dayHighPrice": _double(subject.high),
            "dayLowPrice": _double(subject.low),
            "dayClosePrice": NAN,
            "prevDayClosePrice": subject.prev_close,
            "prevDayVolume": NAN if isinstance(subject, OptionState) else _double(subject.prev_volume),
        }

    def _profile(self, subject: Subject) -> Values:
        if isinstance(subject, OptionState):
            return option_profile(symbols.venue_symbol(subject.option))
        return profile(subject, self.market.day)

    def _greeks(self, subject: Subject) -> Values | None:
        if not isinstance(subject, OptionState):
            return None
        value = subject.value
        return {
            **_index(subject.at, subject.revision),
            "price": round(subject.mid, 8),
            "volatility": subject.iv,
            "delta": value.delta,
            "gamma": value.gamma,
            "theta": value.theta,
            "rho": value.rho,
            "vega": value.vega,
        }

    def _theo(self, subject: Subject) -> Values | None:
        if not isinstance(subject, OptionState):
            return None
        tape = self.market.tapes[subject.underlying]
        return {
            **_index(subject.at, subject.revision),
            "price": subject.value.price,
            "underlyingPrice": subject.spot,
            "delta": subject.value.delta,
            "gamma": subject.value.gamma,
            "dividend": tape.listing.dividend * subject.term,
            "interest": RATE * subject.term,
        }

    def _underlying(self, subject: Subject) -> Values | None:
        if isinstance(subject, OptionState) or not subject.listing.has_options:
            return None
        symbol = subject.listing.symbol
        terms = [surface_years for surface_years in self._terms(symbol) if surface_years > 0]
        contracts = round((subject.volume or 0.0) * 0.02)
        calls = round(contracts * (0.52 + 0.2 * (subject.listing.vol - 0.2)))
        return {
            **_index(self.market.at, subject.ticks),
            "volatility": self.surface.at_the_money(symbol, 30 / 365),
            "frontVolatility": self.surface.at_the_money(symbol, terms[0]),
            "backVolatility": self.surface.at_the_money(symbol, terms[1]),
            "callVolume": calls,
            "putVolume": contracts - calls,
            "optionVolume": contracts,
            "putCallRatio": (contracts - calls) / calls if calls else NAN,
        }

    def _terms(self, symbol: str) -> list[float]:
        """Years to the two nearest monthly expirations."""
        monthlies = [
            day for day in option_listing.expirations(symbol, self.market.at) if option_listing.is_monthly(day)
        ]
        return [max(1, (day - self.market.day).days) / 365 for day in monthlies[:2]]


def compact_row(kind: str, values: Values, fields: tuple[str, ...]) -> bytes:
    """Return an event's values for `fields` as JSON without brackets."""
    if EVENT_TYPE in fields:
        values = {**values, EVENT_TYPE: kind}
    return msgspec.json.encode([values[field] for field in fields])[1:-1]


def _double(value: float | None) -> float | str:
    return NAN if value is None else value


def _index(at: int, sequence: int) -> Values:
    """Return the common fields of an indexed event; `index` packs seconds, milliseconds and sequence."""
    sequence &= 0x3FFFFF
    seconds, millis = divmod(at, 1000)
    return {"eventFlags": 0, "index": seconds << 32 | millis << 22 | sequence, "time": at, "sequence": sequence}
