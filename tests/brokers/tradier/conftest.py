"""A loopback Tradier and a broker whose patience is short, so that silence need not be sat out."""

import asyncio
import contextlib
import pathlib
import typing
from collections.abc import AsyncIterator, Coroutine

import httpx2
import msgspec
import pytest

from brokers.contract.broker import Credentials, Endpoints
from brokers.tradier import Tradier, rest
from brokers.tradier.timeouts import TradierTimeouts
from tests.brokers.stand import LINK, Stand, Streaming, stand, streaming
from tests.support.eventually import ENOUGH_S

ALICE, BOB = "6YA00001", "6YA00003"
BOBS = 1
"""The number of the grant of somebody with one account."""

SHORT = TradierTimeouts(
    pulse_s=5.0, inbound_s=15.0, tick_s=0.1, answer_s=5.0, poll_s=0.5, share=50.0, reconcile_s=1.0, too_many_s=0.6,
    events_s=0.5, settle_s=0.05, calc_s=0.1, candles_s=0.4,
)  # fmt: skip


class Impatient(Tradier):
    """The adapter with limits of a second where the real ones are many."""

    limits = SHORT


class Nervous(Impatient):
    """The same, which takes two seconds of silence for a feed that is mute."""

    limits = msgspec.structs.replace(SHORT, pulse_s=2.0)


@pytest.fixture(autouse=True)
def short_doubts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a refused token be shown again soon."""
    monkeypatch.setattr(rest, "CONFIRM_GOOD_S", 0.2)
    monkeypatch.setattr(rest, "CONFIRM_S", 0.1)


@pytest.fixture
async def venue(tmp_path: pathlib.Path) -> AsyncIterator[Stand]:
    async with stand("tradier", tmp_path, speed=2.0) as running:
        yield running


def endpoints(venue: Stand, **others: str) -> Endpoints:
    """Where the venue is, some of it elsewhere."""
    names = ("rest", "account_stream", "market_socket", "stream")
    return Endpoints(**{name: venue.line[name] for name in names} | others)


def impatient(venue: Stand, grant: int = 0, kind: type[Tradier] = Impatient, link: str = LINK, **where: str) -> Tradier:
    """Make an impatient broker for one of the venue's people."""
    given = venue.credentials(grant)
    return kind(link=link, credentials=given, endpoints=endpoints(venue, **where), environment="simulated")


def sandboxed(venue: Stand, kind: type[Tradier] = Impatient) -> Tradier:
    """Make a broker for the sandbox."""
    told = next(grant for grant in venue.line["grants"] if grant["environment"] == "sandbox")
    where = Endpoints(venue.line["sandbox"]["rest"], venue.line["sandbox"]["account_stream"])
    return kind(
        link=LINK, credentials=Credentials(data_token=told["data_token"]), endpoints=where, environment="sandbox"
    )


def fault(venue: Stand, name: str, **options: typing.Any) -> int:
    """Commit a fault at the venue."""
    return venue.running.tradier_fault(name, **options)


def asked(venue: Stand, request: str) -> int:
    """How often the venue was asked for something (`POST /v1/…`)."""
    return int(venue.running.tradier_stats()["requests"].get(request, 0))


def opened(venue: Stand, stream: str = "market") -> int:
    """How many streams of a kind were opened at the venue so far."""
    return int(venue.running.tradier_stats()["opened"].get(stream, 0))


MINT, MINT_ACCOUNT = "POST /v1/markets/events/session", "POST /v1/accounts/events/session"


async def streams(run: Streaming, symbol: str = "QQQ", since: int = 0, within: float = ENOUGH_S) -> None:
    """Wait until the market stream itself told a quote."""
    await run.told.until(lambda told: _streamed(told, symbol, since), within)


def _streamed(told: typing.Any, symbol: str, since: int) -> bool:
    return any(
        getattr(event, "source", "") == "tradier_stream" and event.symbol == symbol for event in told.events[since:]
    )


async def place(venue: Stand, grant: int = 0, **order: str) -> int:
    """Place an order at the venue, as its person would elsewhere. Returns its id."""
    told = venue.line["grants"][grant]
    form = {"class": "equity", "symbol": "KMPR", "side": "buy", "quantity": "5", "type": "market", "duration": "day"}
    headers = {"Authorization": f"Bearer {told['trading_token']}", "Accept": "application/json"}
    async with httpx2.AsyncClient(base_url=venue.line["rest"], verify=False, trust_env=False) as http:
        answer = await http.post(f"/v1/accounts/{told['accounts'][0]}/orders", headers=headers, data=form | order)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["order"]["id"])


Result = typing.TypeVar("Result")


async def on_another_host(work: Coroutine[typing.Any, typing.Any, Result]) -> Result:
    """Do `work` in an event loop of its own, which shares no turns and no buckets with this one."""
    return await asyncio.to_thread(asyncio.run, work)


@contextlib.asynccontextmanager
async def running(broker: Tradier, **wanted: typing.Iterable[typing.Any]) -> AsyncIterator[Streaming]:
    """Stream QQQ, or what is wanted, from when the link is live."""
    async with streaming(broker, **(wanted or {"quotes": {"QQQ"}})) as run:
        await run.told.until_live(within=10)
        yield run
