"""A Friday evening of a link, lived through in seconds: real client and venue, virtual clocks."""

import asyncio

import msgspec
import pytest

from brokers.catalogue import LOOPBACK_FILE
from brokers.contract.broker import Demand
from brokers.contract.events import Market
from brokers.tradier.timeouts import TradierTimeouts
from simulator.server import running
from tests.brokers.days import NIGHT, QUIET, RATES, new_york
from tests.brokers.stand import Recorder, Stand, Streaming
from tests.brokers.tradier.conftest import BOBS, MINT, Impatient, asked, fault, impatient, opened, streams
from tests.support import virtual_time

STEP_S = 4.0


class Calm(Impatient):
    """The adapter as it is, but for how often accounts are read: most of an evening would be spent on that."""

    limits = TradierTimeouts(tick_s=5.0, poll_s=300.0, reconcile_s=300.0)


@pytest.mark.long
def test_a_session_grows_old_the_market_closes_and_silence_is_no_alarm(tmp_path):
    async def main(clock):
        async with running(calendar="real") as venue:
            market, venue.tastytrade.step = venue.tastytrade.market, STEP_S
            venue.tastytrade.wall_ms = venue.tradier.wall_ms = lambda: int(clock.true.timestamp() * 1000)
            for symbol in market.tapes:
                market.set_rate(symbol, RATES.get(symbol, QUIET))
            (tmp_path / LOOPBACK_FILE).write_bytes(msgspec.json.encode(venue.line))
            stand, told = Stand("tradier", venue, tmp_path), Recorder()
            broker = impatient(stand, kind=Calm)
            broker.environment = "live"
            run = Streaming(broker, Demand(quotes=frozenset({"QQQ"})), told)
            await streams(run, within=60)
            assert asked(stand, MINT) == 1
            carried = impatient(stand, BOBS, kind=Calm, market_socket="ws://127.0.0.1:1/")
            carried.environment = "live"
            http = Streaming(carried, Demand(quotes=frozenset({"QQQ"})))
            await streams(http, within=60)
            minted = asked(stand, MINT)

            await asyncio.sleep(280)
            run.watch.set_demand(Demand(quotes=frozenset({"QQQ", "IWM"})))
            await told.until(lambda told: told.known("quote", "IWM"), within=60)
            await streams(run, since=len(told.events), within=60)
            assert (asked(stand, MINT), opened(stand)) == (minted + 1, 1), "a new session, and the same socket"
            run.watch.set_demand(Demand(quotes=frozenset({"SPY"})))
            await streams(run, "SPY", since=len(told.events), within=60)
            assert (asked(stand, MINT), opened(stand)) == (minted + 1, 1), "which is still good"

            for moment, venue.tastytrade.step in (("2026-03-06T16:02", STEP_S), ("2026-03-06T20:05", NIGHT)):
                await asyncio.sleep((new_york(moment) - clock.true).total_seconds())
            assert fault(stand, "mute", stream="market") == 2  # at night there need not be anything to tell
            await asyncio.sleep(1200)
            for states in (told.states, http.told.states):
                assert "stale" not in states
                assert states[-1] == "live"
            assert [event.session for event in told.of(Market)][-1] == "closed"
            phases = dict.fromkeys(event.session for event in told.of(Market))
            assert list(phases) == ["open", "post", "closed"]
            assert opened(stand) + opened(stand, "http") <= 4, "the venue may end what it told nothing for long"
            assert set(venue.tradier_stats()["statuses"]) == {"200"}
            for one in (run, http):
                await one.stop()
                await one.broker.close()

    virtual_time.run(new_york("2026-03-06T15:52"), main)
