"""What a person sees, over a real socket, when their venue misbehaves; times are the promises of the issue."""

import asyncio
import json
import time
from functools import partial

import pytest

from tests.support.eventually import aeventually
from tests.support.people import ALICE, OLGA
from tests.support.watcher import Watcher

WATCH = ["QQQ", "SPY", "GLD", "TLT"]


@pytest.fixture(scope="module")
def cookie(desk):
    return desk.cookie(ALICE)


@pytest.fixture
async def watcher(desk, cookie):
    async with Watcher(desk, cookie, quotes=WATCH) as watching:
        await aeventually(
            lambda: watching.link.get("state") == "live" and len(_quoted(watching)) == len(WATCH), within=20
        )
        yield watching
    desk.fault(fault="clear")


def _quoted(watching):
    return [symbol for symbol in WATCH if watching.quote(symbol).get("bid") is not None]


def strike(desk, **fault):
    answer = desk.fault(account=desk.grants[0]["accounts"][0], **fault)
    assert answer["struck"] >= 1, "the fault hit nobody"


async def test_a_drop_and_its_end_are_told_once_with_the_reason_and_how_long_it_lasted(desk, watcher):
    strike(desk, fault="drop")
    await aeventually(lambda: len(watcher.facts) >= 2, within=10)
    lost, back = watcher.facts
    assert (lost["code"], back["code"]) == ("link_lost", "link_back")
    assert (lost["link"], back["link"]) == (watcher.link["link"],) * 2
    assert lost["reason"] in lost["text"]
    assert back["fact"] == lost["fact"] + 1
    assert back["at"] - lost["at"] == pytest.approx(float(back["away_s"]) * 1000, abs=100)


@pytest.mark.parametrize("stream", ["dxlink", "alerts", ""], ids=["quotes", "account", "both"])
@pytest.mark.parametrize("mode", ["", "abort"], ids=["closed", "cut"])
async def test_a_dropped_socket_is_back_within_3_s_with_the_whole_watch(desk, watcher, stream, mode):
    reconnects = watcher.link["reconnects"]
    before = time.monotonic()
    strike(desk, fault="drop", stream=stream, mode=mode)
    await aeventually(lambda: watcher.link["reconnects"] > reconnects, within=3)  # a state may pass between two frames
    await aeventually(lambda: watcher.link["state"] == "live", within=3)
    assert time.monotonic() - before < 3
    back = time.monotonic()
    await aeventually(lambda: all(watcher.quoted(symbol, before) for symbol in WATCH), within=5)
    assert watcher.link["reason"] is None
    assert time.monotonic() - back < 5


async def test_a_missing_value_is_null_and_nothing_invents_a_zero(desk, watcher):
    desk.fault(fault="missing", symbol="GLD")
    desk.fault(fault="nan", symbol="GLD")
    before = time.monotonic()
    await aeventually(lambda: watcher.quoted("GLD", before) and watcher.quote("GLD").get("bid") is None, within=10)
    assert not [
        item
        for _, item in watcher.moments
        if item["type"] == "quote" and any(item.get(side) == 0 for side in ("bid", "ask", "last"))
    ]


async def test_a_balance_without_its_net_liq_is_null(desk, watcher):
    account = desk.grants[0]["accounts"][0]
    await aeventually(lambda: watcher.slots.get(("balance", account), {}).get("balance"), within=5)
    desk.fault(fault="missing", account=account, field="net-liquidating-value")
    await aeventually(lambda: watcher.slots["balance", account]["balance"] is None, within=35)
    desk.fault(fault="clear")
    await aeventually(lambda: watcher.slots["balance", account]["balance"], within=35)


async def test_an_expired_access_token_is_not_noticed(desk, watcher):
    before = time.monotonic()
    strike(desk, fault="expire")
    await aeventually(lambda: all(watcher.quoted(s, before + 2) for s in ("QQQ", "SPY")), within=10)
    assert "refused" not in watcher.states(before)


async def test_a_revoked_grant_says_re_link_within_5_s_and_asks_at_most_once_more(fresh_desk):
    """The token endpoint hears of a dead grant twice at the most: venues block a whole host for less."""
    desk, account = fresh_desk, fresh_desk.grants[0]["accounts"][0]
    async with Watcher(desk, desk.cookie(ALICE)) as watching:
        await aeventually(lambda: watching.link.get("state") == "live", within=20)
        desk.fault(fault="revoke", account=account)
        before = time.monotonic()
        await aeventually(lambda: watching.link["state"] == "refused", within=5)
        assert watching.link["reason"]
        stats = desk.venue_stats()
        await aeventually(lambda: time.monotonic() - before > 8, within=10)
        assert refusals(desk.venue_stats(), account) == refusals(stats, account) <= 2
        (refused,) = [fact for fact in watching.facts if fact["code"] == "link_refused"]
        assert refused["reason"] == watching.link["reason"]


async def test_a_new_link_and_its_removal_are_told_where_its_person_watches(desk):
    grant = {name: desk.grants[2][name] for name in ("client_secret", "refresh_token")}
    made = ["link_broker", "--user", OLGA, "--venue", "tastytrade", "--environment", "simulated", "--label", "Third"]
    async with Watcher(desk, desk.cookie(OLGA)) as watching:
        await aeventually(lambda: watching.welcome)
        await asyncio.to_thread(desk.manage, *made, stdin=json.dumps(grant))
        await aeventually(lambda: watching.link.get("state") == "live", within=20)
        await asyncio.to_thread(remove, desk, watching.link["link"])
        await aeventually(lambda: len(watching.facts) == 2)
        assert watching.notices == ["link_added", "link_removed"]
        assert [fact["text"] for fact in watching.facts] == ["Third was linked", "Third was removed"]


def remove(desk, link) -> None:
    """Remove a link as its person does."""
    with desk.sign_in(OLGA) as client:
        fields = {"label": "Third", "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        assert client.post(f"/accounts/links/{link}/remove", data=fields).status_code == 302


def refusals(stats, account):
    """How often the token endpoint refused the grant of `account`."""
    return stats["tokens"][account]["refused"]


def live_and_quoted(watching, since):
    return watching.link["state"] == "live" and watching.quoted("QQQ", since)


async def test_a_killed_venue_is_live_again_where_it_was_and_elsewhere(fresh_desk):
    desk = fresh_desk
    async with Watcher(desk, desk.cookie(ALICE)) as watching:
        await aeventually(lambda: watching.quote().get("bid"), within=20)
        desk.kill_venue()
        await aeventually(lambda: watching.link["state"] in ("waiting", "connecting"), within=5)
        assert watching.quote()["bid"], "an old value stays, with its age"
        for come_back in (desk.restart_venue, desk.move_venue):
            come_back()
            await aeventually(partial(live_and_quoted, watching, time.monotonic()), within=30)
            desk.kill_venue()


async def test_sigterm_tells_sockets_to_come_back_and_leaves_nothing(fresh_desk):
    desk = fresh_desk
    async with Watcher(desk, desk.cookie(ALICE)) as watching:
        await aeventually(lambda: watching.quote().get("bid"), within=20)
        begun = time.monotonic()
        code = await asyncio.to_thread(desk.stop_server)
        await aeventually(lambda: watching.socket.close_code is not None)
        assert watching.socket.close_code == 1012
        assert code == 0
        assert time.monotonic() - begun < 10
        await aeventually(lambda: not desk.venue_stats()["connections"], within=5)
