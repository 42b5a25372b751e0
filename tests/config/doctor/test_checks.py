"""`manage.py doctor`: a desk that runs, one that does not, and each thing that can be wrong with it, by exit code."""

import asyncio
import json
import socket
import subprocess
import sys

import httpx2
import pytest

from accounts.credentials.encryption import new_key
from accounts.models import User
from brokers.adapter.reachability import ahead, reach
from brokers.contract.errors import LinkLost
from config.doctor import checks
from config.env import BASE_DIR
from tests.accounts.conftest import make_link
from tests.support.backends import free_port
from tests.support.eventually import ENOUGH_S
from tests.support.people import ALICE, LABEL, PASSWORD

DATE = "Mon, 05 Jan 2026 15:00:10 GMT"
AT = 1767625210.0
"""The same moment, in s."""


class Looked:
    """What `manage.py doctor --json` said of a desk, and what it ended with."""

    def __init__(self, desk, *arguments, **variables) -> None:
        done = subprocess.run(
            [sys.executable, "manage.py", "doctor", "--json", *arguments],
            cwd=BASE_DIR, env=desk.environment | variables, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        self.code, self.text, self.errors = done.returncode, done.stdout, done.stderr
        self.told = json.loads(done.stdout) if done.stdout else {}

    def __getitem__(self, start) -> dict:
        found: list[dict] = [finding for finding in self.told["findings"] if finding["what"].startswith(start)]
        assert len(found) == 1, f"{start}: {self.told}"
        return found[0]


def test_it_looks_over_a_desk_that_runs_and_one_that_does_not(desk):
    before = desk.venue_stats()["opened"]
    looked = Looked(desk, "--user", ALICE)
    assert (looked.code, looked.told["verdict"], looked.told["exit"]) == (0, "ok", 0), looked.text
    assert looked["environment"]["says"].startswith("development, Tapedeck 0.1.0, Python 3.")
    figures = looked["database"]["figures"]
    assert figures["pending_migrations"] == 0
    assert 0 <= figures["answer_ms"] < 5_000
    assert looked["desk"]["figures"]["processes"] >= 1
    assert looked["desk"]["figures"]["heartbeat_ms"] < 15_000
    assert "carries a word" in looked["layer"]["says"]
    assert looked["keys"]["figures"]["keys"] == 1
    place = looked["venue tastytrade (simulated)"]["figures"]
    assert abs(place["clock_ahead_s"]) < 2
    assert 0 < place["answer_ms"] < 5_000
    assert looked["link"]["figures"] == {"accounts": 2, "scopes": None, "delayed": False, "feeds": True}
    assert desk.venue_stats()["opened"] == before, "it opens no stream"
    secrets = [secret for grant in desk.grants for secret in (grant["client_secret"], grant["refresh_token"])]
    assert not [secret for secret in secrets if secret in looked.text + looked.errors]

    desk.stop_server()
    still = Looked(desk, "--user", ALICE)
    assert still.code == 0, still.text
    assert (still["desk"]["says"], still["link"]["level"]) == ("it does not run", "ok")
    desk.kill_venue()
    away = Looked(desk)
    assert (away.code, away["venue tastytrade (simulated)"]["level"]) == (4, "problem")
    assert all("not asked" in away[f"link {LABEL} of user {number} "]["says"] for number in (2, 3, 4))


def test_a_desk_that_cannot_begin_and_a_wrong_option_have_codes_of_their_own(desk):
    behind = Looked(desk, DATABASE_URL=f"sqlite:///{desk.folder / 'empty.sqlite3'}")
    assert behind.code == 4
    assert "migrations did not run" in behind["database"]["says"]
    wrong = Looked(desk, PORT="99999999")
    assert (wrong.code, "PORT" in wrong.errors) == (1, True)
    assert Looked(desk, "--no-such-option").code == 2


@pytest.mark.parametrize(
    ("changed", "runs", "level", "said"),
    [
        ({}, True, "ok", "carries a word in"),
        ({"LAYER_URL": ""}, True, "ok", "there is none"),
        ({"LAYER_URL": "redis://127.0.0.1:1/0", "EMBEDDED_VALKEY": False}, False, "problem", "does not answer"),
        ({"LAYER_URL": "unix:///nowhere.sock", "EMBEDDED_VALKEY": True}, True, "problem", "does not answer"),
        ({"LAYER_URL": "unix:///nowhere.sock", "EMBEDDED_VALKEY": True}, False, "ok", "starts and ends with the desk"),
    ],
)
def test_a_layer_is_missed_only_where_there_should_be_one(valkey, settings, changed, runs, level, said):
    for name, value in changed.items():
        setattr(settings, name, value)
    found = checks.layer(runs)
    assert (found.level, said in found.says) == (level, True), found


def test_keys_that_are_gone_or_cannot_be_read_are_a_problem(db, settings, tmp_path):
    settings.CREDENTIAL_KEYS, settings.KEY_DIR = "", tmp_path
    assert (checks.keys_().level, checks.keys_().says) == ("ok", "there are none yet")
    settings.CREDENTIAL_KEYS = f"{new_key()},{new_key()}"
    found = checks.keys_()
    assert (found.level, found.figures) == ("ok", {"keys": 2})
    make_link(User.objects.create_user(ALICE, PASSWORD))
    settings.CREDENTIAL_KEYS = ""
    assert (checks.keys_().level, checks.keys_().says) == ("problem", "the key file is gone")
    settings.CREDENTIAL_KEYS = "no key, a canary"
    found = checks.keys_()
    assert (found.level, "canary" in found.says) == ("problem", False)
    assert not list(tmp_path.iterdir()), "it makes no key"


def test_what_stands_on_a_desk_in_debug_is_worth_a_look(settings):
    settings.DEBUG = True
    assert checks.worst(checks.environment()) == "warning"


def test_a_layer_on_the_network_without_a_password_is_worth_a_look(settings):
    settings.LAYER_URL = "redis://layer:6379/0"
    said = {finding.says: finding.level for finding in checks.environment()}
    assert [level for says, level in said.items() if "asks this desk for no password" in says] == ["warning"]


@pytest.mark.parametrize(
    ("headers", "now", "expected"),
    [
        ({"date": DATE}, AT + 3.5, 3.0),
        ({"date": DATE}, AT - 4.5, -5.0),
        ({"date": DATE, "age": "7"}, AT, None),
        ({"date": "yesterday"}, AT, None),
        ({}, AT, None),
    ],
)
def test_the_clock_is_told_by_the_date_of_an_answer_that_no_cache_gave(headers, now, expected):
    assert ahead(httpx2.Headers(headers), now) == expected


async def test_an_address_that_does_not_answer_is_said_not_to_within_its_time():
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # connects, and says nothing
        async with asyncio.timeout(ENOUGH_S):
            with pytest.raises(LinkLost, match="does not answer"):
                await reach(f"http://127.0.0.1:{deaf.getsockname()[1]}", within_s=0.2)


async def test_an_address_where_nobody_listens_is_said_not_to_answer():
    with pytest.raises(LinkLost, match="does not answer"):
        await reach(f"http://127.0.0.1:{free_port()}", within_s=ENOUGH_S)
