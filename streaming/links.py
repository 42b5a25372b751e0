"""What a stream manager needs to know of a person's links, kept behind one small interface."""

import datetime
import typing
import uuid

from brokers.contract import Broker, Credentials


class LinkInfo(typing.Protocol):
    """One link as a manager sees it, with the `state` it was left in and why (empty: nothing to say).

    `revision` grows with every change of its credentials.
    """

    id: uuid.UUID
    venue: str
    environment: str
    label: str
    default_account: str
    revision: int
    state: str
    reason: str


class Links(typing.Protocol):
    """Where a person's links come from, and where their health is written."""

    async def of(self, person: int) -> typing.Sequence[LinkInfo]:
        """Return the person's links, the most preferred first."""

    async def broker(self, link: LinkInfo) -> Broker:
        """Make the broker of one link. Raises the three broker errors."""

    async def record(self, link: LinkInfo, state: str, reason: str, delayed: bool | None) -> None:
        """Write the state of a link with these credentials, for the admin and for pages that are not live."""

    async def refreshed(self, link: uuid.UUID, at: datetime.datetime) -> None:
        """Write when a link's access token was last refreshed."""

    async def renewed(self, link: LinkInfo, credentials: Credentials) -> None:
        """Store what a venue put in the place of the credentials of a link, which keeps its revision."""
