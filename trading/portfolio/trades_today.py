"""What was dealt in one symbol of one account today, and what that realised. Pure."""

import datetime
import decimal
import zoneinfo
from collections.abc import Sequence

import msgspec

from trading.portfolio.pnl import ZERO, Lots, Trade, Traded, day_pl

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
SATURDAY = 5

Key = tuple[str, str, str]
"""Link, account, symbol."""


class TradesToday(msgspec.Struct, frozen=True):
    """What the trades of today come to, fees that were booked apart among theirs.

    `realised_pl` is what closing made of it against cost, fees taken off; None where that cost is not known.
    `multiplier` and `underlying` are what the fills told, None where they did not.
    """

    traded: Traded = Traded()
    realised_pl: decimal.Decimal | None = ZERO
    multiplier: decimal.Decimal | None = None
    underlying: str | None = None

    def day_pl(
        self,
        held: decimal.Decimal,
        mark: decimal.Decimal | None,
        close: decimal.Decimal | None,
        multiplier: decimal.Decimal,
    ) -> decimal.Decimal | None:
        """What the day made, fees taken off; None where a price is missing that it takes."""
        return day_pl(held, mark, close, self.traded, multiplier)


NONE = TradesToday()


def realised(
    held: decimal.Decimal, before: Sequence[Trade], today: Sequence[Trade], multiplier: decimal.Decimal
) -> decimal.Decimal | None:
    """Return what the trades of today made by closing, fees taken off; None where what they closed has no known cost.

    What is `held` beyond all trades that are known was there before them, at a cost that nobody knows.
    """
    lots = Lots(multiplier, held - sum((trade.quantity for trade in (*before, *today)), ZERO))
    for trade in before:
        lots.trade(trade)
    lots.realised = lots.fees = ZERO
    for trade in today:
        lots.trade(trade)
    return None if lots.realised is None else lots.realised - lots.fees


def day_began(now: int) -> int:
    """Return when the day of `now` began for the exchange, both in ms: its midnight; on weekends that of Friday."""
    moment = datetime.datetime.fromtimestamp(now / 1000, NEW_YORK)
    day = moment.date() - datetime.timedelta(days=max(0, moment.weekday() - SATURDAY + 1))
    return int(datetime.datetime.combine(day, datetime.time(), NEW_YORK).timestamp()) * 1000
