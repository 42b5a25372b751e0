"""What a rule would have done is what a plain reading of the same candles says, and what they do not tell is said."""

import datetime
import itertools
import random

import pytest

from alerts.evaluation.lookback import MINUTE, Bar
from alerts.evaluation.study_walk import DAY_MS
from alerts.hindsight.finding import find_of_prices, find_of_studies, hindsight, join, sessions_of
from alerts.hindsight.reach import MONTH_MS, questions_of, refusal, since_of
from alerts.rules.reader import parse_rule
from alerts.rules.spec import Rule
from lib.studies import StudyBar

NOW = int(datetime.datetime(2026, 11, 24, 20, 0, tzinfo=datetime.UTC).timestamp() * 1000)
"""Three in the afternoon in New York, a Tuesday."""
SINCE = NOW - MONTH_MS


def spec(leaf: str, more: str = ""):
    return parse_rule(f'{{"when": {{"all": [{leaf}]}}{more}}}')


def leaf(field: str, is_: str, value: object) -> str:
    return f'{{"field": "{field}", "is": "{is_}", "value": {value}}}'


def move(within_s: int) -> str:
    return f'{{"field": "QQQ.last", "is": "moves_up", "value": 1, "within_s": {within_s}}}'


UP = leaf("QQQ.last", "crosses_up", 450)
EACH = ', "trigger": "each", "rearm": {"by": 1}, "session": "always"'


def walk(seed: int, count: int, length: int = 5 * MINUTE, begin: int = SINCE) -> list[Bar]:
    """Bars of a price that wanders about 450, of which none goes both ways over a level."""
    draw, price, found = random.Random(seed), 449.0, []
    for at in range(count):
        opened, price = price, round(price + draw.gauss(450 - price, 30) / 20, 2)
        low, high = min(opened, price), max(opened, price)
        found.append(Bar(begin + at * length, opened, high, low, price, length))
    return found


def crossed(bars: list[Bar], level: float, back: float) -> list[int]:
    """Where a plain reading sees a price go up over a level, which then has to fall by `back` first."""
    is_below, found = None, []
    for bar in bars:
        prices = [bar.open, bar.low, bar.high, bar.close] if bar.close >= bar.open else [bar.open, bar.high, bar.low]
        for price in prices:
            if is_below is None:
                is_below = price < level
            elif is_below and price >= level:
                found.append(bar.time)
                is_below = False
            elif price <= level - back:
                is_below = True
    return found


@pytest.mark.parametrize("seed", range(5))
def test_it_finds_what_a_plain_reading_of_the_candles_finds(seed):
    rule = Rule("1", 1, spec(UP, EACH), SINCE)
    bars = walk(seed, 4_000)
    found = find_of_prices(rule, bars, SINCE, NOW)
    assert [one.since for one in found] == crossed(bars, 450, 1)
    assert len(found) > 5
    assert not any(one.order_unknown for one in found)
    assert {one.until - one.since for one in found} == {5 * MINUTE}


def test_a_month_is_said_in_one_sentence_by_the_exchanges_clock():
    at = datetime.datetime(2026, 11, 20, 15, 42, tzinfo=datetime.UTC)
    quiet = [Bar(SINCE + at * 5 * MINUTE, 440, 440, 440, 440, 5 * MINUTE) for at in range(8_640)]
    told = [bar for bar in quiet if bar.time < NOW - 8 * DAY_MS]
    begin = int(at.timestamp() * 1000)
    told += [Bar(begin, 440, 451, 440, 451), Bar(begin + MINUTE, 451, 451, 440, 440)]
    rule = spec(UP, EACH)
    found = find_of_prices(Rule("1", 1, rule, SINCE), told, SINCE, NOW)
    said = hindsight(rule, found, [bar.time for bar in quiet], SINCE, NOW)
    assert said.text == "In the last month it would have fired once, on Fri 20 Nov 10:42."
    assert (said.fired, said.uncertain, said.missing) == (1, 0, 0)
    assert said.sessions == 22


def test_what_is_known_to_minutes_alone_says_so_and_many_are_counted():
    rule = spec(UP, EACH)
    bars = walk(1, 4_000)
    said = hindsight(rule, find_of_prices(Rule("1", 1, rule, SINCE), bars, SINCE, NOW), [], SINCE, NOW)
    count = len(crossed(bars, 450, 1))
    assert said.text.startswith(f"In the last month it would have fired {count} times, last on ")
    assert " to within 5 minutes." in said.text
    assert (len(said.firings), said.fired) == (min(count, 50), count)


def test_both_ways_in_one_bar_is_counted_as_not_certain():
    rule = spec(UP, EACH)
    bars = [Bar(SINCE, 451, 452, 449, 449.5), Bar(SINCE + MINUTE, 449.5, 449.5, 449, 449)]
    said = hindsight(rule, find_of_prices(Rule("1", 1, rule, SINCE), bars, SINCE, NOW), [], SINCE, NOW)
    assert (said.fired, said.uncertain) == (1, 1)
    assert "which came first is not known" in said.text


def test_what_fires_once_is_done_then():
    rule = spec(UP, ', "session": "always"')
    bars = walk(2, 4_000)
    (only,) = find_of_prices(Rule("1", 1, rule, SINCE), bars, SINCE, NOW)
    said = hindsight(rule, [only], [], SINCE, NOW)
    assert "it would have fired once, on " in said.text
    assert ", and been done." in said.text


def test_sessions_without_a_candle_are_not_counted_and_not_guessed():
    rule = spec(UP)
    sessions = sessions_of(rule, SINCE, NOW)
    known = [one.opens + 3_600_000 for one in sessions[:4] + sessions[6:]]
    said = hindsight(rule, [], known, SINCE, NOW)
    assert said.text == (
        "In the last month it would not have fired. Candles are missing of 2 of 22 sessions: not counted, not guessed."
    )
    assert hindsight(rule, [], known[:-1], SINCE, NOW).missing == 2, (
        "the one that is on may have its candles yet to come"
    )


def test_coins_have_weekdays_for_sessions():
    assert len(sessions_of(spec(leaf("BTC/USD.last", "above", 1)), SINCE, NOW)) == 22


def test_minutes_take_the_place_of_longer_bars_where_they_begin():
    long = [Bar(SINCE + at * 5 * MINUTE, 1, 1, 1, 1, 5 * MINUTE) for at in range(4)]
    short = [Bar(SINCE + at * MINUTE, 1, 1, 1, 1) for at in range(12, 15)]
    joined = join(long, short)
    assert [(bar.time - SINCE) // MINUTE for bar in joined] == [0, 5, 12, 13, 14]
    assert join(long, []) == long


def test_studies_fire_at_the_closes_at_which_they_would_have():
    rule = spec(leaf("QQQ.close@5m", "crosses_up", 450), EACH.replace("1}", "0.01}"))
    bars = walk(3, 4_000)
    told = [StudyBar(bar.time, bar.close, bar.high, bar.low, 1.0) for bar in bars]
    found = find_of_studies(Rule("1", 1, rule, SINCE), told, NOW)
    expected = [after.end for before, after in itertools.pairwise(bars) if before.close < 450 <= after.close]
    assert [one.since for one in found] == expected
    assert all(one.since == one.until for one in found)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (spec(f"{UP}, {leaf('QQQ.iv_rank', 'above', 50)}"), "IV rank cannot be looked back at: "),
        (spec(leaf("QQQ.last", "above", 450), ', "for_s": 60'), ""),
        (spec(move(300)), ""),
        (spec(move(60)), ""),
        (spec(move(59)), "A move within less than a minute"),
        (spec(f"{move(300)}, {leaf('QQQ.last', 'above', 450)}"), "A move within a time beside other conditions"),
        (spec(move(300), ', "for_s": 60'), "For how long a move stood"),
        (spec(move(300).replace(".last", ".bid")), "Bid cannot"),
        (spec(leaf("QQQ.move_pct@5m", "above", 1)), "A move against one moment"),
        (spec(leaf("QQQ.last", "above", '"SPY.last"')), "One field beside another"),
        (spec(f"{UP}, {leaf('SPY.last', 'above', 5)}"), "several symbols"),
        (spec('{"field": "account.net_liq", "is": "below", "value": 5}'), "Net liquidating value cannot"),
        (spec(UP), ""),
        (spec(leaf("QQQ.rsi14@5m", "below", 30)), ""),
    ],
)
def test_what_candles_do_not_tell_is_said(rule, words):
    assert words in refusal(rule)
    assert bool(words) is bool(refusal(rule))


def test_a_move_within_less_than_five_minutes_is_looked_for_in_minutes_alone():
    quick, slow = spec(move(299)), spec(move(300))
    assert [series.interval for series, _ in questions_of(quick, NOW)] == ["1m"]
    assert [series.interval for series, _ in questions_of(slow, NOW)] == ["5m", "1m"]
    assert (NOW - since_of(quick, NOW), NOW - since_of(slow, NOW)) == (8 * DAY_MS, MONTH_MS)


def test_a_look_at_volumes_of_other_days_begins_before_these():
    ((series, since),) = questions_of(spec(leaf("QQQ.volume_spike", "above", 3)), NOW)
    assert series.interval == "5m"
    assert 28 * DAY_MS < NOW - MONTH_MS - since < 36 * DAY_MS


def test_how_much_is_asked_for_is_bounded():
    (coarse, month), (fine, week) = questions_of(spec(UP), NOW)
    assert (coarse.interval, fine.interval) == ("5m", "1m")
    assert (NOW - month, NOW - week) == (MONTH_MS, 8 * DAY_MS)
    minutes = spec(leaf("QQQ.ema20@1m", "crosses_up", 450))
    assert NOW - since_of(minutes, NOW) == 8 * DAY_MS
    ((series, since),) = questions_of(minutes, NOW)
    assert series.interval == "1m"
    assert 9 * DAY_MS < NOW - since < 15 * DAY_MS, "averages begin before"
