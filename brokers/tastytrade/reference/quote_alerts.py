"""Quote alerts at tastytrade: a person's thresholds, which the venue checks. Pure but for the reading.

Times are ISO texts, but `expires-at`, which is a number of ms in the venue's own clients.
"""

import datetime
import decimal
import typing

from brokers.contract.broker import VenueAlert
from brokers.instruments.symbols import normalise
from brokers.tastytrade.session import TastytradeSession

FIELDS: typing.Mapping[str, typing.Literal["last", "bid", "ask", "iv"]] = {
    "Last": "last", "Bid": "bid", "Ask": "ask", "IV": "iv",
}  # fmt: skip
COMPARED: typing.Mapping[str, typing.Literal["above", "below"]] = {">": "above", "<": "below"}


def to_alert(raw: dict[str, typing.Any]) -> VenueAlert | None:
    """Read one alert. None for one that says less than it would have to."""
    id, symbol = raw.get("alert-external-id"), raw.get("symbol")
    field, compared = FIELDS.get(str(raw.get("field"))), COMPARED.get(str(raw.get("operator")))
    threshold = _number(raw.get("threshold"))
    if not isinstance(symbol, str) or id is None or field is None or compared is None or threshold is None:
        return None
    return VenueAlert(
        id=str(id), symbol=normalise(symbol), field=field, compared=compared, threshold=threshold,
        created=_time(raw.get("created-at")), expires=_time(raw.get("expires-at")),
        triggered=_time(raw.get("triggered-at")), is_over=raw.get("expired-at") is not None,
    )  # fmt: skip


async def read(session: TastytradeSession) -> list[VenueAlert]:
    """Return every alert, in the venue's order."""
    return [found for raw in await session.items("/quote-alerts") if (found := to_alert(raw)) is not None]


def _number(value: object) -> decimal.Decimal | None:
    try:
        read = decimal.Decimal(str(value))
    except decimal.InvalidOperation:
        return None
    return read if read.is_finite() else None


def _time(value: object) -> int | None:
    """Read a time in ms, or as ISO 8601 with a zone."""
    if isinstance(value, bool) or value is None:
        return None
    text = str(value)
    if text.isdecimal():
        return int(text)
    try:
        read = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return round(read.timestamp() * 1000) if read.tzinfo is not None else None
