"""`GET /signals/signal/{symbol}` and `/learning/…`: a person's signals and their record as JSON, with an ETag."""

import typing
from collections.abc import Callable, Collection, Iterator

from accounts.auth.access import Access
from brokers.instruments.symbols import parse_option
from lib.clock import now_ms
from market.api import requests
from market.api.etag import with_etag
from signals.api import learning
from signals.owner_store import is_followed
from signals.statements import StatedSignal, read_statements
from streaming.hub.hub import Hub
from streaming.ledger.errors import LedgerError
from streaming.rpc.client import RpcError
from streaming.runtime import runtime
from streaming.sockets.shared_socket import Slots
from streaming.transports.responses import Receive, Scope, Send
from streaming.wire import frames
from streaming.wire.subscription import Subscription

AWAY_S = 5.0
REGIME_S = 1.5
"""How long it is waited for the regime of a symbol; what is not known then is null."""

Told = dict[str, typing.Any]
Read = Callable[[int], Told]


class RegimeView:
    """The regime of one symbol, as clients of one person see it."""

    def __init__(self, symbol: str) -> None:
        self.slot = ("insight", symbol)
        self.view = Subscription(topics=frozenset({"links"}), insights=frozenset({symbol}))

    def render_changes(self, slots: Slots, changed: Collection[tuple[str, ...]]) -> Iterator[tuple[str, str]]:
        """Tell nothing by itself: it is read as a whole."""
        yield from ()

    def whole(self, slots: Slots) -> bool:
        """Whether it is known."""
        return self.slot in slots


async def serve_signal(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer what is said of a symbol: 200 where nothing is, too, with the reason."""
    await requests.serve(scope, receive, with_etag(scope, send), _signal)


async def _signal(found: Hub, access: Access, scope: Scope) -> str:
    return frames.dumps(await read_signals(found, access, requests.symbol(scope)))


async def read_signals(found: Hub, access: Access, symbol: str) -> Told:
    """Return what is said of a symbol, its regime, and why nothing is said. Raises RpcError and SubscriptionError."""
    signals, reason = await read_record(tell_signals, access.person, symbol, now_ms())
    insight = None if parse_option(symbol) else await _insight(found, access, symbol)
    regime = None if insight is None else insight.get("regime")
    times = [signal.at for signal in signals]
    if insight is not None and insight.get("at") is not None:
        times.append(insight["at"])
    at = max(times, default=None)
    return {"symbol": symbol, "at": at, "regime": regime, "signals": signals, "reason": reason}


async def _insight(found: Hub, access: Access, symbol: str) -> Told | None:
    """Return what is worked out of a symbol, as soon as it is known."""
    with found.shares.listening(access, f"regime of {symbol}", lambda: RegimeView(symbol)) as (share, listener):
        await requests.values(share, listener, share.picture.whole, REGIME_S)
        return share.slots.get(share.picture.slot)


def tell_signals(person: int, symbol: str, now: int) -> tuple[list[StatedSignal], str | None]:
    """Return the signals of a symbol that are under way at `now` (ms), and why there is none where there is none."""
    stated = read_statements(person, symbol)
    signals = [one for one in stated if one.due > now]
    if signals:
        return signals, None
    if not is_followed(person):
        return [], "Signals are off: you do not follow them."
    if stated:
        return [], "No signal is under way: the newest one is due already."
    return [], f"No model has said anything of {symbol} yet."


async def serve_status(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer how far the learner is, and which models run."""
    await _serve(scope, receive, send, learning.tell_status)


async def serve_data(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer what the record holds."""
    await _serve(scope, receive, send, learning.tell_data)


async def serve_results(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the newest results, and the board."""
    await _serve(scope, receive, send, learning.tell_results)


async def serve_gates(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the gates of every model."""
    await _serve(scope, receive, send, learning.tell_gates)


async def _serve(scope: Scope, receive: Receive, send: Send, read: Read) -> None:
    async def find(found: Hub, access: Access, scope: Scope) -> str:
        return frames.dumps(await read_record(read, access.person))

    await requests.serve(scope, receive, with_etag(scope, send), find)


async def read_record(work: Callable[..., typing.Any], *about: typing.Any) -> typing.Any:
    """Read what is stored. Raises RpcError while the database is away."""
    try:
        return await runtime().ledger.read(work, *about)
    except LedgerError as error:
        raise RpcError("unavailable", "The database is away. Come again.", AWAY_S) from error
