"""What a rule leaves out is as usual for what it looks at, and whose an amount is must be something there is."""

import pytest

from alerts.rules.errors import RuleError
from alerts.rules.reader import parse_rule, write_rule
from alerts.rules.sentence import condition


def waits(field: str, is_: str = "above", value: str = "1", of: str = "{}") -> str:
    tail = "" if of == "{}" else f', "of": {of}'
    return f'{{"when": {{"all": [{{"field": "{field}", "is": "{is_}", "value": {value}{tail}}}]}}}}'


@pytest.mark.parametrize(
    ("field", "session"),
    [
        ("QQQ.last", "regular"),
        ("BTC/USD.last", "always"),
        ("QQQ.ema20@5m", "regular"),
        ("account.day_pl", "regular"),
        ("account.cash", "always"),
        ("QQQ.position.delta", "regular"),
        ("QQQ.position.quantity", "always"),
        ("desk.link_stale_s", "always"),
        ("QQQ.age_s", "regular"),
        ("QQQ261218C00450000.dte", "regular"),
        ("account.maintenance", "always"),
    ],
)
def test_a_rule_that_names_no_session_counts_while_there_are_prices_for_it(field, session):
    assert parse_rule(waits(field)).session == session


@pytest.mark.parametrize(
    ("of", "place"),
    [
        ('{"environment": "paper"}', "when.all[0].of.environment"),
        ('{"broker": "x"}', "when.all[0].of.broker"),
        ('{"account": 5}', "when.all[0].of.account"),
    ],
)
def test_whose_an_amount_is_must_be_something_there_is(of, place):
    with pytest.raises(RuleError) as refused:
        parse_rule(waits("account.cash", of=of))
    assert refused.value.place == place


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("position.opened", "a position is opened"),
        ("position.closed", "a position is closed"),
        ("QQQ.position.opened", "QQQ position is opened"),
    ],
)
def test_a_position_of_any_symbol_is_written_without_one(field, words):
    spec = parse_rule(f'{{"when": {{"all": [{{"field": "{field}", "is": "happens"}}]}}}}')
    assert condition(spec) == words
    assert parse_rule(write_rule(spec)) == spec
    assert spec.symbols == (("QQQ",) if field.startswith("QQQ") else ())


def test_an_amount_of_a_position_needs_its_symbol():
    with pytest.raises(RuleError, match=r"quantity is of one symbol: write quantity like QQQ\.position\.quantity"):
        parse_rule(waits("position.quantity"))
