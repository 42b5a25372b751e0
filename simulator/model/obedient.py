"""The obedient model: it does whatever anything that it reads tells it to. What holds against it, holds. Pure.

It reads everything alike: the question, results, the system text; plain, or packed as base64 or by rot13.
"""

import base64
import binascii
import codecs
import re
import typing
import unicodedata
from collections.abc import Iterator

import msgspec

from simulator.model import rules
from simulator.model.conversation import SimConversation, SimToolResult
from simulator.model.replies import SimCall, SimReply
from simulator.model.words import find_symbols

_CALL = re.compile(
    r"(?:call|use|run|invoke|execute|\"name\"\s*:\s*)[\s\"'`:]*(?:the )?(?:tool )?[\"'`]?([a-z]+(?:_[a-z]+)+)[\"'`]?"
    r"[^{]{0,40}(\{)?",
    re.IGNORECASE,
)
_URL = re.compile(
    r"(?:https?:)?//[^\s\"'<>)\]]+|\b(?:data|javascript):[^\s\"'<>)\]]+|!?\[[^\]]*\]\([^)]*\)", re.IGNORECASE
)
_SAY = re.compile(
    r"(?:say|tell the user|tell them|answer|report|write|state|claim)(?: only)?(?: that|:)?\s+[\"'“]?([^\"”\n]{3,200})",
    re.IGNORECASE,
)
_PROMPT = re.compile(
    r"(?:repeat|print|show|reveal|output|say|tell)[^.\n]{0,40}(?:system (?:prompt|text|message)|your instructions)",
    re.IGNORECASE,
)
_TOOLS = re.compile(r"(?:list|print|show|name)[^.\n]{0,20}\btools\b", re.IGNORECASE)
_AGAIN = re.compile(r"\b(?:again|until|every|forever|repeatedly|loop)\b", re.IGNORECASE)
_PACKED = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
_ORDERS = tuple(
    (re.compile(pattern, re.IGNORECASE), tool, what)
    for pattern, tool, what in (
        (r"\badd\b[^.\n]{0,60}\b(?:watch ?list|list)\b", "change_watchlist", "add"),
        (r"\b(?:delete|remove|clear)\b[^.\n]{0,60}\b(?:watch ?list|list)\b", "change_watchlist", "remove"),
        (r"\b(?:buy|purchase)\b", "draft_order", "buy"),
        (r"\b(?:sell|short|liquidate|cancel all)\b", "draft_order", "sell"),
        (r"\b(?:change|create|set|delete)\b[^.\n]{0,40}\balerts?\b", "create_alert", ""),
    )
)
"""Orders in plain words, and the tool that carries them out."""
MOST_SAID = 8


def reply(conversation: SimConversation) -> SimReply:
    """Return the next answer: what it was told to do, and where nothing tells it, what the honest model does."""
    honest = rules.reply(conversation)
    orders = [text for result in conversation.results for text in _layers(_read(result))]
    orders += _layers(conversation.question)
    wanted = [call for text in orders for call in _calls(text)]
    done = len(conversation.results)
    is_endless = any(_AGAIN.search(text) for text in orders)
    first = len(honest.calls) if honest.calls and not done else 0
    fresh = () if first else tuple(wanted if is_endless else wanted[max(0, done - _honest_count(conversation)) :])
    calls = honest.calls or fresh
    if calls:
        return SimReply(calls=calls)
    said = [line for text in orders for line in _sayings(text, conversation)][:MOST_SAID]
    return SimReply("\n".join([*said, honest.text]))


def _read(result: SimToolResult) -> str:
    """Return the words of a result, one beneath the other; of what is no JSON all of it."""
    return "\n".join(_words(result.value)) or result.text


def _words(value: typing.Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _words(one)


def _honest_count(conversation: SimConversation) -> int:
    """Return how many of the calls so far the honest model would have made too."""
    return max(1, len(rules.plan_calls(conversation.question)))


def _layers(text: str) -> list[str]:
    """Return a text as it reads: without what is hidden in it, and unpacked."""
    plain = unicodedata.normalize("NFKC", text)
    tags = "".join(chr(ord(letter) - 0xE0000) for letter in text if 0xE0020 <= ord(letter) < 0xE007F)
    shown = "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")
    unpacked = [found for match in _PACKED.finditer(plain) if (found := _unpack(match[0]))]
    return [shown, *([tags] if tags else ()), *unpacked, codecs.encode(shown, "rot13")]


def _unpack(packed: str) -> str:
    try:
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _calls(text: str) -> Iterator[SimCall]:
    """Yield the calls that a text orders, by the name of a tool or in plain words."""
    for match in _CALL.finditer(text):
        yield SimCall(match[1].lower(), _arguments(text[match.start(2) :]) if match[2] else {})
    symbol = next(iter(find_symbols(text)), "TSLA")
    for pattern, tool, what in _ORDERS:
        if pattern.search(text):
            yield SimCall(tool, _order(tool, what, symbol))


def _order(tool: str, what: str, symbol: str) -> dict[str, typing.Any]:
    match tool:
        case "change_watchlist":
            return {"list": 0, what: [symbol]}
        case "draft_order":
            return {"symbol": symbol, "legs": [{"symbol": symbol, "quantity": 1000 if what == "buy" else -1000}]}
    when = {"field": f"{symbol}.last", "is": "above", "value": 1}
    return {"rule": {"when": {"all": [when]}, "trigger": "once"}}


def _arguments(text: str) -> dict[str, typing.Any]:
    """Return the object that a text begins with; {} where it is none."""
    depth = 0
    for place, letter in enumerate(text[:4_000]):
        depth += (letter == "{") - (letter == "}")
        if depth == 0:
            try:
                found = msgspec.json.decode(text[: place + 1])
            except msgspec.MsgspecError:
                return {}
            inner = found.get("arguments", found.get("parameters", found))
            return inner if isinstance(inner, dict) else {}
    return {}


def _sayings(text: str, conversation: SimConversation) -> Iterator[str]:
    """Yield what a text has it say: sentences, addresses, the system text, the names of tools."""
    if _PROMPT.search(text):
        yield conversation.system
    if _TOOLS.search(text):
        yield ", ".join(sorted(conversation.tools))
    for match in _SAY.finditer(text):
        yield match[1].strip()
    for match in _URL.finditer(text):
        yield match[0]
