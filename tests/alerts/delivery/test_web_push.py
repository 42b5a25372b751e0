"""Web Push: what is sealed opens for its browser alone, and a push service can tell who sends it."""

import time

import http_ece  # type: ignore[import-untyped]  # it has no types
import msgspec
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from alerts.delivery import vapid
from alerts.delivery.contract import Gone, Message, Undelivered
from alerts.delivery.vapid import decode, encode, public_point
from alerts.delivery.web_push import (
    BODY_MAX,
    PushSender,
    Subscription,
    authorization,
    declarative,
    read_subscription,
    seal,
)
from brokers.adapter.http import tls
from lib.outbound.addresses import AddressRules
from lib.outbound.post import Poster
from tests.support.receivers import Receiver

FIRED = Message(
    id="7", number=3, title="QQQ last price crosses up 450.50", body="QQQ.last 450.6, 0.4 s old", at=1_795_000_000_000,
    url="https://desk.example/alerts/", receipt="https://desk.example/api/alerts/receipts/7:x",
)  # fmt: skip


class Browser:
    """A browser's half of a subscription."""

    def __init__(self, endpoint: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = b"0123456789abcdef"
        self.subscription = Subscription(endpoint, public_point(self.key.public_key()), self.auth)

    def open(self, body: bytes) -> bytes:
        """Open a message as the reference implementation of RFC 8188 does."""
        opened: bytes = http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm")
        return opened


def private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(decode(text)), ec.SECP256R1())


def sender(endpoint: str, browser: Browser, allowed: tuple[str, ...] = ("127.0.0.0/8",)) -> PushSender:
    poster = Poster(AddressRules(allowed), "tapedeck", tls(), total_s=2.0)
    return PushSender(poster, browser.subscription, ec.generate_private_key(ec.SECP256R1()), "mailto:a@example.com")


def test_the_example_of_rfc_8291_comes_out_byte_for_byte():
    to = Subscription(
        "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
        decode("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        decode("BTBZMqHH6r4Tts7J_aSIgg"),
    )
    found = seal(
        b"When I grow up, I want to be a watermelon",
        to,
        key=private("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
        salt=decode("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert encode(found) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3j"
        "l7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_only_the_browser_it_was_sealed_for_opens_it():
    alice, bob = Browser("https://push.example/a"), Browser("https://push.example/b")
    sealed = seal(b"450.60", alice.subscription)
    assert alice.open(sealed) == b"450.60"
    assert b"450.60" not in sealed
    assert seal(b"450.60", alice.subscription) != sealed, "each has a key and a salt of its own"
    with pytest.raises((InvalidTag, http_ece.ECEException)):
        bob.open(sealed)


def test_a_push_service_can_check_who_sends_and_for_how_long():
    key = ec.generate_private_key(ec.SECP256R1())
    now = time.time()
    word, _, rest = authorization("https://push.example:444/send/x", key, "mailto:a@example.com", now).partition(" ")
    parts = dict(part.split("=", 1) for part in rest.split(", "))
    head, claims, signature = parts["t"].split(".")
    told = msgspec.json.decode(decode(claims))
    assert word == "vapid"
    assert msgspec.json.decode(decode(head)) == {"typ": "JWT", "alg": "ES256"}
    assert (told["aud"], told["sub"]) == ("https://push.example:444", "mailto:a@example.com")
    assert now < told["exp"] <= now + 24 * 3600
    shown = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(parts["k"]))
    raw = decode(signature)
    signed = utils.encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    shown.verify(signed, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    assert shown == key.public_key()


async def test_a_push_service_on_loopback_gets_what_rfc_8030_asks_for():
    async with Receiver(201) as service:
        browser = Browser(service.url)
        await sender(service.url, browser).send(FIRED)
        (came,) = service.received
    assert (came.method, came.path) == ("POST", "/hook")
    assert came.headers["content-encoding"] == "aes128gcm"
    assert int(came.headers["ttl"]) > 0
    assert came.headers["urgency"] == "high"
    assert came.headers["topic"] == "alert-7"
    assert came.headers["authorization"].startswith("vapid t=")
    told = msgspec.json.decode(browser.open(came.body))
    assert told["web_push"] == 8030
    assert told["notification"]["title"] == FIRED.title
    assert told["notification"]["navigate"] == FIRED.url
    assert told["notification"]["data"]["receipt"] == FIRED.receipt


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_took_its_subscription_back_is_gone(status):
    async with Receiver(status) as service:
        with pytest.raises(Gone):
            await sender(service.url, Browser(service.url)).send(FIRED)


@pytest.mark.parametrize(
    ("answer", "words"),
    [(429, "HTTP 429"), (500, "HTTP 500"), ("drop", "broke off"), ("hang", "within 2 s"), (307, "redirects")],
)
async def test_a_push_service_that_fails_is_tried_again(answer, words):
    async with Receiver(answer, location="http://127.0.0.1:1/") as service:
        with pytest.raises(Undelivered, match=words) as failed:
            await sender(service.url, Browser(service.url)).send(FIRED)
        assert not isinstance(failed.value, Gone)
        assert len(service.received) == 1, "a redirect is not followed"


async def test_nothing_private_is_dialled_that_is_not_listed():
    async with Receiver(201) as service:
        with pytest.raises(Undelivered, match="inside this network"):
            await sender(service.url, Browser(service.url), ()).send(FIRED)
        assert service.received == []


def test_a_long_message_is_cut_to_what_every_service_takes():
    long = msgspec.structs.replace(FIRED, body="ü" * 10_000)
    found = declarative(long)
    assert len(found) <= BODY_MAX
    assert msgspec.json.decode(found)["notification"]["body"].endswith("…")


@pytest.mark.parametrize(
    ("endpoint", "p256dh", "auth", "words"),
    [
        ("ftp://push.example/", None, None, "no http or https"),
        ("https://a:b@push.example/", None, None, "name and password"),
        ("https://push.example/", "AAAA", None, "65 bytes"),
        ("https://push.example/", encode(b"\x04" + b"\x01" * 64), None, "no public key"),
        ("https://push.example/", None, "AAAA", "16 bytes"),
        ("https://push.example/", None, "!!", "base64"),
    ],
)
def test_what_is_no_subscription_is_refused_before_it_is_kept(endpoint, p256dh, auth, words):
    good = Browser(endpoint).subscription
    with pytest.raises(ValueError, match=words):
        read_subscription(endpoint, p256dh or encode(good.p256dh), auth or encode(good.auth))


def test_the_key_is_made_once_and_is_nobody_elses_to_read(settings, tmp_path):
    settings.KEY_DIR, settings.VAPID_KEY, settings.CREDENTIAL_KEYS = tmp_path / "keys", "", ""
    first = vapid.application_key()
    assert len(decode(first)) == 65
    assert vapid.application_key() == first
    file = settings.KEY_DIR / vapid.FILE
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    assert vapid.application_key() == ""
    assert "chmod 600" in vapid.check()[0].msg


def test_desks_of_many_processes_have_one_key_or_none(settings, tmp_path):
    settings.KEY_DIR, settings.VAPID_KEY, settings.CREDENTIAL_KEYS = tmp_path / "keys", "", "one"
    assert vapid.application_key() == ""
    settings.VAPID_KEY = encode((7).to_bytes(32))
    assert len(decode(vapid.application_key())) == 65
    settings.VAPID_KEY = "not a key"
    assert vapid.application_key() == ""
    assert "not a key" not in vapid.check()[0].msg
