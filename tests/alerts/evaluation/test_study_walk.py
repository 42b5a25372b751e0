"""Rules of studies fire at the closes of bars, and the same whether bars come one by one, late, or after a restart."""

import random

import msgspec
import pytest

from alerts.evaluation.engine import Engine
from alerts.evaluation.study_walk import LATE_MS, NewestStudies, StudyWalk, WalkState, check_studies, is_walked
from alerts.rules.errors import RuleError
from alerts.rules.reader import parse_rule
from alerts.rules.spec import Rule
from lib.studies import Ema, StudyBar
from tests.alerts.evaluation.test_engine import LINK, MIDDAY, last

MINUTE = 60_000
HOURS = MIDDAY - 150 * MINUTE
"""The open of the regular session."""


def rule(*leaves: str, armed_at: int = MIDDAY, **more: str) -> Rule:
    tail = "".join(f', "{name}": {value}' for name, value in ({"trigger": '"each"'} | more).items())
    return Rule("1", 1, parse_rule(f'{{"when": {{"all": [{", ".join(leaves)}]}}{tail}}}'), armed_at)


def leaf(field: str, is_: str, value: object) -> str:
    return f'{{"field": "{field}", "is": "{is_}", "value": {value}}}'


EMA_CROSS = leaf("QQQ.ema3@1m", "crosses_up", '"QQQ.ema8@1m"')


def bars(count: int, begin: int = MIDDAY - 30 * MINUTE, seed: int = 5) -> list[StudyBar]:
    draw, price, found = random.Random(seed), 450.0, []
    for at in range(count):
        price += draw.gauss(0, 1)
        found.append(StudyBar(begin + at * MINUTE, round(price, 2), price + 0.3, price - 0.3, 100.0))
    return found


def closes(*prices: float, begin: int = MIDDAY - MINUTE) -> list[StudyBar]:
    return [StudyBar(begin + at * MINUTE, price, price, price, 1.0) for at, price in enumerate(prices)]


def fired(walk: StudyWalk, told: list[StudyBar], *, late: int = 0) -> list[int]:
    """The bars at whose close it fires, told one by one."""
    found = []
    for at in range(1, len(told) + 1):
        found += walk.take(told[:at], told[at - 1].time + MINUTE + late)
    return [one.at - MINUTE for one in found]


def crosses(told: list[StudyBar]) -> list[int]:
    """Where a plain reference sees the short average cross the long one, at closes after it was armed."""
    short, long, before, found = Ema(3), Ema(8), None, []
    for bar in told:
        fast, slow = short.take(bar), long.take(bar)
        is_above = None if fast is None or slow is None else fast >= slow
        if is_above and before is False and bar.time + MINUTE > MIDDAY:
            found.append(bar.time)
        if is_above is not None and bar.time + MINUTE >= MIDDAY:
            before = is_above
    return found


@pytest.mark.parametrize("seed", range(6))
def test_a_cross_of_two_studies_is_told_at_each_close_where_a_plain_reference_sees_it(seed):
    told = bars(200, seed=seed)
    walk = StudyWalk(rule(EMA_CROSS, rearm='{"bps": 0}'), None)
    assert fired(walk, told) == crosses(told)
    assert len(crosses(told)) > 3


@pytest.mark.parametrize("seed", range(6))
def test_bars_that_come_late_or_after_a_restart_fire_the_same_under_the_same_names(seed):
    told, draw = bars(200, seed=seed), random.Random(seed)
    one = rule(EMA_CROSS)
    straight = StudyWalk(one, None)
    expected = {f.venue_id: f.at for at in range(len(told)) for f in straight.take(told[: at + 1], told[at].time)}
    walk, stored = StudyWalk(one, None), b""
    found: dict[str, int] = {}
    for at in range(1, len(told) + 1):
        if draw.random() < 0.2 or at == len(told):
            found |= {f.venue_id: f.at for f in walk.take(told[:at], told[at - 1].time + MINUTE)}
        if draw.random() < 0.1:
            stored = msgspec.json.encode(walk.stored)
        if draw.random() < 0.1:  # another process goes on from what was stored, which may be old
            walk = StudyWalk(one, msgspec.json.decode(stored, type=WalkState) if stored else None)
    found |= {f.venue_id: f.at for f in walk.take(told, told[-1].time + MINUTE)}
    assert found == expected
    assert expected


@pytest.mark.parametrize(
    ("leaves", "more", "prices", "at"),
    [
        ([leaf("QQQ.close@1m", "crosses_up", 450)], {}, (449, 451, 452), [1]),
        ([leaf("QQQ.close@1m", "crosses_up", 450)], {}, (451, 452, 449, 451), [3]),
        ([leaf("QQQ.close@1m", "above", 450)], {"trigger": '"per_bar_close"'}, (449, 451, 452, 449, 453), [1, 2, 4]),
        ([leaf("QQQ.close@1m", "crosses_up", '"QQQ.sma3@1m"')], {}, (9, 9, 8, 9, 9, 8), [3]),
        ([leaf("QQQ.close@1m", "above", 450)], {"trigger": '"once"'}, (449, 451, 449, 451), [1]),
        ([leaf("QQQ.close@1m", "above", 450), leaf("QQQ.bar_volume@1m", "above", 5)], {}, (449, 451, 452), []),
        ([leaf("QQQ.close@1m", "above", 450)], {"expires": str(MIDDAY + MINUTE)}, (449, 449, 451), []),
    ],
)
def test_a_bar_counts_when_it_has_closed(leaves, more, prices, at):
    walk = StudyWalk(rule(*leaves, **more), None)
    assert fired(walk, closes(*prices)) == [MIDDAY - MINUTE + place * MINUTE for place in at]


def test_the_last_bar_of_a_session_counts_and_the_next_one_does_not():
    close = HOURS + 390 * MINUTE
    walk = StudyWalk(rule(leaf("QQQ.close@1m", "above", 450), trigger='"per_bar_close"', armed_at=close - MINUTE), None)
    assert fired(walk, closes(449, 451, 452, begin=close - 2 * MINUTE)) == [close - MINUTE]


def test_a_bar_that_was_missed_is_told_as_late_and_a_prompt_one_is_not():
    walk = StudyWalk(rule(leaf("QQQ.close@1m", "crosses_up", 450)), None)
    told = closes(449, 451, 449, 451)
    (late,) = walk.take(told[:2], MIDDAY + MINUTE + LATE_MS + 1)
    (prompt,) = walk.take(told, MIDDAY + 3 * MINUTE + 2_000)
    assert (late.recovered, late.late_ms, late.between) == (True, LATE_MS + 1, (MIDDAY, MIDDAY + MINUTE))
    assert (prompt.recovered, prompt.at, prompt.evidence) == (False, MIDDAY + 3 * MINUTE, "candle 1m")


def test_a_bar_that_is_corrected_afterwards_fires_nothing_and_counts_in_what_follows():
    walk = StudyWalk(rule(leaf("QQQ.close@1m", "crosses_up", '"QQQ.sma3@1m"')), None)
    assert fired(walk, closes(9, 9, 9, 8)) == []
    walk.restart()
    corrected = closes(9, 9, 9.5, 8)
    assert walk.take(corrected, corrected[-1].time + MINUTE) == []
    walk.take([*corrected, *closes(8.6, begin=MIDDAY + 3 * MINUTE)], MIDDAY + 4 * MINUTE)
    (firing,) = walk.take([*corrected, *closes(8.6, 8.9, begin=MIDDAY + 3 * MINUTE)], MIDDAY + 5 * MINUTE)
    assert (firing.before, firing.after) == (8.6, 8.9)


def test_a_close_breaks_the_highs_of_the_bars_before_it_and_not_its_own():
    walk = StudyWalk(rule(leaf("QQQ.close@1m", "crosses_up", '"QQQ.highest3@1m"')), None)
    prices = (9, 8, 9, 10, 10.5, 12, 12.5)
    bars = [one._replace(high=price + 1) for one, price in zip(closes(*prices), prices, strict=True)]
    (firing,) = walk.take(bars, bars[-1].time + MINUTE)
    assert (firing.before, firing.after) == (10.5, 12), "the highest before was 11.5"


def test_before_there_are_bars_enough_the_rule_cannot_be_checked():
    walk = StudyWalk(rule(leaf("QQQ.rsi14@1m", "above", 50)), None)
    walk.take(closes(449, 451), MIDDAY + MINUTE)
    status = walk.status(MIDDAY + MINUTE)
    assert (status.state, status.reason) == ("cannot_check", "QQQ.rsi14@1m: there are not bars enough")


def test_a_rule_expires_by_the_clock_also_where_no_bar_comes():
    walk = StudyWalk(rule(leaf("QQQ.close@1m", "above", 450), expires=str(MIDDAY + MINUTE)), None)
    walk.take(closes(449), MIDDAY)
    assert [walk.status(MIDDAY + at).state for at in (0, MINUTE)] == ["armed", "expired"]


@pytest.mark.parametrize(
    ("leaves", "more", "place", "words"),
    [
        ([leaf("QQQ.last", "above", '"QQQ.ema20@1m:live"')], {}, "when.all[0].field", "cannot be watched yet"),
        ([leaf("QQQ.last", "above", '"QQQ.ema20@1m"')], {"trigger": '"per_bar_close"'}, "trigger", "per_bar"),
        (
            [leaf("QQQ.ema20@1m", "above", '"QQQ.ema20@5m"')],
            {"trigger": '"per_bar_close"', "interval": '"1m"'},
            "trigger",
            "one length",
        ),
        ([leaf("QQQ.ema20@1m:live", "above", 1)], {}, "when.all[0].field", "cannot be watched yet"),
        ([leaf("QQQ.volume_spike@1m", "above", 1)], {}, "when.all[0].field", "is known of bars of"),
        ([leaf("QQQ.vwap@1d", "above", 1)], {}, "when.all[0].field", "cannot be watched yet"),
        ([leaf("QQQ.ema20@5m", "above", 1)], {"trigger": '"per_bar_close"'}, "interval", "5m"),
        ([leaf("QQQ.last", "above", 1)], {"trigger": '"per_bar_close"'}, "trigger", "per_bar"),
    ],
)
def test_what_cannot_be_looked_at_yet_is_refused_with_its_place(leaves, more, place, words):
    with pytest.raises(RuleError, match=words) as refused:
        check_studies(rule(*leaves, **more).spec)
    assert refused.value.place == place


BESIDE = leaf("QQQ.last", "crosses_up", '"QQQ.ema3@1m"')


def newest(engine: Engine) -> NewestStudies:
    """What has to be worked out for an engine's rules."""
    found = NewestStudies()
    found.follow({one.key: one.ref for one in engine.study_inputs})
    return found


@pytest.mark.parametrize(
    ("leaves", "walked"),
    [
        ([EMA_CROSS], True),
        ([BESIDE], False),
        ([leaf("QQQ.rsi14@1m", "above", 70), leaf("QQQ.iv_rank", "above", 5)], False),
        ([leaf("QQQ.ema20@1m", "above", '"QQQ.ema20@5m"')], False),
    ],
)
def test_a_rule_of_one_series_goes_from_bar_to_bar_and_others_as_prices_come(leaves, walked):
    spec = rule(*leaves).spec
    check_studies(spec)
    assert is_walked(spec) is walked


def test_a_price_crosses_a_study_of_the_newest_closed_bar():
    engine, told, average = Engine([rule(BESIDE)], MIDDAY), bars(40), Ema(3)
    studies, found, expected = newest(engine), [], []
    is_above: bool | None = None
    for at, bar in enumerate(told):
        now = MIDDAY + at * MINUTE
        level = average.take(bar)
        assert engine.take_studies(studies.take(told[: at + 1]), bar.time + MINUTE, now) == []
        close = bar.close or 0.0
        for step, price in enumerate((close - 0.4, close + 0.7, close - 0.1)):
            found += [one.after for one in engine.take(last(price, now + step + 1), LINK, now + step + 1)]
            was, is_above = is_above, None if level is None else price >= level
            expected += [price] if is_above and was is False else []
    assert len(expected) > 5
    assert [price for price in found if price not in expected] == []
    assert found[0] == expected[0]


def test_a_study_that_is_not_told_any_more_fires_nothing():
    engine, told = Engine([rule(BESIDE)], MIDDAY), closes(450, 450, 450)
    (key,) = (one.key for one in engine.study_inputs)
    engine.take_studies(newest(engine).take(told), MIDDAY, MIDDAY)
    engine.take(last(449), LINK, MIDDAY)
    engine.lose_studies([key], "candles come delayed", MIDDAY + 1)
    assert engine.take(last(451), LINK, MIDDAY + 2) == []
    assert engine.statuses(MIDDAY + 2)[0].reason == "QQQ.ema3@1m: candles come delayed"
    engine.take_studies({key: 450.5}, MIDDAY + MINUTE, MIDDAY + 3)
    (fired_,) = engine.take(last(451), LINK, MIDDAY + 4)
    assert fired_.after == 451


def test_corrected_bars_count_in_what_studies_are():
    studies = NewestStudies()
    studies.follow({"sma": parse_rule(f'{{"when": {{"all": [{leaf("QQQ.sma3@1m", "above", 1)}]}}}}').fields[0]})
    assert studies.take(closes(1, 2, 3)) == {"sma": 2.0}
    studies.restart()
    assert studies.take(closes(1, 5, 3)) == {"sma": 3.0}
