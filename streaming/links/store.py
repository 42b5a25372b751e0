"""What a stream manager needs to know of a person's links, kept behind one small interface."""

import datetime
import typing
import uuid
from collections.abc import Sequence

from accounts.links.link_info import LinkInfo
from brokers.contract.broker import Broker, Credentials


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

    async def renewed(
        self, link: LinkInfo, replaced: Sequence[Credentials], credentials: Credentials, *, afresh: bool
    ) -> None:
        """Store what a venue put in the place of `replaced` credentials of a link, if it still has one of those.

        Its streams go on, or begin `afresh`.
        """
