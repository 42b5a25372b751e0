"""How Tradier words its answers: JSON that was XML once, XML itself, plain texts, and faults of its gateway. Pure."""

import datetime
import decimal
import typing
import xml.sax.saxutils

import msgspec

from simulator.asgi import Answer, Json

NOTHING = "null"
"""What an empty collection of an account becomes on its way from XML to JSON: a text."""
JSON_TYPE, XML_TYPE = "application/json;charset=UTF-8", "application/xml;charset=UTF-8"
TEXT_TYPE = "text/plain;charset=UTF-8"
Item = typing.TypeVar("Item")


class SimTradierRefusal(Exception):
    """A request this venue refuses, with its answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body.decode())
        self.answer = answer


def plain(status: int, words: str) -> Answer:
    """Make an answer of bare text."""
    return Answer(status, words.encode(), TEXT_TYPE)


def fault(status: int, words: str, code: str) -> Answer:
    """Make an answer of the gateway in front of the venue."""
    body = {"fault": {"faultstring": words, "detail": {"errorcode": code}}}
    return Answer(status, msgspec.json.encode(body), JSON_TYPE)


def invalid(name: str, words: str) -> SimTradierRefusal:
    """Refuse a parameter."""
    return SimTradierRefusal(plain(400, f"Invalid parameter, {name}: {words}"))


INVALID_TOKEN = plain(401, "Invalid Access Token")
EXPIRED_TOKEN = fault(401, "Access Token expired", "keymanagement.service.access_token_expired")
OTHER_PRODUCT = fault(
    401, "invalid api call as no apiproduct match found", "keymanagement.service.InvalidAPICallAsNoApiProductMatchFound"
)
NOT_FOUND = plain(404, "Not Found")
NO_LENGTH = plain(411, "Length Required")
QUOTA = "policies.ratelimit.QuotaViolation"


def over_quota(identifier: str) -> Answer:
    """Say that a bucket is empty."""
    return fault(429, f"Rate limit quota violation. Quota limit  exceeded. Identifier : {identifier}", QUOTA)


def several(items: typing.Sequence[Item]) -> typing.Sequence[Item] | Item | None:
    """Write a list as JSON made from XML does: one item stands alone, none is null."""
    if not items:
        return None
    return items if len(items) > 1 else items[0]


def moment(at: int) -> str:
    """Write a time as orders and positions have it: UTC, with milliseconds."""
    time = datetime.datetime.fromtimestamp(at / 1000, datetime.UTC)
    return f"{time:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


def number(value: decimal.Decimal | float, places: int = 4) -> float:
    """Write an amount as the JSON number it is on this wire."""
    return round(float(value), places)


def as_json(body: Json) -> Answer:
    """Make an answer of JSON."""
    return Answer(200, msgspec.json.encode(body), JSON_TYPE)


def as_xml(body: Json) -> Answer:
    """Make an answer of XML, which is what this venue speaks unless it is asked for JSON."""
    text = '<?xml version="1.0" encoding="UTF-8"?>' + "".join(_element(name, value) for name, value in body.items())
    return Answer(200, text.encode(), XML_TYPE)


def _element(name: str, value: object) -> str:
    if isinstance(value, list):
        return "".join(_element(name, each) for each in value)
    if value is None:
        return f"<{name}/>"
    if isinstance(value, dict):
        return f"<{name}>{''.join(_element(key, each) for key, each in value.items())}</{name}>"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{xml.sax.saxutils.escape(text)}</{name}>"
