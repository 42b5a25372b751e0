"""A person's page through all runs of a demo: it keeps every fact it was told, and what is held and worth."""

import decimal
import random

from tests.scenarios.three_books.recording_clients import SocketKeeper
from tests.support.desk import Desk

Decimal = decimal.Decimal


class Reader(SocketKeeper):
    """It comes again by itself, with its cursor."""

    def __init__(self, desk: Desk, cookie: str) -> None:
        super().__init__(desk, cookie, random.Random(0))
        self.watch = {"topics": ["links", "orders", "portfolio", "signals"]}

    def live_links(self) -> set[str]:
        """The links that are live."""
        return {key[1] for key, slot in self.slots.items() if key[0] == "link" and slot.get("state") == "live"}

    def forget(self) -> None:
        """Know nothing of what is held and worth any more, until it is told again."""
        self.slots.clear()

    def held(self, link: str, account: str) -> dict[str, Decimal]:
        """What an account holds, by symbol."""
        return {
            key[3]: Decimal(slot["quantity"])
            for key, slot in self.slots.items()
            if key[:3] == ("position", link, account) and slot.get("quantity")
        }

    def cash(self, link: str, account: str) -> Decimal | None:
        """The cash of an account."""
        found = self.slots.get(("balance", link, account), {}).get("cash")
        return None if found is None else Decimal(found)
