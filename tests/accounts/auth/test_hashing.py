"""Passwords are hashed a few at a time, at a bounded cost, and old hashes are still good."""

import concurrent.futures
import threading

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, identify_hasher
from django.test import Client

from accounts.auth import hashing
from accounts.auth.hashing import BoundedArgon2PasswordHasher
from accounts.models import User
from lib.overload import OverloadedError, ThreadBound
from tests.support.people import ALICE, PASSWORD


@pytest.fixture
def argon2(settings):
    settings.PASSWORD_HASHERS = ["accounts.auth.hashing.BoundedArgon2PasswordHasher"]


def test_a_hash_takes_46_mib_and_one_lane(argon2):
    hasher = BoundedArgon2PasswordHasher()
    assert "argon2id$v=19$m=47104,t=1,p=1$" in hasher.encode(PASSWORD, hasher.salt())


@pytest.mark.django_db
def test_a_hash_of_former_costs_is_good_and_is_made_anew_at_the_next_sign_in(argon2):
    former = Argon2PasswordHasher()
    person = User.objects.create_user(ALICE, PASSWORD)
    person.password = former.encode(PASSWORD, former.salt())
    person.save()
    assert not check_password("another", person.password)
    assert Client().post("/accounts/login/", {"login": ALICE, "password": PASSWORD}).status_code == 302
    person.refresh_from_db()
    assert identify_hasher(person.password).decode(person.password)["memory_cost"] == 47_104


def test_what_has_no_place_is_told_so_at_once_and_the_others_go_on():
    bound = ThreadBound("tests", 2, 3, 20.0)
    inside, go_on = threading.Semaphore(0), threading.Event()

    def work():
        with bound.place():
            inside.release()
            assert go_on.wait(20)

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        first = [threads.submit(work) for _ in range(2)]
        assert all(inside.acquire(timeout=20) for _ in first)
        refused = [threads.submit(work) for _ in range(4)]
        done, _ = concurrent.futures.wait(refused, timeout=20, return_when=concurrent.futures.FIRST_COMPLETED)
        assert len(done) == 1
        assert isinstance(done.pop().exception(), OverloadedError)
        go_on.set()
    assert [one.exception() for one in first] == [None, None]
    assert sum(one.exception() is None for one in refused) == 3


def test_whoever_waits_too_long_is_sent_away_and_leaves_a_place_in_the_queue():
    bound = ThreadBound("tests", 1, 1, 0.01)
    with bound.place():
        for _ in range(3):
            with pytest.raises(OverloadedError, match=r"within 0.01 s: tests"), bound.place():
                pass
    with bound.place():
        pass


@pytest.mark.django_db
def test_a_sign_in_that_has_no_place_is_503_and_no_guess(argon2, monkeypatch):
    User.objects.create_user(ALICE, PASSWORD)
    full = ThreadBound("passwords", 0, 0, 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(hashing, "_bound", full)
        for _ in range(8):
            answer = Client().post("/accounts/login/", {"login": ALICE, "password": "x"})
            assert (answer.status_code, answer["Retry-After"]) == (503, "5")
            assert b"This desk is busy" in answer.content
    assert Client().post("/accounts/login/", {"login": ALICE, "password": PASSWORD}).status_code == 302
