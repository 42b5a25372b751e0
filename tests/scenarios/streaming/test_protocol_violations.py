"""Whatever bytes a client sends harm nobody but itself: an error message, its own close code, or an HTTP refusal."""

import asyncio
import collections
import json
import os
import re

from tests.support.bystander import undisturbed
from tests.support.people import ALICE, BOB
from tests.support.protocol_violations import ASK, CUT_SHORT, FRAMES, OPEN, Requests, handshakes
from tests.support.random_messages import FRAMES as FRAME_KINDS
from tests.support.random_messages import PLAIN, Babble
from tests.support.raw_websocket import BINARY, SUBPROTOCOL, Raw, frame, head, text, upgrade

TOGETHER = 8
FLOODS = 100
REQUESTS = int(os.environ.get("STORM_REQUESTS", "600"))
ANSWERED = {200, 201, 400, 401, 403, 404, 405, 409, 413, 414, 429}


async def together(cases, play) -> dict[str, object]:
    """Play the cases, a few at a time; return what became of each."""
    turns = asyncio.Semaphore(TOGETHER)

    async def one(case):
        async with turns, asyncio.timeout(10):
            return await play(case)

    return dict(zip(cases, await asyncio.gather(*map(one, cases.values())), strict=True))


async def test_a_frame_that_breaks_the_protocol_ends_its_own_socket_with_the_right_code(desk, cookies):
    async def play(case):
        async with await Raw.open(desk.url, cookies[ALICE]) as socket:
            return await socket.answer(case[0])

    async with undisturbed(desk, cookies[BOB]):
        found = await together(FRAMES, play)
    assert found == {name: code for name, (_, code) in FRAMES.items()}


async def test_a_message_in_pieces_is_one_message(desk, cookies):
    async def play(case):
        async with await Raw.open(desk.url, cookies[ALICE]) as socket:
            assert await socket.answer(case[0]) == OPEN
            return [json.loads(said)["type"] for said in socket.texts if b"balance" not in said]

    whole = ("a ping between fragments", "a message in single bytes", "a thousand empty fragments")
    found = await together({name: FRAMES[name] for name in whole}, play)
    assert found == {name: ["pong"] for name in whole}


async def test_a_connection_that_ends_in_the_middle_is_forgotten(desk, cookies):
    async def ended(case):
        async with await Raw.open(desk.url, cookies[ALICE]) as socket:
            socket.send(case)
            socket.writer.write_eof()
            return await socket.end()

    async def reset(case):
        async with await Raw.open(desk.url, cookies[ALICE]) as socket:
            socket.send(case)
            await socket.writer.drain()
        return "reset"

    async with undisturbed(desk, cookies[BOB]):
        found = await together(CUT_SHORT, ended)
        await together(CUT_SHORT, reset)
    assert found == dict.fromkeys(CUT_SHORT, "cut")


async def test_bytes_that_dribble_in_are_a_message(desk, cookies):
    async with undisturbed(desk, cookies[BOB]), await Raw.open(desk.url, cookies[ALICE]) as socket:
        for byte in text(ASK):
            socket.send(bytes([byte]))
            await asyncio.sleep(0)
        assert await socket.answer() == OPEN
        assert any(b"pong" in said for said in socket.texts)


async def test_a_handshake_that_is_wrong_is_refused_or_closed(desk, cookies):
    async def play(case):
        async with await Raw.connect(desk.url) as socket:
            socket.send(case[0])
            status = await socket.status()
            return status if status != 101 else await socket.answer()

    cases = handshakes(desk.url, cookies[ALICE])
    async with undisturbed(desk, cookies[BOB]):
        found = await together(cases, play)
    assert {name: became for name, became in found.items() if became not in cases[name][1]} == {}


async def test_requests_one_behind_the_other_are_answered_in_order(desk, cookies):
    async with undisturbed(desk, cookies[BOB]), await Raw.connect(desk.url) as connection:
        connection.send(head(desk.url, [], b"/health") * 100 + head(desk.url, [b"Connection: close"], b"/nothing"))
        async with asyncio.timeout(10):
            said = await connection.reader.read(-1)
    statuses = [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", said)]
    assert statuses == [200] * 100 + [404]


async def test_what_comes_with_the_handshake_harms_nobody(desk, cookies):
    async def play(more):
        async with await Raw.connect(desk.url) as socket:
            socket.send(head(desk.url, upgrade(cookies[ALICE])) + more)
            assert await socket.status() == 101
            return await socket.answer()

    cases = {"a message": text(ASK), "a handshake": head(desk.url, upgrade(cookies[ALICE])), "noise": bytes(range(256))}
    async with undisturbed(desk, cookies[BOB]):
        found = await together(cases, play)
    assert found == dict.fromkeys(cases, OPEN)


async def test_a_head_without_end_is_refused(desk, cookies):
    """Its size is bounded; that its time is, too, is seen in test_idle_sockets.py."""
    async with undisturbed(desk, cookies[BOB]), await Raw.connect(desk.url) as connection:
        connection.send(head(desk.url, [])[:-2])
        async with asyncio.timeout(10):
            for _ in range(2_000):
                connection.send(b"X: " + b"y" * 1_000 + b"\r\n")
                await asyncio.sleep(0)
            assert await connection.status() in (431, "cut")


async def flood(desk, cookie, seed) -> tuple[int | str, int]:
    """Open a socket, say all kinds of things, read to the end. Returns its code, and how many messages it answered."""
    kinds, more = (FRAME_KINDS, [SUBPROTOCOL]) if seed % 2 else (PLAIN, [])
    babble = Babble(seed, kinds)
    async with asyncio.timeout(20), await Raw.open(desk.url, cookie, *more) as socket:
        for _ in range(150):
            message = babble.message()
            socket.send(text(message) if isinstance(message, str) else frame(BINARY, message))
        code = await socket.end()
        return code, sum(b'"error"' in said for said in socket.texts)


async def test_a_flood_of_messages_at_random_over_real_sockets_ends_those_sockets_alone(desk, cookies):
    turns = asyncio.Semaphore(TOGETHER)

    async def one(seed):
        async with turns:
            return await flood(desk, cookies[ALICE], seed)

    async with undisturbed(desk, cookies[BOB]):
        found = await asyncio.gather(*map(one, range(FLOODS)))
    assert {code for code, _ in found} <= {4029, 4400}
    assert sum(answered for _, answered in found) >= 40 * FLOODS


async def test_requests_at_random_are_answered_or_refused(desk, cookies):
    requests = Requests(7, desk.url, cookies[ALICE])

    async def play(request):
        async with await Raw.connect(desk.url) as connection:
            connection.send(request)
            return await connection.status()

    async with undisturbed(desk, cookies[BOB]):
        found = await together({number: requests.request() for number in range(REQUESTS)}, play)
    said = collections.Counter(found.values())
    print(said)
    assert said.keys() <= ANSWERED
    assert {200, 201, 400, 405, 409} <= said.keys()
