"""What legs earn together at any price of their underlying, and how likely; as static/js/payoff/payoff.js has it. Pure.

Legs that end later than the first are valued by the model, with their own volatility. What cannot be known is None,
never 0; what has no bound is infinite.
"""

import itertools
import math
import typing
from collections.abc import Callable, Sequence

import msgspec

from brokers.instruments.pricing import DAYS_A_YEAR, OptionValuation, normal_cdf, value

DAY_MS = 86_400_000
NOTHING = 1e-7
"""Less than this is nothing, in $ a contract."""
_STEPS = 120
_REACH = 1.5
"""Where some legs end later, bounds are looked for up to so many times the highest strike: beyond, the model errs."""
_GOLDEN = (math.sqrt(5) - 1) / 2

Curve = Callable[[float], float]
Greek = typing.Literal["delta", "gamma", "theta", "vega"]


class PayoffLeg(msgspec.Struct, frozen=True, kw_only=True):
    """One leg: an option (`right` is `C` or `P`), or the underlying itself (`S`), whose `strike` and `ends` are 0.

    `quantity` in contracts or shares, sold ones negative; `price` in $ a share; `iv` and `dividend` as fractions a
    year; `ends` in ms; `multiplier` in shares a contract.
    """

    right: typing.Literal["C", "P", "S"]
    quantity: float
    price: float | None
    multiplier: float = 100.0
    strike: float = 0.0
    ends: int = 0
    iv: float | None = None
    dividend: float = 0.0


class PayoffOutcome(msgspec.Struct, frozen=True):
    """What legs come to when the first of them ends, in $: `ranges` are the prices between which they earn."""

    breakevens: list[float]
    most: float
    least: float
    ranges: list[tuple[float, float]]


def first_end(legs: Sequence[PayoffLeg]) -> int | None:
    """Return when the first option ends, in ms; None where there is none."""
    return min((leg.ends for leg in legs if leg.right != "S"), default=None)


def value_leg(leg: PayoffLeg, spot: float, at: float, rate: float) -> OptionValuation | None:
    """Return what one leg is worth a share at `spot` at a moment (ms); None where that takes an unknown volatility."""
    if leg.right == "S":
        return OptionValuation(price=spot, delta=1.0, gamma=0.0, theta=0.0, vega=0.0, rho=0.0)
    years = (leg.ends - at) / DAY_MS / DAYS_A_YEAR
    if years > 0 and not (leg.iv and leg.iv > 0):
        return None
    return value(leg.right, max(spot, 1e-12), leg.strike, years, leg.iv or 0.0, rate, leg.dividend)


def profit(legs: Sequence[PayoffLeg], spot: float, at: float, rate: float) -> float | None:
    """Return what legs earn at `spot` at a moment (ms), in $."""
    total = 0.0
    for leg in legs:
        valued = value_leg(leg, spot, at, rate)
        if valued is None or leg.price is None:
            return None
        total += leg.quantity * leg.multiplier * (valued.price - leg.price)
    return total


def cost(legs: Sequence[PayoffLeg]) -> float | None:
    """Return what is paid for legs, in $; negative where money comes in."""
    paid = [None if leg.price is None else leg.quantity * leg.multiplier * leg.price for leg in legs]
    known = [one for one in paid if one is not None]
    return sum(known) if len(known) == len(paid) else None


def greeks(legs: Sequence[PayoffLeg], spot: float, at: float, rate: float) -> dict[Greek, float | None]:
    """Return the Greeks of all legs: in shares, shares a dollar, $ a day and $ a percentage point."""
    valued = [(leg, value_leg(leg, spot, at, rate)) for leg in legs]
    names: tuple[Greek, ...] = typing.get_args(Greek)
    if any(one is None for _, one in valued):
        return dict.fromkeys(names)
    return {name: sum(leg.quantity * leg.multiplier * getattr(one, name) for leg, one in valued) for name in names}


def outcome(legs: Sequence[PayoffLeg], rate: float) -> PayoffOutcome | None:
    """Return what legs come to when the first option ends; None where something that it takes is not known."""
    at = first_end(legs) or 0
    if profit(legs, _top(legs), at, rate) is None:
        return None

    def earned(spot: float) -> float:
        return profit(legs, spot, at, rate) or 0.0

    straight = all(leg.right == "S" or leg.ends == at for leg in legs)
    slope = sum(leg.quantity * leg.multiplier for leg in legs if leg.right != "P")
    points = _places(legs, earned, slope, straight)
    found = [earned(point) for point in points]
    breakevens = _crossings(points, found, earned)
    reach = math.inf if straight else _REACH * _top(legs)
    near = [point for point in points if point <= reach]
    most, least = (sign * _highest(near, found[: len(near)], earned, sign, straight) for sign in (1, -1))
    return PayoffOutcome(
        breakevens,
        math.inf if slope > NOTHING else most,
        -math.inf if slope < -NOTHING else least,
        _ranges(breakevens, earned, points[-1]),
    )


def probability(
    legs: Sequence[PayoffLeg], found: PayoffOutcome | None, spot: float | None, at: float, rate: float
) -> float | None:
    """Return the chance, 0 to 1, that legs earn when the first option ends; None where it is not known."""
    end, iv = first_end(legs), _volatility(legs, spot)
    if found is None or iv is None or end is None or not spot or end <= at:
        return None
    years = (end - at) / DAY_MS / DAYS_A_YEAR
    first = next(leg for leg in legs if leg.right != "S" and leg.ends == end)
    spread = iv * math.sqrt(years)
    middle = math.log(spot) + (rate - first.dividend) * years - spread * spread / 2

    def below(price: float) -> float:
        if price <= 0:
            return 0.0
        return 1.0 if price == math.inf else normal_cdf((math.log(price) - middle) / spread)

    return sum(below(high) - below(low) for low, high in found.ranges)


def _volatility(legs: Sequence[PayoffLeg], spot: float | None) -> float | None:
    """Return the volatility of the option nearest the money among those that end first."""
    end = first_end(legs)
    known = [leg for leg in legs if leg.right != "S" and leg.ends == end and leg.iv]
    return min(known, key=lambda leg: abs(leg.strike - (spot or 0.0))).iv if known else None


def _top(legs: Sequence[PayoffLeg]) -> float:
    """Return the highest strike; without an option, the highest price that was paid."""
    return max((leg.strike or leg.price or 0.0 for leg in legs), default=0.0)


def _places(legs: Sequence[PayoffLeg], earned: Curve, slope: float, straight: bool) -> list[float]:
    """Return prices between which nothing turns: strikes and, where a curve is no straight line, many more."""
    strikes = {leg.strike for leg in legs if leg.right != "S"}
    top = _top(legs) * (1 if straight else 3) + 1
    beyond = top + 2 * abs(earned(top) / slope) if slope and earned(top) * slope < 0 else 2 * top
    even = [] if straight else [*(top * (step + 1) / _STEPS for step in range(_STEPS)), _REACH * _top(legs)]
    return sorted({0.0, *strikes, *even, top, beyond})


def _sign(amount: float) -> int:
    return 0 if abs(amount) < NOTHING else 1 if amount > 0 else -1


def _crossings(points: Sequence[float], found: Sequence[float], earned: Curve) -> list[float]:
    """Return the prices at which nothing is earned, and something beside them."""
    signs = [_sign(one) for one in found]
    places = []
    for at, point in enumerate(points):
        before = signs[at - 1] if at else 0
        after = signs[at + 1] if at + 1 < len(signs) else 0
        if signs[at] == 0 and (before or after):
            places.append(point)
        elif signs[at] * after < 0:
            places.append(_root(earned, point, points[at + 1], signs[at]))
    return places


def _root(earned: Curve, low: float, high: float, sign: int) -> float:
    """Return the price between two at which nothing is earned."""
    for _ in range(60):
        middle = (low + high) / 2
        if earned(middle) * sign > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _highest(points: Sequence[float], found: Sequence[float], earned: Curve, sign: int, straight: bool) -> float:
    """Return the most that is earned, or with a `sign` of -1 lost."""
    amounts = [sign * one for one in found]
    at = amounts.index(max(amounts))
    if straight:
        return amounts[at]
    low, high = points[max(0, at - 1)], points[min(len(points) - 1, at + 1)]
    for _ in range(30):
        one, other = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if sign * earned(one) > sign * earned(other):
            high = other
        else:
            low = one
    return max(amounts[at], sign * earned((low + high) / 2))


def _ranges(breakevens: Sequence[float], earned: Curve, last: float) -> list[tuple[float, float]]:
    """Return the prices between which something is earned."""
    kept = []
    for low, high in itertools.pairwise([0.0, *breakevens, math.inf]):
        middle = max(2 * low, last) if high == math.inf else (low + high) / 2
        if _sign(earned(middle)) > 0:
            kept.append((low, high))
    return kept
