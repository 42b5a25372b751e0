"""How Alpaca words its answers: decimals as texts, times to the microsecond, errors with codes. Pure."""

import datetime
import decimal
import typing
import uuid

from simulator.asgi import Answer, Json, json_answer
from simulator.market import calendar

Decimal = decimal.Decimal


class SimAlpacaRefusal(Exception):
    """A request this venue refuses, with its answer."""

    def __init__(self, body: Json) -> None:
        super().__init__(body["message"])
        self.body = body

    @property
    def answer(self) -> Answer:
        """The answer: the first three digits of the code are its status."""
        return json_answer(self.body["code"] // 100_000, self.body)


def error(code: int, message: str, **more: typing.Any) -> SimAlpacaRefusal:
    """Refuse with a code."""
    return SimAlpacaRefusal({"code": code, "message": message, **more})


def forbidden(message: str, **more: typing.Any) -> SimAlpacaRefusal:
    """Refuse what an account may not do."""
    return error(40310000, message, **more)


def missing(message: str) -> SimAlpacaRefusal:
    """Refuse what there is not."""
    return error(40410000, message)


def invalid(message: str) -> SimAlpacaRefusal:
    """Refuse what makes no sense."""
    return error(42210000, message)


UNAUTHORIZED = json_answer(401, {"code": 40110000, "message": "request is not authorized"})
FORBIDDEN = json_answer(403, {"message": "forbidden."})
"""What the edge says of keys nobody has: without a code."""
TOO_MANY = json_answer(429, {"code": 42910000, "message": "too many requests"})
NOWHERE = json_answer(404, {"code": 40410000, "message": "endpoint not found"})


def text(value: Decimal) -> str:
    """Write a decimal as this wire has it: a text without needless zeros."""
    return f"{value.normalize():f}" if value else "0"


def texts(body: dict[str, typing.Any]) -> Json:
    """Write every decimal of a body as a text."""
    return {key: text(value) if isinstance(value, Decimal) else value for key, value in body.items()}


def micro_text(at: int) -> str:
    """Write a time given in microseconds since the epoch: UTC, without needless digits."""
    seconds, rest = divmod(at, 1_000_000)
    digits = f".{rest:06d}".rstrip("0").rstrip(".")
    return f"{datetime.datetime.fromtimestamp(seconds, datetime.UTC):%Y-%m-%dT%H:%M:%S}{digits}Z"


def moment(at: int) -> str:
    """Write a time given in ms since the epoch."""
    return micro_text(at * 1000)


def stamp(at: int | None) -> str | None:
    """Write a time given in ms since the epoch, or that there is none."""
    return None if at is None else moment(at)


def local(at: int, nanos: int = 0) -> str:
    """Write a time given in ms since the epoch as New York has it, with nanoseconds."""
    time = calendar.moment(at)
    offset = f"{time:%z}"
    return f"{time:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}{nanos:06d}{offset[:3]}:{offset[3:]}"


def lasting_id(*parts: str) -> str:
    """Return the UUID that these words always have."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, " ".join(parts)))
