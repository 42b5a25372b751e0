"""How long the feeders of the boards that a hub shows have been silent."""

import asyncio
import datetime

from streaming.hub.feed_liveness import FeedLiveness
from tests.support import virtual_time

AT = datetime.datetime(2026, 11, 20, 15, 0, tzinfo=datetime.UTC)


def test_silence_is_counted_from_the_last_word_and_for_a_new_person_from_the_first_look():
    async def main(clock):
        feeds = FeedLiveness(asyncio.get_running_loop())
        assert (feeds.silent_s, feeds.silent(0.0)) == (None, set())
        feeds.expect(1)
        await asyncio.sleep(5)
        feeds.expect(2)
        assert [round(feeds.silence(person)) for person in (1, 2, 3)] == [5, 0, 0]
        feeds.expect(1)
        assert round(feeds.silence(1)) == 5, "another look is no word of its feeder"
        feeds.mark_alive(1)
        await asyncio.sleep(2)
        assert [round(feeds.silence(person)) for person in (1, 2)] == [2, 2]

    virtual_time.run(AT, main)


def test_those_are_silent_whose_feeder_says_nothing_for_so_long():
    async def main(clock):
        feeds = FeedLiveness(asyncio.get_running_loop())
        for person in (1, 2):
            feeds.expect(person)
        await asyncio.sleep(4)
        feeds.mark_alive(2)
        await asyncio.sleep(1)
        assert feeds.silent(4.5) == {1}
        assert feeds.silent(0.5) == {1, 2}
        assert feeds.silent(6.0) == set()
        assert feeds.silent_s is not None
        assert round(feeds.silent_s) == 1, "of several the shortest counts"

    virtual_time.run(AT, main)


def test_a_person_whom_nobody_looks_at_is_heard_of_in_vain():
    async def main(clock):
        feeds = FeedLiveness(asyncio.get_running_loop())
        feeds.mark_alive(1)
        assert feeds.silent_s is None
        feeds.expect(1)
        feeds.forget(1)
        feeds.forget(1)
        await asyncio.sleep(5)
        assert (feeds.silent(1.0), feeds.silent_s, feeds.silence(1)) == (set(), None, 0.0)

    virtual_time.run(AT, main)
