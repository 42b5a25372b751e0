"""Splits and dividends of the market's companies, as a day begins: the seed's, and those that were ordered. Pure.

On the ex day of a dividend the price begins lower by what is paid. The seed's dividends are part of the paths of
prices; where a market never closes, its price makes that step as the day begins.
"""

import datetime
import math
import random
import typing

from simulator.market import calendar
from simulator.market.changes import Payout, ShareholderAction, Split
from simulator.market.corporate_actions import dividends_paid
from simulator.market.moves import activity
from simulator.market.tape import Tape
from simulator.market.universe import Listing

RATIOS: typing.Final = (2, 4, 5, 10)
"""New shares for an old one; strikes of options divided by them have three decimals at most, which symbols have."""
_PLAIN = 40.0
"""What a share costs after a split at least, in dollars."""
_LEAST = 1.0
_SPLITS_A_DAY = 1 / 2500
"""How likely it is that a company whose share is dear splits it on a trading day: once in ten years."""
_DAY = datetime.timedelta(days=1)


class ShareholderActions:
    """The actions of one market. With `has_own` companies act by themselves."""

    def __init__(self, seed: int, *, has_own: bool) -> None:
        self.has_own = has_own
        self.ordered_splits: dict[str, int] = {}
        self.ordered_dividends: dict[str, float] = {}
        """Dollars a share, by symbol."""
        self._seed = seed

    def order_split(self, tape: Tape, ratio: int) -> None:
        """Have shares split as the next day begins. Raises ValueError where that is not simulated."""
        if not tape.listing.has_options:
            raise ValueError(f"{tape.listing.symbol} is no share and no fund, and cannot split")
        if ratio not in RATIOS or tape.mid / ratio < _LEAST:
            raise ValueError(f"a share splits to {', '.join(map(str, RATIOS))} of {_LEAST:.0f} dollar or more")
        self.ordered_splits[tape.listing.symbol] = ratio

    def order_dividend(self, tape: Tape, amount: float) -> None:
        """Have a dividend of so many dollars a share paid as the next day begins, its ex day.

        Raises ValueError for what has no shares, and for more than half of the price.
        """
        if not tape.listing.has_options or not 0 < amount <= tape.mid / 2:
            raise ValueError(f"{tape.listing.symbol} cannot pay {amount} dollars a share")
        self.ordered_dividends[tape.listing.symbol] = amount

    def begin_day(
        self, tapes: dict[str, Tape], before: datetime.date, day: datetime.date, at: int, *, is_lively: bool
    ) -> typing.Iterator[ShareholderAction]:
        """Move tapes, whose day has just begun, as what companies do has it; yield each action right after.

        Days between `before` and `day` are made up for.
        """
        splits, dividends = self.ordered_splits, self.ordered_dividends
        self.ordered_splits, self.ordered_dividends = {}, {}
        for symbol, amount in dividends.items():
            tapes[symbol].step_down(-math.log(1.0 - amount / tapes[symbol].prev_close), at)
            yield Payout(symbol, amount, day)
        for number in range((day - before).days if self.has_own else 0):
            yield from self._own(tapes, before + (number + 1) * _DAY, at, is_lively, splits)
        for symbol, ratio in splits.items():
            tapes[symbol].split(ratio, at)
            yield Split(symbol, ratio)

    def _own(
        self, tapes: dict[str, Tape], day: datetime.date, at: int, is_lively: bool, splits: dict[str, int]
    ) -> typing.Iterator[ShareholderAction]:
        """Yield the dividends that are paid on a day, and note who splits."""
        for symbol, tape in tapes.items():
            if is_lively and (gap := tape.walk.path.gap(activity.number_of(day))):
                tape.step_down(-gap, at)
            for paid in dividends_paid(tape.listing, day):
                yield Payout(symbol, paid.amount, paid.ex_day)
            if (ratio := split_on(self._seed, tape.listing, day)) > 1:
                splits.setdefault(symbol, ratio)


def split_on(seed: int, listing: Listing, day: datetime.date) -> int:
    """Return how many new shares each old one of a company is on a day: 1 but for a rare one whose share is dear."""
    fitting = [ratio for ratio in RATIOS if listing.price / ratio >= _PLAIN]
    if listing.kind != "equity" or not fitting or not calendar.is_trading_day(day):
        return 1
    is_due = random.Random(f"{seed}:{listing.symbol}:{day}:split").random() < _SPLITS_A_DAY
    return max(fitting) if is_due else 1
