"""Web Push: a message sealed for one browser (RFC 8291), for a push service that knows who sends it (RFC 8292, 8030).

The body is a Declarative Web Push message, too: Safari shows it when the worker does not wake up.
"""

import os
import time
import typing
import urllib.parse

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from alerts.delivery.contract import Gone, Message, Undelivered
from alerts.delivery.posted import post
from alerts.delivery.vapid import decode, encode, public_point
from lib.outbound.post import Poster, PostError, read_address

RECORD_BYTES = 4096
BODY_MAX = 3_000
"""Bytes of a message before it is sealed: push services take 4,096 afterwards, and some less."""
TTL_S = 6 * 3600
"""For how long a push service keeps a message for a browser that is off: as long as the desk tries."""
TOKEN_S = 12 * 3600
"""For how long a service may take our word for who we are; RFC 8292 allows a day."""
DECLARATIVE = 8030
_AUTH_BYTES = 16
_POINT_BYTES = 65


class Subscription(msgspec.Struct, frozen=True):
    """A browser as it subscribed: where its push service takes messages, its public key, and the secret they share."""

    endpoint: str
    p256dh: bytes
    auth: bytes

    def __repr__(self) -> str:
        return f"<Subscription at {urllib.parse.urlsplit(self.endpoint).hostname}>"


def read_subscription(endpoint: str, p256dh: str, auth: str) -> Subscription:
    """Read a subscription as a browser tells it. Raises ValueError that says what is wrong."""
    try:
        url = read_address(endpoint)
    except PostError as error:
        raise ValueError(error.reason) from None
    found = Subscription(str(url), decode(p256dh), decode(auth))
    if len(found.auth) != _AUTH_BYTES:
        raise ValueError(f"auth has {_AUTH_BYTES} bytes")
    if len(found.p256dh) != _POINT_BYTES:
        raise ValueError(f"p256dh has {_POINT_BYTES} bytes")
    _point(found.p256dh)
    return found


def _point(raw: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError:
        raise ValueError("p256dh is no public key of P-256") from None


def seal(text: bytes, to: Subscription, *, key: ec.EllipticCurvePrivateKey | None = None, salt: bytes = b"") -> bytes:
    """Seal a message for a browser, as `aes128gcm` (RFC 8188). `key` and `salt` are made anew for each message."""
    own = key or ec.generate_private_key(ec.SECP256R1())
    salt = salt or os.urandom(16)
    sender = public_point(own.public_key())
    shared = own.exchange(ec.ECDH(), _point(to.p256dh))
    material = _derive(shared, to.auth, b"WebPush: info\x00" + to.p256dh + sender, 32)
    content_key = _derive(material, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derive(material, salt, b"Content-Encoding: nonce\x00", 12)
    sealed = AESGCM(content_key).encrypt(nonce, text + b"\x02", None)
    return salt + RECORD_BYTES.to_bytes(4) + bytes([len(sender)]) + sender + sealed


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)


def authorization(endpoint: str, key: ec.EllipticCurvePrivateKey, contact: str, now: float) -> str:
    """Return what tells a push service who sends: a token for its origin, signed, and the key that shows it."""
    parts = urllib.parse.urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int(now) + TOKEN_S, "sub": contact}
    signed = ".".join(encode(msgspec.json.encode(part)) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
    r, s = utils.decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    token = f"{signed}.{encode(r.to_bytes(32) + s.to_bytes(32))}"
    return f"vapid t={token}, k={encode(public_point(key.public_key()))}"


def declarative(message: Message) -> bytes:
    """Return a message as browsers read it; long texts are cut."""
    body = message.body
    while True:
        notification: dict[str, typing.Any] = {
            "title": message.title[:200],
            "body": body,
            "lang": "en",
            "tag": f"alert-{message.id}",
            "data": {"id": message.id, "receipt": message.receipt, "at": message.at, "count": message.count},
        }
        if message.url:
            notification["navigate"] = message.url
        told = {"web_push": DECLARATIVE, "mutable": True, "notification": notification}
        if len(found := msgspec.json.encode(told)) <= BODY_MAX:
            return found
        body = body[: len(body) * 2 // 3 - 1] + "…"


class PushSender:
    """One browser of a person. `contact` is a mailto: or https: address of whoever runs the desk."""

    def __init__(
        self, poster: Poster, subscription: Subscription, key: ec.EllipticCurvePrivateKey, contact: str
    ) -> None:
        self._poster = poster
        self._subscription = subscription
        self._key = key
        self._contact = contact

    async def send(self, message: Message) -> None:
        """Hand a message to the browser's push service. Raises Undelivered, Refused, Gone."""
        to = self._subscription
        headers = {
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/notification+json",
            "TTL": str(TTL_S),
            "Urgency": "high",
            "Topic": f"alert-{message.id}"[:32],
            "Authorization": authorization(to.endpoint, self._key, self._contact, time.time()),
        }
        try:
            await post(self._poster, to.endpoint, seal(declarative(message), to), headers)
        except Undelivered as error:
            if "HTTP 404" in error.reason:
                raise Gone("the browser has ended its subscription (HTTP 404)") from None
            raise
