"""The WebSocket of the simulated Alpaca news: JSON in texts, or MessagePack where the handshake asks for it."""

import datetime
import typing

import msgspec

from simulator.asgi import Answer, Message, Receive, Scope, Send, SimSocket, json_answer, refuse_upgrade
from simulator.faults.actions import NO_JSON
from simulator.faults.corrupted_answers import BAD_GATEWAY
from simulator.news.customers import SimNewsReader
from simulator.news.listener import SimNewsListener
from simulator.news.story import ALPACA_PATH
from simulator.news.venue import SimNews, now

_MSGPACK = "application/msgpack"
_TIMES = ("created_at", "updated_at")
_TOO_MANY = json_answer(429, {"message": "too many requests."})
_NOWHERE = Answer(404, b"404 page not found", "text/plain")


class SimNewsWire(SimSocket):
    """A socket of news. Packed, its frames are binary and its times are those of MessagePack."""

    is_packed = False

    async def _carry(self, text: str) -> None:
        if not self.is_packed or text == NO_JSON:
            await super()._carry(text)
            return
        messages = msgspec.json.decode(text)
        await self._send(
            {"type": "websocket.send", "bytes": msgspec.msgpack.encode([_pack(each) for each in messages])}
        )

    def _read(self, message: Message) -> str:
        if not self.is_packed or message.get("bytes") is None:
            return super()._read(message)
        try:
            return msgspec.json.encode(msgspec.msgpack.decode(message["bytes"])).decode()
        except msgspec.MsgspecError:
            return ""  # no request at all


def _pack(message: dict[str, typing.Any]) -> dict[str, typing.Any]:
    times = {name: datetime.datetime.fromisoformat(message[name]) for name in _TIMES if name in message}
    return message | times


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


async def serve(venue: SimNews, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one WebSocket until it ends."""
    refused = _refused(venue, scope)
    if refused is not None:
        await receive()
        await refuse_upgrade(send, refused)
        return
    headers = _headers(scope)
    socket = SimNewsWire(scope, receive, send)
    socket.is_packed = headers.get("content-type", "").startswith(_MSGPACK)
    socket.mute_until = venue.faults.silence((), "", now())
    listener = SimNewsListener(
        socket.post, venue.readers.by_keys, lambda reader: _is_open(venue, listener, reader), now()
    )
    venue.stats.opened["news"] += 1

    def follow() -> None:
        """Close what is over, and mute what a fault silences."""
        if listener.is_over:
            socket.close(listener.close_code)
        socket.mute_until = max(socket.mute_until, venue.faults.silence(listener.names, "", now()))

    def receive_text(raw: str) -> None:
        if socket.closing_at is None:
            listener.receive(raw)
            follow()

    venue.listeners[listener] = socket
    if "apca-api-key-id" in headers:
        listener.sign_in(headers["apca-api-key-id"], headers.get("apca-api-secret-key", ""))
        follow()
    try:
        await socket.serve(receive_text)
    finally:
        del venue.listeners[listener]


def _is_open(venue: SimNews, asking: SimNewsListener, reader: SimNewsReader) -> bool:
    """Whether a reader has another socket open: each pair of keys may have one."""
    return any(each is not asking and each.reader is reader and not each.is_over for each in venue.listeners)


def _refused(venue: SimNews, scope: Scope) -> Answer | None:
    """Return how a handshake is refused, if it is."""
    if scope["path"] != ALPACA_PATH:
        return _NOWHERE
    fault = venue.faults.find("refuse_upgrade", (), now())
    if fault is None:
        return None
    return BAD_GATEWAY if fault.mode == "502" else _TOO_MANY
