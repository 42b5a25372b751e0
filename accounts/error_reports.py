"""What a report of an error may tell: the page of a debugging desk, and the mail to its admins."""

import types
import typing

from django.http import HttpRequest
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from lib.redaction import SHORTEST, redact

MASK = SafeExceptionReporterFilter.cleansed_substitute


class Shown:
    """A variable as a report shows it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


class Reporter(ExceptionReporter):
    """Hides secrets in the address that was asked for, which no filter is shown."""

    def get_traceback_data(self) -> dict[str, typing.Any]:
        """Return what a report is made of."""
        told = super().get_traceback_data()
        if "request_insecure_uri" in told:
            told["request_insecure_uri"] = redact(told["request_insecure_uri"])
            told["request_GET_items"] = [
                (name, redact(f"&{name}={value}").removeprefix(f"&{name}="))
                for name, value in told["request_GET_items"]
            ]
        return told


class Filter(SafeExceptionReporterFilter):
    """Hides secrets while debugging too, and in every frame: also those of Django's forms and of libraries."""

    def is_active(self, request: HttpRequest | None) -> bool:
        """Hide always. Django's own filter shows everything with DEBUG."""
        return True

    def cleanse_setting(self, key: str | int, value: typing.Any) -> typing.Any:
        """Hide secrets inside settings, headers and cookies whose names do not tell, like the URL of a cache."""
        cleansed = super().cleanse_setting(key, value)
        return redact(cleansed) if isinstance(cleansed, str) else cleansed

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: types.FrameType
    ) -> typing.ItemsView[str, typing.Any]:
        """Return the variables of one frame, without what was posted into a sensitive field."""
        secrets = posted(request)
        shown = super().get_traceback_frame_variables(request, tb_frame)
        return {name: hidden(value, secrets) for name, value in shown}.items()


def posted(request: HttpRequest | None) -> list[str]:
    """Return the values of a request's sensitive fields."""
    names = getattr(request, "sensitive_post_parameters", ())
    if request is None or not names:
        return []
    values = [value for name in (request.POST if names == "__ALL__" else names) for value in request.POST.getlist(name)]
    return [value for value in map(str, values) if len(value) >= SHORTEST]


def hidden(value: typing.Any, secrets: list[str]) -> typing.Any:
    """Return `value`, or what may be shown of it when it holds a secret."""
    try:
        text = repr(value)
    except Exception as error:  # noqa: BLE001 -- any object of any library may be in a frame
        return Shown(f"<no repr: {type(error).__name__}>")
    if any(secret in text for secret in secrets):
        return Shown(MASK)
    redacted = redact(text)
    return value if redacted == text else Shown(redacted)
