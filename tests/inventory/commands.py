"""Management commands with their arguments, as their parsers have them."""

import argparse
import pathlib
import typing

from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from tests.inventory.project import ROOT, own_apps

UNIVERSAL = {action.dest for action in BaseCommand().create_parser("manage.py", "")._actions}
"""What every command of Django takes."""


def collect() -> dict[str, typing.Any]:
    """Return each command of ours with its arguments by name."""
    own = {config.name for config in own_apps()}
    return {
        name: _arguments(load_command_class(app, name).create_parser("manage.py", name))
        for name, app in sorted(get_commands().items())
        if app in own
    }


def _arguments(parser: argparse.ArgumentParser) -> dict[str, typing.Any]:
    found: dict[str, typing.Any] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found |= {name: _arguments(inner) for name, inner in action.choices.items()}
        elif action.dest not in UNIVERSAL:
            found[" ".join(action.option_strings) or action.dest] = _described(action)
    return found


def _described(action: argparse.Action) -> dict[str, typing.Any]:
    """Return what a command line and `call_command` see of one argument."""
    described = {
        "dest": action.dest,
        "default": _plain(action.default),
        "choices": None if action.choices is None else [_plain(choice) for choice in action.choices],
        "takes": action.nargs,
        "required": action.required or None,
    }
    return {name: value for name, value in described.items() if value is not None}


def _plain(value: typing.Any) -> typing.Any:
    """Return a value as JSON has it; a path as it is below the project's folder."""
    if isinstance(value, pathlib.Path):
        return str(value.relative_to(ROOT)) if value.is_relative_to(ROOT) else "<path>"
    return value if isinstance(value, bool | int | float | str | None) else str(value)
