"""The streams of the simulated Tradier: the market's over WebSocket and HTTP, and that of account events.

A session is all a client shows here. Without a good one it is told so, and its stream ends a moment later.
"""

import asyncio
import random
import typing

import msgspec

from simulator.asgi import (
    Flow,
    Json,
    Receive,
    Scope,
    Send,
    SimRequest,
    SimSocket,
    read_request,
    refuse_upgrade,
    send_answer,
)
from simulator.faults.corrupted_answers import BAD_GATEWAY
from simulator.tradier.format import JSON_TYPE, SimTradierRefusal, invalid
from simulator.tradier.format import NOT_FOUND as NOTHING_HERE
from simulator.tradier.http import locate, serves
from simulator.tradier.rate_limit import Environment
from simulator.tradier.request import parameters, split
from simulator.tradier.stream_sessions import NOT_FOUND, TOO_MANY, Kind, SimTradierStreamSession
from simulator.tradier.streams.account_stream import SimAccountInterest, SimTradierListener
from simulator.tradier.streams.market_stream import Viewer, Wants
from simulator.tradier.streams.payloads import PAYLOADS, Payload
from simulator.tradier.venue import ACCOUNT_PATH, MARKET_PATH, NORMAL, SimTradier, now

REFUSED_S = 0.05
"""So long after its refusal a stream is closed."""
_VERSION_LENGTH = len("/v1")
_MARKET = MARKET_PATH[_VERSION_LENGTH:]
_STREAMS: dict[str, Kind] = {_MARKET: "market", ACCOUNT_PATH[_VERSION_LENGTH:]: "account"}


class SimMarketSubscription(msgspec.Struct, rename="camel"):
    """The frame that starts a market stream over WebSocket, and changes its symbols. Each is complete in itself."""

    symbols: typing.Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    sessionid: str
    filter: tuple[Payload, ...] | None = None
    linebreak: bool = False
    valid_only: bool = True
    advanced_details: bool = False

    def wants(self, before: Wants) -> Wants:
        """Return what the stream shows from now on. Its filter cannot be changed after the start."""
        filter = before.filter if before.symbols else frozenset(self.filter or PAYLOADS)
        symbols = tuple(dict.fromkeys(symbol.strip() for symbol in self.symbols))
        return Wants(symbols, filter, self.linebreak, self.valid_only, self.advanced_details)


async def serve(venue: SimTradier, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one WebSocket until it ends."""
    environment, path = locate(scope["path"])
    stream = _STREAMS.get(path)
    if stream is None or venue.faults.find("refuse_upgrade", (), now(), stream=stream):
        await receive()
        await refuse_upgrade(send, NOTHING_HERE if stream is None else BAD_GATEWAY)
        return
    socket = SimSocket(scope, receive, send)
    socket.mute_until = venue.faults.silence((), stream, now())
    venue.stats.opened[stream] += 1
    if stream == "market":
        await _serve_market(venue, environment, socket)
    else:
        await _serve_account(venue, environment, socket)


async def _serve_market(venue: SimTradier, environment: Environment, socket: SimSocket) -> None:
    viewer = Viewer(venue.market, venue.names, lambda said: _carry(socket, viewer.wants, said))

    def receive_text(raw: str) -> None:
        """Take a subscription. A frame that is none ends the stream."""
        asked = _read(raw, SimMarketSubscription, socket)
        if asked is None:
            return
        session = admit(venue, environment, asked.sessionid, "market", viewer, socket)
        if session is not None:
            viewer.show(session, asked.wants(viewer.wants), now())

    venue.viewers[viewer] = socket
    try:
        await socket.serve(receive_text)
    finally:
        del venue.viewers[viewer]


def _carry(socket: SimSocket, wants: Wants, said: list[Json]) -> None:
    """Send what is said in one frame of lines, or in a frame for each."""
    if wants.linebreak:
        socket.post(_lines(said))
        return
    for each in said:
        socket.post(msgspec.json.encode(each).decode())


def _lines(said: list[Json]) -> str:
    return b"".join(msgspec.json.encode(each) + b"\n" for each in said).decode()


async def _serve_account(venue: SimTradier, environment: Environment, socket: SimSocket) -> None:
    listener = SimTradierListener(socket.post)

    def receive_text(raw: str) -> None:
        """Take what a client wants to hear about."""
        asked = _read(raw, SimAccountInterest, socket)
        if asked is None:
            return
        session = admit(venue, environment, asked.sessionid, "account", listener, socket)
        if session is not None:
            listener.listen(session, asked, now())

    venue.listeners[listener] = socket
    try:
        await socket.serve(receive_text)
    finally:
        del venue.listeners[listener]
        venue.notices.forget(listener)


Asked = typing.TypeVar("Asked")


def _read(raw: str, kind: type[Asked], socket: SimSocket) -> Asked | None:
    """Read a frame of a client; one that makes no sense ends its socket."""
    if socket.closing_at is not None:
        return None
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.MsgspecError:
        socket.close(NORMAL)
        return None


def admit(
    venue: SimTradier,
    environment: Environment,
    id: str,
    kind: Kind,
    stream: Viewer | SimTradierListener,
    socket: SimSocket,
) -> SimTradierStreamSession | None:
    """Return the session of an id, if it opens a stream here now. Else the stream is told why not, and ends."""
    session = venue.sessions.find(id, kind, now())
    has_stream = environment == "live" or kind == "account"
    if session is None or session.token.environment != environment or not has_stream:
        _refuse(venue, socket, NOT_FOUND)
    elif venue.is_taken(session, stream) or venue.faults.find("too_many", numbers_of(session), now(), stream=kind):
        _refuse(venue, socket, TOO_MANY)
    else:
        socket.mute_until = max(socket.mute_until, venue.faults.silence(numbers_of(session), kind, now()))
        return session
    return None


def numbers_of(session: SimTradierStreamSession) -> frozenset[str]:
    """Return the accounts of the person whose session this is."""
    return session.token.person.numbers


def _refuse(venue: SimTradier, socket: SimSocket, words: str) -> None:
    venue.stats.refused[words] += 1
    socket.post(msgspec.json.encode({"error": words}).decode())
    asyncio.get_running_loop().call_later(REFUSED_S, socket.close, NORMAL)


def is_stream(method: str, path: str) -> bool:
    """Whether a request is for the market stream over HTTP."""
    return method in ("GET", "POST") and serves(path) and locate(path)[1] == _MARKET


async def serve_http(venue: SimTradier, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one market stream over HTTP until it ends. Its symbols stay what they are."""
    request = await read_request(scope, receive)
    try:
        wants = _wants(request)
    except SimTradierRefusal as refusal:
        await send_answer(send, refusal.answer)
        return
    draw = random.Random(f"{venue.market.seed}:{venue.stats.opened['http']}")
    venue.stats.opened["http"] += 1
    socket = Flow(scope, receive, send, lambda text: _broken(text, draw))
    viewer = Viewer(venue.market, venue.names, lambda said: socket.post(_stretch(said, wants)))
    venue.viewers[viewer] = socket
    try:
        environment = locate(request.path)[0]
        session = admit(venue, environment, parameters(request)["sessionid"], "market", viewer, socket)
        if session is not None:
            viewer.show(session, wants, now())
        await socket.flow(JSON_TYPE)
    finally:
        del venue.viewers[viewer]


def _stretch(said: list[Json], wants: Wants) -> str:
    """Write objects one after the other: on lines of their own, or with nothing between them."""
    return _lines(said) if wants.linebreak else b"".join(map(msgspec.json.encode, said)).decode()


def _broken(text: bytes, draw: random.Random) -> typing.Iterator[bytes]:
    """Break a text in two anywhere, as often as not: chunks know nothing of objects."""
    at = draw.randrange(1, len(text)) if len(text) > 1 and draw.random() < 0.5 else 0
    yield from (part for part in (text[:at], text[at:]) if part)


def _wants(request: SimRequest) -> Wants:
    """Read what a stream over HTTP asks for. Raises SimTradierRefusal."""
    given = parameters(request)
    symbols = tuple(dict.fromkeys(split(given.get("symbols", ""))))
    for name, value in (("symbols", symbols), ("sessionid", given.get("sessionid"))):
        if not value:
            raise invalid(name, "is required.")
    filter = split(given.get("filter", ",".join(PAYLOADS)))
    if unknown := {*filter} - {*PAYLOADS}:
        raise invalid("filter", f"knows no {', '.join(sorted(unknown))}.")
    flags = (given.get(name, default) != "false" for name, default in _FLAGS)
    return Wants(symbols, frozenset(typing.cast(list[Payload], filter)), *flags)


_FLAGS = (("linebreak", "false"), ("validOnly", "true"), ("advancedDetails", "false"))
"""In the order of `Wants`. Any word but `false` means true, as older clients have it."""
