"""An execution-only venue feeds nothing: no quote, no Greek, no candle, no mark, whatever its adapter tries."""

import asyncio
import datetime
import pathlib
import typing
from decimal import Decimal

import pytest

from accounts.links import order
from accounts.models import User
from brokers import catalogue
from brokers.adapter.execution_only import of_accounts
from brokers.catalogue import Venue
from brokers.contract.broker import Capabilities, Credentials, Endpoints, Identity, Series, unguarded
from brokers.contract.errors import CredentialsRejected, NotSupported
from brokers.contract.events import (
    MARKET_DATA,
    STATE_EVENTS,
    Balance,
    Candle,
    Day,
    Greeks,
    Link,
    Market,
    Position,
    Profile,
    Quote,
    Underlying,
)
from streaming.wire.subscription import Subscription
from tests.accounts.conftest import make_link
from tests.support.corridor import House, Info, MemoryLinks, Reader
from tests.support.people import ALICE, PASSWORD

VENUE = Venue(
    name="fills",
    title="Fills",
    adapter=f"{__name__}.Greedy",
    addresses={"live": Endpoints("https://fills.invalid")},
    fields=(),
    execution_only=True,
)
SERIES = Series("QQQ", "1m")
OPTION = "QQQ261218C00500000"
EVERYTHING = Subscription(
    quotes=frozenset({"QQQ"}),
    greeks=frozenset({OPTION}),
    underlyings=frozenset({"QQQ"}),
    candles=frozenset({SERIES}),
    topics=frozenset({"portfolio", "links", "market"}),
)
PRICED = {"mark", "mark_source", "close_price", "day_pl", "open_pl"}


def market() -> list:
    """One of each event that is no account's."""
    return [
        Quote(symbol="QQQ", bid=1.0, ask=2.0, last=1.5, source="fills_stream"),
        Day(symbol="QQQ", open=1.0),
        Profile(symbol="QQQ", description="ours"),
        Greeks(symbol=OPTION, delta=0.5, source="feed"),
        Underlying(symbol="QQQ", iv=0.2),
        Candle(symbol="QQQ", interval="1m", time=60_000, close=1.5),
        Market(session="open"),
    ]


class Greedy:
    """An adapter that tells of the market all it can, asked or not."""

    venue = "fills"
    capabilities: typing.ClassVar[Capabilities] = Capabilities(
        quotes=True, greeks=True, accounts=True, candles=True, chains=True, metrics=True, hours=True, orders=True
    )
    made: typing.ClassVar[list["Greedy"]] = []

    def __init__(self, *, link, credentials, endpoints, environment) -> None:
        self.link = link
        self.renewed = None
        self.guard = unguarded
        self.watches: list = []
        self.closed = False
        Greedy.made.append(self)

    def held(self) -> Position:
        return Position(
            link=self.link, account="F1", symbol="QQQ", quantity=Decimal(3), average_price=Decimal(400),
            mark=Decimal(1), mark_source="last", close_price=Decimal(2), day_pl=Decimal(3), open_pl=Decimal(4),
        )  # fmt: skip

    async def run(self, watch, emit) -> None:
        self.watches.append(watch)
        emit(Link(link=self.link, state="live"))
        for event in (*market(), self.held(), Balance(link=self.link, account="F1", balance=Decimal(7))):
            emit(event)
        await asyncio.Event().wait()

    async def verify(self):
        return Identity(())

    async def balances(self):
        return [Balance(link=self.link, account="F1", balance=Decimal(7))]

    async def positions(self):
        return [self.held()]

    async def candles(self, series, start):
        return [Candle(symbol="QQQ", interval="1m", time=60_000, close=1.5)]

    async def chain(self, underlying):
        raise AssertionError("it was asked for a chain")

    async def metrics(self, symbols):
        raise AssertionError("it was asked for metrics")

    async def hours(self):
        raise AssertionError("it was asked for hours")

    async def close(self) -> None:
        self.closed = True


class Catalogued(MemoryLinks):
    """Links whose brokers the catalogue opens where their venue is in it."""

    async def broker(self, link):
        if link.venue not in catalogue.VENUES:
            return await super().broker(link)
        return catalogue.open_broker(
            link.venue, link.environment, Credentials(), link=str(link.id), run_dir=pathlib.Path()
        )


@pytest.fixture(autouse=True)
def _venue(monkeypatch) -> None:
    monkeypatch.setitem(catalogue.VENUES, VENUE.name, VENUE)
    monkeypatch.setattr(Greedy, "made", [])


def opened() -> typing.Any:
    return catalogue.open_broker("fills", "live", Credentials(), link="x", run_dir=pathlib.Path())


async def test_alone_it_shows_accounts_and_nothing_of_the_market_though_everything_is_watched():
    fills = Info(venue="fills", environment="live", feeds=False)
    async with House(Catalogued(p1=[fills])) as house:
        reader = Reader(house, 1, EVERYTHING).join()
        await reader.until(lambda r: ("balance", "F1") in r.slots)
        kinds = {key[0] for key in reader.slots}
        assert kinds == {"link", "balance", "position"}
        position = reader.slots["position", "QQQ"]
        assert (position["quantity"], position["average_price"]) == (3, 400)
        assert {position[name] for name in PRICED} == {None}
        (adapter,) = Greedy.made
        assert adapter.watches[0].demand == type(adapter.watches[0].demand)(), "it is not told what is watched"


async def test_it_does_not_stand_in_for_a_venue_that_is_refused():
    prices, fills = Info(label="prices"), Info(venue="fills", environment="live", label="fills", feeds=False)
    async with House(Catalogued(p1=[fills, prices])) as house:
        reader = Reader(house, 1, EVERYTHING).join()
        feed = await house.links.live(prices)
        assert feed.watch.demand.quotes == {"QQQ"}, "the first link that may feed does, wherever it stands"
        feed.say(Quote(symbol="QQQ", bid=450.0, source="venue_stream"))
        await reader.until(lambda r: r.slots.get(("quote", "QQQ"), {}).get("bid") == 450)
        feed.fail(CredentialsRejected("revoked"))
        await reader.until(lambda r: r.slots["link", str(prices.id)]["state"] == "refused")
        await reader.until(lambda r: ("balance", "F1") in r.slots)
        quote = reader.slots["quote", "QQQ"]
        assert (quote["bid"], quote["source"], quote["link"]) == (450, "venue_stream", str(prices.id))
        assert not {"day", "profile", "greeks", "underlying", "candle", "market"} & {key[0] for key in reader.slots}


async def test_what_it_is_asked_of_the_market_it_cannot_tell():
    broker = opened()
    assert broker.capabilities == Capabilities(accounts=True, orders=True)
    start = datetime.datetime(2026, 1, 5, tzinfo=datetime.UTC)
    for asked in (broker.candles(SERIES, start), broker.chain("QQQ"), broker.metrics(["QQQ"]), broker.hours()):
        with pytest.raises(NotSupported):
            await asked
    assert [balance.balance for balance in await broker.balances()] == [7]
    (held,) = await broker.positions()
    assert held.quantity == 3
    assert {getattr(held, name) for name in PRICED} == {None}


async def test_guard_and_renewal_reach_its_adapter_and_it_is_closed():
    def refuse(deadline: int | None = None) -> None:
        raise AssertionError

    told: list = []
    broker = opened()
    broker.guard, broker.renewed = refuse, lambda *given: told.append(given)
    adapter: typing.Any = Greedy.made[0]
    assert (adapter.guard, broker.guard) == (refuse, refuse)
    adapter.renewed(Credentials(a="b"), Credentials(a="c"))
    assert told == [({"a": "b"}, {"a": "c"})]
    assert (await broker.verify()).accounts == ()
    await broker.close()
    assert adapter.closed


def test_only_what_is_listed_as_a_matter_of_accounts_passes():
    account = {
        "balance": {"link": "x", "account": "F1"},
        "position": {"link": "x", "account": "F1", "symbol": "QQQ"},
        "exposure": {"environment": "live", "underlying": "QQQ"},
        "portfolio": {"environment": "live", "link": "x", "account": "F1"},
        "alert_state": {"rule": "1"},
        "insight": {"symbol": "QQQ"},
    }
    told = {type(event): event for event in market()}
    assert not set(MARKET_DATA) - told.keys(), "an event is missing above"
    for kind in STATE_EVENTS:
        tag = str(kind.__struct_config__.tag)
        event = told.get(kind) or kind(**account.get(tag, {"link": "x"}))
        passes = kind in (Balance, Position, Link)
        assert of_accounts(event) == (event if passes else None), tag


def test_the_catalogue_decides_which_links_feed(db):
    person = User.objects.create_user(ALICE, PASSWORD)
    made = make_link(person, "Main")
    assert [link.feeds for link in order.links_of(person.pk)] == [True]
    for venue in ("fills", "gone"):
        type(made).objects.update(venue=venue)
        assert [link.feeds for link in order.links_of(person.pk)] == [False]
