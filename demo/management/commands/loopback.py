"""Runs the loopback venues for this desk."""

import argparse
import pathlib
import typing

from django.conf import settings
from django.core.management import BaseCommand

from brokers.catalogue import LOOPBACK_FILE
from simulator import __main__ as loopback


class Command(BaseCommand):
    help = "Runs the simulated venues, and tells this desk where they are (as python -m simulator does not)."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the options of `python -m simulator`."""
        loopback.add_arguments(parser)
        parser.set_defaults(write=pathlib.Path(settings.RUN_DIR) / LOOPBACK_FILE)

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Run until SIGTERM or Ctrl-C."""
        if code := loopback.run(argparse.Namespace(**options)):
            raise SystemExit(code)
