"""Bodies that are to hurt who reads them: far too large, packed, full of entities, or endless. Pure.

What a hostile feed may send is listed in OWASP's notes on XML (entity expansion, external entities) and RFC 9112.
"""

import typing
import zlib

from simulator.asgi import Answer

FLOOD = 100_000_000
"""Bytes of a flood."""
_CHUNK = b"A" * 65_536
_XML = "text/xml; charset=utf-8"
_HEAD = b'<?xml version="1.0"?><rss version="2.0"><channel><title>'
_TAIL = b"</title></channel></rss>"
_GZIP = 31
_LAUGHS = 9


def flood(size: int) -> typing.Iterator[bytes]:
    """Yield the chunks of a feed with a title of so many bytes."""
    yield _HEAD
    for _ in range(max(1, size // len(_CHUNK))):
        yield _CHUNK
    yield _TAIL


def bomb(size: int) -> typing.Iterator[bytes]:
    """Yield the same, packed by gzip to a thousandth."""
    packer = zlib.compressobj(9, zlib.DEFLATED, _GZIP)
    for chunk in flood(size):
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()


def _feed(declarations: str, title: str) -> bytes:
    item = f"<item><title>{title}</title><guid>entity</guid><link>https://news.example/entity</link></item>"
    body = f"<!DOCTYPE rss [{declarations}]><rss version='2.0'><channel><title>x</title>{item}</channel></rss>"
    return f'<?xml version="1.0"?>{body}'.encode()


def _laughs() -> bytes:
    levels = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(_LAUGHS))
    return _feed(f'<!ENTITY l0 "lol">{levels}', f"&l{_LAUGHS};")


ENTITIES: dict[str, bytes] = {
    "laughs": _laughs(),
    "quadratic": _feed(f'<!ENTITY a "{"a" * 50_000}">', "&a;" * 5_000),
    "external": _feed('<!ENTITY x SYSTEM "file:///etc/passwd">', "&x;"),
    "remote": _feed('<!ENTITY x SYSTEM "http://169.254.169.254/latest/meta-data/">', "&x;"),
    "parameter": _feed('<!ENTITY % x SYSTEM "http://127.0.0.1:1/evil.dtd"> %x;', "plain"),
}
"""Feeds with entities that grow without an end, or reach for what is not theirs, by the fault's mode."""
TARGETS = {
    "loopback": "http://127.0.0.1:1/inside",
    "ipv6": "http://[::1]:1/inside",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "mapped": "http://[::ffff:127.0.0.1]:1/inside",
    "private": "http://10.0.0.1/inside",
    "name": "http://localhost:1/inside",
    "file": "file:///etc/passwd",
}
"""Where a redirect leads, by the fault's mode."""


def entities(mode: str) -> Answer:
    """Return a feed with entities."""
    return Answer(200, ENTITIES[mode or "laughs"], _XML)


def redirect(path: str, mode: str, url: str) -> Answer:
    """Return a redirect to a place inside, to `url`, or in mode loop to where it came from."""
    target = url or (path if mode == "loop" else TARGETS[mode or "loopback"])
    return Answer(302, b"", "text/html", (("location", target),))
