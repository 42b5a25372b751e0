"""Prints the one-time link for the account that owns the desk."""

import argparse
import typing

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from accounts.auth import invitations


class Command(BaseCommand):
    help = "Prints a one-time link for the account that owns the desk, while nobody does. Works while the desk runs."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add --url."""
        default = f"http://127.0.0.1:{settings.PORT}"
        parser.add_argument("--url", default=default, help="the desk's address (default: %(default)s)")

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Print the link. Raises CommandError when the desk has an owner."""
        link = invitations.first_link(options["url"].rstrip("/"))
        if link is None:
            raise CommandError("This desk has an owner already; owners invite people on the accounts page.")
        self.stdout.write(link)
