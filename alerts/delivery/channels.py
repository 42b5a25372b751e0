"""The kinds of channels, what each needs, and how one is opened."""

import email.utils
import typing
import urllib.parse
from collections.abc import Mapping

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from accounts.credentials.encryption import SealError
from alerts.delivery import apprise_sender, vapid
from alerts.delivery.apprise_address import SERVICES, read_scheme, secrets_of
from alerts.delivery.apprise_sender import AppriseSender
from alerts.delivery.contract import KindName, Refused, Sender, Undelivered
from alerts.delivery.mail import MailSender
from alerts.delivery.services import NtfySender, PushoverSender
from alerts.delivery.web_push import PushSender, read_subscription
from alerts.delivery.webhook import WebhookSender
from alerts.models import AlertChannel
from brokers.adapter.http import USER_AGENT, tls
from brokers.catalogue import CredentialField
from lib import redaction
from lib.outbound.addresses import AddressRules
from lib.outbound.post import Poster

MOST_CHANNELS = 20
MOST_DEVICES = 10
"""Of one person."""
NTFY = "https://ntfy.sh"


class Kind(typing.NamedTuple):
    """One kind of channel: what it is called, what it says of itself, and what is pasted to make one."""

    name: KindName
    title: str
    about: str
    fields: tuple[CredentialField, ...] = ()


KINDS: Mapping[KindName, Kind] = {
    kind.name: kind
    for kind in (
        Kind("push", "Push to this browser", "Shown by the browser, with every page closed."),
        Kind("email", "E-mail", "To an address of yours that you confirmed."),
        Kind(
            "webhook",
            "Webhook",
            "JSON to an address of yours, signed; docs/alerts.md shows how it is checked.",
            (
                CredentialField("address", "Address", "Where it is posted: https, or http inside your network."),
                CredentialField(
                    "secret", "Secret", "16 characters or more. Your receiver checks the signature with it."
                ),
            ),
        ),
        Kind(
            "ntfy",
            "ntfy",
            "To a topic of ntfy.sh or of a server of your own.",
            (
                CredentialField("topic", "Topic", "Who knows it can read along, unless the server asks for a token."),
                CredentialField("server", "Server", f"Empty: {NTFY}.", is_optional=True),
                CredentialField("token", "Access token", "If the server asks for one.", is_optional=True),
            ),
        ),
        Kind(
            "pushover",
            "Pushover",
            "To your devices, by an application token of your own.",
            (
                CredentialField("token", "Application token", "Of an application that you made at pushover.net."),
                CredentialField("user", "User key", "Yours, or a group's."),
            ),
        ),
        Kind(
            "apprise",
            "Telegram, Discord, Slack and others",
            f"By an address of apprise: {', '.join(f'{scheme}://' for scheme in SERVICES)}.",
            (CredentialField("url", "Address", "As apprise writes it, with its token: appriseit.com/services."),),
        ),
    )
}


def is_offered(kind: KindName) -> bool:
    """Whether this desk has what a kind needs: mail wants a server, and apprise is an extra."""
    return {"email": bool(settings.SENDS_MAIL), "apprise": apprise_sender.is_installed()}.get(kind, True)


def new_poster(at_once: int) -> Poster:
    """Return what posts for all channels of a process, so many at a time. Whoever makes it closes it."""
    return Poster(AddressRules(settings.ALLOWED_PRIVATE_TARGETS), USER_AGENT, tls(), at_once=at_once)


def open_channel(row: AlertChannel, poster: Poster) -> Sender:
    """Return what tells a channel. Raises Undelivered where this desk cannot, Refused where nothing will help."""
    try:
        secrets = row.unseal()
        redaction.register(value for name, value in secrets.items() if name not in ("server", "email"))
        redaction.register(secrets_of(secrets.get("url", "")))
        return _sender(typing.cast(KindName, row.kind), secrets, poster)
    except SealError as error:
        raise Refused(f"what is stored of it does not open: {error}") from error
    except ImproperlyConfigured as error:
        raise Undelivered(str(error)) from error
    except (KeyError, ValueError) as error:
        raise Refused("what is stored of it is not whole: remove it, and add it anew") from error


def _sender(kind: KindName, secrets: Mapping[str, str], poster: Poster) -> Sender:
    match kind:
        case "email":
            return MailSender(secrets["email"])
        case "webhook":
            return WebhookSender(poster, secrets["address"], secrets["secret"])
        case "ntfy":
            return NtfySender(poster, secrets["server"] or NTFY, secrets["topic"], secrets["token"])
        case "pushover":
            return PushoverSender(poster, settings.PUSHOVER_URL, secrets["token"], secrets["user"])
        case "apprise":
            return AppriseSender(AddressRules(settings.ALLOWED_PRIVATE_TARGETS), secrets["url"])
        case "push":
            subscription = read_subscription(secrets["endpoint"], secrets["p256dh"], secrets["auth"])
            return PushSender(poster, subscription, vapid.private_key(), contact())
    raise Refused(f"this desk knows no channel called {kind}")


def contact() -> str:
    """Return whom push services may write to: the address that the desk's mail comes from."""
    return f"mailto:{email.utils.parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"


def destination_of(kind: KindName, secrets: Mapping[str, str]) -> str:
    """Return what may be shown of where a channel leads: a host, a mail address, or the name of a service."""
    match kind:
        case "email":
            return secrets["email"]
        case "webhook":
            return urllib.parse.urlsplit(secrets["address"]).hostname or ""
        case "ntfy":
            return urllib.parse.urlsplit(secrets["server"] or NTFY).hostname or ""
        case "push":
            return urllib.parse.urlsplit(secrets["endpoint"]).hostname or ""
        case "apprise":
            return SERVICES[read_scheme(secrets["url"])]
        case _:
            return ""
