"""Splits and dividends of a symbol, and what prices of before are when they are seen from after them.

What is kept is as the venue told it; bars are adjusted when they are read. Adjusted prices of before a split are
divided, volumes multiplied by its ratio; those of before a dividend are less by the part of the last close before it
that was paid out. What was told once a split was in force is in its new shares already.
"""

import datetime
import decimal
import zoneinfo
from collections.abc import Callable, Sequence

import msgspec

from market.history.kept_bar import KeptBar
from market.models import CorporateAction

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")


class ToldBar(msgspec.Struct, frozen=True):
    """A bar, and when it came to be known as it is, in ms."""

    bar: KeptBar
    known_at: int


class Factor(msgspec.Struct, frozen=True):
    """What prices and volumes of bars that began before `time` (ms) are multiplied by.

    `is_told`: whether venues tell such bars anew, as they do after a split.
    """

    time: int
    price: decimal.Decimal
    volume: decimal.Decimal
    is_told: bool

    def concerns(self, told: ToldBar) -> bool:
        """Whether a bar is to be multiplied by it."""
        return told.bar.time < self.time and not (self.is_told and told.known_at >= self.time)


def note_action(person: int, symbol: str, ex_day: datetime.date, kind: str, value: decimal.Decimal, now: int) -> None:
    """Keep a split (new shares for one old) or a dividend (dollars a share), in the place of another one of that day.

    Raises ValueError for a value that is not above 0.
    """
    if not value > 0:
        raise ValueError(f"A {kind} is above 0, not {value}.")
    CorporateAction.objects.update_or_create(
        person_id=person, symbol=symbol, ex_day=ex_day, kind=kind, defaults={"value": value, "known_at": now}
    )


def factors(
    person: int, symbol: str, known_at: int, last_close: Callable[[int], decimal.Decimal | None]
) -> list[Factor]:
    """Return what was known at a time (ms) of splits and dividends that were in force by then.

    `last_close` tells the last close before a time, as the venue told it: a dividend of which none is known is left
    out, since there is nothing before it to adjust.
    """
    rows = CorporateAction.objects.filter(person=person, symbol=symbol, known_at__lte=known_at).order_by("ex_day")
    found = []
    for row in rows:
        time = start_of(row.ex_day)
        if time > known_at:
            continue
        if row.kind == "split":
            found.append(Factor(time, 1 / row.value, row.value, is_told=True))
        elif (close := last_close(time)) is not None and close > row.value:
            found.append(Factor(time, 1 - row.value / close, decimal.Decimal(1), is_told=False))
    return found


def start_of(day: datetime.date) -> int:
    """Return when a day of New York begins, in ms."""
    return int(datetime.datetime.combine(day, datetime.time(), NEW_YORK).timestamp() * 1000)


def adjust(told: Sequence[ToldBar], factors: Sequence[Factor]) -> list[KeptBar]:
    """Return bars as they are seen after what happened since. Adjusted values are rounded to 28 digits."""
    return [_adjusted(one.bar, [factor for factor in factors if factor.concerns(one)]) for one in told]


def _adjusted(bar: KeptBar, factors: Sequence[Factor]) -> KeptBar:
    price = volume = decimal.Decimal(1)
    for one in factors:
        price, volume = price * one.price, volume * one.volume
    prices = {name: _times(getattr(bar, name), price) for name in ("open", "high", "low", "close", "vwap")}
    return KeptBar(bar.time, **prices, volume=_times(bar.volume, volume)) if factors else bar


def _times(value: decimal.Decimal | None, factor: decimal.Decimal) -> decimal.Decimal | None:
    return None if value is None else value * factor
