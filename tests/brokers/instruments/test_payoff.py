"""Legs reckoned by the desk come to what its pages reckon of them, and shares beside them to what a hand works out."""

import json
import math
import random
import typing

import pytest

from brokers.instruments.payoff import (
    PayoffLeg,
    PayoffOutcome,
    cost,
    first_end,
    greeks,
    outcome,
    probability,
    profit,
    value_leg,
)
from tests.market.test_payoff import ACROSS, JS, RATE, SAME, Case, case
from tests.support.node import node

FIELDS = ("right", "strike", "ends", "quantity", "price", "iv", "dividend", "multiplier")
DAY_MS = 86_400_000


def come_to(legs: list[PayoffLeg]) -> PayoffOutcome:
    found = outcome(legs, RATE)
    assert found is not None
    return found


def legs_of(made: Case) -> list[PayoffLeg]:
    return [PayoffLeg(**{name: one[name] for name in FIELDS}) for one in made["legs"]]


@pytest.mark.process
def test_every_figure_is_that_of_the_pages():
    draw = random.Random(28)
    cases = [case(draw, across=place >= SAME) | {"scale": 1} for place in range(SAME + ACROSS)]
    asked = json.dumps({"cases": cases, "normal": [], "pairs": []})
    told = json.loads(node(str(JS / "reckon.js"), stdin=asked))["cases"]
    for made, page in zip(cases, told, strict=True):
        legs, spot, at = legs_of(made), made["spot"], made["at"]
        found = come_to(legs)
        assert found.breakevens == pytest.approx(page["breakevens"], abs=1e-6)
        for name, amount in (("most", found.most), ("least", found.least)):
            assert page[name] == ("no limit" if math.isinf(amount) else pytest.approx(amount, abs=1e-6)), name
        assert profit(legs, spot, at, RATE) == pytest.approx(page["profit"], abs=1e-6)
        assert cost(legs) == pytest.approx(page["cost"], abs=1e-6)
        assert greeks(legs, spot, at, RATE) == pytest.approx(page["greeks"], abs=1e-6)
        assert probability(legs, found, spot, at, RATE) == pytest.approx(page["chance"], abs=1e-6)


def test_a_covered_call_and_a_collar_are_bounded_by_their_strikes():
    shares = PayoffLeg(right="S", quantity=100, price=50.0, multiplier=1)
    call = PayoffLeg(right="C", quantity=-1, price=2.0, strike=55.0, ends=30 * DAY_MS, iv=0.3)
    put = PayoffLeg(right="P", quantity=1, price=1.0, strike=45.0, ends=30 * DAY_MS, iv=0.3)
    covered = come_to([shares, call])
    assert (covered.most, covered.least, covered.breakevens) == (700, -4800, [48])
    collar = come_to([shares, call, put])
    assert [collar.most, collar.least] == pytest.approx([600, -400])
    assert collar.breakevens == pytest.approx([49])


def test_shares_alone_have_no_end_and_no_chance():
    short = [PayoffLeg(right="S", quantity=-10, price=50.0, multiplier=1)]
    found = come_to(short)
    assert (first_end(short), found.most, found.least, found.breakevens) == (None, 500, -math.inf, [50])
    assert probability(short, found, 50.0, 0, RATE) is None
    assert greeks(short, 50.0, 0, RATE)["delta"] == -10


@pytest.mark.parametrize("missing", ["price", "iv"])
def test_what_takes_an_unknown_number_is_unknown(missing):
    known: dict[str, typing.Any] = {"price": 2.0, "iv": 0.3, missing: None}
    near = PayoffLeg(right="C", quantity=1, strike=50.0, ends=DAY_MS, price=1.0, iv=0.3)
    far = PayoffLeg(right="C", quantity=-1, strike=50.0, ends=30 * DAY_MS, **known)
    assert outcome([near, far], RATE) is None
    assert profit([near, far], 50.0, 0, RATE) is None
    assert (cost([near, far]) is None) is (missing == "price")
    assert (value_leg(far, 50.0, 0, RATE) is None) is (missing == "iv")
