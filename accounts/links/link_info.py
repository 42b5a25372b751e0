"""A link as whoever streams it needs to know it. No Django, no secret."""

import uuid

import msgspec

from brokers.catalogue import VENUES


class LinkInfo(msgspec.Struct, frozen=True):
    """One link, with the `state` it was left in and why (empty: nothing to say).

    `revision` grows with every change of its credentials. `feeds`: whether market data may come by it.
    """

    id: uuid.UUID
    venue: str
    environment: str
    label: str
    default_account: str
    revision: int
    state: str
    reason: str
    feeds: bool

    @property
    def venue_title(self) -> str:
        """The venue's name for people; its code where this version of the desk has no such venue."""
        return VENUES[self.venue].title if self.venue in VENUES else self.venue
