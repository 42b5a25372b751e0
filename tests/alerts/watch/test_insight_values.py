"""Rules see regime and signals of a symbol as its newest bar left them, and nothing where that is not known."""

import pytest

from alerts.evaluation.board_values import BoardReading
from alerts.rules.fields import CATALOGUE
from alerts.watch.insight_values import OLD_MS, TURNS, read_insight
from brokers.contract.events import RegimeReading

NOW = 1_795_021_200_000
REGIME = {"volatility": "stressed", "trend": "flat", "liquidity": "unknown", "percentile": 91.5, "days": 60}
INSIGHT = {"type": "insight", "symbol": "QQQ", "regime": REGIME, "confidence": None, "reason": None, "at": NOW - 5}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("volatility_rank", 91.5), ("turns_stressed", 1), ("turns_calm", 0), ("turns_flat", 1), ("turns_up", 0),
        ("signal_shown", 0), ("signal_gone", 0),
    ],
)  # fmt: skip
def test_words_are_one_or_nought_and_numbers_as_told(name, value):
    assert read_insight(name, INSIGHT, NOW) == BoardReading(value, at=NOW - 5)


def test_a_confidence_is_known_once_it_is_shown():
    assert read_insight("confidence", INSIGHT, NOW).reason == "no confidence has been shown"
    shown = INSIGHT | {"confidence": 0.57}
    assert read_insight("confidence", shown, NOW) == BoardReading(0.57, at=NOW - 5)
    assert read_insight("signal_shown", shown, NOW).value == 1


@pytest.mark.parametrize(
    ("name", "insight", "reason"),
    [
        ("turns_calm", None, "its regime is not worked out yet"),
        ("turns_thin", INSIGHT, "its liquidity is not known yet"),
        ("turns_calm", INSIGHT | {"reason": "candles come delayed"}, "candles come delayed"),
        ("turns_calm", INSIGHT | {"at": NOW - OLD_MS - 1}, "its regime is older than 15 min"),
        ("signal_shown", INSIGHT | {"at": NOW - OLD_MS - 1}, "its regime is older than 15 min"),
        ("volatility_rank", INSIGHT | {"regime": REGIME | {"percentile": None}}, "there are not days enough"),
    ],
)
def test_what_is_not_known_does_not_count_and_says_why(name, insight, reason):
    found = read_insight(name, insight, NOW)
    assert (found.value, found.reason) == (None, reason)


def test_every_field_of_an_insight_is_read():
    fields = [name for (_, name), field in CATALOGUE.items() if field.needs == ("insight",)]
    assert len(fields) == len(TURNS) + 4
    for name in fields:
        assert read_insight(name, INSIGHT | {"confidence": 0.5}, NOW).reason in ("", "its liquidity is not known yet")


def test_every_word_is_one_of_the_regime():
    known = RegimeReading.__annotations__
    for about, word in TURNS.values():
        assert f'"{word}"' in str(known[about]) or f"'{word}'" in str(known[about])
