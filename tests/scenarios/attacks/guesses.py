"""Guesses one account's password 10,000 times from 1,000 addresses, with its address and the host spelled anyhow."""

import asyncio
import itertools
import re
import time
import typing

import httpx

from tests.support.desk import Desk
from tests.support.people import ALICE, PASSWORD
from tests.support.plain_http import NO_TLS

SOURCES = 1_000
GUESSES_EACH = 10
AT_ONCE = 6
MOST_A_MINUTE = 20
OWNER_EVERY_S = 5.0
PATH = "/accounts/login/"
SPELLED = (ALICE, ALICE.upper(), f" {ALICE} ", ALICE.title(), ALICE.replace("k", "\N{KELVIN SIGN}"))


class Guessed(typing.NamedTuple):
    """What came of it: answers, the most passwords that were tried in any minute, and the owner's own sign-ins."""

    answers: dict[str, int]
    most_a_minute: int
    took_s: float
    owner_in: int
    owner_out: int

    @property
    def holds(self) -> bool:
        """Whether few were tried, all were answered, and the owner came in whenever they wanted."""
        return self.most_a_minute <= MOST_A_MINUTE and self.owner_out == 0 and self.owner_in > 0


def hosts(desk: Desk) -> typing.Iterator[str]:
    """Yield ever other spellings of the desk's host."""
    port = int(desk.url.rpartition(":")[2])
    names = itertools.cycle(["127.0.0.1", "localhost", "LOCALHOST", "LocalHost", "[::1]"])
    return (f"{name}:{port + number % 20_000}" for number, name in enumerate(names))


def outcome(answer: httpx.Response) -> str:
    """Say what an answer to a password means."""
    if answer.status_code != 200:
        return str(answer.status_code)
    return "refused" if "Too many failed" in answer.text else "tried"


async def _form(client: httpx.AsyncClient) -> dict[str, str]:
    page = await client.get(PATH)
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    return {"csrfmiddlewaretoken": found[1]} if found else {}


async def guess(desk: Desk) -> Guessed:
    """Guess, while the owner signs in again and again from a browser that did so before."""
    spellings, logins = hosts(desk), itertools.cycle(SPELLED)
    turn, over = asyncio.Semaphore(AT_ONCE), asyncio.Event()
    answers: dict[str, int] = {}
    tried: list[tuple[float, float]] = []
    owner = {True: 0, False: 0}

    async def attack(source: str) -> None:
        async with turn:
            transport = httpx.AsyncHTTPTransport(local_address=source, verify=NO_TLS)
            async with httpx.AsyncClient(transport=transport, base_url=desk.url, timeout=60) as client:
                form = await _form(client)
                for number in range(GUESSES_EACH):
                    body = form | {"login": next(logins), "password": f"guess {source} {number}"}
                    host = next(spellings)
                    sent = time.monotonic()
                    answer = await client.post(PATH, data=body, headers={"Host": host, "Origin": f"http://{host}"})
                    what = outcome(answer)
                    answers[what] = answers.get(what, 0) + 1
                    if what == "tried":
                        tried.append((sent, time.monotonic()))

    async def come_in(client: httpx.AsyncClient) -> bool:
        client.cookies.pop("sessionid", None)
        body = await _form(client) | {"login": ALICE, "password": PASSWORD}
        await client.post(PATH, data=body, headers={"Origin": desk.url})
        return "sessionid" in client.cookies

    async def own(client: httpx.AsyncClient) -> None:
        while not over.is_set():
            owner[await come_in(client)] += 1
            await asyncio.sleep(OWNER_EVERY_S)

    async with httpx.AsyncClient(verify=NO_TLS, base_url=desk.url, timeout=60) as known:
        if not await come_in(known):
            raise RuntimeError("The owner could not sign in before anybody guessed.")
        owning = asyncio.create_task(own(known))
        begun = time.monotonic()
        await asyncio.gather(*(attack(f"127.2.{number // 250}.{number % 250 + 1}") for number in range(SOURCES)))
        took_s = time.monotonic() - begun
        over.set()
        await owning
    most = max((sum(at <= sent and answered < at + 60 for sent, answered in tried) for at, _ in tried), default=0)
    return Guessed(answers, most, took_s, owner[True], owner[False])
