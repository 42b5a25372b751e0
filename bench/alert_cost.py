"""What evaluating alerts costs a tick: `python -m bench.alert_cost`. One process, CPU time, least of several.

500 symbols walk; ticks come to the engine of one person as their streams bring them. 10,000 price levels stand around
the prices, then 1,000 rules of two comparisons beside them. Somebody without a rule is shown no tick at all.
"""

import random
import sys
import time

from alerts.evaluation.engine import Engine
from alerts.rules.reader import parse_rule
from alerts.rules.spec import Rule
from bench.results import Result, grammar, report
from brokers.contract.events import Quote

SYMBOLS, LEVELS, COMPOUND = 500, 10_000, 1_000
BEGIN = 1_795_021_200_000
"""Wed 18 Nov 2026, 12:00 New York, in ms."""
LEVELS_LIMIT, COMPOUND_LIMIT = 2.0, 6.0


def levels(draw: random.Random, number: int) -> list[Rule]:
    """Return rules of one level each, at 100 ± 2 dollars."""
    return [_rule(at, [_leaf(draw, at)]) for at in range(number)]


def compound(draw: random.Random, number: int) -> list[Rule]:
    """Return rules of a cross and a condition beside it."""
    found = []
    for at in range(number):
        beside = f'{{"field": "S{at % SYMBOLS}.spread_bps", "is": "below", "value": {draw.uniform(1, 5):.2f}}}'
        found.append(_rule(LEVELS + at, [_leaf(draw, at), beside]))
    return found


def _leaf(draw: random.Random, at: int) -> str:
    level = round(100 + draw.uniform(-2, 2), 2)
    return f'{{"field": "S{at % SYMBOLS}.last", "is": "crosses_{draw.choice(("up", "down"))}", "value": {level}}}'


def _rule(at: int, leaves: list[str]) -> Rule:
    text = f'{{"when": {{"all": [{", ".join(leaves)}]}}, "trigger": "each"}}'
    return Rule(str(at), 1, parse_rule(text))


def ticks(draw: random.Random, number: int) -> list[Quote]:
    """Return quotes of symbols that walk, 2,500 a second."""
    prices = [100.0] * SYMBOLS
    found = []
    for at in range(number):
        which = at % SYMBOLS
        price = prices[which] = round(prices[which] + draw.gauss(0, 0.02), 2)
        now = BEGIN + at * 1000 // 2_500
        quote = Quote(symbol=f"S{which}", last=price, bid=price - 0.01, ask=price + 0.01, last_at=now, at=now)
        found.append(quote)
    return found


def cost(rules: list[Rule], quotes: list[Quote], rounds: int) -> tuple[float, int]:
    """Return the least CPU time of a tick in µs, and how many firings there were."""
    least, fired = float("inf"), 0
    for _ in range(rounds):
        engine = Engine(rules, BEGIN)
        take, fired, now = engine.take, 0, BEGIN
        begun = time.process_time_ns()
        for quote in quotes:
            fired += len(take(quote, "link", now))
        least = min(least, (time.process_time_ns() - begun) / 1e3 / len(quotes))
    return least, fired


def main() -> int:
    """Measure and report."""
    parser = grammar("bench.alert_cost", __doc__)
    parser.add_argument("--ticks", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    draw = random.Random(26)
    quotes = ticks(draw, given.ticks)
    plain, joined = levels(draw, LEVELS), compound(draw, COMPOUND)
    few, _ = cost(plain[:1], quotes, given.rounds)
    many, fired = cost(plain, quotes, given.rounds)
    both, _ = cost(plain + joined, quotes, given.rounds)
    results = [
        Result("a tick, one rule", few, "µs"),
        Result(f"a tick, {LEVELS:,} price levels", many, "µs", LEVELS_LIMIT),
        Result(f"a tick, {COMPOUND:,} compound rules beside them", both, "µs", COMPOUND_LIMIT),
        Result("firings of the levels", fired, ""),
    ]
    return report("Alerts", results, given.results)


if __name__ == "__main__":
    sys.exit(main())
