"""An API token lets its person's scripts in until it ends; its secret is shown once and kept nowhere."""

import datetime
import re

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.auth import tokens
from accounts.auth.access import Access, valid
from accounts.auth.tokens import BadTokenError, TokenRefusedError
from accounts.models import ApiToken, User
from tests.accounts.conftest import sign_in
from tests.support.people import PASSWORD

NEW = "another quiet password"
DAY = datetime.timedelta(days=1)
LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)


@pytest.fixture
def made(alice):
    return tokens.make(alice, "script")


def access_of(row):
    return Access(row.person_id, token=str(row.pk))


def is_good(row):
    return valid([access_of(row)]) == {access_of(row)}


# The secret


@pytest.mark.django_db
def test_a_secret_can_be_told_by_its_prefix_and_is_never_the_same(alice):
    secrets = {tokens.make(alice, f"script {number}")[0] for number in range(20)}
    assert len(secrets) == 20
    assert all(re.fullmatch(r"tdk_[0-9A-Za-z]{49}", secret) for secret in secrets)
    assert all(tokens.is_whole(secret) for secret in secrets)


@pytest.mark.django_db
def test_of_a_secret_only_its_hash_is_stored(made):
    secret, row = made
    assert row.digest == tokens.digest(secret)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_apitoken")
        stored = repr(cursor.fetchall())
    assert secret not in stored
    assert secret.removeprefix("tdk_")[:12] not in stored
    assert secret not in repr((row, vars(row), access_of(row)))


@given(where=st.integers(4, 52), letter=st.sampled_from("0123456789ABCxyz"))
def test_a_mistyped_secret_is_known_without_asking_anybody(where, letter):
    secret = "tdk_" + "q7" * 21 + "q"
    secret += tokens._check(secret)
    assert tokens.is_whole(secret)
    typed = secret[:where] + letter + secret[where + 1 :]
    assert tokens.is_whole(typed) == (typed == secret)
    assert not tokens.is_whole(secret[:where])


# Who it lets in


@pytest.mark.django_db
def test_its_secret_finds_it_with_its_person(alice, made, django_assert_num_queries):
    secret, row = made
    tokens.find(secret)
    with django_assert_num_queries(1):
        found = tokens.find(secret)
        assert (found, found.person) == (row, alice)
    assert found.scopes == ["read"]
    assert tokens.find(tokens.make(alice, "bot", trade=True)[0]).scopes == ["read", "trade"]


@pytest.mark.django_db
def test_a_mistyped_one_is_refused_without_a_query(made, django_assert_num_queries):
    with django_assert_num_queries(0), pytest.raises(BadTokenError, match="mistyped or cut off"):
        tokens.find(made[0][:-1])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"revoked": LONG_AGO}, "is revoked"),
        ({"expires": LONG_AGO}, "is expired"),
        ({"digest": "0" * 64}, "no such API token"),
    ],
)
def test_one_that_ended_lets_nobody_in_and_says_why(made, change, says):
    secret, row = made
    assert is_good(row)
    ApiToken.objects.update(**change)
    with pytest.raises(BadTokenError, match=says):
        tokens.find(secret)
    assert is_good(row) == ("digest" in change)


@pytest.mark.django_db
def test_a_disabled_person_comes_in_by_none(alice, made):
    User.objects.update(is_active=False)
    with pytest.raises(BadTokenError, match="disabled"):
        tokens.find(made[0])
    assert not is_good(made[1])


@pytest.mark.django_db
def test_a_lifetime_ends_it_and_none_does_not(alice):
    _, row = tokens.make(alice, "for a day", lifetime=DAY)
    assert row.expires is not None
    assert DAY - datetime.timedelta(minutes=1) < row.expires - timezone.now() <= DAY
    assert tokens.make(alice, "for ever")[1].expires is None


@pytest.mark.django_db
def test_its_use_is_noted_at_most_once_a_minute(made, django_assert_num_queries):
    def noted():
        found = ApiToken.objects.get().last_used
        assert found is not None
        return found

    secret, row = made
    assert row.last_used is None
    tokens.find(secret)
    first = noted()
    assert timezone.now() - first < datetime.timedelta(minutes=1)
    tokens.find(secret)
    with django_assert_num_queries(1):
        tokens.note_use([row.pk])
    assert noted() == first
    ApiToken.objects.update(last_used=first - datetime.timedelta(seconds=61))
    tokens.find(secret)
    assert noted() >= first


@pytest.mark.django_db
def test_a_token_is_good_for_its_own_person_only(bob, made):
    theirs = access_of(made[1])
    stolen = theirs._replace(person=bob.pk)
    assert valid([theirs, stolen]) == {theirs}


@pytest.mark.django_db
def test_tokens_of_a_hundred_sockets_cost_one_query(alice, bob, django_assert_num_queries):
    rows = [tokens.make(person, f"{number}")[1] for person in (alice, bob) for number in range(50)]
    with django_assert_num_queries(1):
        assert len(valid(access_of(row) for row in rows)) == 100


@pytest.mark.django_db
def test_the_token_decides_where_a_session_is_there_too(alice, made):
    browser = sign_in(alice)
    both = Access(alice.pk, browser.session.session_key or "", alice.get_session_auth_hash(), str(made[1].pk))
    assert valid([both, both._replace(token="")]) == {both, both._replace(token="")}
    tokens.revoke(made[1])
    assert valid([both, both._replace(token="")]) == {both._replace(token="")}


# What a request presents


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({}, None),
        ({"cookie": "sessionid=x"}, None),
        ({"authorization": "Basic dXNlcjpwdw=="}, None),
        ({"authorization": "Bearer tdk_x"}, "tdk_x"),
        ({"authorization": "bearer   tdk_x "}, "tdk_x"),
        ({"x-api-key": "tdk_x"}, "tdk_x"),
        ({"authorization": "Basic dXNlcjpwdw==", "x-api-key": "tdk_x"}, "tdk_x"),
        ({"authorization": "Bearer tdk_x", "x-api-key": "tdk_x"}, "tdk_x"),
        ({"authorization": "Bearer tdk_x", "x-api-key": "tdk_y"}, ""),
        ({"authorization": "Bearer"}, ""),
        ({"x-api-key": ""}, ""),
    ],
)
def test_a_token_comes_in_one_of_two_headers(headers, found):
    assert tokens.presented(headers) == found


@pytest.mark.parametrize("query", ["token=abc", "x=1&access_token=abc", "API_KEY=abc", "apikey=abc", "cursor=tdk_abc"])
def test_what_looks_like_a_token_in_a_url_is_noticed(query):
    assert tokens.in_url(query)


@pytest.mark.parametrize("query", ["", "cursor=7-a3f1:811:0", "watch=%7B%22quotes%22%3A%5B%22QQQ%22%5D%7D&tokens=3"])
def test_what_does_not_is_not(query):
    assert not tokens.in_url(query)


@pytest.mark.django_db
def test_a_real_token_in_a_url_is_revoked(made, heard, django_capture_on_commit_callbacks):
    secret, row = made
    with django_capture_on_commit_callbacks(execute=True):
        assert tokens.in_url(f"watch=x&whatever={secret}")
    assert not is_good(row)
    assert heard.tokens == [(row.person_id, str(row.pk))]


@pytest.mark.django_db
def test_a_url_full_of_what_looks_like_tokens_costs_one_query_at_most(made, django_assert_max_num_queries):
    mistyped = "&".join(f"{number}={tokens.PREFIX}{number:049d}" for number in range(1_150))
    with django_assert_max_num_queries(0):
        assert tokens.in_url(mistyped)
    whole = "&".join(f"{number}={tokens._new()}" for number in range(1_000))
    with django_assert_max_num_queries(1):
        assert tokens.in_url(whole)


# How it ends


@pytest.mark.django_db
def test_revoking_it_is_told_at_once_and_ends_it_alone(alice, made, heard, django_capture_on_commit_callbacks):
    other = tokens.make(alice, "other")[1]
    with django_capture_on_commit_callbacks(execute=True):
        tokens.revoke(made[1])
        assert heard.tokens == []
    assert heard.tokens == [(alice.pk, str(made[1].pk))]
    assert heard.access == []
    assert is_good(other)
    assert not is_good(made[1])


@pytest.mark.django_db
def test_deleting_it_is_told_too(alice, made, heard, django_capture_on_commit_callbacks):
    number = made[1].pk
    with django_capture_on_commit_callbacks(execute=True):
        ApiToken.objects.all().delete()
    assert heard.tokens == [(alice.pk, str(number))]


@pytest.mark.django_db
def test_a_new_password_revokes_every_token_of_its_person_alone(
    alice, bob, made, heard, django_capture_on_commit_callbacks
):
    of_bob = tokens.make(bob, "script")[1]
    with django_capture_on_commit_callbacks(execute=True):
        sign_in(alice).post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert (alice.pk, None) in heard.access
    assert not is_good(made[1])
    with pytest.raises(BadTokenError, match="is revoked"):
        tokens.find(made[0])
    assert is_good(of_bob)


@pytest.mark.django_db
def test_a_password_that_is_taken_away_revokes_them_too(alice, made):
    alice.set_unusable_password()
    alice.save(update_fields=["password"])
    assert not is_good(made[1])


@pytest.mark.django_db
def test_a_password_that_is_only_hashed_anew_revokes_nothing(alice, made, settings):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    before = alice.password
    assert alice.check_password(PASSWORD)
    assert User.objects.get(pk=alice.pk).password != before
    assert is_good(made[1])


@pytest.mark.django_db
def test_signing_out_leaves_tokens_alone(alice, made):
    sign_in(alice).post("/accounts/logout/")
    assert is_good(made[1])


# What cannot be made


@pytest.mark.django_db
def test_a_name_is_taken_until_its_token_is_revoked(alice, bob, made):
    with pytest.raises(TokenRefusedError, match="this name already"):
        tokens.make(alice, "  SCRIPT ")
    tokens.make(bob, "script")
    tokens.revoke(made[1])
    assert tokens.make(alice, "script")[1].name == "script"


@pytest.mark.django_db
def test_a_person_has_fifty_at_most(alice, bob):
    rows = [tokens.make(alice, f"{number}")[1] for number in range(50)]
    with pytest.raises(TokenRefusedError, match="Revoke one first"):
        tokens.make(alice, "one more")
    tokens.make(bob, "one more")
    tokens.revoke(rows[0])
    tokens.make(alice, "one more")


@pytest.mark.django_db
def test_the_database_needs_no_other_migration():
    call_command("makemigrations", "accounts", check=True, dry_run=True, verbosity=0)
