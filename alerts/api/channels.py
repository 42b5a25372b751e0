"""`/api/alerts/channels`, `/push`, `/deliveries` and `/receipts`: how people are told, as JSON.

A channel is made on a page, where a password was shown; a browser for push by its own session. Scripts list channels,
try them, switch and remove them.
"""

import re
import typing
import uuid
import zoneinfo

import msgspec
from asgiref.sync import sync_to_async
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.auth import authentication
from accounts.auth.authentication import Caller
from alerts.api.views import answer, by_method, refusing
from alerts.delivery import outbox, store
from alerts.delivery.channels import MOST_CHANNELS, MOST_DEVICES
from alerts.delivery.plan import plan_trial
from alerts.delivery.web_push import read_subscription
from alerts.forms import QUIET
from alerts.models import AlertChannel
from alerts.store import AlertError

BODY_BYTES = 4_096
NUMBER = re.compile(r"\d{1,18}")
MOST_FACTS = 50
"""Firings whose deliveries are asked for at once."""
Text = typing.Annotated[str, msgspec.Meta(max_length=2_000)]


class Keys(msgspec.Struct, frozen=True):
    """A browser's public key and the secret it shares, base64url."""

    p256dh: Text
    auth: Text


class SubscriptionJson(msgspec.Struct, frozen=True):
    """A subscription as browsers write it."""

    endpoint: Text
    keys: Keys


class NewDevice(msgspec.Struct, frozen=True):
    """A browser that wants to be pushed to."""

    subscription: SubscriptionJson
    name: typing.Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    zone: typing.Annotated[str, msgspec.Meta(max_length=64)]


class FormerDevice(msgspec.Struct, frozen=True):
    """A browser that wants to be pushed to no more."""

    endpoint: Text


class RenewedDevice(msgspec.Struct, frozen=True):
    """A browser whose subscription has another address now."""

    former: Text
    subscription: SubscriptionJson


class Switch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be changed of a channel. `quiet` is like 22:00-07:00, or empty."""

    on: bool | None = None
    quiet: str | None = None


Asked = typing.TypeVar("Asked", NewDevice, FormerDevice, RenewedDevice, Switch)


def _read(request: HttpRequest, asked: type[Asked]) -> Asked:
    """Read the body of a request. Raises AlertError and RefusedError."""
    try:
        return msgspec.json.decode(authentication.body(request, BODY_BYTES), type=asked)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise AlertError("bad_message", str(error)[:200]) from error


def _secrets(subscription: SubscriptionJson) -> dict[str, str]:
    """Return what is sealed of a subscription. Raises AlertError for one that nothing can be sealed for."""
    keys = subscription.keys
    try:
        read_subscription(subscription.endpoint, keys.p256dh, keys.auth)
    except ValueError as error:
        raise AlertError("bad_subscription", f"This is no subscription: {error}.", "subscription") from error
    return {"endpoint": subscription.endpoint, "p256dh": keys.p256dh, "auth": keys.auth}


@authentication.reads
@refusing
async def _every(request: HttpRequest, caller: Caller) -> HttpResponse:
    rows = await sync_to_async(store.of)(caller.person.pk)
    limits = {"channels": MOST_CHANNELS, "devices": MOST_DEVICES}
    return answer({"channels": [store.channel_json(row) for row in rows], "limits": limits})


@authentication.trades
@refusing
async def _change(request: HttpRequest, caller: Caller, channel: uuid.UUID) -> HttpResponse:
    asked = _read(request, Switch)
    if asked.quiet and QUIET.fullmatch(asked.quiet) is None:
        raise AlertError("bad_message", "Quiet hours are written like 22:00-07:00.", "quiet")
    row = await sync_to_async(store.switch)(caller.person.pk, channel, is_on=asked.on, quiet=asked.quiet)
    return answer(store.channel_json(row))


@authentication.trades
@refusing
async def _delete(request: HttpRequest, caller: Caller, channel: uuid.UUID) -> HttpResponse:
    await sync_to_async(store.delete)(caller.person.pk, channel)
    return answer({"id": str(channel), "deleted": True})


@authentication.trades
@refusing
async def _try(request: HttpRequest, caller: Caller, channel: uuid.UUID) -> HttpResponse:
    return answer(await sync_to_async(_trial)(caller.person.pk, channel), 202)


def _trial(person: int, id: uuid.UUID) -> dict[str, object]:
    return store.delivery_json(plan_trial(store.find(person, id)))


@authentication.trades
@refusing
async def _subscribe(request: HttpRequest, caller: Caller) -> HttpResponse:
    if not caller.access.session:
        raise authentication.RefusedError(403, "forbidden", "A browser subscribes by itself, signed in.")
    asked = _read(request, NewDevice)
    if asked.zone not in zoneinfo.available_timezones():
        raise AlertError("bad_message", f"There is no zone called {asked.zone[:40]}.", "zone")
    secrets = _secrets(asked.subscription)
    row = await sync_to_async(store.create)(caller.person.pk, "push", asked.name, secrets, zone=asked.zone)
    return answer(store.channel_json(row), 201)


@authentication.trades
@refusing
async def _unsubscribe(request: HttpRequest, caller: Caller) -> HttpResponse:
    endpoint = _read(request, FormerDevice).endpoint
    return answer(await sync_to_async(_forget)(caller.person.pk, endpoint))


def _forget(person: int, endpoint: str) -> dict[str, object]:
    row = AlertChannel.objects.filter(person=person, fingerprint=store.fingerprint(endpoint)).first()
    if row is None:
        raise AlertError("unknown_channel", "This browser is not pushed to.")
    row.delete()
    return {"deleted": True}


@authentication.reads
@refusing
async def _deliveries(request: HttpRequest, caller: Caller) -> HttpResponse:
    rule, facts = request.GET.get("rule", ""), f"{request.GET.get('fact', '')},{request.GET.get('facts', '')}"
    numbers = [int(text) for text in facts.split(",") if NUMBER.fullmatch(text)][:MOST_FACTS]
    chosen = int(rule) if NUMBER.fullmatch(rule) else None
    return answer(await sync_to_async(_told)(caller.person.pk, chosen, numbers))


def _told(person: int, rule: int | None, facts: list[int]) -> dict[str, object]:
    """Return deliveries, and of firings that were named when the desk itself told of them."""
    found: dict[str, object] = {"deliveries": store.deliveries(person, rule=rule, facts=facts)}
    return found | {"told": store.told_here(person, facts)} if facts else found


@csrf_exempt  # nobody is signed in: the former address is what shows whose it is
@require_POST
async def renewed(request: HttpRequest) -> HttpResponse:
    """Take the new subscription of a browser that knows its former address; for all others there is nothing here."""
    try:
        asked = _read(request, RenewedDevice)
        await sync_to_async(store.renew)(asked.former, _secrets(asked.subscription))
    except authentication.RefusedError as error:
        return typing.cast(HttpResponse, error.response())
    except AlertError:
        detail = "This is no browser that is pushed to."
        return answer({"type": "error", "code": "unknown_channel", "detail": detail, "field": ""}, 404)
    except DatabaseError:
        return typing.cast(HttpResponse, authentication.away().response())
    return answer({"renewed": True})


@csrf_exempt  # a worker shows what is pushed when nobody is signed in; the receipt is signed
@require_POST
async def receipts(request: HttpRequest, receipt: str) -> HttpResponse:
    """Note that a message was shown."""
    try:
        is_known = await sync_to_async(outbox.note_shown)(receipt)
    except DatabaseError:
        return typing.cast(HttpResponse, authentication.away().response())
    return HttpResponse(status=204 if is_known else 404)


channels = by_method(GET=_every)
one_channel = by_method(PUT=_change, DELETE=_delete)
try_channel = by_method(POST=_try)
push = by_method(POST=_subscribe, DELETE=_unsubscribe)
deliveries = by_method(GET=_deliveries)
