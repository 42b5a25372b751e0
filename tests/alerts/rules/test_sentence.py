"""A rule reads as a sentence that says all of it."""

import pytest

from alerts.rules.reader import parse_rule
from alerts.rules.sentence import condition, sentence

LAST = '{"field": "QQQ.last", "is": "crosses_up", "value": 452.50}'
RANK = '{"field": "QQQ.iv_rank", "is": "above", "value": 50}'


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (
            f'{{"when": {{"all": [{LAST}]}}}}',
            "Tell me when QQQ last price crosses up 452.50, in regular hours, once.",
        ),
        (
            f'{{"when": {{"all": [{LAST}, {RANK}]}}, "trigger": "each", "rearm": {{"pct": 0.10}},'
            ' "session": "extended"}',
            "Tell me when QQQ last price crosses up 452.50 and IV rank is above 50, in extended hours, each time,"
            " again after it went back by 0.10 %.",
        ),
        (
            '{"when": {"any": [{"field": "SPY.mid", "is": "outside", "value": [600, 12500]}]}, "for_s": 90,'
            ' "trigger": "per_bar", "interval": "15m", "session": "always", "expires": 1797627599000}',
            "Tell me when SPY mid is outside 600 and 12,500, for 90 s, at all hours, once in each 15m bar,"
            " until Fri 18 Dec 2026 15:59.",
        ),
    ],
)
def test_a_rule_reads_as_a_sentence(rule, words):
    assert sentence(parse_rule(rule)) == words


@pytest.mark.parametrize(
    ("leaf", "words"),
    [
        ('{"field": "QQQ.last", "is": "above", "value": "SPY.last"}', "QQQ last price is above SPY last price"),
        ('{"field": "QQQ.bid", "is": "below", "value": "QQQ.ask"}', "QQQ bid is below ask"),
        ('{"field": "QQQ.change_pct", "is": "below", "value": -2}', "QQQ change since the close is below -2 %"),
        ('{"field": "QQQ.ema20@15m", "is": "above", "value": 450}', "QQQ EMA 20 of 15m bars is above 450"),
        (
            '{"field": "QQQ.last", "is": "moves_down", "value": 2, "within_s": 900}',
            "QQQ last price falls by 2 % within 15 min",
        ),
        ('{"field": "QQQ.halted", "is": "happens"}', "QQQ is halted"),
        (
            '{"field": "news", "is": "happens", "value": {"words": ["merger"], "category": "m&a"}}',
            "news of m&a with “merger” come",
        ),
        (
            '{"field": "NVDA.impact", "is": "happens", "value": {"category": "guidance", "impact_above": 1.50}}',
            "news on NVDA of guidance moved NVDA by more than 1.50 % beyond the market within 5 min",
        ),
        (
            '{"field": "impact", "is": "happens", "value": {"minutes": 60}}',
            "news moved their symbol beyond the market within 60 min",
        ),
        (
            '{"field": "QQQ.volume_spike", "is": "above", "value": 3}',
            "QQQ volume against the usual of that time of day of 5m bars is above 3 times",
        ),
        (
            '{"field": "orders.filled", "is": "happens", "of": {"account": "5WX10001"}}',
            "an order is filled in account …0001",
        ),
    ],
)
def test_each_kind_of_comparison_has_its_words(leaf, words):
    assert condition(parse_rule(f'{{"when": {{"all": [{leaf}]}}}}')) == words


def test_groups_stand_in_brackets():
    rule = f'{{"when": {{"any": [{RANK}, {{"all": [{RANK}, {RANK}]}}]}}}}'
    said = condition(parse_rule(rule))
    assert said == "QQQ IV rank is above 50 or (IV rank is above 50 and IV rank is above 50)"
