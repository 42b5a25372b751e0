"""A writer that is killed loses the answer that it was storing and nothing else."""

import os
import random
import signal
import subprocess
import sys

import pytest

from config.env import BASE_DIR
from market.history.reader import asked_spans, read_bars
from market.history.writer import record_answer
from market.models import BarRevision
from tests.market.history.made_bars import MINUTE
from tests.scenarios.history.told import answers
from tests.support import databases

EVER = (0, 2**52)


@pytest.mark.process
def test_a_writer_that_is_killed_leaves_whole_answers_and_is_gone_on_from(sqlite_ledger):
    command = [sys.executable, "-m", "tests.scenarios.history.writer", str(sqlite_ledger["NAME"])]
    moment = random.randrange(3, 18)
    with subprocess.Popen(command, cwd=BASE_DIR, env=os.environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == moment:
                break
        process.send_signal(signal.SIGKILL)
        stored = int(([line.strip(), *process.stdout.read().split()])[-1])
    every = list(answers())

    def look():
        bars = read_bars(1, "QQQ", "1m", *EVER)
        return bars, asked_spans(1, "QQQ", "1m", *EVER), BarRevision.objects.count()

    bars, (span,), revised = databases.inside(sqlite_ledger, look)
    assert bars[-1].time >= every[stored].bars[-1].time, f"what was said to be stored is, at {moment}"
    assert bars == whole(every, bars[-1].time), f"each once, none made up, at {moment}"
    assert span == (bars[0].time, bars[-1].time + MINUTE), "bars and what was asked for are stored together"
    assert revised == 0

    def go_on():
        for told in every:
            record_answer(1, told, told.until + MINUTE)
        return look()

    bars, _, revised = databases.inside(sqlite_ledger, go_on)
    assert (bars, revised) == (whole(every, every[-1].until), 0)


def whole(every, until):
    found = {bar.time: bar for told in every for bar in told.bars if bar.time <= until}
    return [found[time] for time in sorted(found)]
