"""Messages at random, from a seed: nearly right, wrong in one place, and noise."""

import json
import random
import typing

SYMBOLS = ("QQQ", "SPY", "qqq", "BTC/USD", "/ESZ6", "SPX", "QQQ241220C00450000", "QQQ   241220C00450000", "BRK.B")
WORDS = (
    "", " ", "\x00", "\n", "null", "__proto__", "hello", "quotes", "portfolio", "links", "market", "balance", "orders",
    "gossip", "🂡", "é" * 40, "‮", "\ufffe", "<script>alert(1)</script>", "'; drop table", "../../etc/passwd", "%00",
    "{{7*7}}", "7-a3f1:811:5512", "1-0000:1:1", "::", "a:b:c", "-1", "9" * 400, "x" * 3_000, "ﷺ", "Q" * 40,
)  # fmt: skip
NUMBERS = (0, 1, -1, 2**31, 2**53, 2**63, 2**64, -(2**64), 10**400, 0.1, -0.0, 1e308, float("inf"), float("nan"))
FRAMES = ("hello", "watch", "watch", "rate", "ack", "ping")
PLAIN = ("ping", "subscribe_quotes", "unsubscribe_quotes", "subscribe", "unsubscribe")
STRANGE = ("launch", "websocket.disconnect", "group_send", "frame", "", "HELLO")
FIELDS = ("quotes", "greeks", "underlyings", "candles", "topics")


class Babble:
    """An endless source of messages, mostly of `kinds`; equal seeds say the same."""

    def __init__(self, seed: int, kinds: tuple[str, ...] = FRAMES) -> None:
        self._luck = random.Random(seed)
        self._kinds = kinds

    def message(self) -> str | bytes:
        """Return the next message: text, now and then bytes."""
        luck = self._luck.random()
        if luck < 0.02:
            return self._luck.randbytes(self._luck.randrange(40))
        if luck < 0.07:
            return self.noise()
        if luck < 0.15:
            return json.dumps(self.anything(4), ensure_ascii=luck < 0.11)
        text = json.dumps(self.likely(), ensure_ascii=luck < 0.6)
        return self._spoil(text)[:60_000] if luck > 0.75 else text

    def noise(self) -> str:
        """Return characters of any kind."""
        return "".join(chr(self._luck.choice((0x7F, 0x7FF, 0xD7FF, 0x10FFFF)) & self._luck.getrandbits(21)) for _ in
                       range(self._luck.randrange(30))).encode("utf-8", "replace").decode()  # fmt: skip

    def likely(self) -> dict[str, typing.Any]:
        """Return something like a message."""
        choose, luck = self._luck.choice, self._luck.random
        kind = choose(self._kinds if luck() < 0.9 else FRAMES + PLAIN + STRANGE)
        message: dict[str, typing.Any] = {"type": kind if luck() < 0.98 else self.anything(2)}
        match kind:
            case "hello":
                message |= {"watch": self.watch(), "cursor": choose((None, "1-0000:5:5", choose(WORDS), 7))}
            case "watch":
                message |= {"add": self.watch(), "remove": self.watch()}
            case "rate":
                message["interval_ms"] = choose((0, 1, 5, 1_000, 60_000, 60_001, -1, None, *NUMBERS))
            case "ack":
                message["seq"] = choose((*range(20), *NUMBERS))
            case "subscribe_quotes" | "unsubscribe_quotes":
                message["symbols"] = self.symbols() if luck() < 0.9 else self.anything(3)
            case "subscribe" | "unsubscribe":
                message["watch"] = self.watch() if luck() < 0.9 else self.anything(3)
        if luck() < 0.2:
            message["ref"] = choose((1, "a1", "x" * 200, self.anything(2)))
        if luck() < 0.05:
            message[choose(WORDS)] = self.anything(2)
        return message

    def watch(self) -> dict[str, typing.Any]:
        """Return something like a watch."""
        found: dict[str, typing.Any] = {}
        for field in FIELDS:
            luck = self._luck.random()
            if luck < 0.35:
                found[field] = self.symbols() if field != "topics" else self._some(("portfolio", "links", "market"))
            elif luck < 0.36:
                found[field] = self.anything(3)
        if self._luck.random() < 0.01:
            found[self._luck.choice(WORDS)] = self.anything(2)
        if self._luck.random() < 0.9:
            found.pop("candles", None)
        return found

    def symbols(self) -> list[str]:
        """Return symbols, most of them possible."""
        return self._some(SYMBOLS if self._luck.random() < 0.95 else WORDS)

    def anything(self, depth: int) -> typing.Any:
        """Return any value that JSON, or nearly JSON, can say."""
        luck = self._luck.random()
        if depth and luck < 0.2:
            return [self.anything(depth - 1) for _ in range(self._luck.randrange(4))]
        if depth and luck < 0.4:
            return {self._luck.choice(WORDS[:12]): self.anything(depth - 1) for _ in range(self._luck.randrange(4))}
        return self._luck.choice((None, True, False, *NUMBERS, *WORDS, *SYMBOLS))

    def _some(self, values: typing.Sequence[str]) -> list[str]:
        return self._luck.choices(values, k=self._luck.randrange(5))

    def _spoil(self, text: str) -> str:
        """Take a piece out, put one in, or say one twice."""
        at, to = sorted((self._luck.randrange(len(text)), self._luck.randrange(len(text))))
        match self._luck.randrange(4):
            case 0:
                return text[:at] + text[to:]
            case 1:
                return (
                    text[:at]
                    + self._luck.choice(('"', "{", "}", "[", "]", ",", ":", "\\", "\x00", "e", "-"))
                    + text[at:]
                )
            case 2:
                return text[:to] + text[at:]
            case _:
                return text[:at] + text[at:to] * self._luck.randrange(1, 60) + text[to:]
