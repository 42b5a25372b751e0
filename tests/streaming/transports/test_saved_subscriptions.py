"""A stored view stands for its watch, to its person alone, for an hour after it was used, wherever the cache is."""

import contextlib
import datetime

import pytest
import time_machine
from django.core.cache import caches

from streaming.transports import saved_subscriptions
from streaming.transports.saved_subscriptions import KEPT_S, MOST, MOST_CHARACTERS, find, store
from streaming.wire.subscription import SubscriptionError, SubscriptionRequest

NOON = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.UTC)
QQQ = SubscriptionRequest(quotes=["QQQ"], topics=["links"])


@pytest.fixture(params=["valkey", "memory"])
def cache(request, settings):
    """The cache of a desk with a Valkey, and of one without."""
    if request.param == "memory":
        settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    saved_subscriptions._cache.cache_clear()
    yield caches["default"]
    saved_subscriptions._cache().clear()
    saved_subscriptions._cache.cache_clear()


def number(count):
    return [store(1, SubscriptionRequest(quotes=[f"S{each}"])) for each in range(count)]


def known(names, person=1):
    """The symbols of those views of `names` that are kept."""
    found = []
    for name in names:
        with contextlib.suppress(SubscriptionError):
            found.append(find(person, name).quotes)
    return found


def test_a_view_is_found_by_its_name_and_equal_ones_have_the_same(cache):
    name = store(1, QQQ)
    assert find(1, name) == QQQ
    assert store(1, SubscriptionRequest(topics=["links"], quotes=["QQQ"])) == name
    assert len(name) == 24


def test_a_view_is_its_persons_alone(cache):
    name = store(1, QQQ)
    with pytest.raises(SubscriptionError) as refused:
        find(2, name)
    assert refused.value.code == "unknown_view"


def test_the_oldest_of_too_many_views_makes_room(cache):
    names = number(MOST)
    store(1, SubscriptionRequest(quotes=["S0"]))  # the newest now
    store(1, QQQ)
    assert known(names) == [["S0"], *([f"S{each}"] for each in range(2, MOST))]


def test_views_that_are_large_together_make_room_too(cache):
    large = [SubscriptionRequest(quotes=[f"S{each}X{symbol}" for symbol in range(7_000)]) for each in range(5)]
    names = [store(1, watch) for watch in large]
    kept = known(names)
    assert 1 < len(kept) < 5
    assert kept == [watch.quotes for watch in large[-len(kept) :]]
    assert sum(map(len, saved_subscriptions._of(1).values())) <= MOST_CHARACTERS


def test_what_cannot_be_watched_cannot_be_stored(cache):
    with pytest.raises(SubscriptionError, match="No such topic"):
        store(1, SubscriptionRequest(topics=["everything"]))


def test_views_are_kept_for_an_hour_after_the_last_use(settings):
    """Told by a cache in memory, whose clock can be moved."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    saved_subscriptions._cache.cache_clear()
    try:
        with time_machine.travel(NOON, tick=False) as clock:
            name = store(1, QQQ)
            for _ in range(3):
                clock.shift(KEPT_S - 1)
                assert find(1, name) == QQQ
            clock.shift(KEPT_S + 1)
            assert known([name]) == []
    finally:
        saved_subscriptions._cache.cache_clear()
