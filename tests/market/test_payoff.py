"""What pages reckon of clicked legs is what the pricing model and an independent reckoning here say."""

import itertools
import json
import math
import pathlib
import random
import statistics
import typing

import pytest

from brokers.instruments import pricing
from tests.support.node import node

pytestmark = pytest.mark.process

JS = pathlib.Path(__file__).resolve().parent.parent / "js"
DAY_MS = 86_400_000
RATE = 0.043
NORMAL = statistics.NormalDist()
GREEKS = ("delta", "gamma", "theta", "vega")
SAME, ACROSS = 150, 40
"""Cases whose legs end together, and those with legs that end later."""

Leg = dict[str, typing.Any]
Case = dict[str, typing.Any]
Curve = typing.Callable[[float], float]


def leg(draw: random.Random, spot: float, days: int) -> Leg:
    """A leg about the money, dealt at some price near what it is worth."""
    right, strike = draw.choice("CP"), float(round(spot * draw.uniform(0.85, 1.15)))
    made: Leg = {
        "right": right, "strike": strike, "ends": days * DAY_MS, "iv": draw.uniform(0.08, 0.9), "multiplier": 100,
        "dividend": draw.uniform(-0.01, 0.05), "quantity": draw.choice([-3, -2, -1, 1, 1, 2]),
    }  # fmt: skip
    worth = pricing.value(right, spot, strike, days / 365, made["iv"], RATE, made["dividend"]).price
    return made | {"price": round(worth * draw.uniform(0.9, 1.1) + 0.02, 2)}


def case(draw: random.Random, *, across: bool) -> Case:
    """Legs on one underlying. Without `across` all end on one day."""
    spot, near = draw.uniform(20, 600), draw.randint(1, 90)
    legs = [leg(draw, spot, near) for _ in range(draw.randint(1, 3 if across else 5))]
    if across:
        legs += [leg(draw, spot, near + draw.randint(7, 200)) for _ in range(draw.randint(1, 2))]
    at = draw.uniform(0, near * 0.9) * DAY_MS
    return {"legs": legs, "spot": spot, "at": at, "rate": RATE, "scale": draw.choice([0.7, 1, 1.3])}


def valued(one: Leg, spot: float, at: float, scale: float = 1.0) -> pricing.OptionValuation:
    years = (one["ends"] - at) / DAY_MS / 365
    return pricing.value(one["right"], spot, one["strike"], years, one["iv"] * scale, RATE, one["dividend"])


def earned(legs: list[Leg], spot: float, at: float, scale: float = 1.0) -> float:
    return float(sum(100 * one["quantity"] * (valued(one, spot, at, scale).price - one["price"]) for one in legs))


def at_the_end(legs: list[Leg]) -> Curve:
    """What the legs earn when the first ends, by price."""
    end = min(one["ends"] for one in legs)
    return lambda spot: earned(legs, spot, end)


def straight(legs: list[Leg]) -> tuple[list[float], float | str, float | str]:
    """Breakevens, most and least of legs that end together: straight lines between strikes, solved each by itself."""
    curve, strikes = at_the_end(legs), sorted({one["strike"] for one in legs})
    slope = sum(100 * one["quantity"] for one in legs if one["right"] == "C")
    corners = [(at, curve(max(at, 1e-12))) for at in (0.0, *strikes)]
    found = []
    for (a, low), (b, high) in itertools.pairwise(corners):
        if low * high < 0:
            found.append(a + (b - a) * low / (low - high))
    last, value = corners[-1]
    if slope and value * slope < 0:
        found.append(last - value / slope)
    values = [value for _, value in corners]
    return found, "no limit" if slope > 0 else max(values), "no limit" if slope < 0 else min(values)


def chance(case: Case, breakevens: list[float]) -> float:
    """The chance of a price between the breakevens at which something is earned, one range after the other."""
    legs, curve = case["legs"], at_the_end(case["legs"])
    first = min(one["ends"] for one in legs)
    ending = [one for one in legs if one["ends"] == first]
    iv = min(ending, key=lambda one: abs(one["strike"] - case["spot"]))["iv"]
    years = (first - case["at"]) / DAY_MS / 365
    drift = RATE - ending[0]["dividend"]
    prices = statistics.NormalDist(math.log(case["spot"]) + (drift - iv * iv / 2) * years, iv * math.sqrt(years))
    edges = [1e-9, *breakevens, 1e9]
    total = 0.0
    for low, high in itertools.pairwise(edges):
        if curve(math.sqrt(low * high) if high < 1e9 else low * 2 + 1e4) > 0:
            total += prices.cdf(math.log(high)) - prices.cdf(math.log(low))
    return total


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    draw = random.Random(8)
    return [case(draw, across=place >= SAME) for place in range(SAME + ACROSS)]


@pytest.fixture(scope="module")
def pairs() -> list[tuple[float, ...]]:
    draw = random.Random(9)
    return [(draw.uniform(1, 9), draw.uniform(1, 9), 100.0, draw.uniform(95, 105), 0.1, RATE) for _ in range(20)]


@pytest.fixture(scope="module")
def told(cases: list[Case], pairs: list[tuple[float, ...]]) -> dict[str, typing.Any]:
    """What the page's own modules say, run by node."""
    asked = json.dumps({"cases": cases, "normal": [at / 8 for at in range(-320, 321)], "pairs": pairs})
    found: dict[str, typing.Any] = json.loads(node(str(JS / "reckon.js"), stdin=asked))
    return found


def test_the_normal_distribution_and_yields_are_the_models(told, pairs):
    wanted = [pricing.normal_cdf(at / 8) for at in range(-320, 321)]
    assert told["normal"] == pytest.approx(wanted, abs=1e-14, rel=1e-9)
    assert told["pairs"] == pytest.approx([pricing.implied_dividend(*pair) for pair in pairs], abs=1e-12)


def test_prices_and_greeks_agree_with_the_pricing_model_to_1e_6(told, cases):
    for made, found in zip(cases, told["cases"], strict=True):
        legs, spot, at = made["legs"], made["spot"], made["at"]
        for one, value in zip(legs, found["values"], strict=True):
            wanted = valued(one, spot, at, made["scale"])
            assert value == pytest.approx({name: getattr(wanted, name) for name in value}, abs=1e-6)
        assert found["profit"] == pytest.approx(earned(legs, spot, at, made["scale"]), abs=1e-6)
        assert found["end"] == pytest.approx(at_the_end(legs)(spot), abs=1e-6)
        assert found["cost"] == pytest.approx(sum(100 * one["quantity"] * one["price"] for one in legs), abs=1e-6)
        net = {
            name: sum(100 * one["quantity"] * getattr(valued(one, spot, at), name) for one in legs) for name in GREEKS
        }
        assert found["greeks"] == pytest.approx(net, abs=1e-6)


def test_breakevens_bounds_and_chances_are_those_of_straight_lines(told, cases):
    for made, found in zip(cases[:SAME], told["cases"], strict=False):
        breakevens, most, least = straight(made["legs"])
        assert found["breakevens"] == pytest.approx(breakevens, abs=1e-6)
        for name, wanted in (("most", most), ("least", least)):
            assert found[name] == (wanted if wanted == "no limit" else pytest.approx(wanted, abs=1e-6)), name
        assert found["chance"] == pytest.approx(chance(made, breakevens), abs=1e-6)


def test_legs_that_end_later_are_valued_by_the_model_when_the_first_one_ends(told, cases):
    for made, found in zip(cases[SAME:], told["cases"][SAME:], strict=True):
        curve, top = at_the_end(made["legs"]), 3 * max(one["strike"] for one in made["legs"])
        for breakeven in found["breakevens"]:
            assert curve(breakeven) == pytest.approx(0, abs=1e-3)
        places = [top * step / 1500 for step in range(1, 1501)]
        values = [curve(place) for place in places]
        for (a, low), (b, high) in itertools.pairwise(zip(places, values, strict=True)):
            if low * high < 0:
                assert any(a <= breakeven <= b for breakeven in found["breakevens"]), (a, b, found["breakevens"])
        near = [value for place, value in zip(places, values, strict=True) if place <= top / 2]
        if found["most"] != "no limit":
            assert found["most"] >= max(near) - 1e-6
        if found["least"] != "no limit":
            assert found["least"] <= min(near) + 1e-6
        assert found["chance"] == pytest.approx(chance(made, found["breakevens"]), abs=1e-6)
