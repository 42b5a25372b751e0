"""Random markets and random alerts on them. Prices are whole cents, levels half cents: no price is at a level."""

import random
import typing

MINUTE = 60_000
SYMBOLS = ("QQQ", "SPY", "IWM")
LENGTH_MS = 40 * MINUTE


class Tick(typing.NamedTuple):
    """A symbol traded at a time (ms) for a price (cents)."""

    at: int
    symbol: str
    cents: int


class Alert(typing.NamedTuple):
    """What a person waits for. `levels` are half cents more than whole ones; `back` (cents) arms one that is each."""

    id: str
    symbol: str
    word: str
    levels: tuple[float, ...]
    is_each: bool
    back: float
    other: tuple[str, str, float] | None
    """Another comparison that must hold, too: a symbol, above or below, and its level."""


def tape(draw: random.Random, begin: int) -> list[Tick]:
    """Make a market: three symbols that wander, jump now and then, and rest for a while."""
    found = []
    for symbol in SYMBOLS:
        at, cents = begin, draw.randrange(9_900, 10_100)
        while at < begin + LENGTH_MS:
            step = draw.choice((0, 1, -1, 2, -2, 3, -3)) if draw.random() < 0.98 else draw.randrange(-40, 41)
            cents += step
            at += draw.randrange(100, 3_000) if draw.random() < 0.99 else draw.randrange(20_000, 150_000)
            found.append(Tick(at, symbol, cents))
    return sorted(found)


def alerts(draw: random.Random, ticks: list[Tick], count: int, *, is_torn: bool) -> list[Alert]:
    """Make alerts near where the market goes. In one that is torn by gaps each looks at one price and fires once."""
    found = []
    for number in range(count):
        symbol = draw.choice(SYMBOLS)
        near = [tick.cents for tick in ticks if tick.symbol == symbol]
        level = draw.choice(near) + draw.randrange(-30, 31) + 0.5
        word = draw.choice(("crosses_up", "crosses_down", "above", "below", "enters", "exits", "inside", "outside"))
        is_range = word in ("enters", "exits", "inside", "outside")
        levels = (level, level + draw.randrange(2, 60)) if is_range else (level,)
        is_each = not is_torn and not is_range and draw.random() < 0.5
        other = None
        if not is_torn and draw.random() < 0.3:
            beside = draw.choice(SYMBOLS)
            where = draw.choice([tick.cents for tick in ticks if tick.symbol == beside]) + 0.5
            other = (beside, draw.choice(("above", "below")), where)
        back = draw.randrange(1, 20) + 0.25
        found.append(Alert(str(number + 1), symbol, word, levels, is_each and other is None, back, other))
    return found


def cuts(draw: random.Random, begin: int) -> list[tuple[int, int]]:
    """Draw times in which nobody looked, the first to the last."""
    found, at = [], begin + draw.randrange(2, 6) * MINUTE + draw.randrange(MINUTE)
    while at < begin + LENGTH_MS - 5 * MINUTE:
        length = draw.choice((3_000, 20_000, 90_000, 5 * MINUTE)) + draw.randrange(1_000)
        found.append((at, at + length))
        at += length + draw.randrange(2 * MINUTE, 9 * MINUTE)
    return found


def as_json(alert: Alert) -> dict[str, typing.Any]:
    """Write an alert as the desk reads it."""
    value: typing.Any = alert.levels[0] / 100 if len(alert.levels) == 1 else [level / 100 for level in alert.levels]
    leaves = [{"field": f"{alert.symbol}.last", "is": alert.word, "value": value}]
    if alert.other is not None:
        symbol, word, level = alert.other
        leaves.append({"field": f"{symbol}.last", "is": word, "value": level / 100})
    rule: dict[str, typing.Any] = {"when": {"all": leaves}, "session": "always"}
    return rule | ({"trigger": "each", "rearm": {"by": alert.back / 100}} if alert.is_each else {})
