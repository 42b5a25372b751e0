"""`get_payoff`: what a combination of options and shares costs, may earn and lose, and how likely."""

import math
import typing

import msgspec

from assistant.contract.caller import ToolCaller
from assistant.contract.progress import Progress
from assistant.contract.tool import Row, Tool, ToolInput, ToolOutput
from assistant.tools.candles import read_symbol
from assistant.tools.reckoning import Legs, Reckoning, reckon_legs
from brokers.instruments import pricing
from brokers.instruments.payoff import cost, first_end, greeks, probability, profit

GRID = 41
WIDE = 0.2
"""How far the grid reaches below and above strikes and price, as a fraction."""


class GetPayoffInput(ToolInput, frozen=True):
    """Legs on one underlying, and the moment (ms) for which the grid is worked out: now unless given."""

    symbol: str
    legs: Legs
    when: typing.Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None


class GetPayoffOutput(ToolOutput, frozen=True, kw_only=True):
    """In $: `cost` (negative: money comes in), and bounds when the first option ends; `unlimited` names those without.

    `chance` of a profit is a fraction; `grid` is [price, profit] at `when`; `lacks` says what is not known.
    """

    cost: float | None
    max_profit: float | None
    max_loss: float | None
    unlimited: list[str]
    breakevens: list[float]
    chance: float | None
    greeks: dict[str, float | None]
    underlying: Row
    legs: list[Row]
    grid: list[list[float | None]]
    when: int
    lacks: list[str]


class Bounds(msgspec.Struct, frozen=True):
    """What legs earn and lose at most when the first option ends, in $; `unlimited` names what has no bound."""

    max_profit: float | None
    max_loss: float | None
    unlimited: list[str]


def bounds_of(found: Reckoning) -> Bounds:
    """Return the bounds of a reckoning; a loss is told as a positive amount."""
    if found.outcome is None:
        return Bounds(None, None, [])
    most, least = found.outcome.most, -found.outcome.least
    unlimited = [name for name, amount in (("profit", most), ("loss", least)) if amount == math.inf]
    return Bounds(_cents(most), _cents(least), unlimited)


async def _get_payoff(caller: ToolCaller, asked: GetPayoffInput, progress: Progress) -> GetPayoffOutput:
    found = await reckon_legs(caller, read_symbol(asked.symbol), asked.legs)
    rate, bounds = pricing.risk_free(), bounds_of(found)
    when = min(asked.when or found.now, first_end(found.legs) or 2**53)
    breakevens = [] if found.outcome is None else found.outcome.breakevens
    return GetPayoffOutput(
        at=found.now,
        cost=_cents(cost(found.legs)),
        max_profit=bounds.max_profit, max_loss=bounds.max_loss, unlimited=bounds.unlimited,
        breakevens=[round(one, 4) for one in breakevens],
        chance=_rounded(probability(found.legs, found.outcome, found.spot, found.now, rate), 4),
        greeks=_greeks(found, rate),
        underlying=found.underlying, legs=found.rows,
        grid=[[price, _cents(profit(found.legs, price, when, rate))] for price in _prices(found)],
        when=when, lacks=found.lacks,
    )  # fmt: skip


def _greeks(found: Reckoning, rate: float) -> dict[str, float | None]:
    if found.spot is None:
        return dict.fromkeys(("delta", "gamma", "theta", "vega"))
    told = greeks(found.legs, found.spot, found.now, rate)
    return {str(name): _rounded(value, 4) for name, value in told.items()}


def _prices(found: Reckoning) -> list[float]:
    """Return the prices of the grid, evenly spaced around the strikes and the price."""
    known = [leg.strike for leg in found.legs if leg.right != "S"] + ([] if found.spot is None else [found.spot])
    if not known:
        return []
    low, high = min(known) * (1 - WIDE), max(known) * (1 + WIDE)
    return [round(low + (high - low) * step / (GRID - 1), 4) for step in range(GRID)]


def _cents(amount: float | None) -> float | None:
    """Return an amount in whole cents; None for what is not known or has no bound."""
    return None if amount is None or math.isinf(amount) else round(amount, 2) + 0.0


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


GET_PAYOFF = Tool(
    name="get_payoff",
    title="Get payoff",
    description=(
        "Not an order: it sends nothing. Cost, most to earn and lose, breakevens, chance, Greeks and a profit grid of"
        " up to 8 legs of options or shares on one underlying, at current quotes."
    ),
    input=GetPayoffInput,
    output=GetPayoffOutput,
    rate=20,
    run=_get_payoff,
)
