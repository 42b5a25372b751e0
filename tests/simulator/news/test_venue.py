"""Stories reach the sources in their time, with edits; they survive a restart, and no number is given twice."""

import itertools
import pathlib

import pytest

from simulator.clock import WallClock
from simulator.market.market import SimMarket
from simulator.news.story import PATHS
from simulator.news.venue import SimNews
from simulator.state import SimState, open_state
from simulator.tastytrade.venue import now

AT = 1_795_000_000_000
QUARTER_S = 900


class Newsstand:
    """The news and its market, on a clock that only a test moves."""

    def __init__(self, seed: int = 7, *, is_steady: bool = True) -> None:
        self.market = SimMarket(seed, AT)
        self.news = SimNews(self.market, lambda: self.market.at, is_steady=is_steady)

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        for _ in range(seconds):
            self.market.advance(1.0, self.market.at + 1000)
            self.news.advance(0.0)


@pytest.fixture(scope="module")
def morning() -> Newsstand:
    """A quarter of an hour of steady news."""
    stand = Newsstand()
    stand.wait(QUARTER_S)
    return stand


def test_the_socket_has_an_item_in_every_thirty_seconds(morning: Newsstand):
    times = [AT, *(item.created_at for item in morning.news.shelf.of("alpaca"))]
    assert max(later - earlier for earlier, later in itertools.pairwise(times)) <= 30_000


def test_stories_come_by_several_sources_with_edits_and_some_are_revised(morning: Newsstand):
    items = [*morning.news.shelf]
    assert {item.source for item in items} >= {"alpaca", "finnhub", "globenewswire", "edgar"}
    headlines = [item.headline for item in items]
    assert any(headline.startswith("UPDATE 1-") for headline in headlines)
    assert any(headline.endswith(" - Reuters") for headline in headlines)
    by_story = {
        story: [*each] for story, each in itertools.groupby(sorted(items, key=lambda i: i.story), lambda i: i.story)
    }
    assert max(len({item.source for item in each}) for each in by_story.values()) >= 3
    assert any(item.updated_at > item.created_at for item in morning.news.shelf.of("alpaca"))
    assert any(not item.summary for item in morning.news.shelf.of("alpaca"))
    assert any(not item.author for item in morning.news.shelf.of("alpaca"))


def test_one_seed_has_one_morning_and_a_market_without_news_keeps_its_prices(morning: Newsstand):
    again, silent, plain = Newsstand(), Newsstand(is_steady=False), SimMarket(7, AT)
    again.wait(120)
    silent.wait(120)
    for _ in range(120):
        plain.advance(1.0, plain.at + 1000)
    known = [
        item for item in morning.news.shelf if item.created_at <= again.market.at and item.updated_at <= again.market.at
    ]
    told = {item.id: item for item in again.news.shelf}
    assert {item.id: item.headline for item in known} == {item.id: told[item.id].headline for item in known}
    assert not [*silent.news.shelf]
    prices = {symbol: tape.walk.fair for symbol, tape in plain.tapes.items()}
    assert {symbol: tape.walk.fair for symbol, tape in silent.market.tapes.items()} == prices
    assert {symbol: tape.walk.fair for symbol, tape in again.market.tapes.items()} != prices


def is_halted(stand: Newsstand) -> bool:
    return stand.market.tapes["AAPL"].halted_at is not None


def test_a_halt_stops_its_symbol_until_it_resumes_and_its_item_says_so_then():
    stand, heard = Newsstand(is_steady=False), []
    stand.market.halt_hearers.append(lambda symbol, code: heard.append((symbol, code)))
    stand.news.dictate("halt", "AAPL", 0, stand.news.newsroom.draw_now(0.0).wording)
    stand.wait(2)
    assert is_halted(stand)
    (item,) = stand.news.shelf.of("halts")
    assert "resumed" not in item.details
    stand.wait(240)
    assert not is_halted(stand)
    (item,) = stand.news.shelf.of("halts")
    assert item.created_at < int(item.details["resumed"]) <= item.updated_at
    assert heard == [("AAPL", item.details["code"]), ("AAPL", None)]


def test_a_halt_that_no_story_brought_is_told_too_once_and_ends():
    stand = Newsstand(is_steady=False)
    stand.market.halt("GME", stand.market.at, "LUDP")
    stand.market.halt("GME", stand.market.at, "LUDP")
    (item,) = stand.news.shelf.of("halts")
    assert (item.symbols, item.created_at) == (("GME",), stand.market.at)
    assert item.details == {"code": "LUDP", "name": "GameStop Corp. - Class A Common Stock", "market": "NYSE"}
    halted_at = stand.market.at
    stand.wait(300)
    assert stand.market.tapes["GME"].last_at <= halted_at, "nothing trades meanwhile"
    stand.market.resume("GME")
    (item,) = stand.news.shelf.of("halts")
    assert item.details["resumed"] == str(stand.market.at) == str(halted_at + 300_000)
    stand.wait(30)
    assert stand.market.tapes["GME"].bid_at > halted_at + 300_000
    stand.market.halt("GME", stand.market.at)
    assert [each.details.get("resumed") for each in stand.news.shelf.of("halts")][1:] == [None], "another halt"


def test_a_source_remembers_only_so_much():
    stand = Newsstand(is_steady=False)
    stand.news.happen(410, 0)
    assert len(stand.news.shelf.of("alpaca")) == 400


def opened(path: pathlib.Path, at: list[int]) -> SimState:
    return open_state(path, 7, WallClock(lambda: at[0]), has_news=True, token_lifetime=900.0)


def go_on(state: SimState, at: list[int], seconds: int) -> None:
    for _ in range(seconds):
        at[0] += 1000
        state.venues.tastytrade.pump(1.0, now(), at[0])
        state.venues.news.advance(now())
        state.save()


@pytest.mark.parametrize("is_killed", [False, True])
def test_what_was_told_is_told_after_a_restart_and_no_number_comes_twice(tmp_path: pathlib.Path, is_killed: bool):
    at = [AT]
    first = opened(tmp_path / "kept", at)
    go_on(first, at, 100)
    news = first.venues.news
    news.dictate("halt", "AAPL", 0, news.newsroom.draw_now(0.0).wording)
    go_on(first, at, 2)
    before, waiting = [*news.shelf], [(each.at, each.errand.action) for each in news.errands]
    assert before
    if is_killed:
        first._archive.close()
    else:
        first.close()
    at[0] += 5000
    second = opened(tmp_path / "kept", at).venues
    kept = {item.id: item for item in second.news.shelf}
    for item in before:
        assert kept[item.id] == item or kept[item.id].updated_at > item.updated_at
    meanwhile = [item for id, item in kept.items() if id not in {each.id for each in before}]
    assert len(meanwhile) == sum(due <= at[0] and action == "publish" for due, action in waiting)
    assert all(item.created_at <= at[0] for item in meanwhile), "as of when it was due"
    assert ("resume" in {action for due, action in waiting if due > at[0]}) == (
        "resume" in {each.errand.action for each in second.news.errands}
    )
    numbers = [item.id for item in second.news.shelf]
    fresh = second.news.happen(5, 0)
    assert min(fresh) > max(numbers)
    stories = {item.story for item in before}
    assert not stories & {item.story for item in second.news.shelf if item.id in fresh}
    second.tastytrade.save()


def test_numbers_rise_over_starts_that_know_nothing_of_each_other():
    one = SimNews(SimMarket(7, AT), lambda: AT)
    numbers = one.happen(5, 0)
    later = SimNews(SimMarket(7, AT + 1000), lambda: AT + 1000)
    assert min(later.happen(5, 0)) > max(numbers) >= 90_000_000


def test_every_source_has_a_path_of_its_own():
    assert len(set(PATHS.values())) == len(PATHS) == 9
