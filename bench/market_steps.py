"""One run of a live market of 500 symbols at 5 quotes/s each: prints its CPU times as JSON for `bench.market_cost`.

It knows nothing of this project but the market's public side, which former revisions have too.
"""

import json
import time

import msgspec

from simulator.market.market import SimMarket
from simulator.market.universe import LISTINGS

SYMBOLS, RATE, STEP_S = 500, 5.0, 0.1
WARM_UP_S, MEASURED_S = 5, 20
BEGIN = 1_795_021_200_000
"""Wed 18 Nov 2026, 12:00 New York, in ms."""


def main() -> None:
    """Print the CPU seconds that the market took to begin, and the microseconds that each quote took."""
    shares = [listing for listing in LISTINGS.values() if listing.has_options]
    chosen = (msgspec.structs.replace(shares[n % len(shares)], symbol=f"S{n}", rate=RATE) for n in range(SYMBOLS))
    listings = {listing.symbol: listing for listing in chosen}
    begun = time.process_time()
    market = SimMarket(7, BEGIN, listings=listings)
    made = time.process_time()
    run(market, WARM_UP_S)
    warm, before = time.process_time(), sum(tape.ticks for tape in market.tapes.values())
    run(market, MEASURED_S)
    spent = time.process_time() - warm
    ticks = sum(tape.ticks for tape in market.tapes.values()) - before
    print(json.dumps({"begin_s": made - begun, "quote_us": 1e6 * spent / ticks}))


def run(market: SimMarket, seconds: int) -> None:
    """Let a time pass in steps as the venue takes them."""
    for _ in range(round(seconds / STEP_S)):
        market.advance(STEP_S, market.at + round(1000 * STEP_S))


if __name__ == "__main__":
    main()
