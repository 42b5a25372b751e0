"""A person with two venues for market data: each symbol by the better one, labelled, replaced in time, compared."""

import asyncio
import datetime
import functools
import time
import typing

import pytest

from brokers.contract.broker import Series
from brokers.contract.errors import CredentialsRejected, LinkLost
from brokers.contract.events import Candle, Day, Greeks, Link, Market, Profile, Quote
from lib.clock import now_ms
from streaming.feeds.arbiter import SAMPLED
from streaming.feeds.router import GRACE_S
from streaming.feeds.source import FeedTimes
from streaming.wire.subscription import Subscription
from tests.support import virtual_time
from tests.support.corridor import House, Info, MemoryLinks, Reader, TalkingBroker

AT = datetime.datetime(2026, 11, 20, 15, 0, tzinfo=datetime.UTC)
SYMBOLS = ["QQQ", "SPY", "IWM", "GLD", "TLT", "/ESZ6"]
OPTION = "QQQ261218C00500000"
SERIES = Series("QQQ", "1m")
DESK = Subscription(
    quotes=frozenset(SYMBOLS), greeks=frozenset({OPTION}), candles=frozenset({SERIES}),
    topics=frozenset({"portfolio", "links", "market"}),
)  # fmt: skip
WITHIN_S = 15.0
CALM_S = FeedTimes().calm_s
real_boottime = functools.partial(time.clock_gettime, time.CLOCK_BOOTTIME)
"""The lease is renewed by a thread, so it keeps the real clock."""


class Babbler:
    """Lets one broker tell twice a second all it is asked for and knows, at a price of its own."""

    def __init__(self, links: MemoryLinks, info: Info, price: float) -> None:
        self.links = links
        self.info = info
        self.price = price
        self.knows = {*SYMBOLS, OPTION}
        self.talks = True
        self.told = 0
        self.repeats = False
        """Whether it says the same all the time, as venues do that are polled."""
        self.source = f"{info.label}_stream"
        self.session: typing.Literal["pre", "open"] = "open"

    @property
    def broker(self) -> TalkingBroker:
        return self.links.brokers[self.info.id]

    @property
    def asked(self) -> set[str]:
        return set(self.broker.watch.demand.quotes)

    async def talk(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            if self.talks and self.info.id in self.links.brokers and self.broker.running.is_set():
                self.tell()

    def tell(self) -> None:
        wanted, price = self.broker.watch.demand, self.price
        self.told += not self.repeats
        for symbol in wanted.quotes & self.knows:
            self.broker.say(
                Quote(symbol=symbol, bid=price, bid_size=self.told, ask=price + 0.02, source=self.source, at=now_ms()),
                Day(symbol=symbol, volume=price),
            )
        for symbol in wanted.greeks & self.knows:
            self.broker.say(Greeks(symbol=symbol, delta=price / 1000, rho=self.told, source="feed", at=now_ms()))
        for one in wanted.candles:
            self.broker.say(Candle(symbol=one.symbol, interval=one.interval, time=60_000, close=price, at=now_ms()))
        self.broker.say(Market(session=self.session, at=now_ms()))


class Scene:
    """A person who watches, with two links that babble: `main` is the first, `spare` the second."""

    def __init__(self, house: House, reader: Reader, main: Babbler, spare: Babbler) -> None:
        self.house, self.reader, self.main, self.spare = house, reader, main, spare

    def of(self, kind, symbol="QQQ"):
        return self.reader.slots.get((kind, symbol), {})

    def by(self, babbler, symbols=SYMBOLS) -> bool:
        """Whether all that is shown of `symbols` comes by one link."""
        return {self.of("quote", symbol).get("link") for symbol in symbols} == {str(babbler.info.id)}

    def notices(self, code) -> list[dict]:
        told = (fact for frame in self.reader.of("frame") for fact in frame.get("facts", []))
        return [fact for fact in told if fact["code"] == code]

    async def within(self, seconds, holds) -> float:
        """Wait until `holds()`; return how long that took."""
        began = time.monotonic()
        async with asyncio.timeout(seconds):
            while not holds():
                await asyncio.sleep(0.1)
        return time.monotonic() - began


def play(scene, *more: Info, **of_main) -> None:
    """Run a scene in virtual time."""

    async def main(clock):
        infos = [Info(label="main", **of_main), Info(label="spare"), *more]
        links = MemoryLinks(p1=infos)
        async with House(links, clock=real_boottime) as house:
            reader = Reader(house, 1, DESK).join()
            babblers = [Babbler(links, info, price) for info, price in zip(infos, (450.0, 450.1), strict=False)]
            talking = [asyncio.create_task(one.talk()) for one in babblers]
            try:
                await scene(Scene(house, reader, *babblers))
            finally:
                for task in talking:
                    task.cancel()
                await asyncio.wait(talking)

    virtual_time.run(AT, main)


def test_the_first_feeds_and_the_second_is_asked_for_a_few_symbols_only():
    async def scene(on):
        await on.within(5, lambda: on.by(on.main))
        await asyncio.sleep(30)
        assert on.by(on.main)
        assert (on.of("quote")["source"], on.of("quote")["bid"], on.of("day")["volume"]) == ("main_stream", 450, 450)
        assert on.main.asked == set(SYMBOLS)
        assert len(on.spare.asked) == SAMPLED
        wanted = on.spare.broker.watch.demand
        assert not wanted.greeks
        assert not wanted.candles
        assert on.notices("feed_moved") == []

    play(scene)


def test_a_mute_first_is_replaced_within_15_s_with_all_it_fed_and_comes_back_calmly():
    async def scene(on):
        await on.within(5, lambda: on.by(on.main))
        await asyncio.sleep(5)
        on.main.talks = False
        took = await on.within(WITHIN_S, lambda: on.by(on.spare))
        assert took > 5, "it was given time to speak"
        quote = on.of("quote")
        assert (quote["source"], quote["bid"]) == ("spare_stream", 450.1)
        await on.within(2, lambda: on.of("greeks", OPTION).get("link") == quote["link"])
        assert on.of("candle")["close"] == 450.1
        await on.within(5, lambda: on.notices("feed_moved"))
        (moved,) = on.notices("feed_moved")
        assert moved["text"] == "Prices come by spare now, no more by main"
        on.main.talks = True
        assert CALM_S - 1 < await on.within(20, lambda: on.by(on.main)) < CALM_S + 3
        await on.within(5, lambda: len(on.notices("feed_moved")) == 2)
        assert [moved["link"] for moved in on.notices("feed_moved")] == [str(on.spare.info.id), str(on.main.info.id)]

    play(scene)


def test_a_first_that_is_refused_or_lost_is_replaced_and_its_last_values_stay_until_then():
    async def scene(on):
        await on.within(5, lambda: on.by(on.main))
        on.main.broker.say(Day(symbol="QQQ", open=444.0))
        await asyncio.sleep(3)
        assert on.of("day")["open"] == 444
        on.main.broker.fail(LinkLost("no route", retry_after=60))
        await asyncio.sleep(1)
        assert on.by(on.main), "it may be back in a moment"
        await on.within(WITHIN_S, lambda: on.by(on.spare))
        assert (on.of("day")["volume"], on.of("day")["open"]) == (450.1, None), "no slot has fields of two links"
        await on.within(90, lambda: on.by(on.main))
        on.main.broker.fail(CredentialsRejected("revoked"))
        await on.within(3, lambda: on.by(on.spare))
        assert not on.main.broker.watch.demand.quotes

    play(scene)


def test_credentials_without_market_data_leave_it_to_the_next_link():
    async def scene(on):
        on.main.talks = False
        await on.house.links.live(on.main.info)
        on.main.broker.say(Link(link=str(on.main.info.id), state="live", feed_at=None, reason="no market data"))
        await on.within(5, lambda: on.by(on.spare))

    play(scene)


def test_what_the_first_does_not_tell_comes_by_the_second_beside_it():
    async def scene(on):
        on.main.knows -= {"/ESZ6", OPTION}
        await on.within(WITHIN_S, lambda: on.by(on.spare, ["/ESZ6"]) and on.by(on.main, SYMBOLS[:-1]))
        assert on.of("greeks", OPTION)["link"] == str(on.spare.info.id)
        on.main.broker.say(Profile(symbol="GLD", status="unlisted"))
        on.main.knows -= {"GLD"}
        await on.within(4, lambda: on.by(on.spare, ["GLD"]))
        assert on.of("profile", "GLD").get("status") != "unlisted", "it is listed where it comes from"

    play(scene)


def test_one_word_on_the_session_of_the_market_is_believed():
    async def scene(on):
        on.spare.session = "pre"
        await on.within(5, lambda: on.by(on.main))
        await asyncio.sleep(10)
        sessions = [item["session"] for f in on.reader.of("frame") for item in f["state"] if item["type"] == "market"]
        assert set(sessions) == {"open"}

    play(scene)


def test_a_simulated_venue_is_no_stand_in_for_a_real_one():
    async def scene(on):
        on.spare.session = "pre"
        await on.within(5, lambda: on.by(on.main))
        await asyncio.sleep(3)
        sessions = [item["session"] for f in on.reader.of("frame") for item in f["state"] if item["type"] == "market"]
        assert set(sessions) == {"open"}, "nor is its market the real one's"
        on.main.broker.fail(CredentialsRejected("revoked"))
        await asyncio.sleep(60)
        assert on.by(on.main), "its last values stay, and are shown as old"
        assert not on.spare.asked

    play(scene, environment="live")


def test_two_fresh_sources_that_differ_are_told_of_once_with_both_numbers():
    async def scene(on):
        await on.within(5, lambda: on.by(on.main))
        await asyncio.sleep(20)
        assert on.notices("sources_diverge") == []
        on.spare.price = 459.0
        await on.within(10, lambda: len(on.notices("sources_diverge")) == SAMPLED)
        await asyncio.sleep(60)
        told = on.notices("sources_diverge")
        assert len({notice["symbol"] for notice in told}) == len(told) == SAMPLED
        for notice in told:
            assert (notice["price"], notice["other_price"]) == (450.01, 459.01)
            assert (notice["link"], notice["other"]) == (str(on.main.info.id), str(on.spare.info.id))
            assert notice["text"] == f"{notice['symbol']} is 450.01 by main and 459.01 by spare: 2.0% apart"

    play(scene)


def test_delayed_data_is_not_compared_and_goes_after_real_time():
    async def scene(on):
        await on.within(5, lambda: on.by(on.main))
        on.main.broker.say(Link(link=str(on.main.info.id), delayed=True))
        on.main.price = 440.0
        await on.within(30, lambda: on.by(on.spare))
        assert on.notices("sources_diverge") == []

    play(scene)


def test_the_persons_order_decides_and_a_link_that_is_removed_leaves_all_to_the_other():
    async def scene(on):
        await on.within(5, lambda: on.by(on.main))
        links = on.house.links.people
        links[1] = [on.spare.info, on.main.info]
        on.house.host.links_changed(1)
        await on.within(30, lambda: on.by(on.spare))
        assert on.main.broker.running.is_set(), "nothing was closed for it"
        links[1] = [on.main.info]
        on.house.host.links_changed(1)
        await on.within(3, lambda: on.by(on.main))
        manager = on.house.host.people[1].manager
        assert not manager.feeding.several, "one link costs what one link costs"

    play(scene)


def test_what_a_link_told_while_it_was_the_only_one_is_still_its_own_when_another_is_linked():
    """What trades rarely has nothing new to say: that is no reason to show somebody else's word for it."""

    async def scene(on):
        links = on.house.links.people
        links[1] = [on.main.info]
        on.house.host.links_changed(1)
        await on.within(5, lambda: on.by(on.main) and on.of("greeks", OPTION))
        assert not on.house.host.people[1].manager.feeding.several
        for babbler in (on.main, on.spare):
            babbler.knows -= {"GLD", OPTION}
        links[1] = [on.main.info, on.spare.info]
        on.house.host.links_changed(1)
        await on.house.links.live(on.spare.info)
        await on.within(30, lambda: OPTION in on.spare.broker.watch.demand.greeks)
        on.spare.broker.say(Greeks(symbol=OPTION, delta=0.1, source="feed", at=now_ms()))
        await on.within(30, lambda: "GLD" in on.spare.asked)
        on.spare.broker.say(Quote(symbol="GLD", bid=1.0, ask=1.1, source="spare_stream", at=now_ms()))
        await asyncio.sleep(3 * WITHIN_S)
        assert on.by(on.main)
        assert on.of("greeks", OPTION)["link"] == str(on.main.info.id)

    play(scene)


@pytest.mark.long
def test_a_market_that_rests_stays_with_the_first_however_often_the_second_says_the_same():
    async def scene(on):
        on.spare.repeats = True
        await on.within(5, lambda: on.by(on.main) and on.of("greeks", OPTION))
        await asyncio.sleep(WITHIN_S)
        on.main.talks = False
        await asyncio.sleep(20 * WITHIN_S)
        assert on.by(on.main)
        assert on.notices("feed_moved") == []
        on.spare.repeats = False
        await on.within(WITHIN_S, lambda: on.by(on.spare))

    play(scene)


def test_what_nobody_watches_any_more_is_kept_nowhere():
    async def scene(on):
        on.main.knows -= {"/ESZ6"}
        await on.within(WITHIN_S, lambda: on.by(on.spare, ["/ESZ6"]))
        on.house.hub.show(on.reader.socket, Subscription(topics=DESK.topics))
        await asyncio.sleep(3 * GRACE_S)
        feeding = on.house.host.people[1].manager.feeding
        assert not [slots for slots in feeding._aside.values() if any(slot[0] != "market" for slot in slots)]
        assert not (on.main.asked | on.spare.asked)

    play(scene)
