"""The web servers that `manage.py up` can use."""

import socket
import typing

from django.utils.module_loading import import_string

UVICORN, DAPHNE = "uvicorn", "daphne"
DAPHNE_LACKS = (
    "Daphne serves this desk. Unlike uvicorn it has no bound on what it keeps for a client that reads slowly, on "
    "connections, on the head of a request or on messages that wait to be handled, it tells no reason when it closes "
    "a socket, and at a stop it may lose a request that comes at that very moment."
)


class Serve(typing.Protocol):
    """Serves the desk on a listening socket until told to stop; `ready` is called when requests are answered."""

    def __call__(self, bound: socket.socket, ready: typing.Callable[[], None], *, behind_proxy: bool) -> None: ...


SERVERS = {UVICORN: "config.server.uvicorn.serve", DAPHNE: "config.server.daphne.serve"}
"""Dotted paths: what one of them imports, who uses the other need not wait for."""


def serve(name: str) -> Serve:
    """Return the server of this name."""
    found: Serve = import_string(SERVERS[name])
    return found
