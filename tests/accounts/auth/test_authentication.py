"""Who asks over HTTP is told by a token or a cookie; whoever is not told may not ask."""

import asyncio
import json

import pytest
from django.http import HttpResponse, JsonResponse
from django.test import Client
from django.urls import path

from accounts.auth import authentication, tokens
from accounts.models import ApiToken
from tests.accounts.conftest import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@authentication.reads
async def look(request, caller):
    return JsonResponse(
        {"person": caller.person.pk, "token": caller.access.token, "session": bool(caller.access.session)}
    )


@authentication.trades
async def order(request, caller, symbol):
    return HttpResponse(symbol)


urlpatterns = [path("look", look), path("order/<symbol>", order)]


@pytest.fixture
def made(alice):
    return tokens.make(alice, "script")


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def told(answer, status, code):
    assert answer.status_code == status, answer.content
    message = answer.json()
    assert (message["type"], message["code"]) == ("error", code)
    assert answer["Cache-Control"] == "no-store"
    return message["detail"]


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
def test_a_token_in_a_header_lets_its_person_in(alice, made, header):
    value = f"Bearer {made[0]}" if header == "Authorization" else made[0]
    answer = Client().get("/look", headers={header: value})
    assert answer.json() == {"person": alice.pk, "token": str(made[1].pk), "session": False}


def test_a_cookie_does_too(alice):
    assert sign_in(alice).get("/look").json() == {"person": alice.pk, "token": "", "session": True}


def test_nobody_is_told_how_to_come_in():
    answer = Client().get("/look")
    assert "Sign in" in told(answer, 401, "signed_out")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_bad_token_is_refused_although_the_cookie_is_good(alice, made):
    for headers in (bearer("tdk_x"), bearer(made[0][:-1] + "!"), {"X-API-Key": ""}, bearer("a JWT of a proxy")):
        answer = sign_in(alice).get("/look", headers=headers)
        told(answer, 401, "bad_token")
        assert answer["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_the_token_decides_who_asks(alice, bob, made):
    assert sign_in(bob).get("/look", headers=bearer(made[0])).json()["person"] == alice.pk


def test_a_revoked_token_says_so(made):
    tokens.revoke(made[1])
    assert "revoked" in told(Client().get("/look", headers=bearer(made[0])), 401, "bad_token")


def test_a_token_in_a_url_is_refused_and_revoked_wherever_else_it_is(alice, made):
    answer = sign_in(alice).get(f"/look?access_token={made[0]}", headers=bearer(made[0]))
    detail = told(answer, 400, "token_in_url")
    assert "never goes into a URL" in detail
    assert made[0] not in detail
    assert ApiToken.objects.get().state == "revoked"


def test_reading_is_not_trading(alice, made):
    answer = Client().post("/order/QQQ", headers=bearer(made[0]))
    assert "may not trade" in told(answer, 403, "forbidden")
    assert answer["WWW-Authenticate"] == 'Bearer error="insufficient_scope", scope="trade"'
    trader, _ = tokens.make(alice, "trader", trade=True)
    assert Client().post("/order/QQQ", headers=bearer(trader)).content == b"QQQ"
    assert Client().get("/look", headers=bearer(trader)).status_code == 200
    assert sign_in(alice).post("/order/QQQ").content == b"QQQ"


def test_a_token_needs_no_csrf_token_and_may_come_from_any_page(alice):
    secret, _ = tokens.make(alice, "trader", trade=True)
    foreign = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site", **bearer(secret)}
    answer = Client(enforce_csrf_checks=True).post("/order/QQQ", headers=foreign)
    assert answer.content == b"QQQ"
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_a_cookie_needs_one(alice):
    browser = sign_in(alice, enforce_csrf_checks=True)
    assert "CSRF" in told(browser.post("/order/QQQ"), 403, "forbidden")
    browser.get("/accounts/nowhere")
    browser.cookies["csrftoken"] = "a" * 32
    assert browser.post("/order/QQQ", headers={"X-CSRFToken": "a" * 32}).content == b"QQQ"
    assert browser.get("/look").status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_cookie_from_another_page_is_refused(alice, site):
    browser = sign_in(alice)
    assert "not this desk" in told(browser.get("/look", headers={"Sec-Fetch-Site": site}), 403, "forbidden")
    assert browser.get("/look", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_a_disabled_person_is_nobody_by_cookie_and_by_token(alice, made):
    browser = sign_in(alice)
    alice.is_active = False
    alice.save()
    told(browser.get("/look"), 401, "signed_out")
    told(browser.get("/look", headers=bearer(made[0])), 401, "bad_token")


def test_a_guarded_view_is_still_one_for_the_event_loop():
    assert asyncio.iscoroutinefunction(look)
    assert json.loads(authentication.RefusedError(401, "x", "y").response().content)["code"] == "x"
