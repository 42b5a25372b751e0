"""Lets the staff of this desk see what concerns everybody, by session or by API token."""

import functools
import typing

from asgiref.sync import sync_to_async
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from accounts.auth import authentication
from accounts.auth.authentication import RefusedError

View = typing.Callable[[HttpRequest], typing.Awaitable[HttpResponse]]
Guarded = typing.Callable[[HttpRequest], typing.Coroutine[typing.Any, typing.Any, HttpResponseBase]]


def only(view: View) -> Guarded:
    """Answer others with 400, 401 or 403, and everybody with 503 while the database cannot tell who they are."""

    @csrf_exempt  # callers.of asks for it where it matters
    @functools.wraps(view)
    async def guarded(request: HttpRequest) -> HttpResponseBase:
        try:
            caller = await sync_to_async(authentication.of)(request, "read")
            if not caller.person.is_staff:
                raise RefusedError(403, "forbidden", "For the staff of this desk only.")
        except RefusedError as error:
            return error.response()
        except DatabaseError:
            return authentication.away().response()
        answer = await view(request)
        answer["Cache-Control"] = "no-store"
        return answer

    return guarded
