"""The account stream: the SDK's `AlertStreamer` on our own wire, with heartbeats, batches and a reader that lasts."""

import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any, Self

import anyio
from tastytrade import AlertStreamer
from tastytrade.streamer import SubscriptionType

from brokers.contract.errors import LinkLost
from brokers.tastytrade.errors import StreamDropped, translate
from brokers.tastytrade.session import TastytradeSession
from brokers.tastytrade.timeouts import TastytradeTimeouts
from brokers.tastytrade.websocket import TastytradeWire, opened

logger = logging.getLogger(__name__)

PING_S = 20.0
REFUSALS = 2
"""Heartbeats in a row that the venue may refuse, each for want of a good token; a third comes too late for it."""
NOT_IMPLEMENTED = "not-implemented"
NOT_COMPLETED = "connect-not-completed"

Notify = Callable[[str, dict[str, Any]], None]
"""Takes one notification: its type and its object. Raises ValueError when it makes no sense."""


class TokenRefused(StreamDropped):
    """The account stream did not take our access token, or one of our accounts."""


class TastytradeAccountStream(AlertStreamer):
    """One connection to the account stream. Enter, use and leave in the same task."""

    session: TastytradeSession

    def __init__(self, session: TastytradeSession, notify: Notify, limits: TastytradeTimeouts) -> None:
        super().__init__(session)
        self.base_url = session.account_stream
        self._bad = 0
        self._refusal = ""
        self._notify = notify
        self._limits = limits
        self._wire: TastytradeWire | None = None

    @contextlib.asynccontextmanager
    async def __asynccontextmanager__(self) -> AsyncGenerator[Self]:
        async with opened(self.base_url, self.session.guard, ping_s=PING_S) as socket:
            self._wire = TastytradeWire(socket, self.session.guard)
            self._websocket = self._wire  # type: ignore[assignment]  # of its methods the SDK uses these two
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._reader)
                tasks.start_soon(self._heartbeats)
                yield self
                tasks.cancel_scope.cancel()

    @property
    def last_received_at(self) -> float:
        """When anything last came in, on the monotonic clock."""
        return self._wire.last_received_at if self._wire else 0.0

    @property
    def bad(self) -> int:
        """How many messages could not be read, or made no sense."""
        return self._bad + (self._wire.bad if self._wire else 0)

    async def connect(self, accounts: Iterable[str]) -> None:
        """Ask for the notifications of `accounts` and wait for the acknowledgement."""
        await self._request(SubscriptionType.ACCOUNT, list(accounts))

    async def _heartbeats(self) -> None:
        refusals = 0
        while True:
            await anyio.sleep(self._limits.heartbeat_s)
            used, self._refusal = self.session.session_token, ""
            await self._request(SubscriptionType.HEARTBEAT)
            refusals = refusals + 1 if self._refusal else 0
            if refusals > REFUSALS:
                raise TokenRefused(f"the account stream refused heartbeat: {self._refusal}")
            if refusals:
                await self._renew(used)

    async def _renew(self, used: str) -> None:
        """Get another token for the next heartbeat. A token endpoint that stumbles is asked again then."""
        try:
            await self.session.renew(used)
        except Exception as error:
            lost = translate(error)
            if not isinstance(lost, LinkLost):
                raise
            logger.info("no new token for the account stream yet: %s", lost.reason)

    async def _request(self, action: SubscriptionType, value: list[str] | None = None) -> None:
        """Say one request and wait for its answer, in a time of our own: the SDK's is fixed."""
        await self.session.refresh()
        with anyio.fail_after(self._limits.answer_s):
            await self._subscribe(action, value)

    async def _reader(self) -> None:
        """Read for ever. The venue's refusals carry no request id, and batches come under `results`."""
        while True:
            message = await self._websocket.receive_json()
            batch = message.get("results")
            for item in batch if isinstance(batch, list) else [message]:
                if isinstance(item, dict):
                    self._receive(item)
                else:
                    self._bad += 1

    def _receive(self, item: dict[str, Any]) -> None:
        kind = item.get("type")
        if isinstance(kind, str):
            self._take_notification(kind, item.get("data"))
        elif item.get("status") == "error":
            self._take_refusal(item)
        else:
            self._take_answer(item.get("request-id"))

    def _take_answer(self, number: Any) -> None:
        acknowledged = self._subscription_state.pop(number, None) if isinstance(number, int) else None
        if acknowledged is not None:
            acknowledged.set()

    def _take_notification(self, kind: str, data: Any) -> None:
        try:
            if not isinstance(data, dict):
                raise ValueError("no object")
            self._notify(kind, data)
        except (ValueError, TypeError, ArithmeticError) as error:
            self._bad += 1
            logger.warning("an unreadable %s notification: %s", kind[:40], type(error).__name__)

    def _take_refusal(self, item: dict[str, Any]) -> None:
        action, words = str(item.get("action"))[:40], str(item.get("message"))[:80]
        if action == SubscriptionType.HEARTBEAT and words == NOT_IMPLEMENTED:
            self._bad += 1
            self._take_answer(item.get("request-id"))  # it hears us, whatever it makes of it
            return
        if action == SubscriptionType.HEARTBEAT and words != NOT_COMPLETED:
            self._refusal = words
            self._take_answer(self.request_id)  # the venue's refusals carry no request id
            return
        if action in (SubscriptionType.ACCOUNT, SubscriptionType.HEARTBEAT):
            raise TokenRefused(f"the account stream refused {action}: {words}")
        logger.warning("the account stream refused %s: %s", action, words)
