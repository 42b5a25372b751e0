"""The market makes news: steadily, as its seed has it, and prices move the way a story reads."""

import itertools
import math
import random
import statistics

from simulator.ids import Numbers
from simulator.market.impulse import MARKET
from simulator.market.market import SimMarket
from simulator.market.universe import LISTINGS
from simulator.news import newsroom
from simulator.news.newsroom import Newsroom
from simulator.news.story import Story
from simulator.news.story_text import TEMPLATES

HOUR = 3600.0
AT = 1_795_000_000_000


def room(seed: int = 7) -> Newsroom:
    return Newsroom(LISTINGS.values(), random.Random(f"{seed}:news"), Numbers(1))


def drawn_until(seconds: float, seed: int = 7) -> list[Story]:
    made = room(seed)
    made.begin(0.0)
    return made.draw_until(seconds)


def day(seed: int = 7) -> list[Story]:
    made = room(seed)
    return [story for second in range(0, int(6 * HOUR), 10) for story in made.draw_until(float(second))]


def test_there_is_a_story_in_every_thirty_seconds_from_the_beginning():
    times = [0.0, *(story.due_s for story in day())]
    assert max(later - earlier for earlier, later in itertools.pairwise(times)) <= 27.0
    assert all(later > earlier for earlier, later in itertools.pairwise(times))


def test_one_seed_has_one_day_and_in_however_many_steps_it_is_drawn():
    stepwise = room()
    drawn = [story for second in range(0, 3601, 5) for story in stepwise.draw_until(float(second))]
    whole = drawn_until(HOUR)
    assert [(story.due_s, story.wording) for story in drawn[:5]] == [
        (story.due_s, story.wording) for story in whole[:5]
    ]
    assert len(drawn) == len(whole)
    assert [story.wording for story in day()] != [story.wording for story in day(8)]


def test_stories_are_of_every_kind_and_about_many_companies_and_read_as_they_move():
    stories = day()
    assert {story.kind for story in stories} == {kind for kind, _ in TEMPLATES}
    assert len({story.symbol for story in stories}) > 30
    assert all(story.size * story.direction > 0 or story.size == 0 for story in stories)
    assert {story.symbol for story in stories if story.kind == "macro"} == {"SPY"}
    assert len({story.number for story in stories}) == len(stories)
    assert not [story for story in stories if "{" in story.wording.headline + story.wording.summary]


def test_most_stories_move_a_price_afterwards_some_had_moved_it_before_and_some_do_not():
    directed = [story for story in day() if story.direction]
    share = {name: sum(story.reaction == name for story in directed) / len(directed) for name in ("after", "before")}
    assert 0.55 < share["after"] < 0.75
    assert 0.12 < share["before"] < 0.28
    for story in directed:
        if story.reaction == "after":
            assert story.begins_s == story.due_s
            assert 60 <= story.lasts_s <= 300
        elif story.reaction == "before":
            assert story.begins_s < story.due_s
            assert math.isclose(story.begins_s + story.lasts_s, story.due_s)
        else:
            assert newsroom.impulse(story) is None
    assert 0.002 < statistics.median(abs(story.size) for story in directed if story.size) < 0.02


def test_a_price_moves_by_the_size_of_its_story_beyond_what_chance_does():
    story = next(each for each in day() if each.reaction == "after" and each.kind == "earnings")
    prices = {}
    for is_told in (False, True):
        market = SimMarket(7, AT, listings={story.symbol: LISTINGS[story.symbol]})
        impulse = newsroom.impulse(story)
        assert impulse is not None
        if is_told:
            market.push(impulse._replace(begins=10.0))
        for second in range(1, 400):
            market.advance(1.0, AT + 1000 * second)
        prices[is_told] = market.tapes[story.symbol].walk.fair
    assert math.isclose(math.log(prices[True] / prices[False]), story.size, abs_tol=2e-4)


def test_news_of_the_economy_moves_the_whole_market():
    story = next(each for each in day() if each.kind == "macro" and each.size)
    impulse = newsroom.impulse(story)
    assert impulse is not None
    assert impulse.symbol == MARKET


def test_a_story_drawn_now_halts_nothing():
    made = room()
    assert all(made.draw_now(5.0).kind != "halt" for _ in range(300))
