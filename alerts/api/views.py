"""`/api/alerts/`: a person's alerts as JSON, for pages and scripts. Who may only read changes none."""

import datetime
import functools
import hashlib
import typing

import msgspec
from asgiref.sync import sync_to_async
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from accounts.auth import authentication
from accounts.auth.authentication import Caller
from alerts import store
from alerts.models import AlertRule
from alerts.rules.errors import RuleError
from alerts.rules.reader import as_json, parse_rule
from alerts.rules.sentence import condition, sentence
from alerts.rules.spec import MOST_RULES, MOST_TEXT, RuleSpec
from alerts.store import AlertError
from alerts.watch.needs import check_evaluated

BODY_BYTES = MOST_TEXT
STATUS = {
    "unknown_alert": 404,
    "unknown_channel": 404,
    "too_many_alerts": 409,
    "too_many_channels": 409,
    "alert_expired": 409,
}
"""HTTP's word for what cannot be had; everything else is 400."""
MOST_SNOOZE_S = 366 * 86_400

Handler = typing.Callable[typing.Concatenate[HttpRequest, Caller, ...], typing.Awaitable[HttpResponse]]
Found = dict[str, typing.Any]

_encoder = msgspec.json.Encoder(decimal_format="number")


class Snooze(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For how long an alert tells nothing; 0 ends that."""

    seconds: typing.Annotated[int, msgspec.Meta(ge=0, le=MOST_SNOOZE_S)]


class Arming(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether an alert is armed, anew, or rests."""

    armed: bool


Asked = typing.TypeVar("Asked", Snooze, Arming)


def alert_json(row: AlertRule) -> Found:
    """Return what is told of an alert. Times in ms."""
    spec = store.spec_of(row)
    return {
        "id": str(row.pk),
        "version": row.version,
        "rule": as_json(spec),
        "text": sentence(spec),
        "what": condition(spec),
        "symbols": spec.symbols,
        "armed": row.is_armed,
        "armed_at": store.millis(row.armed_at),
        "snoozed_until": store.millis(row.snoozed_until),
        "expires": spec.expires,
        "fired": row.fired,
        "fired_at": store.millis(row.fired_at),
        "unchecked": _unchecked(row),
        "created": store.millis(row.created),
    }


def _unchecked(row: AlertRule) -> Found | None:
    """Return when a rule was not checked last, and why."""
    if row.unchecked_from is None:
        return None
    since, until = store.millis(row.unchecked_from), store.millis(row.unchecked_to)
    return {"from": since, "to": until, "reason": row.unchecked_why}


def answer(told: object, status: int = 200) -> HttpResponse:
    """Answer with JSON that nobody keeps without asking again."""
    found = HttpResponse(_encoder.encode(told), content_type="application/json", status=status)
    found["Cache-Control"] = "no-cache"
    return found


def refusing(handler: Handler) -> Handler:
    """Answer what is refused with the reason, and everybody with 503 while the database is away."""

    @functools.wraps(handler)
    async def guarded(request: HttpRequest, caller: Caller, **path: typing.Any) -> HttpResponse:
        try:
            return await handler(request, caller, **path)
        except authentication.RefusedError as error:
            return error.response()
        except RuleError as error:
            return _refusal("bad_rule", str(error), error.place)
        except AlertError as error:
            return _refusal(error.code, error.detail, error.field, STATUS.get(error.code, 400))
        except DatabaseError:
            return authentication.away().response()

    return guarded


def _refusal(code: str, detail: str, field: str, status: int = 400) -> HttpResponse:
    return answer({"type": "error", "code": code, "detail": detail, "field": field}, status)


def by_method(**handlers: authentication.Guarded) -> authentication.Guarded:
    """Return a view that leads each HTTP method to its own, and says which there are."""

    @csrf_exempt  # each of them asks for what it needs
    async def view(request: HttpRequest, **path: typing.Any) -> HttpResponseBase:
        if (handler := handlers.get(str(request.method))) is not None:
            return await handler(request, **path)
        found = authentication.RefusedError(405, "bad_message", f"Ask with {' or '.join(handlers)}.").response()
        found["Allow"] = ", ".join(handlers)
        return found

    return view


def _read(request: HttpRequest, asked: type[Asked]) -> Asked:
    """Read the body of a request. Raises AlertError naming what is wrong with it, and RefusedError."""
    try:
        return msgspec.json.decode(authentication.body(request, BODY_BYTES), type=asked)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise AlertError("bad_message", str(error)[:200], asked.__struct_fields__[0]) from error


def read_rule(request: HttpRequest) -> RuleSpec:
    """Read the rule that a request brings. Raises RuleError, AlertError and RefusedError."""
    return check_rule(authentication.body(request, BODY_BYTES))


def check_rule(text: bytes) -> RuleSpec:
    """Read a rule that is to be kept from JSON. Raises RuleError."""
    spec = parse_rule(text)
    check_evaluated(spec)
    if spec.expires is not None and spec.expires <= timezone.now().timestamp() * 1000:
        raise RuleError("expires", "is in the past")
    return spec


@authentication.reads
@refusing
async def _every(request: HttpRequest, caller: Caller) -> HttpResponse:
    rows = await sync_to_async(store.of)(caller.person.pk)
    found = answer({"alerts": [alert_json(row) for row in rows], "limits": {"alerts": MOST_RULES}})
    tag = f'"{hashlib.blake2s(found.content, digest_size=12).hexdigest()}"'
    if request.headers.get("If-None-Match") == tag:
        found = HttpResponse(status=304)
        found["Cache-Control"] = "no-cache"
    found["ETag"] = tag
    return found


@authentication.trades
@refusing
async def _create(request: HttpRequest, caller: Caller) -> HttpResponse:
    return answer(alert_json(await sync_to_async(store.create)(caller.person.pk, read_rule(request))), 201)


@authentication.reads
@refusing
async def _one(request: HttpRequest, caller: Caller, id: str) -> HttpResponse:
    return answer(alert_json(await sync_to_async(store.find)(caller.person.pk, int(id))))


@authentication.trades
@refusing
async def _change(request: HttpRequest, caller: Caller, id: str) -> HttpResponse:
    return answer(alert_json(await sync_to_async(store.change)(caller.person.pk, int(id), read_rule(request))))


@authentication.trades
@refusing
async def _delete(request: HttpRequest, caller: Caller, id: str) -> HttpResponse:
    await sync_to_async(store.delete)(caller.person.pk, int(id))
    return answer({"id": id, "deleted": True})


@authentication.trades
@refusing
async def _snooze(request: HttpRequest, caller: Caller, id: str) -> HttpResponse:
    seconds = _read(request, Snooze).seconds
    until = timezone.now() + datetime.timedelta(seconds=seconds) if seconds else None
    return answer(alert_json(await sync_to_async(store.snooze)(caller.person.pk, int(id), until)))


@authentication.trades
@refusing
async def _arm(request: HttpRequest, caller: Caller, id: str) -> HttpResponse:
    is_armed = _read(request, Arming).armed
    return answer(alert_json(await sync_to_async(store.arm)(caller.person.pk, int(id), is_armed=is_armed)))


@authentication.reads
@refusing
async def _check(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Say how a rule reads, or what is wrong with it, without keeping it."""
    try:
        spec = read_rule(request)
    except RuleError as error:
        return answer({"error": {"detail": str(error), "field": error.place}})
    return answer({"rule": as_json(spec), "text": sentence(spec), "what": condition(spec), "symbols": spec.symbols})


every = by_method(GET=_every, POST=_create)
one = by_method(GET=_one, PUT=_change, DELETE=_delete)
snooze = by_method(POST=_snooze)
arm = by_method(POST=_arm)
check = by_method(POST=_check)
