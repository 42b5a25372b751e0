"""A loopback Alpaca, a broker whose patience is short, and a person who trades elsewhere."""

import contextlib
import decimal
import pathlib
import typing
from collections.abc import AsyncIterator

import httpx2
import pytest

from brokers.alpaca import Alpaca, rest
from brokers.alpaca.timeouts import AlpacaTimeouts
from brokers.contract.broker import Endpoints, Watch
from brokers.contract.events import Link
from brokers.contract.reports import FillReport, OrderReport, Report
from tests.brokers.stand import LINK, Recorder, Stand, Streaming, stand
from tests.support.eventually import ENOUGH_S

SHORT = AlpacaTimeouts(
    tick_s=0.1, answer_s=3.0, read_s=0.5, settle_s=0.05, share=50.0, poll_share=50.0,
    late_s=1.0, poll_s=0.2, activities_s=0.5, mute_s=12.0,
    least_mute_s=1.0, climb_s=0.6, climb_most_s=1.2, crowded_s=0.5, drop_s=0.1,
)  # fmt: skip


class Impatient(Alpaca):
    """The adapter with limits of a second where the real ones are many."""

    limits = SHORT


@pytest.fixture(autouse=True)
def short_doubts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a refused key be shown again soon."""
    monkeypatch.setattr(rest, "CONFIRM_S", 0.1)


@pytest.fixture
async def venue(tmp_path: pathlib.Path) -> AsyncIterator[Stand]:
    async with stand("alpaca", tmp_path, speed=2.0) as running:
        yield running


def impatient(venue: Stand, grant: int = 0, kind: type[Alpaca] = Impatient, **where: str) -> Alpaca:
    """Make an impatient broker for one of the venue's people; some of the venue may be elsewhere."""
    told = {name: venue.line[name] for name in ("rest", "account_stream")} | where
    given = venue.credentials(grant)
    broker = kind(link=LINK, credentials=given, endpoints=Endpoints(**told), environment="simulated")
    venue.brokers.append(broker)
    return broker


def fault(venue: Stand, name: str, **options: typing.Any) -> int:
    """Commit a fault at the venue."""
    return venue.running.alpaca_fault(name, **options)


def stats(venue: Stand) -> typing.Any:
    """What the venue was asked and who was connected."""
    return venue.running.alpaca_stats()


class Person:
    """Somebody who trades with their keys elsewhere."""

    def __init__(self, venue: Stand, grant: int = 0) -> None:
        told = venue.line["grants"][grant]
        self._http = httpx2.AsyncClient(
            base_url=venue.line["rest"],
            headers={"APCA-API-KEY-ID": told["key_id"], "APCA-API-SECRET-KEY": told["secret_key"]},
            verify=False,
            trust_env=False,
        )

    async def ask(self, method: str, path: str, body: typing.Any = None) -> typing.Any:
        """Ask the venue for something it grants."""
        answer = await self._http.request(method, path, **({} if body is None else {"json": body}))
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def place(self, symbol: str = "AAPL", quantity: int = 1, limit: str | None = None, **more: str) -> str:
        """Place an order and return its id."""
        form = {"symbol": symbol, "qty": str(abs(quantity)), "side": "buy" if quantity > 0 else "sell"}
        form |= {"type": "market"} if limit is None else {"type": "limit", "limit_price": limit}
        placed = await self.ask("POST", "/v2/orders", form | {"time_in_force": "day"} | more)
        return str(placed["id"])

    async def held(self, symbol: str) -> decimal.Decimal:
        """How much of a symbol the venue says is held."""
        rows = await self.ask("GET", "/v2/positions")
        return next((decimal.Decimal(row["qty"]) for row in rows if row["symbol"] == symbol), decimal.Decimal(0))

    async def close(self) -> None:
        await self._http.aclose()


@pytest.fixture
async def person(venue: Stand) -> AsyncIterator[Person]:
    somebody = Person(venue)
    yield somebody
    await somebody.close()


@contextlib.asynccontextmanager
async def running(broker: Alpaca, told: Recorder | None = None) -> AsyncIterator[Streaming]:
    """Stream from when the link is live. The broker is left open, so that it can run again."""
    run = Streaming(broker, Watch().demand, told)
    try:
        await run.told.until_live(within=10)
        yield run
    finally:
        await run.stop()


def carrier(told: Recorder) -> object:
    """The carrier that was last said to be in use."""
    return told.known("link", LINK).get("carrier")


async def carried(told: Recorder, name: str, within: float = ENOUGH_S) -> None:
    """Wait until events come by a carrier."""
    await told.until(lambda told: carrier(told) == name and told.states[-1:] == ["live"], within)


def facts(told: Recorder) -> dict[tuple[str, str], Report]:
    """What happened, once each as the ledger would keep it: the first word counts."""
    kept: dict[tuple[str, str], Report] = {}
    for event in told.events:
        if isinstance(event, Report):
            kept.setdefault((event.slot[0], event.id), event)
    return kept


def fills(told: Recorder, order: str | None = None) -> list[FillReport]:
    """The executions that the ledger would have, of an order or of all."""
    return [each for each in facts(told).values() if isinstance(each, FillReport) and order in (None, each.order)]


def last(told: Recorder, order: str) -> OrderReport | None:
    """How an order stands by the newest of all words on it."""
    words = [each for each in told.of(OrderReport) if each.order == order]
    return max(words, key=lambda word: (word.version, _done(word)), default=None)


def _done(order: OrderReport) -> decimal.Decimal:
    return sum((leg.filled or decimal.Decimal(0) for leg in order.legs), decimal.Decimal(0))


def stored_cursors(told: Recorder) -> dict[str, str]:
    """The cursors that would be stored with the facts."""
    kept: dict[str, str] = {}
    for each in facts(told).values():
        kept |= each.cursors
    return kept


def reasons(told: Recorder) -> list[str]:
    """Why the link said that it is not as it should be."""
    return [event.reason for event in told.of(Link) if isinstance(event.reason, str)]
