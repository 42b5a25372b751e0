"""What clients can do wrong at the level of bytes, and what is to become of it; and requests at random."""

import json
import random
import zlib
from urllib.parse import quote_from_bytes

from tests.support.random_messages import WORDS, Babble
from tests.support.raw_websocket import BINARY, CLOSE, CONT, PING, PONG, close, frame, head, text, upgrade

OPEN = "open"
ASK = b'{"type":"ping"}'
DEFLATED = zlib.compress(ASK, wbits=-15)
EURO = "€".encode()
UNSENDABLE = (0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535)

FRAMES: dict[str, tuple[bytes, int | str]] = {
    **{f"opcode {code:#x}": (frame(code, b"x"), 1002) for code in (3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF)},
    **{f"reserved bits {bits}": (text(ASK, rsv=bits), 1002) for bits in (1, 2, 3, 4, 6, 7)},
    "compressed without negotiation": (text(DEFLATED, rsv=4), 1002),
    "a compressed fragment": (text(b"a", fin=False) + frame(CONT, DEFLATED, rsv=4), 1002),
    "a ping with a reserved bit": (frame(PING, rsv=4), 1002),
    "an unmasked text": (text(ASK, mask=False), 1002),
    "an unmasked ping": (frame(PING, mask=False), 1002),
    "an unmasked close": (close(mask=False), 1002),
    "a ping of 126 bytes": (frame(PING, b"x" * 126), 1002),
    "a pong of 126 bytes": (frame(PONG, b"x" * 126), 1002),
    "a close of 126 bytes": (close(1000, b"x" * 124), 1002),
    "a ping of 64 KiB": (frame(PING, b"x" * 65_536), 1002),
    "a fragmented ping": (frame(PING, fin=False), 1002),
    "a fragmented pong": (frame(PONG, fin=False), 1002),
    "a fragmented close": (close(fin=False), 1002),
    "a continuation of nothing": (frame(CONT, b"x"), 1002),
    "a text in a fragmented text": (text(b"a", fin=False) + text(ASK), 1002),
    "a binary in a fragmented text": (text(b"a", fin=False) + frame(BINARY, b"b"), 1002),
    "a continuation after the last": (text(ASK) + frame(CONT, b"x"), 1002),
    "a length of 2 ** 63": (text(b"x", length=1 << 63), 1009),
    "a length of 2 ** 62": (text(b"x", length=1 << 62), 1009),
    "64 KiB and one byte": (text(b"x" * 65_537), 1009),
    "64 KiB and one byte of binary": (frame(BINARY, b"x" * 65_537), 1009),
    "64 KiB and one byte, announced": (text(b"", length=65_537), 1009),
    "64 KiB and more in fragments": (text(b"x" * 40_000, fin=False) + frame(CONT, b"x" * 40_000), 1009),
    "64 KiB and more in a thousand fragments": (
        text(b"x" * 70, fin=False) + frame(CONT, b"x" * 70, fin=False) * 1_000,
        1009,
    ),
    "a close of one byte": (frame(CLOSE, b"\x03"), 1002),
    **{f"close {code}": (close(code), 1002) for code in UNSENDABLE},
    **{f"close {code}": (close(code, b"bye"), code) for code in (1000, 1001, 1011, 1012, 3000, 4001, 4999)},
    "a close without a code": (close(None), "closed"),
    "a close with the longest reason": (close(1000, b"x" * 123), 1000),
    "a close whose reason is no UTF-8": (close(1000, b"\xff\xfe"), 1007),
    "a text after the close": (close(1000) + text(ASK), 1000),
    "a second close": (close(1000) + close(1001), 1000),
    "bytes that are no UTF-8": (text(b"\xff\xfe"), 1007),
    "an overlong slash": (text(b"\xc0\xaf"), 1007),
    "a lone surrogate": (text(b"\xed\xa0\x80"), 1007),
    "a character beyond Unicode": (text(b"\xf4\x90\x80\x80"), 1007),
    "a character cut off at the end": (text(b'"' + EURO[:2]), 1007),
    "bad UTF-8 across fragments": (text(EURO[:1], fin=False) + frame(CONT, b"\xff" + EURO[2:]), 1007),
    "a character split across fragments": (text(EURO[:1], fin=False) + frame(CONT, EURO[1:]), OPEN),
    "a ping between fragments": (text(ASK[:5], fin=False) + frame(PING, b"in") + frame(CONT, ASK[5:]), OPEN),
    "a message in single bytes": (
        text(ASK[:1], fin=False) + b"".join(frame(CONT, ASK[at : at + 1], fin=False) for at in range(1, len(ASK)))
        + frame(CONT),
        OPEN,
    ),
    "a thousand empty fragments": (text(b"", fin=False) + frame(CONT, fin=False) * 1_000 + frame(CONT, ASK), OPEN),
    "an empty text": (text(b""), OPEN),
    "an empty binary": (frame(BINARY), OPEN),
    "a binary": (frame(BINARY, b"\x00\xff"), OPEN),
    "an empty ping": (frame(PING), OPEN),
    "a ping of 125 bytes": (frame(PING, b"x" * 125), OPEN),
    "a pong nobody asked for": (frame(PONG, b"x"), OPEN),
    "a thousand pings": (frame(PING, b"x") * 1_000, OPEN),
    "a length longer written than needed": (b"\x81\xfe\x00\x0f\x00\x00\x00\x00" + ASK, OPEN),
    "64 KiB to the byte": (text(b"x" * 65_536), OPEN),
    "a request for a page": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 1002),
    "a TLS hello": (bytes.fromhex("16030100c8010000c40303") + b"x" * 200, 1002),
    "noise": (bytes(range(255, 0, -1)) * 4, 1002),
    "zeros": (b"\x00" * 64, 1002),
}  # fmt: skip

CUT_SHORT: dict[str, bytes] = {
    "half a frame's head": b"\x81",
    "half a length": b"\x81\xfe\x00",
    "half a mask": b"\x81\x85\x01\x02",
    "half a text": text(ASK)[:-3],
    "half a message": text(ASK[:5], fin=False),
    "half a ping": frame(PING, b"four")[:-2],
    "half a close": close(1000, b"going")[:-2],
}


def handshakes(url: str, cookie: str) -> dict[str, tuple[bytes, set[int | str]]]:
    """Opening handshakes that are wrong somewhere, and what may come back."""
    wrong: dict[str, dict[str, bytes | None]] = {
        "no key": {"key": None},
        "a key that is not base64": {"key": b"Sec-WebSocket-Key: !!!!"},
        "a key of 15 bytes": {"key": b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA"},
        "an empty key": {"key": b"Sec-WebSocket-Key:"},
        "two keys": {"key": b"Sec-WebSocket-Key: " + b"A" * 22 + b"==\r\nSec-WebSocket-Key: " + b"B" * 22 + b"=="},
        "no version": {"version": None},
        "version 8": {"version": b"Sec-WebSocket-Version: 8"},
        "version 13 twice": {"version": b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13"},
        "a version that is no number": {"version": b"Sec-WebSocket-Version: \xff"},
        "no Upgrade": {"upgrade": None},
        "an Upgrade to h2c": {"upgrade": b"Upgrade: h2c"},
        "no Connection": {"connection": None},
        "a Connection that is kept alive": {"connection": b"Connection: keep-alive"},
    }
    refused: set[int | str] = {400, 403, 404, 405, 426, "cut"}
    cases = {name: (head(url, upgrade(cookie, **changed)), refused) for name, changed in wrong.items()}

    def with_(*lines: bytes, **options: bytes) -> bytes:
        return head(url, upgrade(cookie, *lines), **options)

    return cases | {
        "a POST": (with_(method=b"POST"), refused),
        "no method at all": (with_(method=b""), refused),
        "a method of 10 KB": (with_(method=b"G" * 10_000), refused),
        "HTTP/1.0": (with_().replace(b"HTTP/1.1", b"HTTP/1.0", 1), refused | {OPEN}),
        "HTTP/9.9": (with_().replace(b"HTTP/1.1", b"HTTP/9.9", 1), refused),
        "two hosts": (with_(b"Host: elsewhere.example"), refused | {OPEN}),
        "a host of another": (with_().replace(b"Host: ", b"Host: evil.example#", 1), refused),
        "an origin that is no text": (with_(b"Origin: \xff\xfe"), refused),
        "an origin of 7 KB": (with_(b"Origin: http://" + b"a" * 7_000), refused),
        "a cookie that is no text": (head(url, upgrade("", b"Cookie: sessionid=\xff\xfe\x80")), {4001, 400}),
        "a cookie of 7 KB": (head(url, upgrade("", b"Cookie: sessionid=" + b"a" * 7_000)), {4001, 400}),
        "a cookie of 70 KB": (head(url, upgrade("", b"Cookie: sessionid=" + b"a" * 70_000)), refused | {431}),
        "100 headers": (with_(*(b"X-%d: y" % number for number in range(100))), {OPEN}),
        "1,000 headers": (with_(*(b"X-%d: y" % number for number in range(1_000))), refused | {431}),
        "50,000 headers": (with_(*(b"X-%d: y" % number for number in range(50_000))), refused | {431}),
        "a header of 1 MB": (with_(b"X: " + b"y" * 1_000_000), refused | {431}),
        "a header's name that is no text": (with_(b"X-\xff\xfe: y"), refused),
        "a header with a null byte": (with_(b"X: a\x00b"), refused),
        "a folded header": (with_(b"X: a\r\n b"), refused | {OPEN}),
        "a bare line feed": (with_(b"X: a\nY: b"), refused | {OPEN}),
        "a subprotocol that is no text": (with_(b"Sec-WebSocket-Protocol: \xff"), refused | {OPEN}),
        "a thousand subprotocols": (with_(b"Sec-WebSocket-Protocol: " + b", ".join([b"p"] * 1_000)), {OPEN}),
        "an extension that is garbage": (with_(b'Sec-WebSocket-Extensions: ;;,=",'), refused | {OPEN}),
        "an extension twice": (with_(b"Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate"), {OPEN}),
        "a path that is no text": (with_(target=b"/ws/\xff\xfe/"), refused),
        "a path with a null byte": (with_(target=b"/ws/streaming/%00"), refused),
        "a path with half an escape": (with_(target=b"/ws/streaming/%"), refused),
        "a path of escapes that are no UTF-8": (with_(target=b"/ws/%ff%fe/"), refused),
        "a path that climbs": (with_(target=b"/ws/../../streaming/"), refused),
        "a query that is no text": (with_(target=b"/ws/streaming/?a=\xff"), refused | {OPEN}),
        "a query of 7 KB": (with_(target=b"/ws/streaming/?" + b"a" * 7_000), {OPEN}),
        "a query of 70 KB": (with_(target=b"/ws/streaming/?" + b"a" * 70_000), refused | {414, 431}),
        "an absolute target": (with_(target=b"http://elsewhere.example/ws/streaming/"), refused | {OPEN}),
        "no target": (with_(target=b""), refused),
        "a body in chunks": (with_(b"Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n", refused | {OPEN}),
        "a body with a length": (with_(b"Content-Length: 5") + b"hello", refused | {OPEN}),
        "two lengths": (with_(b"Content-Length: 5", b"Content-Length: 6") + b"hello", refused),
        "a TLS hello": (bytes.fromhex("16030100c8010000c40303") + b"x" * 200, refused),
        "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", refused),
        "noise": (bytes(range(256)) * 8, refused),
    }


class Requests:
    """An endless source of requests to the carriers over HTTP; equal seeds ask the same."""

    def __init__(self, seed: int, url: str, cookie: str) -> None:
        self._luck = random.Random(seed)
        self._babble = Babble(seed)
        self._url = url
        self._cookie = cookie
        self._csrf = dict(part.split("=", 1) for part in cookie.split("; "))["csrftoken"]

    def request(self) -> bytes:
        """Return the next request, whole."""
        choose = self._luck.choice
        headers = [b"Connection: close"]
        if self._luck.random() < 0.95:
            headers.append(b"Cookie: " + self._cookie.encode())
        if self._luck.random() < 0.2:
            headers.append(
                b"Last-Event-ID: " + self._value().replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")
            )
        if self._luck.random() < 0.3:
            return self._view(headers)
        path = choose((b"/sse/streaming/", b"/api/stream/poll/", b"/api/stream/poll", b"/sse/streaming"))
        method = b"GET" if self._luck.random() < 0.95 else choose((b"POST", b"HEAD", b"PUT", b"OPTIONS", b"DELETE"))
        return head(self._url, headers, path + b"?" + self._query(), method)

    def _view(self, headers: list[bytes]) -> bytes:
        """Return a request that stores a watch, or something else."""
        body = self._watch() if self._luck.random() < 0.8 else self._value() * self._luck.choice((1, 30, 3_000))
        headers += [b"X-CSRFToken: " + self._csrf.encode(), b"Origin: " + self._url.encode()]
        headers.append(b"Content-Length: %d" % len(body))
        return head(self._url, headers, b"/api/stream/view/", b"POST") + body

    def _query(self) -> bytes:
        fields = [(b"wait_s", b"0")] if self._luck.random() < 0.97 else []
        for name in (b"watch", b"view", b"cursor", b"interval_ms", b"wait_s", b"x"):
            if self._luck.random() < (0.8 if name == b"watch" else 0.15):
                value = self._watch() if name == b"watch" and self._luck.random() < 0.8 else self._value()
                fields.append((name, value[:5_000]))
        return b"&".join(name + b"=" + quote_from_bytes(value).encode() for name, value in fields)

    def _watch(self) -> bytes:
        return json.dumps(self._babble.watch()).encode()

    def _value(self) -> bytes:
        match self._luck.randrange(4):
            case 0:
                return self._luck.choice(WORDS).encode()
            case 1:
                return json.dumps(self._babble.anything(4)).encode()
            case 2:
                return self._luck.randbytes(self._luck.randrange(60))
            case _:
                return str(self._luck.choice((-1, 0, 1, 5, 25, 26, 10**30, "1e3", "0x1", "NaN"))).encode()
