"""Channels by page and by JSON: made behind a password, theirs alone, bounded, and never shown with their secrets."""

import json

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts.auth import tokens
from alerts.delivery import channels, outbox, store
from alerts.delivery.vapid import encode
from alerts.models import AlertChannel, AlertDelivery
from streaming.models import StoredFact
from tests.accounts.conftest import sign_in
from tests.alerts.api.conftest import send
from tests.alerts.delivery.test_web_push import Browser
from tests.support.extras import installed

PAGE = "/alerts/channels/"
API = "/api/alerts/channels"
CANARY = "CANARY-of-a-secret"
HOOK = {"kind": "webhook", "name": "My hook", "address": f"https://hooks.example/{CANARY}", "secret": CANARY}
ZONE = {"zone": "Europe/Zurich", "quiet": ""}


def hook(person, number=1) -> AlertChannel:
    secrets = {"address": f"https://hooks.example/{CANARY}", "secret": CANARY}
    return store.create(person.pk, "webhook", f"hook {number}", secrets, zone="UTC")


def device(endpoint="https://push.example/send/1") -> dict:
    told = Browser(endpoint).subscription
    keys = {"p256dh": encode(told.p256dh), "auth": encode(told.auth)}
    return {"subscription": {"endpoint": endpoint, "keys": keys}, "name": "Chrome on Linux", "zone": "UTC"}


def test_a_channel_is_made_tried_switched_and_removed_by_page(mine, alice):
    answer = mine.post(f"{PAGE}add", HOOK | ZONE, follow=True)
    assert "Added My hook" in answer.content.decode()
    row = AlertChannel.objects.get(person=alice)
    assert row.unseal() == {"address": HOOK["address"], "secret": CANARY}
    assert AlertDelivery.objects.get(channel=row).fact is None, "a trial is on its way"
    assert CANARY not in answer.content.decode()
    assert CANARY not in json.dumps(row.sealed)
    for what, is_on in (("off", False), ("on", True)):
        mine.post(f"{PAGE}{row.pk}/{what}")
        assert AlertChannel.objects.get(pk=row.pk).is_on is is_on
    mine.post(f"{PAGE}{row.pk}/try")
    assert AlertDelivery.objects.filter(channel=row).count() == 2
    mine.post(f"{PAGE}{row.pk}/remove")
    assert not AlertChannel.objects.exists()


@pytest.mark.process  # by the environment that .ci/needs makes
def test_an_address_of_apprise_is_sealed_and_shown_by_its_service_where_the_desk_has_the_extra(mine, alice):
    told = {"kind": "apprise", "name": "My chat", "url": f"discord://4174216298/{CANARY}"} | ZONE
    assert mine.post(f"{PAGE}add", told).status_code == 404, "it does not have it"
    assert "appriseit" not in mine.get(PAGE).text
    with installed("apprise"):
        refused = mine.post(f"{PAGE}add", told | {"url": f"json://10.0.0.1/{CANARY}"}).text
        assert "json:// is not taken here, only discord://" in refused
        assert CANARY not in refused
        assert CANARY not in mine.post(f"{PAGE}add", told, follow=True).text
    (row,) = AlertChannel.objects.filter(person=alice)
    assert (row.unseal(), row.destination) == ({"url": told["url"]}, "Discord")
    (channel,) = mine.get(API).json()["channels"]
    assert (channel["kind"], channel["destination"]) == ("apprise", "Discord")
    assert CANARY not in json.dumps([channel, row.sealed])


def test_a_password_is_shown_before_a_channel_is_made(alice):
    browser = sign_in(alice)
    session = browser.session
    session["password_at"] = 0
    for key in list(session.keys()):
        if "password" in key:
            session[key] = 0
    session.save()
    answer = browser.post(f"{PAGE}add", HOOK | ZONE)
    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]
    assert not AlertChannel.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"address": "gopher://x"}, "no http or https address"),
        ({"address": "https://user:pass@hooks.example/"}, "without a name and password"),
        ({"secret": "short"}, "16 characters"),
        ({"quiet": "25:00-07:00"}, "Write them like"),
        ({"zone": "Mars/Olympus"}, "There is no zone"),
        ({"name": ""}, "required"),
    ],
)
def test_what_cannot_work_is_refused_with_its_reason_and_without_the_secret(mine, wrong, words):
    answer = mine.post(f"{PAGE}add", HOOK | ZONE | wrong)
    assert words in answer.content.decode()
    assert CANARY not in answer.content.decode().replace(HOOK["address"], "")
    assert not AlertChannel.objects.exists()


def test_mail_goes_to_confirmed_addresses_alone(mine, alice, settings):
    settings.SENDS_MAIL = True
    asked = {"kind": "email", "name": "Mail", "email": "mallory@example.com"} | ZONE
    assert "No address of yours is confirmed yet" in mine.post(f"{PAGE}add", asked).content.decode()
    EmailAddress.objects.update_or_create(user=alice, email=alice.email, defaults={"verified": True})
    assert "Select a valid choice" in mine.post(f"{PAGE}add", asked).content.decode()
    assert not AlertChannel.objects.exists()
    mine.post(f"{PAGE}add", asked | {"email": alice.email})
    assert AlertChannel.objects.get().destination == alice.email


def test_a_desk_without_mail_offers_none(mine, settings):
    settings.SENDS_MAIL = False
    assert "This desk sends no mail" in mine.get(PAGE).content.decode()
    assert mine.post(f"{PAGE}add", {"kind": "email", "name": "Mail"} | ZONE).status_code == 404


def test_scripts_list_try_switch_and_remove_and_never_read_a_secret(mine, alice):
    row = hook(alice)
    (told,) = mine.get(API).json()["channels"]
    assert (told["id"], told["destination"], told["on"]) == (str(row.pk), "hooks.example", True)
    assert CANARY not in mine.get(API).content.decode()
    changed = send(mine, "PUT", f"{API}/{row.pk}", {"on": False, "quiet": "22:00-07:00"}).json()
    assert (changed["on"], changed["quiet"]) == (False, "22:00-07:00")
    assert send(mine, "PUT", f"{API}/{row.pk}", {"quiet": "late"}).json()["field"] == "quiet"
    trial = send(mine, "POST", f"{API}/{row.pk}/try")
    assert (trial.status_code, trial.json()["state"]) == (202, "waiting")
    assert mine.get("/api/alerts/deliveries").json()["deliveries"][0]["id"] == trial.json()["id"]
    assert send(mine, "DELETE", f"{API}/{row.pk}").status_code == 200
    assert mine.get(API).json()["channels"] == []


def test_what_became_of_some_firings_is_asked_at_once(mine, alice, bob):
    row, now = hook(alice), timezone.now()
    for fact in (7, 8, 9):
        AlertDelivery.objects.create(person=alice, channel=row, rule=1, fact=fact, due=now, expires=now)

    def facts(browser, question: str) -> list[int]:
        told = browser.get(f"/api/alerts/deliveries?{question}").json()["deliveries"]
        return [one["fact"] for one in told]

    assert facts(mine, "facts=7,9") == [9, 7]
    assert facts(mine, "fact=8") == [8]
    assert facts(mine, "facts=7,nonsense,99999999999999999999") == [7]
    assert facts(mine, "") == [9, 8, 7]
    assert facts(sign_in(bob), "facts=7,8,9") == []


def test_when_the_desk_itself_told_of_firings_is_said_of_those_that_are_named(mine, alice, bob):
    for number, kind in ((7, "alert"), (8, "order"), (9, "alert")):
        StoredFact.objects.create(
            person_id=alice.pk, number=number, kind=kind, venue_id=str(number), at=1, recorded=1_000 + number,
            recovered=False, epoch=1, payload="{}",
        )  # fmt: skip
    question = "/api/alerts/deliveries?facts=7,8"
    assert mine.get(question).json()["told"] == [{"fact": 7, "at": 1_007}]
    assert sign_in(bob).get(question).json()["told"] == []
    assert "told" not in mine.get("/api/alerts/deliveries").json()


def test_nothing_of_alice_is_there_for_bob(alice, bob):
    row = hook(alice)
    outbox.tell_people(alice.pk)
    store.deliveries(alice.pk)
    browser = sign_in(bob)
    assert browser.get(API).json()["channels"] == []
    assert browser.get("/api/alerts/deliveries").json()["deliveries"] == []
    assert "hooks.example" not in browser.get(PAGE).content.decode()
    for method, path, body in (
        ("PUT", f"{API}/{row.pk}", {"on": False}),
        ("DELETE", f"{API}/{row.pk}", None),
        ("POST", f"{API}/{row.pk}/try", None),
    ):
        assert send(browser, method, path, body).status_code == 404, method
    for what in ("try", "on", "off", "remove"):
        assert browser.post(f"{PAGE}{row.pk}/{what}").status_code == 404, what
    assert AlertChannel.objects.get().is_on


def test_a_token_that_may_read_changes_nothing_and_none_subscribes(client, alice):
    row = hook(alice)
    reading, _ = tokens.make(alice, "reads")
    trading, _ = tokens.make(alice, "trades", trade=True)
    for secret, method, path, body, status in (
        (reading, "GET", API, None, 200),
        (reading, "DELETE", f"{API}/{row.pk}", None, 403),
        (reading, "POST", f"{API}/{row.pk}/try", None, 403),
        (trading, "POST", f"{API}/{row.pk}/try", None, 202),
        (trading, "POST", "/api/alerts/push", device(), 403),
    ):
        answer = send(client, method, path, body, headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == status, (method, path)


def test_a_browser_subscribes_once_renews_itself_and_ends(mine, client, alice):
    first = send(mine, "POST", "/api/alerts/push", device())
    assert first.status_code == 201
    assert send(mine, "POST", "/api/alerts/push", device()).json()["id"] == first.json()["id"]
    assert "push.example/send" not in json.dumps(mine.get(API).json())
    asked = {
        "former": "https://push.example/send/1",
        "subscription": device("https://push.example/send/2")["subscription"],
    }
    assert (
        send(client, "POST", "/api/alerts/push/renewed", asked | {"former": "https://push.example/x"}).status_code
        == 404
    )
    assert send(client, "POST", "/api/alerts/push/renewed", asked).json() == {"renewed": True}
    row = AlertChannel.objects.get(person=alice)
    assert row.unseal()["endpoint"] == "https://push.example/send/2"
    ended = send(mine, "DELETE", "/api/alerts/push", {"endpoint": "https://push.example/send/2"})
    assert (ended.status_code, AlertChannel.objects.count()) == (200, 0)


def test_a_subscription_that_nothing_can_be_sealed_for_is_refused(mine):
    broken = device()
    broken["subscription"]["keys"]["auth"] = "AAAA"
    answer = send(mine, "POST", "/api/alerts/push", broken)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_subscription")


def test_there_are_limits_that_are_named(mine, alice, monkeypatch):
    monkeypatch.setattr(store, "MOST_CHANNELS", 2)
    monkeypatch.setattr(store, "MOST_DEVICES", 1)
    for number in range(2):
        hook(alice, number)
    assert "You have 2 channels. Remove one first." in mine.post(f"{PAGE}add", HOOK | ZONE).content.decode()
    send(mine, "POST", "/api/alerts/push", device())
    refused = send(mine, "POST", "/api/alerts/push", device("https://push.example/send/9"))
    assert (refused.status_code, refused.json()["detail"]) == (409, "You have 1 browsers for push. Remove one first.")


def test_the_limits_are_those_of_the_plan():
    assert (channels.MOST_CHANNELS, channels.MOST_DEVICES) == (20, 10)


def test_the_worker_is_served_at_the_root_and_asked_for_anew(client):
    answer = client.get("/push-worker.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cache-Control"] == "no-cache"
    assert b"showNotification" in answer.content
