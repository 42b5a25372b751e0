"""`/api/desk/…`: what a page keeps for who looks at it, and for nobody else: where panels stand, and preferences."""

import functools
import typing

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.auth.authentication import RefusedError, body
from accounts.models import User
from desk import layout, preferences
from desk.layout import Layout, RefusedLayoutError, Screen
from desk.models import SavedLayout, change_preferences, preferences_of
from desk.panels import BY_NAME

MOST_BYTES = 8_192
"""What a page may send at once."""

Answer = typing.Callable[..., HttpResponse]


def _own(view: Answer) -> typing.Callable[..., HttpResponseBase]:
    """Let in who is signed in, and answer what is refused with the reason."""

    @never_cache
    @functools.wraps(view)
    def guarded(request: HttpRequest, **named: str) -> HttpResponse:
        if not isinstance(request.user, User):
            return RefusedError(401, "unauthenticated", "Sign in first.").response()
        try:
            return view(request, request.user, **named)
        except RefusedError as error:
            return error.response()

    return guarded


@require_http_methods(["GET", "HEAD", "PUT", "DELETE"])
@_own
def one_layout(request: HttpRequest, person: User, screen: Screen) -> HttpResponse:
    """Tell where panels stand on a class of screen; PUT keeps another order, DELETE goes back to the default."""
    if request.method == "PUT":
        try:
            found = layout.parsed(body(request, MOST_BYTES), tuple(BY_NAME))
        except RefusedLayoutError as error:
            raise RefusedError(400, "bad_message", str(error)) from error
        SavedLayout.objects.update_or_create(person=person, screen=screen, defaults={"places": [*map(list, found)]})
    elif request.method == "DELETE":
        SavedLayout.objects.filter(person=person, screen=screen).delete()
    found = layouts_of(person.pk, person.links.exists())[screen]
    return JsonResponse({"screen": screen, "panels": [place._asdict() for place in found]})


@require_http_methods(["GET", "HEAD", "PATCH"])
@_own
def choices(request: HttpRequest, person: User) -> HttpResponse:
    """Tell what a person chose; PATCH changes what it names."""
    if request.method != "PATCH":
        return JsonResponse(msgspec.structs.asdict(preferences_of(person.pk)))
    text = body(request, MOST_BYTES)
    try:
        found = change_preferences(person.pk, lambda chosen: preferences.changed(chosen, text))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError(400, "bad_message", f"This cannot be chosen: {error}") from error
    return JsonResponse(msgspec.structs.asdict(found))


def layouts_of(person: int, is_linked: bool) -> dict[Screen, Layout]:
    """Return where a person's panels stand on every class of screen. `is_linked`: they linked a venue."""
    usual = layout.DEFAULTS if is_linked else layout.BARE
    saved = {row.screen: row.layout for row in SavedLayout.objects.filter(person=person)}
    return {name: layout.completed(saved.get(name, ()), usual[name], tuple(BY_NAME)) for name in layout.SCREENS}
