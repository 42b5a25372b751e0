"""Holds code of others, which resolves, redirects and connects by itself, to what a desk may ask: in one thread.

What such code connects to is seen where every connection is made, by an audit hook of the interpreter (PEP 578). So a
name that answers differently the second time, a redirect and a proxy lead inside no more than an address does. The hook
is there from the first use on, and looks at threads that are guarded alone.
"""

import contextlib
import functools
import ipaddress
import os
import socket
import sys
import threading
import typing
from collections.abc import Callable

from lib.outbound.addresses import HOST_MAX, AddressRules

_here = threading.local()
"""`guard` is that of a thread that is guarded."""

Work = typing.TypeVar("Work")


class ConnectionGuard:
    """What one run of such code may connect to, by `rules`. `refused` says what it was kept from, if it was."""

    def __init__(self, rules: AddressRules) -> None:
        self.refused = ""
        self._rules = rules
        self._host = ""
        """What was resolved last: a connection follows."""
        self._lock = threading.Lock()
        self._is_cut = False
        self._connections: list[socket.socket] = []

    def __repr__(self) -> str:
        return f"<ConnectionGuard {len(self._connections)} connections>"

    def run(self, work: Callable[[], Work]) -> Work:
        """Run `work` in this thread. What it raises is raised; a connection that is refused is an OSError to it."""
        _watch()
        _here.guard = self
        try:
            return work()
        finally:
            _here.guard = None
            with self._lock:
                for one in self._connections:
                    one.close()
                self._connections.clear()

    def cut(self) -> None:
        """End every connection, and allow no other: whatever waits for an answer goes on at once. From any thread."""
        with self._lock:
            self._is_cut = True
            for one in self._connections:
                with contextlib.suppress(OSError):  # it is over already
                    one.shutdown(socket.SHUT_RDWR)

    def resolve(self, host: object) -> None:
        """See that a name is resolved."""
        self._host = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")

    def connect(self, connection: socket.socket, address: object) -> None:
        """See that a connection is made. Raises PermissionError where it must not be."""
        if not isinstance(address, tuple) or connection.type != socket.SOCK_STREAM:
            raise self._refuse("something that is no address of the internet")
        found = ipaddress.ip_address(str(address[0]).partition("%")[0])
        host = self._host.lower().rstrip(".") or str(found)
        if not self._rules.is_allowed(host, found, int(address[1])):
            raise self._refuse(host[:HOST_MAX])
        with self._lock:
            if self._is_cut:
                raise TimeoutError("its time is over")
            # Of its own: who connects hands the descriptor on to what does TLS.
            self._connections.append(socket.socket(fileno=os.dup(connection.fileno())))

    def _refuse(self, what: str) -> OSError:
        self.refused = f"{what} is inside this network, and not among ALLOWED_PRIVATE_TARGETS"
        return PermissionError(self.refused)


def _see(event: str, given: tuple[typing.Any, ...]) -> None:
    if not event.startswith("socket."):
        return
    guard: ConnectionGuard | None = getattr(_here, "guard", None)
    if guard is None:
        return
    if event == "socket.getaddrinfo":
        guard.resolve(given[0])
    elif event == "socket.connect":
        guard.connect(*given)
    elif event in ("socket.sendto", "socket.sendmsg", "socket.bind"):
        raise PermissionError("only connections are made here")


@functools.cache
def _watch() -> None:
    """Have connections seen from now on. A hook stays as long as the process."""
    sys.addaudithook(_see)
