"""The part of a chain that was last known, where its venue cannot be asked for all of it. Pure."""

import collections
import datetime
import decimal
from collections.abc import Iterable

from brokers.contract.broker import Expiration, Strike
from brokers.instruments.symbols import Option, parse_option
from streaming.board.board import Item


def kept_expiration(
    symbol: str, items: Iterable[Item], today: datetime.date, chosen: datetime.date | None = None
) -> Expiration | None:
    """Return the options on `symbol` whose Greeks are among `items`: of the `chosen` day, or of that with the most.

    Options that have ended are left out. None where there is none.
    """
    days: dict[tuple[datetime.date, str], list[Option]] = collections.defaultdict(list)
    for item in items:
        if item["type"] != "greeks" or (option := parse_option(item["symbol"])) is None:
            continue
        if option.root == symbol and option.expiry >= today and chosen in (None, option.expiry):
            days[option.expiry, option.root].append(option)
    if not days:
        return None
    (date, root), options = max(days.items(), key=lambda one: (len(one[1]), one[0]))
    return Expiration(date, root, None, None, None, _strikes(options))


def _strikes(options: Iterable[Option]) -> tuple[Strike, ...]:
    sides: dict[decimal.Decimal, dict[str, str]] = collections.defaultdict(dict)
    for option in options:
        sides[option.strike][option.right] = option.symbol
    return tuple(Strike(strike, sides[strike].get("C"), sides[strike].get("P")) for strike in sorted(sides))
