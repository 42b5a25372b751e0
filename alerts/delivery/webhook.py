"""Webhooks: a POST of JSON that its receiver can check, with the same id on every try."""

import hashlib
import hmac
import time

import msgspec

from alerts.delivery.contract import Message
from alerts.delivery.posted import post
from lib.outbound.post import Poster

SIGNATURE = "X-Tapedeck-Signature"
ID = "X-Tapedeck-Id"

_encoder = msgspec.json.Encoder(decimal_format="number")


def sign(secret: str, at_s: int, body: bytes) -> str:
    """Return the signature of a body that is sent at `at_s` (s since the epoch)."""
    return hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()


def written(message: Message) -> bytes:
    """Return a message as receivers read it."""
    told = {
        "type": "alert" if message.number is not None else "trial",
        "id": message.id,
        "number": message.number,
        "count": message.count,
        "title": message.title,
        "text": message.body,
        "at": message.at,
        "symbols": message.symbols,
        "url": message.url or None,
        "fact": message.fact or None,
    }
    return _encoder.encode(told)


class WebhookSender:
    """One address of a person's own."""

    def __init__(self, poster: Poster, address: str, secret: str) -> None:
        self._poster = poster
        self._address = address
        self._secret = secret

    async def send(self, message: Message) -> None:
        """Post a message. Raises Undelivered, Gone."""
        body, now = written(message), int(time.time())
        headers = {
            "Content-Type": "application/json",
            ID: message.id,
            SIGNATURE: f"t={now},v1={sign(self._secret, now, body)}",
        }
        await post(self._poster, self._address, body, headers)
