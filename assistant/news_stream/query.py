"""What is asked for in the URL of a stream of news."""

import typing
from urllib.parse import parse_qsl

import msgspec

from brokers.instruments.symbols import is_symbol, normalise
from market.api.requests import BadFieldError
from streaming.transports.responses import Scope

INTERVALS_MS = 1_000, 300_000
DURATIONS_MS = 1_000, 1_800_000
FORMS = {
    "interval": "milliseconds from {} to {}".format(*INTERVALS_MS),
    "duration": "milliseconds from {} to {}".format(*DURATIONS_MS),
}


class NewsStreamQuery(msgspec.Struct, frozen=True):
    """News about which symbol come first, how often there is a batch, and for how long (ms)."""

    symbol: str = "TSLA"
    interval: typing.Annotated[int, msgspec.Meta(ge=INTERVALS_MS[0], le=INTERVALS_MS[1])] = 10_000
    duration: typing.Annotated[int, msgspec.Meta(ge=DURATIONS_MS[0], le=DURATIONS_MS[1])] = 60_000


def read_query(scope: Scope) -> NewsStreamQuery:
    """Read what stands after the question mark; names that are not ours are left alone. Raises BadFieldError."""
    fields: dict[str, str] = {}
    for name, value in parse_qsl(scope["query_string"].decode("latin1"), keep_blank_values=True):
        if name in fields and name in NewsStreamQuery.__struct_fields__:
            raise BadFieldError(name, f"{name} is there twice.")
        fields[name] = value
    try:
        asked = msgspec.convert(fields, NewsStreamQuery, strict=False)
    except msgspec.ValidationError as error:
        wrong = next(name for name in FORMS if f"$.{name}" in str(error))
        raise BadFieldError(wrong, f"{wrong} is {FORMS[wrong]}, not {fields[wrong][:40]!r}.") from error
    symbol = normalise(asked.symbol)
    if not is_symbol(symbol):
        raise BadFieldError("symbol", f"No such symbol: {asked.symbol[:40]}", "unknown_symbol")
    return msgspec.structs.replace(asked, symbol=symbol)
