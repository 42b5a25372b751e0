"""A link as whoever streams it needs to know it. No Django, no secret."""

import uuid

import msgspec


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
