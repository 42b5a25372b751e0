"""The expirations of a symbol: those to come, soonest first, with the days to each and its end."""

import datetime

import pytest

from brokers.contract.broker import Chain, Expiration
from brokers.instruments import calendar
from market.api import requests
from market.chains import listing
from tests.market import cast
from tests.support import moments


def expiration(date: datetime.date, root: str = "QQQ", settlement: str = "PM") -> Expiration:
    (one,) = cast.listing("QQQ").expirations
    return Expiration(date, root, "Regular", settlement, one.multiplier, one.strikes)


@pytest.mark.moment(moments.MIDDAY)
async def test_days_that_are_over_are_left_out_and_the_others_say_how_far_they_are():
    today = requests.today()
    dates = [today + datetime.timedelta(days=days) for days in (-1, 0, 30)]
    async with cast.market() as (house, _, broker):

        async def chain(underlying: str) -> Chain:
            return Chain(underlying, tuple(expiration(date) for date in dates))

        broker.chain = chain  # type: ignore[method-assign]
        found = await listing.expirations(house.hub, 1, "QQQ")
    assert [(one["date"], one["dte"]) for one in found] == [(dates[1].isoformat(), 0), (dates[2].isoformat(), 30)]
    assert [one["ends"] for one in found] == [calendar.ends("QQQ", date, "PM") for date in dates[1:]]


async def test_an_expiration_that_is_settled_in_the_morning_ends_earlier():
    async with cast.market() as (house, _, broker):

        async def chain(underlying: str) -> Chain:
            return Chain(underlying, (expiration(cast.DAY, "SPX", "AM"), expiration(cast.DAY, "SPXW", "PM")))

        broker.chain = chain  # type: ignore[method-assign]
        found = {one["root"]: one for one in await listing.expirations(house.hub, 1, "SPX")}
    assert found["SPX"]["ends"] < found["SPXW"]["ends"]
    assert found["SPX"]["dte"] == found["SPXW"]["dte"]
