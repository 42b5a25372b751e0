"""Completes what a page knows of a board by what was last known, each value marked `held`. Pure."""

from collections.abc import Iterable

from brokers.contract.events import Slot
from streaming.board.board import Item
from streaming.last_known.slots import HOLDINGS, slot_of
from streaming.wire.subscription import Subscription

HELD = "held"
"""What marks an item that no board told: it is as old as its `at` says, and never live."""


def lacks(state: Iterable[Item], view: Subscription) -> bool:
    """Whether a board that told `state` leaves something out that `view` shows and that may have been known before."""
    quotes, kinds = set(), set()
    for item in state:
        kinds.add(item["type"])
        if item["type"] == "quote":
            quotes.add(item["symbol"])
    return (
        not view.quotes <= quotes
        or ("portfolio" in view.topics and "portfolio" not in kinds)
        or ("balance" in view.topics and "balance" not in kinds)
    )


def complete(state: Iterable[Item], kept: Iterable[Item], view: Subscription, primary: Slot | None) -> list[Item]:
    """Return `state` with what of `kept` the view shows and the board has not told. `primary` as in Subscription.wants.

    Holdings that the board has valued are whole: none is added to them.
    """
    told = [*state]
    slots = {slot_of(item) for item in told}
    is_valued = any(slot[0] == "portfolio" for slot in slots)
    for item in kept:
        slot = slot_of(item)
        if slot in slots or (is_valued and slot[0] in HOLDINGS) or not view.wants(slot, primary):
            continue
        told.append({**item, HELD: True})
    return told
