"""The links of the database, as a stream manager uses them."""

import datetime
import pathlib
import typing
import uuid
from collections.abc import Sequence

from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from django.conf import settings

from accounts.links import order, store
from accounts.links.link_info import LinkInfo
from brokers.catalogue import open_broker
from brokers.contract.broker import Broker, Credentials


class StoredLinks:
    """The links of the database; with `venue`, those to it only."""

    def __init__(self, venue: str = "") -> None:
        self.venue = venue

    async def of(self, person: int) -> typing.Sequence[LinkInfo]:
        links: typing.Sequence[LinkInfo] = await database_sync_to_async(order.links_of)(person)
        return [link for link in links if self.venue in ("", link.venue)]

    async def broker(self, link: LinkInfo) -> Broker:
        credentials = await database_sync_to_async(store.open_credentials)(link.id)
        # The adapter's module is imported here on first use, which takes most of a second: not on the event loop.
        return await sync_to_async(open_broker, thread_sensitive=False)(
            link.venue, link.environment, credentials, link=str(link.id), run_dir=pathlib.Path(settings.RUN_DIR)
        )

    async def record(self, link: LinkInfo, state: str, reason: str, delayed: bool | None) -> None:
        await database_sync_to_async(store.record_state)(link.id, state, reason, delayed, link.revision)

    async def refreshed(self, link: uuid.UUID, at: datetime.datetime) -> None:
        await database_sync_to_async(store.record_refresh)(link, at)

    async def renewed(
        self, link: LinkInfo, replaced: Sequence[Credentials], credentials: Credentials, *, afresh: bool
    ) -> None:
        await database_sync_to_async(store.store_renewed)(link.id, replaced, credentials, afresh=afresh)
