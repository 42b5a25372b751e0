"""The engine fires as a plain reference does, whatever comes, and goes on after a restart as if nothing had been."""

import random

import msgspec
import pytest

from alerts.evaluation.engine import Engine
from alerts.rules.reader import parse_rule
from alerts.rules.spec import Rule
from alerts.rules.state import decode_state, encode_state
from brokers.contract.events import Day, Greeks, Link, Profile, Quote, Underlying

MIDDAY = 1_795_021_200_000
"""Wed 18 Nov 2026, 12:00 New York."""
NIGHT = MIDDAY - 10 * 3_600_000
LINK = "main"


def rule(when: str, id_: str = "1", **more: str) -> Rule:
    tail = "".join(f', "{name}": {value}' for name, value in more.items())
    return Rule(id_, 1, parse_rule(f'{{"when": {when}{tail}}}'))


def leaf(is_: str, value: object, field: str = "QQQ.last") -> str:
    return f'{{"field": "{field}", "is": "{is_}", "value": {value}}}'


def one(is_: str, value: object, field: str = "QQQ.last") -> str:
    return f'{{"all": [{leaf(is_, value, field)}]}}'


def last(price: float, at: int = MIDDAY) -> Quote:
    return Quote(symbol="QQQ", last=price, last_at=at, at=at)


def fired(engine: Engine, *prices: float, at: int = MIDDAY) -> list[float | None]:
    """The prices at which it fired."""
    return [
        firing.after
        for number, price in enumerate(prices)
        for firing in engine.take(last(price, at + number), LINK, at + number)
    ]


@pytest.mark.parametrize(
    ("is_", "value", "prices", "at"),
    [
        ("crosses_up", 450, (449, 450, 451), [450]),
        ("crosses_up", 450, (451, 449, 450.5), [450.5]),
        ("crosses_up", 450, (451, 452), []),
        ("crosses_down", 450, (451, 449), [449]),
        ("crosses", 450, (451, 449), [449]),
        ("above", 450, (449, 450, 450.01), [450.01]),
        ("above", 450, (451, 452), []),
        ("below", 450, (451, 449), [449]),
        ("enters", [440, 450], (455, 445), [445]),
        ("exits", [440, 450], (445, 455), [455]),
        ("outside", [440, 450], (445, 439), [439]),
    ],
)
def test_a_comparison_fires_when_it_turns_true_and_needs_two_sides(is_, value, prices, at):
    assert fired(Engine([rule(one(is_, value))], MIDDAY), *prices) == at


def test_once_is_once():
    assert fired(Engine([rule(one("crosses_up", 450))], MIDDAY), 449, 451, 449, 451) == [451]


def test_each_fires_again_only_after_it_went_back():
    engine = Engine([rule(one("crosses_up", 450), trigger='"each"', rearm='{"pct": 0.1}')], MIDDAY)
    assert fired(engine, 449, 450.2, 449.8, 450.1, 449.5, 450.3) == [450.2, 450.3]


def test_a_state_that_was_stored_with_a_firing_is_newer_than_the_values_of_the_checkpoint_before():
    """The value of then is no way back beyond the level: what fired at 449 does not fire at 449 again."""
    when = one("crosses_down", 450, "QQQ.last")
    first = Engine([rule(when, trigger='"each"')], MIDDAY)
    first.take(last(451.0), "L1", MIDDAY)
    kept = first.checkpoint(MIDDAY + 1)
    (told,) = first.take(last(449.0, MIDDAY + 2), "L1", MIDDAY + 2)
    assert told.state is not None
    second = Engine([rule(when, trigger='"each"')], MIDDAY + 3, state=kept, states={"1": told.state})
    second.interrupt(MIDDAY + 3)
    assert second.take(last(449.0, MIDDAY + 4), "L1", MIDDAY + 4) == []
    second.take(last(451.0, MIDDAY + 5), "L1", MIDDAY + 5)
    assert len(second.take(last(449.0, MIDDAY + 6), "L1", MIDDAY + 6)) == 1


def test_all_of_several_must_be_known_and_true():
    both = f'{{"all": [{leaf("crosses_up", 450)}, {leaf("above", 50, "QQQ.iv_rank")}]}}'
    engine = Engine([rule(both, trigger='"each"')], MIDDAY)
    assert fired(engine, 449, 451, 445) == [], "nobody said what the IV rank is"
    engine.take(Underlying(symbol="QQQ", iv_rank=40.0, at=MIDDAY), LINK, MIDDAY)
    assert fired(engine, 449, 451, 445) == []
    engine.take(Underlying(symbol="QQQ", iv_rank=60.0, at=MIDDAY), LINK, MIDDAY)
    assert fired(engine, 449, 451) == [451]


@pytest.mark.parametrize(
    "spoil",
    [
        Link(link=LINK, state="stale"),
        Quote(symbol="QQQ", delayed=True, last=460.0, at=MIDDAY),
        Quote(symbol="QQQ", last=None, at=MIDDAY),
    ],
    ids=["stale", "delayed", "missing"],
)
def test_what_is_stale_delayed_or_missing_never_fires(spoil):
    engine = Engine([rule(one("above", 450), trigger='"each"')], MIDDAY)
    fired(engine, 449)
    assert engine.take(spoil, LINK, MIDDAY) == []
    (status,) = engine.statuses(MIDDAY)
    assert status.state == "cannot_check"
    assert status.reason.startswith("QQQ.last: ")


def test_after_a_stale_feed_the_next_value_crosses_over_a_gap():
    engine = Engine([rule(one("crosses_up", 450))], MIDDAY)
    fired(engine, 449)
    engine.take(Link(link=LINK, state="stale"), LINK, MIDDAY)
    (firing,) = engine.take(last(451), LINK, MIDDAY)
    assert (firing.gap, firing.before, firing.after) == (True, 449, 451)


def test_outside_its_session_a_rule_waits_and_says_for_what():
    engine = Engine([rule(one("crosses_up", 450))], NIGHT)
    assert fired(engine, 449, 451, at=NIGHT) == []
    (status,) = engine.statuses(NIGHT)
    assert (status.state, status.reason) == ("waiting", "waits for regular hours, Wed 09:30 ET")


def test_a_rule_that_is_over_never_fires():
    engine = Engine([rule(one("crosses_up", 450), expires=str(MIDDAY + 1))], MIDDAY)
    assert fired(engine, 449, 451) == []
    assert [status.state for status in engine.statuses(MIDDAY + 2)] == ["expired"]


def test_a_snoozed_rule_fires_nothing():
    engine = Engine([rule(one("crosses_up", 450), trigger='"each"')], MIDDAY)
    engine.snooze(MIDDAY + 1_000, rule="1")
    assert fired(engine, 449, 451, 440) == []
    assert fired(engine, 451, at=MIDDAY + 2_000) == [451]


def test_a_condition_must_hold_for_as_long_as_the_rule_says():
    engine = Engine([rule(one("above", 450), for_s="10")], MIDDAY)
    assert fired(engine, 449, 451) == []
    assert engine.due <= MIDDAY + 10_001
    assert engine.advance(MIDDAY + 9_000) == []
    assert len(engine.advance(MIDDAY + 10_001)) == 1


def test_a_halt_happens_when_the_status_changes():
    engine = Engine([rule('{"all": [{"field": "QQQ.halted", "is": "happens"}]}')], MIDDAY)
    assert engine.take(Profile(symbol="QQQ", status="active"), LINK, MIDDAY) == []
    assert len(engine.take(Profile(symbol="QQQ", status="halted"), LINK, MIDDAY)) == 1


def test_greeks_and_day_prices_are_looked_at():
    option = "QQQ261218C00450000"
    engine = Engine([rule(one("above", 0.5, f"{option}.delta")), rule(one("below", -2, "QQQ.change_pct"), "2")], MIDDAY)
    engine.take(Greeks(symbol=option, delta=0.4, at=MIDDAY), LINK, MIDDAY)
    assert [f.rule for f in engine.take(Greeks(symbol=option, delta=0.6, at=MIDDAY), LINK, MIDDAY)] == ["1"]
    engine.take(Day(symbol="QQQ", prev_close=500.0, at=MIDDAY), LINK, MIDDAY)
    assert engine.take(last(495), LINK, MIDDAY) == []
    assert [f.rule for f in engine.take(last(480), LINK, MIDDAY)] == ["2"]


def test_a_reading_says_how_old_and_whose_its_value_is():
    engine = Engine([rule(one("crosses_up", 450))], MIDDAY)
    engine.take(last(449), LINK, MIDDAY)
    (firing,) = engine.take(last(451, MIDDAY - 300), LINK, MIDDAY)
    (reading,) = firing.readings
    assert (reading.field, reading.value, reading.age_ms, reading.source) == ("QQQ.last", 451, 300, LINK)


# Random rules and prices


class PlainRule:
    """One crossing, compared with every price: no index, no state but the side."""

    def __init__(self, level: float, up: bool) -> None:
        self.level, self.up, self.armed, self.slack = level, up, True, 0.0
        self.side: bool | None = None

    def take(self, price: float, spread: float) -> bool:
        beyond = price >= self.level if self.up else price <= self.level
        if not self.armed:
            back = price < self.level - self.slack if self.up else price > self.level + self.slack
            if not back:
                return False
            self.armed, self.side = True, False
            return False
        crossed = self.side is False and beyond
        self.side = beyond
        if crossed:
            self.armed, self.slack = False, max(self.level * 0.001, 3 * spread)
        return crossed


@pytest.mark.parametrize("seed", range(8))
def test_random_levels_fire_as_a_plain_reference_does_over_restarts(seed):
    draw = random.Random(seed)
    levels = [(round(450 + draw.gauss(0, 2), 2), draw.random() < 0.5) for _ in range(60)]
    rules = [
        rule(one("crosses_up" if up else "crosses_down", level), str(number), trigger='"each"')
        for number, (level, up) in enumerate(levels)
    ]
    plain = [PlainRule(level, up) for level, up in levels]
    engine, price, now = Engine(rules, MIDDAY), 450.0, MIDDAY
    for step in range(3_000):
        now += 100
        price = round(price + draw.gauss(0, 0.15), 2)
        quote = Quote(symbol="QQQ", last=price, bid=price - 0.01, ask=price + 0.01, last_at=now, at=now)
        found = sorted(int(firing.rule) for firing in engine.take(quote, LINK, now))
        # the spread of this quote is known only after its last price was compared
        wanted = [number for number, one in enumerate(plain) if one.take(price, 0.02 if step else 0.0)]
        assert found == wanted, (step, price, now)
        if draw.random() < 0.01:
            state = decode_state(encode_state(engine.checkpoint(now)))
            engine = Engine(rules, now, state=state)


def test_a_checkpoint_is_json_that_says_everything():
    engine = Engine([rule(one("crosses_up", 450))], MIDDAY)
    fired(engine, 449)
    state = engine.checkpoint(MIDDAY)
    assert decode_state(encode_state(state)) == state
    assert msgspec.json.decode(encode_state(state))["rules"]["1"]["gates"][0]["truth"] is False
