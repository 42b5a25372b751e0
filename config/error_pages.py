"""What a person is shown when a page could not be made."""

import sys

import redis
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views import defaults

RETRY_S = 5
AWAY: dict[tuple[type[Exception], ...], str] = {
    (OperationalError, InterfaceError): "503.html",
    (redis.ConnectionError, redis.TimeoutError): "redis_away.html",
}
"""What is shown where something that the desk stands on is away."""


def server_error(request: HttpRequest) -> HttpResponse:
    """Apologise for the exception being handled: 503 when database or Redis did not do their work, else 500."""
    page = next((page for kinds, page in AWAY.items() if isinstance(sys.exception(), kinds)), None)
    if page is None:
        return defaults.server_error(request)
    answer = defaults.server_error(request, page)
    answer.status_code = 503
    answer.headers["Retry-After"] = str(RETRY_S)
    return answer
