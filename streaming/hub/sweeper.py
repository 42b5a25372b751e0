"""Looks after a hub's sockets: heartbeats, feeds that fell silent, clients that take nothing, access that ended."""

import asyncio
import itertools
import typing
from collections.abc import Awaitable, Callable, Iterable

from accounts.auth.access import Access
from lib.clock import now_ms
from streaming.hub.feed_liveness import FeedLiveness
from streaming.limits import Limits
from streaming.sockets.socket import Socket
from streaming.wire import frames
from streaming.wire.frames import Close

Check = Callable[[list[Access]], Awaitable[set[Access]]]
"""Takes by what sockets came in; returns which of it may still stream."""


class Swept(typing.Protocol):
    """What a sweeper knows of a hub."""

    limits: Limits
    feeds: FeedLiveness
    sockets: dict[int, set[Socket]]

    def everybody(self) -> Iterable[Socket]:
        """Return every socket, as it was when this was called."""

    def renew_wants(self) -> None:
        """Say again what is wanted."""

    def catch_up(self, socket: Socket) -> None:
        """Ask for everything since the socket's cursor."""


async def sweep(hub: Swept) -> None:
    """Look at the feeds eight times a beacon, at every socket twice, and renew what is wanted once."""
    loop = asyncio.get_running_loop()
    silent: set[int] = set()
    due = loop.time()
    for turn in itertools.count(1):
        due += hub.limits.beacon_s / 8
        await asyncio.sleep(max(0.0, due - loop.time()))
        now = loop.time()
        due = max(due, now - hub.limits.beacon_s / 8)
        if turn % 8 == 0:
            hub.renew_wants()
        fell, silent = silent, hub.feeds.silent(hub.limits.deaf_s)
        for person in fell | silent:
            _watch_feeds(hub, person, now)
        if turn % 4 == 0:
            _look_at_all(hub, now)


def _watch_feeds(hub: Swept, person: int, now: float) -> None:
    for socket in hub.sockets.get(person, ()):  # those too that joined in the silence
        _watch_feed(hub, socket, now)


def _look_at_all(hub: Swept, now: float) -> None:
    for socket in hub.everybody():
        _watch_feed(hub, socket, now)
        _watch_socket(hub, socket, now)


def _watch_feed(hub: Swept, socket: Socket, now: float) -> None:
    """Tell a socket when nobody feeds its board any more, or answers what it asks; the next frame ends that."""
    if socket.view is None:
        return  # it has asked for nothing yet, and is to be told once it has
    silent = now - socket.fed_at
    waiting = silent >= hub.limits.deaf_s
    if waiting == socket.waiting:
        return
    socket.waiting = waiting
    if waiting and socket.view.dialect == "frames":
        socket.send_text(frames.feed_waiting(now_ms() - int(silent * 1000)))
    elif not waiting:
        socket.behind = True
        socket.wake()


def _watch_socket(hub: Swept, socket: Socket, now: float) -> None:
    limits = hub.limits
    for client in socket.clients:
        if client.sending_since is not None and now - client.sending_since > limits.send_timeout_s:
            client.close(Close.TOO_SLOW, "it does not take what it is sent")
    if socket.credit is not None and socket.credit.silent_s(now) > limits.ack_timeout_s:
        socket.close(Close.TOO_SLOW, "it does not acknowledge what it is sent")
    elif socket.view is None and now - socket.entered_at > limits.hello_timeout_s:
        socket.close(Close.PROTOCOL_ERROR, "it never said hello")
    elif socket.asked and now - socket.asked_at > limits.beacon_s:
        hub.catch_up(socket)
    elif now >= socket.heartbeat_at and socket.joined and not socket.polled:
        socket.heartbeat_at = now + frames.HEARTBEAT_S
        socket.send_text(frames.heartbeat(now_ms()))


async def check_access(hub: Swept, check: Check) -> None:
    """Close the sockets whose session or token ended, however it ended."""
    while True:
        await asyncio.sleep(hub.limits.access_check_s)
        await _send_off(list(hub.everybody()), check)


async def _send_off(sockets: list[Socket], check: Check) -> None:
    clients = [client for socket in sockets for client in socket.clients]
    allowed = await check([client.access for client in clients]) if clients else set()
    for client in clients:
        if client.access not in allowed:
            client.close(Close.SIGNED_OUT, "signed out")
