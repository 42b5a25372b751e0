"""Code of others connects to what a desk may ask, and nowhere else, whichever way it comes by the address."""

import asyncio
import socket

import pytest

from lib.outbound.addresses import AddressRules
from lib.outbound.connection_guard import ConnectionGuard
from tests.support.eventually import aeventually
from tests.support.receivers import Receiver


def ask(host: str, port: int) -> bytes:
    """Ask as code of others does: blocking, by name."""
    with socket.create_connection((host, port), timeout=20) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\n\r\n")
        return connection.recv(100)


async def test_what_is_inside_is_not_dialled_but_where_it_is_listed():
    async with Receiver() as inside:
        for host, listed in (("127.0.0.1", []), ("localhost", []), ("localhost", ["other.example", "10.0.0.0/8"])):
            guard = ConnectionGuard(AddressRules(listed))
            with pytest.raises(PermissionError, match="not among ALLOWED_PRIVATE_TARGETS"):
                await asyncio.to_thread(guard.run, lambda host=host: ask(host, inside.port))
            assert guard.refused.startswith(host)
        assert not inside.received
        for host, listed in (("127.0.0.1", ["127.0.0.0/8"]), ("localhost", [f"localhost:{inside.port}"])):
            guard = ConnectionGuard(AddressRules(listed))
            answer = await asyncio.to_thread(guard.run, lambda host=host: ask(host, inside.port))
            assert answer.startswith(b"HTTP/1.1 200")
            assert guard.refused == ""


async def test_a_name_is_judged_by_where_it_leads_when_it_is_dialled(monkeypatch):
    """It led outside when somebody looked, and leads inside now."""
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *more, **named: real("127.0.0.1", *more, **named))
    async with Receiver() as inside:
        guard = ConnectionGuard(AddressRules(["hooks.example"]))
        with pytest.raises(PermissionError):
            await asyncio.to_thread(guard.run, lambda: ask("elsewhere.example", inside.port))
        assert not inside.received


async def test_nothing_but_connections_to_the_internet_is_made(tmp_path):
    def by_file() -> None:
        with socket.socket(socket.AF_UNIX) as one:
            one.connect(str(tmp_path / "valkey.sock"))

    def by_datagram() -> None:
        with socket.socket(type=socket.SOCK_DGRAM) as one:
            one.sendto(b"x", ("127.0.0.1", 514))

    def by_connected_datagram() -> None:
        with socket.socket(type=socket.SOCK_DGRAM) as one:
            one.connect(("127.0.0.1", 514))

    for work in (by_file, by_datagram, by_connected_datagram):
        with pytest.raises(PermissionError):
            await asyncio.to_thread(ConnectionGuard(AddressRules(["127.0.0.0/8"])).run, work)


async def test_whoever_is_not_guarded_dials_as_ever():
    async with Receiver() as inside:
        guard = ConnectionGuard(AddressRules())
        await asyncio.to_thread(guard.run, lambda: None)
        answer = await asyncio.to_thread(ask, "127.0.0.1", inside.port)
        assert answer.startswith(b"HTTP/1.1 200")


async def test_what_hangs_ends_at_once_when_it_is_cut_and_dials_no_more():
    async with Receiver("hang") as inside:
        guard = ConnectionGuard(AddressRules(["127.0.0.1"]))

        def work() -> list[object]:
            said: list[object] = [ask("127.0.0.1", inside.port)]
            try:
                said.append(ask("127.0.0.1", inside.port))
            except TimeoutError as error:
                said.append(str(error))
            return said

        working = asyncio.create_task(asyncio.to_thread(guard.run, work))
        await inside.until(1)
        assert not working.done()
        guard.cut()
        async with asyncio.timeout(5):
            assert await working == [b"", "its time is over"]
        await aeventually(lambda: len(inside.received) == 1)
