"""Serves pages and sockets on a listening socket that another process made."""

import argparse
import socket
import typing

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from accounts.links import store
from brokers import catalogue
from config.server import choice
from streaming import runtime
from streaming.status import health


class Command(BaseCommand):
    help = "Serves pages and sockets on a listening socket given by its descriptor. `manage.py up` starts these."
    stealth_options = ("when_ready",)
    """For `call_command`: a function to run when requests are answered."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add --listen and --server."""
        parser.add_argument("--listen", type=int, required=True, help="descriptor of the listening socket")
        parser.add_argument("--server", choices=[*choice.SERVERS], default=choice.UVICORN, help="web server")

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Serve until SIGTERM or Ctrl-C, then drain."""
        if pending := health.pending_migrations():
            raise CommandError(
                f"The database is behind: {pending} migrations did not run yet. Run `manage.py migrate`."
            )
        if settings.STREAM_HOST == "web":  # the first person to sign in should not wait for an import
            for venue in store.venues_in_use():
                catalogue.adapter(venue)
        ready = options.get("when_ready") or (lambda: self.stdout.write("Ready."))
        bound = socket.socket(fileno=options["listen"])
        choice.serve(options["server"])(bound, ready, behind_proxy=settings.TRUSTED_PROXY_COUNT > 0)
        if runtime.refusals:
            raise CommandError("It did not begin.")
