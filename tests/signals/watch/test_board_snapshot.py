"""A snapshot says what was known when it was taken: what is old, delayed or told by nobody is missing."""

import datetime
import typing

import pytest

from accounts.models import User
from brokers.contract.broker import Broker, Capabilities, Metrics
from brokers.contract.events import Event, Quote, Underlying
from lib.clock import now_ms
from news.models import NewsItem, NewsSymbol
from news.store.writer import store_statuses
from signals.features.snapshot import OPTIONS_OLD_MS, QUOTE_OLD_MS
from signals.watch.board_snapshot import SnapshotReader, count_news, days_until
from streaming.board.board import Board
from streaming.feeds.allowance import FeedAllowances
from tests.news.test_news_command import put
from tests.support.moments import new_york


class MetricsBroker:
    """Computes what it was given, and counts how often it is asked."""

    capabilities = Capabilities(metrics=True)

    def __init__(self, earnings: datetime.date | None) -> None:
        self.earnings, self.asked = earnings, 0

    async def metrics(self, symbols: typing.Collection[str]) -> list[Metrics]:
        self.asked += 1
        empty: dict[str, typing.Any] = dict.fromkeys(Metrics.__struct_fields__)
        return [
            Metrics(**{**empty, "symbol": one, "earnings": self.earnings, "iv_rank": 33.0, "term": ()})
            for one in symbols
        ]


class Ledger:
    """Answers that so many items came."""

    def __init__(self, items: int | None) -> None:
        self.items = items

    async def read(self, work: object, *values: object) -> tuple[int | None, int | None]:
        return self.items, 1 if self.items else None


class Desk:
    """What a reader needs of a person's manager."""

    person = 1

    def __init__(self, *events: Event, broker: MetricsBroker | None = None, items: int | None = None) -> None:
        self.board, self.ledger, self.broker = Board("1-x"), Ledger(items), broker
        self.allowances = FeedAllowances()
        for event in events:
            self.board.apply(event, "link")

    def shows(self, link: str) -> bool:
        return True

    async def sources(self, preferred: str | None = None) -> dict[str, Broker]:
        return {} if self.broker is None else {"link": typing.cast(Broker, self.broker)}


def reader(*events: Event, **told: typing.Any) -> SnapshotReader:
    return SnapshotReader(typing.cast(typing.Any, Desk(*events, **told)))


def quote(ago: int = 0, *, delayed: bool = False) -> Quote:
    return Quote(symbol="QQQ", bid=1.0, ask=2.0, bid_size=3.0, ask_size=None, delayed=delayed, at=now_ms() - ago)


async def test_what_the_board_says_of_now_is_told():
    options = Underlying(symbol="QQQ", iv=0.2, front_iv=0.3, back_iv=0.25, iv_rank=40.0, at=now_ms())
    told = await reader(quote(), options, items=2).read("QQQ")
    assert (told.bid, told.ask, told.bid_size, told.ask_size) == (1.0, 2.0, 3.0, None)
    assert (told.iv, told.front_iv, told.back_iv, told.iv_rank, told.news) == (0.2, 0.3, 0.25, 40.0, 2)
    assert told.earnings_days is None


async def test_what_is_old_delayed_or_of_another_symbol_is_missing():
    for events in (
        [quote(QUOTE_OLD_MS + 1_000)], [quote(delayed=True)], [],
        [Underlying(symbol="QQQ", iv=0.2, at=now_ms() - OPTIONS_OLD_MS - 1_000)],
    ):  # fmt: skip
        told = await reader(*events).read("QQQ")
        assert (told.bid, told.ask, told.iv, told.news) == (None, None, None, None)
    assert (await reader(quote()).read("SPY")).bid is None


async def test_what_a_venue_computes_is_asked_for_once_and_gives_way_to_what_streams():
    day = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=9)
    broker = MetricsBroker(day)
    one = reader(broker=broker)
    told = [await one.read("QQQ") for _ in range(3)]
    assert {snapshot.iv_rank for snapshot in told} == {33.0}
    assert {snapshot.earnings_days for snapshot in told} <= {9, 10}
    assert broker.asked == 1
    one.forget(["QQQ"])
    await one.read("QQQ")
    assert broker.asked == 2
    streamed = reader(Underlying(symbol="QQQ", iv_rank=50.0, at=now_ms()), broker=broker)
    assert (await streamed.read("QQQ")).iv_rank == 50.0


def test_days_are_those_of_the_exchange():
    late = int(new_york("2026-11-18 23:30").timestamp() * 1000)
    assert days_until(datetime.date(2026, 11, 18), late) == 0
    assert days_until(datetime.date(2026, 11, 19), late) == 1
    assert days_until(datetime.date(2026, 11, 17), late) is None
    assert days_until(None, late) is None


@pytest.mark.django_db
def test_news_are_counted_by_symbol_and_arrival_and_those_of_others_are_not():
    alice, bob = (User.objects.create_user(f"{name}@example.com") for name in ("alice", "bob"))
    assert count_news(alice.pk, "NVDA", 0) == (None, None), "no source runs"
    store_statuses(0, [{"source": "fed", "name": "Fed", "state": "asked", "owner": "desk"}])
    assert count_news(alice.pk, "NVDA", 0) == (0, None)
    for owner, number in ((0, 1), (0, 5), (alice.pk, 7), (bob.pk, 8)):
        put(owner, number, "a headline")
        item = NewsItem.objects.get(list=owner, number=number)
        NewsSymbol.objects.create(item=item, symbol="NVDA", received_at=item.received_at)
    assert count_news(alice.pk, "NVDA", 0) == (3, 7_000)
    assert count_news(alice.pk, "NVDA", 5_000) == (2, 7_000)
    assert count_news(bob.pk, "NVDA", 5_001) == (1, 8_000)
    assert count_news(alice.pk, "AMD", 0) == (0, None)
