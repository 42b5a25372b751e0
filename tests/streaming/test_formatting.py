"""The status page's tables: what they say of a state, and that what is missing stays a dash."""

import typing

import pytest

from streaming import formatting
from streaming.status.tables import Table

NOW = 1_726_919_400_000
UNKNOWN = {"samples": 0, "p50_ms": None, "p95_ms": None, "p99_ms": None}
KNOWN = {"samples": 9, "p50_ms": 0.42, "p95_ms": 12.4, "p99_ms": 2_300.0}

RATED = {"opened": 1, "frames_s": 1.0, "updates_s": 2.0, "bytes_s": None, "skipped": 0, "catch_ups": 1}
NOTHING: dict[str, typing.Any] = {
    "closes": [], "turned_away": {}, "refused_messages": {}, "layer": {}, "former_owners": 0, "bad_rows": 0,
}  # fmt: skip


def link(**more):
    known = {"link": "7f", "label": "Main", "environment": "live", "state": "live", "since": NOW - 61_000}
    counts = {"events_s": 12.34, "reconnects": 1, "refreshes": 2, "bad_rows": 0}
    return known | counts | {"silent_ms": {"feed": 900, "account": None}} | more


def process(**more):
    lag = {"loop_lag_ms": 0.0, "loop_lag_p99_ms": 3.0, "loop_lag_max_ms": 12.0}
    known = {"name": "desk:12", "called": "web-1", "answers": True, "since": NOW - 7_300_000, "people": 1, "sockets": 1}
    joined = {"owns": True, "heartbeat_ms": 1_000, "deaf": False, "echo_ms": 1.25}
    return known | {"draining": False, "deaths": 0, **joined, **lag} | more


def found(links=(), **more):
    queues = {"behind": 0, "waiting": 0}
    carrier = {"sockets": 0, "silent_ms": None, **queues, "to_socket": UNKNOWN, "from_venue": UNKNOWN}
    manager = {
        "person": 7,
        "process": "desk:12",
        "epoch": "3-ab",
        "watchers": 1,
        "fact": 4,
        "slots": 2,
        "conflation": 1.5,
        "from_venue": KNOWN,
        "links": list(links),
    }
    whole = {
        "processes": [process()],
        "hub": {"sockets": 1, "views": 1, "silent_ms": None, "deaths": 0},
        "carriers": {"frames": {**carrier, "sockets": 1}, "plain": carrier, "sse": carrier, "poll": carrier},
        "topics": {"quotes": {"sockets": 1, "behind": 0, "slots": 2, "to_socket": None}},
        "host": {"managers": [manager], "people": 1, "links": {"live": 1, "waiting": 2}, "slots": 5, "deaths": 0},
        "ledger": {"stored": 1, "waiting": 0, "retried": 0},
        "layer": {"state": "up", "kind": "embedded Valkey", "ok": True},
        "database": {"ok": True, "engine": "sqlite", "reason": ""},
    }
    return whole | more


def table(name, whole, facts=()):
    told: dict[str, Table] = {
        one.name: one for one in formatting.tables(whole, None if facts is None else list(facts), NOW)
    }
    return told[name]


def test_every_row_has_a_cell_for_every_head():
    for one in formatting.tables(found([link()]), [], NOW):
        assert all(len(cells) == len(one.heads) for _, cells in one.labelled)


def test_a_link_says_its_state_its_reason_and_how_it_fares():
    [(state, cells)] = table("links", found([link(state="waiting", reason="nothing came in for 65 s")])).labelled
    told = dict(cells)
    assert state == "lost"
    assert told["Link"] == "Main (live)"
    assert (told["State"], told["Feeds"]) == ("waiting", "–")
    assert told["Reason"] == "nothing came in for 65 s"
    assert told["Since"] == "61 s"
    assert told["Feed heard"] == "0 s ago"
    assert told["Account heard"] == "–"
    assert told["Events/s"] == "12.3"
    assert told["Events per change"] == "1.50"
    assert told["Venue → server p50 / p95 / p99"] == "0.4 / 12 / 2,300 ms"


def test_the_link_that_feeds_prices_says_so():
    assert dict(table("links", found([link(feeds=True)])).labelled[0][1])["Feeds"] == "prices"


def test_what_is_not_known_yet_is_a_dash():
    blank = link(since=None, events_s=None, reconnects=None, silent_ms={"feed": None, "account": None})
    whole = found([blank])
    whole["host"]["managers"][0] |= {"conflation": None, "from_venue": UNKNOWN}
    [(_, cells)] = table("links", whole).labelled
    told = dict(cells)
    assert [told[head] for head in ("Since", "Feed heard", "Events/s", "Events per change", "Reconnects")] == ["–"] * 5
    assert told["Venue → server p50 / p95 / p99"] == "–"


@pytest.mark.parametrize(
    ("part", "away", "says"),
    [
        ("Database", {"database": {"ok": False, "engine": "sqlite", "reason": "OperationalError"}}, "OperationalError"),
        ("Ledger", {"database": {"ok": False, "engine": "sqlite", "reason": "OperationalError"}}, "away"),
        ("Channel layer", {"layer": {"state": "down", "kind": "Redis", "ok": False, "reason": "TimeoutError"}}, "down"),
        (
            "Ledger",
            {"ledger": {"stored": 4, "waiting": 2, "retried": 3}},
            "4 facts stored since the start, 2 waiting, 3 tried again",
        ),
    ],
)
def test_a_part_that_is_not_well_says_so(part, away, says):
    states = {row.cells[0]: row.state for row in table("parts", found()).rows}
    assert states[part] == "live"
    row = next(row for row in table("parts", found(**away)).rows if row.cells[0] == part)
    assert row.state not in ("live", "")
    assert says in " ".join(row.cells)


def test_each_process_says_how_it_fares():
    unheard = {"called": "web-2", "answers": False, "since": NOW - 60_000, "people": 3, "heartbeat_ms": 4_000}
    rows = table("processes", found(processes=[
        process(name="desk:1"),
        process(name="desk:2", draining=True, loop_lag_p99_ms=None),
        process(name="desk:3", deaf=True, echo_ms=None),
        process(name="desk:4", owns=False),
        unheard | {"name": "desk:14", "asked": True, "gone": False},
        unheard | {"name": "desk:15", "asked": False, "gone": True},
        unheard | {"name": "desk:16", "asked": False, "gone": False},
    ])).rows  # fmt: skip
    assert [(row.cells[1], row.state) for row in rows] == [
        ("running", "live"), ("draining", "lost"), ("deaf", "stale"), ("may not own", "stale"),
        ("silent", "refused"), ("gone", ""), ("a command", ""),
    ]  # fmt: skip
    assert rows[0].cells[0] == "desk:1 (web-1)"
    assert rows[0].cells[2:] == ["2 h", "1", "1", "0.0 / 3.0 / 12 ms", "1.2 ms", "1 s ago", "0"]
    assert rows[1].cells[5] == "–"
    assert rows[2].cells[6] == "deaf"
    assert rows[4].cells[2:] == ["60 s", "3", "–", "–", "–", "4 s ago", "–"]


def test_staff_see_how_claims_ended_and_everybody_how_often_the_layer_was_begun_anew():
    whole = found(processes=[process(claims={"won": 2, "lost": 1}, healed=1), process(claims={"won": 3}, healed=2)])
    told = {row.cells[0]: row.cells[2] for row in table("parts", whole).rows}
    assert told["Channel layer"] == "embedded Valkey, begun anew 3 times"
    assert "claims" not in told["Host"]
    whole |= {"drops": NOTHING}
    for carrier in whole["carriers"].values():
        carrier |= RATED
    told = {row.cells[0]: row.cells[2] for row in table("parts", whole).rows}
    assert told["Host"].endswith("; claims: 5 won, 1 lost")


def test_staff_see_where_each_person_is_held_and_by_which_epoch():
    whole = found([link()]) | {"drops": NOTHING}
    for carrier in whole["carriers"].values():
        carrier |= RATED
    assert [row.cells for row in table("owners", whole).rows] == [["Person 7", "desk:12", "3-ab", "1 hub", "2", "4"]]
    whole["host"]["people"] = 2
    assert table("owners", whole).rows[-1].cells[0] == "And 1 person more"
    assert "owners" not in {one.name for one in formatting.tables(found(), [], NOW)}


def test_staff_see_how_many_people_are_not_shown():
    whole = found([link()])
    whole |= {"drops": NOTHING}
    whole["host"]["people"] = 301
    for carrier in whole["carriers"].values():
        carrier |= RATED
    rows = table("links", whole).rows
    assert [row.cells[0] for row in rows] == ["Person 7: Main (live)", "And those of 300 more people"]
    parts = {row.cells[0]: row.cells[2] for row in table("parts", whole).rows}
    assert parts["Host"] == "301 managers and 5 values, 1 link live, 2 links waiting"


def test_the_log_has_the_newest_first_and_says_when_it_cannot_be_read():
    facts = [
        {"type": "notice", "at": NOW, "text": "a"},
        {"type": "fill", "at": NOW + 1_000, "late_s": 14, "account": "1"},
    ]
    rows = table("log", found(), facts).rows
    assert [row.cells for row in rows] == [
        ["2024-09-21 11:50:01", "fill (found 14 s late)"],
        ["2024-09-21 11:50:00", "a"],
    ]
    assert [row.state for row in rows] == ["mine", ""], "what is about an account is the person's own"
    assert table("log", found(), None).empty == "The log is in the database, which is away."
    assert table("log", found(), []).empty == "Nothing has happened yet."


def test_nothing_is_said_of_links_while_nobody_knows_whose_they_are():
    empty = {}
    for known in (True, False):
        told = {one.name: one for one in formatting.tables(found(), None, NOW, known=known)}
        empty[known] = told["links"].empty
    assert empty == {True: "No link is open: nothing to stream.", False: formatting.UNKNOWN}


def test_no_link_is_said_to_be_open_only_where_every_process_was_heard():
    silent = found(processes=[process(), process(answers=False, gone=False, asked=True)])
    command = found(processes=[process(), process(answers=False, gone=False, asked=False)])
    down = found(layer={"state": "down", "kind": "Valkey", "ok": False})
    empty = [table("links", whole).empty for whole in (silent, command, down)]
    assert empty == [formatting.UNHEARD, "No link is open: nothing to stream.", formatting.UNHEARD]


def test_each_drop_is_told_with_its_reason():
    close = {"carrier": "plain", "code": 4008, "name": "too_slow", "reason": "it does not take what it is sent"}
    drops = {
        "closes": [{**close, "count": 2}],
        "turned_away": {"signed_out": 3},
        "refused_messages": {"unknown_type": 4},
        "layer": {"overflowed": 5, "undelivered": 0, "unreadable": 8},
        "former_owners": 7,
        "bad_rows": 6,
    }
    whole = found(drops=drops)
    for carrier in whole["carriers"].values():
        carrier |= RATED
    assert [row.cells for row in table("drops", whole).rows] == [
        ["WebSocket, plain: closed with 4008 too_slow", "it does not take what it is sent", "2"],
        ["sent away with signed_out", "before there was a socket", "3"],
        ["messages of clients refused", "unknown_type", "4"],
        ["messages between processes lost", "overflowed", "5"],
        ["messages between processes lost", "unreadable", "8"],
        ["messages of a person's former owner", "another process has them", "7"],
        ["rows of venues left out", "could not be read", "6"],
    ]
    assert dict(table("streams", whole).labelled[0][1])["Bytes/s"] == "–"


def test_nobody_but_staff_is_told_of_drops_and_of_carriers_they_do_not_use():
    told = {one.name: one for one in formatting.tables(found(), [], NOW)}
    assert "drops" not in told
    assert told["parts"].rows[0].cells[2] == "1 socket and 1 view of yours"
    assert [row.cells[0] for row in told["streams"].rows] == ["WebSocket, frames"]


def test_topics_that_nobody_watches_and_nothing_is_known_of_are_left_out():
    known = {"sockets": 0, "behind": 0, "slots": 2, "to_socket": KNOWN}
    whole = found(topics={"quotes": known, "greeks": known | {"slots": 0}, "links": known | {"sockets": 1, "slots": 0}})
    assert [row.cells[0] for row in table("topics", whole).rows] == ["quotes", "links"]
