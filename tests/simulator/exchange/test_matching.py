"""A spread's limit is shared among its legs: on ticks, within every quote, and never for less than the limit."""

import decimal

from hypothesis import given
from hypothesis import strategies as some

from simulator.exchange import matching
from simulator.exchange.market_view import SimBook, Terms
from simulator.exchange.matching import FillPart

Decimal = decimal.Decimal
TICK = Decimal("0.01")
NONE = Decimal(0)


@some.composite
def parts(draw: some.DrawFn) -> list[FillPart]:
    """Legs with books of their own; a bid may be missing."""
    made = []
    for n in range(draw(some.integers(2, 4))):
        bid, width = draw(some.integers(0, 500)), draw(some.integers(1, 40))
        size = Decimal(10)
        book = SimBook(bid * TICK if bid else None, (bid + width) * TICK, size, size, None, NONE, 1, 0)
        side, ratio = draw(some.sampled_from((1, -1))), Decimal(draw(some.integers(1, 3)))
        made.append(FillPart(Terms(f"LEG{n}", "option", "SPY", Decimal(100)), side, ratio, book))
    return made


@given(parts(), some.floats(0, 1))
def test_a_limit_between_the_quotes_is_met_by_prices_on_ticks_within_them(legs: list[FillPart], share: float):
    net = matching.natural(legs)
    if net is None:
        assert any(part.side < 0 and part.book.bid is None for part in legs)
        return
    middle = matching.middle(legs)
    limit = (net + (middle - net) * Decimal(repr(round(share, 4)))).quantize(TICK, decimal.ROUND_DOWN)
    prices = matching.shared(legs, max(limit, net))
    if prices is None:
        assert any(part.book.bid is None for part in legs), "only a missing bid leaves too little room"
        return
    received = -sum((part.side * part.ratio * price for part, price in zip(legs, prices, strict=True)), NONE)
    assert max(limit, net) <= received < max(limit, net) + 3 * TICK
    for part, price in zip(legs, prices, strict=True):
        assert part.book.ask is not None
        assert max(part.book.bid or NONE, TICK) <= price <= part.book.ask
        assert price % TICK == 0


@given(parts())
def test_nothing_is_shared_beyond_the_far_side_of_the_quotes(legs: list[FillPart]):
    far = [part.book.side(-part.side)[0] for part in legs]
    if any(price is None for price in far) or matching.natural(legs) is None:
        return
    best = -sum((part.side * part.ratio * (price or NONE) for part, price in zip(legs, far, strict=True)), NONE)
    assert matching.shared(legs, best) is not None
    assert matching.shared(legs, best + TICK) is None
