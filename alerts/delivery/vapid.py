"""The key by which push services know this desk (RFC 8292): of the VAPID_KEY setting, else a file made on first use.

It stays what it is when the keys of credentials change: a browser's subscription is bound to it. The file lies beside
theirs, in the half of a backup that holds keys.
"""

import base64
import binascii
import functools
import os
import pathlib
import secrets
import stat
import typing

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from lib import redaction

FILE = "vapid_key"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group of P-256: a private key is from 1 to one less."""


def private_key() -> ec.EllipticCurvePrivateKey:
    """Return the desk's key. Raises ImproperlyConfigured, which does not quote it."""
    if settings.VAPID_KEY:
        return _parsed(settings.VAPID_KEY, "VAPID_KEY")
    file = pathlib.Path(settings.KEY_DIR) / FILE
    if not file.exists():
        if settings.CREDENTIAL_KEYS:
            raise ImproperlyConfigured(
                "Push needs VAPID_KEY where the keys are in CREDENTIAL_KEYS: each process would make one of its own."
            )
        _make(file)
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise ImproperlyConfigured(f"The key file {file} can be read by others; run: chmod 600 {file}")
    text = file.read_text().strip()
    redaction.register([text])
    return _parsed(text, f"The key file {file}")


def public_point(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return a public key as the 65 bytes that browsers and push services name it by."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def application_key() -> str:
    """Return the public half, as a browser wants it: base64url. Empty where this desk has no key for push."""
    try:
        return encode(public_point(private_key().public_key()))
    except ImproperlyConfigured:
        return ""


def encode(raw: bytes) -> str:
    """Write bytes as base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Read base64 of either alphabet, padded or not. Raises ValueError."""
    plain = text.strip().rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("it is no base64") from error


@functools.lru_cache(maxsize=2)
def _parsed(text: str, source: str) -> ec.EllipticCurvePrivateKey:
    try:
        number = int.from_bytes(decode(text))
        if not 0 < number < _ORDER:
            raise ValueError("it is no key of P-256")
        return ec.derive_private_key(number, ec.SECP256R1())
    except ValueError:
        # Not chained: what was wrong with a key would be quoted in the traceback.
        raise ImproperlyConfigured(f"{source}: it is not the base64 of 32 bytes (its value is not shown).") from None


def _make(file: pathlib.Path) -> None:
    """Write a new key: mode 0600, whole or not at all, and never over one that is there."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    with open(draft, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as opened:
        opened.write(encode(number.to_bytes(32)))
        opened.flush()
        os.fsync(opened.fileno())
    try:
        os.link(draft, file)
    except FileExistsError:
        pass  # another process made it first; its key is the desk's
    finally:
        draft.unlink()


def check(**_: typing.Any) -> list[checks.CheckMessage]:
    """Tell at start that the key cannot be used. Makes none, and asks for none where nothing is pushed yet."""
    try:
        if settings.VAPID_KEY or (pathlib.Path(settings.KEY_DIR) / FILE).exists():
            private_key()
    except (ImproperlyConfigured, OSError) as error:
        return [checks.Critical(str(error), id="alerts.C001")]
    return []
