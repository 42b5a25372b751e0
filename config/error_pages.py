"""What a person is shown when a page could not be made."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views import defaults

RETRY_S = 5


def server_error(request: HttpRequest) -> HttpResponse:
    """Apologise for the exception being handled: 503 when the database did not do its work, else 500."""
    if not isinstance(sys.exception(), OperationalError | InterfaceError):
        return defaults.server_error(request)
    answer = defaults.server_error(request, "503.html")
    answer.status_code = 503
    answer.headers["Retry-After"] = str(RETRY_S)
    return answer
