"""Reading what a DXLink client asks for: timeouts and subscriptions. Pure."""

import typing

from simulator.tastytrade.dxlink.events import TYPES

LONGEST_SILENCE_S = 60.0
_LAST_MS = 2**43


def seconds(value: object) -> float:
    """Read a keepalive timeout a client asked for: at most the longest silence this server bears."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return min(float(value), LONGEST_SILENCE_S)
    return LONGEST_SILENCE_S


def are_subscriptions(items: object) -> bool:
    """Whether `items` are what `add` and `remove` hold."""
    return isinstance(items, list) and all(
        isinstance(item, dict) and isinstance(item.get("type"), str) and isinstance(item.get("symbol"), str)
        for item in items
    )


def subscriptions(items: object) -> typing.Iterator[tuple[str, str, int | None]]:
    """Read the (type, symbol, fromTime) of an `add` or `remove`; what this server does not carry is passed over."""
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and item.get("type") in TYPES and isinstance(item.get("symbol"), str):
            since = item.get("fromTime")
            if not isinstance(since, int | float) or isinstance(since, bool) or not 0 <= since < _LAST_MS:
                since = None
            yield item["type"], item["symbol"], None if since is None else int(since)
