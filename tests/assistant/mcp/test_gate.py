"""What stands before the SDK: each refusal with its status, in its order."""

import asyncio
import json

import httpx
import msgspec
from django.db import OperationalError

from accounts.auth import tokens
from accounts.models import ApiToken
from assistant import open_streams, rate_limits
from assistant.counts import counts
from assistant.mcp import credentials, gate
from assistant.mcp.request import MOST_BYTES
from assistant.open_limits import count_held
from tests.assistant.mcp.harness import mcp_desk, with_tool
from tests.assistant.mcp.harness import trading as for_traders
from tests.assistant.mcp.messages import BOTH, HELLO, META, REVISION, answer_of, message
from tests.support.eventually import aeventually

LISTED, FOREIGN = "https://partner.example", "https://elsewhere.example"
PING = message("ping")
NONE = "tdk_" + "0" * 49


def unknown_token() -> str:
    """A token of the right shape that nobody has."""
    return tokens._new()


async def test_the_own_and_listed_pages_are_served_and_may_read_the_session(valkey, reading):
    async with mcp_desk(valkey, reading) as desk:
        own = await desk.post(PING, Origin=desk.url)
        assert (own.status_code, answer_of(own)["result"]) == (200, {})
        listed = await desk.post(PING, Origin=LISTED)
        assert listed.status_code == 200
        assert listed.headers["access-control-allow-origin"] == LISTED
        assert "Mcp-Session-Id" in listed.headers["access-control-expose-headers"]


async def test_a_token_in_the_url_is_refused_and_revoked(valkey, reading, trading):
    async with mcp_desk(valkey, reading) as desk:
        answer = await desk.client.post(f"/mcp?key={trading}", json=PING, headers={"X-API-Key": reading})
        assert (answer.status_code, answer.json()["code"]) == (400, "token_in_url")
        row = await ApiToken.objects.aget(name="trades")
        assert row.state == "revoked"
        assert (await desk.post(PING)).status_code == 200, "the other one still lets in"


async def test_a_token_that_is_none_is_refused(valkey, reading, trading):
    async with mcp_desk(valkey, reading) as desk:
        revoked = await ApiToken.objects.aget(name="trades")
        await asyncio.to_thread(tokens.revoke, revoked)
        for bad in (unknown_token(), NONE, trading, "tdk_cut"):
            answer = await desk.post(PING, token=bad)
            assert (answer.status_code, answer.json()["code"]) == (401, "bad_token"), bad
            assert answer.headers["www-authenticate"] == 'Bearer realm="tapedeck", error="invalid_token"'


async def test_two_different_tokens_are_none_and_the_same_one_twice_is_one(valkey, reading, trading):
    async with mcp_desk(valkey, reading) as desk:
        assert (await desk.post(PING, X_API_Key=trading)).status_code == 401
        assert (await desk.post(PING, X_API_Key=reading)).status_code == 200
        assert (await desk.post(PING, Authorization="", X_API_Key=reading)).status_code == 200
        pair = [("Authorization", f"Bearer {reading}"), ("Authorization", f"Bearer {trading}")]
        rest = [("Accept", BOTH), ("Content-Type", "application/json")]
        answer = await desk.client.post("/mcp", content=json.dumps(PING), headers=[*pair, *rest])
        assert answer.status_code == 401


async def test_the_eleventh_refused_token_waits_and_a_good_one_gets_through(valkey, reading, monkeypatch):
    asked = []

    async def find(headers, query):
        asked.append(headers)
        return await found(headers, query)

    found = credentials._find
    monkeypatch.setattr(credentials, "_find", find)
    bad = unknown_token()
    async with mcp_desk(valkey, reading) as desk:
        assert [(await desk.post(PING, token=bad)).status_code for _ in range(10)] == [401] * 10
        so_far = len(asked)
        answer = await desk.post(PING, token=bad)
        assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
        assert 1 <= int(answer.headers["retry-after"]) <= 66, "a minute, and until a tenth of the next one is over"
        assert (await desk.post(PING, token="tdk_cut")).status_code == 429
        assert len(asked) == so_far, "the database is not asked for them"
        assert (await desk.post(PING, token=unknown_token())).status_code == 429
        assert (await desk.post(PING)).status_code == 200


async def test_a_body_that_is_too_large_is_refused_whether_its_length_is_told_or_not(valkey, reading):
    large = json.dumps({**PING, "params": {"_meta": {"x": "y" * MOST_BYTES}}}).encode()

    async def parts():
        for begin in range(0, len(large), 1000):
            yield large[begin : begin + 1000]

    async with mcp_desk(valkey, reading) as desk:
        assert (await desk.post(large)).status_code == 413
        headers = {"Accept": BOTH, "Content-Type": "application/json", "X-API-Key": reading}
        assert (await desk.client.post("/mcp", content=parts(), headers=headers)).status_code == 413
        assert (await desk.post(PING)).status_code == 200


async def test_one_token_makes_a_bounded_number_of_requests_at_once(valkey, reading, his, monkeypatch):
    assert gate.BURST == (40, 10_000)
    monkeypatch.setattr(gate, "BURST", (5, 3_600_000))  # of an hour, which does not end meanwhile
    async with mcp_desk(valkey, reading) as desk:
        answers = [await desk.post(PING) for _ in range(6)]
        assert [one.status_code for one in answers] == [200] * 5 + [429]
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert (await desk.post(PING, token=his)).status_code == 200


async def test_one_token_makes_a_hundred_and_twenty_requests_a_minute(valkey, reading, monkeypatch):
    monkeypatch.setattr(gate, "BURST", (1_000, 10_000))
    async with mcp_desk(valkey, reading) as desk:
        row = await ApiToken.objects.aget(name="reads")
        for _ in range(119):
            assert await rate_limits.count_start(f"mcp:token:{row.pk}", *gate.REQUESTS) is None
        assert [(await desk.post(PING)).status_code for _ in range(2)] == [200, 429]


async def test_a_tool_that_the_token_may_not_call_is_refused_by_its_head(
    valkey, reading, trading, waiting, monkeypatch
):
    with_tool(monkeypatch, for_traders(waiting.tool))
    body = message("tools/call", {"name": "wait", "arguments": {}, "_meta": META})
    head = {"MCP_Protocol_Version": REVISION, "Mcp_Method": "tools/call", "Mcp_Name": "wait"}
    async with mcp_desk(valkey, reading) as desk:
        answer = await desk.post(body, **head)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="read trade"'
        told = await desk.call("wait", {})
        assert told["isError"]
        assert json.loads(told["content"][0]["text"])["code"] == "forbidden"
        assert not waiting.callers


async def test_an_answer_says_what_all_answers_of_the_desk_do(valkey, reading):
    async with mcp_desk(valkey, reading) as desk:
        for answer in (await desk.post(PING), await desk.post(PING, token=NONE)):
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
            assert answer.headers.get_list("cache-control")[0].startswith("no-")
            assert len(answer.headers.get_list("cache-control")) == 1


async def test_programs_can_be_turned_off(valkey, reading, settings):
    settings.MCP = False
    async with mcp_desk(valkey, reading) as desk:
        for answer in (
            await desk.post(PING),
            await desk.client.get("/mcp"),
            await desk.client.get("/api/mcp/stream-news"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "not_available")
            assert answer.headers["content-type"] == "application/json"


async def test_while_the_database_is_away_nobody_is_told_from_anybody(valkey, reading, monkeypatch):
    async def away(headers, query):
        raise OperationalError

    monkeypatch.setattr(credentials, "_find", away)
    async with mcp_desk(valkey, reading) as desk:
        answer = await desk.post(PING)
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "unavailable", "5")


async def test_refusals_are_counted_by_status(valkey, reading):
    async with mcp_desk(valkey, reading) as desk:
        before = counts.refused["401"]
        await desk.post(PING, Authorization="")
        assert counts.refused["401"] == before + 1


async def test_the_newest_revision_knows_of_no_session(valkey, reading):
    async with mcp_desk(valkey, reading) as desk:
        head = {"MCP_Protocol_Version": REVISION, "Mcp_Method": "tools/list"}
        body = message("tools/list", {"_meta": META})
        plain = await desk.post(body, **head)
        forged = await desk.post(body, **head, Mcp_Session_Id="forged")
        assert (plain.status_code, forged.status_code) == (200, 200)
        assert plain.content == forged.content
        assert "mcp-session-id" not in plain.headers


async def test_a_session_is_used_ended_and_is_nobody_elses(valkey, reading, trading):
    async with mcp_desk(valkey, reading) as desk:
        begun = await desk.post(message("initialize", HELLO))
        name = begun.headers["mcp-session-id"]
        assert answer_of(begun)["result"]["protocolVersion"] == "2025-11-25"
        assert name.isascii()
        assert name.isprintable()
        assert (await desk.post(PING, Mcp_Session_Id=name)).status_code == 200
        assert (await desk.post(PING)).status_code == 200, "one without is served"
        foreign = await desk.post(PING, token=trading, Mcp_Session_Id=name)
        assert (foreign.status_code, foreign.json()["error"]["code"]) == (404, -32001)
        assert (await desk.post(PING, Mcp_Session_Id=f"{name}x")).status_code == 404

        async def end(token: str, session: str) -> int:
            headers = {"Authorization": f"Bearer {token}", "Mcp-Session-Id": session}
            return (await desk.client.delete("/mcp", headers=headers)).status_code

        assert await end(trading, name) == 404
        assert await end(reading, "forged") == 404
        assert await end(NONE, name) == 401
        assert await end(reading, name) == 204
        assert await end(reading, name) == 404
        assert (await desk.post(PING, Mcp_Session_Id=name)).status_code == 404


async def test_a_person_has_four_streams_of_all_kinds_and_a_process_a_bounded_number(
    valkey, reading, trading, his, waiting, monkeypatch
):
    streaming = msgspec.structs.replace(waiting.tool, streams=True)
    with_tool(monkeypatch, streaming)
    asked = message("tools/call", {"name": "wait", "arguments": {}})
    async with mcp_desk(valkey, reading) as desk:
        desk.client.timeout = httpx.Timeout(60)  # calls that wait are not to end by themselves
        calls = [asyncio.ensure_future(desk.post(asked, token)) for token in (reading, trading, reading)]
        await aeventually(lambda: waiting.running == 3)
        async with open_streams.enter_stream(waiting.callers[0].person_id):  # as the stream of news does
            for token in (reading, trading):
                refused = await desk.post(asked, token)
                assert (refused.status_code, refused.json()["code"]) == (429, "too_many_sockets")
                assert refused.headers["retry-after"] == "10"
            assert (await desk.post(PING)).status_code == 200, "what is no stream is served"
            monkeypatch.setattr(open_streams, "OF_PROCESS", 4)
            full = await desk.post(asked, his)
            assert (full.status_code, full.json()["code"]) == (503, "unavailable")
            assert full.headers["retry-after"] == "10"
        calls.append(asyncio.ensure_future(desk.post(asked, his)))
        await aeventually(lambda: waiting.running == 4)
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)
        await aeventually(lambda: (waiting.running, count_held()) == (0, 0))


async def test_one_batch_of_news_is_no_stream(valkey, reading, monkeypatch):
    monkeypatch.setattr(open_streams, "OF_PERSON", 0)
    async with mcp_desk(valkey, reading) as desk:
        body = message("tools/call", {"name": "stream_market_news", "arguments": {}})
        assert (await desk.post(body)).status_code == 200
        body["params"]["arguments"]["stream"] = True
        assert (await desk.post(body)).status_code == 429
