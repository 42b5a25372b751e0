"""Imports the tastytrade SDK without pandas until somebody asks it for a trading day.

The SDK makes the calendar of the New York exchange while it is imported, and loads pandas for that: 0.6 s and 55 MB in
every process that holds a link. This adapter takes trading hours from the venue and needs neither.
"""

import functools
import importlib
import sys
import types
import typing

CALENDARS = "pandas_market_calendars"


class Calendar:
    """The exchange calendar called `name`, made when it is first asked something."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, asked: str) -> typing.Any:
        return getattr(_made(self._name), asked)


def import_sdk() -> None:
    """Import the SDK. Where it, or what it would load, is there already, nothing is put in its place."""
    if {"tastytrade", "pandas", CALENDARS} & sys.modules.keys():
        return
    sys.modules["pandas"] = _module("pandas", Timestamp=None)  # used in annotations inside functions only
    sys.modules[CALENDARS] = _module(CALENDARS, get_calendar=Calendar)
    try:
        importlib.import_module("tastytrade")
    finally:
        del sys.modules["pandas"], sys.modules[CALENDARS]


@functools.cache
def _made(name: str) -> typing.Any:
    return importlib.import_module(CALENDARS).get_calendar(name)


def _module(name: str, **members: typing.Any) -> types.ModuleType:
    made = types.ModuleType(name)
    vars(made).update(members)
    return made


import_sdk()
