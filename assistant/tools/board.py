"""Reads a person's board for a tool: watched as long as it takes, shared by equal questions of one person."""

import contextlib
from collections.abc import Callable, Collection, Iterator

import msgspec

from assistant.contract.caller import ToolCaller
from assistant.contract.errors import ToolError
from assistant.contract.tool import Row
from market.api import requests
from streaming.board.board import Item
from streaming.hub.hub import Hub
from streaming.runtime import runtime
from streaming.sockets.shared_client import SharedClient
from streaming.sockets.shared_socket import SharedSubscription, Slots
from streaming.wire.subscription import Subscription

VALUES_S = 2.5
"""How long values are waited for; what is not known then is null."""
RESTARTED_S = 5.0
AWAY_S = 5.0


class BoardPicture:
    """A view, read as a whole."""

    def __init__(self, view: Subscription) -> None:
        self.view = view

    def render_changes(self, slots: Slots, changed: Collection[tuple[str, ...]]) -> Iterator[tuple[str, str]]:
        """Tell nothing by itself."""
        yield from ()


Watched = tuple[SharedSubscription[BoardPicture], SharedClient]


def open_hub() -> Hub:
    """Return the hub of this process. Raises ToolError while it ends."""
    hub = runtime().hub
    if hub.closing:
        raise ToolError("restarting", "The desk restarts. Come again.", RESTARTED_S)
    return hub


@contextlib.contextmanager
def watch_board(caller: ToolCaller, view: Subscription) -> Iterator[Watched]:
    """Watch a view while it lasts. Raises SubscriptionError and ToolError."""
    with open_hub().shares.listening(caller.access, f"tool {view.key}", lambda: BoardPicture(view)) as watched:
        yield watched


async def read_slots(
    caller: ToolCaller, view: Subscription, whole: Callable[[Slots], bool], within_s: float | None = None
) -> dict[tuple[str, ...], Item]:
    """Return what is known of a view once it is `whole`, or after `within_s` (VALUES_S unless given).

    Raises ToolError where no process feeds the board, RpcError where the caller must leave, and SubscriptionError.
    """
    with watch_board(caller, view) as (share, listener):
        await requests.values(share, listener, whole, VALUES_S if within_s is None else within_s)
        if not share.known.is_set():
            raise ToolError("unavailable", "Your streams do not answer. Come again.", AWAY_S)
        return {slot: dict(item) for slot, item in share.slots.items()}


def with_age(item: Item, now: int) -> Row:
    """Return what is told of a slot, without its type, with its age in ms at `now` (ms); null where it has no time."""
    told = {name: value for name, value in item.items() if name not in ("type", "gone") and value is not msgspec.UNSET}
    at = told.get("at")
    return {**told, "at": at, "age_ms": None if at is None else max(0, now - at)}


def links_by_id(slots: Slots) -> dict[str, Item]:
    """Return the links among slots, by their ids."""
    return {slot[1]: item for slot, item in slots.items() if slot[0] == "link"}
