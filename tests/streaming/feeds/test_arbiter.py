"""Which link each symbol comes by: the first in order, whoever tells it while that one does not, and calmly back."""

import itertools

import hypothesis
import pytest
from hypothesis import stateful
from hypothesis import strategies as st

from streaming.feeds.arbiter import SAMPLED, FeedArbiter
from streaming.feeds.source import PROBES, FeedTimes, Health

QQQ, SPY, ES = ("quotes", "QQQ"), ("quotes", "SPY"), ("quotes", "/ESZ6")
TIMES = FeedTimes()
WITHIN_S = 15.0


class Desk:
    """Links that tell all they are asked for and know, once a second, as far as they are up."""

    def __init__(self, *links, wishes=(QQQ, SPY), knows=None, times=TIMES) -> None:
        self.sources = FeedArbiter(times)
        self.links = links
        self.now = 100.0
        self.knows = {link: set(wishes) for link in links} | (knows or {})
        self.open: set[str] = set()
        self.shown: dict = {}
        """By which link each wish was last shown, and when."""
        self.moves: list = []
        self.leaders: list = []
        self.sources.arrange(links, self.now)
        self.sources.set_demand(frozenset(wishes))
        self.look()

    def look(self) -> None:
        plan = self.sources.decide(self.now)
        self.moves += [(self.now, *move) for move in plan.moved]
        if self.leaders[-1:] != [self.sources.leader]:
            self.leaders.append(self.sources.leader)

    def note(self, link, health) -> None:
        self.sources.note(link, health, self.now)
        (self.open.add if health is Health.UP else self.open.discard)(link)
        self.look()

    def up(self, *links) -> None:
        for link in links:
            self.note(link, Health.UP)

    def tell(self, link, wish) -> None:
        if self.sources.on_event(link, wish, self.now):
            self.shown[wish] = (link, self.now)

    def pass_by(self, seconds) -> None:
        for _ in range(int(seconds)):
            self.now += 1
            for link in self.open:
                for wish in self.knows[link] & self.sources.demand_of(link):
                    self.tell(link, wish)
            self.look()

    def feeds(self, wish):
        link, at = self.shown.get(wish, (None, 0))
        return link if at == self.now else None

    def asked(self, link):
        return set(self.sources.demand_of(link))


def test_one_link_is_asked_for_everything_whatever_happens_to_it():
    desk = Desk("a")
    for health in (Health.UP, Health.AWAY, Health.DOWN, Health.UP):
        desk.note("a", health)
        desk.pass_by(20)
        assert desk.asked("a") == {QQQ, SPY}
    assert desk.feeds(QQQ) == "a"
    desk.note("a", Health.REFUSED)
    assert desk.asked("a") == set()


def test_the_second_is_asked_for_a_few_symbols_only_while_the_first_is_well():
    wishes = [("quotes", f"S{n}") for n in range(50)] + [("greeks", "O")]
    desk = Desk("a", "b", "c", wishes=wishes)
    desk.up("a", "b", "c")
    desk.pass_by(30)
    assert {desk.feeds(wish) for wish in wishes} == {"a"}
    assert desk.asked("a") == set(wishes)
    assert len(desk.asked("b")) == SAMPLED
    assert desk.asked("c") == set()
    assert desk.leaders == ["a"]


@pytest.mark.parametrize("fault", [Health.AWAY, Health.DOWN, Health.REFUSED, "mute"])
def test_whatever_befalls_the_first_the_second_feeds_within_15_s_and_the_first_again_once_it_was_well(fault):
    desk = Desk("a", "b", wishes=(QQQ, SPY, ES))
    desk.up("a", "b")
    desk.pass_by(5)
    if fault == "mute":
        desk.open.discard("a")
    else:
        desk.note("a", fault)
    desk.pass_by(WITHIN_S)
    assert {desk.feeds(wish) for wish in (QQQ, SPY, ES)} == {"b"}
    assert desk.leaders == ["a", "b"]
    if fault == "mute":
        desk.open.add("a")
    else:
        desk.up("a")
    desk.pass_by(TIMES.calm_s - 1)
    assert {desk.feeds(wish) for wish in (QQQ, SPY, ES)} == {"b"}, "it is not gone back to at once"
    assert desk.leaders == ["a", "b"]
    desk.pass_by(4)
    assert {desk.feeds(wish) for wish in (QQQ, SPY, ES)} == {"a"}
    assert desk.leaders == ["a", "b", "a"]
    desk.pass_by(TIMES.grace_s)
    assert len(desk.asked("b")) <= SAMPLED


def test_who_takes_over_is_shown_with_its_first_word():
    desk = Desk("a", "b")
    desk.up("a", "b")
    desk.pass_by(5)
    desk.note("a", Health.DOWN)
    desk.tell("b", SPY)
    assert desk.feeds(SPY) == "b"


def test_what_the_first_is_not_entitled_to_comes_by_the_second_and_nothing_else_does():
    desk = Desk("a", "b", wishes=(QQQ, SPY, ES), knows={"a": {QQQ, SPY}})
    desk.up("a", "b")
    desk.pass_by(WITHIN_S)
    assert (desk.feeds(QQQ), desk.feeds(SPY), desk.feeds(ES)) == ("a", "a", "b")
    desk.knows["a"] = {QQQ, SPY, ES}
    desk.pass_by(30)
    assert desk.feeds(ES) == "a"


def test_what_a_link_says_it_does_not_list_is_asked_of_the_next_at_once():
    desk = Desk("a", "b", knows={"a": {QQQ}})
    desk.up("a", "b")
    desk.sources.deny("a", SPY)
    desk.pass_by(2)
    assert (desk.feeds(QQQ), desk.feeds(SPY)) == ("a", "b")


def test_a_link_that_breaks_off_for_a_moment_keeps_the_feed():
    desk = Desk("a", "b")
    desk.up("a", "b")
    desk.pass_by(5)
    desk.note("a", Health.AWAY)
    desk.pass_by(2)
    desk.up("a")
    desk.pass_by(20)
    assert desk.leaders == ["a"]
    assert {source for _, _, source in desk.moves} == {"a"}


def test_one_whose_accounts_broke_off_and_whose_quotes_flow_keeps_the_feed():
    desk = Desk("a", "b")
    desk.up("a", "b")
    desk.pass_by(5)
    desk.note("a", Health.AWAY)
    desk.open.add("a")
    desk.pass_by(30)
    assert desk.feeds(QQQ) == "a"


def test_real_time_goes_before_delayed_whatever_the_order():
    desk = Desk("a", "b")
    desk.up("a", "b")
    desk.sources.rate("a", True)
    desk.pass_by(20)
    assert (desk.feeds(QQQ), desk.feeds(SPY)) == ("b", "b")
    assert desk.leaders[-1] == "b"


def test_one_symbol_that_fell_silent_at_the_first_alone_comes_by_the_second_alone():
    desk = Desk("a", "b")
    desk.up("a", "b")
    desk.pass_by(10)
    desk.knows["a"] = {SPY}
    desk.pass_by(WITHIN_S)
    assert (desk.feeds(QQQ), desk.feeds(SPY)) == ("b", "a")
    assert desk.leaders == ["a"]
    desk.knows["a"] = {QQQ, SPY}
    desk.pass_by(20)
    assert (desk.feeds(QQQ), desk.feeds(SPY)) == ("a", "a")


def test_whatever_falls_silent_at_the_first_alone_is_found_one_after_another():
    wishes = [*(("quotes", f"S{n}") for n in range(8)), ("greeks", "O")]
    lost = {("quotes", "S6"), ("quotes", "S7"), ("greeks", "O")}
    desk = Desk("a", "b", wishes=wishes)
    desk.up("a", "b")
    desk.pass_by(15)
    desk.knows["a"] = set(wishes) - lost
    desk.pass_by(2 * WITHIN_S)
    assert {wish for wish in wishes if desk.feeds(wish) == "b"} == lost
    assert desk.leaders == ["a"]


def test_silence_of_the_second_shows_by_the_third_where_the_first_tells_nothing():
    desk = Desk("a", "b", "c", knows={"a": set()})
    desk.up("a", "b", "c")
    desk.pass_by(WITHIN_S)
    assert desk.feeds(QQQ) == "b"
    desk.knows["b"] = {SPY}
    desk.pass_by(WITHIN_S)
    assert (desk.feeds(QQQ), desk.feeds(SPY)) == ("c", "b")


def test_what_is_told_seldom_and_by_both_stays_with_the_first():
    desk = Desk("a", "b")
    desk.up("a", "b")
    desk.pass_by(15)
    desk.knows = {"a": {SPY}, "b": {SPY}}
    moves = len(desk.moves)
    for _ in range(30):
        desk.pass_by(20)
        for link in ("b", "a"):
            if QQQ in desk.asked(link):
                desk.tell(link, QQQ)
            desk.look()
    assert len(desk.moves) == moves


def test_what_rests_everywhere_is_asked_of_the_second_ever_more_rarely():
    wishes = [("quotes", f"S{n}") for n in range(8)]
    desk = Desk("a", "b", wishes=wishes)
    desk.up("a", "b")
    desk.pass_by(15)
    desk.knows = {"a": {wishes[0]}, "b": {wishes[0]}}

    def changes(seconds):
        asks = []
        for _ in range(seconds):
            desk.pass_by(1)
            asks.append(desk.asked("b"))
            assert len(asks[-1]) <= SAMPLED + 1
        return sum(one != other for one, other in itertools.pairwise(asks))

    assert changes(120) >= len(wishes) - 1, "each was asked for"
    changes(3_600)
    assert changes(3_600) <= 2 * 3_600 / 960 * len(wishes)


def test_who_tells_a_word_and_falls_silent_again_is_not_gone_back_to():
    desk = Desk("a", "b")
    desk.up("a", "b")
    desk.pass_by(10)
    desk.knows["a"] = {SPY}
    desk.pass_by(WITHIN_S)
    assert desk.feeds(QQQ) == "b"
    desk.tell("a", QQQ)
    moves = len(desk.moves)
    desk.pass_by(60)
    assert len(desk.moves) == moves


def test_what_the_first_fell_silent_about_is_asked_of_it_anew_once():
    desk = Desk("a", "b")
    desk.up("a", "b")
    desk.pass_by(10)
    desk.knows["a"] = {SPY}
    asked = []
    for _ in range(60):
        desk.pass_by(1)
        asked.append(QQQ in desk.asked("a"))
    assert asked.count(False) == 1
    assert asked[-1]


def test_delayed_prices_speak_against_real_time_ones_once_these_are_silent_for_longer_than_they_are_late():
    desk = Desk("a", "b")
    desk.sources.rate("b", True)
    desk.up("a", "b")
    desk.pass_by(10)
    desk.knows["a"] = {SPY}
    desk.pass_by(TIMES.late_s)
    assert desk.sources.source_of(QQQ) == "a"
    desk.pass_by(2 * TIMES.unprobed_s * 2**PROBES)
    assert (desk.feeds(QQQ), desk.feeds(SPY)) == ("b", "a")


def test_a_quiet_market_makes_nobody_mute():
    desk = Desk("a", "b")
    desk.up("a", "b")
    desk.pass_by(5)
    desk.knows = {"a": set(), "b": set()}
    desk.pass_by(600)
    assert desk.leaders == ["a"]


def test_a_symbol_that_only_the_second_hears_of_makes_the_first_not_mute():
    desk = Desk("a", "b", wishes=(QQQ, ES), knows={"a": {QQQ}, "b": {ES}})
    desk.up("a", "b")
    desk.pass_by(20)
    desk.knows["a"] = set()
    desk.pass_by(60)
    assert desk.leaders == ["a"]


def test_another_order_moves_the_feed_calmly():
    desk = Desk("a", "b")
    desk.up("a", "b")
    desk.pass_by(15)
    desk.sources.arrange(["b", "a"], desk.now)
    desk.pass_by(15)
    assert {desk.feeds(wish) for wish in (QQQ, SPY)} == {"b"}


def test_a_link_that_is_removed_leaves_everything_to_the_next():
    desk = Desk("a", "b")
    desk.up("a", "b")
    desk.pass_by(5)
    desk.sources.arrange(["b"], desk.now)
    desk.open.discard("a")
    desk.pass_by(2)
    assert desk.asked("b") == {QQQ, SPY}
    assert desk.feeds(SPY) == "b"


def test_what_nobody_asked_for_is_not_shown():
    desk = Desk("a", "b")
    desk.up("a", "b")
    assert desk.sources.on_event("b", QQQ, desk.now) is None
    desk.pass_by(3)
    desk.sources.set_demand(frozenset({SPY}))
    desk.look()
    assert not desk.sources.on_event("a", QQQ, desk.now)
    assert desk.sources.source_of(QQQ) is None


@pytest.mark.parametrize("others", [("b",), ("b", "c")])
def test_a_link_that_tells_everything_once_and_no_more_is_replaced(others):
    desk = Desk("a", *others, wishes=(QQQ, SPY, ("greeks", "O")))
    desk.up("a", others[-1])  # one between them never was up
    desk.pass_by(1)
    desk.open.discard("a")
    desk.pass_by(WITHIN_S)
    assert {desk.feeds(wish) for wish in desk.sources._wishes} == {others[-1]}


def test_a_market_that_rests_stays_with_the_first_whatever_the_second_tells_first():
    desk = Desk("a", "b")
    desk.up("a", "b")
    desk.pass_by(1)
    desk.knows = {"a": set(), "b": set()}
    desk.pass_by(20)
    for wish in desk.asked("b"):
        desk.tell("b", wish)
    desk.pass_by(20)
    assert desk.sources.leader == "a"
    assert {desk.sources.source_of(wish) for wish in (QQQ, SPY)} == {"a"}


LINKS = ("a", "b", "c")
WISHES = (QQQ, SPY, ES, ("greeks", "O"))


class Law(stateful.RuleBasedStateMachine):
    """Whatever happens to three links: what can be had is shown within 15 s, and in the end by the best that has it."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(*LINKS, wishes=WISHES, times=FeedTimes(unprobed_s=0, late_s=0))
        self.missing: dict = {}
        """Since when each wish was to be had, by the same link all the time, and not shown."""

    @stateful.rule(link=st.sampled_from(LINKS), health=st.sampled_from(list(Health)))
    def turns(self, link, health) -> None:
        self.desk.note(link, health)

    @stateful.rule(link=st.sampled_from(LINKS), wishes=st.sets(st.sampled_from(WISHES)))
    def is_entitled(self, link, wishes) -> None:
        self.desk.knows[link] = wishes

    @stateful.rule(link=st.sampled_from(LINKS))
    def falls_silent(self, link) -> None:
        self.desk.open.discard(link)

    @stateful.rule(link=st.sampled_from(LINKS), delayed=st.booleans())
    def is_delayed(self, link, delayed) -> None:
        self.desk.sources.rate(link, delayed)

    @stateful.rule(links=st.permutations(LINKS))
    def are_ordered(self, links) -> None:
        self.desk.sources.arrange(links, self.desk.now)

    @stateful.rule(wishes=st.sets(st.sampled_from(WISHES)))
    def are_watched(self, wishes) -> None:
        self.desk.sources.set_demand(frozenset(wishes))

    @stateful.rule(seconds=st.integers(1, 30))
    def time_passes(self, seconds) -> None:
        self.desk.pass_by(seconds)

    @stateful.invariant()
    def nobody_refused_is_asked_and_nothing_unwatched_is(self) -> None:
        self.desk.look()
        for link in LINKS:
            asked = self.desk.asked(link)
            assert asked <= self.desk.sources._wishes
            if self.desk.sources._all[link].health is Health.REFUSED:
                assert not asked

    def teardown(self) -> None:
        desk = self.desk
        before = len(desk.moves)
        desk.pass_by(60)
        settled = len(desk.moves)
        ranked = sorted(LINKS, key=lambda link: (desk.sources.is_delayed(link), desk.sources._all[link].place))
        for wish in desk.sources._wishes:
            telling = [link for link in ranked if link in desk.open and wish in desk.knows[link]]
            if telling:
                assert desk.feeds(wish) == telling[0], f"{wish} can be had by {telling}"
        desk.pass_by(60)
        assert len(desk.moves) == settled, "nothing moves while nothing happens"
        assert settled - before <= 3 * len(WISHES)


TestLaw = Law.TestCase
TestLaw.settings = hypothesis.settings(max_examples=60, stateful_step_count=25, deadline=None)
