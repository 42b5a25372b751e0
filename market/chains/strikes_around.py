"""Where the money is: which strikes stand around a price, and which expiration is looked at first. Pure."""

import typing
from collections.abc import Sequence

from brokers.contract.broker import Strike

USUAL_DAYS = 30
"""How far away the expiration is that is looked at first: volatilities are quoted for about so many days."""

Item = dict[str, typing.Any]


def nearest(strikes: Sequence[Strike], price: float | None) -> int:
    """Return the place of the strike nearest to `price`, the lower of two; the middle one where it is not known."""
    if price is None:
        return len(strikes) // 2
    return min(range(len(strikes)), key=lambda place: abs(float(strikes[place].strike) - price))


def band(strikes: Sequence[Strike], price: float | None, rows: int) -> Sequence[Strike]:
    """Return so many strikes around the money; near an end of the list, still as many as there are."""
    if rows >= len(strikes):
        return strikes
    first = nearest(strikes, price) - rows // 2
    first = max(0, min(first, len(strikes) - rows))
    return strikes[first : first + rows]


def side(strike: Strike, price: float | None) -> str:
    """Return which option of a strike is in the money: `call`, `put` or, where nobody knows, neither."""
    if price is None:
        return ""
    return "call" if float(strike.strike) < price else "put"


def usual(days: Sequence[Item]) -> Item | None:
    """Return the expiration (`dte`: days to it) that is looked at first."""
    listed = (day for day in days if day["strikes"])
    return min(listed, key=lambda day: (abs(day["dte"] - USUAL_DAYS), -day["strikes"]), default=None)
