"""A simulated story, read from its feed, moves a simulated price; who has a link to that venue is told by how much."""

import pathlib
import typing

import httpx
import pytest

from brokers.contract.broker import Broker
from news.owner.desk import DeskNews
from news.owner.runner import SourceSpec
from news.sources.catalogue import SourceSettings, open_source
from news.store.writer import Origin
from tests.brokers.stand import Stand, stand
from tests.scenarios.news.test_impact import MINUTE, moves, newest, reader, time
from tests.support.cluster_in_one_loop import Station
from tests.support.corridor import Info, MemoryLinks
from tests.support.plain_http import NO_TLS

__all__ = ["time"]
HEADLINE = "NVIDIA raises full-year outlook, sees revenue growth of 44%"


class SimLinks(MemoryLinks):
    """Links to a simulated venue, by the adapter that a desk has."""

    def __init__(self, venue: Stand, **people: list[Info]) -> None:
        super().__init__(**people)
        self.venue = venue

    async def broker(self, link: Info) -> Broker:
        made = self.venue.broker(link=str(link.id))
        self.venue.brokers.append(made)
        return made


def wire(venue: Stand) -> SourceSpec:
    """The simulated wire's feed, asked every second."""
    (about,) = [one for one in venue.running.line["news"]["feeds"] if one["id"] == "sim-globenewswire"]
    settings = SourceSettings(
        kind=about["kind"], address=about["address"], pace_s=1.0, contact="Tapedeck tests ops@example.com",
        allowed_private_targets=("127.0.0.1",),
    )  # fmt: skip

    async def begin() -> typing.Any:
        return open_source(settings)

    return SourceSpec(Origin("sim-wire", about["name"], True), "desk", False, 1.0, begin)


async def happen(venue: Stand) -> None:
    """Have a story come out that moves NVDA by a lot, within minutes."""
    story = {"symbol": "NVDA", "headline": HEADLINE, "kind": "guidance", "direction": 1, "size": 0.5,
             "sources": ["globenewswire"]}  # fmt: skip
    async with httpx.AsyncClient(verify=NO_TLS, base_url=venue.line["rest"], trust_env=False) as client:
        for act, body in (("steady", {"on": False}), ("story", story)):
            answer = await client.post(f"/_sim/news/{act}", json=body)
            assert answer.status_code == 200, answer.text


@pytest.mark.process  # the parser of feeds
async def test_a_simulated_story_that_moves_a_price_is_measured_for_who_has_the_link(
    valkey, monkeypatch, time, tmp_path: pathlib.Path
):
    monkeypatch.setattr("news.sources.feeds.START_S", 0.0)
    async with stand("tastytrade", tmp_path) as venue:
        links = SimLinks(venue, p1=[Info(venue="tastytrade")], p2=[])
        async with Station(valkey, links) as station:
            station.services.start(DeskNews(station, lambda: [wire(venue)]).run(), "news")
            alice, bob = reader(station, 1), reader(station, 2)
            for page in (alice, bob):
                await page.until(lambda r: r.of("news"))
            await happen(venue)
            await alice.until(lambda r: told(r) and moves(r, told(r)) and (moves(r, told(r))[0]["move"] or 0) > 0.1)
            time.ahead_ms += 5 * MINUTE
            await alice.until(lambda r: moves(r, told(r))[0]["done"])
            found = newest(alice, told(alice))
            assert found["impact"]["moves"][0]["move"] > 0.1
            assert found["impact"]["since"] >= found["received_at"]
            await bob.until(told)
            assert newest(bob, told(bob))["impact"] is None
            assert '"moves"' not in "".join(bob.texts)


def told(page) -> str:
    """The id of the story, once a page has it."""
    found = [one for message in page.of("news") for one in message["articles"] if one["headline"] == HEADLINE]
    return found[0]["id"] if found else ""
