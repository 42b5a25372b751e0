"""Watchlists: their order is the person's, they are theirs alone, and what cannot be had is refused in words."""

import itertools
import json
import typing

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.auth import tokens
from market import watchlist_rules
from market.models import Watchlist
from market.watchlist_rules import FIRST_SYMBOLS, MOST_LISTS, MOST_SYMBOLS, WatchlistError
from tests.accounts.conftest import sign_in

ALL = "/api/watchlists/"
NAMES = st.sampled_from([f"S{letter}" for letter in "ABCDEFGH"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(NAMES, max_size=4), st.none() | st.integers(0, 12)),
        st.tuples(st.just("move"), NAMES, st.integers(0, 12)),
        st.tuples(st.just("remove"), st.lists(NAMES, max_size=4)),
    ),
    max_size=20,
)


class Model:
    """The same list, kept the long way: each symbol with a weight, sorted by it."""

    def __init__(self) -> None:
        self.weights: dict[str, float] = {}

    @property
    def order(self) -> list[str]:
        return sorted(self.weights, key=self.weights.__getitem__)

    def put(self, symbols: typing.Sequence[str], place: int) -> None:
        before = self.order[:place]
        low = max((self.weights[one] for one in before), default=-1.0)
        high = min((self.weights[one] for one in self.weights if one not in before), default=low + 1)
        for number, symbol in enumerate(symbols, 1):
            self.weights[symbol] = low + (high - low) * number / (len(symbols) + 1)

    def step(self, kind: str, what: typing.Any, *at: typing.Any) -> None:
        if kind == "add":
            fresh = [one for one in dict.fromkeys(what) if one not in self.weights]
            self.put(fresh, len(self.weights) if at[0] is None else at[0])
        elif kind == "remove":
            self.weights = {one: weight for one, weight in self.weights.items() if one not in what}
        elif what in self.weights:
            del self.weights[what]
            self.put([what], at[0])


def stepped(symbols: watchlist_rules.Symbols, kind: str, what: typing.Any, *at: typing.Any) -> watchlist_rules.Symbols:
    if kind == "add":
        return watchlist_rules.added(symbols, watchlist_rules.read_symbols(what), *at)
    if kind == "remove":
        return watchlist_rules.without(symbols, what)
    return watchlist_rules.moved(symbols, what, *at)


@given(STEPS)
def test_any_additions_moves_and_removals_keep_every_other_symbol_in_its_order(steps):
    symbols: watchlist_rules.Symbols = ()
    model = Model()
    for step in steps:
        try:
            after = stepped(symbols, *step)
        except WatchlistError:
            after = symbols
            assert step[0] == "move"
            assert step[1] not in symbols
        model.step(*step)
        assert list(after) == model.order
        touched = {step[1]} if step[0] == "move" else {*step[1]}
        assert [one for one in after if one not in touched] == [one for one in symbols if one not in touched]
        symbols = after


@given(STEPS, st.integers(0, 11))
def test_what_was_removed_goes_back_to_its_place(steps, at):
    symbols = watchlist_rules.read_symbols(["QQQ", "SPY", "IWM", "GLD", "TLT"])
    for step in steps:
        symbols = stepped(symbols, *step) if step[0] != "move" or step[1] in symbols else symbols
    at %= len(symbols) or 1
    gone = symbols[at : at + 1]
    assert watchlist_rules.added(watchlist_rules.without(symbols, gone), gone, at) == symbols


@given(st.lists(st.text("AB ", min_size=1, max_size=3), max_size=8))
def test_a_free_name_is_none_that_is_taken_and_not_too_long(taken):
    assert watchlist_rules.free_name("A", taken).lower() not in {name.lower() for name in taken}
    long = "x" * watchlist_rules.NAME_LENGTH
    assert watchlist_rules.free_name(long, [long, long.upper()]) == f"{long[:-2]} 2"


@pytest.fixture
def mine(alice):
    return sign_in(alice)


@pytest.fixture
def first(mine):
    (found,) = mine.get(ALL).json()["watchlists"]
    return found


def one(id: int) -> str:
    return f"{ALL}{id}/"


def symbols_of(id: int) -> str:
    return f"{ALL}{id}/symbols/"


def send(browser: Client, method: str, path: str, body: object = None, **more: typing.Any) -> typing.Any:
    return browser.generic(method, path, b"" if body is None else json.dumps(body), **more)


def refused(answer: typing.Any, status: int, code: str, field: str) -> str:
    told = answer.json()
    assert (answer.status_code, told["type"], told["code"], told["field"]) == (status, "error", code, field), told
    return str(told["detail"])


def test_everybody_begins_with_a_list_of_their_own(alice, bob, mine):
    told = mine.get(ALL).json()
    (found,) = told["watchlists"]
    assert found["symbols"] == [*FIRST_SYMBOLS]
    assert told["limits"] == {"watchlists": MOST_LISTS, "symbols": MOST_SYMBOLS}
    assert mine.get(ALL).json() == told, "it is made once"
    (his,) = sign_in(bob).get(ALL).json()["watchlists"]
    assert his["id"] != found["id"]


def test_lists_are_made_renamed_filled_ordered_emptied_and_deleted(mine, first):
    made = send(mine, "POST", ALL, {"name": "  Chips   and more ", "symbols": ["nvda", "AMD", "NVDA"]})
    assert made.status_code == 201
    assert made["Cache-Control"] == "no-store"
    id = made.json()["id"]
    assert made.json() == {"id": id, "name": "Chips and more", "symbols": ["NVDA", "AMD"]}
    for method, body, after in (
        ("POST", {"symbols": ["TSM", "/ESZ6"]}, ["NVDA", "AMD", "TSM", "/ESZ6"]),
        ("POST", {"symbols": ["INTC", "AMD", "QQQ   241220C00450000"], "at": 1},
         ["NVDA", "INTC", "QQQ241220C00450000", "AMD", "TSM", "/ESZ6"]),
        ("PATCH", {"symbol": "tsm", "at": 0}, ["TSM", "NVDA", "INTC", "QQQ241220C00450000", "AMD", "/ESZ6"]),
        ("PATCH", {"symbol": "TSM", "at": 200}, ["NVDA", "INTC", "QQQ241220C00450000", "AMD", "/ESZ6", "TSM"]),
    ):  # fmt: skip
        answer = send(mine, method, symbols_of(id), body)
        assert (answer.status_code, answer.json()["symbols"]) == (200, after)
    left = mine.delete(f"{symbols_of(id)}?symbol=/ESZ6&symbol=qqq241220c00450000&symbol=GONE").json()
    assert left["symbols"] == ["NVDA", "INTC", "AMD", "TSM"]
    assert send(mine, "PATCH", one(id), {"name": "Chips"}).json()["name"] == "Chips"
    assert mine.get(one(id)).json() == {"id": id, "name": "Chips", "symbols": ["NVDA", "INTC", "AMD", "TSM"]}
    assert [each["name"] for each in mine.get(ALL).json()["watchlists"]] == [first["name"], "Chips"]
    assert mine.delete(one(id)).json() == {"id": id, "deleted": True}
    assert mine.get(ALL).json()["watchlists"] == [first]


def test_what_cannot_be_had_is_refused_with_the_field_and_the_reason(mine, first):
    at, put = symbols_of(first["id"]), one(first["id"])
    assert "Q!Q" in refused(send(mine, "POST", at, {"symbols": ["SPY", "Q!Q"]}), 400, "unknown_symbol", "symbols")
    refused(send(mine, "POST", at, {"symbols": [""]}), 400, "unknown_symbol", "symbols")
    refused(send(mine, "POST", at, {"symbols": "SPY"}), 400, "bad_message", "symbols")
    refused(send(mine, "POST", at, {"symbols": ["AMD"], "at": -1}), 400, "bad_message", "at")
    refused(send(mine, "POST", at, {"symbols": ["AMD"], "where": 1}), 400, "bad_message", "")
    refused(send(mine, "PATCH", at, {"symbol": "AMD", "at": 0}), 400, "unknown_symbol", "symbol")
    refused(mine.delete(at), 400, "bad_message", "symbol")
    for name in ("", " \t ", "x" * 61, "a\x00b"):
        refused(send(mine, "PATCH", put, {"name": name}), 400, "bad_message", "name")
    refused(mine.generic("PATCH", put, b"\xff"), 400, "bad_message", "")
    assert mine.generic("PATCH", put, b'{"name": "x"}' + b" " * 65_536).status_code == 413
    refused(mine.delete(put), 409, "last_watchlist", "id")
    other = send(mine, "POST", ALL, {"name": "Other"}).json()
    refused(send(mine, "POST", ALL, {"name": "oTHER"}), 409, "name_taken", "name")
    refused(send(mine, "PATCH", put, {"name": "other"}), 409, "name_taken", "name")
    assert send(mine, "PATCH", one(other["id"]), {"name": "OTHER"}).json()["name"] == "OTHER"
    answer = mine.put(put)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, PATCH, DELETE")
    assert mine.get(put).json() == first, "nothing of all that was done"


def test_lists_stand_in_the_order_that_the_person_gave_them(mine, first):
    def names():
        return [each["name"] for each in mine.get(ALL).json()["watchlists"]]

    made = [send(mine, "POST", ALL, {"name": name}).json()["id"] for name in ("B", "C", "D")]
    assert names() == [first["name"], "B", "C", "D"]
    assert send(mine, "PATCH", one(made[2]), {"at": 0}).json()["name"] == "D"
    assert send(mine, "PATCH", one(first["id"]), {"name": "A", "at": 9}).status_code == 200
    assert names() == ["D", "B", "C", "A"]
    mine.delete(one(made[0]))
    send(mine, "POST", ALL, {"name": "B", "at": 1})
    send(mine, "POST", ALL, {"name": "E"})
    assert names() == ["D", "B", "C", "A", "E"], "what was deleted is back in its place, what is new is the last"
    refused(send(mine, "PATCH", one(made[2]), {}), 400, "bad_message", "name")
    refused(send(mine, "PATCH", one(made[2]), {"at": -1}), 400, "bad_message", "at")


def test_limits_hold_and_say_what_they_are(mine, first):
    at = symbols_of(first["id"])
    names = ["".join(letters) for letters in itertools.product("ABCDEFG", repeat=3)]
    room = MOST_SYMBOLS - len(first["symbols"])
    assert len(send(mine, "POST", at, {"symbols": names[:room]}).json()["symbols"]) == MOST_SYMBOLS
    detail = refused(send(mine, "POST", at, {"symbols": ["MORE"]}), 409, "too_many_symbols", "symbols")
    assert f"{MOST_SYMBOLS} symbols" in detail
    assert send(mine, "POST", at, {"symbols": ["QQQ"]}).status_code == 200, "it is there already"
    refused(send(mine, "POST", ALL, {"name": "Long", "symbols": names[:201]}), 409, "too_many_symbols", "symbols")
    for number in range(MOST_LISTS - 1):
        assert send(mine, "POST", ALL, {"name": f"List {number}"}).status_code == 201
    assert str(MOST_LISTS) in refused(send(mine, "POST", ALL, {"name": "More"}), 409, "too_many_watchlists", "name")


def test_nobody_sees_or_changes_the_lists_of_others(bob, mine, first):
    his = sign_in(bob)
    id = first["id"]
    for answer in (
        his.get(one(id)), send(his, "PATCH", one(id), {"name": "his"}), his.delete(one(id)),
        send(his, "POST", symbols_of(id), {"symbols": ["AMD"]}), his.delete(f"{symbols_of(id)}?symbol=QQQ"),
        send(his, "PATCH", symbols_of(id), {"symbol": "QQQ", "at": 3}),
    ):  # fmt: skip
        refused(answer, 404, "unknown_watchlist", "id")
    assert mine.get(one(id)).json() == first
    send(his, "POST", ALL, {"name": "His"})
    his.delete(one(next(each["id"] for each in his.get(ALL).json()["watchlists"] if each["name"] != "His")))
    assert mine.get(ALL).json()["watchlists"] == [first]
    assert Watchlist.objects.filter(person=bob).get().name == "His"


def test_a_script_that_may_only_read_changes_nothing_and_a_page_of_another_site_neither(alice, mine, first):
    id = first["id"]
    changes: list[tuple[str, str, object]] = [
        ("POST", ALL, {"name": "New"}), ("PATCH", one(id), {"name": "New"}), ("DELETE", one(id), None),
        ("POST", symbols_of(id), {"symbols": ["AMD"]}), ("PATCH", symbols_of(id), {"symbol": "QQQ", "at": 3}),
        ("DELETE", f"{symbols_of(id)}?symbol=QQQ", None),
    ]  # fmt: skip
    secret, _ = tokens.make(alice, "reader")
    reader = {"Authorization": f"Bearer {secret}"}
    strict = sign_in(alice, enforce_csrf_checks=True)
    for method, path, body in changes:
        for answer, status, code in (
            (send(Client(), method, path, body, headers=reader), 403, "forbidden"),
            (send(strict, method, path, body), 403, "forbidden"),
            (send(Client(), method, path, body), 401, "signed_out"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (status, code), (method, path)
    for path in (ALL, one(id)):
        assert Client().get(path, headers=reader).status_code == 200
        assert Client().get(path).status_code == 401
    secret, _ = tokens.make(alice, "changer", trade=True)
    changer = {"Authorization": f"Bearer {secret}"}
    assert send(Client(), "PATCH", one(id), {"name": "By a script"}, headers=changer).status_code == 200
    assert mine.get(ALL).json()["watchlists"] == [{**first, "name": "By a script"}]
