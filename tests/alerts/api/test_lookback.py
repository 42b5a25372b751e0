"""`/api/alerts/lookback`: what candles cannot tell is said at once, and who may not ask is told so."""

from accounts.auth import tokens
from alerts.models import AlertRule
from tests.alerts.api.conftest import send
from tests.alerts.api.test_views import ALL, RULE, waits

LOOK = f"{ALL}lookback"


def test_what_candles_cannot_tell_is_said_without_asking_anybody(mine):
    answer = send(mine, "POST", LOOK, waits({"field": "QQQ.iv_rank", "is": "above", "value": 50}))
    assert answer.status_code == 200
    told = answer.json()
    assert told == {"can": False, "text": "IV rank cannot be looked back at: venues tell no past values of it."}


def test_what_is_wrong_with_a_rule_is_named_and_nothing_is_kept(mine):
    answer = send(mine, "POST", LOOK, waits({"field": "QQQ.lastt", "is": "above", "value": 1}))
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_rule")
    assert not AlertRule.objects.exists()


def test_who_may_read_may_look_back_and_a_stranger_may_not(alice, client):
    assert send(client, "POST", LOOK, RULE).status_code == 401
    text, _ = tokens.make(alice, "reader")
    body = waits({"field": "QQQ.bid", "is": "above", "value": 1})
    answer = send(client, "POST", LOOK, body, headers={"Authorization": f"Bearer {text}"})
    assert answer.json()["can"] is False
