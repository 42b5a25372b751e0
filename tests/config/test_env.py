"""A wrong configuration is refused with the variable's name and what it accepts; a right one is read from anywhere."""

import os
import stat
import traceback

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


@pytest.fixture
def given(tmp_path):
    """Sets variables for one test; what it leaves in the environment is undone."""
    before = dict(os.environ)
    for name in env.VARIABLES:
        os.environ.pop(name, None)
    os.environ["ENV_FILE"] = str(tmp_path / "none")
    yield lambda **values: os.environ.update(values)
    os.environ.clear()
    os.environ.update(before)


def test_the_default_database_lies_where_it_should_whatever_its_folder_is_called(monkeypatch, tmp_path):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    file = tmp_path / "2+2 100% #1?" / "tapedeck.sqlite3"
    assert env.database("DATABASE_URL", file)["NAME"] == str(file)


@pytest.mark.parametrize(
    ("read", "value", "says"),
    [
        (lambda: env.flag("DEBUG", False), "perhaps", "DEBUG is 'perhaps'; it must be one of 1, true, yes, on, 0"),
        (lambda: env.environment(), "staging", "ENVIRONMENT is 'staging'; it must be one of demo, development, prod"),
        (lambda: env.number("PORT", 8000, 0, 65535), "70000", "PORT is '70000'; it must be a whole number from 0 to"),
        (lambda: env.number("PORT", 8000, 0, 65535), "٣", "PORT is"),
        (lambda: env.origins("ALLOWED_ORIGINS"), "desk.example.com", "ALLOWED_ORIGINS has 'desk.example.com'; each"),
        (lambda: env.origins("ALLOWED_ORIGINS"), "https://*.example.com", "ALLOWED_ORIGINS has"),
        (lambda: env.site_url(False), "desk.example.com", "SITE_URL has 'desk.example.com'; each part must be like"),
        (lambda: env.site_url(False), "https://desk.example.com/", "SITE_URL has"),
        (lambda: env.site_url(False), "https://a.example,https://b.example", "SITE_URL must be one origin"),
        (lambda: env.site_url(True), "http://desk.example.com", "SITE_URL is 'http://desk.example.com'; it must begin"),
        (lambda: env.redis("REDIS_URL"), "localhost:6379", "REDIS_URL must begin with redis://"),
        (lambda: env.allowed_hosts(production=True), "*", "ALLOWED_HOSTS must name the desk's hosts"),
        (lambda: env.allowed_hosts(production=True), "", "ALLOWED_HOSTS must name the desk's hosts"),
    ],
)
def test_a_wrong_value_is_refused_by_name(read, value, says, given):
    name = says.split()[0]
    given(**{name: value})
    with pytest.raises(ImproperlyConfigured, match=says.replace("*", r"\*")):
        read()


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:canary-pw@h/n", "desk.sqlite3", "postgresql://u:canary-pw@h", "postgresql://u:canary-pw/1@h/n",
        "postgresql://u:canary-pw\N{ACCOUNT OF}@h:x/n", "postgresql://u:p@h:canary-pw/n",
    ],
)  # fmt: skip
def test_a_wrong_database_url_is_refused_without_being_shown(url, given, tmp_path):
    given(DATABASE_URL=url)
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL") as refusal:
        env.database("DATABASE_URL", tmp_path / "db")
    assert "canary-pw" not in "".join(traceback.format_exception(refusal.value, limit=0))


@pytest.mark.parametrize(
    "url",
    ["localhost:6379", "redis://:canary-pw[@h", "redis://:canary-pw\N{ACCOUNT OF}@h", "rediss://u:canary-pw/1@h:6379"],
)
def test_a_wrong_redis_url_is_refused_without_being_shown(url, given):
    given(REDIS_URL=url)
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL must be") as refusal:
        env.redis("REDIS_URL")
    assert "canary-pw" not in "".join(traceback.format_exception(refusal.value, limit=0))


@pytest.mark.parametrize(
    ("desk", "owner", "says"),
    [
        ("postgresql://desk@h/one", "postgresql://owner:canary-pw@h/two", "names another database than DATABASE_URL"),
        ("sqlite:////one.sqlite3", "postgresql://owner:canary-pw@h/one", "names another database than DATABASE_URL"),
        ("sqlite:////one.sqlite3", "sqlite:////one.sqlite3", "is for PostgreSQL"),
        ("postgresql://desk@h/one", "postgresql://owner:canary-pw@h:x/one", "must be like postgresql://"),
    ],
)
def test_a_url_to_migrate_by_opens_the_database_of_the_desk(desk, owner, says, given, tmp_path):
    given(DATABASE_URL=desk, MIGRATION_DATABASE_URL=owner)
    found = env.database("DATABASE_URL", tmp_path)
    with pytest.raises(ImproperlyConfigured, match=f"^MIGRATION_DATABASE_URL {says}") as refusal:
        env.migration_database("MIGRATION_DATABASE_URL", found)
    assert "canary-pw" not in "".join(traceback.format_exception(refusal.value, limit=0))


def test_without_a_url_to_migrate_by_the_desks_own_is_taken(given, tmp_path):
    given(DATABASE_URL="postgresql://desk@h/one")
    assert env.migration_database("MIGRATION_DATABASE_URL", env.database("DATABASE_URL", tmp_path)) is None
    given(MIGRATION_DATABASE_URL="postgresql://owner@other/one")
    found = env.migration_database("MIGRATION_DATABASE_URL", env.database("DATABASE_URL", tmp_path))
    assert found is not None
    assert (found["USER"], found["HOST"], found["NAME"]) == ("owner", "other", "one")


def test_each_variable_can_be_the_path_of_a_file(given, tmp_path):
    (tmp_path / "mail").write_text("  desk@example.com\n")
    given(EMAIL_FROM_FILE=str(tmp_path / "mail"))
    assert env.text("EMAIL_FROM") == "desk@example.com"


def test_a_file_that_is_not_there_is_named(given, tmp_path):
    given(REDIS_URL_FILE=str(tmp_path / "gone"))
    with pytest.raises(ImproperlyConfigured, match=f"REDIS_URL_FILE names {tmp_path / 'gone'}"):
        env.redis("REDIS_URL")


def test_a_variable_and_its_file_together_are_refused(given, tmp_path):
    given(SECRET_KEY="one", SECRET_KEY_FILE=str(tmp_path))
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY and SECRET_KEY_FILE are both set"):
        env.text("SECRET_KEY")


def test_an_empty_value_counts_as_none(given):
    given(PORT="", DEBUG=" ")
    assert env.number("PORT", 8000, 0, 65535) == 8000
    assert env.flag("DEBUG", default=False) is False


def test_the_environment_comes_before_the_file_of_settings(given, tmp_path):
    (tmp_path / "settings").write_text("ENVIRONMENT=production\nPORT=9000\n")
    given(ENV_FILE=str(tmp_path / "settings"), PORT="9001")
    assert env.environment() == "production"
    assert env.number("PORT", 8000, 0, 65535) == 9001


def test_a_demo_meets_nothing_of_a_real_desk(given, tmp_path):
    (tmp_path / "settings").write_text("DATABASE_URL=postgresql://desk@localhost/real\n")
    given(ENV_FILE=str(tmp_path / "settings"), ENVIRONMENT="demo", PORT="8001", SIGNALS="mine.Overnight")
    given(REDIS_URL="redis://real", CREDENTIAL_KEYS_FILE=str(tmp_path / "real"), RUN_DIR=str(tmp_path))
    assert env.environment() == "demo"
    assert not any(env.text(name) for name in ("DATABASE_URL", "REDIS_URL", "CREDENTIAL_KEYS", "RUN_DIR"))
    assert env.number("PORT", 8000, 0, 65535) == 8001
    assert env.words("SIGNALS", ()) == ["mine.Overnight"], "a model can be tried there"


def test_a_secret_key_is_made_once_and_kept_private(given, tmp_path):
    given(SECRET_KEY="")
    key = env.secret_key(False, tmp_path / "keys")
    assert len(key) >= 50
    assert env.secret_key(False, tmp_path / "keys") == key
    assert stat.S_IMODE((tmp_path / "keys" / "secret_key").stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "keys").iterdir()] == ["secret_key"]


def test_production_makes_no_key_of_its_own(given, tmp_path):
    given(SECRET_KEY="")
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is not set"):
        env.secret_key(True, tmp_path)


@pytest.mark.parametrize(
    ("given_flag", "sends_mail", "is_open", "found"),
    [
        ("", True, True, "mandatory"),
        ("", False, True, "none"),
        ("", True, False, "none"),
        ("0", True, True, "none"),
        ("1", True, False, "mandatory"),
    ],
)
def test_where_anybody_signs_up_addresses_are_confirmed_if_mail_is_sent(given, given_flag, sends_mail, is_open, found):
    given(EMAIL_VERIFICATION=given_flag)
    assert env.verification("EMAIL_VERIFICATION", sends_mail, is_open) == found
