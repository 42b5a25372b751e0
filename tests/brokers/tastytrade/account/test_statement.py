"""Claims about statements of tastytrade: what is much to read is read once a day, but not before it was told."""

import datetime
import typing

import pytest

from brokers.adapter.error_mapping import StreamDropped
from brokers.contract.errors import LinkLost
from brokers.tastytrade.account import statement
from brokers.tastytrade.session import TastytradeSession
from tests.brokers.stand import Stand
from tests.brokers.tastytrade.conftest import impatient

YESTERDAY = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)


async def asked(venue: Stand) -> int:
    """How often lists of orders were asked for, today's beside."""
    requests: dict[str, int] = (await venue.stats())["requests"]
    return sum(requests.get(f"GET /accounts/{number}/orders", 0) for number in venue.accounts())


async def test_old_orders_are_read_once_a_day_and_again_where_they_were_not_told(
    venue: Stand, monkeypatch: pytest.MonkeyPatch
):
    broker, accounts = impatient(venue), len(venue.accounts())
    await venue.fault("rest", mode="cut", path=f"/accounts/{venue.accounts()[-1]}/transactions", seconds=60)
    with pytest.raises(LinkLost):
        await broker.statement(YESTERDAY)
    assert await asked(venue) == 2 * accounts, "all since then, and old ones that ended"
    await venue.fault("clear")
    await broker.statement(YESTERDAY)
    assert await asked(venue) == 4 * accounts, "nobody was told of them yet"
    await broker.statement(YESTERDAY)
    assert await asked(venue) == 5 * accounts
    monkeypatch.setattr(statement, "AGAIN_S", 0.0)
    await broker.statement(YESTERDAY + datetime.timedelta(seconds=1))
    assert await asked(venue) == 6 * accounts
    await broker.statement(YESTERDAY)
    assert await asked(venue) == 8 * accounts, "whoever asks since then again did not store what was told"
    await broker.close()


class Endless(TastytradeSession):
    """A session whose venue has always another page, of the same."""

    def __init__(self) -> None:
        self.asked = 0

    async def items(self, path: str, **params: typing.Any) -> list[dict[str, typing.Any]]:
        self.asked += 1
        assert self.asked < 100, "it asks for ever"
        return [{"id": 1}] * 50


async def test_pages_without_end_are_read_to_an_end():
    with pytest.raises(StreamDropped, match="more pages"):
        await Endless().pages("/orders", 50)
