"""Attacks a desk, and prints what its people notice: `python -m tests.scenarios.attacks [NAME ...]`, or `make attack`.

`guesses` tries 10,000 passwords for one account. The others are `sign-ins`, `pages` and `downloads`: beside each
`/health` and a signed-in page are asked for again and again; the slowest answer of each is told, with what memory the
web process took on and how the attackers were answered.
It ends with 1 where a bound does not hold.
"""

import asyncio
import collections
import pathlib
import re
import socket
import sys
import tempfile
import time
import typing

import httpx

from tests.scenarios.attacks import guesses
from tests.support.desk import Desk, make_template
from tests.support.people import ALICE
from tests.support.plain_http import NO_TLS

SLOW_S = 1.0
"""The slowest answer that people may get while somebody attacks."""
MORE_MIB = 300
"""What memory the web process may take on."""
EVERY_S = 0.1


class Seen(typing.NamedTuple):
    """What was seen of one attack: the slowest answers in s, memory in MiB, and the attackers' answers."""

    health_s: float
    page_s: float
    more_mib: float
    took_s: float
    answers: dict[object, int]

    @property
    def holds(self) -> bool:
        """Whether people noticed little."""
        return max(self.health_s, self.page_s) <= SLOW_S and self.more_mib <= MORE_MIB


def sources(count: int) -> list[str]:
    """Return as many addresses of this machine."""
    return [f"127.1.{number // 250}.{number % 250 + 1}" for number in range(count)]


async def sign_in(desk: Desk, source: str) -> object:
    """Try to sign in from an address with a password that is wrong."""
    transport = httpx.AsyncHTTPTransport(local_address=source, verify=NO_TLS)
    async with httpx.AsyncClient(transport=transport, base_url=desk.url, timeout=60) as client:
        try:
            page = await client.get("/accounts/login/")
            if page.status_code != 200:
                return page.status_code
            token = {"csrfmiddlewaretoken": client.cookies["csrftoken"]}
            form = {"login": f"{source}@example.com", "password": "a wrong guess", **token}
            return (await client.post("/accounts/login/", data=form, headers={"Origin": desk.url})).status_code
        except httpx.TransportError as error:
            return type(error).__name__


async def page(desk: Desk, source: str) -> object:
    """Ask for the page of strangers."""
    transport = httpx.AsyncHTTPTransport(local_address=source, verify=NO_TLS)
    async with httpx.AsyncClient(transport=transport, base_url=desk.url, timeout=60) as client:
        try:
            return (await client.get("/accounts/login/")).status_code
        except httpx.TransportError as error:
            return type(error).__name__


async def download(desk: Desk, source: str, path: str) -> object:
    """Ask for a file, and take nothing of it for a while."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
    connection.setblocking(False)
    host, _, port = desk.url.removeprefix("http://").partition(":")
    try:
        connection.bind((source, 0))
        await asyncio.get_running_loop().sock_connect(connection, (host, int(port)))
        await asyncio.get_running_loop().sock_sendall(
            connection, f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
        )
        await asyncio.sleep(8)
    except OSError as error:
        return type(error).__name__
    finally:
        connection.close()
    return "held"


def memory(pid: int) -> float:
    """Return what memory a process has, in MiB."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


async def watched(desk: Desk, attack: typing.Awaitable[list[object]]) -> Seen:
    """Run an attack, and see what people notice."""
    assert desk.server.process is not None
    pid = desk.server.process.pid
    slowest: dict[str, float] = collections.defaultdict(float)
    before = most = memory(pid)
    over = asyncio.Event()

    async def ask(client: httpx.AsyncClient, path: str) -> None:
        while not over.is_set():
            asked = time.monotonic()
            (await client.get(path)).raise_for_status()
            slowest[path] = max(slowest[path], time.monotonic() - asked)
            await asyncio.sleep(EVERY_S)

    async def weigh() -> None:
        nonlocal most
        while not over.is_set():
            most = max(most, memory(pid))
            await asyncio.sleep(EVERY_S)

    async with httpx.AsyncClient(
        verify=NO_TLS, base_url=desk.url, timeout=60, headers={"Cookie": desk.cookie(ALICE)}
    ) as client:
        watching = [asyncio.create_task(ask(client, path)) for path in ("/health", "/accounts/settings")]
        watching.append(asyncio.create_task(weigh()))
        await asyncio.sleep(1)
        slowest.clear()
        begun = time.monotonic()
        answers = collections.Counter(await attack)
        took = time.monotonic() - begun
        over.set()
        await asyncio.gather(*watching)
    return Seen(slowest["/health"], slowest["/accounts/settings"], most - before, took, dict(answers))


async def run(desk: Desk, name: str) -> Seen:
    """Run one attack by its name."""
    if name == "sign-ins":
        return await watched(desk, asyncio.gather(*(sign_in(desk, source) for source in sources(60))))
    if name == "pages":
        return await watched(desk, asyncio.gather(*(page(desk, source) for source in sources(500))))
    found = re.search(r'src="(/static/[^"]+main[^"]*\.js)"', desk.get("/accounts/login/").text + signed_in_page(desk))
    assert found, "no script of pages was found"
    path = found[1]
    return await watched(desk, asyncio.gather(*(download(desk, source, path) for source in sources(2_500))))


def signed_in_page(desk: Desk) -> str:
    """Return a page of somebody who is signed in."""
    with desk.sign_in(ALICE) as client:
        return client.get("/accounts/settings").text


def main(names: typing.Sequence[str]) -> int:
    """Run the attacks that are named, or all."""
    holds = True
    with tempfile.TemporaryDirectory(prefix="a-") as folder:
        cast = make_template(pathlib.Path(folder) / "cast")
        for name in names or ("guesses", "sign-ins", "pages", "downloads"):
            variables = {"DJANGO_SETTINGS_MODULE": "tests.scenarios.attacks.settings"}
            with Desk(pathlib.Path(folder) / name, cast, web=1, streams=0, variables=variables) as desk:
                if name == "guesses":
                    guessed = asyncio.run(guesses.guess(desk))
                    holds = holds and guessed.holds
                    print(f"{name:10} {guessed}", flush=True)
                    continue
                seen = asyncio.run(run(desk, name))
            holds = holds and seen.holds
            print(
                f"{name:10} /health {seen.health_s:.2f} s, a signed-in page {seen.page_s:.2f} s, memory "
                f"{seen.more_mib:+.0f} MiB, in {seen.took_s:.1f} s: {seen.answers}",
                flush=True,
            )
    return 0 if holds else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
