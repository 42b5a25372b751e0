"""How a rule that is not kept yet stands is said with the price and its age, or not at all."""

import pytest

from alerts.hindsight.standing import standing
from alerts.rules.reader import parse_rule
from alerts.rules.spec import Rule
from tests.alerts.hindsight.test_finding import NOW

QUOTE = {"last": 450.96, "last_at": NOW - 400}


def rule(is_: str, value: float, session: str = "always") -> Rule:
    leaf = f'{{"field": "QQQ.last", "is": "{is_}", "value": {value}}}'
    return Rule("1", 1, parse_rule(f'{{"when": {{"all": [{leaf}]}}, "session": "{session}"}}'), NOW)


@pytest.mark.parametrize(
    ("one", "quote", "said"),
    [
        (rule("crosses_up", 452.5), QUOTE, "Now: 450.96 (0 s old), 1.54 below 452.5."),
        (rule("crosses_up", 99_999), QUOTE, "Now: 450.96 (0 s old), 99,548 below 99,999."),
        (rule("crosses_up", 450), QUOTE, "Now: 450.96 (0 s old), 450.96 is past 450: fires on the next cross up."),
        (
            rule("above", 450),
            QUOTE,
            "Now: 450.96 (0 s old), 0.96 above 450: true already, it fires when it becomes true again.",
        ),
        (rule("crosses_up", 452.5), QUOTE | {"last_at": NOW - 600_000}, "Now: 450.96 (10 min old), 1.54 below 452.5."),
        (
            rule("crosses_up", 452.5),
            QUOTE | {"delayed": True},
            "Now: the price comes delayed, and would not be checked.",
        ),
        (rule("crosses_up", 452.5), {"last": None, "last_at": NOW}, ""),
        (rule("crosses_up", 452.5), None, ""),
    ],
)
def test_it_is_said_with_its_price_and_age(one, quote, said):
    assert standing(one, quote, NOW) == said


def test_outside_its_session_a_rule_waits():
    night = NOW + 8 * 3_600_000
    told = standing(rule("crosses_up", 452.5, "regular"), QUOTE | {"last_at": night}, night)
    assert told == "Now: 450.96 (0 s old), waits for regular hours, Wed 09:30 ET."
