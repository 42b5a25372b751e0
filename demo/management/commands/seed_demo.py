"""Makes the demo's people."""

import pathlib
import typing

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from accounts.links.linking import LinkRefusedError
from demo import people


class Command(BaseCommand):
    help = "Makes the demo's people, and links them to the simulated venue if it runs. Can be run again."

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Make who is missing, then print how to sign in."""
        run_dir = pathlib.Path(settings.RUN_DIR)
        try:
            for done in people.seed(run_dir):
                self.stdout.write(done)
        except LinkRefusedError as error:
            raise CommandError(str(error)) from error
        if not people.simulated(run_dir):
            self.stdout.write("No simulated venue runs here (manage.py loopback starts one), so nobody was linked.")
        for email in people.PEOPLE:
            self.stdout.write(f"Sign in as {email} with {people.PASSWORD}")
