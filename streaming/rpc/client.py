"""What a hub asks a person's owner: a question by name, answered with a text. The other passage beside the watch.

The layer may lose a question or its answer, and the owner may change: the question is said again until it is answered
or its time is over. Equal questions of one person that are under way are one.
"""

import asyncio
import itertools
from collections.abc import Callable

from lib.single_flight import SingleFlight
from lib.tasks import Tasks
from streaming.bus.messages import RpcCancel, RpcReply, RpcRequest
from streaming.limits import Limits

WITHIN_S = 10.0
"""How long an owner has to answer, unless somebody says otherwise."""


class RpcError(Exception):
    """A question without an answer: `code` as in docs/protocol.md, `retry_s` when to ask again, if that may help."""

    def __init__(self, code: str, detail: str, retry_s: float | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.retry_s = retry_s


class RpcClient:
    """The questions of one hub. `send` takes what goes to the owner of a person, who is kept while they are asked."""

    def __init__(self, hub: str, tasks: Tasks, limits: Limits, send: Callable[[RpcRequest | RpcCancel], None]) -> None:
        self._hub = hub
        self._limits = limits
        self._send = send
        self._numbers = itertools.count(1)
        self._answers: dict[int, tuple[int, asyncio.Future[str]]] = {}
        self._flights: SingleFlight[str] = SingleFlight(tasks)

    def __repr__(self) -> str:
        return f"<Enquiries {len(self._answers)} under way>"

    def __len__(self) -> int:
        return len(self._answers)

    async def request(self, person: int, what: str, about: list[str], within_s: float = WITHIN_S) -> str:
        """Return the answer to the question `what` about something. Raises RpcError.

        Who is cancelled leaves; with the last, the owner is told that nobody waits any more.
        """
        return await self._flights.join((person, what, *about), lambda: self._request(person, what, about, within_s))

    async def _request(self, person: int, what: str, about: list[str], within_s: float) -> str:
        number = next(self._numbers)
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._answers[number] = person, answer
        request = RpcRequest(person_text=str(person), hub=self._hub, ask=number, what=what, about=about)
        try:
            async with asyncio.timeout(within_s):
                while not answer.done():
                    self._send(request)
                    await asyncio.wait([answer], timeout=self._limits.beacon_s)
                return answer.result()
        except TimeoutError:
            raise RpcError("unavailable", f"There was no answer within {within_s:g} s.", 5) from None
        finally:
            del self._answers[number]
            if not answer.done() or answer.cancelled():
                self._send(RpcCancel(person_text=str(person), hub=self._hub, ask=number))

    def on_reply(self, message: RpcReply) -> None:
        """Take an answer; one that comes too late, or twice, is passed over."""
        person, answer = self._answers.get(message.ask, (0, None))
        if answer is None or answer.done() or person != message.person:
            return
        if message.code:
            answer.set_exception(RpcError(message.code, message.text, message.retry_s))
        else:
            answer.set_result(message.text)
