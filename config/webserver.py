"""The web servers that `manage.py up` can use."""

import socket
import typing

from config import daphne_server, server

UVICORN, DAPHNE = "uvicorn", "daphne"


class Serve(typing.Protocol):
    """Serves the desk on a listening socket until told to stop; `ready` is called when requests are answered."""

    def __call__(self, bound: socket.socket, ready: typing.Callable[[], None], *, behind_proxy: bool) -> None: ...


SERVERS: dict[str, Serve] = {UVICORN: server.serve, DAPHNE: daphne_server.serve}
