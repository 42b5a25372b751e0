"""The desk's keys: from CREDENTIAL_KEYS, else a file of their own that nobody else can read."""

import stat

import pytest
from django.core.exceptions import ImproperlyConfigured

from accounts.credentials import keys
from accounts.credentials.encryption import new_key
from config import databases
from lib.redaction import REDACTED, redact

ONE, TWO = new_key(), new_key()


@pytest.fixture
def key_dir(settings, tmp_path):
    settings.CREDENTIAL_KEYS = ""
    settings.KEY_DIR = tmp_path / "keys"
    return settings.KEY_DIR


def test_the_first_of_credential_keys_is_the_current_one(settings):
    settings.CREDENTIAL_KEYS = f"{ONE} , {TWO},"
    first, second = keys.private_keys()
    assert keys.public_key().id == first.id != second.id


def test_a_bad_key_names_the_variable_and_its_place_but_not_its_value(settings):
    settings.CREDENTIAL_KEYS = f"{ONE},not-a-key"
    with pytest.raises(ImproperlyConfigured, match="CREDENTIAL_KEYS: key 2 of 2") as caught:
        keys.private_keys()
    assert "not-a-key" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert [message.id for message in keys.check()] == ["accounts.C001"]


def test_without_the_setting_a_file_is_made_for_its_owner_alone(key_dir):
    made = keys.public_key()
    file = key_dir / "credential_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(key_dir.stat().st_mode) == 0o700
    assert [path.name for path in key_dir.iterdir()] == ["credential_key"]
    keys._read.cache_clear()
    assert keys.public_key().id == made.id


def test_the_key_in_the_file_is_taken_out_of_every_text(key_dir):
    keys.public_key()
    assert redact((key_dir / "credential_key").read_text()) == REDACTED


def test_a_key_another_process_made_first_is_the_desks(key_dir):
    key_dir.mkdir()
    file = key_dir / "credential_key"
    file.touch(0o600)
    file.write_text(ONE)
    keys._make(file)
    assert file.read_text() == ONE


def test_a_file_that_others_can_read_is_refused(key_dir):
    keys.public_key()
    (key_dir / "credential_key").chmod(0o640)
    keys._read.cache_clear()
    with pytest.raises(ImproperlyConfigured, match="chmod 600"):
        keys.private_keys()


@pytest.mark.parametrize("below", [".", "keys", "keys/of/ours"])
def test_a_place_in_the_folder_of_the_database_is_refused(settings, below, tmp_path, monkeypatch):
    folder = tmp_path / "db"
    kept = {"ENGINE": databases.SQLITE, "NAME": str(folder / "desk.sqlite3")}
    monkeypatch.setitem(settings.DATABASES, "default", kept)  # a setting, whatever this run's database is
    settings.CREDENTIAL_KEYS = ""
    settings.KEY_DIR = folder / below
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        keys.private_keys()
    assert not list(folder.rglob("credential_key"))


def test_looking_at_the_keys_makes_none(key_dir):
    assert keys.check() == []
    assert not key_dir.exists()
