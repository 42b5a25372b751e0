"""Items fire what waits for them, each once, whatever is stored and taken up again meanwhile."""

import typing

import pytest

from alerts.evaluation.engine import Engine
from alerts.evaluation.news_gates import ArrivedItem, MeasuredMove
from alerts.rules.errors import RuleError
from alerts.rules.reader import parse_rule
from alerts.rules.spec import Rule
from alerts.rules.state import decode_state, encode_state
from tests.alerts.evaluation.test_engine import MIDDAY


def item(number: int, headline: str = "Nvidia raises its outlook", *, is_own: bool = False, **more) -> ArrivedItem:
    told: dict[str, typing.Any] = {
        "received_at": MIDDAY,
        "symbols": ("NVDA",),
        "category": "guidance",
        "sentiment": 0.6,
    } | more
    return ArrivedItem(id=f"{'p' if is_own else 'd'}{number}", number=number, is_own=is_own, headline=headline, **told)


def waits(field: str = "news", value: str = "{}", trigger: str = "each") -> Rule:
    leaf = f'{{"field": "{field}", "is": "happens", "value": {value}}}'
    return Rule("1", 1, parse_rule(f'{{"when": {{"all": [{leaf}]}}, "trigger": "{trigger}"}}'), MIDDAY)


HALTED = item(1, "GME halted: volatility pause (LUDP)", symbols=("GME",), category="halt", sentiment=None)


@pytest.mark.parametrize(
    ("field", "value", "what", "fires"),
    [
        ("news", "{}", item(1), True),
        ("NVDA.news", "{}", item(1), True),
        ("AMD.news", "{}", item(1), False),
        ("news", '{"symbol": "NVDA"}', item(1), True),
        ("news", '{"words": ["merger", "OUTLOOK"]}', item(1), True),
        ("news", '{"words": ["look"]}', item(1), False),
        ("news", '{"words": ["guides higher"]}', item(1, summary="It guides higher."), True),
        ("news", '{"words": ["C++ (new)"]}', item(1, "Uses C++ (new) now"), True),
        ("news", '{"category": "guidance"}', item(1), True),
        ("news", '{"category": "m&a"}', item(1), False),
        ("news", '{"sentiment_above": 0.5}', item(1), True),
        ("news", '{"sentiment_above": 0.6}', item(1), False),
        ("news", '{"sentiment_above": 0.2}', item(1, sentiment=0.2), False),
        ("news", '{"sentiment_below": -0.2}', item(1, sentiment=-0.2), False),
        ("news", '{"sentiment_above": 0.2}', item(1, sentiment=0.2001), True),
        ("news", '{"sentiment_above": -1}', item(1, sentiment=None), False),
        ("news", '{"sentiment_below": 1}', item(1, sentiment=None), False),
        ("news", '{"sentiment_below": -0.2}', item(1, sentiment=-0.5), True),
        ("news", '{"halt": "LUDP"}', HALTED, True),
        ("GME.news", '{"halt": "LUD"}', HALTED, False),
        ("news", '{"halt": "X9"}', item(1, "GME halted: X9", category="halt"), True),
        ("news", '{"halt": "LUDP"}', item(1, "An analyst on pauses (LUDP)"), False),
        ("news", '{"category": "guidance", "words": ["outlook"], "sentiment_above": 0.9}', item(1), False),
    ],
)
def test_an_item_fires_what_waits_for_it(field, value, what, fires):
    firings = Engine([waits(field, value)], MIDDAY).take_news(what, MIDDAY + 10)
    assert [one.key for one in firings] == (["d1"] if fires else [])


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ('{"category": "gossip"}', "category"), ('{"halt": "t 1"}', "halt"), ('{"words": [" "]}', "words[0]"),
        ('{"words": []}', "words"), ('{"sentiment_above": 1.5}', "sentiment_above"), ('{"side": "buy"}', "side"),
        ('{"impact_above": 1}', "impact_above"),
    ],
)  # fmt: skip
def test_what_no_item_can_be_is_refused_with_its_place(value, place):
    with pytest.raises(RuleError) as refused:
        waits(value=value)
    assert refused.value.place == f"when.all[0].value.{place}"


def test_each_list_counts_by_itself_and_no_number_counts_twice():
    engine = Engine([waits()], MIDDAY)
    came = [item(7), item(3, is_own=True), item(7), item(6), item(8), item(3, is_own=True), item(4, is_own=True)]
    keys = [one.key for what in came for one in engine.take_news(what, MIDDAY + 10)]
    assert keys == ["d7", "p3", "d8", "p4"]


def test_who_comes_after_goes_on_from_what_was_stored_with_a_firing():
    engine = Engine([waits(trigger="per_minute")], MIDDAY)
    before = decode_state(encode_state(engine.checkpoint(MIDDAY)))
    (fired,) = engine.take_news(item(7), MIDDAY + 10)
    assert fired.state is not None
    after = Engine([waits(trigger="per_minute")], MIDDAY + 60_000, state=before, states={"1": fired.state})
    assert after.news_positions() == [(MIDDAY, [7, 0])]
    assert after.take_news(item(7), MIDDAY + 60_000) == [], "the same item in another minute is the same item"
    (late,) = after.take_news(item(8), MIDDAY + 60_000)
    assert (late.recovered, late.late_ms, late.at) == (True, 60_000, MIDDAY)


def test_what_came_before_it_was_armed_is_not_its_matter():
    engine = Engine([waits()], MIDDAY)
    assert engine.take_news(item(5, received_at=MIDDAY - 1), MIDDAY + 10) == []
    (prompt,) = engine.take_news(item(6), MIDDAY + 10)
    assert (prompt.recovered, prompt.detail["headline"]) == (False, "Nvidia raises its outlook")


def moved(number: int, percent: float = 1.2, what: ArrivedItem | None = None, **more) -> MeasuredMove:
    told: dict[str, typing.Any] = {"symbol": "NVDA", "minutes": 5, "ends_at": MIDDAY} | more
    return MeasuredMove(item=what or item(number), number=number, move=percent, **told)


@pytest.mark.parametrize(
    ("field", "value", "what", "fires"),
    [
        ("impact", "{}", moved(1), True),
        ("NVDA.impact", "{}", moved(1), True),
        ("NVDA.impact", "{}", moved(1, symbol="AMD"), False),
        ("impact", '{"symbol": "AMD"}', moved(1), False),
        ("impact", '{"impact_above": 1}', moved(1), True),
        ("impact", '{"impact_above": 1.2}', moved(1), False),
        ("impact", '{"impact_above": 1.1}', moved(1, 1.1), False),
        ("impact", '{"impact_above": 1.1}', moved(1, 1.1001), True),
        ("impact", '{"impact_below": -1.1}', moved(1, -1.1), False),
        ("impact", '{"impact_below": -1}', moved(1), False),
        ("impact", '{"impact_below": -1}', moved(1, -1.01), True),
        ("impact", '{"impact_above": -1, "impact_below": 1}', moved(1, 0.5), True),
        ("impact", '{"minutes": 15}', moved(1), False),
        ("impact", '{"minutes": 15}', moved(1, minutes=15), True),
        ("impact", "{}", moved(1, minutes=60), False),
        ("impact", '{"category": "guidance", "words": ["outlook"]}', moved(1), True),
        ("impact", '{"category": "legal"}', moved(1), False),
        ("impact", '{"sentiment_below": 0}', moved(1), False),
        ("impact", "{}", moved(1, is_confounded=True), False),
        ("news", "{}", moved(1), False),
    ],
)
def test_a_move_fires_what_waits_for_it(field, value, what, fires):
    firings = Engine([waits(field, value)], MIDDAY).take_news(what, MIDDAY + 10)
    assert [one.key for one in firings] == ([f"d1:{what.minutes}"] if fires else [])
    if fires:
        assert firings[0].detail["move"] == what.move
        assert (firings[0].detail["headline"], firings[0].at) == ("Nvidia raises its outlook", MIDDAY)


def test_an_item_is_not_what_it_moved():
    assert Engine([waits("impact")], MIDDAY).take_news(item(1), MIDDAY + 10) == []


@pytest.mark.parametrize(
    ("value", "place"), [('{"minutes": 10}', "minutes"), ('{"impact_above": "much"}', "impact_above")]
)
def test_what_no_move_can_be_is_refused_with_its_place(value, place):
    with pytest.raises(RuleError) as refused:
        waits("NVDA.impact", value)
    assert refused.value.place == f"when.all[0].value.{place}"


def test_each_move_counts_once_and_what_was_over_before_it_was_armed_does_not():
    engine = Engine([waits("impact")], MIDDAY)
    came = [moved(4, ends_at=MIDDAY - 1), moved(7), moved(7), moved(6), moved(9)]
    assert [one.key for what in came for one in engine.take_news(what, MIDDAY + 10)] == ["d7:5", "d9:5"]
    assert engine.impact_positions() == [(MIDDAY, 9)]
    assert engine.news_positions() == [], "it waits for no items"
    after = Engine([waits("impact")], MIDDAY, state=decode_state(encode_state(engine.checkpoint(MIDDAY))))
    assert after.take_news(moved(9), MIDDAY + 10) == []
    assert [one.key for one in after.take_news(moved(10), MIDDAY + 10)] == ["d10:5"]


def test_a_move_that_was_found_in_candles_is_told_as_late():
    engine = Engine([waits("impact")], MIDDAY)
    (prompt,) = engine.take_news(moved(1), MIDDAY + 59_000)
    (late,) = engine.take_news(moved(2, recovered=True), MIDDAY + 600_000)
    (missed,) = engine.take_news(moved(3), MIDDAY + 600_000)
    assert [one.recovered for one in (prompt, late, missed)] == [False, True, True]
    assert late.late_ms == 600_000
