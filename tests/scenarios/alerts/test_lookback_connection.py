"""A look back over HTTP ends when the connection that asks for it is closed: down to the venue."""

import asyncio
import typing

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.core.asgi import get_asgi_application

from accounts.auth import tokens
from accounts.models import User
from alerts.api import lookback
from alerts.hindsight import hindsight
from alerts.hindsight.hindsight import HindsightLooks
from config.page_bound import BoundedPages
from tests.alerts.hindsight.test_hindsight import PastBroker, PastLinks, _at_once, rule
from tests.market.cast import UNHURRIED
from tests.support.corridor import House, Info
from tests.support.eventually import aeventually
from tests.support.live_server import Served
from tests.support.plain_http import NO_TLS

__all__ = ["_at_once"]
LOOK = "/api/alerts/lookback"


class ServedPages(Served):
    """Django's pages behind the desk's server, bounded as they are."""

    routes: typing.Any = BoundedPages(typing.cast(typing.Any, get_asgi_application()))


@pytest.mark.django_db(transaction=True)
async def test_a_closed_connection_ends_the_look_that_it_asked_for(monkeypatch):
    monkeypatch.setattr(hindsight, "VENUE_S", 60)  # it does not end by itself
    monkeypatch.setattr(lookback, "WITHIN_S", 60)
    alice = await User.objects.acreate(email="alice@example.com")
    text, _ = await sync_to_async(tokens.make)(alice, "reader")
    headers = {"Authorization": f"Bearer {text}", "Content-Type": "application/json"}
    info, made = Info(), list[HindsightLooks]()

    def make(desk) -> HindsightLooks:
        made.append(HindsightLooks(desk))
        return made[-1]

    people = {f"p{alice.pk}": [info]}
    async with House(PastLinks(**people), UNHURRIED, companions=[make]) as house, ServedPages(house) as served:
        answer = await served.client.post(LOOK, content=rule(450), headers=headers)
        assert answer.json()["fired"] == 2, answer.text
        broker = typing.cast(PastBroker, house.links.brokers[info.id])
        broker.is_open.clear()
        made[0]._kept.clear()
        async with httpx.AsyncClient(verify=NO_TLS, base_url=served.url, timeout=60) as leaving:
            asking = asyncio.create_task(leaving.post(LOOK, content=rule(451), headers=headers))
            await aeventually(lambda: broker.waiting == 2, saying="the venue is asked")
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        await aeventually(lambda: broker.waiting == 0, saying="nobody waits for the venue any more")
        await aeventually(lambda: len(house.host.people[alice.pk].answering) == 0)
        assert made[0]._waiting == 0
        broker.is_open.set()
        again = await served.client.post(LOOK, content=rule(451), headers=headers)
        assert again.json()["fired"] == 2
