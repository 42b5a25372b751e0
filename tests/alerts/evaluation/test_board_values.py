"""What is read off the board fires as prices do: two sides, never on what does not count, once for each turn."""

import pytest

from alerts.evaluation.board_values import BoardReading
from alerts.evaluation.engine import Engine
from alerts.rules.reader import parse_rule
from alerts.rules.spec import Rule
from alerts.rules.state import decode_state, encode_state
from tests.alerts.evaluation.test_engine import MIDDAY, one, rule

CALL = "QQQ261218C00450000"
GONE = BoardReading(None, "its link is stale")


def waits(field: str, is_: str = "happens", value: str = "{}", trigger: str = "each", of: str = "{}") -> Rule:
    scope = "" if of == "{}" else f', "of": {of}'
    leaf = f'{{"field": "{field}", "is": "{is_}", "value": {value}{scope}}}'
    return Rule("1", 1, parse_rule(f'{{"when": {{"all": [{leaf}]}}, "trigger": "{trigger}"}}'), MIDDAY)


def fired(engine: Engine, *readings: float | BoardReading, at: int = MIDDAY) -> list[tuple[int, bool]]:
    """Which readings it fires at, one each second, and whether over a gap."""
    (looked_at,) = engine.board_inputs
    found = []
    for number, reading in enumerate(readings):
        told = reading if isinstance(reading, BoardReading) else BoardReading(reading, at=at + number * 1000)
        firings = engine.take_board({looked_at.key: told}, at + number * 1000)
        found += [(number, firing.gap) for firing in firings]
    return found


@pytest.mark.parametrize(
    ("field", "is_", "value", "readings", "at"),
    [
        ("account.day_pl", "crosses_down", -500, (-400, -501, -600), [(1, False)]),
        ("account.day_pl", "crosses_down", -500, (-501, -600), []),
        ("account.day_pl", "crosses_down", -500, (-400, GONE, -600), [(2, True)]),
        ("account.net_liq", "below", 100_000, (100_001, GONE, GONE, 100_001), []),
        ("QQQ.position.delta", "above", 100, (90, 101, 80, 102), [(1, False), (3, False)]),
        ("desk.link_stale_s", "above", 2, (0, 1, 2, 3, 4, 0, 3), [(3, False), (6, False)]),
        ("QQQ.position.opened", "happens", "{}", (0, 5, 7, 0, 2), [(1, False), (4, False)]),
        ("QQQ.position.closed", "happens", "{}", (5, -2, 0, 0), [(2, False)]),
        ("QQQ.position.closed", "happens", "{}", (5, GONE, 0), [(2, True)]),
        ("QQQ.position.opened", "happens", "{}", (5, 6), []),
        ("position.opened", "happens", "{}", (0, 1, 1, GONE, 3), [(1, False), (4, True)]),
        ("position.closed", "happens", "{}", (4, 0, 1), [(2, False)]),
        ("QQQ.age_s", "above", 30, (0, 29, 31, 40, 0, 31), [(2, False), (5, False)]),
        (f"{CALL}.dte", "below", 7, (8, 7, 6, 5), [(2, False)]),
        ("account.maintenance", "above", 1000, (900, 1001), [(1, False)]),
        ("desk.feed_delayed", "happens", "{}", (0, 1, 2, 0, 1), [(1, False), (4, False)]),
        ("QQQ.turns_stressed", "happens", "{}", (0, 1, 1, 0, 1), [(1, False), (4, False)]),
        ("QQQ.turns_stressed", "happens", "{}", (1, 1), []),
        ("QQQ.turns_down", "happens", "{}", (0, GONE, 1), [(2, True)]),
        ("QQQ.signal_gone", "happens", "{}", (1, 0, 0, 1, 0), [(1, False), (4, False)]),
        ("QQQ.confidence", "above", 0.55, (GONE, 0.56, 0.54, 0.57), [(3, False)]),
        ("QQQ.volatility_rank", "crosses_up", 85, (80, 86, 90), [(1, False)]),
    ],
)
def test_it_fires_when_a_reading_turns_and_not_on_what_does_not_count(field, is_, value, readings, at):
    assert fired(Engine([waits(field, is_, value)], MIDDAY), *readings) == at


def test_a_firing_of_any_position_says_which_ones():
    engine = Engine([waits("position.opened")], MIDDAY)
    (looked_at,) = engine.board_inputs
    engine.take_board({looked_at.key: BoardReading(0)}, MIDDAY)
    (firing,) = engine.take_board({looked_at.key: BoardReading(2, symbols=("AAPL", "QQQ"))}, MIDDAY + 1000)
    assert firing.detail == {"symbol": "AAPL", "symbols": ["AAPL", "QQQ"], "headline": "AAPL, QQQ"}


def test_while_it_does_not_count_the_rule_says_why_and_since_when():
    engine = Engine([waits("account.net_liq", "below", "1000")], MIDDAY)
    fired(engine, 2000, GONE)
    (status,) = engine.statuses(MIDDAY + 2000)
    assert (status.state, status.reason, status.since) == (
        "cannot_check", "account.net_liq: its link is stale", MIDDAY,
    )  # fmt: skip


def test_what_happened_while_nobody_looked_is_told_as_over_a_gap():
    closed = waits("QQQ.position.closed")
    before = Engine([closed], MIDDAY)
    fired(before, 5)
    after = Engine([closed], MIDDAY + 60_000, state=decode_state(encode_state(before.checkpoint(MIDDAY + 1000))))
    after.interrupt(MIDDAY + 60_000)
    assert fired(after, 0, at=MIDDAY + 60_000) == [(0, True)]


def test_what_was_before_a_rule_was_armed_is_not_its_matter():
    engine = Engine([waits("QQQ.position.opened")], MIDDAY)
    fired(engine, 0)
    engine.set_rule(Rule("1", 2, waits("QQQ.position.opened").spec, MIDDAY + 5_000), MIDDAY + 5_000)
    assert fired(engine, 5, 0, 5, at=MIDDAY + 6_000) == [(2, False)]


def test_rules_of_prices_have_nothing_read():
    assert Engine([rule(one("crosses_up", 450))], MIDDAY).board_inputs == []
