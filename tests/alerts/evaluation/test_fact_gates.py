"""Facts fire what waits for them, by their number: once, whoever sees them, and never those from before."""

import decimal

import pytest

from alerts.evaluation.engine import Engine
from alerts.rules.reader import parse_rule
from alerts.rules.spec import Rule
from alerts.rules.state import EngineState, RuleState
from streaming.facts import Fact
from tests.alerts.evaluation.test_engine import MIDDAY

ORDER = {"order": "7", "status": "filled", "account": "A1", "legs": [{"symbol": "QQQ", "side": "buy"}]}
FILL = {
    "order": "7",
    "symbol": "QQQ",
    "quantity": decimal.Decimal(-2),
    "price": decimal.Decimal("450.5"),
    "account": "A1",
}
FILLED = '{"when": {"all": [{"field": "orders.filled", "is": "happens"}]}, "session": "always"}'


def fact(number: int, kind: str, payload: dict, at: int = MIDDAY, **more) -> Fact:
    told = {"recovered": False, "late_ms": None, "recorded": at} | more
    return Fact(person=1, number=number, kind=kind, link="L1", venue_id=None, at=at, payload=payload, **told)


def engine(field: str, value: str = "{}", of: str = "{}", trigger: str = "each") -> Engine:
    text = f'{{"when": {{"all": [{{"field": "{field}", "is": "happens", "value": {value}, "of": {of}}}]}}'
    return Engine([Rule("1", 1, parse_rule(f'{text}, "session": "always", "trigger": "{trigger}"}}'), MIDDAY)], MIDDAY)


@pytest.mark.parametrize(
    ("field", "value", "of", "kind", "payload", "fires"),
    [
        ("orders.filled", "{}", "{}", "order", ORDER, True),
        ("orders.rejected", "{}", "{}", "order", ORDER, False),
        ("orders.filled", '{"symbol": "QQQ"}', "{}", "order", ORDER, True),
        ("orders.filled", '{"symbol": "SPY"}', "{}", "order", ORDER, False),
        ("orders.filled", '{"side": "sell"}', "{}", "order", ORDER, False),
        ("orders.filled", "{}", '{"account": "A1"}', "order", ORDER, True),
        ("orders.filled", "{}", '{"account": "B2"}', "order", ORDER, False),
        ("orders.filled", "{}", '{"link": "L2"}', "order", ORDER, False),
        ("orders.fill", "{}", "{}", "fill", FILL, True),
        ("orders.fill", '{"side": "sell"}', "{}", "fill", FILL, True),
        ("orders.fill", '{"side": "buy"}', "{}", "fill", FILL, False),
        ("orders.fill", "{}", "{}", "fill", FILL | {"kind": "bust"}, False),
        ("orders.activity", '{"kind": "dividend"}', "{}", "activity", {"kind": "dividend"}, True),
        ("orders.activity", '{"kind": "dividend"}', "{}", "activity", {"kind": "fee"}, False),
        ("desk.book_differs", "{}", "{}", "notice", {"code": "book_differs"}, True),
        ("desk.link_lost", "{}", "{}", "notice", {"code": "link_back"}, False),
    ],
)
def test_a_fact_fires_what_waits_for_it(field, value, of, kind, payload, fires):
    firings = engine(field, value, of).take_fact(fact(5, kind, payload), MIDDAY)
    assert [one.key for one in firings] == (["5"] if fires else [])


def test_what_happened_before_it_was_armed_is_not_its_matter():
    assert engine("orders.filled").take_fact(fact(5, "order", ORDER, MIDDAY - 1), MIDDAY) == []


def test_a_fact_that_was_missed_is_told_as_late():
    (late,) = engine("orders.filled").take_fact(fact(5, "order", ORDER), MIDDAY + 60_000)
    assert (late.recovered, late.late_ms, late.at) == (True, 60_000, MIDDAY)
    watching = engine("orders.filled")
    (missed,) = watching.take_fact(fact(5, "order", ORDER, recovered=True), MIDDAY + 100)
    (prompt,) = watching.take_fact(fact(6, "order", ORDER, MIDDAY + 50), MIDDAY + 100)
    assert (missed.recovered, prompt.recovered) == (True, False)


def test_it_says_what_happened_and_goes_on_after_the_newest_fact():
    watching = engine("orders.fill")
    (one,) = watching.take_fact(fact(5, "fill", FILL), MIDDAY)
    assert one.detail["symbol"] == "QQQ"
    assert one.payload["detail"]["price"] == decimal.Decimal("450.5")
    assert watching.checkpoint(MIDDAY).rules["1"].fact == 5


def test_once_is_once():
    watching = engine("orders.filled", trigger="once")
    assert len(watching.take_fact(fact(5, "order", ORDER), MIDDAY)) == 1
    assert watching.take_fact(fact(6, "order", ORDER), MIDDAY) == []


def test_a_rule_that_comes_later_sees_what_others_have_read_since_it_was_armed():
    watching = engine("orders.filled")
    watching.take_fact(fact(5, "order", ORDER), MIDDAY)
    watching.take_fact(fact(6, "order", ORDER, MIDDAY + 2), MIDDAY + 2)
    watching.set_rule(Rule("2", 1, parse_rule(FILLED), MIDDAY + 1), MIDDAY + 3)
    assert watching.fact_positions() == [(MIDDAY, 6), (MIDDAY + 1, None)]
    assert watching.take_fact(fact(5, "order", ORDER), MIDDAY + 3) == []
    (late,) = watching.take_fact(fact(6, "order", ORDER, MIDDAY + 2), MIDDAY + 3)
    assert (late.rule, late.detail["fact"]) == ("2", 6)


def test_a_fact_that_fired_is_not_told_again_in_another_minute_by_whoever_comes_after():
    """The state that is stored with a firing knows its fact, although no checkpoint does."""
    first = engine("orders.filled", trigger="per_minute")
    (one,) = first.take_fact(fact(5, "order", ORDER), MIDDAY)
    assert one.state is not None
    rule = Rule("1", 1, parse_rule(FILLED[:-1] + ', "trigger": "per_minute"}'), MIDDAY)
    second = Engine([rule], MIDDAY + 60_000, state=EngineState(at=MIDDAY - 1), states={"1": one.state})
    assert second.take_fact(fact(5, "order", ORDER), MIDDAY + 60_000) == []
    assert len(second.take_fact(fact(6, "order", ORDER), MIDDAY + 60_000)) == 1


def test_what_was_stored_before_each_rule_knew_how_far_it_came_still_counts():
    kept = EngineState(at=MIDDAY, rules={"1": RuleState(1)}, fact=5)
    watching = Engine([Rule("1", 1, parse_rule(FILLED), MIDDAY)], MIDDAY, state=kept)
    assert watching.fact_positions() == [(MIDDAY, 5)]
