"""Opens an expiration of a chain: asks what the venue lists, then watches it together with whoever else does."""

import asyncio
import contextlib
import datetime
from collections.abc import Iterator

import msgspec

from accounts.auth.access import Access
from market.chains.chain import Listed, ShownChain
from streaming.hub.hub import Hub
from streaming.sockets.shared_client import SharedClient
from streaming.sockets.shared_socket import SharedSubscription

SPOT_S = 2.0
"""How long the price of the underlying is waited for; then the middle of the list is shown."""


async def listed(hub: Hub, person: int, symbol: str, expiration: datetime.date, root: str) -> Listed:
    """Return what is listed on `symbol` for a day; without a root, of that with most strikes. Raises RpcError."""
    text = await hub.enquiries.request(person, "strikes", [symbol, expiration.isoformat(), root])
    return msgspec.json.decode(text, type=Listed)


@contextlib.contextmanager
def watching(
    hub: Hub, access: Access, symbol: str, found: Listed, rows: int
) -> Iterator[tuple[SharedSubscription[ShownChain], SharedClient]]:
    """Watch so many rows of an expiration. Raises SubscriptionError."""
    name = f"chain {symbol} {found.date} {found.root}"
    with hub.shares.listening(access, name, lambda: ShownChain(symbol, found)) as (share, listener):
        chain = share.picture
        chain.rows[listener] = rows
        settling = asyncio.get_running_loop().call_later(SPOT_S, _settle, share)
        try:
            share.refresh()
            yield share, listener
        finally:
            settling.cancel()
            del chain.rows[listener]
            if chain.rows:
                share.refresh()


def _settle(share: SharedSubscription[ShownChain]) -> None:
    """Show something although nobody knows where the money is."""
    if share.picture.middle is None and share.picture.stand(None):
        share.relook()
