"""Which rules are evaluated, and that others are refused rather than kept and never checked."""

import pytest

from alerts.rules.errors import RuleError
from alerts.rules.reader import parse_rule
from alerts.watch.needs import check_evaluated, demand_of, moved_by
from brokers.contract.broker import Demand


def waits(field: str, is_: str = "above", value: str = "5") -> str:
    return f'{{"when": {{"all": [{{"field": "{field}", "is": "{is_}", "value": {value}}}]}}}}'


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        (waits("QQQ.age_s"), Demand(quotes=frozenset({"QQQ"}))),
        (waits("QQQ261218C00450000.dte", "below"), Demand()),
        (waits("QQQ.highest20@5m"), Demand()),
        (waits("QQQ.lowest20@1d"), Demand()),
        (waits("QQQ.volume_spike"), Demand()),
        (waits("QQQ.impact", "happens", '{"impact_above": 1}'), Demand()),
        (waits("account.maintenance"), Demand()),
        (waits("position.opened", "happens", "{}"), Demand()),
    ],
)
def test_these_are_evaluated_and_have_streamed_what_they_need(rule, wanted):
    spec = parse_rule(rule)
    check_evaluated(spec)
    assert demand_of([spec]) == wanted


@pytest.mark.parametrize("field", ["QQQ.ema20@5m:live", "QQQ.vwap@1d"])
def test_what_is_not_evaluated_yet_is_refused_with_its_place(field):
    with pytest.raises(RuleError, match="cannot be watched yet") as refused:
        check_evaluated(parse_rule(waits(field)))
    assert refused.value.place == "when.all[0].field"


@pytest.mark.parametrize("bar", ["1m", "1d"])
def test_volumes_of_other_days_are_known_of_some_bars_alone(bar):
    with pytest.raises(RuleError, match="5m, 15m, 30m, 1h"):
        check_evaluated(parse_rule(waits(f"QQQ.volume_spike@{bar}")))


def test_the_symbols_are_known_whose_moves_after_news_are_waited_for():
    def of(*fields: str, how: str = "any", symbol: str = "") -> frozenset[str] | None:
        value = f', "value": {{"symbol": "{symbol}"}}' if symbol else ""
        leaves = [f'{{"field": "{field}", "is": "happens"{value}}}' for field in fields]
        return moved_by(parse_rule(f'{{"when": {{"{how}": [{", ".join(leaves)}]}}}}'))

    assert of("QQQ.news") is None
    assert of("QQQ.impact", "NVDA.impact", "AMD.news") == frozenset({"QQQ", "NVDA"})
    assert of("impact", symbol="QQQ") == frozenset({"QQQ"})
    assert of("QQQ.impact", "impact") == frozenset()
