"""`/api/alerts/`: what is refused names its place, and nothing of another person is there."""

import pytest

from accounts.auth import tokens
from alerts.models import AlertRule
from tests.accounts.conftest import sign_in
from tests.alerts.api.conftest import send

ALL = "/api/alerts/"
RULE = {"when": {"all": [{"field": "QQQ.last", "is": "crosses_up", "value": 450.5}]}, "session": "always"}


def waits(leaf):
    return {"when": {"all": [leaf]}}


def test_an_alert_is_made_read_changed_rested_snoozed_and_deleted(mine):
    made = send(mine, "POST", ALL, RULE)
    assert made.status_code == 201
    told = made.json()
    assert told["text"] == "Tell me when QQQ last price crosses up 450.5, at all hours, once."
    assert (told["version"], told["armed"], told["symbols"], told["fired"]) == (1, True, ["QQQ"], 0)
    one = f"{ALL}{told['id']}"
    assert mine.get(one).json() == told
    changed = send(mine, "PUT", one, {**RULE, "trigger": "each", "note": "sell"}).json()
    assert (changed["version"], changed["rule"]["trigger"], changed["rule"]["note"]) == (2, "each", "sell")
    assert send(mine, "POST", f"{one}/arm", {"armed": False}).json()["armed"] is False
    assert send(mine, "POST", f"{one}/arm", {"armed": True}).json()["version"] == 3
    assert send(mine, "POST", f"{one}/snooze", {"seconds": 60}).json()["snoozed_until"] > 0
    assert send(mine, "POST", f"{one}/snooze", {"seconds": 0}).json()["snoozed_until"] is None
    assert send(mine, "DELETE", one).json() == {"id": told["id"], "deleted": True}
    assert mine.get(one).status_code == 404


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        (waits({"field": "QQQ.lastt", "is": "above", "value": 1}), "when.all[0].field", "did you mean last?"),
        (waits({"field": "QQQ.last", "is": "above"}), "when.all[0].value", ""),
        ({"when": {"all": []}}, "when.all", "at least one"),
        ({**RULE, "expires": 1}, "expires", "in the past"),
        ({**RULE, "colour": "red"}, "colour", ""),
        (waits({"field": "QQQ.volume_spike@1m", "is": "above", "value": 5}), "when.all[0].field", "bars of 5m, 15m"),
        (
            waits({"field": "QQQ.ema20@5m:live", "is": "above", "value": 1}),
            "when.all[0].field",
            "cannot be watched yet",
        ),
    ],
)
def test_what_is_wrong_with_a_rule_is_named_with_its_place(mine, body, field, words):
    answer = send(mine, "POST", ALL, body)
    told = answer.json()
    assert (answer.status_code, told["code"], told["field"]) == (400, "bad_rule", field)
    assert words in told["detail"]
    assert AlertRule.objects.count() == 0
    checked = send(mine, "POST", f"{ALL}check", body)
    assert (checked.status_code, checked.json()["error"]["field"]) == (200, field)


@pytest.mark.parametrize(
    ("path", "body"), [("snooze", {"seconds": -1}), ("snooze", {}), ("arm", {"armed": "yes"}), ("arm", [])]
)
def test_a_message_that_cannot_be_read_is_refused(mine, path, body):
    made = send(mine, "POST", ALL, RULE).json()
    answer = send(mine, "POST", f"{ALL}{made['id']}/{path}", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_message")


def test_who_may_only_read_changes_nothing(alice, mine, client):
    made = send(mine, "POST", ALL, RULE).json()
    text, _ = tokens.make(alice, "reader")
    reads = {"Authorization": f"Bearer {text}"}
    assert client.get(ALL, headers=reads).json()["alerts"][0]["id"] == made["id"]
    one = f"{ALL}{made['id']}"
    asked = [("POST", ALL, RULE), ("PUT", one, RULE), ("DELETE", one, None), ("POST", f"{one}/arm", {"armed": False})]
    for method, path, body in asked:
        answer = send(client, method, path, body, headers=reads)
        assert answer.status_code == 403
    assert AlertRule.objects.get().is_armed


def test_nothing_of_another_person_is_there(mine, bob):
    made = send(mine, "POST", ALL, RULE).json()
    his = sign_in(bob)
    assert his.get(ALL).json()["alerts"] == []
    one = f"{ALL}{made['id']}"
    for method, path, body in (
        ("GET", one, None), ("PUT", one, RULE), ("DELETE", one, None), ("POST", f"{one}/arm", {"armed": False}),
        ("POST", f"{one}/snooze", {"seconds": 5}),
    ):  # fmt: skip
        answer = send(his, method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_alert")
    assert AlertRule.objects.get().version == 1


def test_what_did_not_change_is_not_told_again(mine):
    send(mine, "POST", ALL, RULE)
    first = mine.get(ALL)
    tag = first.headers["ETag"]
    assert mine.get(ALL, headers={"If-None-Match": tag}).status_code == 304
    send(mine, "POST", ALL, RULE)
    assert mine.get(ALL, headers={"If-None-Match": tag}).status_code == 200


def test_a_stranger_is_told_to_sign_in(client, db):
    assert client.get(ALL).status_code == 401
    assert client.get("/alerts/").status_code == 302


def test_the_page_shows_what_is_kept(mine):
    send(mine, "POST", ALL, {**RULE, "note": "<b>sell</b>"})
    page = mine.get("/alerts/").content.decode()
    assert "Tell me when QQQ last price crosses up 450.5" in page
    assert "&lt;b&gt;sell&lt;/b&gt;" in page
