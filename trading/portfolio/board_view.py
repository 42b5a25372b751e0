"""A person's portfolio as their board has it: waited for where it only begins, and told with its exact digits."""

import typing
from collections.abc import Iterable, Mapping

from brokers.contract.events import Slot
from lib.clock import now_ms
from streaming.board.board import Item
from streaming.pages import initial_state
from streaming.pages.initial_state import Streams, Whole
from streaming.rpc.client import RpcError
from streaming.wire.subscription import Subscription

TOPICS = frozenset({"portfolio", "links"})
WITHIN_S = 2.5
"""How long what is held is waited for; what is not known then is missing."""
AGAIN_S = 5.0
"""When to come again, where nobody answered."""


class BoardView(typing.NamedTuple):
    """A portfolio at one moment. Totals are those of each environment, accounts and the rest are by link."""

    links: list[Item]
    totals: list[Item]
    accounts: list[Item]
    exposures: list[Item]
    positions: list[Item]
    at: int

    @classmethod
    def of(cls, state: Iterable[Item]) -> "BoardView":
        """Sort what a board says."""
        found: dict[str, list[Item]] = {"link": [], "portfolio": [], "exposure": [], "position": []}
        for item in state:
            found.get(item["type"], []).append(item)
        return cls(
            links=found["link"],
            totals=sorted((one for one in found["portfolio"] if not one["link"]), key=_environment),
            accounts=sorted((one for one in found["portfolio"] if one["link"]), key=_account),
            exposures=sorted(found["exposure"], key=lambda one: (_environment(one), one["underlying"])),
            positions=sorted(found["position"], key=lambda one: (one["symbol"], one["link"], one["account"])),
            at=now_ms(),
        )


async def read_board(found: Streams, person: int, whole: Whole | None = None, within_s: float = WITHIN_S) -> BoardView:
    """Return what `person` holds, once it is `whole` (all of it valued), or after `within_s` as far as it is.

    Raises RpcError where their board does not answer: nobody knows then what they hold.
    """
    view = Subscription(topics=TOPICS)
    text = await initial_state.fetched(found, person, view, whole or is_valued, within_s)
    if text is None:
        raise RpcError("unavailable", "Your streams do not answer. Come again.", AGAIN_S)
    return BoardView.of(initial_state.read(text)["state"])


def is_valued(slots: Mapping[Slot, Item]) -> bool:
    """Whether every total there is is whole, or says why it is not."""
    totals = [item for slot, item in slots.items() if slot[0] == "portfolio" and not item["link"]]
    return bool(totals) and all(not one.get("unmarked") or one.get("reason") for one in totals)


def is_told(slots: Mapping[Slot, Item]) -> bool:
    """Whether it is known what is held, valued or not."""
    return any(slot[0] == "portfolio" for slot in slots)


def _environment(item: Item) -> tuple[bool, str]:
    """Sort real money before any other."""
    return item["environment"] != "live", item["environment"]


def _account(item: Item) -> tuple[typing.Any, ...]:
    return *_environment(item), item["link"], item["account"]
