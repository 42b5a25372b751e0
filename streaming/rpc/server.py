"""An owner's side of enquiries: who asked what, and what they are answered."""

import asyncio
import logging
from collections.abc import Mapping

from lib.tasks import Tasks
from streaming.bus.bus import HubPort
from streaming.bus.messages import RpcCancel, RpcReply, RpcRequest
from streaming.manager.extensions import RpcHandler
from streaming.rpc.client import RpcError

logger = logging.getLogger(__name__)

ASKED = 500
"""Questions of one person under way; at the bound another one is told to come again."""


class RpcServer:
    """Answers what hubs ask of one person. A question that is said again while it is under way is the same one.

    `finders` answer, by the name of the question.
    """

    def __init__(self, finders: Mapping[str, RpcHandler], tasks: Tasks) -> None:
        self._finders = finders
        self._tasks = tasks
        self._asked: dict[tuple[str, int], asyncio.Task[None]] = {}

    def __len__(self) -> int:
        return len(self._asked)

    def on_request(self, message: RpcRequest, port: HubPort) -> None:
        """Take a question."""
        key = message.hub, message.ask
        if key in self._asked:
            return
        if len(self._asked) >= ASKED:
            port.send(_refusal(message, RpcError("rate_limited", "Too many questions at once.", 5)))
            return
        self._asked[key] = self._tasks.start(self._answer(message, port), f"answer {message.person_text}")
        self._asked[key].add_done_callback(lambda _: self._asked.pop(key, None))

    def no_more(self, message: RpcCancel) -> None:
        """Nobody waits for the answer any more."""
        if (task := self._asked.get((message.hub, message.ask))) is not None:
            task.cancel()

    def stop(self) -> None:
        """Answer nobody any more; who waits asks the next owner."""
        for task in list(self._asked.values()):
            task.cancel()

    async def _answer(self, message: RpcRequest, port: HubPort) -> None:
        try:
            text = await self._find(message.what, message.about)
        except RpcError as error:
            port.send(_refusal(message, error))
        except Exception:
            logger.exception("what was asked of user %s could not be answered", message.person_text)
            port.send(_refusal(message, RpcError("unavailable", "The answer could not be worked out.", 5)))
        else:
            port.send(RpcReply(person_text=message.person_text, ask=message.ask, code="", text=text, retry_s=None))

    async def _find(self, what: str, about: list[str]) -> str:
        finder = self._finders.get(what)
        if finder is None:  # a process of another version asks
            raise RpcError("not_available", f"Nobody here answers {what}.")
        return await finder(*about)


def _refusal(message: RpcRequest, error: RpcError) -> RpcReply:
    return RpcReply(
        person_text=message.person_text, ask=message.ask, code=error.code, text=error.detail, retry_s=error.retry_s
    )
