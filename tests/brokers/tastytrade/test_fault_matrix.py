"""What the adapter does under every fault of the matrix, over real sockets.

All cases are lived through at once, each by a broker and a customer of its own on one venue; then each is judged.
Those that would hit everybody have a venue to themselves. The brokers are run again when their link is lost, as the
desk's manager does.
"""

import asyncio
import pathlib
import time
import typing

import httpx
import msgspec
import pytest
from msgspec import UNSET

from brokers.contract.broker import Credentials, Demand, Series, Watch
from brokers.contract.errors import CredentialsRejected, LinkLost
from brokers.contract.events import Balance, Event, Link, Quote
from brokers.tastytrade import Tastytrade
from brokers.tastytrade.timeouts import TastytradeTimeouts
from simulator.tastytrade.faults import catalogue
from tests.brokers.stand import LINK, Recorder, Stand, stand
from tests.brokers.tastytrade.conftest import impatient
from tests.support.fault_matrix import CASES, Case, Outcome, newcomer, trade
from tests.support.plain_http import NO_TLS

pytestmark = pytest.mark.long

WATCH = ("SPY", "QQQ")
SETTLED_S = 1.2
"""After so long a fault that shall touch nothing has had its chance."""


class Patient(Tastytrade):
    """The adapter with limits that many of it on one machine can keep."""

    limits = TastytradeTimeouts(pulse_s=4.0, inbound_s=8.0, tick_s=0.1, reconcile_s=2.0, heartbeat_s=0.7, answer_s=1.5)


class Seen(msgspec.Struct):
    """What came of one case."""

    states: list[str] = []
    reasons: list[str] = []
    bad: int = 0
    has_told: bool = True
    refused: int = 0
    recovered_s: float = 0.0
    failure: str = ""


class Life:
    """One link that is run again when it is lost."""

    def __init__(self, venue: Stand, case: Case, number: int) -> None:
        self.venue = venue
        self.case = case
        self.customer = newcomer(number)
        self.account = self.customer["accounts"][0]["number"]
        self.told = Recorder()
        self.log: list[tuple[float, str, str]] = []
        self.moments: list[tuple[float, Event]] = []
        self.symbols = {*WATCH, case.symbol} - {""}
        candles = frozenset({Series("QQQ", "1d")}) if case.fault in ("bars", "candle_garbage") else frozenset()
        self.watch = Watch(Demand(quotes=frozenset(self.symbols), candles=candles))

    def emit(self, event: Event) -> None:
        """Take one event of the broker."""
        self.told(event)
        self.moments.append((time.monotonic(), event))
        if isinstance(event, Link) and isinstance(event.state, str):
            self.note(event.state, event.reason if isinstance(event.reason, str) else "")

    def note(self, state: str, reason: str) -> None:
        """Remember that the link came into a state."""
        self.log.append((time.monotonic(), state, reason))

    @property
    def state(self) -> str:
        """The state the link is in."""
        return self.log[-1][1] if self.log else ""

    async def run(self, broker: Tastytrade) -> None:
        """Run the broker until it is refused, as a manager does."""
        while True:
            try:
                await broker.run(self.watch, self.emit)
            except CredentialsRejected as error:
                self.note("refused", error.reason)
                return
            except LinkLost as error:
                self.note("lost", error.reason)
            await asyncio.sleep(0.3)  # the manager's wait before it runs a link again

    async def lived(self, starting: asyncio.Semaphore) -> Seen:
        """Come to life, suffer the fault, and recover from it as far as can be."""
        self.venue.running.add_customer(**self.customer)
        grant = {name: self.customer[name] for name in ("client_secret", "refresh_token")}
        broker = impatient(self.venue, Credentials(grant), Patient)
        if self.case.before:
            await self.strike()
        async with starting:
            task = asyncio.create_task(self.run(broker))
            await self.told.until(lambda _: self.fresh(0.0), within=20)
        try:
            return await self.suffer(task, broker)
        except AssertionError as error:
            return msgspec.structs.replace(self.seen(0.0), failure=str(error))
        finally:
            task.cancel()
            await asyncio.wait({task})
            await broker.close()

    async def start_over(self, broker: Tastytrade) -> None:
        """Commit the fault now; whoever links again, with the same grant, is live again."""
        self.venue.running.fault(self.case.fault, account=self.account)
        told = Recorder()
        task = asyncio.create_task(broker.run(self.watch, told))
        try:
            await told.until_live(within=self.case.within)
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def suffer(self, task: asyncio.Task[None], broker: Tastytrade) -> Seen:
        """Strike, and wait for what must come of it."""
        refused, began = self.refused(), time.monotonic()
        bad = self.bad()
        if not self.case.before:
            await self.strike()
        if self.case.adapter is Outcome.REFUSED:
            await asyncio.wait({task}, timeout=self.case.within)
            assert task.done(), "it still tries"
            if self.case.later:
                await self.start_over(broker)
        else:
            await self.told.until(lambda _: self.is_over(began), within=self.case.within)
        seen = self.seen(began)
        seen.bad, seen.refused = self.bad() - bad, self.refused() - refused
        return seen

    async def strike(self) -> None:
        """Order the faults of the case."""
        for order in self.case.orders:
            takes = catalogue.ACTS[order["fault"]].takes
            whom = {"account": self.account} if "account" in takes else {}
            self.venue.running.fault(**{"name": order["fault"]} | without(order, "fault") | whom)
            if order["fault"] == "block":
                await self.be_refused()
        if self.case.trades:
            await asyncio.to_thread(trade, self.venue.line["rest"], self.customer)

    async def be_refused(self) -> None:
        """Ask for a token in vain, and lose what is connected: every address is blocked for that."""
        async with httpx.AsyncClient(verify=NO_TLS, base_url=self.venue.line["rest"], trust_env=False) as client:
            body = {"grant_type": "refresh_token", "client_secret": "x", "refresh_token": "x"}
            assert (await client.post("/oauth/token", json=body)).status_code == 400
        self.venue.running.fault("drop")

    def is_over(self, began: float) -> bool:
        """Whether the link is live, and has told everything anew, after the fault."""
        if self.case.adapter is Outcome.UNTOUCHED:
            settled = began + SETTLED_S
            is_told = self.has_told(began) and (not self.case.mends or self.is_mended())
            return time.monotonic() > settled and is_told and self.fresh(settled)
        ended = began + self.case.options.get("seconds", 0.0) if self.case.fault == "chaos" else began
        back = [at for at, state, _ in self.log if at > began and state == "live"]
        if not back or self.state != "live" or time.monotonic() < ended:
            return False
        return self.fresh(max(ended, back[-1]))

    def fresh(self, since: float) -> bool:
        """Whether every watched symbol and the account were told after `since`, unless there is no market data."""
        late = [event for at, event in self.moments if at > since]
        symbols = self.symbols - ({self.case.symbol} if self.case.fault == "halt" else set())
        quoted = {event.symbol for event in late if isinstance(event, Quote) and event.ask is not UNSET}
        named = quoted >= symbols or self.told.known("link", LINK).get("feed_at", 0) is None
        return named and any(isinstance(event, Balance) for event in late) and self.state == "live"

    def said(self, since: float) -> list[str]:
        """The reasons that were given without a state."""
        links = [event for at, event in self.moments if at > since and isinstance(event, Link)]
        return [event.reason for event in links if isinstance(event.reason, str)]

    def bad(self) -> int:
        told = [event.bad_rows for event in self.told.of(Link) if isinstance(event.bad_rows, int)]
        return told[-1] if told else 0

    def refused(self) -> int:
        counted = self.venue.running.stats()["tokens"].get(self.account)
        return int(counted["refused"]) if counted else 0

    def has_told(self, since: float) -> bool:
        """Whether what the case wants told was told after `since`; what is unknown may never have been known."""
        if self.case.tells is None:
            return True
        kind, name, value = self.case.tells
        slots = [slot for slot in self.told.board if slot[0] == kind and self.case.symbol in ("", slot[1])]
        if value is None and any(self.told.board[slot].get(name) is None for slot in slots):
            return True
        return any(at > since and e.slot in slots and getattr(e, name) == value for at, e in self.moments)

    def is_mended(self) -> bool:
        """Whether what was unknown is known again."""
        kind, name, _ = self.case.tells or ("", "", None)
        return all(known[name] is not None for slot, known in self.told.board.items() if slot[0] == kind)

    def seen(self, began: float) -> Seen:
        """What was seen after a moment."""
        after = [(at, state, reason) for at, state, reason in self.log if at > began]
        return Seen(
            states=[state for _, state, _ in after],
            reasons=[reason for _, _, reason in after if reason] + self.said(began),
            has_told=self.has_told(began),
            recovered_s=after[-1][0] - began if after else 0.0,
        )


def without(order: dict[str, typing.Any], name: str) -> dict[str, typing.Any]:
    return {key: value for key, value in order.items() if key != name}


async def lived_through(folder: pathlib.Path, cases: list[Case]) -> dict[str, Seen]:
    """Live through all of them at once on one venue."""
    async with stand("tastytrade", folder, speed=2.0) as venue:
        lives = [Life(venue, case, number) for number, case in enumerate(cases)]
        starting = asyncio.Semaphore(24)
        seen = await asyncio.gather(*(life.lived(starting) for life in lives))
    return {case.name: told for case, told in zip(cases, seen, strict=True)}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    """What came of every case."""

    async def all_of_them() -> dict[str, Seen]:
        seen = await lived_through(tmp_path_factory.mktemp("together"), [case for case in CASES if not case.alone])
        for case in CASES:
            if case.alone:
                seen |= await lived_through(tmp_path_factory.mktemp("alone"), [case])
        return seen

    return asyncio.run(all_of_them())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_the_adapter_does(everything: dict[str, Seen], case: Case):
    seen = everything[case.name]
    assert seen.failure == "", seen
    match case.adapter:
        case Outcome.UNTOUCHED:
            assert seen.states == []
        case Outcome.REPAIRED:
            assert "lost" not in seen.states
            assert seen.states[:2] == ["waiting", "connecting"]
            assert seen.states[-1] == "live"
        case Outcome.RESTARTED:
            assert "refused" not in seen.states
            assert seen.states[-1] == "live"
        case Outcome.STALE:
            assert seen.states == ["stale", "lost", "live"]
        case Outcome.REFUSED:
            assert seen.states[-1] == "refused"
            assert seen.refused <= 2
    assert seen.bad == case.bad or case.fault == "chaos"
    assert seen.has_told, f"never told {case.tells}"
    assert case.reason in " ".join(seen.reasons)


def test_every_fault_has_a_case_and_every_case_a_fault():
    assert {case.fault for case in CASES} == set(catalogue.ACTS)
    assert len({case.name for case in CASES}) == len(CASES)


def test_every_fault_is_seen_on_a_page_by_some_case():
    assert {case.fault for case in CASES if not case.page} == set(catalogue.ACTS)
