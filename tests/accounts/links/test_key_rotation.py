"""A new key is made current while everybody goes on; whatever happens on the way, every credential opens."""

import contextlib
import fcntl
import itertools
import re
import signal
import threading
import typing

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.signals import pre_save

from accounts.credentials import keys
from accounts.credentials.encryption import SealError, new_key
from accounts.links import key_rotation, oauth, store
from accounts.models import BrokerLink, PendingLink, User
from brokers.catalogue import VENUES
from brokers.contract.broker import Credentials
from brokers.contract.oauth import OAuthClient
from config.env import BASE_DIR
from tests.accounts.conftest import make_link
from tests.support.desk import Desk, Program, run
from tests.support.eventually import eventually


@pytest.fixture
def key_file(settings: typing.Any, tmp_path: typing.Any) -> typing.Any:
    """A key file of this test's own."""
    settings.CREDENTIAL_KEYS = ""
    settings.KEY_DIR = tmp_path / "keys"
    keys.public_key()
    return settings.KEY_DIR / keys.FILE


def opened() -> dict[object, Credentials]:
    return {link.pk: store.open_credentials(link.pk) for link in BrokerLink.objects.all()}


def pending_of(person: User) -> PendingLink:
    client = OAuthClient("mine", "canary-client-4711")
    return oauth.leave(person, "session", VENUES["tastytrade"], "live", "Main", client, ["read"])


@pytest.mark.django_db
def test_a_new_key_is_current_at_once_and_the_old_one_still_opens(alice, key_file, capsys):
    link, before = make_link(alice), keys.public_key().id
    given = link.unseal()
    pending = pending_of(alice)
    call_command("rotate_keys")
    after = keys.public_key().id
    assert before != after
    assert [key.id for key in keys.private_keys()] == [after, before]
    assert f"All 1 links are sealed for key {after}" in capsys.readouterr().out
    assert key_rotation.in_use() == {after}
    assert store.open_credentials(link.pk) == given
    call_command("rotate_keys", "--retire")
    assert [key.id for key in keys.private_keys()] == [after]
    assert store.open_credentials(link.pk) == given
    pending.refresh_from_db()
    assert pending.unseal()["client_secret"] == "canary-client-4711"
    link.refresh_from_db()
    assert link.revision == 1, "its streams go on"
    assert oct(key_file.stat().st_mode)[-3:] == "600"
    assert [path.name for path in key_file.parent.iterdir() if "lock" not in path.name] == [key_file.name]


@pytest.mark.django_db
def test_stopped_after_any_row_everything_opens_and_the_next_run_finishes(alice, key_file, monkeypatch):
    for number in range(4):
        make_link(alice, f"Link {number}")
    before = opened()
    wrap = key_rotation._rewrap
    for rows in range(4):
        keys.add_current()
        done: list[object] = []

        def stopping(table: typing.Any, pk: typing.Any, rows: int = rows, done: list[object] = done) -> typing.Any:
            if len(done) == rows:
                raise KeyboardInterrupt
            done.append(pk)
            return wrap(table, pk)

        monkeypatch.setattr(key_rotation, "_rewrap", stopping)
        with pytest.raises(KeyboardInterrupt):
            list(key_rotation.rewrap())
        assert opened() == before
        with pytest.raises(ImproperlyConfigured, match="still sealed for the old key"):
            keys.retire(key_rotation.in_use)
    monkeypatch.setattr(key_rotation, "_rewrap", wrap)
    call_command("rotate_keys", "--retire")
    assert len(keys.private_keys()) == 1
    assert opened() == before


@pytest.mark.django_db(transaction=True)
def test_links_made_and_renewed_meanwhile_open_with_the_new_key_alone(alice, key_file):
    first = make_link(alice, "First")
    stop = threading.Event()
    made: list[BrokerLink] = []

    def make() -> None:
        former = Credentials(client_secret="secret of First", refresh_token="token of First")
        try:
            while not stop.is_set() and len(made) < 30:
                link = make_link(alice, f"Link {len(made)}")
                made.append(link)
                given = Credentials(client_secret="secret of First", refresh_token=f"renewed {len(made)}")
                assert store.store_renewed(first.pk, [former], given)
                former = given
        finally:
            connection.close()

    maker = threading.Thread(target=make)
    maker.start()
    try:
        eventually(lambda: len(made) >= 2)
        for _ in range(3):
            call_command("rotate_keys")
            call_command("rotate_keys", "--retire")
    finally:
        stop.set()
        maker.join()
    assert len(made) >= 3
    call_command("rotate_keys", "--retire")
    assert len(keys.private_keys()) == 1
    opened_now = opened()
    assert opened_now[first.pk]["refresh_token"] == f"renewed {len(made)}"
    for number, link in enumerate(made):
        assert opened_now[link.pk]["client_secret"] == f"secret of Link {number}"


@pytest.mark.django_db
def test_no_key_is_dropped_between_sealing_and_saving(alice, key_file):
    kept = []

    def look(sender: object, **_: object) -> None:
        with open(key_file.with_name(f".{keys.FILE}.lock")) as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        kept.append(sender)

    pre_save.connect(look)
    try:
        link = make_link(alice)
        pending_of(alice)
        assert store.store_renewed(link.pk, [link.unseal()], Credentials(refresh_token="renewed"))
        keys.add_current()
        assert list(key_rotation.rewrap()) == []
    finally:
        pre_save.disconnect(look)
    assert kept == [BrokerLink, PendingLink, BrokerLink, BrokerLink, PendingLink]


@pytest.mark.django_db
def test_a_key_is_not_dropped_while_something_needs_it(alice, key_file, capsys):
    lost = make_link(alice, "Lost")
    keys.add_current()
    good = lost.sealed["client_secret"]
    BrokerLink.objects.update(sealed={"client_secret": good[:-8] + "AAAAAAA=", "refresh_token": good})
    with pytest.raises(CommandError, match=r"1 of 1 links .*Lost"):
        call_command("rotate_keys", "--retire")
    assert len(keys.private_keys()) == 2


@pytest.mark.django_db
def test_keys_of_the_environment_are_left_to_who_set_them(alice, settings):
    settings.CREDENTIAL_KEYS = new_key()
    for arguments in ([], ["--retire"]):
        with pytest.raises(CommandError, match=r"new key last, .* put it first, .* run manage\.py rewrap_credentials"):
            call_command("rotate_keys", *arguments)


def test_what_one_process_seals_another_opens_at_every_step_that_the_page_tells():
    """Processes are restarted one after the other: those before a step and those after it share the links."""
    told = re.findall(r"^\d\. .*\(`([a-z,]+)`\)", (BASE_DIR / "docs/linking.md").read_text(), re.MULTILINE)
    steps = [step.split(",") for step in ("old", *told)]
    assert steps[-1] == ["new"]
    for before, after in itertools.pairwise(steps):
        assert before[0] in after
        assert after[0] in before


@pytest.mark.django_db
def test_a_retired_key_opens_nothing_any_more(alice, key_file):
    link = make_link(alice)
    old = link.sealed
    call_command("rotate_keys")
    call_command("rotate_keys", "--retire")
    link.sealed = old
    with pytest.raises(SealError):
        link.unseal()


def test_a_command_killed_on_its_way_loses_nothing(cast, tmp_path):
    desk = Desk(tmp_path / "desk", cast)
    look = (
        "import django; django.setup(); from accounts.models import BrokerLink; "
        "[link.unseal() for link in BrokerLink.objects.all()]; print(BrokerLink.objects.count())"
    )
    file = desk.folder / "keys" / keys.FILE
    before = file.read_text()
    killed = Program(["manage.py", "rotate_keys"], desk.environment, tmp_path / "rotate.log")
    killed.start()
    eventually(lambda: file.read_text() != before, within=20)
    with contextlib.suppress(ProcessLookupError):
        killed.stop(signal.SIGKILL)
    assert before.strip() in file.read_text()
    assert run(["-c", look], desk.environment) == "3\n"
    assert "Dropped" in desk.manage("rotate_keys", "--retire")
    assert run(["-c", look], desk.environment) == "3\n"
