"""What a key brought goes with the key, whoever sets or links it, and whatever still runs meanwhile."""

import threading

import pytest

from news.models import NewsItem, NewsLink, NewsList
from news.owner import runner
from news.owner.links import desk_specs, forget_unset_keys, remove_link, source_of
from news.owner.runner import StoryMemory
from news.sources.contract import KeyRejected
from news.store import writer
from news.store.writer import Origin, Term
from streaming.models import Ownership
from tests.news.store.test_writer import HOST, desk
from tests.support import databases
from tests.support.news import item


def stored(owner: int, source: str, *items, term=None) -> None:
    runner.analyse_and_store(term or Term(owner, HOST, 1), Origin(source, "Keyed"), items, {}, StoryMemory())


def test_what_the_settings_key_brought_goes_when_it_is_not_set_any_more(database, settings):
    def work():
        term = desk()
        stored(0, "finnhub", item(1), term=term)
        stored(0, "wire", item(2), term=term)
        settings.FINNHUB_API_KEY = "canary-key-4711"
        assert [spec.origin.source for spec in desk_specs()] == ["finnhub"]
        assert forget_unset_keys() == 0
        settings.FINNHUB_API_KEY = ""
        assert forget_unset_keys() == 1
        assert [row.source for row in NewsItem.objects.all()] == ["wire"]

    databases.inside(database, work)


def test_a_source_that_stores_while_it_is_removed_leaves_nothing_behind(database, monkeypatch):
    """It is removed at the worst moment: its batch found the link, and is not committed yet."""
    storing, removing = threading.Event(), threading.Event()
    lock = writer.lock_list

    def stopped(term):
        storing.set()
        removing.wait(20)
        return lock(term)

    def prepare():
        Ownership.objects.create(person_id=1, epoch=1, host=HOST)
        NewsList.objects.create(owner=1, person_id=1)
        return NewsLink.objects.create(person_id=1, kind="feed", name="Mine")

    def remove():
        storing.wait(20)
        removing.set()
        remove_link(row)

    row = databases.inside(database, prepare)
    monkeypatch.setattr(writer, "lock_list", stopped)
    source = source_of(row)
    running = threading.Thread(target=lambda: databases.inside(database, lambda: stored(1, source, item(1))))
    running.start()
    databases.inside(database, remove)
    running.join()

    def look():
        assert not NewsLink.objects.exists()
        assert not NewsItem.objects.exists()
        with pytest.raises(KeyRejected):
            stored(1, source, item(2))

    databases.inside(database, look)
