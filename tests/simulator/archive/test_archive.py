"""The file in which venues are kept: private, whole, its owner's alone, and set aside when it cannot be read."""

import collections
import json
import logging
import pathlib
import re
import sqlite3
import stat
import subprocess

import pytest

from simulator.archive import archive
from simulator.archive.archive import Archive, ArchiveError, ArchiveRow, ArchiveTable, Unreadable
from simulator.asgi import Answer, Send, SimSocket, send_answer
from simulator.server import running
from tests.simulator.conftest import Door, plain_http
from tests.simulator.stage import AT, RICH, Stage
from tests.simulator.test_command import COMMAND, first_line, started


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "kept" / "venues.sqlite3"


def test_what_was_written_is_read_again_oldest_first_and_what_was_removed_is_not(path: pathlib.Path):
    file = Archive(path)
    file.write([ArchiveRow("order", "2", b"b"), ArchiveRow("order", "1", b"a"), ArchiveRow("token", "x", b"c")])
    file.write([ArchiveRow("order", "2", b"d"), ArchiveRow("token", "x", None)])
    file.close()
    assert Archive(path).read() == {"order": [("2", b"d"), ("1", b"a")]}


def test_only_its_owner_can_read_it(path: pathlib.Path):
    file = Archive(path)
    file.write([ArchiveRow("token", "x", b"secret")])
    assert {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()} == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_nobody_else_can_open_it_meanwhile(path: pathlib.Path):
    file = Archive(path)
    with pytest.raises(ArchiveError, match=r"venues\.sqlite3 is used by another process"):
        Archive(path)
    file.close()
    Archive(path).close()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: pathlib.Path):
    (tmp_path / "file").touch()
    with pytest.raises(ArchiveError, match=f"{tmp_path}/file/venues.sqlite3 cannot be opened: "):
        Archive(tmp_path / "file" / "venues.sqlite3")


def test_a_full_disk_is_said_and_what_was_written_before_is_whole(path: pathlib.Path):
    file = Archive(path)
    file.write([ArchiveRow("order", "1", b"a")])
    file._database.execute("PRAGMA max_page_count = 8")
    with pytest.raises(ArchiveError, match=r"venues\.sqlite3 cannot be written: database or disk is full"):
        file.write([ArchiveRow("order", "1", b"b"), ArchiveRow("order", "2", bytes(100_000))])
    file.close()
    assert Archive(path).read() == {"order": [("1", b"a")]}


@pytest.mark.parametrize("damage", ["garbage", "cut", "version", "record", "reference"])
def test_a_file_that_cannot_be_read_gets_another_name_and_the_venues_begin_anew(
    path: pathlib.Path, damage: str, caplog: pytest.LogCaptureFixture
):
    stage = Stage(path)
    stage.account("tastytrade").cash += 1000
    begun = stage.account("tastytrade").cash
    stage.state.close()
    spoil(path, damage)
    spoilt = path.read_bytes()
    again = Stage(path, AT + 1000)
    assert again.account("tastytrade").cash == begun - 1000
    (aside,) = [each for each in path.parent.iterdir() if "unreadable" in each.name and not each.name.endswith("-wal")]
    assert aside.read_bytes() == spoilt
    (said,) = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert re.search(rf"venues\.sqlite3 cannot be read \(.+\). It is {aside.name} now, and the venues begin anew", said)


def spoil(path: pathlib.Path, damage: str) -> None:
    content = path.read_bytes()
    if damage == "garbage":
        path.write_bytes(b"no database at all, but long enough to be one" * 100)
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    else:
        with sqlite3.connect(path) as database:
            if damage == "version":
                database.execute(f"PRAGMA user_version = {archive.VERSION + 1}")
            elif damage == "record":
                database.execute("UPDATE record SET body = x'01' WHERE kind = 'alpaca key'")
            else:
                database.execute("DELETE FROM record WHERE key = '5WX00003'")
        database.close()


def test_a_record_is_written_when_it_is_another_one_only():
    table = ArchiveTable("order", list[int])
    assert [row.key for row in table.put_all({"1": [1], "2": [2]})] == ["1", "2"]
    assert [*table.put_all({"1": [1], "2": [2]})] == []
    assert [(row.key, row.body is None) for row in table.put_all({"2": [3]})] == [("2", False), ("1", True)]
    with pytest.raises(Unreadable, match="its record order 9: "):
        table.read({"order": [("9", b"no list")]})


@pytest.mark.process
def test_the_program_keeps_its_venues_and_says_by_name_what_it_cannot_open(path: pathlib.Path):
    options = ("--port", "0", "--json", "--keep", str(path))
    with started(*options) as first:
        json.loads(first_line(first))
        second = subprocess.run((*COMMAND, *options), capture_output=True, timeout=10)
    assert second.returncode == 1
    assert (
        second.stderr.decode().strip() == f"The venues cannot go on: {path} is used by another process. End that first."
    )


async def test_nothing_leaves_before_it_is_in_the_file(path: pathlib.Path, monkeypatch: pytest.MonkeyPatch):
    """Whenever something is sent, nothing is left that was not written: a kill at that moment takes nothing back."""
    async with running(keep=path) as venue, plain_http(venue) as http:
        late: list[str] = []
        sent: collections.Counter[str] = collections.Counter()

        def look(what: str) -> None:
            assert venue._state is not None
            rows = [row for part in venue._state._parts for row in part.changes()]
            late.extend(f"{row.kind} before {what}" for row in rows)
            sent[what.split(" ")[0]] += 1

        async def carried(socket: SimSocket, text: str) -> None:
            look(f"notice {text[:200]}")
            await carry(socket, text)

        async def answered(send: Send, answer: Answer) -> None:
            look(f"answer {answer.body[:200]!r}")
            await send_answer(send, answer)

        carry = SimSocket._carry
        monkeypatch.setattr(SimSocket, "_carry", carried)
        monkeypatch.setattr("simulator.app.send_answer", answered)
        door = Door(venue, http)
        token = await door.sign_in()
        await http.post("/_sim/account", json={"account": "5WX00001", "cash": RICH})
        async with door.alerts(token, "5WX00001") as alerts:
            await http.post("/_sim/lives", json={"account": "5WX00001", "count": 60, "rate": 100})
            order = {"order-type": "Market", "time-in-force": "Day", "legs": [LEG]}
            for _ in range(8):  # answers come before their notifications, or after them
                assert (await http.post("/accounts/5WX00001/orders", json=order)).status_code == 201
            for _ in range(60):
                await alerts.until("Order")
            alerts.socket.transport.abort()  # what waits would have to be read before a close
        assert late == []
        assert sent["answer"] > 8
        assert sent["notice"] > 60


LEG = {"instrument-type": "Equity", "symbol": "QQQ", "action": "Buy to Open", "quantity": 1}
