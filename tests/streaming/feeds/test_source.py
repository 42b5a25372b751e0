"""One link as a source: what is expected of it, what it lacks, and what is asked of another one for a while."""

import itertools

from streaming.feeds.source import PROBES, FeedSource, FeedTimes, Health, StreamKey

TIMES = FeedTimes()
QQQ, SPY, IWM = (("quotes", symbol) for symbol in ("QQQ", "SPY", "IWM"))


def source(health: Health = Health.UP) -> FeedSource:
    made = FeedSource("l", 0.0)
    made.health = health
    return made


def told(made: FeedSource, wish: StreamKey, first: float, last: float) -> None:
    """Have it tell something of `wish` at two moments."""
    made.told[wish] = first
    made.heard[wish] = made.changed[wish] = last


def test_a_link_that_broke_off_may_come_back_for_a_moment_and_the_others_fail_at_once():
    away = source(Health.AWAY)
    assert not away.fails(TIMES.away_s - 0.1, TIMES)
    assert away.fails(TIMES.away_s, TIMES)
    away.heard_at = 10.0
    assert not away.fails(10.0 + TIMES.away_s - 0.1, TIMES), "it is still heard of"
    assert source(Health.DOWN).fails(0.0, TIMES)
    assert source(Health.REFUSED).fails(0.0, TIMES)


def test_an_open_link_fails_only_while_it_is_mute():
    up = source()
    assert not up.fails(1e6, TIMES)
    up.muted = True
    assert up.fails(0.0, TIMES)


def test_a_link_lacks_what_it_was_asked_for_long_ago_and_says_nothing_of():
    up = source()
    up.set_demand({QQQ, SPY}, 10.0)
    assert not up.lacks(QQQ, 10.0 + TIMES.unheard_s - 0.1, TIMES)
    assert up.lacks(QQQ, 10.0 + TIMES.unheard_s, TIMES)
    told(up, QQQ, 11.0, 11.0)
    assert not up.lacks(QQQ, 1e6, TIMES)
    assert not up.lacks(IWM, 1e6, TIMES), "it was never asked for it"


def test_a_symbol_rests_when_it_was_told_and_is_told_no_more():
    up = source()
    told(up, QQQ, 1.0, 5.0)
    assert not up.rests(QQQ, 5.0 + TIMES.mute_s - 0.1, TIMES)
    assert up.rests(QQQ, 5.0 + TIMES.mute_s, TIMES)
    assert not up.rests(SPY, 1e6, TIMES)


def test_only_news_that_is_not_the_first_shows_that_a_market_goes_on():
    up = source()
    assert not up.goes_on(QQQ, 0.0)
    told(up, QQQ, 5.0, 5.0)
    assert not up.goes_on(QQQ, 5.0), "the first word is what it was before"
    up.changed[QQQ] = 8.0
    assert up.goes_on(QQQ, 6.0)
    assert not up.goes_on(QQQ, 9.0), "that is longer ago"


def test_a_link_is_well_once_it_was_up_for_a_while():
    up = source()
    up.up_at = 10.0
    assert not up.is_well(10.0 + TIMES.calm_s - 0.1, TIMES)
    assert up.is_well(10.0 + TIMES.calm_s, TIMES)
    up.muted = True
    assert not up.is_well(1e6, TIMES)
    assert not source(Health.AWAY).is_well(1e6, TIMES)


def test_what_is_asked_for_anew_counts_from_now_and_what_was_told_is_released():
    up = source()
    assert up.set_demand({QQQ, SPY}, 1.0)
    told(up, QQQ, 2.0, 2.0)
    assert not up.set_demand({SPY, QQQ}, 5.0), "that is no news"
    assert up.set_demand({SPY, IWM}, 7.0)
    assert up.asked == {SPY: 1.0, IWM: 7.0}
    assert up.released == {QQQ: 7.0}
    assert up.set_demand({QQQ}, 9.0)
    assert (up.asked, up.released) == ({QQQ: 9.0}, {}), "SPY said nothing, so that nothing is left of it"


def test_silent_symbols_are_probed_one_after_another_and_then_ever_more_rarely():
    up, silent = source(), {QQQ, SPY}
    first = up.probe(silent, 0.0, TIMES)
    assert up.probe(silent, TIMES.probe_s - 0.1, TIMES) == first, "it is asked for a while"
    second = up.probe(silent, TIMES.probe_s, TIMES)
    assert second is not None
    assert {first, second} == silent
    assert up.probe(silent, 2 * TIMES.probe_s, TIMES) is None
    assert up.probe(silent, TIMES.unprobed_s, TIMES) == first
    assert up.probe({second}, TIMES.unprobed_s + 1.0, TIMES) is None, "the other one is heard of again"
    assert up.probe(set(), 1e6, TIMES) is None


def test_the_time_between_two_probes_doubles_up_to_a_bound():
    up, began = source(), [0.0]
    assert up.probe({QQQ}, 0.0, TIMES) == QQQ
    for _ in range(PROBES + 3):
        due = next(now for now in itertools.count(began[-1] + TIMES.probe_s) if up.probe({QQQ}, now, TIMES))
        began.append(due)
    waits = [later - before for before, later in itertools.pairwise(began)]
    assert waits == [TIMES.unprobed_s * 2**count for count in (*range(PROBES + 1), PROBES, PROBES)]
