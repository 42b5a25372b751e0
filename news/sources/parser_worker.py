"""The process that parses feeds: `python -m news.sources.parser_worker`, started by `parser_process`.

A feed is somebody else's text, and feedparser holds the interpreter for tens of milliseconds: so it is parsed where
neither matters. This process has little memory, little time, writes no file and holds no secret.
"""

import contextlib
import io
import os
import pathlib
import re
import resource
import signal
import sys
import zoneinfo

import feedparser
import msgspec

from news.sources.entries import read_entries
from news.sources.parsed_feed import LENGTH, TIME_S, ParsedFeed, ParseRequest, Refusal

HEADROOM = 20 * 1024 * 1024
"""Bytes that one feed may take, beyond what this process has at its start."""
GROWTH = 6 * 1024 * 1024
"""Once so many of them are not given back after a feed, this process ends, and another one takes its place."""
ENTRIES = 500
"""How many entries of one feed are read; the newest stand first."""
_TTL_MAX_S = 86_400.0
_ROOTS = re.compile(rb"<(?:\w+:)?(?:rss|feed|rdf|channel)\b", re.IGNORECASE)
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body|script)\b", re.IGNORECASE)
_CHARSET = re.compile(r"charset=\"?([\w.:-]{1,40})", re.ASCII)


def parse_feed(request: ParseRequest) -> ParsedFeed:
    """Parse a feed. What is no feed, or declares entities, is refused."""
    if refusal := _refuse(request.body, request.content_type):
        return ParsedFeed(refusal=refusal)
    charset = _CHARSET.search(request.content_type)
    headers = {"content-type": f"application/xml; charset={charset[1]}"} if charset else {}
    # A stream, never bytes: feedparser would take those for the name of a file or an address, and open it.
    parsed = feedparser.parse(
        io.BytesIO(request.body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    if not parsed.get("version") and not parsed.entries:
        return ParsedFeed(refusal="broken" if parsed.bozo else "no_feed")
    zone = zoneinfo.ZoneInfo(request.zone) if request.zone else None
    entries, unreadable = read_entries(request.kind, parsed.entries[:ENTRIES], zone)
    return ParsedFeed(
        entries=entries,
        ttl_s=_ttl_s(parsed.feed.get("ttl")),
        excess=max(0, len(parsed.entries) - ENTRIES),
        unreadable=unreadable,
    )


def _refuse(body: bytes, content_type: str) -> Refusal:
    """Return why `body` is not to be parsed; empty where it is."""
    start = body[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n")
    has_root = _ROOTS.search(start) is not None
    if not has_root and ("html" in content_type or _PAGE.search(start)):
        return "page"
    if not start.startswith(b"<") or not (has_root or start.startswith(b"<?xml") or "xml" in content_type):
        return "not_xml"
    return "entities" if b"<!ENTITY" in body or b"<!ENTITY" in body.replace(b"\0", b"") else ""


def _ttl_s(minutes: object) -> float:
    text = minutes.strip() if isinstance(minutes, str) else ""
    return min(float(text[:9]) * 60, _TTL_MAX_S) if text.isdecimal() and text.isascii() else 0.0


def _used() -> int:
    """Return the bytes of address space that this process has; 0 where the system does not say."""
    with contextlib.suppress(OSError):
        return int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    return 0


def _lower(limit: int, value: int) -> None:
    """Set a limit of this process, where the system has it."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(limit, (value, value))


def _answer(message: bytes, most: int) -> ParsedFeed:
    """Parse what a message holds. `most`: the bytes beyond which this process answers for the last time."""
    try:
        parsed = parse_feed(msgspec.msgpack.decode(message, type=ParseRequest))
    except MemoryError:
        return ParsedFeed(refusal="memory", is_last=True)
    except Exception:  # noqa: BLE001 - a parser stumbles over a text in any way; the source is told
        parsed = ParsedFeed(refusal="broken")
    return msgspec.structs.replace(parsed, is_last=_used() > most)


def main() -> None:
    """Answer requests until standard input ends, or a feed left too much behind."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: whoever started this ends it
    os.nice(5)
    parse_feed(ParseRequest("feed", b"<rss version='2.0'><channel><item><title>x</title></item></channel></rss>"))
    begun = _used()
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)
    if begun:
        _lower(resource.RLIMIT_AS, begun + HEADROOM)
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while len(size := requests.read(LENGTH.size)) == LENGTH.size:
        signal.setitimer(signal.ITIMER_PROF, TIME_S)  # its signal ends this process
        parsed = _answer(requests.read(LENGTH.unpack(size)[0]), begun + GROWTH)
        answer = msgspec.msgpack.encode(parsed)
        signal.setitimer(signal.ITIMER_PROF, 0)
        answers.write(LENGTH.pack(len(answer)) + answer)
        answers.flush()
        if parsed.is_last:
            return


if __name__ == "__main__":
    main()
