"""The simulated market makes news, at least one every half minute, and they move its prices as they read."""

import itertools

from simulator.asgi import SimRequest
from simulator.market.market import SimMarket
from simulator.news import feeds
from simulator.news.newsroom import LEAST_S, MOST_S, Newsroom, Story

BEGAN = 1_764_000_000_000


class Clock:
    now = BEGAN

    def __call__(self) -> int:
        return self.now


def an_hour(seed: int = 1) -> tuple[SimMarket, Newsroom, list]:
    """A market's first hour: everything that was written."""
    clock, market = Clock(), SimMarket(seed, BEGAN)
    newsroom = Newsroom(market, clock)
    seen: dict[str, Story] = {}
    for _ in range(3_600):
        clock.now += 1_000
        newsroom.advance(0.0)
        seen |= {story.id: story for story in newsroom.stories}
    return market, newsroom, [*seen.values()]


def test_half_a_minute_never_passes_without_a_story_and_ids_never_repeat():
    _, _, stories = an_hour()
    gaps = [(after.at - before.at) / 1000 for before, after in itertools.pairwise(sorted(stories, key=lambda s: s.at))]
    assert max(gaps) <= 30
    assert 3_600 / (MOST_S + 5) < len(stories) < 3_600 / LEAST_S * 1.3
    assert len({story.id for story in stories}) == len(stories)
    assert {story.kind for story in stories} >= {"earnings", "guidance", "analyst", "macro"}


def test_a_story_moves_its_symbol_the_way_it_reads():
    clock, market = Clock(), SimMarket(7, BEGAN)
    newsroom = Newsroom(market, clock)
    before = {symbol: tape.walk.fair for symbol, tape in market.tapes.items()}
    for _ in range(600):
        clock.now += 1_000
        newsroom.advance(0.0)
    moved = {symbol for symbol, tape in market.tapes.items() if tape.walk.fair != before[symbol]}
    assert moved
    assert moved <= {story.symbol for story in newsroom.stories}
    for symbol in moved:
        stories = [story for story in newsroom.stories if story.symbol == symbol]
        if all(story.move > 0 for story in stories):
            assert market.tapes[symbol].walk.fair > before[symbol]


def test_the_same_seed_tells_the_same_and_a_market_without_news_is_as_it_was():
    told = [[(story.symbol, story.headline) for story in an_hour(3)[2]] for _ in range(2)]
    assert told[0] == told[1]
    with_news, without = SimMarket(5, BEGAN), SimMarket(5, BEGAN)
    Newsroom(with_news, Clock())
    for market in (with_news, without):
        market.advance(60.0, BEGAN + 60_000)
    assert {s: t.mid for s, t in with_news.tapes.items()} == {s: t.mid for s, t in without.tapes.items()}


def test_the_wire_says_nothing_new_with_304_and_the_press_copies_late():
    _, newsroom, _ = an_hour()
    now = BEGAN + 3_600_000
    wire = feeds.answer(newsroom, request("/feeds/wire.xml"), now)
    assert wire.status == 200
    assert b"globenewswire.com/rss/stock" in wire.body
    etag = dict(wire.headers)["etag"]
    assert feeds.answer(newsroom, request("/feeds/wire.xml", etag), now).status == 304
    press = feeds.answer(newsroom, request("/feeds/press.xml"), now)
    assert press.body.count(b"<item>") <= 20
    assert b"UPDATE 1-" in press.body
    assert feeds.answer(newsroom, request("/feeds/other.xml"), now).status == 404


def request(path: str, etag: str = "") -> SimRequest:
    return SimRequest("GET", path, [], {"if-none-match": etag} if etag else {}, b"")
