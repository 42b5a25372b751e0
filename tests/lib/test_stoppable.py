"""Long work ends within a chunk of when nobody waits for it any more, and is whole where somebody does."""

import pytest

from lib.stoppable import CHUNK, WorkStopped, iter_until, never


def test_work_that_somebody_waits_for_is_done_to_its_end():
    assert list(iter_until(range(3 * CHUNK), never)) == [*range(3 * CHUNK)]


def test_work_that_nobody_waits_for_ends_within_a_chunk():
    done: list[int] = []

    def work() -> None:
        for number in iter_until(range(10 * CHUNK), lambda: len(done) > CHUNK + 1):
            done.append(number)

    with pytest.raises(WorkStopped):
        work()
    assert len(done) == 2 * CHUNK
