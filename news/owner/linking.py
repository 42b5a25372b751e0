"""Linking a source of news: it is asked once, and kept if it answers. Synchronous."""

import asyncio

from asgiref.sync import async_to_sync
from django.views.decorators.debug import sensitive_variables

from accounts.credentials import keys
from brokers.contract.broker import Credentials
from news.models import NewsLink
from news.owner.links import open_linked
from news.sources.contract import SourceError, SourceLost

MOST_LINKS = 50
"""Sources that one person may link, and the desk."""
VERIFY_S = 25.0
"""How long a source may take to answer when it is linked."""


class SourceRefusedError(Exception):
    """A source that cannot be linked; its text says why, to the person."""


@sensitive_variables("key")
def link_source(row: NewsLink, key: Credentials) -> None:
    """Seal the key of a source, ask it once, and keep it. Raises SourceRefusedError."""
    _check_room(row)
    with keys.locked():
        row.seal(key)
        try:
            async_to_sync(_verify)(row)
        except SourceError as error:
            raise SourceRefusedError(f"{row.name} was not linked: {error.reason}.") from error
        _check_room(row)
        row.save()


def _check_room(row: NewsLink) -> None:
    if NewsLink.objects.filter(person=row.person_id).count() >= MOST_LINKS:
        raise SourceRefusedError(f"At most {MOST_LINKS} sources may be linked. Remove one first.")


async def _verify(row: NewsLink) -> None:
    """Ask a source once. Raises SourceError."""
    source = await asyncio.to_thread(open_linked, row)
    try:
        async with asyncio.timeout(VERIFY_S):
            await source.verify()
    except TimeoutError:
        raise SourceLost(f"it did not answer within {VERIFY_S:.0f} s") from None
    finally:
        await source.close()
