"""Certificates for localhost, and TLS before a server that has none."""

import asyncio
import pathlib
import ssl
import subprocess
import typing
import urllib.parse

from tests.support.loop_thread import LoopThread, end


def make_certificate(folder: pathlib.Path) -> pathlib.Path:
    """Make a certificate for `localhost` that vouches for itself; its key is beside it. Return its file."""
    name, key = folder / "server.crt", folder / "server.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", name],
        check=True, capture_output=True,
    )  # fmt: skip
    return name


class TlsRelay(LoopThread):
    """Speaks TLS on a `port` of localhost, by a certificate of `make_certificate`, for the server of a URL."""

    def __init__(self, certificate: pathlib.Path, behind: str) -> None:
        super().__init__()
        self.port = 0
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(certificate, certificate.with_suffix(".key"))
        self._behind = urllib.parse.urlsplit(behind).port
        self._serving: set[asyncio.Task[typing.Any]] = set()

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0, ssl=self._context)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def _close(self) -> None:
        self._server.close()
        await end(self._serving)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection both ways until either side ends it."""
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._behind)
        pumps = [asyncio.create_task(pump(*way)) for way in ((reader, far_writer), (far_reader, writer))]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(pumps)
            for one in (writer, far_writer):
                one.transport.abort()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Write what is read, to the end."""
    while some := await reader.read(65_536):
        writer.write(some)
        await writer.drain()
