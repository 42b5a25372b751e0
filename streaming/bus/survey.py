"""Asks every process of the desk to report, waits half a second at most, and says who did not answer.

The question goes to everybody over the layer, the answers come back in pieces. Who asks answers by itself, so that it
has something to tell when there is no layer, or none that carries.
"""

import asyncio
import typing
from collections.abc import Awaitable, Callable, Collection, Mapping

import msgspec

from lib.tasks import Tasks
from streaming.bus.bus import Port
from streaming.bus.messages import ReportPiece, ReportRequest
from streaming.wire import frames

WITHIN_S = 0.5
"""How long others have to answer. What is known to run and did not is said to be silent."""
PIECE = 100_000
"""Characters of an answer in one message."""

Found = dict[str, typing.Any]
Asked = Mapping[str, bool | int | str | None]
"""What is asked, by name."""
Report = Callable[[Asked, bool], Awaitable[Found]]
"""Takes what is asked, and whether it is this process that asks; returns its answer."""


class SurveyResult(typing.NamedTuple):
    """Who reported, this process first, and the ids of those who are known to run and did not."""

    reports: list[Found]
    silent: list[str]


class _Call:
    """One question under way: the pieces that came, and who is still expected."""

    def __init__(self, expected: Collection[str]) -> None:
        self.expected = set(expected)
        self.reports: dict[str, Found] = {}
        self.all_here: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pieces: dict[str, dict[int, str]] = {}

    def on_piece(self, message: ReportPiece) -> None:
        """Take a piece of an answer."""
        process = message.process
        pieces = self._pieces.setdefault(process, {})
        pieces[message.piece] = message.text
        if len(pieces) == message.pieces == max(pieces) + 1 and process not in self.reports:
            text = "".join(pieces[number] for number in range(len(pieces)))
            self.reports[process] = msgspec.json.decode(text)
            if self.expected and self.expected <= self.reports.keys() and not self.all_here.done():
                self.all_here.set_result(None)


class Survey:
    """One process's part in it: it asks, and it answers.

    `process` returns the id by which the others expect it, `reports` are the kinds of questions it can answer.
    """

    def __init__(self, process: Callable[[], str], reports: Mapping[str, Report], tasks: Tasks) -> None:
        self._process = process
        self.reports = reports
        self._tasks = tasks
        self._calls: dict[int, _Call] = {}
        self._number = 0

    def __repr__(self) -> str:
        return f"<RollCall {self.process} {len(self._calls)} under way>"

    @property
    def process(self) -> str:
        """By which id this process answers now."""
        return self._process()

    async def call(
        self,
        kind: str,
        asked: Asked,
        expected: Collection[str] | None,
        everybody: Port[ReportRequest] | None = None,
        reply: str = "",
    ) -> SurveyResult:
        """Ask everybody for a report of `kind`; answers come to the channel `reply`.

        `expected` are the ids of the processes that are known to run; None while nobody knows, and then all the time
        is given to those who may. Without `everybody` and `reply` only this process answers.
        """
        others = set(expected or ()) - {self.process}
        self._number = number = self._number + 1
        call = self._calls[number] = _Call(others)
        try:
            if everybody is not None and reply:
                everybody.send(
                    ReportRequest(what=kind, asked=dict(asked), ask=number, sender=self.process, reply=reply)
                )
            own = await self.reports[kind](asked, True)
            if everybody is not None and reply and (expected is None or others - call.reports.keys()):
                await asyncio.wait([call.all_here], timeout=WITHIN_S)
        finally:
            del self._calls[number]
        heard = {process: report for process, report in call.reports.items() if process != self.process}
        return SurveyResult([own, *heard.values()], sorted(others - heard.keys()))

    def on_request(self, message: ReportRequest, back: Port[ReportPiece]) -> None:
        """Answer another process's question; one of this process's own comes back to it, and is passed over."""
        if message.sender != self.process and message.what in self.reports:
            self._tasks.start(self._answer(message, back), "report")

    async def _answer(self, message: ReportRequest, back: Port[ReportPiece]) -> None:
        text = frames.dumps(await self.reports[message.what](message.asked, False))
        pieces = [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
        for number, piece in enumerate(pieces):
            back.send(ReportPiece(ask=message.ask, process=self.process, piece=number, pieces=len(pieces), text=piece))

    def on_piece(self, message: ReportPiece) -> None:
        """Take a piece of an answer; one that comes too late is passed over."""
        if (call := self._calls.get(message.ask)) is not None:
            call.on_piece(message)
