"""A loopback tastytrade and a broker whose patience is short, so that silence need not be sat out."""

import contextlib
import pathlib
import typing
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest

from brokers.contract.broker import Credentials, Endpoints
from brokers.tastytrade import Tastytrade
from brokers.tastytrade.timeouts import TastytradeTimeouts
from tests.brokers.stand import LINK, Stand, Streaming, stand, streaming


class Impatient(Tastytrade):
    """The adapter with limits of a second where the real ones are many."""

    limits = TastytradeTimeouts(pulse_s=1.0, inbound_s=3.0, tick_s=0.1, reconcile_s=0.5)


@pytest.fixture
async def venue(tmp_path: pathlib.Path) -> AsyncIterator[Stand]:
    async with stand("tastytrade", tmp_path, speed=2.0) as running:
        yield running


def impatient(venue: Stand, credentials: Credentials | None = None, kind: type[Tastytrade] = Impatient) -> Tastytrade:
    """Make an impatient broker."""
    endpoints = Endpoints(venue.line["rest"], venue.line["account_stream"])
    given = venue.credentials() if credentials is None else credentials
    return kind(link=LINK, credentials=given, endpoints=endpoints, environment="simulated")


class Unhurried(Impatient):
    """The same, reading accounts only when something asks for it."""

    limits = msgspec.structs.replace(Impatient.limits, reconcile_s=60.0)


class Beating(Unhurried):
    """The same, with a quick heart on the account stream."""

    limits = msgspec.structs.replace(Unhurried.limits, heartbeat_s=0.2, answer_s=1.0)


Live = Callable[..., contextlib.AbstractAsyncContextManager[Streaming]]


@pytest.fixture
def live(venue: Stand) -> Live:
    """Stream what is wanted (by default QQQ, SPY and IWM) with an impatient broker, from when it is live."""

    @contextlib.asynccontextmanager
    async def run(**wanted: typing.Iterable[str]) -> AsyncIterator[Streaming]:
        async with streaming(impatient(venue), **(wanted or {"quotes": ("QQQ", "SPY", "IWM")})) as run:
            await run.told.until_live()
            for symbol in wanted.get("quotes", ("QQQ", "SPY", "IWM")):
                await run.told.until(lambda told, symbol=symbol: told.known("quote", symbol))  # type: ignore[misc]
            yield run

    return run
