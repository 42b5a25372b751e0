"""Feeds are parsed beside the event loop, by a process that is replaced when a feed is too much for it."""

import asyncio
import os
import pathlib
import signal
import subprocess
import sys

import msgspec
import pytest

from news.sources.contract import SourceLost
from news.sources.parsed_feed import LENGTH, ParseRequest
from news.sources.parser_process import ROOT, ParserProcess, shared_parser
from news.sources.parser_worker import HEADROOM
from tests.news.sources import samples
from tests.news.sources.recorder import LoopSteps

pytestmark = pytest.mark.process  # the parser of feeds

FEED = ParseRequest("feed", samples.rss(*(samples.item(number) for number in range(200))))


@pytest.fixture
async def parser():
    process = ParserProcess()
    process.acquire()
    yield process
    await process.release()


def peak_mb(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def is_there(pid):
    return pathlib.Path(f"/proc/{pid}").exists()


def environment(pid):
    return pathlib.Path(f"/proc/{pid}/environ").read_bytes()


async def test_a_feed_is_parsed_elsewhere(parser):
    assert parser.starts == 0, "it starts with the first feed"
    assert len((await parser.parse(FEED)).entries) == 200
    assert parser.pid not in (None, os.getpid())
    await parser.parse(FEED)
    assert parser.starts == 1


async def test_fifty_feeds_of_200_items_leave_the_loop_alone(parser):
    with LoopSteps() as steps:
        found = await asyncio.gather(*(parser.parse(FEED) for _ in range(50)))
    assert sum(len(one.entries) for one in found) == 10_000
    assert steps.longest_s < 0.010, steps.what
    assert peak_mb(parser.pid) < 45


@pytest.mark.parametrize("body", [samples.MANY_ITEMS, samples.DEEP])
async def test_a_feed_that_takes_too_much_memory_is_refused_and_the_next_is_parsed(parser, body):
    await parser.parse(FEED)
    first = parser.pid
    assert (await parser.parse(ParseRequest("feed", body))).refusal == "memory"
    assert len((await parser.parse(FEED)).entries) == 200
    assert parser.pid != first
    assert HEADROOM == 20 * 1024 * 1024


async def test_a_process_that_dies_loses_one_feed(parser):
    await parser.parse(FEED)
    os.kill(parser.pid, signal.SIGSTOP)
    parsing = asyncio.create_task(parser.parse(FEED))
    await asyncio.sleep(0)
    os.kill(parser.pid, signal.SIGKILL)
    with pytest.raises(SourceLost, match="ended the process") as lost:
        await parsing
    assert lost.value.retry_after == 900
    assert len((await parser.parse(FEED)).entries) == 200


async def test_a_process_that_hangs_is_replaced():
    parser = ParserProcess(time_s=0.2)
    parser.acquire()
    await parser.parse(FEED)
    hung = parser.pid
    assert hung is not None
    os.kill(hung, signal.SIGSTOP)
    with pytest.raises(SourceLost, match=r"more than 0\.2 s to parse"):
        await parser.parse(FEED)
    assert not is_there(hung)
    assert len((await parser.parse(FEED)).entries) == 200
    await parser.release()


async def test_a_feed_that_is_cancelled_is_not_taken_for_the_next(parser):
    await parser.parse(FEED)
    parsing = asyncio.create_task(parser.parse(FEED))
    await asyncio.sleep(0)
    parsing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await parsing
    assert (await parser.parse(ParseRequest("feed", samples.PAGE))).refusal == "page"


async def test_the_last_user_ends_the_process():
    parser = shared_parser()
    assert parser is shared_parser()
    parser.acquire()
    parser.acquire()
    await parser.parse(FEED)
    pid = parser.pid
    await parser.release()
    assert is_there(pid)
    await parser.release()
    assert not is_there(pid)
    assert parser.pid is None


async def test_the_process_sees_no_secret_of_the_environment(parser, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "k3y-that-nobody-must-see")
    await parser.parse(FEED)
    assert b"k3y-that" not in environment(parser.pid)


def test_a_feed_that_computes_for_too_long_ends_the_process_however_busy_the_machine_is():
    code = "from news.sources import parser_worker; parser_worker.TIME_S = 0.05; parser_worker.main()"
    message = msgspec.msgpack.encode(ParseRequest("feed", samples.MANY_ITEMS))
    given = LENGTH.pack(len(message)) + message
    alone = subprocess.run([sys.executable, "-c", code], input=given, cwd=ROOT, timeout=30, check=False)
    assert alone.returncode == -signal.SIGPROF


def test_the_process_ends_when_its_input_does():
    code = "from news.sources.parser_worker import main; main()"
    alone = subprocess.run([sys.executable, "-c", code], input=b"", cwd=ROOT, timeout=30, check=False)
    assert alone.returncode == 0


def test_what_parses_imports_no_django():
    code = "import sys, news.sources.parser_worker; print(sorted({'django', 'httpx2', 'channels'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True)
    assert found.stdout.strip() == "[]"


def test_what_fetches_imports_no_feedparser():
    code = "import sys, news.sources.openers; print('feedparser' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True)
    assert found.stdout.strip() == "False"
