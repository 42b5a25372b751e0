"""Random items, duplicates and revisions, over two streams processes of which one dies and two web processes, equal a
plain reference: each item once for each reader, in the order of receipt, numbered without gaps."""

import asyncio
import itertools
import os
import random

import pytest

from news.owner.desk import DeskNews
from streaming.ledger.ledger import FencedError
from streaming.wire.subscription import Subscription
from tests.support import corridor
from tests.support.cluster_in_one_loop import Station
from tests.support.corridor import MemoryLinks, Reader
from tests.support.news import TalkingSource, item

NEWS = Subscription(topics=frozenset({"news"}))
ITEMS = int(os.environ.get("NEWS_ITEMS", "600"))
BATCHES = ITEMS // 40


class Reference:
    """What a reader should have: the ids in the order of receipt, and the newest text of each."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.texts: dict[str, str] = {}

    def take(self, batch) -> None:
        for one in batch:
            if one.id not in self.texts:
                self.order.append(one.id)
            self.texts[one.id] = one.headline


def held(reader: Reader) -> tuple[list[str], dict[str, str]]:
    """What a reader has: the numbers in the order of first sight, and the newest text of each."""
    seen: dict[str, int] = {}
    texts: dict[str, tuple[int, str]] = {}
    for message in reader.of("news"):
        for one in message["articles"]:
            seen.setdefault(one["id"], one["number"])
            texts[one["id"]] = max(texts.get(one["id"], (0, "")), (one["version"], one["headline"]))
    return list(seen), {key: text for key, (_, text) in texts.items()}


async def deliver(sources: list[TalkingSource], batch) -> None:
    """Have a batch stored by whichever process runs its source: any may lose the list to the other, at any moment."""
    for turn in itertools.count():
        running = [source for source in sources if source.running.is_set()]
        if running:
            try:
                await running[turn % len(running)].emit(batch, {"newest": batch[-1].id})
            except FencedError:
                continue
            else:
                return
        await asyncio.sleep(0.01)


@pytest.mark.long
async def test_every_reader_has_what_a_plain_reference_has(valkey, database, monkeypatch, settings):
    settings.STREAM_SERVICES = []
    monkeypatch.setattr(corridor, "database", database)
    monkeypatch.setattr("news.owner.desk.CLAIM_S", 0.05)
    draw, reference = random.Random(2511), Reference()
    links = MemoryLinks()
    async with (
        Station(valkey, links) as second,
        Station(valkey, links, willing=False) as web,
        Station(valkey, links, willing=False) as other,
    ):
        first = await Station(valkey, links).__aenter__()
        sources = [TalkingSource("wire"), TalkingSource("wire")]
        first.services.start(DeskNews(first, lambda: [sources[0].spec]).run(), "news")
        await sources[0].running.wait()
        second.services.start(DeskNews(second, lambda: [sources[1].spec]).run(), "news")
        readers = [web.reader(NEWS), other.reader(NEWS)]
        for reader in readers:
            await reader.until(lambda r: r.of("news"))
        for number in range(BATCHES):
            if number == BATCHES // 2:
                await first.vanish()
            batch = [item(draw.randrange(ITEMS // 3), f"Story {draw.randrange(5)}") for _ in range(ITEMS // BATCHES)]
            async with asyncio.timeout(20):
                await deliver(sources, batch)
            reference.take(batch)
        wanted = {f"d{place}": reference.texts[one] for place, one in enumerate(reference.order, 1)}
        for reader in readers:
            await reader.until(lambda r: held(r)[1] == wanted)
            assert held(reader)[0] == list(wanted)
        await first.come_back()
