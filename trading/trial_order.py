"""Places a small order at a simulated or paper link, to see by which ways its events come back. Never at a live one."""

import asyncio
import decimal
from collections.abc import Mapping

import msgspec

from brokers.contract.broker import Broker, Ticket
from brokers.contract.errors import BrokerError
from brokers.contract.events import Event
from lib.tasks import Tasks
from streaming.links.runner import LinkRunner
from streaming.links.state import LinkState
from streaming.manager.extensions import Extension, ExtensionHost, RpcHandler
from streaming.rpc.client import RpcError

LIVE = "live"
"""The environment where orders cost money."""
KEPT = 50
"""Orders of which is known that they were placed, at most: a question that is said again places no other."""

_encoder = msgspec.json.Encoder(decimal_format="number")


class TrialPlaced(msgspec.Struct, frozen=True):
    """A test order that the venue took: its id there, and by which link and account it went."""

    order: str
    link: str
    label: str
    venue: str
    environment: str
    account: str


class TrialOrder(Extension):
    """Answers who wants to place or cancel a test order. The person's owner does it: nobody else may act for them."""

    sees: frozenset[type[Event]] = frozenset()

    def __init__(self, desk: ExtensionHost) -> None:
        self.desk = desk
        self.finders: Mapping[str, RpcHandler] = {"place_test_order": self._place, "cancel_test_order": self._cancel}
        self._tasks = Tasks(f"test orders {desk.person}")
        self._placed: dict[str, asyncio.Task[TrialPlaced | RpcError]] = {}
        """What became of each order, by the id its maker gave it."""

    def on_event(self, event: Event, origin: str) -> None:
        """It sees nothing."""

    async def run(self) -> None:
        """Wait for the end: there is nothing to do but to answer."""
        try:
            await asyncio.Event().wait()
        finally:
            await self._tasks.cancel()

    async def _place(self, which: str, symbol: str, quantity: str, price: str, client: str, deadline: str) -> str:
        """Place an order by the link `which` (an id, a label, a venue, or nothing), once for each `client`.

        `price` is empty for a market order, `deadline` is in ms.
        """
        if client not in self._placed:
            ticket = (which, symbol, decimal.Decimal(quantity), decimal.Decimal(price) if price else None, client)
            self._placed[client] = self._tasks.start(self._order(*ticket, int(deadline)), f"order {client}")
            while len(self._placed) > KEPT:
                del self._placed[next(iter(self._placed))]
        # Who asks may leave; the order goes its way.
        outcome = await asyncio.shield(self._placed[client])
        if isinstance(outcome, RpcError):
            raise outcome
        return _encoder.encode(outcome).decode()

    async def _order(
        self,
        which: str,
        symbol: str,
        quantity: decimal.Decimal,
        price: decimal.Decimal | None,
        client: str,
        deadline: int,
    ) -> TrialPlaced | RpcError:
        try:
            runner, broker = self._chosen(which)
            account = runner.info.default_account
            ticket = Ticket(account, symbol, quantity, client, price)
            order = await broker.place(ticket, deadline)
        except RpcError as error:
            return error
        except BrokerError as error:
            return RpcError("unavailable", f"The venue did not take it: {error}")
        info = runner.info
        return TrialPlaced(order, runner.id, info.label, info.venue, info.environment, account)

    async def _cancel(self, link: str, account: str, order: str, deadline: str) -> str:
        """Ask the venue to cancel an order."""
        _, broker = self._chosen(link)
        try:
            await broker.cancel(account, order, int(deadline))
        except BrokerError as error:
            raise RpcError("unavailable", f"The venue did not cancel it: {error}") from error
        return "{}"

    def _chosen(self, which: str) -> tuple[LinkRunner, Broker]:
        """Return the first link that is meant and may be used. Raises RpcError saying why there is none."""
        reasons = []
        for runner in self.desk.runners.values():
            info, broker = runner.info, runner.broker
            if which and which not in (runner.id, info.label, info.venue):
                continue
            if info.environment == LIVE:
                reasons.append(f"{info.label} is live, where orders cost money")
            elif runner.state is not LinkState.LIVE or broker is None:
                reasons.append(f"{info.label} is {runner.state.value}")
            elif not broker.capabilities.orders:
                reasons.append(f"no orders can be placed by {info.label}")
            else:
                return runner, broker
        raise RpcError("no_feed", f"No link takes a test order: {'; '.join(reasons) or 'there is none'}.")
