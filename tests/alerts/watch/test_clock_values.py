"""The age of a price counts from when it was said, or from the bell; an option's days are the exchange's."""

import datetime

import pytest

from alerts.evaluation.hours import MarketHours
from alerts.watch.clock_values import days_left, price_age
from brokers.instruments.calendar import NEW_YORK

DAY = datetime.datetime(2026, 11, 18, tzinfo=NEW_YORK)


def at(hour: int, minute: int = 0, second: int = 0, *, day: int = 18) -> int:
    return int(DAY.replace(day=day, hour=hour, minute=minute, second=second).timestamp() * 1000)


@pytest.mark.parametrize(
    ("symbol", "said", "sessions", "now", "age"),
    [
        ("QQQ", at(12), ["regular"], at(12, 0, 30), 30),
        ("QQQ", at(16, day=17), ["regular"], at(9, 30, 5), 5),
        ("QQQ", at(16, day=17), ["extended"], at(9, 30, 5), 5.5 * 3600 + 5),
        ("QQQ", at(16, day=17), ["extended", "regular"], at(9, 30, 5), 5),
        ("QQQ", at(16, day=17), ["always"], at(9, 30, 5), 17.5 * 3600 + 5),
        ("/ESZ6", at(9), ["regular"], at(9, 30, 5), 1_805),
        ("QQQ", at(12, 0, 1), ["regular"], at(12), 0),
    ],
)
def test_a_price_is_as_old_as_its_session_at_most(symbol, said, sessions, now, age):
    found = price_age(symbol, {"at": said, "link": "L1"}, sessions, MarketHours(), now)
    assert (found.value, found.at, found.source) == (age, said, "L1")


@pytest.mark.parametrize(
    ("quote", "reason"),
    [
        (None, "no price has come yet"),
        ({"bid": 1.0}, "no price has come yet"),
        ({"at": at(12), "delayed": True}, "the data is delayed"),
    ],
)
def test_what_was_never_said_has_no_age(quote, reason):
    assert price_age("QQQ", quote, ["regular"], MarketHours(), at(12))[:2] == (None, reason)


@pytest.mark.parametrize(
    ("now", "days"),
    [(at(0), 2), (at(23, 59, 59), 2), (at(0, day=19), 1), (at(15, 59, day=20), 0), (at(0, day=21), None)],
)
def test_days_are_those_of_the_exchange_and_end_with_the_option(now, days):
    found = days_left("QQQ261120C00450000", now)
    assert (found.value, found.reason) == (days, "" if days is not None else "it has expired")
