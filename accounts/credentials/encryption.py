"""Seals credentials: everybody can seal with the public key, only who holds a private key can open. Pure.

A random data key encrypts the secret (AES-256-GCM) and is itself wrapped with HPKE (RFC 9180: X25519, HKDF-SHA256,
AES-256-GCM). Both steps are bound to the place the secret belongs to, so a sealed value pasted into another row,
field or owner does not open. Re-wrapping for a new key touches the wrapped data key alone.
"""

import base64
import binascii
import hashlib
import json
import os
import typing
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

VERSION = "tapedeck-1"
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_KEY_BYTES = 32
_NONCE_BYTES = 12


class SealError(Exception):
    """A sealed value does not open: another key, another place, or damaged. Says nothing of its content."""


class SealedPlace(typing.NamedTuple):
    """Where a secret belongs: table, row, field and owner."""

    table: str
    row: str
    field: str
    owner: str

    @property
    def info(self) -> bytes:
        """The bytes both encryptions are bound to."""
        return json.dumps([VERSION, *self]).encode()


class PublicKey:
    """What seals. Whoever has no more than this cannot open what it sealed."""

    def __init__(self, public: X25519PublicKey) -> None:
        self.public = public
        self.id = hashlib.sha256(public.public_bytes_raw()).hexdigest()[:12]

    def __repr__(self) -> str:
        return f"<PublicKey {self.id}>"


class Key:
    """One private key, and the public one that belongs to it. Shows its id, never itself."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) != _KEY_BYTES:
            raise ValueError(f"a key has {_KEY_BYTES} bytes, not {len(raw)}")
        self.private = X25519PrivateKey.from_private_bytes(raw)
        self.public = PublicKey(self.private.public_key())
        self.id = self.public.id

    def __repr__(self) -> str:
        return f"<Key {self.id}>"

    @classmethod
    def parse(cls, text: str) -> "Key":
        """Read a key from base64. Raises ValueError that does not quote it."""
        try:
            return cls(base64.b64decode(text.strip(), altchars=b"-_", validate=True))
        except (binascii.Error, ValueError) as error:
            raise ValueError("it is not the base64 of 32 bytes") from error


def new_key() -> str:
    """Make a private key, as base64."""
    return base64.urlsafe_b64encode(os.urandom(_KEY_BYTES)).decode()


def seal(secret: str, place: SealedPlace, key: PublicKey) -> str:
    """Seal `secret` for `place`; only the private half of `key` opens it."""
    data_key = AESGCM.generate_key(bit_length=256)
    nonce = os.urandom(_NONCE_BYTES)
    body = nonce + AESGCM(data_key).encrypt(nonce, secret.encode(), place.info)
    return _write(key, _wrap(data_key, place, key), body)


def open_sealed(sealed: str, place: SealedPlace, keys: Sequence[Key]) -> str:
    """Open what was sealed for `place` with one of `keys`. Raises SealError."""
    key, wrapped, body = _read(sealed, keys)
    data_key = _unwrap(wrapped, place, key)
    try:
        return AESGCM(data_key).decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], place.info).decode()
    except (InvalidTag, ValueError) as error:
        raise SealError("the sealed value is damaged") from error


def rewrap(sealed: str, place: SealedPlace, keys: Sequence[Key]) -> str:
    """Wrap the data key anew for the first of `keys`, which any of them opens. Raises SealError."""
    key, wrapped, body = _read(sealed, keys)
    if key is keys[0]:
        return sealed
    return _write(keys[0].public, _wrap(_unwrap(wrapped, place, key), place, keys[0].public), body)


def key_of(sealed: str) -> str:
    """Return the id of the key a value is sealed for; nothing when it is none of ours."""
    version, _, rest = sealed.partition(".")
    return rest.partition(".")[0] if version == VERSION else ""


def _write(key: PublicKey, wrapped: bytes, body: bytes) -> str:
    return ".".join([VERSION, key.id, base64.b64encode(wrapped).decode(), base64.b64encode(body).decode()])


def _read(sealed: str, keys: Sequence[Key]) -> tuple[Key, bytes, bytes]:
    """Return the key a value was sealed for, its wrapped data key, and its body."""
    try:
        version, key_id, wrapped, body = sealed.split(".")
        if version != VERSION:
            raise SealError(f"the sealed value has an unknown version: {version[:20]}")
        key = next((key for key in keys if key.id == key_id), None)
        if key is None:
            raise SealError(f"no key {key_id[:12]} here; CREDENTIAL_KEYS must still hold it")
        return key, base64.b64decode(wrapped, validate=True), base64.b64decode(body, validate=True)
    except ValueError as error:
        raise SealError("the sealed value is damaged") from error


def _wrap(data_key: bytes, place: SealedPlace, key: PublicKey) -> bytes:
    return _SUITE.encrypt(data_key, key.public, place.info)


def _unwrap(wrapped: bytes, place: SealedPlace, key: Key) -> bytes:
    try:
        return _SUITE.decrypt(wrapped, key.private, place.info)
    except (InvalidTag, ValueError) as error:
        raise SealError("the sealed value was not sealed for this place") from error
