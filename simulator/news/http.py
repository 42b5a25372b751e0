"""The HTTP side of the simulated sources: who may ask, how often, what a path tells, and faults on the way."""

import asyncio
import re
import typing

import msgspec

from simulator.asgi import Answer, Receive, Send, SimRequest, Unanswered, gone, json_answer
from simulator.faults.corrupted_answers import HTML, OUTAGES, SILENCES, spoil
from simulator.faults.faults import Fault
from simulator.market.universe import LISTINGS
from simulator.news import filers, hostile
from simulator.news.customers import SimNewsReader
from simulator.news.feeds import catalogue
from simulator.news.rest import alpaca, finnhub
from simulator.news.story import ALPACA_PATH, FEEDS, FEEDS_PATH, FINNHUB_PATH, PATHS
from simulator.news.venue import SimNews, now
from simulator.rate_limit import SimBucket

TICKERS_PATH = "/files/company_tickers.json"
_RETRY_S, _LORIS_S = 30.0, 1.0
_EDGAR_A_SECOND, _EDGAR_BLOCK_S = 10, 600.0
_CONTACT = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_EDGAR_REFUSAL = Answer(
    403, b"<html><head><title>SEC.gov | Request Rate Threshold Exceeded</title></head></html>", HTML
)
_PRN_PAGE = Answer(200, b"<!DOCTYPE html><html><head><title>News Releases | PR Newswire</title></head></html>", HTML)
_NOWHERE = Answer(404, b"<html><body>404 Not Found</body></html>", HTML)
ANSWERS: dict[str, Answer | None] = {
    "401": json_answer(401, {"message": "unauthorized."}),
    "403": json_answer(403, {"message": "forbidden."}),
    "404": _NOWHERE,
    "429": json_answer(429, {"message": "too many requests."}),
    "500": json_answer(500, {"message": "internal server error"}),
    **OUTAGES,
    "empty": Answer(200, b"", "text/xml"),
    "garbage": Answer(200, bytes(range(256)) * 8, "text/xml"),
    "truncated": None,
    **SILENCES,
}
"""What a fault puts in the place of true answers, by its mode; `truncated` breaks the true one off in its middle."""


class SimNewsStream(msgspec.Struct, frozen=True):
    """An answer whose length nobody tells: its chunks, and the seconds between two of them."""

    chunks: typing.Iterable[bytes]
    content_type: str = "text/xml"
    headers: tuple[tuple[str, str], ...] = ()
    pause_s: float = 0.0


Answered = Answer | SimNewsStream | Unanswered


def serves(path: str) -> bool:
    """Whether a path is one of these sources'."""
    return path == TICKERS_PATH or path.startswith((ALPACA_PATH, FINNHUB_PATH + "/", FEEDS_PATH + "/"))


async def send_stream(send: Send, receive: Receive, stream: SimNewsStream) -> None:
    """Send an answer chunk by chunk, until it ends or its client has left."""
    headers = [(b"content-type", stream.content_type.encode())]
    headers += [(name.encode(), value.encode("latin-1")) for name, value in stream.headers]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    writer, leaving = asyncio.ensure_future(_write(send, stream)), asyncio.ensure_future(gone(receive))
    try:
        await asyncio.wait((writer, leaving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (writer, leaving):
            task.cancel()
        await asyncio.gather(writer, leaving, return_exceptions=True)


async def _write(send: Send, stream: SimNewsStream) -> None:
    for chunk in stream.chunks:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await asyncio.sleep(stream.pause_s)
    await send({"type": "http.response.body", "body": b""})


async def answer(venue: SimNews, request: SimRequest) -> Answered:
    """Answer one request, if it is answered."""
    found = await _answer(venue, request)
    venue.stats.requests[f"{request.method} {request.path}"] += 1
    venue.stats.statuses[found.status if isinstance(found, Answer) else 0] += 1
    return found


async def _answer(venue: SimNews, request: SimRequest) -> Answered:
    reader = _reader(venue, request)
    if isinstance(reader, Answer):
        venue.stats.unauthorised += 1
        return reader
    names: frozenset[str] = frozenset() if reader is None else reader.names

    def find(name: str) -> Fault | None:
        return venue.faults.find(name, names, now(), path=request.path)

    if fault := find("redirect"):
        return hostile.redirect(request.path, fault.mode, fault.text)
    if fault := find("flood"):
        return _flood(fault)
    if fault := find("entities"):
        return hostile.entities(fault.mode)
    if fault := find("rest"):
        spoilt = await _spoil(venue, request, reader, fault)
        if spoilt is not None:
            return spoilt
    true = _true(venue, request, reader)
    if fault := find("loris"):
        pause_s = fault.delay or _LORIS_S
        return SimNewsStream([bytes([byte]) for byte in true.body], true.content_type, true.headers, pause_s)
    return true


async def _spoil(
    venue: SimNews, request: SimRequest, reader: SimNewsReader | None, fault: Fault
) -> Answer | Unanswered | None:
    if fault.mode == "truncated":
        true = _true(venue, request, reader)
        return msgspec.structs.replace(true, body=true.body[: len(true.body) // 2])
    spoilt = await spoil(fault, ANSWERS)
    if fault.mode == "429" and isinstance(spoilt, Answer):
        retry = ("retry-after", str(round(fault.delay or _RETRY_S)))
        return msgspec.structs.replace(spoilt, headers=(*spoilt.headers, retry))
    return spoilt


def _flood(fault: Fault) -> SimNewsStream:
    size = fault.size or hostile.FLOOD
    if fault.mode == "gzip":
        return SimNewsStream(hostile.bomb(size), headers=(("content-encoding", "gzip"),))
    return SimNewsStream(hostile.flood(size))


def _reader(venue: SimNews, request: SimRequest) -> SimNewsReader | Answer | None:
    """Return who asks a source that wants to know, or how they are refused. None where nobody need say so."""
    if request.path.startswith(ALPACA_PATH):
        pair = [request.headers.get(f"apca-api-{name}") for name in ("key-id", "secret-key")]
        if None in pair:
            return json_answer(401, {"message": "unauthorized."})
        return venue.readers.by_keys(*map(str, pair)) or json_answer(403, {"message": "forbidden."})
    if request.path.startswith(FINNHUB_PATH):
        token = request.first("token") or request.headers.get("x-finnhub-token", "")
        if not token:
            return json_answer(401, {"error": "Please use an API key."})
        return venue.readers.by_token(token) or json_answer(401, {"error": "Invalid API key"})
    return None


def _true(venue: SimNews, request: SimRequest, reader: SimNewsReader | None) -> Answer:
    """Return what a source answers when nothing goes wrong."""
    if request.method != "GET":
        return Answer(405, b"", HTML)
    if reader is not None:
        return _keyed(venue, request, reader)
    if request.path == TICKERS_PATH or request.path == PATHS["edgar"]:
        refused = _edgar_refusal(venue, request)
        if refused is not None:
            return refused
    if request.path == TICKERS_PATH:
        return json_answer(200, filers.tickers(LISTINGS))
    return _feed(venue, request)


def _keyed(venue: SimNews, request: SimRequest, reader: SimNewsReader) -> Answer:
    at = venue.wall_ms()
    if request.path.startswith(ALPACA_PATH):
        is_in = reader.alpaca.try_acquire(at)
        said = alpaca.answer(venue.shelf, request) if is_in else json_answer(429, {"message": "too many requests."})
        return _limited(said, reader.alpaca)
    if not reader.finnhub.try_acquire(at) or not reader.burst.try_acquire(at):
        return _limited(json_answer(429, {"error": "API limit reached. Please try again later."}), reader.finnhub)
    return _limited(_finnhub(venue, request), reader.finnhub)


def _finnhub(venue: SimNews, request: SimRequest) -> Answer:
    if request.path == finnhub.PATHS[0]:
        venue.asked["finnhub"] += 1
        return finnhub.news(venue.shelf, request, venue.asked["finnhub"] - 1)
    return finnhub.company_news(venue.shelf, request) if request.path == finnhub.PATHS[1] else _NOWHERE


def _limited(answer: Answer, bucket: SimBucket) -> Answer:
    """Say how often more may be asked, as every answer does."""
    headers = (
        ("x-ratelimit-limit", str(bucket.allowed)),
        ("x-ratelimit-remaining", str(bucket.left)),
        ("x-ratelimit-reset", str(-(-bucket.expires // 1000))),
    )
    return msgspec.structs.replace(answer, headers=(*answer.headers, *headers))


def _feed(venue: SimNews, request: SimRequest) -> Answer:
    source = next((name for name in FEEDS if PATHS[name] == request.path), None)
    if source is None:
        return _NOWHERE
    if source == "prnewswire":
        venue.asked["prnewswire"] += 1
        if venue.asked["prnewswire"] % 2 == 0:
            return _PRN_PAGE
    fault = venue.faults.find("zone", (), now(), path=request.path)
    items = venue.newest(source, catalogue.CATALOGUE[source].size)
    return catalogue.answer(source, items, request, venue.wall_ms(), fault.mode if fault else "")


def _edgar_refusal(venue: SimNews, request: SimRequest) -> Answer | None:
    """Refuse who names no contact, and for ten minutes who asks more than ten times a second."""
    asked, at = venue.edgar_asked.setdefault(request.address, []), now()
    asked[:] = [*(each for each in asked if each > at - 1.0), at]
    if len(asked) > _EDGAR_A_SECOND:
        venue.edgar_blocked[request.address] = at + _EDGAR_BLOCK_S
    is_blocked = venue.edgar_blocked.get(request.address, 0.0) > at
    has_contact = _CONTACT.search(request.headers.get("user-agent", "")) is not None
    return _EDGAR_REFUSAL if is_blocked or not has_contact else None
