"""A report of an error shows what helps, and no secret: not in frames, addresses or settings."""

import sys

import pytest
from django.views.decorators.debug import sensitive_post_parameters

from accounts.error_reports import MASK, Filter, Reporter, hidden, posted
from lib import redaction

SECRET = "canary-secret-4711"


@pytest.fixture(autouse=True)
def _known():
    redaction.register([SECRET])
    yield
    redaction.forget([SECRET])


def sensitive(request, *names: str):
    """The request as a view is given it whose fields `names`, or all, are sensitive."""
    sensitive_post_parameters(*names)(lambda request: None)(request)
    return request


class Unprintable:
    def __repr__(self) -> str:
        raise ZeroDivisionError


def test_only_values_of_sensitive_fields_that_are_long_enough_are_secrets(rf):
    body = {"password": ["pasted once 1", "pasted twice"], "pin": "1234", "label": "a long label"}
    assert posted(sensitive(rf.post("/", body), "password", "pin")) == ["pasted once 1", "pasted twice"]
    assert set(posted(sensitive(rf.post("/", body)))) == {"pasted once 1", "pasted twice", "a long label"}
    assert posted(rf.post("/", body)) == []
    assert posted(None) == []


def test_a_variable_is_shown_unless_it_holds_a_secret():
    assert hidden({"a": 1}, ["pasted secret"]) == {"a": 1}
    assert repr(hidden({"a": "pasted secret"}, ["pasted secret"])) == MASK
    shown = repr(hidden(["fine", SECRET], []))
    assert "fine" in shown
    assert SECRET not in shown


def test_an_object_that_cannot_be_shown_breaks_no_report():
    assert repr(hidden(Unprintable(), [])) == "<no repr: ZeroDivisionError>"


def failing(form: dict[str, str]) -> None:
    told = f"form of {form}"
    assert told
    raise ZeroDivisionError


def test_no_frame_of_a_report_has_what_was_posted_or_is_known_to_be_secret(rf, settings):
    settings.DEBUG = True
    request = sensitive(rf.post("/", {"password": "a pasted word"}), "password")
    try:
        failing({"password": "a pasted word", "other": SECRET})
    except ZeroDivisionError:
        frames = Reporter(request, *sys.exc_info()).get_traceback_data()["frames"]
    shown = str([frame["vars"] for frame in frames])
    assert "told" in shown
    assert "a pasted word" not in shown
    assert SECRET not in shown


def test_the_address_that_was_asked_for_is_shown_without_its_secrets(rf):
    report = Reporter(rf.get("/back/", {"code": "abc-of-the-venue", "page": "2"}), None, None, None)
    told = report.get_traceback_data()
    assert "abc-of-the-venue" not in str(told["request_insecure_uri"])
    assert "page=2" in told["request_insecure_uri"]
    assert dict(told["request_GET_items"]) == {"code": redaction.REDACTED, "page": "2"}


@pytest.mark.parametrize("debug", [True, False])
def test_settings_and_headers_are_cleansed_while_debugging_too(settings, debug):
    settings.DEBUG = debug
    found = Filter()
    assert found.is_active(None)
    assert (
        found.cleanse_setting("CACHE_URL", "redis://user:hunter2@cache") == f"redis://user:{redaction.REDACTED}@cache"
    )
    assert found.cleanse_setting("API_TOKEN", "x") == MASK
    assert found.cleanse_setting("PAGES", 7) == 7
    assert SECRET not in str(found.cleanse_setting("NESTED", {"inner": [SECRET]}))
