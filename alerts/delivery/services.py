"""Services that bring messages to phones: ntfy, of anybody's server, and Pushover."""

import typing
import urllib.parse

import msgspec

from alerts.delivery.contract import Message, Refused, Undelivered
from alerts.delivery.posted import post
from lib.outbound.post import Poster, PostError

NTFY_BODY = 4_000
"""Bytes that ntfy takes of a message."""
NTFY_TITLE = 250
PUSHOVER_BODY = 1_024
PUSHOVER_TITLE = 250
"""Characters that Pushover takes."""
HIGH = 4
"""ntfy's priority of what is worth a sound; 3 is usual, 5 breaks through silence."""


class NtfySender:
    """One topic of one server. `token` is empty where the topic is everybody's who knows its name."""

    def __init__(self, poster: Poster, server: str, topic: str, token: str = "") -> None:
        self._poster = poster
        self._server = server
        self._topic = topic
        self._token = token

    async def send(self, message: Message) -> None:
        """Publish a message; a second try replaces the first. Raises Undelivered, Gone."""
        told: dict[str, typing.Any] = {
            "topic": self._topic,
            "title": message.title[:NTFY_TITLE],
            "message": message.body.encode()[:NTFY_BODY].decode(errors="ignore"),
            "tags": list(message.symbols[:5]),
            "priority": HIGH,
            "sequence_id": f"alert-{message.id}",
        }
        if message.url:
            told["click"] = message.url
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        await post(self._poster, self._server, msgspec.json.encode(told), headers)


class PushoverSender:
    """One user or group of Pushover, by the person's own application token."""

    def __init__(self, poster: Poster, address: str, token: str, user: str) -> None:
        self._poster = poster
        self._address = address
        self._token = token
        self._user = user

    async def send(self, message: Message) -> None:
        """Hand over a message. Raises Undelivered; Refused for what Pushover asks not to be sent again."""
        form = {
            "token": self._token,
            "user": self._user,
            "title": message.title[:PUSHOVER_TITLE],
            "message": message.body[:PUSHOVER_BODY] or message.title[:PUSHOVER_BODY],
            "timestamp": message.at // 1000,
        }
        if message.url:
            form |= {"url": message.url, "url_title": "Show it on the desk"}
        try:
            answer = await self._poster.post(
                self._address,
                urllib.parse.urlencode(form).encode(),
                {"Content-Type": "application/x-www-form-urlencoded"},
            )
        except PostError as error:
            raise Undelivered(error.reason) from None
        if answer.status == 200:
            return
        if 400 <= answer.status < 500 and answer.status != 429:
            raise Refused(f"Pushover refuses it (HTTP {answer.status}): {_errors(answer.body)}")
        raise Undelivered(f"Pushover answers HTTP {answer.status}")


class _Refusal(msgspec.Struct):
    errors: list[str] = []


def _errors(body: bytes) -> str:
    try:
        return "; ".join(msgspec.json.decode(body, type=_Refusal).errors)[:200] or "no reason given"
    except msgspec.MsgspecError:
        return "no reason given"
