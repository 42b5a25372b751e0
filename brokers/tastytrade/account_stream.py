"""The account stream: the SDK's `AlertStreamer` on our own wire, with heartbeats, batches and a reader that lasts."""

import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any, Self

import anyio
from tastytrade import AlertStreamer
from tastytrade.streamer import SubscriptionType

from brokers.tastytrade.errors import StreamDropped
from brokers.tastytrade.session import Session
from brokers.tastytrade.wire import Wire, opened

logger = logging.getLogger(__name__)

HEARTBEAT_S = 20.0
"""The venue drops whoever is silent for a minute. Each heartbeat must be answered within the SDK's 10 s."""
PING_S = 20.0

Notify = Callable[[str, dict[str, Any]], None]
"""Takes one notification: its type and its object. Raises ValueError when it makes no sense."""


class TokenRefused(StreamDropped):
    """The account stream did not take our access token, or one of our accounts."""


class AccountStream(AlertStreamer):
    """One connection to the account stream. Enter, use and leave in the same task."""

    session: Session

    def __init__(self, session: Session, notify: Notify) -> None:
        super().__init__(session)
        self.base_url = session.account_stream
        self.bad = 0
        self._notify = notify
        self._wire: Wire | None = None

    @contextlib.asynccontextmanager
    async def __asynccontextmanager__(self) -> AsyncGenerator[Self]:
        async with opened(self.base_url, ping_s=PING_S) as socket:
            self._wire = Wire(socket)
            self._websocket = self._wire  # type: ignore[assignment]  # of its methods the SDK uses these two
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._reader)
                tasks.start_soon(self._heartbeats)
                yield self
                tasks.cancel_scope.cancel()

    @property
    def heard(self) -> float:
        """When anything last came in, on the monotonic clock."""
        return self._wire.heard if self._wire else 0.0

    async def connect(self, accounts: Iterable[str]) -> None:
        """Ask for the notifications of `accounts` and wait for the acknowledgement."""
        await self._subscribe(SubscriptionType.ACCOUNT, list(accounts))

    async def _heartbeats(self) -> None:
        while True:
            await anyio.sleep(HEARTBEAT_S)
            await self._subscribe(SubscriptionType.HEARTBEAT)

    async def _reader(self) -> None:
        """Read for ever. The venue's refusals carry no request id, and batches come under `results`."""
        while True:
            message = await self._websocket.receive_json()
            batch = message.get("results")
            for item in batch if isinstance(batch, list) else [message]:
                if isinstance(item, dict):
                    self._take(item)
                else:
                    self.bad += 1

    def _take(self, item: dict[str, Any]) -> None:
        kind = item.get("type")
        if isinstance(kind, str):
            self._take_notification(kind, item.get("data"))
        elif item.get("status") == "error":
            self._take_refusal(item)
        elif (number := item.get("request-id")) is not None:
            acknowledged = self._subscription_state.pop(number, None) if isinstance(number, int) else None
            if acknowledged is not None:
                acknowledged.set()

    def _take_notification(self, kind: str, data: Any) -> None:
        try:
            if not isinstance(data, dict):
                raise ValueError("no object")
            self._notify(kind, data)
        except (ValueError, TypeError, ArithmeticError) as error:
            self.bad += 1
            logger.warning("an unreadable %s notification: %s", kind[:40], type(error).__name__)

    def _take_refusal(self, item: dict[str, Any]) -> None:
        action, words = str(item.get("action"))[:40], str(item.get("message"))[:80]
        if action in (SubscriptionType.ACCOUNT, SubscriptionType.HEARTBEAT):
            raise TokenRefused(f"the account stream refused {action}: {words}")
        logger.warning("the account stream refused %s: %s", action, words)
