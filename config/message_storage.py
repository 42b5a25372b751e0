"""Messages that one page leaves for the next: in a cookie of this very host, and in the session where they are long."""

import typing

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest


class HostCookieStorage(CookieStorage):
    """Django's signed cookie, under a name that takes the prefix of all cookies of this desk."""

    def __init__(self, request: HttpRequest, *args: typing.Any, **more: typing.Any) -> None:
        super().__init__(request, *args, **more)
        self.cookie_name = f"{settings.COOKIE_PREFIX}messages"


class MessageStorage(FallbackStorage):
    """The cookie first: a message for somebody who is not signed in makes no session."""

    storage_classes = (HostCookieStorage, SessionStorage)
