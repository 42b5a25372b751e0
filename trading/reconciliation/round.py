"""The reconciliation of one link: the venue is asked, what was missed is recorded, and the rest is compared."""

import asyncio
import datetime
import typing

import msgspec

from accounts.account_names import venue_name
from brokers.contract.broker import Broker, Statement
from brokers.contract.errors import LinkLost
from brokers.contract.reports import ActivityReport, FillReport, OrderReport, Report
from lib.clock import now_ms
from streaming.links.runner import LinkRunner
from streaming.links.state import LinkState
from streaming.manager.extensions import ExtensionHost
from trading.reconciliation import book, comparison, notices
from trading.reconciliation.book import BookMark
from trading.reconciliation.comparison import Comparison, FoundDifference
from trading.reconciliation.missed_reports import MissedReports


class RoundPace(msgspec.Struct, frozen=True):
    """How often and how far back a venue is asked. Times in seconds.

    Every `every_s`; `again_s` after it did not answer. `grace_s` is how long the stream may be behind the venue's own
    answer before what it did not tell counts as missed, and the time between two looks, of which a round has `looks` at
    most. `history_s` is how far back an account is asked about first, `overlap_s` how far beyond what is certain,
    `deep_s` the same every `deeply_s` and when somebody asks: fees and the like are booked later than they happened.
    While an order works the streams go on for `stay_s` at least. Who asks waits `wait_s` for a link that is not live.
    """

    every_s: float = 60
    again_s: float = 5
    grace_s: float = 2
    history_s: float = 7 * 86_400
    overlap_s: float = 300
    deep_s: float = 3 * 86_400
    deeply_s: float = 3_600
    stay_s: float = 600
    wait_s: float = 20
    looks: int = 5


class RunReport(msgspec.Struct, frozen=True):
    """What came of one round. Times in ms; `found` is what was missed, `differences` is what book and venue differ in.

    `settled` says that all of it was seen twice alike, or needed not be: while much happens nothing may be certain.
    """

    link: str
    since: int
    at: int
    accounts: tuple[str, ...]
    orders: int
    fills: int
    activities: int
    positions: int
    found: tuple[OrderReport | FillReport | ActivityReport, ...]
    differences: tuple[FoundDifference, ...]
    working: tuple[str, ...]
    settled: bool


class ReconciliationRun:
    """Reconciles one link, one round at a time. It is told of everything that happens on the link."""

    def __init__(self, desk: ExtensionHost, runner: LinkRunner, pace: RoundPace) -> None:
        self.desk = desk
        self.runner = runner
        self.pace = pace
        self.link = runner.id
        self._loop = asyncio.get_running_loop()
        self._asked = asyncio.Event()
        self._asked.set()
        self._room = asyncio.Lock()
        self._missed = MissedReports(desk, runner.id, pace.grace_s)
        self._deep_at = self._loop.time()
        self.task: asyncio.Task[None] | None = None
        """What keeps it going."""

    def __repr__(self) -> str:
        return f"<Round person={self.desk.person} {self.runner!r}>"

    @property
    def live(self) -> bool:
        """Whether the venue can be asked."""
        return self.runner.state is LinkState.LIVE and self.runner.broker is not None

    def turned_live(self) -> None:
        """The link is live again: what happened before was not told by its stream."""
        self._missed.turned_live()
        self._asked.set()

    def stop(self) -> None:
        """Its link is gone."""
        if self.task is not None:
            self.task.cancel()

    def schedule(self, after_s: float) -> None:
        """Have a round begin in so many seconds."""
        self._loop.call_later(after_s, self._asked.set)

    async def due(self, within_s: float) -> None:
        """Wait until a round is asked for, at most so long."""
        try:
            async with asyncio.timeout(within_s):
                await self._asked.wait()
        except TimeoutError:
            return
        finally:
            self._asked.clear()

    def happened(self, event: Report) -> None:
        """See what happened on this link."""
        self._missed.happened(event)

    async def reconcile(self, deep: bool = False) -> RunReport:
        """Ask the venue, record what was missed, and tell where it differs. Raises BrokerError or LedgerError.

        `deep`: look further back than is certain already.
        """
        async with self._room:
            return await self._reconcile(deep or self._loop.time() >= self._deep_at)

    async def _reconcile(self, deep: bool) -> RunReport:
        before: Comparison | None = None
        found: list[Report] = []
        for left in reversed(range(self.pace.looks)):
            happened = self._missed.others
            began, since, marks, statement = await self._query(deep)
            found += await self._missed.record(statement, marks)
            await self._write(book.mark, list(statement.accounts), since, min(statement.at, began))
            read = await self._read(book.read, [order.order for order in statement.orders])
            told = await self._read(book.open_differences)
            settled = None
            if happened == self._missed.others:
                now = comparison.compare(statement, read)
                settled, before = await self._open(comparison.confirm(statement, read, now, before, told)), now
                told = self._report(settled, told)
            if (settled is not None and settled.whole) or not left:
                break
            await asyncio.sleep(self.pace.grace_s)
        if deep:
            self._deep_at = self._loop.time() + self.pace.deeply_s
        return RunReport(
            link=self.link,
            since=since,
            at=statement.at,
            accounts=statement.accounts,
            orders=len(statement.orders),
            fills=len(statement.fills),
            activities=len(statement.activities),
            positions=len(statement.positions),
            found=tuple(typing.cast(typing.Any, found)),
            differences=tuple(told),
            working=read.working,
            settled=settled is not None and settled.whole,
        )

    # Asking

    async def _query(self, deep: bool) -> tuple[int, int, dict[str, BookMark], Statement]:
        """Return when the venue was asked, since when, how far its accounts are known, and what it said.

        It is asked again, further back, where it has an account that is new here, or does not mention an order that
        works by the book: then also of that order by itself.
        """
        marks = await self._read(book.marks)
        began = now_ms()
        history = began - _ms(self.pace.history_s)
        back = self.pace.deep_s if deep else self.pace.overlap_s
        since = min(mark.at for mark in marks.values()) - _ms(back) if marks else history
        statement = await self._broker().statement(_moment(since))
        if marks and since > history and any(account not in marks for account in statement.accounts):
            since = history
            statement = await self._broker().statement(_moment(since))
        missing = (await self._read(book.read, [])).missing(statement)
        if missing:
            since = min(since, *(order.version - 1 for order in missing.values()))
            statement = await self._broker().statement(_moment(since), [*missing])
        return began, since, marks, statement

    def _broker(self) -> Broker:
        """Return the broker. Raises LinkLost."""
        if not self.live or (broker := self.runner.broker) is None:
            raise LinkLost("the link is not live")
        return broker

    # Comparing

    async def _open(self, settled: comparison.Confirmed) -> comparison.Confirmed:
        """Note what accounts begin with. Whatever was stored meanwhile makes another look necessary."""
        head = self.desk.board.head
        for account, held in settled.opening.items():
            if not await self._write(book.open_account, account, held, head):
                return msgspec.structs.replace(settled, whole=False)
        return settled

    def _report(self, settled: comparison.Confirmed, told: list[FoundDifference]) -> list[FoundDifference]:
        """Tell what is certain. Returns what is told to differ from now on."""
        info, at = self.runner.info, now_ms()
        where = venue_name(info.venue_title, info.label)
        for one in settled.agree:
            self.desk.publish(notices.agrees(self.link, where, one, at))
        for one in settled.differ:
            self.desk.publish(notices.differs(self.link, where, one, at))
        ended = {one.place for one in (*settled.agree, *settled.differ)}
        return [one for one in told if one.place not in ended] + list(settled.differ)

    async def _read(self, work: typing.Callable[..., typing.Any], *values: typing.Any) -> typing.Any:
        return await self.desk.ledger.read(work, self.desk.person, self.link, *values)

    async def _write(self, work: typing.Callable[..., typing.Any], *values: typing.Any) -> typing.Any:
        return await self.desk.ledger.write(work, self.desk.person, self.link, *values)


def _ms(time_s: float) -> int:
    return int(time_s * 1000)


def _moment(ms: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC)
