"""Quote alerts of the simulated tastytrade: a person's thresholds on quotes, which fire once. Pure.

The shapes are those of the venue's Swagger file, `expires-at` a number of ms as SDK 13.2.3 has it. What the venue does
not document is decided here: an alert without an end lives for 90 days, one that is true from the start fires with the
next change of its instrument, and an implied volatility is a fraction (0.25), as in market metrics.
"""

import collections
import datetime
import decimal
import typing

import msgspec

from brokers.instruments.symbols import normalise
from simulator.asgi import Json
from simulator.exchange.market_view import exact, read_terms
from simulator.ids import Numbers
from simulator.market.market import SimMarket
from simulator.market.option_surface import OptionState, OptionSurface
from simulator.tastytrade.bodies.metrics import INDEX_YEARS
from simulator.tastytrade.bodies.people import INSTRUMENT_TYPES
from simulator.tastytrade.dxlink.events import SimDxlinkFeed
from simulator.tastytrade.format import SimTastytradeRefusal, invalid, moment, present

Decimal = decimal.Decimal
Field = typing.Literal["Last", "Bid", "Ask", "IV"]
Operator = typing.Literal[">", "<"]
LIFETIME_MS = 90 * 86_400_000
MOST_ALERTS = 200
"""So many alerts a person may have here, those that fired included."""


class SimAlertForm(msgspec.Struct, frozen=True, rename="kebab", kw_only=True):
    """An alert as a client asks for it."""

    symbol: str
    field: Field
    operator: Operator
    threshold: str
    threshold_numeric: str | float | None = None
    dx_symbol: str | None = None
    instrument_type: str | None = None
    expires_at: str | int | None = None


class Alert(msgspec.Struct):
    """One alert of a customer. `watched` is the symbol whose ticks it follows; times in ms since the epoch."""

    id: str
    customer: str
    symbol: str
    dx_symbol: str
    instrument_type: str
    watched: str
    field: Field
    operator: Operator
    threshold: Decimal
    created_at: int
    expires_at: int
    triggered_at: int | None = None

    def is_waiting(self, now: int) -> bool:
        """Whether it may still fire."""
        return self.triggered_at is None and now < self.expires_at

    def is_true(self, value: Decimal | None) -> bool:
        """Whether a value is beyond the threshold. One that does not exist is not."""
        if value is None:
            return False
        return value > self.threshold if self.operator == ">" else value < self.threshold


class Alerts:
    """The alerts of every customer of one venue."""

    def __init__(self, feed: SimDxlinkFeed) -> None:
        self.feed = feed
        self.market: SimMarket = feed.market
        self.surface: OptionSurface = feed.surface
        self.ids = Numbers(self.market.begun_at)
        self._of: dict[str, dict[str, Alert]] = collections.defaultdict(dict)
        self._waiting: dict[str, list[Alert]] = {}

    def of(self, customer: str) -> list[Alert]:
        """Return the alerts of a customer, by their id, newest last."""
        return list(self._of[customer].values())

    def create(self, customer: str, form: SimAlertForm) -> Alert:
        """Watch for a threshold. Raises SimTastytradeRefusal 400, or 422 for what cannot be watched."""
        threshold, expires_at = _threshold(form), self._remove(form)
        symbol = normalise(form.symbol)
        terms = read_terms(symbol, self.market, self.surface)
        subject = self.feed.subject(form.dx_symbol or self._streamer(symbol))
        if terms is None or subject is None or self._streamer(symbol) != self.feed.name(subject):
            raise SimTastytradeRefusal(422, "invalid_symbol", f"{form.symbol!r} is not quoted here")
        alert = Alert(
            id=str(next(self.ids)),
            customer=customer,
            symbol=form.symbol,
            dx_symbol=self.feed.name(subject),
            instrument_type=INSTRUMENT_TYPES[terms.kind],
            watched=terms.underlying if terms.is_option else symbol,
            field=form.field,
            operator=form.operator,
            threshold=threshold,
            created_at=self.market.at,
            expires_at=expires_at,
        )
        if form.field == "IV" and self._value(alert) is None:
            raise SimTastytradeRefusal(422, "invalid_field", f"{form.symbol!r} has no implied volatility")
        if len(self._of[customer]) >= MOST_ALERTS:
            raise SimTastytradeRefusal(422, "too_many_quote_alerts", f"There are {MOST_ALERTS} quote alerts already")
        self._of[customer][alert.id] = alert
        self._waiting.setdefault(alert.watched, []).append(alert)
        return alert

    def all(self) -> list[Alert]:
        """Return the alerts of every customer."""
        return [alert for alerts in self._of.values() for alert in alerts.values()]

    def adopt(self, alert: Alert) -> None:
        """Watch for a threshold that was asked for before."""
        self.ids.go_beyond(int(alert.id))
        self._of[alert.customer][alert.id] = alert
        if alert.is_waiting(self.market.at):
            self._waiting.setdefault(alert.watched, []).append(alert)

    def cancel(self, customer: str, id: str) -> None:
        """Forget a customer's alert. One that is not there is as good as cancelled."""
        alert = self._of[customer].pop(id, None)
        if alert is not None and alert in self._waiting.get(alert.watched, []):
            self._waiting[alert.watched].remove(alert)

    def fire(self, moved: typing.Collection[str]) -> list[Alert]:
        """Return the alerts that fire now that these symbols have moved."""
        now, fired = self.market.at, []
        for symbol in self._waiting.keys() & moved:
            values: dict[tuple[str, Field], Decimal | None] = {}
            for alert in self._waiting[symbol]:
                key = (alert.dx_symbol, alert.field)
                if key not in values:
                    values[key] = self._value(alert)
                if alert.is_waiting(now) and alert.is_true(values[key]):
                    alert.triggered_at = now
                    fired.append(alert)
            self._waiting[symbol] = [alert for alert in self._waiting[symbol] if alert.is_waiting(now)]
        return fired

    def _value(self, alert: Alert) -> Decimal | None:
        subject = self.feed.subject(alert.dx_symbol)
        if subject is None:
            return None
        if isinstance(subject, OptionState):
            self.surface.refresh(subject, self.market.at)
        if alert.field == "IV":
            return self._volatility(alert)
        value = {"Last": subject.last, "Bid": subject.bid, "Ask": subject.ask}[alert.field]
        return None if value is None else exact(value)

    def _volatility(self, alert: Alert) -> Decimal | None:
        subject = self.feed.subject(alert.dx_symbol)
        if isinstance(subject, OptionState):
            return Decimal(repr(subject.iv))
        if subject is None or not subject.listing.has_options:
            return None
        return Decimal(repr(self.surface.at_the_money(alert.watched, INDEX_YEARS)))

    def _streamer(self, symbol: str) -> str:
        state = self.surface.find(symbol)
        return self.feed.name(state) if state else self.feed.streamer(symbol)

    def _remove(self, form: SimAlertForm) -> int:
        if form.expires_at is None:
            return self.market.at + LIFETIME_MS
        end = _milliseconds(form.expires_at)
        if end is None or end <= self.market.at:
            raise invalid("expires-at", "must be a time to come, as ISO 8601 with a zone or in milliseconds")
        return end


def read(body: bytes) -> SimAlertForm:
    """Read an alert from a request. Raises SimTastytradeRefusal 400."""
    try:
        return msgspec.json.decode(body, type=SimAlertForm)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SimTastytradeRefusal(400, "validation_error", str(error)) from None


def alert_body(alert: Alert, now: int) -> Json:
    """Describe an alert: the times it has tell whether it waits, fired or expired."""
    is_over = alert.triggered_at is None and now >= alert.expires_at
    return present(
        {
            "alert-external-id": alert.id,
            "user-external-id": alert.customer,
            "symbol": alert.symbol,
            "dx-symbol": alert.dx_symbol,
            "instrument-type": alert.instrument_type,
            "provider": "dxfeed",
            "field": alert.field,
            "operator": alert.operator,
            "threshold": format(alert.threshold, "f"),
            "threshold-numeric": float(alert.threshold),
            "created-at": moment(alert.created_at),
            "expires-at": alert.expires_at,
            "expired-at": moment(alert.expires_at) if is_over else None,
            "triggered-at": None if alert.triggered_at is None else moment(alert.triggered_at),
            "completed-at": None if alert.triggered_at is None else moment(alert.triggered_at),
        }
    )


def _threshold(form: SimAlertForm) -> Decimal:
    """Read the threshold of an alert; written twice, it must say the same."""
    found = [_number(value) for value in (form.threshold, form.threshold_numeric) if value is not None]
    if any(number is None or number < 0 for number in found) or found[0] != found[-1] or found[0] is None:
        raise invalid("threshold", "must be a number that is not negative, the same in threshold-numeric")
    return found[0]


def _number(value: str | float) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except decimal.InvalidOperation:
        return None
    return number if number.is_finite() else None


def _milliseconds(value: str | int) -> int | None:
    if isinstance(value, int) or value.isdecimal():
        return int(value)
    try:
        time = datetime.datetime.fromisoformat(value)
    except ValueError:
        return None
    return int(time.timestamp() * 1000) if time.tzinfo else None
