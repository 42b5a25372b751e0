"""`manage.py stream`: joins the manager that a server holds, holds one itself when there is none, says how it went."""

import asyncio
import datetime
import re
import signal
import subprocess
import sys
import uuid

import pytest
from django.db.models.functions import Now

from accounts.models import User
from config.env import BASE_DIR
from streaming.models import StoredHost
from streaming.ownership import rows
from streaming.ownership.rows import OwnerIdentity, Situation
from streaming.terminal.endpoints import PATHS
from tests.scenarios.faults.servers import LayerServer
from tests.support import databases
from tests.support.desk import Program, run
from tests.support.eventually import aeventually, eventually
from tests.support.people import ALICE, BOB, CAROL
from tests.support.watcher import Watcher

SUMMARY = re.compile(
    r"\d+ s: (\d+) events in \d+ frames .* (\d+) reconnects, (\d+) refreshes, latency p50 \d+ ms p99 \d+ ms, "
    r"\d+ gaps \([\d.]+ s not live\), 0 frames missed"
)


def summary(said):
    """The numbers of the closing line: events, reconnects, refreshes."""
    found = SUMMARY.search(said)
    assert found is not None, said[-500:]
    return [int(number) for number in found.groups()]


def streamed(desk, folder, until, *arguments):
    """Stream until what is said matches all of `until`, then press Ctrl-C; return what was said."""
    streaming = Program(["manage.py", "stream", *arguments], desk.environment, folder / "stream.log")
    streaming.start()
    try:
        eventually(
            lambda: all(re.search(one, streaming.log) for one in until), within=40, saying=lambda: streaming.log[-2000:]
        )
    finally:
        code = streaming.stop(signal.SIGINT)
    assert code == 0
    return streaming.log


def opened(desk):
    """How many market-data sockets the venue has ever seen."""
    return desk.venue_stats()["opened"].get("dxlink", 0)


def forsake(desk, email):
    """Have a person be owned by a process of the desk that died without a word, on a machine nobody can ask.

    Its row is over some 6 s later.
    """

    def work():
        layer, ghost = StoredHost.objects.values_list("layer", flat=True)[0], str(uuid.uuid4())
        rows.register(ghost, OwnerIdentity("elsewhere:1", "", "web", willing=True), Situation("gone", layer, 1))
        assert rows.claim(User.objects.get(email=email).pk, ghost)
        StoredHost.objects.filter(id=ghost).update(renewed=Now() - datetime.timedelta(seconds=9))

    databases.inside(databases.of(desk), work)


def kind_of_owner(desk, email):
    """What kind of process owns a person."""

    def work():
        owner = rows.owner(User.objects.get(email=email).pk)
        return owner and owner.live and StoredHost.objects.get(id=owner.host).kind

    return databases.inside(databases.of(desk), work)


QUOTED = r"(?s)(quote +QQQ [^\n]*bid \d.*){3}"


async def test_it_joins_the_running_manager(desk, tmp_path):
    async with Watcher(desk, await asyncio.to_thread(desk.cookie, ALICE)) as watching:
        await aeventually(lambda: watching.link.get("state") == "live", within=20)
        before = opened(desk)
        shown = (QUOTED, r"quote +SPY +.*bid \d", r"balance +5WX\d+ +.*balance \d")
        said = await asyncio.to_thread(streamed, desk, tmp_path, shown, "--user", ALICE, "--symbols", "QQQ", "SPY")
    assert opened(desk) == before, "it opened a venue socket of its own"
    assert summary(said)[0] >= 5


def test_it_goes_through_the_real_socket_when_asked(desk):
    said = desk.manage(
        "stream", "--user", ALICE, "--symbols", "QQQ", "--candles", "QQQ:1m", "SPY:1d", "--for", "5", "--socket",
        "--url", desk.url,
    )  # fmt: skip
    assert summary(said)[0] > 5
    assert re.search(r"quote +QQQ +.*bid \d", said)
    assert re.search(r"candle +QQQ:1m +time \d{4}-\d\d-\d\dT\d\d:\d\dZ +open \d.* high \d.* low \d.* close \d", said)
    assert re.search(r"candle +SPY:1d +time \d{4}", said)


def test_every_endpoint_is_opened_and_what_comes_is_printed(desk, tmp_path):
    shown = [rf'(?m)^{path}  quote_update  {{"symbol":"QQQ",.*"bid":\d' for path in PATHS]
    shown += [r'(?m)^/ws/portfolio  position_update  {"']
    said = streamed(
        desk, tmp_path, shown, "--user", ALICE, "--symbols", "QQQ", "--socket", "--path", "all", "--url", desk.url
    )
    for path in PATHS:
        assert re.search(rf"^{path} +.*quote_update \d+", said, re.MULTILINE), "counted at the end"
    assert not re.search(r"^/ws/charts  position_update", said, re.MULTILINE), "it begins with links alone"


def test_a_reader_that_has_enough_ends_it_without_a_word(desk):
    arguments = [sys.executable, "manage.py", "stream", "--user", ALICE, "--for", "60"]
    with subprocess.Popen(
        arguments, cwd=BASE_DIR, env=desk.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as streaming:
        assert streaming.stdout is not None
        assert streaming.stderr is not None
        assert streaming.stdout.readline()
        streaming.stdout.close()
        said = streaming.stderr.read()
        assert streaming.wait(20) == 0
    assert re.fullmatch(r"Streaming \(.*\)\. Ctrl-C ends it\.\n", said)


def test_it_holds_the_links_itself_when_nothing_runs(fresh_desk, tmp_path):
    fresh_desk.stop_server()
    before = opened(fresh_desk)
    said = streamed(fresh_desk, tmp_path, [QUOTED], "--user", ALICE, "--symbols", "QQQ", "--venue", "tastytrade")
    assert opened(fresh_desk) == before + 1
    assert summary(said)[2] == 1


def test_it_leaves_whose_owner_just_died_to_the_server(desk, tmp_path):
    """Its own links may be those to one venue only: nobody's pages are to show these."""
    forsake(desk, BOB)
    said = streamed(desk, tmp_path, [QUOTED], "--user", BOB, "--symbols", "QQQ", "--venue", "tastytrade")
    assert "joined the running server" in said
    assert kind_of_owner(desk, BOB) in ("web", "streams")


def test_it_holds_the_links_itself_once_nobody_is_left_who_could(fresh_desk, tmp_path):
    forsake(fresh_desk, ALICE)
    fresh_desk.stop_server()
    said = streamed(fresh_desk, tmp_path, [QUOTED], "--user", ALICE, "--symbols", "QQQ")
    assert "no server held it; this process does" in said
    assert "joined the running server" not in said


def test_it_says_so_where_it_cannot_hear_the_server(desk, tmp_path):
    with LayerServer(tmp_path) as elsewhere:
        apart = desk.environment | {"REDIS_URL": elsewhere.url}
        with pytest.raises(RuntimeError, match=r"serves the same database .* with --socket\."):
            run(["manage.py", "stream", "--user", ALICE, "--for", "40"], apart)


def test_a_refused_link_is_shown(desk, tmp_path):
    streamed(desk, tmp_path, ["state refused"], "--user", CAROL)
