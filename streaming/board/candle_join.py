"""Where the history of a series of candles and its slot meet: what was missed, and what they make together. Pure.

docs/protocol.md has the same rule for clients; brokers/adapter/candle_slot.py says why it holds. Times are in ms.
"""

import typing

from streaming.board.board import Item


class Noted(typing.NamedTuple):
    """What a slot said when a history was asked for, or last joined to it."""

    revised_at: int | None
    mark: int


def shown(slot: Item) -> list[Item]:
    """Return the candles in a slot, oldest first."""
    return [*(slot.get("earlier") or ()), slot]


def note(slot: Item | None) -> Noted | None:
    """Return what is to be remembered of a slot; None while there is none."""
    if slot is None:
        return None
    return Noted(slot.get("revised_at"), shown(slot)[-2:][0]["time"])


def holds(slot: Item | None, noted: Noted | None) -> bool:
    """Whether nothing that the slot does not show was missed since it was noted."""
    if slot is None or noted is None:
        return slot is None and noted is None
    return slot.get("revised_at") == noted.revised_at and shown(slot)[0]["time"] <= noted.mark
