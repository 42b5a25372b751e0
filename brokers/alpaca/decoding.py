"""What this venue's answers over REST mean. Pure.

Source: docs.alpaca.markets; errors are `{"code": 40310000, "message": …}` where the venue itself answers, and may be
`{"message": "forbidden."}` or a page where its edge does.
"""

import typing
from collections.abc import Mapping
from typing import Any

import msgspec

from brokers.adapter.http import parse
from brokers.adapter.rate_limits import RateLimitHeaders

Raw = dict[str, Any]

INTERVAL_S = 60
"""How long an allowance lasts."""
_PASSING = (408, 425, 500, 502, 503, 504)

Kind = typing.Literal["key", "quota", "passing", "refused"]


class AlpacaRefusal(msgspec.Struct, frozen=True):
    """What an error comes to: the key is refused, a limit was reached, it may pass, or it will not.

    `code` can be shown. `words` are the venue's own, and may quote what was sent.
    """

    kind: Kind
    code: str
    words: str = ""


def read(status: int, body: bytes) -> Any | AlpacaRefusal:
    """Read an answer: an object or list, None where there is nothing to read, or what its error comes to."""
    if status == 204:
        return None
    answer = _json(body)
    if status < 400:
        return AlpacaRefusal("passing", "no JSON") if answer is _NOTHING else answer
    error = answer if isinstance(answer, dict) else {}
    code, words = error.get("code"), error.get("message")
    text = words if isinstance(words, str) else ""
    return AlpacaRefusal(_kind(status, code), str(code) if isinstance(code, int) else "", text[:300])


_NOTHING = object()


def _json(body: bytes) -> Any:
    try:
        return parse(body)
    except ValueError:
        return _NOTHING


def _kind(status: int, code: Any) -> Kind:
    if status == 401 or (status == 403 and code is None):
        return "key"
    if status == 429:
        return "quota"
    return "passing" if status in _PASSING else "refused"


def rate_limit_headers(headers: Mapping[str, str]) -> RateLimitHeaders | None:
    """Read what an answer says of the allowance: `X-RateLimit-Limit`, `-Remaining` and `-Reset` (s since the epoch)."""
    try:
        limit, remaining, reset = (int(headers[f"x-ratelimit-{name}"]) for name in ("limit", "remaining", "reset"))
    except (KeyError, ValueError):
        return None
    return RateLimitHeaders(limit, max(0, limit - remaining), reset * 1000)


def text(value: Any) -> str | None:
    """Read a text; an empty one is none."""
    return value if isinstance(value, str) and value else None


def objects(answer: Any) -> list[Raw]:
    """Return the objects of a list. Raises ValueError where it is none."""
    if not isinstance(answer, list):
        raise ValueError("no list")
    return [each for each in answer if isinstance(each, dict)]
