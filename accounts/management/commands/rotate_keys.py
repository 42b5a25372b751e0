"""Makes a new sealing key current while the desk runs, and wraps every credential for it."""

import argparse
import typing

from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, CommandError

from accounts.credentials import keys
from accounts.links import key_rotation
from accounts.management.commands.rewrap_credentials import rewrap


class Command(BaseCommand):
    help = (
        "Makes a new key current and wraps every stored credential for it. Running processes take it up by themselves, "
        "streams go on, and the old key still opens: stopped anywhere, nothing is lost; --retire finishes it later."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add --retire."""
        parser.add_argument(
            "--retire", action="store_true", help="make no new key: wrap what is left to old ones, then drop them"
        )

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Rotate, or retire. Raises CommandError, also at the end when something opens with none of the keys."""
        try:
            self.retire() if options["retire"] else self.rotate()
        except ImproperlyConfigured as error:
            raise CommandError(
                f"{error} With CREDENTIAL_KEYS: put the new key last, restart every process; put it first, restart "
                "every process, run manage.py rewrap_credentials; then drop the old one."
                if keys.configured()
                else str(error)
            ) from error

    def rotate(self) -> None:
        """Make a new key current and wrap everything for it."""
        current = keys.add_current()
        self.stdout.write(f"Key {current.id} is current; back up {keys.key_file()}, apart from the database.")
        self.stdout.write(rewrap(self))
        self.stdout.write("Older keys still open what they sealed; rotate_keys --retire drops them.")

    def retire(self) -> None:
        """Wrap what is left to older keys, then drop them."""
        self.stdout.write(rewrap(self))
        dropped = keys.retire(key_rotation.in_use)
        self.stdout.write(f"Dropped {', '.join(dropped)}." if dropped else "There was no older key to drop.")
