"""The account event stream: it says that an order changed, and nothing else of use. Beta at the venue."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from brokers.contract.broker import Guard
from brokers.tradier.account.state import Notice, to_notice
from brokers.tradier.decoding import Raw
from brokers.tradier.errors import refuse
from brokers.tradier.stream_sessions import TradierStreamSessions
from brokers.tradier.websocket import TradierSocket, opened

PING_S = 20.0

Notify = Callable[[Notice], None]


class TradierAccountStream:
    """One open connection. There is no replay and no first state: who connects must read everything then."""

    def __init__(self, socket: TradierSocket, answer_s: float) -> None:
        self._socket = socket
        self._answer_s = answer_s
        self._bad = 0

    @property
    def last_received_at(self) -> float:
        """When anything last came in, on the monotonic clock."""
        return self._socket.last_received_at

    @property
    def bad(self) -> int:
        """How many frames could not be read, or made no sense."""
        return self._socket.bad + self._bad

    async def read(self, notify: Notify) -> None:
        """Hand on every notice, for ever. Raises what the stream ends with."""

        def receive(raw: Raw) -> None:
            if "error" in raw:
                refuse(raw["error"])
            try:
                notice = to_notice(raw)
            except ValueError:
                self._bad += 1
                return
            if notice is not None:
                notify(notice)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._socket.read(receive))
            tasks.create_task(self._socket.ping(PING_S, self._answer_s))


@contextlib.asynccontextmanager
async def account_stream(
    url: str, sessions: TradierStreamSessions, guard: Guard, answer_s: float
) -> AsyncIterator[TradierAccountStream]:
    """Connect, and ask for the events of all accounts. `url` is used where the venue names none."""
    await sessions.start()
    session = await sessions.fresh()
    async with opened(session.url if session.url.startswith(("wss://", "ws://")) else url, guard) as socket:
        sessions.show(session)
        await socket.send({"events": ["order"], "sessionid": session.id, "excludeAccounts": []})
        yield TradierAccountStream(socket, answer_s)
